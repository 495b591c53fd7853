package gridread_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// groupsOf draws up to three levels of a grouping.
func groupsOf(cols []table.Column) *rapid.Generator[[]table.Group] {
	var possible []table.Column
	for _, c := range cols {
		if c.Type.Groupable() && c.Type != table.MultiSelect { // Postgres orders lists by bytes of their text, as no reader has to
			possible = append(possible, c)
		}
	}
	return rapid.Custom(func(t *rapid.T) []table.Group {
		var out []table.Group
		for _, c := range rapid.SliceOfNDistinct(rapid.SampledFrom(possible), 0, 3, func(c table.Column) kernel.ColumnID { return c.ID }).Draw(t, "by") {
			g := table.Group{Column: c.ID, Dir: rapid.SampledFrom([]table.Direction{"asc", "desc"}).Draw(t, "groupDir")}
			if c.Type.Dated() {
				g.Unit = rapid.SampledFrom(append(table.Units(), "")).Draw(t, "unit")
			}
			out = append(out, g)
		}
		return out
	})
}

// keyOf is what tells the groups of a level apart: a value to compare, nil for an empty cell.
func keyOf(g table.Group, t table.Type, r refRow) json.RawMessage {
	v := r.cells[g.Column]
	if kernel.IsNull(v) || !t.Dated() {
		return v
	}
	day := moment(v).UTC().Truncate(24 * time.Hour)
	switch g.Unit {
	case table.ByWeek:
		day = day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	case table.ByMonth:
		day = day.AddDate(0, 0, 1-day.Day())
	case table.ByQuarter:
		day = time.Date(day.Year(), (day.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
	case table.ByYear:
		day = day.AddDate(0, 0, 1-day.YearDay())
	case table.ByDay, "":
	}
	return table.Quote(day.Format(time.DateOnly))
}

func compareGroups(g table.Group, t table.Type, a, b refRow) int {
	x, y := keyOf(g, t, a), keyOf(g, t, b)
	if kernel.IsNull(x) || kernel.IsNull(y) {
		switch {
		case kernel.IsNull(x) == kernel.IsNull(y):
			return 0
		case kernel.IsNull(x):
			return 1
		}
		return -1
	}
	if t.Dated() {
		t = table.Date
	}
	c := compare(t, x, y, false)
	if g.Dir == table.Descending {
		return -c
	}
	return c
}

func TestGroupsAreThoseOfTheRows(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Text, table.Number, table.Boolean, table.Date, table.DateTime, table.Select)
	schema := f.tbl.Schema()
	kinds := map[kernel.ColumnID]table.Type{}
	for _, c := range schema.Columns {
		kinds[c.ID] = c.Type
	}
	rows := f.samples(150)
	number := schema.Columns[1].ID
	of := []table.Aggregate{{Column: number, Of: table.Sum}, {Column: schema.Columns[0].ID, Of: table.Filled}, {Column: schema.Columns[3].ID, Of: table.Max}}
	now := f.Clock.Now()
	rapid.Check(t, func(t *rapid.T) {
		raw, err := json.Marshal(filterOf(schema.Columns, 1).Draw(t, "filter"))
		require.NoError(t, err)
		filter, err := table.ParseFilter(raw, schema)
		require.NoError(t, err)
		q := gridview.Query{Filter: filter, Groups: groupsOf(schema.Columns).Filter(func(g []table.Group) bool { return len(g) > 0 }).Draw(t, "groups")}
		var shown []refRow
		for _, r := range inOrder(rows, q, kinds) {
			if matches(filter, r, now) {
				shown = append(shown, r)
			}
		}
		want := tree(shown, q.Groups, kinds, 0, number, schema.Columns[0].ID, schema.Columns[3].ID)
		var got []string
		for offset := int64(0); ; offset += 7 {
			window, err := f.grid.Groups(t.Context(), f.info(t), q, of, offset, 7)
			require.NoError(t, err)
			if len(window.Groups) == 0 {
				break
			}
			require.EqualValues(t, len(want), window.Total)
			for _, g := range window.Groups {
				got = append(got, fmt.Sprintf("%d %d %s", g.Level, g.Count, g.Aggregates))
			}
		}
		require.Equal(t, want, got, "%s %v", raw, q.Groups)
	})
}

// tree tells the groups as the reference has them: level, rows, sum, filled cells and last day.
func tree(rows []refRow, groups []table.Group, types map[kernel.ColumnID]table.Type, level int, sum, filled, last kernel.ColumnID) []string {
	var out []string
	for at := 0; at < len(rows); {
		end := at + 1
		for end < len(rows) && compareGroups(groups[level], types[groups[level].Column], rows[at], rows[end]) == 0 {
			end++
		}
		in := rows[at:end]
		out = append(out, fmt.Sprintf("%d %d %s", level, len(in), []json.RawMessage{total(in, sum), []byte(strconv.Itoa(cells(in, filled))), latest(in, last)}))
		if level+1 < len(groups) {
			out = append(out, tree(in, groups, types, level+1, sum, filled, last)...)
		}
		at = end
	}
	return out
}

func total(rows []refRow, c kernel.ColumnID) json.RawMessage {
	sum, found := new(big.Rat), false
	for _, r := range rows {
		if v := r.cells[c]; !kernel.IsNull(v) {
			x, _ := new(big.Rat).SetString(strings.Trim(string(v), `"`))
			sum, found = sum.Add(sum, x), true
		}
	}
	if !found {
		return json.RawMessage("null")
	}
	text := strings.TrimRight(strings.TrimRight(sum.FloatString(30), "0"), ".")
	return table.AppendNumber(nil, text)
}

func cells(rows []refRow, c kernel.ColumnID) (n int) {
	for _, r := range rows {
		if !kernel.IsNull(r.cells[c]) {
			n++
		}
	}
	return n
}

func latest(rows []refRow, c kernel.ColumnID) json.RawMessage {
	out := json.RawMessage("null")
	for _, r := range rows {
		if v := r.cells[c]; !kernel.IsNull(v) && (kernel.IsNull(out) || string(v) > string(out)) {
			out = v
		}
	}
	return out
}

type berlin struct{}

func (berlin) TimeZone(context.Context, kernel.WorkspaceID) (string, error) {
	return "Europe/Berlin", nil
}

func TestDaysOfGroupsBeginWhereTheWorkspaceSays(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.DateTime)
	col := f.tbl.Schema().Columns[0].ID
	var fresh []table.NewRow
	for _, at := range []string{`"2026-03-31T21:59:59Z"`, `"2026-03-31T22:00:00Z"`, `"2026-10-31T22:59:59Z"`, `"2026-10-31T23:00:00Z"`, `null`} {
		fresh = append(fresh, table.NewRow{ID: kernel.RowID(f.ids.New(kernel.PrefixRow)), Cells: map[kernel.ColumnID]json.RawMessage{col: json.RawMessage(at)}})
	}
	for _, c := range table.RowChunks(fresh) {
		f.cells(table.RowsInserted{TableID: f.tbl.ID(), Chunk: c})
	}
	f.grid.InZones(berlin{})
	values := func(unit table.Unit) (out []string) {
		window, err := f.grid.Groups(t.Context(), f.info(t), gridview.Query{Groups: []table.Group{{Column: col, Unit: unit, Dir: "asc"}}}, nil, 0, 100)
		require.NoError(t, err)
		for _, g := range window.Groups {
			out = append(out, fmt.Sprintf("%s %d", g.Value, g.Count))
		}
		return out
	}
	require.Equal(t, []string{`"2026-03-01" 1`, `"2026-04-01" 1`, `"2026-10-01" 1`, `"2026-11-01" 1`, `null 1`}, values(table.ByMonth))
	require.Equal(t, []string{`"2026-01-01" 1`, `"2026-04-01" 1`, `"2026-10-01" 2`, `null 1`}, values(table.ByQuarter))
	require.Equal(t, []string{`"2026-01-01" 4`, `null 1`}, values(table.ByYear))
}

