package searchtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/kerneltest"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/searchview"
)

// Run requires that a store finds what it should. Each test gets an empty store.
func Run(t *testing.T, open func(testing.TB) Harness) {
	t.Helper()
	for name, test := range map[string]func(*world){
		"every word must be in the row, in any column and as a beginning": wordsTest,
		"a field looks into the columns of that name":                     fieldsTest,
		"letters may be wrong as far as the fuzziness says":               fuzzyTest,
		"texts that fold to the same are the same words":                  foldTest,
		"the name and the exact word come first":                          scoreTest,
		"filters narrow and facets count":                                 facetsTest,
		"pages follow each other in every order":                          pagesTest,
		"nobody sees another workspace or a table that is hidden":         tenantsTest,
		"structure: renamed, trashed, restored":                           renameTest,
		"structure: deleted and copied columns":                           columnsTest,
		"structure: a changed type and back":                              typesTest,
		"rows: edited, deleted, restored":                                 rowsTest,
		"what is purged leaves nothing":                                   purgedTest,
		"runs leave states and providers until somebody writes":           runsTest,
		"suggestions are values, the most frequent first":                 suggestTest,
		"nothing that is typed makes a search fail":                       hostileTest,
		"what matched is marked and all else escaped":                     markTest,
		"random queries find what looking at everything finds":            randomTest,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, open(t))
			test(w)
			w.RequireRebuildable()
		})
	}
}

type row = map[string]string

func wordsTest(w *world) {
	people := w.table("People", "Name", "text", "Email", "email", "Age", "number")
	ids := people.insert(
		row{"Name": "Zoë Müller-Straße", "Email": "zoe@acme-corp.com", "Age": "1990"},
		row{"Name": "John Smith", "Email": "john.smith@example.com", "Age": "41"},
		row{"Name": "Smithers Waylon", "Email": "", "Age": "7.25"})
	zoe, john, waylon := ids[0], ids[1], ids[2]
	w.finds("smith", john, waylon)
	w.finds("SMITH john", john)
	w.finds("joh smi", john)
	w.finds("zoe", zoe)
	w.finds("muller", zoe)
	w.finds("müll", zoe)
	w.finds("strasse", zoe)
	w.finds("zoe@acme-corp.com", zoe)
	w.finds("acme-corp", zoe)
	w.finds("corp-acme")
	w.finds(`"john smith"`, john)
	w.finds(`"smith john"`)
	w.finds(`"smith"`, john)
	w.finds("1990", zoe)
	w.finds("7.25", waylon)
	w.finds("john zoe")
	w.finds("s", []kernel.RowID{}...)
}

func fieldsTest(w *world) {
	people := w.table("People", "Name", "text", "Work email", "email", "Notes", "long_text")
	firms := w.table("Firms", "Name", "text", "Notes", "long_text")
	p := people.insert(
		row{"Name": "Acme Fan", "Work email": "fan@post.example", "Notes": "met at a fair"},
		row{"Name": "Émile Dupont", "Work email": "emile@acme.com", "Notes": "likes Straße and “quotes”"})
	f := firms.insert(row{"Name": "ACME", "Notes": "fan of none"})
	w.finds("name:acme", p[0], f[0])
	w.finds("NAME:acm", p[0], f[0])
	w.finds(`"work email":acme`, p[1])
	w.finds(`"Work email":"acme.com"`, p[1])
	w.finds("notes:fan", f[0])
	w.finds("notes:fa", p[0], f[0])
	w.finds("name:emile", p[1])
	w.finds("notes:strasse", p[1])
	w.finds("notes:quotes", p[1])
	w.finds(`notes:"a fair"`, p[0])
	w.finds("name:fair")
	w.finds(string(firms.cols["Name"].ID)+":acme", f[0])
	w.finds("acme notes:fan", f[0])
	w.finds("nofield:acme")
	w.finds("name:acne", p[0], f[0])
	w.finds(`name:"acne"`)
}

