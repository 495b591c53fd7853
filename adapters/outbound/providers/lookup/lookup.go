// Package lookup asks DNS for the providers: with short time limits, a memory of recent answers, and a clear difference between
// "there is no such record" and "DNS can't be reached", or can't be believed.
package lookup

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/idna"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/cached"
)

// Resolver is the part of *net.Resolver that is used.
type Resolver interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupNS(ctx context.Context, name string) ([]*net.NS, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// What a look-up may answer.
var (
	ErrNone        = errors.New("there is no such DNS record")
	ErrUnreachable = errors.New("DNS is not reachable, or denies what exists")
)

// ErrNullMX is the ErrNone of a domain that exists and says that it takes no mail (RFC 7505).
var ErrNullMX = fmt.Errorf("%w but a null MX", ErrNone)

// Unreachable is the error of a call that needed DNS and could not reach it.
func Unreachable() error { return enrichment.Fail(enrichment.CallUnreachable, ErrUnreachable.Error()) }

// Canaries are names that exist. A resolver that denies all of them denies everything, as some do that are cut off from the
// network, and its "no such record" means nothing.
func Canaries() []string { return []string{"example.com", "iana.org", "wikipedia.org"} }

const (
	timeout     = 3 * time.Second
	remember    = 5 * time.Minute
	maxEntries  = 20_000
	failsBefore = 3                // unreachable answers in a row after which DNS counts as down
	downFor     = 10 * time.Second // and is not asked
	believed    = time.Minute      // after a canary was found
	doubted     = 10 * time.Second // after none was
)

// DNS asks a resolver.
type DNS struct {
	resolver Resolver
	clock    kernel.Clock

	entries *cached.Timed[string, entry]

	mu    sync.Mutex
	fails int
	down  time.Time

	canary sync.Mutex // held while canaries are looked up
	judged time.Time  // until when honest holds
	honest bool
}

type entry struct {
	values []string
	err    error
}

// New asks the resolver.
func New(r Resolver, clock kernel.Clock) *DNS {
	return &DNS{resolver: r, clock: clock, entries: cached.NewTimed[string, entry](clock, maxEntries)}
}

// MX returns the mail servers of the domain in the order of their preference, lower case, without the final dot.
func (d *DNS) MX(ctx context.Context, domain string) ([]string, error) {
	return d.ask(ctx, "MX", domain, func(ctx context.Context) ([]string, error) {
		list, err := d.resolver.LookupMX(ctx, domain)
		sort.SliceStable(list, func(i, j int) bool { return list[i].Pref < list[j].Pref })
		var out []string
		for _, m := range list {
			if h := host(m.Host); h != "" {
				out = append(out, h)
			}
		}
		if err == nil && len(out) == 0 && len(list) > 0 {
			return nil, ErrNullMX
		}
		return out, err
	})
}

// TXT returns the domain's texts.
func (d *DNS) TXT(ctx context.Context, domain string) ([]string, error) {
	return d.ask(ctx, "TXT", domain, func(ctx context.Context) ([]string, error) { return d.resolver.LookupTXT(ctx, domain) })
}

// NS returns the domain's name servers.
func (d *DNS) NS(ctx context.Context, domain string) ([]string, error) {
	return d.ask(ctx, "NS", domain, func(ctx context.Context) ([]string, error) {
		list, err := d.resolver.LookupNS(ctx, domain)
		var out []string
		for _, n := range list {
			out = append(out, host(n.Host))
		}
		sort.Strings(out)
		return out, err
	})
}

// Addresses returns the domain's IP addresses.
func (d *DNS) Addresses(ctx context.Context, domain string) ([]string, error) {
	return d.ask(ctx, "A", domain, func(ctx context.Context) ([]string, error) {
		list, err := d.resolver.LookupNetIP(ctx, "ip", domain)
		var out []string
		for _, ip := range list {
			out = append(out, ip.Unmap().String())
		}
		sort.Strings(out)
		return out, err
	})
}

func host(s string) string { return strings.ToLower(strings.TrimSuffix(s, ".")) }

func (d *DNS) ask(ctx context.Context, kind, domain string, look func(context.Context) ([]string, error)) ([]string, error) {
	key := kind + " " + domain
	now := d.clock.Now()
	if e, ok := d.entries.Get(key); ok {
		return e.values, e.err
	}
	d.mu.Lock()
	down := !kernel.Due(now, d.down, downFor)
	d.mu.Unlock()
	if down {
		return nil, ErrUnreachable
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	values, err := look(limited)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	err = classify(values, err)
	if errors.Is(err, ErrNone) && !errors.Is(err, ErrNullMX) && !d.believe(ctx) {
		return nil, ErrUnreachable
	}
	return d.keep(key, now, values, err)
}

// believe reports whether the resolver's denials mean something.
func (d *DNS) believe(ctx context.Context) bool {
	d.canary.Lock()
	defer d.canary.Unlock()
	if !kernel.Due(d.clock.Now(), d.judged, believed) {
		return d.honest
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	d.honest = slices.ContainsFunc(Canaries(), func(name string) bool {
		list, err := d.resolver.LookupNetIP(ctx, "ip", name)
		return err == nil && len(list) > 0
	})
	life := doubted
	if d.honest {
		life = believed
	}
	if d.honest || ctx.Err() == nil { // a look-up that was given up says nothing
		d.judged = d.clock.Now().Add(life)
	}
	return d.honest
}

// classify tells what an answer means. A name server that breaks off or does not answer is out of reach, as is every one of them
// on a machine without a network.
func classify(values []string, err error) error {
	var dns *net.DNSError
	switch {
	case len(values) > 0:
		return nil
	case err == nil:
		return ErrNone
	case errors.Is(err, ErrNullMX):
		return err
	case errors.As(err, &dns) && dns.IsNotFound:
		return ErrNone
	default:
		return ErrUnreachable
	}
}

func (d *DNS) keep(key string, now time.Time, values []string, err error) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if errors.Is(err, ErrUnreachable) {
		if d.fails++; d.fails >= failsBefore {
			d.down = now.Add(downFor)
		}
		return nil, err
	}
	d.fails = 0
	d.entries.Set(key, entry{values: values, err: err}, remember)
	return values, err
}

// ASCII returns a domain as DNS knows it: lower case, without a final dot, international names in punycode. False if it is no
// domain with at least two labels.
func ASCII(domain string) (string, bool) {
	domain = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(domain), "."))
	a, err := idna.Lookup.ToASCII(domain)
	if err != nil || !strings.Contains(a, ".") || len(a) > 253 {
		return "", false
	}
	tld := a[strings.LastIndexByte(a, '.')+1:]
	if tld == "" || tld[0] >= '0' && tld[0] <= '9' {
		return "", false
	}
	for _, label := range strings.Split(a, ".") {
		if label == "" || len(label) > 63 {
			return "", false
		}
	}
	return a, true
}
