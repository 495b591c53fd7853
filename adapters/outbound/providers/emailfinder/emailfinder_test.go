package emailfinder_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/emailfinder"
	"github.com/morket/morket/adapters/outbound/providers/lookup"
	"github.com/morket/morket/adapters/outbound/providers/namesplit"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

func provider(z providertest.Zone) *emailfinder.Provider {
	return emailfinder.New(lookup.New(z, kernel.NewManualClock(time.Unix(0, 0))), namesplit.Split)
}

func zone() providertest.Zone {
	return providertest.Zone{
		MX: map[string][]*net.MX{"acme.com": {{Host: "mx.acme.com."}}, "null.com": {{Host: "."}}},
		A:  map[string]string{"implicit.com": "93.184.216.34"},
	}
}

func TestConforms(t *testing.T) {
	t.Parallel()
	providertest.Conforms(t, provider(zone()))
}

func TestAnAddressByPattern(t *testing.T) {
	t.Parallel()
	p := provider(zone())
	ann := func(more map[string]string) map[string]string {
		in := map[string]string{"first_name": "Ann", "last_name": "Miller", "domain": "acme.com"}
		for k, v := range more {
			in[k] = v
		}
		return in
	}
	for _, c := range []struct {
		name           string
		in             map[string]string
		email, pattern any
		least, most    float64
	}{
		{"the most frequent pattern", ann(nil), "ann.miller@acme.com", "{first}.{last}", 0.35, 0.5},
		{"what the workspace has seen", ann(map[string]string{"patterns_seen": "{f}{last}=4"}), "amiller@acme.com", "{f}{last}", 0.65, 0.75},
		{"seen often", ann(map[string]string{"patterns_seen": "{f}{last}=50 {first}=1"}), "amiller@acme.com", "{f}{last}", 0.85, 0.95},
		{"a known address", ann(map[string]string{"example": "j.doe@acme.com"}), "a.miller@acme.com", "{f}.{last}", 0.6, 0.7},
		{"a known address elsewhere", ann(map[string]string{"example": "j.doe@other.com"}), "ann.miller@acme.com", "{first}.{last}", 0.35, 0.5},
		{"a role tells nothing", ann(map[string]string{"example": "info@acme.com"}), "ann.miller@acme.com", "{first}.{last}", 0.35, 0.5},
		{"a website", ann(map[string]string{"domain": "https://www.Acme.com/team?x=1"}), "ann.miller@acme.com", "{first}.{last}", 0.35, 0.5},
		{"a full name", map[string]string{"full_name": "Dr. Femke van den Berg", "domain": "acme.com"}, "femke.vandenberg@acme.com", "{first}.{last}", 0.35, 0.5},
		{"a first name only", map[string]string{"first_name": "Ann", "domain": "acme.com"}, "ann@acme.com", "{first}", 0.1, 0.2},
		{"no mail server named", ann(map[string]string{"domain": "implicit.com"}), "ann.miller@implicit.com", "{first}.{last}", 0.2, 0.3},
		{"takes no mail", ann(map[string]string{"domain": "null.com"}), nil, nil, 0, 0},
		{"is not there", ann(map[string]string{"domain": "nowhere.com"}), nil, nil, 0, 0},
		{"another script", map[string]string{"full_name": "王小明", "domain": "acme.com"}, nil, nil, 0, 0},
	} {
		got := providertest.Ask(t, p, c.in)
		require.Equal(t, c.email, got.Outputs["email"], c.name)
		require.Equal(t, c.pattern, got.Outputs["pattern"], c.name)
		require.Empty(t, got.VerifiedBy, "%s: a made address is a guess", c.name)
		if c.email != nil {
			require.GreaterOrEqual(t, *got.Confidence, c.least, c.name)
			require.LessOrEqual(t, *got.Confidence, c.most, c.name)
			require.NotEmpty(t, got.Outputs["basis"])
		}
	}
}

func TestFreeMailIsNoCompanys(t *testing.T) {
	t.Parallel()
	p := provider(zone())
	for _, domain := range []string{"gmail.com", "ann@gmail.com", "mailinator.com", "acme", "", "..."} {
		_, err := p.Call(t.Context(), enrichment.Request{Inputs: map[string]string{"first_name": "Ann", "last_name": "Miller", "domain": domain}})
		require.Equal(t, enrichment.CallBadInput, enrichment.AsCallError(err).Kind, domain)
		require.Empty(t, p.LearnsFrom(map[string]string{"domain": domain}))
	}
}

func TestWithoutDNSItIsLessSure(t *testing.T) {
	t.Parallel()
	in := map[string]string{"first_name": "Ann", "last_name": "Miller", "domain": "acme.com"}
	with := providertest.Ask(t, provider(zone()), in)
	without := providertest.Ask(t, provider(providertest.Zone{Err: errors.New("network is unreachable")}), in)
	require.Equal(t, "unknown", without.Outputs["mx"])
	require.Less(t, *without.Confidence, *with.Confidence)
}
