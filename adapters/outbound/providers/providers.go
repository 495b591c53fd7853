// Package providers puts the built-in providers together. A new one is a package of its own and a line here.
package providers

import (
	"net/http"
	"net/netip"

	"github.com/morket/morket/adapters/outbound/providers/companyname"
	"github.com/morket/morket/adapters/outbound/providers/dnsfacts"
	"github.com/morket/morket/adapters/outbound/providers/domainfrom"
	"github.com/morket/morket/adapters/outbound/providers/emailcheck"
	"github.com/morket/morket/adapters/outbound/providers/httpapi"
	"github.com/morket/morket/adapters/outbound/providers/lookup"
	"github.com/morket/morket/adapters/outbound/providers/namesplit"
	"github.com/morket/morket/adapters/outbound/providers/phonenormalise"
	"github.com/morket/morket/adapters/outbound/providers/websiteprofile"
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
}

// Builtin returns the registry of the built-in providers.
func Builtin(cfg Config) (*enrichment.Registry, error) {
	dns := lookup.New(cfg.Resolver, cfg.Clock)
	return enrichment.NewRegistry(
		emailcheck.New(dns, cfg.Inside),
		phonenormalise.New(),
		namesplit.New(),
		companyname.New(),
		domainfrom.New(dns, func(s string) (string, string) {
			name, _ := companyname.Normalise(s)
			return name, companyname.Key(name)
		}),
		dnsfacts.New(dns),
		websiteprofile.New(cfg.Client, cfg.Body, cfg.Agent),
		httpapi.New(cfg.Client, cfg.Body, cfg.Agent, cfg.Clock),
	)
}
