package enrichmentflow_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// Two workers on one run: the one that came later wins, the other stops without recording anything twice.
func TestTwoWorkersOnOneRun(t *testing.T) {
	t.Parallel()
	p := newFake("paid", 1000)
	var held atomic.Bool
	reached, release := make(chan struct{}), make(chan struct{})
	p.do = func(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
		if req.Inputs["q"] == "q10" && held.CompareAndSwap(false, true) {
			close(reached)
			<-release
		}
		return enrichment.Reply{Outputs: map[string]any{"a": "x"}}, nil
	}
	r := newRig(t, 200, fast(), p)
	r.addColumn("Answer", "paid")
	r.grant(1_000_000)
	job := r.start(nil)
	lost := make(chan error)
	elsewhere := r.runner
	r.build(fast(), p) // another process
	go func() {
		_, err := elsewhere.Slice(t.Context(), input(job.ID), enrichmentflow.Try{})
		lost <- err
	}()
	<-reached
	for next := enrichmentflow.More; next == enrichmentflow.More; { // as the flow does: the first one may still be writing what it has
		res, err := r.runner.Slice(t.Context(), input(job.ID), enrichmentflow.Try{})
		if !errors.Is(err, enrichmentflow.ErrSuperseded) {
			require.NoError(t, err)
			next = res.Next
		}
	}
	close(release)
	require.ErrorIs(t, <-lost, enrichmentflow.ErrSuperseded)
	r.requireEachOnce(job.ID, 1000)
	require.Equal(t, kernel.Credits(800_000), r.account().Available())
}

// A run's flow is lost, and its new one gets to work while the old one's slice still does in the same process: the answers to calls
// under way are not lost, free or paid.
func TestASliceLetsTheOneBeforeEndItsCalls(t *testing.T) {
	t.Parallel()
	p := newFake("once", 1000)
	p.Idempotent = false
	var held atomic.Bool
	reached, release := make(chan struct{}), make(chan struct{})
	p.do = func(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
		if req.Inputs["q"] == "q10" && held.CompareAndSwap(false, true) {
			close(reached)
			<-release
		}
		return enrichment.Reply{Outputs: map[string]any{"a": "x"}}, nil
	}
	r := newRig(t, 200, fast(), p)
	r.addColumn("Answer", "once")
	r.grant(1_000_000)
	job := r.start(nil)
	before := make(chan error, 1)
	go func() {
		_, err := r.runner.Slice(t.Context(), input(job.ID), enrichmentflow.Try{})
		before <- err
	}()
	<-reached
	var once sync.Once
	res, err := r.runner.Slice(t.Context(), input(job.ID), enrichmentflow.Try{Beat: func(page int) {
		if page == 0 { // it waits, and says that it lives
			once.Do(func() { close(release) })
		}
	}})
	require.NoError(t, err)
	require.NoError(t, <-before)
	for res.Next == enrichmentflow.More {
		res, err = r.runner.Slice(t.Context(), input(job.ID), enrichmentflow.Try{})
		require.NoError(t, err)
	}
	r.requireEachOnce(job.ID, 1000)
	require.EqualValues(t, 200, r.run(job.ID).Counts().Succeeded)
}

// An intent names no more cells than are really asked at the same time, so that a crash leaves no more unknown than that.
func TestAnIntentIsNotWiderThanTheProvider(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		idempotent bool
		limits     enrichment.RateLimits
		want       int
	}{
		"no limit":           {limits: enrichment.RateLimits{}, want: 16},
		"few at once":        {limits: enrichment.RateLimits{Concurrency: 3}, want: 3},
		"few a second":       {limits: enrichment.RateLimits{Concurrency: 8, PerSecond: 2}, want: 2},
		"many at once":       {limits: enrichment.RateLimits{Concurrency: 1000, PerSecond: 100}, want: 64},
		"may be asked twice": {idempotent: true, limits: enrichment.RateLimits{Concurrency: 1}, want: 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newFake("once", 0)
			p.Idempotent, p.Limits = c.idempotent, c.limits
			reached := make(chan struct{})
			var once sync.Once
			ctx, stop := context.WithCancel(t.Context())
			p.do = func(context.Context, enrichment.Request) (enrichment.Reply, error) {
				once.Do(func() { close(reached) })
				<-ctx.Done()
				return enrichment.Reply{Outputs: map[string]any{"a": "x"}}, nil
			}
			limits := fast()
			limits.PageRows, limits.CarefulRows, limits.Workers = 0, 0, 0 // the defaults
			r := newRig(t, 100, limits, p)
			r.addColumn("Answer", "once")
			job := r.start(nil)
			ended := make(chan error, 1)
			go func() {
				_, err := r.runner.Slice(ctx, input(job.ID), enrichmentflow.Try{})
				ended <- err
			}()
			<-reached
			require.Len(t, r.run(job.ID).Open(), c.want)
			stop()
			require.NoError(t, <-ended)
		})
	}
}

// The rows of a run are those that were there when it was asked for, not those that a clock takes for old enough.
func TestARunTakesItsRowsWhateverTheClockSays(t *testing.T) {
	t.Parallel()
	for name, shift := range map[string]time.Duration{"a day back": -24 * time.Hour, "a day ahead": 24 * time.Hour} {
		for _, scope := range []enrichment.Scope{enrichment.ScopeAll, enrichment.ScopeRows} {
			t.Run(name+", "+string(scope), func(t *testing.T) {
				t.Parallel()
				p := newFake("free", 0)
				r := newRig(t, 100, fast(), p)
				r.ids = kernel.NewIDs(kernel.NewManualClock(time.Now().Add(shift)))
				r.build(fast(), p)
				r.addColumn("Answer", "free")
				job := r.start(func(s *enrichmentcmd.Start) {
					s.Scope = scope
					if scope == enrichment.ScopeRows {
						for _, row := range r.rows.rows {
							s.Rows = append(s.Rows, row.ID)
						}
					}
				})
				require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
				require.EqualValues(t, 100, r.run(job.ID).Counts().Succeeded)
			})
		}
	}
}
