package kernel

import (
	"context"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Clock tells the time. Everything that needs the time is handed one.
type Clock interface{ Now() time.Time }

// SystemClock is the machine's clock in UTC.
type SystemClock struct{}

// Now returns the current time in UTC.
func (SystemClock) Now() time.Time { return time.Now().UTC() }

// UTC is a time that may be missing, in UTC.
func UTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

// Due reports whether the time at has come. One that is further ahead than most was said by a clock that has been set back since, so it has
// come too: else what rests, waits or is kept until then would do so for as long as the clock was wrong.
func Due(now, at time.Time, most time.Duration) bool { return !now.Before(at) || at.Sub(now) > most }

// Passed reports whether d has passed since then. When then is still to come the clock has been set back, and d is taken to have passed.
func Passed(now, then time.Time, d time.Duration) bool { return now.Sub(then) >= d || now.Before(then) }

// Pause waits for d by the machine's clock, or returns ctx's error when ctx ends before.
func Pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Doubling returns the pauses between retries: from first, each twice the one before, up to longest. They have no jitter, since what a
// test sees must be repeatable; where many processes would come back together, the caller stretches them by a source that it is handed.
func Doubling(first, longest time.Duration) *backoff.ExponentialBackOff {
	return &backoff.ExponentialBackOff{InitialInterval: first, MaxInterval: longest, Multiplier: 2}
}

// ManualClock stands still until it is moved; it is for tests.
type ManualClock struct {
	mu  sync.Mutex
	now time.Time
}

// NewManualClock returns a clock that stands at now.
func NewManualClock(now time.Time) *ManualClock { return &ManualClock{now: now.UTC()} }

// Now returns the time at which the clock stands.
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock on by d.
func (c *ManualClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
