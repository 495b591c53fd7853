package tableapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// find asks where a text stands.
func (u *user) find(tbl tablecmd.Table, text, more string) gridview.Found {
	u.w.t.Helper()
	var out gridview.Found
	u.call(http.MethodGet, "/tables/"+string(tbl.ID)+"/rows:find?find="+url.QueryEscape(text)+more, nil).ok(&out)
	return out
}

// places lists the hits as place:first.
func places(f gridview.Found) (out []string) {
	for _, h := range f.Hits {
		out = append(out, fmt.Sprintf("%d:%d", h.Place, h.First))
	}
	return out
}

func TestATextIsFoundInTheOrderOfTheView(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleMember)
	tbl, cols := ann.table(m{"name": "Name", "type": "text"}, m{"name": "Note", "type": "long_text"}, m{"name": "Size", "type": "number"},
		m{"name": "Tags", "type": "multi_select", "options": []m{{"name": "acme"}, {"name": "big"}}}, m{"name": "At", "type": "datetime"})
	ann.insert(tbl, m{"Name": "Zeta", "Size": 12}, m{"Name": "Acme", "Note": "ACME of Łódź", "Tags": []string{"big", "acme"}}, m{"Name": "Beta", "Size": 312.5},
		m{"Note": "acme"}, m{"At": "2024-05-06T10:00:00Z"})

	all := ann.find(tbl, "acme", "")
	require.Equal(t, []int64{4, 2}, []int64{all.Cells, all.Rows})
	require.Equal(t, []string{"1:1", "3:4"}, places(all))
	require.Equal(t, []kernel.ColumnID{cols["Name"].ID, cols["Note"].ID, cols["Tags"].ID}, all.Hits[0].Columns)

	byName := "&sort=" + string(cols["Name"].ID) + ":desc" // Zeta, Beta, Acme, then the rows without a name
	require.Equal(t, []string{"0:1", "1:2"}, places(ann.find(tbl, "12", byName)))
	require.Equal(t, []string{"2:1"}, places(ann.find(tbl, "acme", byName+"&limit=1")))
	grouped := "&group=" + string(cols["Name"].ID) + ":desc"
	require.Equal(t, []string{"0:1", "1:2"}, places(ann.find(tbl, "12", grouped)), "in the order of the groups")
	require.Equal(t, []string{"4:4", "2:1"}, places(ann.find(tbl, "acme", byName+"&from=4&backwards=true")), "towards the first row")
	require.Empty(t, places(ann.find(tbl, "acme", "&from=4")))

	require.Equal(t, int64(1), ann.find(tbl, "ACME", "&match_case=true").Cells)
	require.Equal(t, int64(1), ann.find(tbl, "12", "&whole_cell=true").Cells)
	require.Equal(t, int64(1), ann.find(tbl, "łÓDŹ", "").Cells)
	require.Equal(t, int64(1), ann.find(tbl, "2024-05-06", "").Cells)
	require.Equal(t, int64(1), ann.find(tbl, "acme", "&columns="+string(cols["Name"].ID)).Cells)
	filter := "&filter=" + url.QueryEscape(`{"column":"Size","op":"gt","value":100}`)
	require.Equal(t, []string{"0:1"}, places(ann.find(tbl, "12", filter)), "places are those of the rows that are shown")

	ann.call("GET", "/tables/"+string(tbl.ID)+"/rows:find?find=x&columns=Nope", nil).fails(422, "VALIDATION_FAILED")
	ann.call("GET", "/tables/"+string(tbl.ID)+"/rows:find", nil).fails(422, "VALIDATION_FAILED")
}