func fuzzyTest(w *world) {
	t := w.table("Firms", "Name", "text")
	ids := t.insert(row{"Name": "Microsoft"}, row{"Name": "Oracle"}, row{"Name": "SAP"}, row{"Name": "42 Berlin"})
	with := func(text string, f searchview.Fuzziness) []kernel.RowID {
		return rowsOf(w.search(searchview.Query{Text: text, Fuzziness: f}))
	}
	require.Equal(w.t, ids[:1], with("mircosoft", searchview.Auto), "two neighbours that changed places are one edit")
	require.Equal(w.t, ids[:1], with("mikrosofd", searchview.Auto))
	require.Empty(w.t, with("mikrosofd", searchview.One))
	require.Equal(w.t, ids[1:2], with("oracel", searchview.One))
	require.Empty(w.t, with("oracel", searchview.Exact))
	require.Equal(w.t, ids[1:2], with("orakl", searchview.Two))
	require.Empty(w.t, with("orakl", searchview.One))
	require.Equal(w.t, ids[2:3], with("sab", searchview.Auto))
	require.Empty(w.t, with("43", searchview.Two), "a number is not nearly another one")
	require.Empty(w.t, rowsOf(w.search(searchview.Query{Text: `"oracel"`})), "what is quoted is meant so")
	_, err := searchview.Search(w.t.Context(), w.Searcher(), w.ws, everything, searchview.Query{Text: "x", Fuzziness: "3"})
	require.Equal(w.t, kernel.KindInvalid, kernel.KindOf(err))
}

// foldTest asks for each text of the table of cases as it is, as a phrase and in its column alone.
func foldTest(w *world) {
	cases := kerneltest.Fold(w.t)
	t := w.table("T", "Name", "text", "Note", "long_text")
	inWords := func(texts []string) []string {
		return slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return len(searchview.FoldedWords(s)) == 0 })
	}
	var rows []row
	for _, texts := range slices.Concat(cases.Same, cases.Different) {
		for _, s := range inWords(texts) {
			rows = append(rows, row{"Note": "noted: " + s + "!"})
		}
	}
	for _, s := range inWords(cases.Order) {
		rows = append(rows, row{"Name": s, "Note": "inorder"})
	}
	ids := t.insert(rows...)
	next := func(n int) (some []kernel.RowID) {
		some, ids = ids[:n], ids[n:]
		return some
	}
	ask := func(format, text string, among []kernel.RowID) []kernel.RowID {
		q := searchview.Query{Text: fmt.Sprintf(format, text), Limit: searchview.MaxLimit, Fuzziness: searchview.Exact}
		found := rowsOf(w.search(q))
		return slices.DeleteFunc(slices.Clone(among), func(id kernel.RowID) bool { return !slices.Contains(found, id) })
	}
	for _, texts := range cases.Same {
		texts = inWords(texts)
		rows := next(len(texts))
		for _, s := range texts {
			for _, format := range []string{`%s`, `"%s"`, `note:"%s"`, `note:"noted %s"`} {
				require.Equal(w.t, rows, ask(format, s, rows), format, s)
			}
		}
	}
	for _, texts := range cases.Different {
		texts = inWords(texts)
		rows := next(len(texts))
		for i, s := range texts {
			if strings.ContainsFunc(strings.Join(texts, ""), unicode.IsSpace) {
				break // a search counts no spaces
			}
			for _, format := range []string{`"%s"`, `note:"%s"`} {
				require.Equal(w.t, rows[i:i+1], ask(format, s, rows), format, s)
			}
		}
	}
	require.Equal(w.t, ids, rowsOf(w.search(searchview.Query{Text: "inorder", Sort: searchview.ByName, Limit: searchview.MaxLimit})))
}

func scoreTest(w *world) {
	t := w.table("Firms", "Name", "text", "Notes", "long_text")
	ids := t.insert(
		row{"Name": "Somebody", "Notes": "once bought from globex or so they say"},
		row{"Name": "Globexia", "Notes": "begins so"},
		row{"Name": "Globex", "Notes": "itself"},
		row{"Name": "Glodex", "Notes": "nearly"})
	got := w.search(searchview.Query{Text: "globex"})
	require.Equal(w.t, ids[2], got.Hits[0].RowID, "the exact word in the name is first")
	require.ElementsMatch(w.t, ids, rowsOf(got))
	require.Equal(w.t, ids[3], got.Hits[3].RowID, "what is only nearly the word is last, also in the name")
	for i := 1; i < len(got.Hits); i++ {
		require.LessOrEqual(w.t, got.Hits[i].Score, got.Hits[i-1].Score)
	}
	require.Equal(w.t, int64(4), got.Total)
}

