package httpapi

import (
	"context"
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Class is a group of endpoints that share a rate limit.
type Class string

// The classes.
const (
	General    Class = "general"    // per user
	Auth       Class = "auth"       // per client address
	Enrichment Class = "enrichment" // per workspace
	Admin      Class = "admin"      // per user
	Grid       Class = "grid"       // per user: pages of rows and cell edits, which a person at the grid makes by the dozen
	Unlimited  Class = "unlimited"
)

// Limiter counts requests. Allow takes one from the key's budget of perMinute and says when to come back if it is used up.
type Limiter interface {
	Allow(ctx context.Context, key string, perMinute int) (ok bool, retryAfter time.Duration)
}

// MemoryLimiter is a Limiter of one process: for each key a bucket that holds a minute's budget and refills evenly.
type MemoryLimiter struct {
	clock   kernel.Clock
	mu      sync.Mutex
	buckets map[string]*bucket
	swept   time.Time
}

type bucket struct {
	tokens float64
	at     time.Time
}

// NewMemoryLimiter returns a limiter without history.
func NewMemoryLimiter(clock kernel.Clock) *MemoryLimiter {
	return &MemoryLimiter{clock: clock, buckets: map[string]*bucket{}, swept: clock.Now()}
}

// Allow implements Limiter.
func (l *MemoryLimiter) Allow(_ context.Context, key string, perMinute int) (bool, time.Duration) {
	if perMinute <= 0 {
		return true, 0
	}
	now := l.clock.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sweep(now)
	perSecond := float64(perMinute) / 60
	b, ok := l.buckets[key]
	if !ok {
		b = &bucket{tokens: float64(perMinute), at: now}
		l.buckets[key] = b
	}
	b.tokens = min(float64(perMinute), b.tokens+now.Sub(b.at).Seconds()*perSecond)
	b.at = now
	if b.tokens < 1 {
		return false, time.Duration((1 - b.tokens) / perSecond * float64(time.Second))
	}
	b.tokens--
	return true, 0
}

// sweep forgets keys that have been quiet for two minutes: their buckets are full again.
func (l *MemoryLimiter) sweep(now time.Time) {
	if now.Sub(l.swept) < time.Minute {
		return
	}
	l.swept = now
	for k, b := range l.buckets {
		if now.Sub(b.at) > 2*time.Minute {
			delete(l.buckets, k)
		}
	}
}
