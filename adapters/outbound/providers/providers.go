// Package providers puts the built-in providers together. A new one is a package of its own and a line here.
package providers

import (
	"net/http"
	"net/netip"

	"github.com/morket/morket/adapters/outbound/providers/apollo"
	"github.com/morket/morket/adapters/outbound/providers/clearbit"
	"github.com/morket/morket/adapters/outbound/providers/companyfacts"
	"github.com/morket/morket/adapters/outbound/providers/companyname"
	"github.com/morket/morket/adapters/outbound/providers/dnsfacts"
	"github.com/morket/morket/adapters/outbound/providers/domainfrom"
	"github.com/morket/morket/adapters/outbound/providers/emailcheck"
	"github.com/morket/morket/adapters/outbound/providers/emailfinder"
	"github.com/morket/morket/adapters/outbound/providers/extract"
	"github.com/morket/morket/adapters/outbound/providers/httpapi"
	"github.com/morket/morket/adapters/outbound/providers/hunter"
	"github.com/morket/morket/adapters/outbound/providers/llm"
	"github.com/morket/morket/adapters/outbound/providers/lookup"
	"github.com/morket/morket/adapters/outbound/providers/namesplit"
	"github.com/morket/morket/adapters/outbound/providers/phonenormalise"
	"github.com/morket/morket/adapters/outbound/providers/research"
	"github.com/morket/morket/adapters/outbound/providers/scrapepage"
	"github.com/morket/morket/adapters/outbound/providers/techdetect"
	"github.com/morket/morket/adapters/outbound/providers/websearch"
	"github.com/morket/morket/adapters/outbound/providers/websiteprofile"
	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// Config is what the providers reach the world through.
type Config struct {
	Resolver lookup.Resolver // net.DefaultResolver in production
	// Client must refuse addresses that are not public (safedial.NewClient); Body reads its answers (safedial.Body).
	Client *http.Client
	Body   func(res *http.Response, limit int64) (body []byte, cut bool, err error)
	Agent  string                // User-Agent
	Inside func(netip.Addr) bool // addresses that are not of the public internet (safedial.Inside)
	Clock  kernel.Clock
	// Local are addresses of this machine that stand in for vendors in development, by vendor. Vendors are asked through Vendors, which
	// may reach those and nothing else that Client may not; Client when nil.
	Local   map[string]string
	Vendors *http.Client
	Pages   scrapepage.Reader // reads pages of the open web
}

// Builtin returns the registry of the built-in providers.
func Builtin(cfg Config) (*enrichment.Registry, error) {
	dns := lookup.New(cfg.Resolver, cfg.Clock)
	if cfg.Vendors == nil {
		cfg.Vendors = cfg.Client
	}
	keyed := wire.New(cfg.Vendors, cfg.Body, cfg.Agent, cfg.Clock)
	site := websiteprofile.New(cfg.Client, cfg.Body, cfg.Agent)
	tech, err := techdetect.New(site.Fetch, dns)
	if err != nil {
		return nil, err
	}
	engines := websearch.New(keyed, cfg.Local)
	callers := []enrichment.Caller{
		emailcheck.New(dns, cfg.Inside),
		phonenormalise.New(),
		namesplit.New(),
		companyname.New(),
		domainfrom.New(dns, companyname.Normalise),
		dnsfacts.New(dns),
		emailfinder.New(dns, namesplit.Split),
		extract.New(),
		site,
		tech,
		scrapepage.New(cfg.Pages),
		companyfacts.New(cfg.Pages),
		httpapi.New(wire.New(cfg.Client, cfg.Body, cfg.Agent, cfg.Clock)),
		llm.New(keyed),
		research.New(keyed, engines, cfg.Pages, cfg.Clock),
	}
	for _, e := range engines {
		callers = append(callers, e)
	}
	callers = append(callers, hunter.New(keyed, cfg.Local[hunter.Vendor])...)
	callers = append(callers, apollo.New(keyed, cfg.Local[apollo.Vendor])...)
	callers = append(callers, clearbit.New(keyed, cfg.Local[clearbit.Vendor])...)
	r, err := enrichment.NewRegistry(callers...)
	if err != nil {
		return nil, err
	}
	return r.WithSearches(apollo.Searches(keyed, cfg.Local[apollo.Vendor])...)
}

// Vendors are those for which an address of this machine may stand in.
func Vendors() []string {
	return append([]string{hunter.Vendor, apollo.Vendor, clearbit.Vendor, llm.Slug}, websearch.Vendors()...)
}