func facetsTest(w *world) {
	a := w.table("Leads", "Name", "text", "Stage", "select", "Labels", "multi_select")
	b := w.table("Firms", "Name", "text")
	w.on("2026-02-10")
	leads := a.insert(
		row{"Name": "one", "Stage": "New", "Labels": "red, blue"},
		row{"Name": "two", "Stage": "Won", "Labels": "blue"})
	w.on("2026-03-20")
	firms := b.insert(row{"Name": "three"})
	all := w.search(searchview.Query{Facets: true})
	require.Equal(w.t, []kernel.RowID{firms[0], leads[1], leads[0]}, rowsOf(all), "without a text the last change comes first")
	require.Equal(w.t, map[string][]searchview.Bucket{
		"table":    {{Value: string(a.id), Label: "Leads", Count: 2}, {Value: string(b.id), Label: "Firms", Count: 1}},
		"tag":      {{Value: "blue", Count: 2}, {Value: "New", Count: 1}, {Value: "Won", Count: 1}, {Value: "red", Count: 1}},
		"updated":  {{Value: "2026-03", Count: 1}, {Value: "2026-02", Count: 2}},
		"provider": {}, "state": {},
	}, all.Facets)
	pick := func(f searchview.Filter) []kernel.RowID { return rowsOf(w.search(searchview.Query{Filter: f})) }
	require.Equal(w.t, leads[1:2], pick(searchview.Filter{Tags: []string{"Won"}}))
	require.ElementsMatch(w.t, leads, pick(searchview.Filter{Tags: []string{"Won", "red"}}))
	require.Equal(w.t, firms, pick(searchview.Filter{Tables: []kernel.TableID{b.id}}))
	require.Equal(w.t, firms, pick(searchview.Filter{Updated: searchview.Range{From: at("2026-03-01")}}))
	require.ElementsMatch(w.t, leads, pick(searchview.Filter{Created: searchview.Range{From: at("2026-02-10"), To: at("2026-03-20")}}))
	require.Empty(w.t, pick(searchview.Filter{Tables: []kernel.TableID{"tbl_unknown"}}))
	narrowed := w.search(searchview.Query{Text: "t", Filter: searchview.Filter{Tags: []string{"blue"}}, Facets: true})
	require.Empty(w.t, narrowed.Hits)
	require.Len(w.t, narrowed.Facets, 5)
}

func pagesTest(w *world) {
	t := w.table("Many", "Name", "text")
	const n = 45
	var ids []kernel.RowID
	for i := range n / 3 {
		w.Clock().Advance(time.Second)
		name := func(k int) row { return row{"Name": "word " + string(rune('a'+(3*i+k)*7%26))} }
		ids = append(ids, t.insert(name(0), name(1), name(2))...) // of the same moment
	}
	for _, order := range []searchview.Query{
		{Sort: searchview.ByScore},
		{Sort: searchview.ByName},
		{Sort: searchview.ByName, Descending: true},
		{Sort: searchview.ByCreated},
		{Sort: searchview.ByUpdated, Descending: true},
	} {
		q := order
		q.Text, q.Limit = "word", 10
		var walked, jumped []kernel.RowID
		for {
			page := w.search(q)
			require.Equal(w.t, int64(n), page.Total)
			walked = append(walked, rowsOf(page)...)
			if page.Next == "" {
				break
			}
			q.After = page.Next
		}
		require.ElementsMatch(w.t, ids, walked, "sorted by %s", q.Sort)
		q.After = ""
		for q.Offset = 0; q.Offset < n; q.Offset += 10 {
			jumped = append(jumped, rowsOf(w.search(q))...)
		}
		require.Equal(w.t, walked, jumped, "sorted by %s", q.Sort)
	}
	created := rowsOf(w.search(searchview.Query{Text: "word", Sort: searchview.ByCreated, Limit: 100}))
	require.Equal(w.t, ids, created)
	fails := func(q searchview.Query) {
		_, err := searchview.Search(w.t.Context(), w.Searcher(), w.ws, everything, q)
		require.Error(w.t, err)
		require.NotEqual(w.t, kernel.KindInternal, kernel.KindOf(err))
	}
	fails(searchview.Query{Text: "word", Offset: 9_990})
	fails(searchview.Query{Text: "word", Limit: 101})
	fails(searchview.Query{Text: "word", After: "nonsense"})
	next := w.search(searchview.Query{Text: "word", Sort: searchview.ByName}).Next
	fails(searchview.Query{Text: "word", Sort: searchview.ByCreated, After: next})
}

