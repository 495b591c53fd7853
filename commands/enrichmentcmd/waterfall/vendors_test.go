package waterfall_test

import (
	"context"
	"encoding/json"
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

// metered is a provider whose vendor charges by use.
type metered struct {
	*fake
	budgets enrichment.Budgets
}

func (m metered) BudgetOf(json.RawMessage) enrichment.Budgets { return m.budgets }

func (metered) CostOf(json.RawMessage) enrichment.RecordCost { return enrichment.RecordCost{} }

var _ enrichment.Metered = metered{} // else its budgets would not be asked for

// TestAStepsBudgetForTheRunHolds: with all that was spent before and is under way the step never costs more; then it is passed over.
func TestAStepsBudgetForTheRunHolds(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]enrichment.Micros{"from nothing": 0, "after another slice": 600} {
		spent := before
		p := metered{provider("model", 0, func(n int, req enrichment.Request) (enrichment.Reply, error) {
			cost := enrichment.Micros(30 + n%5)
			spent += cost
			if n%3 == 0 {
				return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallBadReply, Message: "no", Bill: enrichment.Bill{Cost: cost}}
			}
			reply, err := echo(n, req)
			reply.Bill.Cost = cost
			return reply, err
		}), enrichment.Budgets{Record: 100, Run: 1000}}
		backup := provider("backup", 0, echo)
		r := newRig(t, nil, p, backup)
		s := r.engine.Session(waterfall.SessionConfig{Workspace: "ws_1", Run: "run_1", Billed: map[enrichment.Metering]enrichment.Micros{{Column: colA, Step: 0}: before}})
		told := before
		var last waterfall.Outcome
		for i := range 60 {
			last = r.ask(s, enrichment.Config{Steps: steps("model", "backup")}, fmt.Sprint("q", i))
			told += last.Provenance.Attempts[0].Cost
			require.Equal(t, enrichment.MarkValue, last.Mark.State, name)
		}
		require.Equal(t, spent, told, "what failed is told too")
		require.LessOrEqual(t, spent, enrichment.Micros(1000), name)
		require.Greater(t, spent, enrichment.Micros(900), "it is used: %s", name)
		require.Equal(t, []enrichment.AttemptStatus{enrichment.StatusNoBudget, enrichment.StatusSucceeded}, statuses(last))
		require.Contains(t, last.Provenance.Attempts[0].Error, "$0.001")
	}
}

// TestABusyStepIsWaitedFor: the next provider is neither asked nor paid because the one before it was asked too often for the moment.
func TestABusyStepIsWaitedFor(t *testing.T) {
	t.Parallel()
	for kind, patient := range map[enrichment.CallKind]bool{enrichment.CallRateLimited: true, enrichment.CallPending: true, enrichment.CallFailed: false} {
		busy := true
		p := provider("busy", 0, func(n int, req enrichment.Request) (enrichment.Reply, error) {
			if busy {
				return enrichment.Reply{}, &enrichment.CallError{Kind: kind, Message: "later", RetryAfter: time.Minute}
			}
			return echo(n, req)
		})
		backup := provider("backup", 0, echo)
		r := newRig(t, nil, p, backup)
		s := r.engine.Session(waterfall.SessionConfig{Workspace: "ws_1", Run: "run_1", Patience: waterfall.Patience{Limits: true}})
		cfg := enrichment.Config{Steps: steps("busy", "backup")}
		out := r.ask(s, cfg, "q")
		require.Equal(t, patient, !out.Until.IsZero(), kind)
		require.Equal(t, patient, backup.count() == 0, kind)
		if patient {
			busy = false
			r.clock.Advance(time.Minute)
			require.Equal(t, []enrichment.AttemptStatus{enrichment.StatusSucceeded}, statuses(r.ask(s, cfg, "q")), kind)
		}
	}
}

// TestAStepsPace: a step of a pace of its own is asked as fast as that, and its calls may take as long.
func TestAStepsPace(t *testing.T) {
	t.Parallel()
	var began time.Time
	var allowed time.Duration
	p := timed{provider("paced", 0, echo), func(ctx context.Context) {
		deadline, ok := ctx.Deadline()
		require.True(t, ok)
		allowed = deadline.Sub(began)
	}}
	p.Limits, p.Ceiling = enrichment.RateLimits{PerSecond: 2}, enrichment.RateLimits{PerSecond: 100}
	for _, c := range []struct {
		pace    *enrichment.Pace
		took    time.Duration
		timeout time.Duration
	}{{nil, 10 * time.Second, 30 * time.Second}, {&enrichment.Pace{PerSecond: 50, Seconds: 90}, 400 * time.Millisecond, 90 * time.Second}} {
		r := newRig(t, nil, p)
		s, start := r.session(), r.clock.Now()
		cfg := enrichment.Config{Steps: steps("paced")}
		cfg.Steps[0].Pace = c.pace
		for i := range 21 {
			began = time.Now()
			r.ask(s, cfg, fmt.Sprint("q", i))
		}
		require.Equal(t, c.took, r.clock.Now().Sub(start))
		require.InDelta(t, c.timeout.Seconds(), allowed.Seconds(), 5)
	}
}

// timed is a provider that looks at how long it may take.
type timed struct {
	*fake
	look func(ctx context.Context)
}

func (t timed) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	t.look(ctx)
	return t.fake.Call(ctx, req)
}
