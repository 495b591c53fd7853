package projections

import (
	"context"
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Positions lets a read wait until a read model has come far enough (read-your-writes).
type Positions interface {
	// Wait returns when the projection has reached the position or ctx ends: how far it has come, and whether that is enough.
	Wait(ctx context.Context, projection string, position int64) (reached int64, ok bool)
}

// A waiting read looks at the checkpoint that another process moves after storePoll, then after twice as long each time, up to
// storePollMax: so it comes at most as much too late as it has waited, and what waits for long asks little.
const (
	storePoll    = 25 * time.Millisecond
	storePollMax = 400 * time.Millisecond
)

// Registry is the Positions of a process: runners in it are heard at once, those elsewhere through their checkpoints.
type Registry struct {
	store   Checkpoints
	mu      sync.RWMutex
	runners map[string]*Runner
}

var _ Positions = (*Registry)(nil)

// NewRegistry makes a registry that reads checkpoints from the store.
func NewRegistry(store Checkpoints) *Registry {
	return &Registry{store: store, runners: map[string]*Runner{}}
}

// Add makes a runner of this process known.
func (g *Registry) Add(r *Runner) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.runners[r.Name()] = r
}

// Wait implements Positions. It asks the store too when the projection runs here: another process may be the one that leads.
func (g *Registry) Wait(ctx context.Context, projection string, position int64) (int64, bool) {
	g.mu.RLock()
	runner := g.runners[projection]
	g.mu.RUnlock()
	var local progress // never moves when the projection doesn't run here
	here := &local
	if runner != nil {
		here = &runner.worker.progress
	}
	var look *time.Timer
	pauses := kernel.Doubling(storePoll, storePollMax)
	reached := int64(0)
	for first := true; ; first = false {
		at, moved := here.next()
		if reached = max(reached, at); reached >= position {
			return reached, true
		}
		if !first || runner == nil {
			if c, ok, err := g.store.Checkpoint(ctx, LiveOf(projection)); err == nil && ok {
				reached = max(reached, c.Position)
			}
			if reached >= position {
				return reached, true
			}
		}
		if look == nil {
			look = time.NewTimer(pauses.NextBackOff())
			defer look.Stop()
		}
		select {
		case <-moved:
		case <-look.C:
			look.Reset(pauses.NextBackOff())
		case <-ctx.Done():
			return reached, false
		}
	}
}
