package enrichmentflow_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// told are the calls that the outcomes tell of: those that had an answer, and those that may have been made before.
func (r *rig) told(id kernel.RunID) (answered, repeats, unknown int) {
	for _, o := range r.outcomes(id) {
		for _, at := range o.prov.Attempts {
			if at.Status == enrichment.StatusUnknown {
				unknown += at.Calls
				continue
			}
			answered += at.Calls
			repeats += at.Repeats
		}
	}
	return answered, repeats, unknown
}

// Of a page that a lost worker had begun only the calls that were about to be made may have cost; the other cells are asked.
func TestOnlyCallsThatWereSentMayHaveCost(t *testing.T) {
	t.Parallel()
	for name, idempotent := range map[string]bool{"idempotent": true, "not idempotent": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newFake("paid", 1000)
			p.Idempotent = idempotent
			r := newRig(t, 20, fast(), p)
			r.addColumn("Answer", "paid")
			r.grant(1_000_000)
			job := r.start(nil)
			run := r.run(job.ID)
			rows := []kernel.RowID{r.rows.rows[0].ID, r.rows.rows[1].ID, r.rows.rows[2].ID}
			require.NoError(t, run.StartPage([]enrichment.PagePart{{Rows: rows, Columns: r.answers}}, rows[2], r.clock.Now()))
			require.NoError(t, run.NoteCalls(calls(rows[1:2], r.answers)))
			r.append(eventstore.Stream("run", string(job.ID)), 1, run.Pending()...)
			require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
			answered, repeats, unknown := r.told(job.ID)
			if idempotent {
				require.Equal(t, [3]int{20, 1, 0}, [3]int{answered, repeats, unknown})
				require.Equal(t, 20, p.calls())
			} else {
				require.Equal(t, [3]int{19, 0, 1}, [3]int{answered, repeats, unknown})
				require.Equal(t, 19, p.calls())
			}
		})
	}
}

// What was perhaps asked is remembered until it has an outcome, however many workers are stopped or lost before that.
func TestRepeatsAreToldAfterASecondStop(t *testing.T) {
	t.Parallel()
	r := newRig(t, 20, fast(), newFake("paid", 1000))
	r.addColumn("Answer", "paid")
	r.grant(1_000_000)
	job := r.start(nil)
	r.crash(job.ID)
	for range 2 {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		res, err := r.runner.Slice(ctx, input(job.ID), enrichmentflow.Try{Ended: true})
		require.NoError(t, err)
		require.Equal(t, enrichmentflow.More, res.Next)
	}
	require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
	_, repeats, _ := r.told(job.ID)
	require.Equal(t, 2, repeats)
}

// hanging is a provider that answers the first calls and then hangs until it is let go.
func hanging(answers, hangs int, idempotent bool) (p *fake, hung chan struct{}, letGo func()) {
	p = newFake("paid", 1000)
	p.Idempotent, p.Limits.Concurrency = idempotent, 20
	hung, held := make(chan struct{}), make(chan struct{})
	var asked atomic.Int64
	p.do = func(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
		n := int(asked.Add(1))
		if n == answers+hangs {
			close(hung)
		}
		if n > answers {
			<-held
		}
		return enrichment.Reply{Outputs: map[string]any{"a": "re: " + req.Inputs["q"]}}, nil
	}
	return p, hung, func() { close(held) }
}

// await waits until so many cells have outcomes.
func (r *rig) await(id kernel.RunID, cells int) {
	r.t.Helper()
	for {
		appended := r.store.Appended()
		if len(r.outcomes(id)) >= cells {
			return
		}
		<-appended
	}
}

// Two workers in turn hang in the middle and are given up: what the provider was asked is what the outcomes tell.
func TestCallsAreAnswersAndToldRepeats(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		idempotent                 bool
		hangs, told                [2]int // calls that hang at each worker, cells with an outcome then
		answered, repeats, unknown int
	}{
		// Pages of 20. The first worker has 10 answers of its page; the second asks the other 10 again and has 5 of them.
		"idempotent": {true, [2]int{10, 5}, [2]int{10, 15}, 60, 5*1 + 5*2, 0},
		// The second worker gives up 10 cells of the first and has 5 answers of the next page; the third gives up 15.
		"not idempotent": {false, [2]int{10, 15}, [2]int{10, 25}, 35, 0, 10 + 15},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limits := fast()
			limits.PageRows = 20
			r := newRig(t, 60, limits, newFake("paid", 1000))
			r.addColumn("Answer", "paid")
			r.grant(1_000_000)
			job := r.start(nil)
			lost := make(chan error, 2)
			var letGo []func()
			var asked []*fake
			for i, answers := range []int{10, 5} {
				p, hung, free := hanging(answers, c.hangs[i], c.idempotent)
				asked, letGo = append(asked, p), append(letGo, free)
				r.build(limits, p) // a process of its own
				runner := r.runner
				go func() {
					_, err := runner.Slice(t.Context(), input(job.ID), enrichmentflow.Try{Ended: true})
					lost <- err
				}()
				<-hung
				r.await(job.ID, c.told[i])
			}
			last := newFake("paid", 1000)
			last.Idempotent, last.Limits.Concurrency = c.idempotent, 20
			r.build(limits, last)
			require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
			for _, free := range letGo {
				free()
			}
			for range 2 {
				require.ErrorIs(t, <-lost, enrichmentflow.ErrSuperseded)
			}
			made := 0
			for _, p := range append(asked, last) {
				made += p.calls()
			}
			answered, repeats, unknown := r.told(job.ID)
			require.Equal(t, [3]int{c.answered, c.repeats, c.unknown}, [3]int{answered, repeats, unknown})
			require.Equal(t, made, answered+repeats+unknown)
			require.EqualValues(t, 60, r.run(job.ID).Counts().Done)
		})
	}
}

// A page from before calls were noted: any of its cells may have been asked.
func TestAPageOfAnEarlierVersionMayHaveBeenAskedWhole(t *testing.T) {
	t.Parallel()
	p := newFake("paid", 1000)
	p.Idempotent = false
	r := newRig(t, 20, fast(), p)
	r.addColumn("Answer", "paid")
	r.grant(1_000_000)
	job := r.start(nil)
	rows := []kernel.RowID{r.rows.rows[0].ID, r.rows.rows[1].ID}
	r.append(eventstore.Stream("run", string(job.ID)), 1, enrichment.RunPageStarted{RunID: job.ID, TableID: r.table, Page: 1, Rows: rows, Columns: r.answers, Next: rows[1], At: r.clock.Now()})
	require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
	_, _, unknown := r.told(job.ID)
	require.Equal(t, 2, unknown)
	require.Equal(t, 18, p.calls())
}

// A free provider that may be asked twice and sees nobody's server needs no note.
func TestWhatDoesNotMatterIsNotNoted(t *testing.T) {
	t.Parallel()
	r := newRig(t, 20, fast(), newFake("free", 0))
	r.addColumn("Answer", "free")
	job := r.start(nil)
	require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
	events, err := r.store.ReadStream(t.Context(), eventstore.Stream("run", string(job.ID)), 0, 1000)
	require.NoError(t, err)
	for _, e := range events {
		require.NotEqual(t, enrichment.RunCallsSent{}.EventType(), e.Type)
	}
}