func TestATextIsReplacedInTheRowsThatTheFilterSelects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleMember)
	tbl, cols := ann.table(m{"name": "Name", "type": "text"}, m{"name": "Size", "type": "number"}, m{"name": "Day", "type": "date"})
	path := "/tables/" + string(tbl.ID)
	const n = tablecmd.ReplaceRows + 200
	rows := make([]m, 0, tablecmd.ReplaceRows)
	for i := range n {
		rows = append(rows, m{"Name": fmt.Sprintf("Über %d", i), "Size": i % 10, "Day": "2024-01-01"})
		if len(rows) == cap(rows) || i == n-1 {
			ann.insert(tbl, rows...)
			rows = rows[:0]
		}
	}
	before := ann.image(tbl)
	replace := func(body m) (sum tablecmd.ReplacedText) {
		for {
			var part tablecmd.ReplacedText
			ann.call("POST", path+"/rows:replaceText", body, "Morket-Gesture", "replace-1").ok(&part)
			sum.Cells += part.Cells
			sum.Refused += part.Refused
			if part.Next == "" {
				return sum
			}
			body["after"] = part.Next
		}
	}

	require.Equal(t, n, replace(m{"find": "ÜBER", "replace": "Unter", "dry_run": true}).Cells)
	require.Equal(t, before, ann.image(tbl))
	require.Equal(t, n, replace(m{"find": "ÜBER", "replace": "Unter", "columns": []string{"Name", "Size"}}).Cells)
	require.Equal(t, int64(n), ann.find(tbl, "Unter", "").Cells)
	require.Equal(t, int64(0), ann.find(tbl, "Über", "").Cells)
	some := m{"find": "2024-01-01", "replace": "2024-01-31", "filter": m{"column": cols["Size"].ID, "op": "is", "value": 7}, "q": "1007"}
	require.Equal(t, 1, replace(some).Cells)
	require.Equal(t, 1, replace(m{"find": "2024-01-31", "replace": "2024-01-32"}).Refused)

	var undone tablecmd.Undone
	ann.call("POST", path+"/undo", m{}).ok(&undone)
	require.Equal(t, "Find and replace", undone.Label)
	require.Equal(t, n+1, undone.Cells, "all calls of the gesture are one step")
	require.Equal(t, before, ann.image(tbl))

	vic := w.joinIn("Vic", kernel.RoleViewer, ann.ws)
	vic.call("POST", path+"/rows:replaceText", m{"find": "a", "replace": "b"}).fails(http.StatusForbidden, "FORBIDDEN")
	eve := w.join("Eve", kernel.RoleOwner)
	eve.call("POST", path+"/rows:replaceText", m{"find": "a", "replace": "b"}).fails(http.StatusNotFound, "NOT_FOUND")
	eve.call("GET", path+"/rows:find?find=a", nil).fails(http.StatusNotFound, "NOT_FOUND")
}

// What the read model answers is what a look at each cell finds.
func TestFoundIsWhatALookAtEachCellFinds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleMember)
	tbl, _ := ann.table(m{"name": "A", "type": "text"}, m{"name": "B", "type": "select", "options": []m{{"name": "Straße"}, {"name": "50%"}}}, m{"name": "C", "type": "json"})
	texts := []string{"straße", "STRASSE", "50%", `a_b\c`, "İstanbul", "ſ", "K"}
	cells := make([]m, len(texts))
	for i, s := range texts {
		cells[i] = m{"A": s, "B": []string{"Straße", "50%"}[i%2], "C": m{"k": s}}
	}
	ann.insert(tbl, cells...)
	for _, find := range []string{"straße", "ss", "%", "_", `\`, "i", "s", "k", `"k"`, "0"} {
		for _, more := range []string{"", "&match_case=true", "&whole_cell=true"} {
			p, err := table.TextSearch{Text: find, MatchCase: more == "&match_case=true", WholeCell: more == "&whole_cell=true"}.Pattern()
			require.NoError(t, err)
			var want int64
			for _, r := range ann.rows(tbl, "") {
				for _, c := range tbl.Columns {
					if p.In(table.Format(c, r.Cells[c.ID])) {
						want++
					}
				}
			}
			require.Equal(t, want, ann.find(tbl, find, more).Cells, "%q%s", find, more)
		}
	}
}