func tenantsTest(w *world) {
	mine, hidden := w.table("Mine", "Name", "text"), w.table("Hidden", "Name", "text")
	ids := mine.insert(row{"Name": "secret plan"})
	hidden.insert(row{"Name": "secret fund"})
	other := &world{Harness: w.Harness, t: w.t, ids: w.ids, ws: kernel.WorkspaceID(w.ids.New(kernel.PrefixWorkspace))}
	theirs := other.table("Theirs", "Name", "text").insert(row{"Name": "secret sauce"})
	require.Len(w.t, w.rows("secret"), 2)
	other.finds("secret", theirs...)
	visible := func(id kernel.TableID) bool { return id == mine.id }
	res, err := searchview.Search(w.t.Context(), w.Searcher(), w.ws, visible, searchview.Query{Text: "secret", Facets: true})
	require.NoError(w.t, err)
	require.Equal(w.t, ids, rowsOf(res))
	require.Len(w.t, res.Facets["table"], 1)
	res, err = searchview.Search(w.t.Context(), w.Searcher(), w.ws, visible, searchview.Query{
		Text: "secret", Filter: searchview.Filter{Tables: []kernel.TableID{hidden.id}},
	})
	require.NoError(w.t, err)
	require.Empty(w.t, res.Hits, "a filter opens no table")
	list, err := searchview.Suggest(w.t.Context(), w.Searcher(), w.ws, visible, "secret")
	require.NoError(w.t, err)
	require.Equal(w.t, []searchview.Suggestion{{Value: "secret plan", Count: 1}}, list)
	require.Equal(w.t, []searchview.Suggestion{{Value: "secret sauce", Count: 1}}, other.suggests("sec"))
	require.Empty(w.t, other.rows("plan"))
	require.Empty(w.t, other.rows("plam"), "nor a word that is nearly one of the other's")
}

func renameTest(w *world) {
	t := w.table("Old", "Name", "text", "City", "text")
	ids := t.insert(row{"Name": "Ada", "City": "Paris"})
	t.structure(table.Renamed{TableID: t.id, Name: "New", Old: "Old"})
	renamed := t.cols["City"]
	renamed.Name = "Town"
	t.structure(table.ColumnChanged{TableID: t.id, Column: renamed, Old: t.cols["City"]})
	require.Equal(w.t, "New", w.search(searchview.Query{Text: "ada"}).Hits[0].TableName)
	w.finds("town:paris", ids...)
	w.finds("city:paris")
	t.structure(table.Trashed{TableID: t.id})
	w.finds("ada")
	require.Empty(w.t, w.suggests("ada"))
	t.structure(table.Restored{TableID: t.id})
	w.finds("ada", ids...)
	// The order of the columns decides what the row is called.
	require.Equal(w.t, "Ada", w.search(searchview.Query{Text: "ada"}).Hits[0].Name)
	t.structure(table.ColumnsReordered{TableID: t.id, Columns: []kernel.ColumnID{t.cols["City"].ID, t.cols["Name"].ID}})
	require.Equal(w.t, "Paris", w.search(searchview.Query{Text: "ada"}).Hits[0].Name)
	require.Equal(w.t, []searchview.Suggestion{{Value: "Paris", Count: 1}}, w.suggests("par"))
	require.Empty(w.t, w.suggests("ada"))
}

