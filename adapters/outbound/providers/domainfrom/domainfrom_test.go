package domainfrom_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/companyname"
	"github.com/morket/morket/adapters/outbound/providers/domainfrom"
	"github.com/morket/morket/adapters/outbound/providers/lookup"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/domain/kernel"
)

func provider(z providertest.Zone) *domainfrom.Provider {
	return domainfrom.New(lookup.New(z, kernel.NewManualClock(time.Unix(0, 0))), companyname.Normalise)
}

func TestDomainFrom(t *testing.T) {
	t.Parallel()
	p := provider(providertest.Zone{
		MX: map[string][]*net.MX{"apple.com": {{Host: "mx."}}, "berkshirehathaway.com": {{Host: "mx."}}, "amd.com": {{Host: "mx."}}, "acme.de": {{Host: "mx.acme.de."}}},
		A:  map[string]string{"3m.com": "93.184.216.34", "procter.com": "93.184.216.34"},
	})
	providertest.Conforms(t, p)
	for _, c := range []struct {
		in       map[string]string
		domain   any
		source   any
		verified any
	}{
		{map[string]string{"email": "ann@mail.acme.co.uk"}, "acme.co.uk", "email", nil},
		{map[string]string{"email": "ann@gmail.com"}, nil, nil, nil},
		{map[string]string{"website": "https://www.Example.com/about?x=1"}, "example.com", "website", nil},
		{map[string]string{"website": "shop.example.de", "email": "x@other.com"}, "example.de", "website", nil},
		{map[string]string{"company": "Apple Inc."}, "apple.com", "company name", true},
		{map[string]string{"company": "3M Company"}, "3m.com", "company name", true},
		{map[string]string{"company": "Advanced Micro Devices"}, "amd.com", "company name", true},
		{map[string]string{"company": "Procter & Gamble"}, "procter.com", "company name", true},
		{map[string]string{"company": "ACME GmbH", "country": "DE"}, "acme.de", "company name", true},
		{map[string]string{"company": "Amazon.com"}, "amazon.com", "company name", nil},
		{map[string]string{"company": "Nobody Has Heard Of This"}, nil, nil, nil},
		{map[string]string{"website": "javascript:alert(1)"}, nil, nil, nil},
		{map[string]string{"website": "http://127.0.0.1/"}, nil, nil, nil},
	} {
		out := providertest.Ask(t, p, c.in).Outputs
		require.Equal(t, c.domain, out["domain"], "%v", c.in)
		require.Equal(t, c.source, out["source"], "%v", c.in)
		require.Equal(t, c.verified, out["verified"], "%v", c.in)
	}
}

func TestWithoutDNSAGuessIsMarkedAsOne(t *testing.T) {
	t.Parallel()
	p := provider(providertest.Zone{Err: errors.New("network is unreachable")})
	got := providertest.Ask(t, p, map[string]string{"company": "Apple Inc."})
	require.Equal(t, "apple.com", got.Outputs["domain"])
	require.Equal(t, false, got.Outputs["verified"])
	require.Less(t, *got.Confidence, 0.5)
	require.Empty(t, got.VerifiedBy)
}

func TestTheDomainOfAnAddress(t *testing.T) {
	t.Parallel()
	p := provider(providertest.Zone{})
	for website, want := range map[string]any{
		// Names that are their own registrable domain or a public suffix.
		"http://www.siena.it": "siena.it", "siena.it": "siena.it", "https://gov.uk/": "gov.uk", "www.gov.uk": "gov.uk", "https://www.service.gov.uk/x": "service.gov.uk", "http://parliament.uk": "parliament.uk",
		"https://acme-example.github.io/x": "acme-example.github.io", "http://www.acme-example.uk.com": "acme-example.uk.com", "www.com": "www.com", "http://www.www.com": "www.com",
		// Ports, user info, @ and other signs in the path, the query and the fragment.
		"http://user:pw@blog.acme-example.co.uk:8443/a?b=c@d.example#x": "acme-example.co.uk", "https://acme-example.com/@someone": "acme-example.com",
		"acme-example.com/@x": "acme-example.com", "acme-example.com:8080": "acme-example.com", "acme-example.com#top": "acme-example.com", "acme-example.com?x=a@b.example": "acme-example.com",
		"HTTP://ACME-EXAMPLE.COM./": "acme-example.com", "//acme-example.com/x": "acme-example.com", "acme-example\u3002com": "acme-example.com", "http://bücher.de": "xn--bcher-kva.de",
		"ana@mail.acme-example.co.uk": "acme-example.co.uk", "mailto:ana@acme-example.com?subject=x": "acme-example.com", "MAILTO:ana@acme-example.com": "acme-example.com",
		// Pages on platforms and links that lead elsewhere.
		"https://www.linkedin.com/company/acme-example/": nil, "x.com/acme": nil, "https://de-de.facebook.com/acme": nil, "https://github.com/acme": nil, "https://bit.ly/3xyz": nil, "https://sites.google.com/view/acme": nil,
		"t.co": nil, "https://uk.linkedin.com/in/ann": nil, "https://www.youtube.com/@acme": nil, "https://linktr.ee/acme": nil,
		"https://acme.wordpress.com": nil, "acme.tumblr.com/": nil, "https://acme.substack.com": nil, "https://acme.medium.com": nil, "https://acme.zendesk.com/hc": nil, "https://acme.atlassian.net": nil, "acme.weebly.com": nil,
		"https://acme.bandcamp.com": nil, "https://web.archive.org/web/2020/https://acme-example.com": nil, "https://de.linkedin.com": nil, "https://www.wordpress.com/": "wordpress.com", "zendesk.com": "zendesk.com", "https://m.facebook.com/": "facebook.com",
		"https://www.linkedin.com/": "linkedin.com", "github.com": "github.com", "https://xing.com": "xing.com",
		// What is no domain of a company.
		"ana@gmail.com": nil, "ana@x.mailinator.com": nil, "192.0.2.7": nil, "http://[2001:db8::1]/": nil, "localhost": nil, "#acme-example.com": nil, `http://acme-example.com\@evil.example/`: nil,
		"http:///acme-example.com": nil, "com": nil, "https://.com": nil, "ftp://acme-example.com": nil, "acme example.com": nil, "acme.notatld": nil,
	} {
		got := providertest.Ask(t, p, map[string]string{"website": website}).Outputs["domain"]
		require.Equal(t, want, got, website)
	}
}

func TestADomainThatTakesNoMailIsThere(t *testing.T) {
	t.Parallel()
	p := provider(providertest.Zone{MX: map[string][]*net.MX{"acmeworks.com": {{Host: "."}}}})
	require.Equal(t, "acmeworks.com", providertest.Ask(t, p, map[string]string{"company": "Acmeworks Ltd"}).Outputs["domain"])
}

func TestReportedWebsites(t *testing.T) {
	t.Parallel()
	p := provider(providertest.Zone{})
	for _, r := range providertest.Reported(t, "b46-domains.csv") {
		want, _, _ := strings.Cut(r[1], " ")
		if twin, ok := strings.CutPrefix(r[1], "the same as "); ok {
			want, _ = providertest.Ask(t, p, map[string]string{"website": twin}).Outputs["domain"].(string)
		}
		out := providertest.Ask(t, p, map[string]string{"website": r[0]}).Outputs
		switch domain, _ := out["domain"].(string); {
		case want == "invalid" || strings.HasPrefix(want, "none"):
			require.Empty(t, domain, r[0])
		case strings.Contains(r[1], "or invalid"):
			require.Contains(t, []string{want, ""}, domain, r[0])
		default:
			require.Equal(t, want, domain, r[0])
		}
	}
}
