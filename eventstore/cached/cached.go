// Package cached keeps in memory what was read or folded before: bounded, the least recently used goes first (golang-lru). Lives are
// counted by the clock that is handed in, so golang-lru's expirable cache is not used: it reads the machine's clock, and sweeps in a
// goroutine that can't be stopped.
package cached

import (
	"context"
	"errors"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"github.com/morket/morket/domain/kernel"
)

// New makes a cache of at most size entries without a life of their own; size is at least 1.
func New[K comparable, V any](size int) *lru.Cache[K, V] {
	c, err := lru.New[K, V](max(size, 1))
	if err != nil {
		panic(err) // only of a size below 1
	}
	return c
}

// Timed is a cache whose entries end.
type Timed[K comparable, V any] struct {
	clock   kernel.Clock
	entries *lru.Cache[K, timed[V]]
}

type timed[V any] struct {
	value V
	until time.Time
	life  time.Duration
}

// NewTimed makes a cache of at most size entries, each for the life that it is put with.
func NewTimed[K comparable, V any](clock kernel.Clock, size int) *Timed[K, V] {
	return &Timed[K, V]{clock: clock, entries: New[K, timed[V]](size)}
}

// Get returns an entry whose life is not over.
func (t *Timed[K, V]) Get(key K) (V, bool) {
	e, ok := t.entries.Get(key)
	if ok && kernel.Due(t.clock.Now(), e.until, e.life) {
		var none V
		return none, false // it makes room when it is the least recently used, or is put anew
	}
	return e.value, ok
}

// Set keeps the value for life.
func (t *Timed[K, V]) Set(key K, value V, life time.Duration) {
	t.entries.Add(key, timed[V]{value, t.clock.Now().Add(life), life})
}

// Remove forgets an entry.
func (t *Timed[K, V]) Remove(key K) { t.entries.Remove(key) }

// Clear forgets all.
func (t *Timed[K, V]) Clear() { t.entries.Purge() }

// Recent keeps what was loaded within the last moments, for what is asked at every request and changes rarely. What
// this process changes it forgets at once; what another process changes shows after the entry's life at the latest.
// Those that ask for the same entry at the same moment share one load.
type Recent[K ~string, V any] struct {
	life    time.Duration
	entries *Timed[K, V]
	loads   singleflight.Group

	mu    sync.Mutex
	epoch uint64 // grows with each Forget: what was being loaded meanwhile may be out of date and is not kept
}

// NewRecent keeps at most size entries, each for life.
func NewRecent[K ~string, V any](clock kernel.Clock, life time.Duration, size int) *Recent[K, V] {
	return &Recent[K, V]{life: life, entries: NewTimed[K, V](clock, size)}
}

// Get returns the entry, loading it when there is no fresh one. An error is not kept. When the caller that loads goes away, one of
// those that wait for it loads in its place.
func (r *Recent[K, V]) Get(ctx context.Context, key K, load func(context.Context) (V, error)) (V, error) {
	for {
		if v, ok := r.entries.Get(key); ok {
			return v, nil
		}
		mine := false
		res, err, _ := r.loads.Do(string(key), func() (any, error) {
			mine = true
			return r.load(ctx, key, load)
		})
		gone := errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
		if gone && !mine && ctx.Err() == nil {
			continue
		}
		v, _ := res.(V)
		return v, err
	}
}

func (r *Recent[K, V]) load(ctx context.Context, key K, load func(context.Context) (V, error)) (V, error) {
	r.mu.Lock()
	epoch := r.epoch
	r.mu.Unlock()
	v, err := load(ctx)
	if err != nil {
		return v, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.epoch == epoch {
		r.entries.Set(key, v, r.life)
	}
	return v, nil
}

// Forget makes the next Get load the entry anew, also when one is being loaded.
func (r *Recent[K, V]) Forget(key K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.epoch++
	r.loads.Forget(string(key))
	r.entries.Remove(key)
}
