package enrichmentflow_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

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
// under way are not lost, whatever they cost.
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
