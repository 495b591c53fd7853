package enrichmentflow_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// quotasAway are quotas whose store is away for every n-th call.
type quotasAway struct {
	waterfall.Quotas
	every int64
	calls atomic.Int64
}

func (f *quotasAway) Take(ctx context.Context, key string, l enrichment.RateLimits, factor float64, most time.Duration) (time.Duration, bool, error) {
	if f.calls.Add(1)%f.every == 0 {
		return 0, false, kernel.E(kernel.KindUnavailable, "AWAY", "the database at 10.9.8.7 is away")
	}
	return f.Quotas.Take(ctx, key, l, factor, most)
}

// While a store of ours is away a slice stops, and is done again: no cell ends in an error, and no provider is asked twice, not even
// one that must not be.
func TestASliceIsDoneAgainAfterAStoreWasAway(t *testing.T) {
	t.Parallel()
	p := newFake("once", 1000)
	p.Idempotent, p.Limits = false, enrichment.RateLimits{PerSecond: 1_000_000}
	r := newRig(t, 200, fast(), p)
	r.quotas = &quotasAway{Quotas: waterfall.NewMemoryQuotas(r.clock), every: 23}
	r.build(fast(), p)
	r.addColumn("Answer", "once")
	r.grant(1_000_000)
	job := r.start(nil)
	again := 0
	for next := enrichmentflow.More; next == enrichmentflow.More; {
		res, err := r.runner.Slice(t.Context(), input(job.ID), enrichmentflow.Try{Ended: true})
		if err != nil {
			require.ErrorContains(t, err, "is away")
			again++
			continue
		}
		next = res.Next
	}
	require.Positive(t, again)
	r.requireEachOnce(job.ID, 1000)
	require.Equal(t, 200, p.calls())
	require.EqualValues(t, 200, r.run(job.ID).Counts().Succeeded)
	for _, o := range r.outcomes(job.ID) {
		require.NotContains(t, o.marks[0].Message, "10.9.8.7")
	}
}