func columnsTest(w *world) {
	t := w.table("T", "Name", "text", "Note", "text")
	ids := t.insert(row{"Name": "Ada", "Note": "quartz"}, row{"Name": "Bob", "Note": "flint"})
	t.structure(table.ColumnDeleted{TableID: t.id, ColumnID: t.cols["Note"].ID})
	w.finds("quartz")
	t.edit(ids[0], row{"Name": "Ada L."})
	w.finds("quartz")
	t.structure(table.ColumnRestored{TableID: t.id, ColumnID: t.cols["Note"].ID})
	w.finds("quartz", ids[0])
	twin := t.cols["Note"]
	twin.ID, twin.Name = kernel.ColumnID(w.ids.New(kernel.PrefixColumn)), "Twin"
	t.cols["Twin"] = twin
	t.structure(table.ColumnAdded{TableID: t.id, Column: twin, CopyOf: t.cols["Note"].ID, WithValues: true})
	w.finds("twin:flint", ids[1])
	t.edit(ids[1], row{"Note": "granite"})
	w.finds("flint", ids[1])
	w.finds("note:flint")
}

func typesTest(w *world) {
	t := w.table("T", "Name", "text", "Size", "text")
	ids := t.insert(row{"Name": "Ada", "Size": "12"}, row{"Name": "Bob", "Size": "large"}, row{"Name": "Cid", "Size": "7"})
	was, is := t.cols["Size"], t.cols["Size"]
	is.Type = table.Number
	t.cells(table.RowsDeleted{TableID: t.id, Rows: ids[2:]})
	t.structure(table.ColumnTypeChanged{TableID: t.id, Column: is, Old: was, Lossy: true})
	changed := t.version - 1
	w.finds("large")
	w.finds("size:12", ids[0])
	t.cols["Size"] = is
	t.edit(ids[0], row{"Size": "13"})
	t.structure(table.ColumnTypeReverted{TableID: t.id, Column: was, Old: is, At: changed})
	w.finds("large", ids[1])
	w.finds("size:13", ids[0])
	w.finds("size:12")
	t.cells(table.RowsRestored{TableID: t.id, Rows: ids[2:]})
	w.finds("size:7", ids[2])
}

func rowsTest(w *world) {
	t := w.table("T", "Name", "text", "Note", "text")
	ids := t.imported(row{"Name": "Ada", "Note": "quartz"}, row{"Name": "Bob", "Note": "flint"})
	t.edit(ids[0], row{"Note": "granite"})
	w.finds("quartz")
	w.finds("granite", ids[0])
	t.edit(ids[0], row{"Note": ""})
	w.finds("granite")
	w.finds("ada", ids[0])
	t.cells(table.RowsDeleted{TableID: t.id, Rows: ids})
	w.finds("ada")
	require.Empty(w.t, w.suggests("bo"))
	t.edit(ids[1], row{"Note": "marble"}) // a change that was under way
	w.finds("marble")
	t.cells(table.RowsRestored{TableID: t.id, Rows: ids[1:]})
	w.finds("marble bob", ids[1])
	w.finds("marbel", ids[1])
}

// purgedTest looks into the store: what is in the trash is found by nothing, purged or not.
func purgedTest(w *world) {
	t := w.table("T", "Name", "text", "Note", "text")
	ids := t.insert(row{"Name": "Ada", "Note": "quartz"}, row{"Name": "Bob", "Note": "flint"})
	t.cells(table.RowsDeleted{
		TableID: t.id, Rows: ids[:1],
	}, table.RowsPurged{TableID: t.id, Rows: ids[:1]}, table.RowsRestored{TableID: t.id, Rows: ids[:1]})
	w.finds("ada")
	t.structure(table.ColumnDeleted{TableID: t.id, ColumnID: t.cols["Note"].ID})
	t.structure(table.ColumnPurged{TableID: t.id, ColumnID: t.cols["Note"].ID})
	twin := t.cols["Note"]
	t.structure(table.ColumnAdded{TableID: t.id, Column: twin})
	w.finds("flint")
	t.structure(table.Trashed{TableID: t.id})
	t.structure(table.Purged{TableID: t.id})
	t.edit(ids[1], row{"Name": "Bea"}) // a change that was under way
	t.structure(table.Restored{TableID: t.id})
	t.cells(table.RowsRestored{TableID: t.id, Rows: ids})
	w.finds("bob")
	w.finds("bea")
	require.Empty(w.t, w.suggests("bo"))
}
