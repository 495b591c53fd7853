package politeness

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/breaker"
	"github.com/morket/morket/domain/scrape"
)

// Rate is how often a domain may be asked.
type Rate struct {
	Every time.Duration // one request
	Burst int           // at once, after a rest
}

// Counter counts for all that ask. Every implementation passes politenesstest.
type Counter interface {
	// Take takes the domain's next moment and says how long it is until then, if that is no longer than most; else ok is false, nothing is
	// taken, and wait says after what time another try makes sense.
	Take(ctx context.Context, domain string, r Rate, most time.Duration) (wait time.Duration, ok bool)
	// Slow halves the domain's rate for d from now.
	Slow(ctx context.Context, domain string, d time.Duration)
	// Rest lets nobody ask the domain for d from now.
	Rest(ctx context.Context, domain string, d time.Duration)
}

// Config is what a Gate needs.
type Config struct {
	Rules   Rules
	Counter Counter
	Clock   kernel.Clock
}

// Gate lets requests through when it is polite.
type Gate struct {
	cfg      Config
	counter  atomic.Pointer[Counter]
	breakers *breakers
}

// New makes a gate.
func New(cfg Config) (*Gate, error) {
	if cfg.Counter == nil || cfg.Clock == nil || cfg.Rules.base.Requests == 0 {
		return nil, errors.New("politeness needs rules, a counter and a clock")
	}
	b, err := newBreakers(cfg.Clock)
	g := &Gate{cfg: cfg, breakers: b}
	g.counter.Store(&cfg.Counter)
	return g, err
}

// Share has all processes count together: share is given the gate's own counter, which counts when they can't.
func (g *Gate) Share(share func(own Counter) Counter) {
	shared := share(g.cfg.Counter)
	g.counter.Store(&shared)
}

func (g *Gate) count() Counter { return *g.counter.Load() }

const (
	slowFor     = 5 * time.Minute
	longestRest = time.Hour // that a site may ask for at once
)

// Pass is one request that was let through.
type Pass struct {
	gate   *Gate
	domain string
	era    int
	at     *breaker.Breaker
	// Waited is how long the request was held back, Every the time between two requests of the domain.
	Waited, Every time.Duration
}

// Domain is the domain whose rate counts for the address.
func (g *Gate) Domain(u *url.URL) string {
	domain, _ := g.cfg.Rules.For(u.Hostname())
	return domain
}

// IgnoresRobots reports whether the operator's rules say that the domain's owner has allowed what robots.txt does not.
func (g *Gate) IgnoresRobots(u *url.URL) bool {
	_, rule := g.cfg.Rules.For(u.Hostname())
	return rule.IgnoreRobots
}

// Wait waits until the address may be asked for, at most as long as most. delay is the pause that robots.txt asks for. What it refuses is a
// *scrape.Fault with the time after which another try makes sense. The pass must be given back by Done.
func (g *Gate) Wait(ctx context.Context, ws kernel.WorkspaceID, u *url.URL, delay, most time.Duration) (scrape.Pass, error) {
	domain, rule := g.cfg.Rules.For(u.Hostname())
	if rule.Never {
		return nil, scrape.Fail(scrape.ReasonRobots, "the operator's rules forbid %s", domain)
	}
	if closed := rule.closedFor(g.cfg.Clock.Now()); closed > 0 {
		return nil, resting(closed, "%s is asked in certain hours only", domain)
	}
	b := g.breakers.of(string(ws) + " " + domain)
	era, no := b.Allow()
	if no != nil {
		rest := no.Until.Sub(g.cfg.Clock.Now())
		if no.Probe != nil {
			rest = probeRest
		}
		return nil, resting(rest, "%s has failed too often and is given a rest", domain)
	}
	rate := Rate{Every: max(rule.Per/time.Duration(rule.Requests), delay), Burst: rule.Requests}
	if delay >= rate.Every {
		rate.Burst = 1
	}
	wait, ok := g.count().Take(ctx, domain, rate, most)
	if !ok {
		b.Drop(era)
		return nil, resting(wait, "%s has been asked as often as is polite", domain)
	}
	if err := kernel.Pause(ctx, wait); err != nil {
		b.Drop(era)
		return nil, scrape.Fail(scrape.ReasonTimeout, "the time was over before %s could be asked", domain).Because(err)
	}
	return &Pass{gate: g, domain: domain, era: era, at: b, Waited: wait, Every: rate.Every}, nil
}

func resting(retry time.Duration, format string, domain string) *scrape.Fault {
	f := scrape.Fail(scrape.ReasonResting, format, domain)
	f.Retry = retry
	return f
}

// Held tells how long the request was held back, and the time between two requests of the domain.
func (p *Pass) Held() (waited, every time.Duration) { return p.Waited, p.Every }

// Done says how the site has answered: the response's status, 0 without one, and the pause that it asks for.
func (p *Pass) Done(ctx context.Context, status int, retryAfter time.Duration) {
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		p.gate.count().Slow(ctx, p.domain, slowFor)
		if retryAfter > 0 {
			p.gate.count().Rest(ctx, p.domain, min(retryAfter, longestRest))
		}
	}
	failed := ""
	if status == 0 || status == http.StatusTooManyRequests || status >= http.StatusInternalServerError {
		failed = "it failed"
	}
	p.at.Done(p.era, failed)
}

// Drop says that the request was not made, or that its end says nothing about the site.
func (p *Pass) Drop() { p.at.Drop(p.era) }
