package domainfrom_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/providers/companyname"
	"github.com/morket/morket/adapters/providers/domainfrom"
	"github.com/morket/morket/adapters/providers/lookup"
	"github.com/morket/morket/adapters/providers/providertest"
	"github.com/morket/morket/domain/kernel"
)

func provider(z providertest.Zone) *domainfrom.Provider {
	return domainfrom.New(lookup.New(z, kernel.NewManualClock(time.Unix(0, 0))), func(s string) (string, string) {
		name, _ := companyname.Normalise(s)
		return name, companyname.Key(name)
	})
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
	require.InDelta(t, 0.2, *got.Confidence, 0.001)
}
