package domainfrom_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/adapters/outbound/providers/companyname"
	"github.com/morket/morket/adapters/outbound/providers/domainfrom"
)

func candidates(company, country string) []string {
	return domainfrom.Candidates(companyname.Normalise, company, country)
}

// The first candidates of names that nobody has, by the rule that they show.
func TestWhatANameSuggests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ rule, company, country, first, among string }{
		{"the whole name", "Quorvex", "", "quorvex.com", ""},
		{"the legal form is left out", "Quorvex Co.,LTD", "", "quorvex.com", ""},
		{"a form before the name", "PT Quorvex Tbk", "Indonesia", "quorvex.com", "quorvex.co.id"},
		{"a private company is of its country", "Quorvex GmbH", "DE", "quorvex.de", "quorvex.com"},
		{"a country by name", "Quorvex GmbH", "Deutschland", "quorvex.de", ""},
		{"a country whose companies have endings of two parts", "Quorvex A.Ş.", "Türkiye", "quorvex.com.tr", "quorvex.com"},
		{"an alias of a country", "Quorvex Pty Ltd", "australia", "quorvex.com.au", ""},
		{"England is no country of its own", "Quorvex plc", "England", "quorvex.com", "quorvex.co.uk"},
		{"a country that is none", "Quorvex", "Atlantis", "quorvex.com", ""},
		{"frames are left out", "Quorvex Group Holdings", "", "quorvex.com", "quorvexgroupholdings.com"},
		{"trades stay first", "Quorvex Pharmaceuticals", "", "", "quorvex.com"},
		{"the first two words", "Blue Quorvex Shipping Services", "", "", "bluequorvex.com"},
		{"hyphens", "Blue-Quorvex", "", "", "blue-quorvex.com"},
		{"initials", "Quorvex Advanced Steel Works", "", "", "qasw.com"},
		{"letters that stand apart are one word", "J. P. Quorvex", "", "jpquorvex.com", ""},
		{"accents", "Québréx S.A.", "", "quebrex.com", ""},
		{"umlauts written out", "Drürvex AG", "", "drurvex.com", "druervex.com"},
		{"Greek", "Κορβέξ Α.Ε.", "GR", "", "korvex.gr"},
		{"Cyrillic", "ООО «Корвекс»", "RU", "korveks.ru", "korveks.com"},
		{"a name that is a domain", "Quorvex.io, Inc.", "", "quorvex.io", ""},
		{"The", "The Quorvex Desk", "", "quorvexdesk.com", "thequorvexdesk.com"},
	} {
		got := candidates(c.company, c.country)
		require.NotEmpty(t, got, c.rule)
		if c.first != "" {
			require.Equal(t, c.first, got[0], "%s: %v", c.rule, got)
		}
		if c.among != "" {
			require.Contains(t, got, c.among, c.rule)
		}
	}
}

// Whatever the name, there are at most eight candidates, each once, each a domain in ASCII.
func TestCandidatesAreDomains(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		got := candidates(rapid.String().Draw(rt, "company"), rapid.String().Draw(rt, "country"))
		require.LessOrEqual(rt, len(got), 8)
		seen := map[string]bool{}
		for _, d := range got {
			require.False(rt, seen[d], d)
			seen[d] = true
			require.Regexp(rt, `^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9-]+)+$`, strings.ToLower(d))
			require.LessOrEqual(rt, len(d), 253)
		}
	})
}
