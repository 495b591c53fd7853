package waterfall

import (
	"context"
	"sync"
	"time"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// Quotas counts the calls of providers against their limits per second, minute, hour and day: for all workers together where they
// share a store.
type Quotas interface {
	// Take takes one call of the key, whose limits count by factor (0 to 1) only, and says how long to wait until it may be made.
	// When that is longer than most, nothing is taken, and ok is false.
	Take(ctx context.Context, key string, l enrichment.RateLimits, factor float64, most time.Duration) (wait time.Duration, ok bool, err error)
}

// memoryQuotas is the Quotas of one process.
type memoryQuotas struct {
	clock kernel.Clock
	mu    sync.Mutex
	free  map[string][4]time.Time // by key: from when on each window is as good as unused
}

// NewMemoryQuotas counts in this process.
func NewMemoryQuotas(clock kernel.Clock) Quotas {
	return &memoryQuotas{clock: clock, free: map[string][4]time.Time{}}
}

// Windows are how far a provider's windows may be used ahead and how long one call uses each of them; 0 where there is no limit. A window
// is used by a call for its length divided by the limit (the generic cell rate algorithm, ITU-T I.371). Minutes, hours and days may be
// used ahead for their whole length, so that a small run does not wait. The calls of a second are spread evenly over it: vendors count
// them in windows of their own, and one that began within a burst would hold up to twice the limit.
func Windows(l enrichment.RateLimits, factor float64) (lengths, uses [4]time.Duration) {
	lengths = [4]time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour}
	for i, n := range []int{l.PerSecond, l.PerMinute, l.PerHour, l.PerDay} {
		if n > 0 {
			uses[i] = time.Duration(float64(lengths[i]) / (float64(n) * factor))
		}
	}
	lengths[0] = uses[0]
	return lengths, uses
}

// Take implements Quotas.
func (q *memoryQuotas) Take(
	_ context.Context, key string, l enrichment.RateLimits, factor float64, most time.Duration,
) (time.Duration, bool, error) {
	lengths, uses := Windows(l, factor)
	q.mu.Lock()
	defer q.mu.Unlock()
	now, free, wait := q.clock.Now(), q.free[key], time.Duration(0)
	for i, use := range uses {
		if use == 0 {
			continue
		}
		if kernel.Due(now, free[i], lengths[i]+most) {
			free[i] = now
		}
		free[i] = free[i].Add(use)
		wait = max(wait, free[i].Sub(now)-lengths[i])
	}
	if wait > most {
		return wait, false, nil
	}
	q.free[key] = free
	q.forget(now)
	return wait, true, nil
}

// quotaKeys is how many keys are counted before those that are as good as unused are forgotten.
const quotaKeys = 16_384

// forget keeps the counts bounded: it forgets what is as good as unused, or everything when that does not help.
func (q *memoryQuotas) forget(now time.Time) {
	if len(q.free) <= quotaKeys {
		return
	}
	for key, free := range q.free {
		used := false
		for _, from := range free {
			used = used || from.After(now)
		}
		if !used {
			delete(q.free, key)
		}
	}
	if len(q.free) > quotaKeys {
		clear(q.free)
	}
}
