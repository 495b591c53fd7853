package waterfall

import (
	"context"
	"sync"
	"time"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

const (
	defaultConcurrency = 16
	// maxWait is how long a call waits for its provider's limits; beyond it the step ends as rate limited, so that a run is
	// not held up for the rest of a day.
	maxWait = 2 * time.Minute
	// growth is how much of its full rate a provider that was slowed down gets back with each good call.
	growth      = 0.02
	slowestRate = 1.0 / 64
)

// gate is the way to one provider with one key: how many calls at once, how many in which time. After a "too many requests" both
// are halved; they grow back slowly with good calls.
type gate struct {
	clock   kernel.Clock
	most    int
	turns   *turnstile
	breaker breaker

	mu      sync.Mutex
	buckets []*bucket
	factor  float64 // of the full rate and concurrency, slowestRate to 1
	paused  time.Time
}

// bucket holds a window's budget and refills evenly.
type bucket struct {
	capacity float64
	window   time.Duration
	tokens   float64
	at       time.Time
}

func newGate(clock kernel.Clock, l enrichment.RateLimits) *gate {
	most := l.Concurrency
	if most <= 0 {
		most = defaultConcurrency
	}
	g := &gate{clock: clock, most: most, turns: newTurnstile(most), factor: 1, breaker: breaker{clock: clock}}
	for _, b := range []struct {
		n      int
		window time.Duration
	}{{l.PerSecond, time.Second}, {l.PerMinute, time.Minute}, {l.PerHour, time.Hour}, {l.PerDay, 24 * time.Hour}} {
		if b.n > 0 {
			g.buckets = append(g.buckets, &bucket{capacity: float64(b.n), window: b.window, tokens: float64(b.n), at: clock.Now()})
		}
	}
	return g
}

// enter waits until a call may be made; leave must follow unless it answers an error. A wait that would be too long is a
// *enrichment.CallError at once.
func (g *gate) enter(ctx context.Context, who owner, sleep Sleep) error {
	if err := g.turns.enter(ctx, who); err != nil {
		return err
	}
	wait, ok := g.take()
	if !ok {
		g.turns.leave()
		e := enrichment.Fail(enrichment.CallRateLimited, "the provider's limit is used up")
		e.RetryAfter = wait
		return e
	}
	if wait > 0 {
		if err := sleep(ctx, wait); err != nil {
			g.giveBack()
			g.turns.leave()
			return err
		}
	}
	return nil
}

func (g *gate) leave() { g.turns.leave() }

// take takes a token from each bucket and says how long to wait for it. Tokens may be owed: the debt is the wait.
func (g *gate) take() (time.Duration, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock.Now()
	wait := max(0, g.paused.Sub(now))
	for _, b := range g.buckets {
		b.refill(now, g.factor)
		if owed := 1 - b.tokens; owed > 0 {
			wait = max(wait, time.Duration(owed/(b.capacity*g.factor)*float64(b.window)))
		}
	}
	if wait > maxWait {
		return wait, false
	}
	for _, b := range g.buckets {
		b.tokens--
	}
	return wait, true
}

func (g *gate) giveBack() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, b := range g.buckets {
		b.tokens++
	}
}

func (b *bucket) refill(now time.Time, factor float64) {
	if d := now.Sub(b.at); d > 0 {
		b.tokens = min(b.capacity, b.tokens+b.capacity*factor*float64(d)/float64(b.window))
		b.at = now
	}
}

// limited slows the provider down after it said that it was asked too often.
func (g *gate) limited(retryAfter time.Duration) {
	g.mu.Lock()
	g.factor = max(slowestRate, g.factor/2)
	if until := g.clock.Now().Add(min(retryAfter, maxWait)); until.After(g.paused) {
		g.paused = until
	}
	n := g.width()
	g.mu.Unlock()
	g.turns.resize(n)
}

// good lets the provider's rate grow again.
func (g *gate) good() {
	g.mu.Lock()
	if g.factor >= 1 {
		g.mu.Unlock()
		return
	}
	g.factor = min(1, g.factor+growth)
	n := g.width()
	g.mu.Unlock()
	g.turns.resize(n)
}

func (g *gate) width() int { return max(1, int(float64(g.most)*g.factor)) }
