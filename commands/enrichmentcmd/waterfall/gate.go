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
	quotas  Quotas
	key     string // of the quota
	limits  enrichment.RateLimits
	most    int
	turns   *turnstile
	breaker breaker

	mu     sync.Mutex
	factor float64 // of the full rate and concurrency, slowestRate to 1
	paused time.Time
}

func newGate(clock kernel.Clock, quotas Quotas, key string, l enrichment.RateLimits) *gate {
	most := l.Concurrency
	if most <= 0 {
		most = defaultConcurrency
	}
	return &gate{
		clock: clock, quotas: quotas, key: key, limits: l, most: most, turns: newTurnstile(most), factor: 1, breaker: breaker{clock: clock},
	}
}

// enter waits until a call may be made; leave must follow unless it answers an error. A wait that would be too long is a
// *enrichment.CallError at once.
func (g *gate) enter(ctx context.Context, who owner, sleep Sleep) error {
	if err := g.turns.enter(ctx, who); err != nil {
		return err
	}
	wait, ok, err := g.take(ctx)
	if err != nil {
		g.turns.leave()
		return err
	}
	if !ok {
		g.turns.leave()
		e := enrichment.Fail(enrichment.CallRateLimited, "the provider's limit is used up")
		e.RetryAfter = wait
		return e
	}
	if wait > 0 {
		if err := sleep(ctx, wait); err != nil {
			g.turns.leave()
			return err
		}
	}
	return nil
}

func (g *gate) leave() { g.turns.leave() }

// take takes one call of the provider's quota and says how long to wait for it. A call that is then not made stays taken: the
// limits are never exceeded, at worst not used to the full.
func (g *gate) take(ctx context.Context) (time.Duration, bool, error) {
	g.mu.Lock()
	factor, pause := g.factor, max(0, g.paused.Sub(g.clock.Now()))
	g.mu.Unlock()
	l := g.limits
	if pause > maxWait || l.PerSecond+l.PerMinute+l.PerHour+l.PerDay == 0 {
		return pause, pause <= maxWait, nil
	}
	wait, ok, err := g.quotas.Take(ctx, g.key, l, factor, maxWait)
	return max(wait, pause), ok, err
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
