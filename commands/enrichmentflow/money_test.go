package enrichmentflow_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

func TestTheInstallationsPriceIsEstimatedReservedAndPaid(t *testing.T) {
	t.Parallel()
	r := newRig(t, 10, fast(), newFake("free", 0))
	r.prices = map[string]kernel.Credits{"free": 1250}
	r.build(fast(), newFake("free", 0))
	r.addColumn("Answer", "free")
	r.grant(100_000)
	job := r.start(nil)
	require.Equal(t, kernel.Credits(12_500), job.Estimate.Max)
	require.Equal(t, job.Estimate.Likely, r.account().Reserved())
	r.work(input(job.ID))
	r.requireEachOnce(job.ID, 1250)
	require.Equal(t, kernel.Credits(87_500), r.account().Balance())
	require.Zero(t, r.account().Reserved())
}

func TestARunEndsCleanlyWhenTheCreditsAreUsedUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		grant  kernel.Credits
		change func(*rig, *enrichmentcmd.Start)
		done   int64
		reason string
	}{
		"the run's own limit":     {1_000_000, func(_ *rig, s *enrichmentcmd.Start) { s.MaxCredits = 25_000 }, 12, "the run's limit of 25 credits is reached"},
		"the workspace's credits": {101_000, func(*rig, *enrichmentcmd.Start) {}, 50, "credits are used up"},
		"a cap": {1_000_000, func(r *rig, _ *enrichmentcmd.Start) {
			_, err := creditCaps(r, credit.Cap{Scope: credit.ScopeWorkspace, Period: credit.PeriodDay, Limit: 30_000})
			require.NoError(t, err)
		}, 15, "cap of 30 credits per day is reached"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 100, fast(), newFake("paid", 2000))
			r.addColumn("Answer", "paid")
			r.grant(c.grant)
			job := r.start(func(s *enrichmentcmd.Start) { c.change(r, s) })
			require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
			run := r.run(job.ID)
			require.Equal(t, enrichment.RunPartiallyCompleted, run.State())
			require.Equal(t, c.done, run.Counts().Succeeded)
			require.Equal(t, kernel.Credits(c.done*2000), run.Spent())
			require.Zero(t, r.account().Reserved())
			require.Equal(t, c.grant-run.Spent(), r.account().Available())
			require.Contains(t, reason(t, r, job.ID), c.reason)
		})
	}
}

// An answer for which the ledger refuses the price, because a cap came or credits went while it was on its way, is kept.
func TestAnAnswerIsNotDroppedForLackOfCredits(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(r *rig) error{
		"a cap": func(r *rig) error {
			_, err := creditCaps(r, credit.Cap{Scope: credit.ScopeWorkspace, Period: credit.PeriodDay, Limit: 3000})
			return err
		},
		"the ledger was closed": func(r *rig) error {
			_, err := r.ledger.Commit(r.t.Context(), meta(), workspace, nil, func(a *credit.Account) error { return a.Close("somebody changed it", r.clock.Now()) })
			return err
		},
		"its reservation is gone": func(r *rig) error {
			_, err := r.ledger.Commit(r.t.Context(), meta(), workspace, nil, func(a *credit.Account) error { return a.Release(string(r.latest), r.clock.Now()) })
			return err
		},
		"another run took the credits": func(r *rig) error {
			_, err := r.ledger.Commit(r.t.Context(), meta(), workspace, nil, func(a *credit.Account) error {
				return a.Reserve("other", "run_other", "", a.Available(), r.clock.Now())
			})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newFake("paid", 2000)
			var once sync.Once
			var r *rig
			p.do = func(context.Context, enrichment.Request) (enrichment.Reply, error) {
				once.Do(func() { require.NoError(t, spoil(r)) })
				return enrichment.Reply{Outputs: map[string]any{"a": "x"}}, nil
			}
			limits := fast()
			limits.Workers = 4
			r = newRig(t, 40, limits, p)
			r.addColumn("Answer", "paid")
			r.grant(80_000)
			job := r.start(nil)
			require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
			run := r.run(job.ID)
			require.EqualValues(t, p.calls(), run.Counts().Succeeded, "every answer that came is in its cell")
			free := 0
			for _, o := range r.outcomes(job.ID) {
				if o.value != "" && o.paid == 0 {
					free++
					require.Contains(t, o.marks[0].Message, "kept without charge")
				}
			}
			require.Equal(t, enrichment.RunPartiallyCompleted, run.State())
			require.NotEmpty(t, reason(t, r, job.ID))
			require.LessOrEqual(t, free, p.calls())
			require.Equal(t, kernel.Credits(p.calls()-free)*2000, run.Spent())
		})
	}
}

func creditCaps(r *rig, caps ...credit.Cap) (eventstore.Appended, error) {
	return r.ledger.Commit(r.t.Context(), meta(), workspace, nil, func(a *credit.Account) error { return a.SetCaps(caps) })
}

func reason(t *testing.T, r *rig, id kernel.RunID) string {
	t.Helper()
	events, err := r.store.ReadStream(t.Context(), eventstore.Stream("run", string(id)), 0, 10_000)
	require.NoError(t, err)
	e, err := r.codec.Decode(events[len(events)-1])
	require.NoError(t, err)
	return e.(enrichment.RunFinished).Reason
}

func TestTooFewCreditsForTheEstimateAreRefusedAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, 100, fast(), newFake("paid", 2000))
	r.addColumn("Answer", "paid")
	r.grant(10_000)
	_, err := r.handlers.Start(t.Context(), meta(), enrichmentcmd.Start{Workspace: workspace, Table: r.table, Columns: r.answers, Scope: enrichment.ScopeAll})
	require.ErrorIs(t, err, credit.ErrInsufficient())
}

// A run pays the prices that it was estimated with, also when others are set while it is under way; a retry has an estimate of its own.
func TestPricesHoldForTheRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, after, retried kernel.Credits }{
		"a free provider gets a price": {0, 500, 500},
		"a price rises":                {100, 5000, 5000},
		"a provider becomes free":      {100, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failing := true
			p := newFake("varying", 0)
			p.do = func(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
				if failing && req.Inputs["q"] == "q3" {
					return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "no")
				}
				return enrichment.Reply{Outputs: map[string]any{"a": "x"}}, nil
			}
			r := newRig(t, 10, fast(), p)
			r.prices = map[string]kernel.Credits{"varying": c.before}
			r.build(fast(), p)
			r.addColumn("Answer", "varying")
			r.grant(1_000_000)
			job := r.start(nil)
			r.prices = map[string]kernel.Credits{"varying": c.after}
			r.build(fast(), p) // the process starts again with other settings
			require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
			run := r.run(job.ID)
			require.EqualValues(t, 9, run.Counts().Succeeded, reason(t, r, job.ID))
			require.Equal(t, 9*c.before, run.Spent())
			require.Zero(t, r.account().Reserved())

			failing = false
			_, err := r.handlers.Control(t.Context(), meta(), enrichmentcmd.Control{Workspace: workspace, Run: job.ID, Verb: enrichmentcmd.Retry})
			require.NoError(t, err)
			in := input(job.ID)
			in.Round = 1
			require.Equal(t, enrichmentflow.Done, r.work(in))
			require.Equal(t, 9*c.before+c.retried, r.run(job.ID).Spent())
			require.Equal(t, kernel.Credits(1_000_000)-r.run(job.ID).Spent(), r.account().Available())
		})
	}
}
