package phonenormalise_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/providers/phonenormalise"
	"github.com/morket/morket/adapters/providers/providertest"
	"github.com/morket/morket/domain/enrichment"
)

func TestPhoneNormalise(t *testing.T) {
	t.Parallel()
	p := phonenormalise.New()
	providertest.Conforms(t, p)
	for _, c := range []struct{ phone, country, e164, region, kind string }{
		{"+41 44 668 18 00", "", "+41446681800", "CH", "fixed line"},
		{"0041 44 668 18 00", "", "+41446681800", "CH", "fixed line"},
		{"044 668 18 00", "Switzerland", "+41446681800", "CH", "fixed line"},
		{"(650) 253-0000", "", "+16502530000", "US", "fixed line or mobile"},
		{"020 7031 3000", "uk", "+442070313000", "GB", "fixed line"},
		{"0151 23456789", "DE", "+4915123456789", "DE", "mobile"},
		{"1-800-FLOWERS", "US", "+18003569377", "US", "toll-free"},
	} {
		got := providertest.Ask(t, p, map[string]string{"phone": c.phone, "country": c.country})
		require.Equal(t, c.e164, got.Outputs["e164"], c.phone)
		require.Equal(t, c.region, got.Outputs["country"], c.phone)
		require.Equal(t, c.kind, got.Outputs["type"], c.phone)
	}
	for _, bad := range []string{"123", "call me", "+999 123 456"} {
		got := providertest.Ask(t, p, map[string]string{"phone": bad})
		require.Equal(t, false, got.Outputs["valid"], bad)
		require.Nil(t, got.Outputs["e164"], "never a made-up number")
	}
	_, err := p.Call(t.Context(), enrichment.Request{Inputs: map[string]string{"phone": "123", "country": "Atlantis"}})
	require.ErrorContains(t, err, "country")
}
