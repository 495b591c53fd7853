package phonenormalise_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/phonenormalise"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
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

func TestExtensions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ phone, country, e164, extension, international string }{
		{"+1 201-555-0123;ext=136", "", "+12015550123", "136", "+1 201-555-0123 ext. 136"},
		{"+1 201-555-0123 x136", "", "+12015550123", "136", "+1 201-555-0123 ext. 136"},
		{"+12015550123x136", "", "+12015550123", "136", "+1 201-555-0123 ext. 136"},
		{"(201) 555-0123 ext. 136", "US", "+12015550123", "136", "+1 201-555-0123 ext. 136"},
		{"+12015550123,,136", "", "+12015550123", "136", "+1 201-555-0123 ext. 136"},
		{"+12015550123 ext.", "", "+12015550123", "", "+1 201-555-0123"},
		{"201 555 0123 #12", "US", "+12015550123", "12", "+1 201-555-0123 ext. 12"},
		{"201 555 0123 ext. 5", "US", "+12015550123", "5", "+1 201-555-0123 ext. 5"},
		{"tel:+1-201-555-0123", "", "+12015550123", "", "+1 201-555-0123"},
		{"tel:+1-201-555-0123;ext=7", "", "+12015550123", "7", "+1 201-555-0123 ext. 7"},
		{"٢٠١ ٥٥٥ ٠١٢٣", "US", "+12015550123", "", "+1 201-555-0123"},
		{"＋１ ２０１ ５５５ ０１２３", "", "+12015550123", "", "+1 201-555-0123"},
		{"\u202a+12015550123\u202c", "", "+12015550123", "", "+1 201-555-0123"},
		{"8 (495) 123-45-67 доб. 5", "RU", "+74951234567", "5", "+7 495 123-45-67 ext. 5"},
		{"01 42 68 53 00 poste 12", "FR", "+33142685300", "12", "+33 1 42 68 53 00 ext. 12"},
		{"030 901820 Durchwahl -0", "DE", "+4930901820", "0", "+49 30 901820 ext. 0"},
		{"030 / 901820", "DE", "+4930901820", "", "+49 30 901820"},
		{"1-800-GOT-TEST", "US", "+18004688378", "", "+1 800-468-8378"},
	} {
		got := providertest.Ask(t, phonenormalise.New(), map[string]string{"phone": c.phone, "country": c.country}).Outputs
		require.Equal(t, c.e164, got["e164"], c.phone)
		require.Equal(t, c.international, got["international"], c.phone)
		if c.extension == "" {
			require.Nil(t, got["extension"], c.phone)
		} else {
			require.Equal(t, c.extension, got["extension"], c.phone)
		}
	}
	for _, c := range []struct{ phone, country, reason string }{
		{"201-555-0123 asdf", "US", "letters"},
		{"030 901820 asdf", "DE", "letters"},
		{"555-0123 asdf", "US", "letters"},
		{"+1 201 555 0123 / 0124", "", "two numbers"},
		{"030 901820, 030 901821", "DE", "two numbers"},
		{"030 901820/21", "DE", "two numbers"},
		{"call me", "US", "not a phone number"},
		{"123", "US", "no such number"},
	} {
		got := providertest.Ask(t, phonenormalise.New(), map[string]string{"phone": c.phone, "country": c.country}).Outputs
		require.Equal(t, false, got["valid"], c.phone)
		require.Nil(t, got["e164"], "%s: never a made-up number", c.phone)
		require.Contains(t, got["reason"], c.reason, c.phone)
	}
}

func TestReportedPhones(t *testing.T) {
	t.Parallel()
	refused := []string{"201-555-0123 asdf", "+1 201 555 0123 / 0124"}
	for _, r := range providertest.Reported(t, "b40-phones-extension.csv") {
		phone, country, extension := r[0], r[1], r[3]
		e164, _, _ := strings.Cut(r[2], ",") // alternatives come after a comma
		out := providertest.Ask(t, phonenormalise.New(), map[string]string{"phone": phone, "country": country}).Outputs
		if slices.Contains(refused, phone) {
			require.Equal(t, false, out["valid"], phone)
			require.NotEmpty(t, out["reason"], phone)
			continue
		}
		require.Equal(t, e164, out["e164"], phone)
		got, _ := out["extension"].(string)
		require.Equal(t, extension, got, phone)
	}
}
