package boot

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/morket/morket/adapters/crm/hubspot"
	"github.com/morket/morket/adapters/crm/salesforce"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/crmcmd"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

// Connectors are the CRMs that can be connected, with the installation's apps at them. It is the only place where they are made. measure is
// around each request; it may be nil.
func Connectors(cfg config.Config, clock kernel.Clock, measure func(http.RoundTripper) http.RoundTripper) ([]crmcmd.CRM, error) {
	client := safedial.NewClient(safedial.Config{
		Allow: cfg.DialAllow, AllowPorts: cfg.CRMURLs.Ports(), Resolver: safedial.NewResolver(cfg.DNSServer), Redirects: -1,
		Timeout: crmcmd.CallWithin, Headers: crmcmd.CallWithin,
	})
	if measure != nil {
		client.Transport = measure(client.Transport)
	}
	at := cfg.CRMURLs.ByVendor()
	hs, err := hubspot.New(hubspot.Config{HTTP: client, BaseURL: at["hubspot"], Clock: clock})
	if err != nil {
		return nil, fmt.Errorf("MORKET_CRM_URLS: %w", err)
	}
	sf, err := salesforce.New(salesforce.Config{HTTP: client, BaseURL: at["salesforce"], Clock: clock})
	if err != nil {
		return nil, fmt.Errorf("MORKET_CRM_URLS: %w", err)
	}
	out := []crmcmd.CRM{
		withApp(hs, cfg.HubSpotClientID, cfg.HubSpotClientSecret), withApp(sf, cfg.SalesforceClientID, cfg.SalesforceClientSecret),
	}
	known := map[string]bool{}
	for _, c := range out {
		known[c.Connector.Describe().Slug] = true
	}
	for slug := range at {
		if !known[slug] {
			return nil, fmt.Errorf("MORKET_CRM_URLS: there is no CRM %q; there are %s", slug, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	return out, nil
}

// withApp is a CRM with the installation's app at it, and what to set without one.
func withApp(c crm.Connector, id string, secret config.Secret) crmcmd.CRM {
	v := c.Describe()
	name := strings.ToUpper(v.Slug)
	return crmcmd.CRM{
		Connector: c, App: crmcmd.App{ClientID: id, ClientSecret: secret.Reveal()},
		Setup: fmt.Sprintf("register an app at %s with the redirect address shown, and start Morket with its MORKET_%s_CLIENT_ID and "+
			"MORKET_%s_CLIENT_SECRET", v.Name, name, name),
	}
}