func TestAGroupShowsAValueThatItsRowsHave(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Text, table.MultiSelect)
	schema := f.tbl.Schema()
	var fresh []table.NewRow
	for _, pair := range [][2]string{{`"Acme"`, `["hot","Wet"]`}, {`"ACME"`, `["hot","Wet"]`}, {`"Zoë"`, `["hot"]`}, {`"zoe"`, `null`}} {
		fresh = append(fresh, table.NewRow{ID: kernel.RowID(f.ids.New(kernel.PrefixRow)), Cells: map[kernel.ColumnID]json.RawMessage{
			schema.Columns[0].ID: json.RawMessage(pair[0]), schema.Columns[1].ID: json.RawMessage(pair[1]),
		}})
	}
	for _, c := range table.RowChunks(fresh) {
		f.cells(table.RowsInserted{TableID: f.tbl.ID(), Chunk: c})
	}
	for i, want := range [][]string{{`"ACME" 2`, `"Zoë" 2`}, {`["hot"] 1`, `["hot","Wet"] 2`, `null 1`}} {
		window, err := f.grid.Groups(t.Context(), f.info(t), gridview.Query{Groups: []table.Group{{Column: schema.Columns[i].ID, Dir: "asc"}}}, nil, 0, 100)
		require.NoError(t, err)
		var got []string
		for _, g := range window.Groups {
			got = append(got, fmt.Sprintf("%s %d", g.Value, g.Count))
		}
		require.ElementsMatch(t, want, got)
	}
}
