package enrichment_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/enrichment"
)

func TestThePatternOfAnAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ first, last, address, pattern string }{
		{"Ann", "Miller", "Ann.Miller@Acme.com", "{first}.{last}"},
		{"Ann", "Miller", "amiller@acme.com", "{f}{last}"},
		{"Ann", "Miller", "ann@acme.com", "{first}"},
		{"Jürgen", "Groß", "jurgen.gross@acme.com", "{first}.{last}"},
		{"Femke", "van den Berg", "f.vandenberg@acme.com", "{f}.{last}"},
		{"Зоя", "Иванова", "zoya.ivanova@acme.com", "{first}.{last}"},
		{"Ann", "Miller", "sales@acme.com", ""},
		{"Ann", "Miller", "ann.miller", ""},
		{"Ann", "Miller", "ann.miller@", ""},
		{"A", "Miller", "a.miller@acme.com", ""},  // {f}.{last} as well as {first}.{last}
		{"Ann", "Ann", "ann@acme.com", ""},        // {first} as well as {last}
		{"王", "小明", "wang.xiaoming@acme.com", ""}, // not in Latin letters
	} {
		p, domain, ok := enrichment.PatternOf(c.first, c.last, c.address)
		require.Equal(t, c.pattern != "", ok, c.address)
		require.Equal(t, c.pattern, string(p), c.address)
		if ok {
			require.Equal(t, "acme.com", domain)
		}
	}
}

// What a pattern makes of a name is told again from the address, or is made by another pattern too.
func TestPatternsAreToldAgain(t *testing.T) {
	t.Parallel()
	name := rapid.StringMatching(`[A-Z][a-z]{2,9}`)
	rapid.Check(t, func(rt *rapid.T) {
		first, last := name.Draw(rt, "first"), name.Draw(rt, "last")
		g := rapid.SampledFrom(enrichment.MailPatterns()).Draw(rt, "pattern")
		local, ok := g.Pattern.Fill(first, last)
		require.True(rt, ok)
		if p, _, told := enrichment.PatternOf(first, last, local+"@x.com"); told {
			require.Equal(rt, g.Pattern, p)
		}
	})
}

func TestPatternsAreWrittenAndRead(t *testing.T) {
	t.Parallel()
	seen := map[enrichment.MailPattern]int64{"{first}.{last}": 3, "{f}{last}": 1}
	text := enrichment.FormatPatterns(seen)
	require.Equal(t, "{first}.{last}=3 {f}{last}=1", text)
	require.Equal(t, seen, enrichment.ParsePatterns(text))
	require.Empty(t, enrichment.ParsePatterns("{boss}=9 {first}=x {last}=-1 = nonsense"))
	sum := 0.0
	for _, g := range enrichment.MailPatterns() {
		sum += g.Share
	}
	require.InDelta(t, 1, sum, 0.02)
}
