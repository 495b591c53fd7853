package tableapi_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

func TestAViewGroupsItsRowsEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.join("Ann", kernel.RoleOwner)
	tbl, cols := u.table(m{"name": "Stage", "type": "text"}, m{"name": "Amount", "type": "number"}, m{"name": "Day", "type": "date"})
	u.insert(tbl,
		m{"Stage": "Won", "Amount": 5, "Day": "2026-05-01"}, m{"Stage": "Lost", "Amount": 1, "Day": "2026-02-10"},
		m{"Stage": "won", "Amount": 7, "Day": "2026-05-20"}, m{"Amount": 2, "Day": "2026-05-03"}, m{"Stage": "Won", "Amount": 1, "Day": "2026-01-09"},
	)
	stage, amount, day := cols["Stage"].ID, cols["Amount"].ID, cols["Day"].ID
	path := "/tables/" + string(tbl.ID)
	body := m{
		"name": "By stage", "shared": true, "sort": []m{{"column": amount, "dir": "desc"}},
		"groups":     []m{{"column": stage, "dir": "desc"}, {"column": day, "dir": "asc", "unit": "quarter"}},
		"aggregates": []m{{"column": amount, "of": "sum"}},
		"colours":    []m{{"colour": "rose", "when": m{"column": amount, "op": "lt", "value": 2}}},
	}
	var view table.View
	u.call(http.MethodPost, path+"/views", body).ok(&view)
	require.Len(t, view.Groups, 2)

	var groups gridview.Groups
	u.call(http.MethodGet, path+"/rows:groups?view="+string(view.ID)+"&aggregates="+string(amount)+":sum", nil).ok(&groups)
	var lines []string
	for _, g := range groups.Groups {
		lines = append(lines, fmt.Sprintf("%d %s %d %s", g.Level, g.Value, g.Count, g.Aggregates))
	}
	require.Equal(t, []string{
		`0 "Won" 3 [13]`, `1 "2026-01-01" 1 [1]`, `1 "2026-04-01" 2 [12]`,
		`0 "Lost" 1 [1]`, `1 "2026-01-01" 1 [1]`,
		`0 null 1 [2]`, `1 "2026-04-01" 1 [2]`,
	}, lines)
	require.EqualValues(t, 7, groups.Total)

	var amounts []string
	for _, r := range u.rows(tbl, "?view="+string(view.ID)) {
		amounts = append(amounts, string(r.Cells[amount]))
	}
	require.Equal(t, []string{"1", "7", "5", "1", "2"}, amounts, "rows of a group lie together, in the view's order")
	narrowed := url.QueryEscape(`{"column":"` + string(amount) + `","op":"gt","value":1}`)
	u.call(http.MethodGet, path+"/rows:groups?group="+string(stage)+"&filter="+narrowed+"&q=won", nil).ok(&groups)
	require.Len(t, groups.Groups, 1)
	require.EqualValues(t, 2, groups.Groups[0].Count)
}

func TestGroupingsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.join("Ann", kernel.RoleOwner)
	tbl, cols := u.table(m{"name": "Stage", "type": "text"}, m{"name": "Blob", "type": "json"})
	stage, blob := string(cols["Stage"].ID), string(cols["Blob"].ID)
	for query, says := range map[string]string{
		"":                                 "name a column to group by",
		"group=col_none":                   "no column",
		"group=" + blob:                    "can't be grouped",
		"group=" + stage + ":up":           "asc or desc",
		"group=" + stage + ":asc:month":    "only dates",
		"group=" + stage + "," + stage:     "twice",
		"group=" + stage + ":asc:day:x":    "write col_",
		"group=" + stage + "&aggregates=x": "no column",
		"group=" + stage + "&aggregates=" + stage + ":sum": "is not possible",
	} {
		a := u.call(http.MethodGet, "/tables/"+string(tbl.ID)+"/rows:groups?"+query, nil)
		require.Equal(t, http.StatusUnprocessableEntity, a.Status, "%s: %s", query, a.Raw)
		require.Contains(t, string(a.Raw), says, query)
	}
	for _, bad := range []m{
		{"colours": []m{{"colour": "rose", "when": m{}}}},
		{"colours": []m{{"colour": "rose", "column": "col_none", "when": m{"column": stage, "op": "empty"}}}},
		{"groups": []m{{"column": blob, "dir": "asc"}}},
		{"aggregates": []m{{"column": stage, "of": "avg"}}},
	} {
		bad["name"] = "View"
		require.Equal(t, http.StatusUnprocessableEntity, u.call(http.MethodPost, "/tables/"+string(tbl.ID)+"/views", bad).Status, "%v", bad)
	}
}
