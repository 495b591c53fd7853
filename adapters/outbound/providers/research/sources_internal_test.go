package research

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		quote string
		value any
		says  bool
	}{
		{"City: Springfield", "Springfield", true},
		{"CITY:  springfield.", "Springfield", true},
		{"Zürich", "Zurich", true},
		{"Springfields", "Springfield", false},
		{"the a", "a", false},
		{"We have 1,200 people", json.Number("1200"), true},
		{"Wir sind 1.200 Leute", json.Number("1200"), true},
		{"1 200 personnes", json.Number("1200"), true},
		{"rated 4,5 stars", json.Number("4.5"), true},
		{"In 1949, 120 people", json.Number("120"), true},
		{"In 1949 120 people", json.Number("1949"), true},
		{"1,234,567.50 EUR", json.Number("1234567.5"), true},
		{"12000 people", json.Number("1200"), false},
		{"about 1,200", json.Number("12"), false},
		{"no number", json.Number("0"), false},
		{"see https://www.acme.com/about today", "https://acme.com/about", true},
		{"mail jo@acme.com", "jo@acme.com", true},
		{"We use Go and Rust.", []string{"Go", "Rust"}, true},
		{"We use Go.", []string{"Go", "Rust"}, false},
		{"", []string{}, false},
		{"true", true, false},
		{"Founded in 2001", "", false},
	} {
		require.Equal(t, c.says, says(c.quote, c.value), "%q: %v", c.quote, c.value)
	}
}

// TestJudge: a source counts only if it was seen, and a quote only if the page that was read holds it.
func TestJudge(t *testing.T) {
	t.Parallel()
	const page, result = "https://acme.com/", "https://news.example/acme"
	a := &agent{read: map[string]string{page: "Acme. City:  Springfield, Ohio. Founded 1949."}, found: map[string]bool{result: true}}
	city := func(url, quote string) []source { return []source{{Field: "city", URL: url, Quote: quote}} }
	for name, c := range map[string]struct {
		given             []source
		kept              int
		sourced, verified bool
	}{
		"said literally":               {city(page+"#top", "city: Springfield"), 1, true, true},
		"a quote that is not there":    {city(page, "City: Springfield, Illinois"), 0, false, false},
		"a quote without the value":    {city(page, "Founded 1949."), 1, true, false},
		"no quote of a page":           {city(page, ""), 0, false, false},
		"a result that was not read":   {city(result, "City: Springfield"), 1, true, false},
		"a page that was never seen":   {city("https://made.up/", "City: Springfield"), 0, false, false},
		"no address":                   {city("javascript:alert(1)", "City: Springfield"), 0, false, false},
		"of a field that is not there": {[]source{{Field: "size", URL: page, Quote: "Founded 1949."}}, 0, false, false},
	} {
		kept, sourced, verified := a.judge(map[string]any{"city": "Springfield"}, c.given)
		require.Len(t, kept, c.kept, name)
		require.Equal(t, c.sourced, sourced, name)
		require.Equal(t, c.verified, verified, name)
	}
	both := map[string]any{"city": "Springfield", "founded": json.Number("1949")}
	_, sourced, verified := a.judge(both, city(page, "City: Springfield"))
	require.False(t, sourced || verified, "an answer is as sure as its least sure field")
	_, _, verified = a.judge(both, append(city(page, "City: Springfield"), source{Field: "founded", URL: page, Quote: "Founded 1949."}))
	require.True(t, verified)
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "short", string(make([]byte, 3*partBytes)), strings.Repeat("a line of text\n", 2000), strings.Repeat("ü", 20_000)} {
		parts := split(text)
		for _, p := range parts {
			require.LessOrEqual(t, len(p), partBytes)
		}
		require.Equal(t, text, strings.Join(parts, ""))
	}
}
