package emailcheck

import (
	"context"
	"errors"
	"net/netip"

	"github.com/morket/morket/adapters/outbound/providers/lookup"
)

// maxHosts is how many mail servers of a domain are looked up; one that can be reached is enough.
const maxHosts = 3

// delivery is where a domain's mail goes.
type delivery struct {
	takes  string // yes; implicit: to the domain's own address; no; unknown
	host   string
	reason string // of no
}

// deliver asks whether the domain takes mail: by MX, or without one by an address of its own (RFC 5321, 5.1).
func (p *Provider) deliver(ctx context.Context, domain string) (delivery, error) {
	hosts, err := p.dns.MX(ctx, domain)
	switch {
	case err == nil:
		return p.reach(ctx, hosts)
	case errors.Is(err, lookup.ErrNullMX):
		return delivery{takes: "no", reason: "the domain says that it takes no mail (null MX)"}, nil
	case errors.Is(err, lookup.ErrUnreachable):
		return delivery{takes: "unknown"}, nil
	case !errors.Is(err, lookup.ErrNone):
		return delivery{}, err
	}
	found, public, err := p.addresses(ctx, domain)
	switch {
	case errors.Is(err, lookup.ErrUnreachable):
		return delivery{takes: "unknown"}, nil
	case err != nil:
		return delivery{}, err
	case !found:
		return delivery{takes: "no", reason: "the domain takes no mail: it has neither a mail server nor an address"}, nil
	case !public:
		return delivery{takes: "no", reason: "the domain takes no mail: its address is not a public one"}, nil
	}
	return delivery{takes: "implicit", host: domain}, nil
}

// reach looks for a mail server that has a public address.
func (p *Provider) reach(ctx context.Context, hosts []string) (delivery, error) {
	private, unsure := false, false
	for _, host := range hosts[:min(len(hosts), maxHosts)] {
		found, public, err := p.addresses(ctx, host)
		switch {
		case errors.Is(err, lookup.ErrUnreachable):
			unsure = true
		case err != nil:
			return delivery{}, err
		case public:
			return delivery{takes: "yes", host: host}, nil
		case found:
			private = true
		}
	}
	switch {
	case unsure || len(hosts) > maxHosts:
		return delivery{takes: "yes", host: hosts[0]}, nil // it names one; that its address isn't known now means nothing
	case private:
		return delivery{takes: "no", host: hosts[0], reason: "the domain's mail server has no public address"}, nil
	}
	return delivery{takes: "no", host: hosts[0], reason: "the domain's mail server does not exist"}, nil
}

// addresses reports whether the host has an address, and a public one.
func (p *Provider) addresses(ctx context.Context, host string) (found, public bool, err error) {
	list, err := p.dns.Addresses(ctx, host)
	if errors.Is(err, lookup.ErrNone) {
		return false, false, nil
	}
	if err != nil {
		return false, false, err
	}
	for _, text := range list {
		ip, err := netip.ParseAddr(text)
		public = public || err == nil && !p.inside(ip)
	}
	return len(list) > 0, public, nil
}
