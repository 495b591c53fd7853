package dnsfacts_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/dnsfacts"
	"github.com/morket/morket/adapters/outbound/providers/lookup"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

func provider(z providertest.Zone) *dnsfacts.Provider {
	return dnsfacts.New(lookup.New(z, kernel.NewManualClock(time.Unix(0, 0))))
}

func TestDNSFacts(t *testing.T) {
	t.Parallel()
	p := provider(providertest.Zone{
		MX:  map[string][]*net.MX{"acme.com": {{Host: "acme-com.mail.protection.outlook.com.", Pref: 0}}, "own.com": {{Host: "mail.own.com."}}},
		TXT: map[string][]string{"acme.com": {"v=spf1 include:spf.protection.outlook.com -all", "google-site-verification=abc", "MS=ms1"}, "_dmarc.acme.com": {"v=DMARC1; p=Reject; rua=mailto:x@acme.com"}, "odd.com": {strings.Repeat("x", 70_000), "\xff\xfe", "v=spf1 " + strings.Repeat("a", 5000)}},
		NS:  map[string][]*net.NS{"acme.com": {{Host: "bob.ns.cloudflare.com."}}},
		A:   map[string]string{"acme.com": "93.184.216.34"},
	})
	providertest.Conforms(t, p)
	out := providertest.Ask(t, p, map[string]string{"domain": "https://ACME.com/about"}).Outputs
	require.Equal(t, map[string]any{
		"mail_vendor": "Microsoft 365", "mx": []string{"acme-com.mail.protection.outlook.com"}, "takes_mail": true, "has_spf": true, "spf": "v=spf1 include:spf.protection.outlook.com -all",
		"has_dmarc": true, "dmarc": "v=DMARC1; p=Reject; rua=mailto:x@acme.com", "dmarc_policy": "reject", "nameservers": []string{"bob.ns.cloudflare.com"}, "dns_vendor": "Cloudflare",
		"addresses": []string{"93.184.216.34"}, "services": []string{"Google", "Microsoft"},
	}, out)
	require.Equal(t, "own.com", providertest.Ask(t, p, map[string]string{"domain": "own.com"}).Outputs["mail_vendor"])
	require.Len(t, providertest.Ask(t, p, map[string]string{"domain": "odd.com"}).Outputs["spf"], 1000)
	require.Empty(t, providertest.Ask(t, p, map[string]string{"domain": "nowhere.example"}).Outputs)
}

func TestWithoutDNSItSaysSo(t *testing.T) {
	t.Parallel()
	_, err := provider(providertest.Zone{Err: errors.New("network is unreachable")}).Call(t.Context(), enrichment.Request{Inputs: map[string]string{"domain": "acme.com"}})
	require.ErrorContains(t, err, "DNS is not reachable")
	require.Equal(t, enrichment.CallUnreachable, enrichment.AsCallError(err).Kind)
}
