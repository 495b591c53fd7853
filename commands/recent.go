package commands

import (
	"context"
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Recent keeps what was loaded within the last moments, for what is asked at every request and changes rarely. What
// this process changes it forgets at once; what another process changes shows after the entry's life at the latest.
type Recent[K comparable, V any] struct {
	clock kernel.Clock
	life  time.Duration
	limit int

	mu      sync.Mutex
	epoch   uint64 // grows with each Forget: what was being loaded meanwhile may be out of date and is not kept
	entries map[K]recent[V]
}

type recent[V any] struct {
	value V
	until time.Time
}

// NewRecent keeps at most limit entries, each for life.
func NewRecent[K comparable, V any](clock kernel.Clock, life time.Duration, limit int) *Recent[K, V] {
	return &Recent[K, V]{clock: clock, life: life, limit: limit, entries: map[K]recent[V]{}}
}

// Get returns the entry, loading it when there is no fresh one. An error is not kept.
func (r *Recent[K, V]) Get(ctx context.Context, key K, load func(context.Context) (V, error)) (V, error) {
	now := r.clock.Now()
	r.mu.Lock()
	e, ok := r.entries[key]
	epoch := r.epoch
	r.mu.Unlock()
	if ok && !kernel.Due(now, e.until, r.life) {
		return e.value, nil
	}
	v, err := load(ctx)
	if err != nil {
		return v, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.epoch == epoch {
		if len(r.entries) >= r.limit {
			r.drop(now)
		}
		r.entries[key] = recent[V]{v, now.Add(r.life)}
	}
	return v, nil
}

// drop makes room: the stale entries go, and when there are none, all.
func (r *Recent[K, V]) drop(now time.Time) {
	for k, e := range r.entries {
		if kernel.Due(now, e.until, r.life) {
			delete(r.entries, k)
		}
	}
	if len(r.entries) >= r.limit {
		clear(r.entries)
	}
}

// Forget makes the next Get load the entry anew.
func (r *Recent[K, V]) Forget(key K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.epoch++
	delete(r.entries, key)
}
