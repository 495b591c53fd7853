package techdetect_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/lookup"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/providers/techdetect"
	"github.com/morket/morket/adapters/outbound/providers/websiteprofile"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

func provider(t *testing.T, z providertest.Zone, allow ...netip.Prefix) *techdetect.Provider {
	t.Helper()
	site := websiteprofile.New(safedial.NewClient(safedial.Config{Allow: allow}), safedial.Body, "Morket/test")
	p, err := techdetect.New(site.Fetch, lookup.New(z, kernel.NewManualClock(time.Unix(0, 0))))
	require.NoError(t, err)
	return p
}

func loopback() netip.Prefix { return netip.MustParsePrefix("127.0.0.1/32") }

// ask serves the page and asks for what it is made with.
func ask(t *testing.T, page string, header http.Header) enrichment.Reply {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for k, v := range header {
			w.Header()[http.CanonicalHeaderKey(k)] = v
		}
		fmt.Fprint(w, "<html><head><title>Acme</title></head><body><h1>Acme</h1><p>We make anvils of all kinds, and sell them.</p>"+page+"</body></html>")
	}))
	t.Cleanup(srv.Close)
	return providertest.Ask(t, provider(t, providertest.Zone{}, loopback()), map[string]string{"website": srv.URL})
}

func TestConforms(t *testing.T) {
	t.Parallel()
	providertest.Conforms(t, provider(t, providertest.Zone{}))
}

func TestWhatASiteIsMadeWith(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		page   string
		header http.Header
		want   []string
	}{
		"an asset":           {`<script src="https://cdn.shopify.com/s/a.js"></script>`, nil, []string{"Shopify"}},
		"a style sheet":      {`<link rel="stylesheet" href="//fonts.googleapis.com/css?family=X">`, nil, []string{"Google Fonts"}},
		"a script's text":    {`<script>window.dataLayer=[];gtag('config','G-1')</script>`, nil, []string{"Google Analytics"}},
		"the generator":      {`<meta name="Generator" content="WordPress 6.5.2">`, nil, []string{"WordPress"}},
		"markup":             {`<div id="__next" data-x><script id="__NEXT_DATA__" type="application/json">{}</script></div>`, nil, []string{"Next.js"}},
		"a header":           {``, http.Header{"cf-ray": {"8a1-ZRH"}}, []string{"Cloudflare"}},
		"a header's value":   {``, http.Header{"X-Powered-By": {"PHP/8.3"}}, []string{"PHP"}},
		"a cookie":           {``, http.Header{"Set-Cookie": {"laravel_session=x; Path=/"}}, []string{"Laravel"}},
		"several":            {`<script src="https://js.stripe.com/v3"></script><iframe src="https://www.googletagmanager.com/ns.html?id=1"></iframe><script>_hsq=[];</script><script src="//js.hs-scripts.com/1.js"></script>`, nil, []string{"Google Tag Manager", "HubSpot", "Stripe"}},
		"what is only named": {`<p>We moved from WordPress to Shopify, and paid with Stripe at google-analytics.com.</p>`, nil, nil},
		"a link elsewhere":   {`<a href="https://cdn.shopify.com/x">x</a>`, nil, nil},
		"nothing":            {``, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ask(t, c.page, c.header)
			if c.want == nil {
				require.Empty(t, got.Outputs["technologies"], "%v", got.Outputs["evidence"])
				require.NotEmpty(t, got.Missed)
				return
			}
			require.Equal(t, c.want, got.Outputs["technologies"])
			require.Len(t, got.Outputs["evidence"], len(c.want))
			require.Contains(t, got.VerifiedBy, enrichment.ByPage)
		})
	}
}

func TestCategoriesHaveOutputs(t *testing.T) {
	t.Parallel()
	out := ask(t, `<script src="https://cdn.shopify.com/s/a.js"></script><script src="https://widget.intercom.io/w.js"></script><script src="https://www.google-analytics.com/analytics.js"></script><script src="https://connect.facebook.net/en/fbevents.js"></script>`, nil).Outputs
	require.Equal(t, "Shopify", out["ecommerce"])
	require.Equal(t, "Intercom", out["chat"])
	require.Equal(t, []string{"Google Analytics"}, out["analytics"])
	require.Equal(t, []string{"Meta Pixel"}, out["advertising"])
	require.Equal(t, []string{"advertising", "analytics", "chat", "ecommerce"}, out["categories"])
}

func TestDNSTellsMailAndServices(t *testing.T) {
	t.Parallel()
	fetch := func(_ context.Context, website string) (websiteprofile.Site, error) {
		at, err := url.Parse("https://" + website)
		return websiteprofile.Site{URL: at, Header: http.Header{}}, err
	}
	zone := providertest.Zone{
		MX:  map[string][]*net.MX{"acme.com": {{Host: "aspmx.l.google.com."}}},
		NS:  map[string][]*net.NS{"acme.com": {{Host: "ns-1.awsdns-22.com."}}},
		TXT: map[string][]string{"acme.com": {"atlassian-domain-verification=x", "v=spf1 include:sendgrid.net -all"}},
	}
	p, err := techdetect.New(fetch, lookup.New(zone, kernel.NewManualClock(time.Unix(0, 0))))
	require.NoError(t, err)
	got := providertest.Ask(t, p, map[string]string{"website": "shop.acme.com"})
	require.Equal(t, []string{"Amazon Web Services", "Atlassian", "Google Workspace", "SendGrid"}, got.Outputs["technologies"])
	require.Equal(t, "Google Workspace", got.Outputs["email"])
	require.Equal(t, []enrichment.Evidence{enrichment.ByPage, enrichment.ByDNS}, got.VerifiedBy)
}

// A page that is made to be slow to look through is cut.
func TestAHugePageIsLookedThroughSoon(t *testing.T) {
	t.Parallel()
	began := time.Now()
	got := ask(t, strings.Repeat(`<script src="/a.js"></script>`, 30_000)+strings.Repeat("<script>x</script>", 30_000), nil)
	require.Empty(t, got.Outputs["technologies"])
	require.Less(t, time.Since(began), 20*time.Second)
}
