package companyname_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/adapters/providers/companyname"
	"github.com/morket/morket/adapters/providers/providertest"
)

func TestCompanyName(t *testing.T) {
	t.Parallel()
	providertest.Conforms(t, companyname.New())
	for in, want := range map[string][2]string{
		"Apple Inc.":                  {"Apple", "Inc."},
		"SIEMENS GMBH & CO. KG":       {"Siemens", "GMBH & CO. KG"},
		"Berkshire Hathaway":          {"Berkshire Hathaway", ""},
		"JPMorgan Chase & Co.":        {"JPMorgan Chase", "& Co."},
		"IBM":                         {"IBM", ""},
		"3M Company":                  {"3M", "Company"},
		"Coca-Cola Company (The)":     {"The Coca-Cola", "Company"},
		"BANK OF AMERICA CORPORATION": {"Bank of America", "CORPORATION"},
		"Société Générale S.A.":       {"Société Générale", "S.A."},
		"Toyota Motor Co., Ltd.":      {"Toyota Motor", "Co., Ltd."},
		"Atlassian Pty Ltd":           {"Atlassian", "Pty Ltd"},
		"Limited":                     {"Limited", ""},
		"müller  maschinenbau   gmbh": {"Müller Maschinenbau", "gmbh"},
		"Grupo Bimbo, S.A.B. de C.V.": {"Grupo Bimbo", "S.A.B. de C.V."},
	} {
		name, form := companyname.Normalise(in)
		require.Equal(t, want, [2]string{name, form}, in)
	}
	require.Equal(t, companyname.Key("The Société Générale"), companyname.Key("societe generale"))
	require.Equal(t, companyname.Key("Procter & Gamble"), companyname.Key("Procter and Gamble"))
}

func TestNormalisingTwiceIsNormalisingOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.StringMatching(`[A-Za-z]{2,8}( [A-Za-z]{2,8}){0,3}( Inc\.| GmbH| Ltd)?`).Draw(rt, "name")
		once, _ := companyname.Normalise(s)
		if companyname.Key(once) == "" {
			rt.Fatalf("%q lost its name: %q", s, once)
		}
	})
}
