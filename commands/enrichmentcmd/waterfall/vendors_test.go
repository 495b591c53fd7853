package waterfall_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
)

// TestAUsedUpQuotaStopsItsStepOnly: after one refusal the key is not asked again for a while, and the other steps go on.
func TestAUsedUpQuotaStopsItsStepOnly(t *testing.T) {
	t.Parallel()
	used := provider("used", 0, failing(enrichment.CallExhausted))
	backup := provider("backup", 0, echo)
	r := newRig(t, nil, used, backup)
	s := r.engine.Session(waterfall.SessionConfig{Workspace: "ws_1", Run: "run_1", Patience: waterfall.Patience{Limits: true, Rests: true}})
	cfg := enrichment.Config{Steps: steps("used", "backup")}
	for i := range 5 {
		out := r.ask(s, cfg, fmt.Sprint("q", i))
		require.Equal(t, []enrichment.AttemptStatus{"quota_exhausted", enrichment.StatusSucceeded}, statuses(out))
		require.Equal(t, "no luck", out.Provenance.Attempts[0].Error)
	}
	require.Equal(t, 1, used.count(), "the first refusal counts for all")
	require.Empty(t, r.slept, "nothing waits for it")
	out := r.ask(r.engine.Session(waterfall.SessionConfig{Workspace: "ws_2", Run: "run_2"}), cfg, "q")
	require.EqualValues(t, "quota_exhausted", statuses(out)[0])
	require.Equal(t, 2, used.count(), "another workspace's quota is its own")
	r.clock.Advance(waterfall.LongestWait + time.Second)
	r.ask(s, cfg, "later")
	require.Equal(t, 3, used.count(), "quotas are renewed")
}

// TestAPendingQuestionIsAskedAgain: at once where the provider asks for a short pause, else the cell is put off; no server is the worse for it.
func TestAPendingQuestionIsAskedAgain(t *testing.T) {
	t.Parallel()
	for _, again := range []time.Duration{5 * time.Second, 10 * time.Minute} {
		p := provider("slow", 0, func(n int, req enrichment.Request) (enrichment.Reply, error) {
			if n == 1 {
				return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallPending, Message: "still at work", RetryAfter: again}
			}
			return echo(n, req)
		})
		p.Idempotent = false // asking again is part of the same question
		r := newRig(t, nil, p)
		s := r.engine.Session(waterfall.SessionConfig{Workspace: "ws_1", Run: "run_1", Patience: waterfall.Patience{Limits: true}})
		out := r.ask(s, enrichment.Config{Steps: steps("slow")}, "q")
		if again > time.Minute {
			require.Equal(t, r.clock.Now().Add(again), out.Until)
			require.Equal(t, "slow: still at work", out.Waits)
			r.clock.Advance(again)
			out = r.ask(s, enrichment.Config{Steps: steps("slow")}, "q")
		}
		require.Equal(t, enrichment.StatusSucceeded, statuses(out)[0])
		require.Equal(t, 2, p.count())
		require.False(t, r.engine.BreakerOpen("slow"))
	}
}

// TestLimitsThatAProviderTells hold in place of higher ones of the registration, told by answers and by refusals.
func TestLimitsThatAProviderTells(t *testing.T) {
	t.Parallel()
	for name, tell := range map[string]func(n int, req enrichment.Request) (enrichment.Reply, error){
		"an answer": func(n int, req enrichment.Request) (enrichment.Reply, error) {
			reply, err := echo(n, req)
			reply.Limits = enrichment.RateLimits{PerMinute: 2, PerHour: 5_000}
			return reply, err
		},
		"a refusal": func(int, enrichment.Request) (enrichment.Reply, error) {
			return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallBadInput, Message: "no", Limits: enrichment.RateLimits{PerMinute: 2}}
		},
	} {
		p := provider("told", 0, tell)
		p.Limits = enrichment.RateLimits{PerMinute: 1000, PerHour: 4_000}
		r := newRig(t, nil, p)
		s, began := r.session(), r.clock.Now()
		for i := range 9 {
			r.ask(s, enrichment.Config{Steps: steps("told")}, fmt.Sprint("q", i))
		}
		took := r.clock.Now().Sub(began)
		require.GreaterOrEqual(t, took, 3*time.Minute, name)
		require.Less(t, took, 5*time.Minute, name)
	}
}

// TestAnObjectionIsNoTrouble: the cell is empty with the reason, and no other way is tried around it by the same provider.
func TestAnObjectionIsNoTrouble(t *testing.T) {
	t.Parallel()
	p := provider("asked", 0, failing(enrichment.CallObjected))
	r := newRig(t, nil, p)
	out := r.ask(r.session(), enrichment.Config{Steps: steps("asked")}, "q")
	require.Equal(t, enrichment.MarkEmpty, out.Mark.State)
	require.Equal(t, "no luck", out.Mark.Message)
	require.Equal(t, []enrichment.AttemptStatus{enrichment.StatusObjected}, statuses(out))
	require.Equal(t, 1, p.count())
}
