//go:build fault

package systemtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"
)

// balance ends the work and requires that the installation is what its people know it to be.
func (l *loop) balance() {
	l.t.Helper()
	close(l.enough)
	done := make(chan struct{})
	go func() { l.work.Wait(); close(done) }()
	l.until("everybody has come to an end", func() bool {
		select {
		case <-done:
			return true
		default:
			return false
		}
	})
	if l.ctx.Err() != nil {
		l.t.Fatalf("MORKET_TEST_SEED=%d: %v", l.seed, context.Cause(l.ctx))
	}
	l.says("temporal", "ok")
	for _, s := range l.scribes {
		l.steps(s)
		l.t.Logf("scribe: %d answers, %d without one, %d of them carried out; %d let go, %d of them lost; %d steps taken back or done again; %d rows", s.made.Load(), s.doubts, s.repeats, s.left, s.lost, s.undone, len(s.world.now))
	}
	for _, i := range l.importer.all {
		require.NoError(l.t, l.importer.whole(l.ctx, i))
	}
	l.t.Logf("%d imports", len(l.importer.all))
	l.money()
	l.told()
	l.verify()
}

// steps requires that what can be undone is what the model says, then takes some steps back and does them again.
func (l *loop) steps(s *scribe) {
	l.t.Helper()
	require.NoError(l.t, s.look(l.ctx))
	stack, err := insisted[struct {
		Undo, Redo []struct{ ID string }
	}](l.ctx, s.steady, http.StatusOK, http.MethodGet, "/tables/"+s.table.ID+"/undo-stack", nil)
	require.NoError(l.t, err)
	require.Equal(l.t, min(listed, s.world.older+len(s.world.undo)), len(stack.Undo), "steps that can be taken back") //nolint:testifylint // the lists are long
	require.Equal(l.t, len(s.world.redo), len(stack.Redo), "steps that can be done again")                            //nolint:testifylint // the lists are long
	const some = 5
	back := min(some, len(s.world.undo))
	for range back {
		require.NoError(l.t, s.act(l.ctx, s.step("/undo", s.world.undone())))
		require.NoError(l.t, s.look(l.ctx))
	}
	for range back {
		require.NoError(l.t, s.act(l.ctx, s.step("/redo", s.world.redone())))
		require.NoError(l.t, s.look(l.ctx))
	}
}

// money requires that each run tells what the vendor was asked, that each answer was paid once, and that nothing is held any more.
func (l *loop) money() {
	l.t.Helper()
	asked, accepted, repeats, calls := l.vendor.asked(), 0, 0, 0
	for _, j := range l.runner.jobs {
		a, r, err := l.runner.settled(l.ctx, j, asked)
		require.NoError(l.t, err)
		accepted, repeats = accepted+a, repeats+r
	}
	for _, n := range asked {
		calls += n
	}
	l.t.Logf("%d runs: %d calls, %d answers accepted, %d cells perhaps asked about again", len(l.runner.jobs), calls, accepted, repeats)
	type sums struct {
		Balance  int64 `json:"balance_mc"`
		Reserved int64 `json:"reserved_mc"`
		Spent    int64 `json:"spent_mc"`
	}
	spent := int64(accepted * answerPrice)
	is, err := insisted[sums](l.ctx, l.runner.steady, http.StatusOK, http.MethodGet, "/credits", nil)
	require.NoError(l.t, err)
	require.Equal(l.t, sums{Balance: 100*granted - spent, Spent: spent}, is)
	require.Equal(l.t, spent, l.debits())
	proof, err := insisted[struct{ OK bool }](l.ctx, l.runner.steady, http.StatusOK, http.MethodGet, "/credits/proof", nil)
	require.NoError(l.t, err)
	require.True(l.t, proof.OK)
	list, err := insisted[[]jobInfo](l.ctx, l.runner.steady, http.StatusOK, http.MethodGet, "/enrichment-jobs?limit=100", nil)
	require.NoError(l.t, err)
	for _, j := range list {
		require.True(l.t, ended(j.State), "%+v", j)
	}
	require.Len(l.t, list, min(100, len(l.runner.jobs)), "each run was started once")
}

// debits is the sum of what the ledger's entries took.
func (l *loop) debits() (sum int64) {
	l.t.Helper()
	for cursor := ""; ; {
		r, err := l.runner.insist(l.ctx, http.StatusOK, http.MethodGet, "/credits/transactions?limit=100&kind=debit"+cursor, nil)
		require.NoError(l.t, err)
		var page []struct {
			Amount int64 `json:"amount_mc"`
		}
		require.NoError(l.t, json.Unmarshal(r.Data, &page))
		for _, e := range page {
			sum += max(e.Amount, -e.Amount)
		}
		if r.Meta.NextCursor == "" {
			return sum
		}
		cursor = "&cursor=" + r.Meta.NextCursor
	}
}

// told requires that the change feed has each acknowledged write, that who followed it was told each event once and in order, and that
// each webhook was sent each event.
func (l *loop) told() {
	l.t.Helper()
	began := time.Now()
	again := &follower{steady: l.feed.another("again", l.seed), cursor: "0"}
	for more := true; more; {
		var err error
		more, err = again.page(l.ctx, 0)
		require.NoError(l.t, err)
	}
	for more := true; more; { // what came after the follower had stopped
		var err error
		more, err = l.feed.page(l.ctx, 0)
		require.NoError(l.t, err)
	}
	whole := again.events
	for len(whole) > 0 && len(l.feed.events) > 0 && whole[0].at() < l.feed.events[0].at() {
		whole = whole[1:]
	}
	require.Equal(l.t, whole, l.feed.events, "the feed as it was followed is the feed as it is")
	at := map[int64]bool{}
	for _, e := range whole {
		at[e.at()] = true
	}
	acks := 0
	for _, s := range l.scribes {
		for _, p := range s.acks {
			require.True(l.t, at[p], "the feed has not the write at %d", p)
			acks++
		}
	}
	var wanted []happened
	types := map[string]bool{}
	for _, name := range delivered() {
		types[name] = true
	}
	for _, e := range whole {
		if types[e.Type] {
			wanted = append(wanted, e)
		}
	}
	for _, hook := range l.hooks {
		l.until(fmt.Sprintf("the webhook (ordered: %t) was sent everything", hook.ordered), func() bool { return len(hook.lacks(wanted)) == 0 })
		require.Empty(l.t, hook.wrong)
		l.t.Logf("webhook, ordered %t: %d events, %d of them again; had all after %s", hook.ordered, len(wanted), hook.repeats, time.Since(began).Round(time.Millisecond))
	}
	l.t.Logf("%d events in the feed, %d acknowledged writes of scribes in it", len(whole), acks)
}
