package waterfall

import (
	"container/list"
	"context"
	"strings"
	"sync"
	"time"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/breaker"
)

const (
	defaultConcurrency = 16
	// maxWait is how long a call stands in line for its provider's own limits, which the queue is known to move up in.
	maxWait = 2 * time.Minute
	// maxHold is how long a call waits out a pause that the provider asked for, where its cell can be put off instead.
	maxHold = 10 * time.Second
	// growth is how much of its full rate a provider that was slowed down gets back with each good call.
	growth      = 0.02
	slowestRate = 1.0 / 64
	// breakerRest is how long a server that keeps failing is not asked.
	breakerRest = time.Minute
)

// callLimiter is a workspace's way to one server: how many calls at once, how many in which time. After a "too many requests" both
// are halved; they grow back slowly with good calls.
type callLimiter struct {
	id    limiterKey    // with own and users the limiters' own, under their lock
	own   *list.Element // its place among its workspace's
	users int

	clock   kernel.Clock
	quotas  Quotas
	key     string // of the quota
	limits  enrichment.RateLimits
	most    int
	turns   *fairSemaphore
	breaker *breaker.Breaker

	mu     sync.Mutex
	factor float64 // of the full rate and concurrency, slowestRate to 1
	paused time.Time
	why    string // the answer that paused it
	// gone is until when the key's quota is taken for used up, and goneWhy the answer that said so.
	gone    time.Time
	goneWhy string
	said    enrichment.RateLimits // by the provider, of the key
}

func newCallLimiter(clock kernel.Clock, quotas Quotas, k limiterKey, l enrichment.RateLimits) *callLimiter {
	most := l.Concurrency
	if most <= 0 {
		most = defaultConcurrency
	}
	key := strings.Join([]string{string(k.workspace), k.provider, string(k.credential), k.host}, "/")
	return &callLimiter{
		clock:   clock,
		quotas:  quotas,
		key:     key,
		limits:  l,
		most:    most,
		turns:   newFairSemaphore(most),
		factor:  1,
		breaker: breaker.New(clock, breakerRest),
	}
}

// enter waits until a call may be made; leave must follow unless it answers an error. A pause longer than hold, or a limit that is used
// up for longer than maxWait, is a *enrichment.CallError at once.
func (g *callLimiter) enter(ctx context.Context, who owner, sleep Sleep, hold time.Duration) error {
	if err := g.turns.enter(ctx, who); err != nil {
		return err
	}
	wait, err := g.reserve(ctx, hold)
	if err != nil {
		g.turns.leave()
		return err
	}
	if wait > 0 {
		if err := sleep(ctx, wait); err != nil {
			g.turns.leave()
			return err
		}
	}
	return nil
}

func (g *callLimiter) leave() { g.turns.leave() }

// take takes one call of the provider's quota and says how long to wait for it. A call that is then not made stays taken: the
// limits are never exceeded, at worst not used to the full.
func (g *callLimiter) reserve(ctx context.Context, hold time.Duration) (time.Duration, error) {
	g.mu.Lock()
	factor, why, pause := g.factor, g.why, time.Duration(0)
	if now := g.clock.Now(); !kernel.Due(now, g.paused, LongestWait) {
		pause = g.paused.Sub(now)
	}
	gone, goneWhy, l := kernel.Due(g.clock.Now(), g.gone, LongestWait), g.goneWhy, lower(g.limits, g.said)
	g.mu.Unlock()
	if !gone {
		return 0, enrichment.Fail(enrichment.CallExhausted, goneWhy)
	}
	if pause > hold {
		return 0, &enrichment.CallError{Kind: enrichment.CallRateLimited, Message: why, RetryAfter: pause}
	}
	if l.PerSecond+l.PerMinute+l.PerHour+l.PerDay == 0 {
		return pause, nil
	}
	wait, ok, err := g.quotas.Take(ctx, g.key, l, factor, maxWait)
	if err == nil && !ok {
		err = &enrichment.CallError{Kind: enrichment.CallRateLimited, Message: "the provider's limit is used up", RetryAfter: wait}
	}
	return max(wait, pause), err
}

// limited slows the provider down after it said that it was asked too often.
func (g *callLimiter) limited(retryAfter time.Duration, why string) {
	g.mu.Lock()
	g.factor = max(slowestRate, g.factor/2)
	now := g.clock.Now()
	if until := now.Add(min(retryAfter, LongestWait)); until.After(g.paused) || kernel.Due(now, g.paused, LongestWait) {
		g.paused, g.why = until, why
	}
	n := g.limit()
	g.mu.Unlock()
	g.turns.resize(n)
}

// good lets the provider's rate grow again.
func (g *callLimiter) good() {
	g.mu.Lock()
	if g.factor >= 1 {
		g.mu.Unlock()
		return
	}
	g.factor = min(1, g.factor+growth)
	n := g.limit()
	g.mu.Unlock()
	g.turns.resize(n)
}

// exhausted notes that the key's quota is used up. It is asked about again after LongestWait: quotas are renewed, and bought.
func (g *callLimiter) exhausted(why string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gone, g.goneWhy = g.clock.Now().Add(LongestWait), why
}

// learn takes over the limits that the provider says hold for the key.
func (g *callLimiter) learn(l enrichment.RateLimits) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for window, said := range map[*int]int{
		&g.said.PerSecond: l.PerSecond, &g.said.PerMinute: l.PerMinute, &g.said.PerHour: l.PerHour, &g.said.PerDay: l.PerDay,
	} {
		if said > 0 {
			*window = said
		}
	}
}

// lower are the limits, each as low as the lower of the two; 0 is none.
func lower(a, b enrichment.RateLimits) enrichment.RateLimits {
	least := func(a, b int) int {
		if a == 0 || b > 0 && b < a {
			return b
		}
		return a
	}
	a.PerSecond, a.PerMinute = least(a.PerSecond, b.PerSecond), least(a.PerMinute, b.PerMinute)
	a.PerHour, a.PerDay = least(a.PerHour, b.PerHour), least(a.PerDay, b.PerDay)
	return a
}

func (g *callLimiter) limit() int { return max(1, int(float64(g.most)*g.factor)) }
