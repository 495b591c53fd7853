package boot

import (
	"context"
	"errors"
	"time"

	"github.com/morket/morket/adapters/leader"
	"github.com/morket/morket/adapters/leader/pgleader"
	"github.com/morket/morket/adapters/sweeper"
	"github.com/morket/morket/domain/kernel"
)

// sweepBatch is how much of a kind is cleared away at a time.
const sweepBatch = 5000

// newSweeper makes what clears away what has had its time. Idempotency keys are the log's own to prune, and what an interrupted upload
// left lies on each machine for itself: both do it by themselves.
func newSweeper(c *core, sweeps []sweeper.Sweep) (*sweeper.Sweeper, error) {
	keys := sweeper.Sweep{
		Name:  "keys",
		Every: time.Hour,
		Run:   func(ctx context.Context) (int, error) { return c.ring.Rewrap(ctx, sweepBatch) },
	}
	lead, err := newLeader(c, "sweeps", time.Minute)
	if err != nil {
		return nil, err
	}
	return sweeper.New(sweeper.Config{
		Lead: lead.Run, Clock: c.clock, Logger: c.log.With("part", "sweeps"), Sweeps: append(sweeps, keys),
	})
}

// newLeader has one process at a time do what; after a failure it waits for retry.
func newLeader(c *core, what string, retry time.Duration) (*leader.Leader, error) {
	return leader.New(leader.Config{Leadership: pgleader.New(c.pool, what), What: what, Logger: c.log.With("part", what), Retry: retry})
}

// sweeping is what a sweep's commands carry.
func sweeping(ws kernel.WorkspaceID) kernel.Meta {
	return kernel.Meta{Actor: kernel.System(), Workspace: ws, CorrelationID: "sweep"}
}

// each removes what can be removed of a list: what can't doesn't keep the rest.
func each[T any](list []T, remove func(T) (bool, error)) (n int, err error) {
	for _, item := range list {
		done, e := remove(item)
		if done {
			n++
		}
		err = errors.Join(err, e)
	}
	return n, err
}
