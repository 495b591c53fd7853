package httpapi

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

// Class is a group of endpoints that share a rate limit.
type Class string

// The classes.
const (
	General    Class = "general"    // per caller
	Auth       Class = "auth"       // per client address
	Enrichment Class = "enrichment" // per workspace, and as General per caller
	Admin      Class = "admin"      // per caller
	Grid       Class = "grid"       // per caller: pages of rows and cell edits, which a person at the grid makes by the dozen
	Unlimited  Class = "unlimited"
	// Failed is no endpoint's: tokens and keys that are not good, per client address.
	Failed Class = "failed"
)

// Limiter counts requests. Allow takes one from the key's budget of perMinute and says when to come back if it is used up.
type Limiter interface {
	Allow(ctx context.Context, key string, perMinute int) (ok bool, retryAfter time.Duration)
}

// A request is counted once its caller is known and has the right: what is refused before costs nobody else's budget. A caller is
// a person or an API key; budgets that a workspace's callers share are taken from by its members only.

// limit takes a request that may be made from the budgets that it counts against.
func (a *API) limit(ctx context.Context, op Op, c echo.Context, p Principal) error {
	switch {
	case op.Rate == Unlimited:
		return nil
	case op.Rate == Auth || p.Actor.ID == "":
		return a.consume(ctx, op.Rate, "ip:"+address(c))
	case op.Rate == Enrichment:
		if err := a.consume(ctx, General, caller(p)); err != nil {
			return err
		}
		return a.consume(ctx, Enrichment, "ws:"+string(p.Workspace))
	default:
		return a.consume(ctx, op.Rate, caller(p))
	}
}

// guessed counts a token that is not good against the address that it came from. One that was good once is no guess: a page that was
// left open for a week sends a dozen at once.
func (a *API) guessed(ctx context.Context, c echo.Context, err error) error {
	if kernel.KindOf(err) != kernel.KindUnauthorized || errors.Is(err, auth.ErrStale) {
		return err
	}
	if over := a.consume(ctx, Failed, "ip:"+address(c)); over != nil {
		return over
	}
	return err
}

// refused counts what a known caller may not do, apart from the rest, so that refusals are bounded too.
func (a *API) refused(ctx context.Context, p Principal, err error) error {
	if k := kernel.KindOf(err); p.Actor.ID == "" || k != kernel.KindForbidden && k != kernel.KindNotFound {
		return err
	}
	if over := a.consume(ctx, General, "refused:"+caller(p)); over != nil {
		return over
	}
	return err
}

func (a *API) consume(ctx context.Context, class Class, who string) error {
	per := a.cfg.Limits[class]
	if per <= 0 {
		return nil
	}
	ok, retry := a.cfg.Limiter.Allow(ctx, string(class)+"|"+who, per)
	if ok {
		return nil
	}
	e := kernel.E(kernel.KindRateLimited, "RATE_LIMITED", "more than %d requests a minute; wait a moment", per)
	e.RetryAfter = retry
	return e
}

func caller(p Principal) string { return p.Actor.Ref() }

// address is what a client is counted by: its IPv4 address, or the network of 64 bits in which its IPv6 address is, since a network
// of that size belongs to a single client.
func address(c echo.Context) string {
	ip, err := netip.ParseAddr(c.RealIP())
	if err != nil {
		return "unknown"
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		const network = 64
		if p, err := ip.Prefix(network); err == nil {
			return p.String()
		}
	}
	return ip.String()
}
