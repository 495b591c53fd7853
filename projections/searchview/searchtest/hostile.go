package searchtest

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/searchview"
)

func runsTest(w *world) {
	t := w.table("T", "Name", "text", "Domain", "text")
	ids := t.insert(row{"Name": "Ada"}, row{"Name": "Bob"}, row{"Name": "Cid"})
	t.answered(ids[0], "ada.example", enrichment.MarkValue, "domain_from")
	t.answered(ids[1], "", enrichment.MarkEmpty, "")
	t.answered(ids[2], "", enrichment.MarkError, "")
	w.finds("domain:ada", ids[0])
	pick := func(f searchview.Filter) []kernel.RowID { return rowsOf(w.search(searchview.Query{Filter: f})) }
	require.Equal(w.t, ids[:1], pick(searchview.Filter{Providers: []string{"domain_from"}}))
	require.Equal(w.t, ids[1:2], pick(searchview.Filter{States: []string{"not_found"}}))
	facets := w.search(searchview.Query{Facets: true}).Facets
	require.Equal(w.t, []searchview.Bucket{{
		Value: "error", Count: 1,
	}, {Value: "not_found", Count: 1}, {Value: "value", Count: 1}}, facets["state"])
	require.Equal(w.t, []searchview.Bucket{{Value: "domain_from", Count: 1}}, facets["provider"])
	t.edit(ids[0], row{"Domain": "other.example"})
	require.Empty(w.t, pick(searchview.Filter{Providers: []string{"domain_from"}}))
	t.answered(ids[2], "cid.example", enrichment.MarkValue, "second")
	require.Equal(w.t, ids[2:], pick(searchview.Filter{Providers: []string{"second"}}))
	require.Empty(w.t, pick(searchview.Filter{States: []string{"error"}}))
}

func suggestTest(w *world) {
	t := w.table("T", "Name", "text", "Stage", "select")
	t.insert(row{
		"Name": "Nestlé", "Stage": "New",
	}, row{"Name": "NESTLE", "Stage": "New"}, row{"Name": "Nestor", "Stage": "Next"}, row{"Name": "Other", "Stage": "New"})
	require.Equal(w.t, []searchview.Suggestion{{Value: "NESTLE", Count: 2}, {Value: "Nestor", Count: 1}}, w.suggests("nest"))
	require.Equal(w.t, []searchview.Suggestion{{
		Value: "New", Count: 3,
	}, {Value: "NESTLE", Count: 2}, {Value: "Nestor", Count: 1}, {Value: "Next", Count: 1}}, w.suggests("Ne"))
	require.Empty(w.t, w.suggests("zz"))
	require.Empty(w.t, w.suggests(`%_*\`))
	require.Equal(w.t, "Nestor", w.suggests("nestor")[0].Value)
	long := strings.Repeat("nestlé ", 14)
	require.Empty(w.t, w.suggests(long))
}

func hostileTest(w *world) {
	t := w.table("T", "Name", "text", "Data", "json")
	ids := t.insert(row{"Name": "O'Brien \\ & | ! <-> :* (x) %_?", "Data": `{"a":"\u0000\ud800","b":"ﷺ"}`})
	for _, text := range []string{
		`"`, `""`, `"""`, `:`, `::`, `a:`, `:a`, `"a`, `a"b`, `a:"b`, `"a":`, `"":x`, `'`, `\`, `\\`, `&`, `|`, `!`, `!!a`, `a & b`, `(`, `)`,
		`(((((`, `<->`, `:*`, `a:*`, `*`, `**`, `?`, `*a`,
		`%`, `_`, `[`, `]`, `[a-z]+`, `{`, `}`, `^$`, `.*`, `(?=a)`, `name:(`, `name:[`, `name:*`, `name:.*`, `name:\`, `OR`, `AND NOT`, `a OR`,
		`-a`, `+a`, `~`, `a~2`, `a^5`, `/a/`, `//`,
		"\t\n\r", "\u200b", "\u202e", "😀", "ﷺ", "a\u0301", "İ", "ẞ", "\ufffd", strings.Repeat("a", 1000), strings.Repeat("a ", 500),
		strings.Repeat(`"`, 1000), strings.Repeat(`a:`, 500),
		strings.Repeat("(", 1000), strings.Repeat("a", 70) + " " + strings.Repeat("b", 70), "ws_", "'; DROP TABLE rows; --", `{"match_all":{}}`,
	} {
		for _, f := range []searchview.Fuzziness{searchview.Auto, searchview.Two} {
			_, err := searchview.Search(w.t.Context(), w.Searcher(), w.ws, everything, searchview.Query{Text: text, Fuzziness: f, Facets: true})
			require.NoError(w.t, err, "search for %q", text)
		}
		_, err := searchview.Suggest(w.t.Context(), w.Searcher(), w.ws, everything, text)
		require.NoError(w.t, err, "suggest %q", text)
	}
	_, err := searchview.Search(w.t.Context(), w.Searcher(), w.ws, everything, searchview.Query{Text: strings.Repeat("a", 10_000)})
	require.Equal(w.t, kernel.KindInvalid, kernel.KindOf(err))
	w.finds("o'brien", ids...)
	w.finds("brien", ids...)
	w.finds("name:o'brien", ids...)
	w.finds("***")
	w.finds(`"`)
}

func markTest(w *world) {
	t := w.table("T", "Name", "text", "Note", "long_text")
	t.insert(row{
		"Name": `<b>Zoë & "Söhne"</b>`,
		"Note": strings.Repeat("filler ", 40) + "the <script> zoe said " + strings.Repeat("more ", 60),
	})
	h := w.search(searchview.Query{Text: "zoe"}).Hits[0]
	require.Equal(w.t, `&lt;b&gt;<mark>Zoë</mark> &amp; &#34;Söhne&#34;&lt;/b&gt;`, h.NameHTML)
	require.Len(w.t, h.Matches, 2)
	require.Equal(w.t, "Note", h.Matches[1].Column)
	require.Contains(w.t, h.Matches[1].HTML, `the &lt;script&gt; <mark>zoe</mark> said`)
	require.Less(w.t, len(h.Matches[1].HTML), 400)
	h = w.search(searchview.Query{Text: "note:sayd"}).Hits[0]
	require.Len(w.t, h.Matches, 1)
	require.Contains(w.t, h.Matches[0].HTML, "<mark>said</mark>")
	require.NotContains(w.t, h.NameHTML, "<mark>")
}
