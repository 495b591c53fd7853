package gridread_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/gridview"
)

const workspace = kernel.WorkspaceID("ws_1")

// fixture is a grid with one table that has a column of each type.
type fixture struct {
	*postgrestest.Harness
	structures *gridread.Structures
	ids        *kernel.IDs
	tbl        *table.Table
	grid       *gridread.Grid
}

func newFixture(t *testing.T, types ...table.Type) *fixture {
	t.Helper()
	codec, err := eventstore.NewCodec(table.Events(), dataops.Events(), enrichment.Events())
	require.NoError(t, err)
	structures := gridread.NewStructures()
	h := postgrestest.NewModel(t, gridview.New(codec, structures.NewWriter), gridread.Model())
	f := &fixture{Harness: h, structures: structures, ids: kernel.NewIDs(h.Clock), grid: gridread.NewGrid(h.Pool, h.Clock)}
	var drafts []table.Draft
	for _, typ := range types {
		d := table.Draft{Name: string(typ), Type: typ}
		if typ == table.Select || typ == table.MultiSelect {
			d.Options = []table.Option{{Name: "hot"}, {Name: "cold, \"wet\""}, {Name: "Wet"}}
		}
		drafts = append(drafts, d)
	}
	f.tbl, err = table.New(table.Maker{IDs: f.ids, Clock: h.Clock}, kernel.TableID(f.ids.New(kernel.PrefixTable)), workspace, "", "Everything", drafts)
	require.NoError(t, err)
	h.Append(eventstore.Stream(table.StructureStream, string(f.tbl.ID())), f.tbl.Pending()...)
	return f
}

func (f *fixture) cells(events ...kernel.Event) {
	f.Append(eventstore.Stream(table.CellStream, string(f.tbl.ID())), events...)
}

func (f *fixture) info(t require.TestingT) gridview.Info {
	info, err := f.grid.Table(context.Background(), workspace, f.tbl.ID())
	require.NoError(t, err)
	return info
}

// sample draws a value of the type from few, so that equal ones and empty ones happen.
func sample(typ table.Type) *rapid.Generator[json.RawMessage] {
	long := strings.Repeat("Long ", 41)
	some := map[table.Type][]string{
		table.Text:        {`null`, `"acme"`, `"Acme"`, `"ACME Ltd"`, `"100%"`, `"a_b\\c"`, `"Äpfel"`, `"äpfel"`, `"ÉTOILE"`, `"étoile"`, `"Straße"`, `"STRASSE"`, `"かぎ"`, `"がき"`, `"край"`, `"z"`, `"` + long + `A"`, `"` + long + `b"`, `" "`, `"\t\n\"q\""`},
		table.Number:      {`null`, `0`, `-1.5`, `10`, `9`, `12345678901234567890.123456789`, `12345678901234567890.12345678`},
		table.Boolean:     {`null`, `true`, `false`},
		table.Date:        {`null`, `"0001-01-01"`, `"1999-12-31"`, `"2026-01-01"`, `"2026-01-02"`, `"9999-12-31"`},
		table.DateTime:    {`null`, `"2026-01-02T03:04:05Z"`, `"2026-01-02T04:04:05+01:00"`, `"2026-01-01T23:00:00.000001-05:00"`, `"1969-07-20T20:17:40Z"`, `"2026-01-02T02:30:00Z"`},
		table.Select:      {`null`, `"hot"`, `"Wet"`},
		table.MultiSelect: {`null`, `["hot"]`, `["hot","Wet"]`, `["cold, \"wet\""]`},
		table.JSON:        {`null`, `{"a":[1,2]}`, `"text"`, `12`},
	}
	return rapid.Map(rapid.SampledFrom(some[typ]), func(s string) json.RawMessage { return json.RawMessage(s) })
}

// filterOf draws a filter over the columns.
func filterOf(cols []table.Column, depth int) *rapid.Generator[map[string]any] {
	return rapid.Custom(func(t *rapid.T) map[string]any {
		if kind := rapid.IntRange(0, 3).Draw(t, "kind"); depth > 0 && kind < 2 {
			list := rapid.SliceOfN(filterOf(cols, depth-1), 0, 3).Draw(t, "list")
			return map[string]any{[]string{"and", "or"}[kind]: list}
		}
		c := rapid.SampledFrom(cols).Draw(t, "column")
		op := rapid.SampledFrom(table.OpsOf(c.Type)).Draw(t, "op")
		f := map[string]any{"column": c.ID, "op": op}
		value := func() any {
			if c.Type == table.MultiSelect && slices.Contains([]table.Op{table.Contains, table.ContainsAny, table.NotContains, table.In}, op) {
				return rapid.SampledFrom([]string{"hot", "Wet", "none"}).Draw(t, "option")
			}
			if slices.Contains([]table.Op{table.Contains, table.ContainsAny, table.NotContains, table.StartsWith, table.EndsWith}, op) {
				return rapid.SampledFrom([]string{"a", "ACME", "%", "_", `\`, "ä", "É", "ss", "ß", "が", "Й", " ", "td", "[1,", "Long"}).Draw(t, "part")
			}
			return sample(c.Type).Filter(func(v json.RawMessage) bool { return string(v) != "null" }).Draw(t, "value")
		}
		switch op {
		case table.Empty, table.NotEmpty:
		case table.HasState:
			f["value"] = rapid.SampledFrom([]string{"empty", "value", "error"}).Draw(t, "state")
		case table.Between:
			f["value"] = []any{value(), value()}
		case table.In, table.ContainsAny:
			f["value"] = []any{value(), value(), value()}
		case table.InPeriod:
			f["value"] = rapid.SampledFrom([]map[string]any{{"last": 1, "unit": "day"}, {"this": "year"}, {"this": "quarter"}, {"last": 2, "unit": "quarter"}, {"next": 10, "unit": "week"}, {"last": 60, "unit": "year"}}).Draw(t, "period")
		default:
			f["value"] = value()
		}
		return f
	})
}

// samples adds rows with sampled values.
func (f *fixture) samples(n int) (rows []refRow) {
	schema := f.tbl.Schema()
	gen := rapid.Custom(func(t *rapid.T) map[kernel.ColumnID]json.RawMessage {
		cells := map[kernel.ColumnID]json.RawMessage{}
		for _, c := range schema.Columns {
			cells[c.ID] = sample(c.Type).Draw(t, c.Name)
		}
		return cells
	})
	var fresh []table.NewRow
	for i := range n {
		r := refRow{kernel.RowID(f.ids.New(kernel.PrefixRow)), gen.Example(i)}
		rows = append(rows, r)
		fresh = append(fresh, table.NewRow{ID: r.id, Cells: r.cells})
	}
	for _, c := range table.RowChunks(fresh) {
		f.cells(table.RowsInserted{TableID: f.tbl.ID(), Chunk: c})
	}
	return rows
}

func TestQueriesMeanWhatTheReferenceSays(t *testing.T) {
	t.Parallel()
	types := []table.Type{table.Text, table.Number, table.Boolean, table.Date, table.DateTime, table.Select, table.MultiSelect, table.JSON}
	f := newFixture(t, types...)
	schema := f.tbl.Schema()
	kinds := map[kernel.ColumnID]table.Type{}
	var sortable []table.Column
	for _, c := range schema.Columns {
		kinds[c.ID] = c.Type
		if c.Type != table.MultiSelect && c.Type != table.JSON {
			sortable = append(sortable, c)
		}
	}
	rows := f.samples(200)
	now := f.Clock.Now()
	rapid.Check(t, func(t *rapid.T) {
		raw, err := json.Marshal(filterOf(schema.Columns, 2).Draw(t, "filter"))
		require.NoError(t, err)
		filter, err := table.ParseFilter(raw, schema)
		require.NoError(t, err, "%s", raw)
		q := gridview.Query{Filter: filter}
		for _, c := range rapid.SliceOfNDistinct(rapid.SampledFrom(sortable), 0, 3, func(c table.Column) kernel.ColumnID { return c.ID }).Draw(t, "sort") {
			q.Sort = append(q.Sort, table.Sort{Column: c.ID, Dir: rapid.SampledFrom([]table.Direction{"asc", "desc"}).Draw(t, "dir")})
		}
		q.Groups = groupsOf(schema.Columns).Draw(t, "groups")
		var want []kernel.RowID
		for _, r := range inOrder(rows, q, kinds) {
			if matches(filter, r, now) {
				want = append(want, r.id)
			}
		}
		info := f.info(t)
		require.Equal(t, want, allPages(t, f.grid, info, q, rapid.IntRange(1, 80).Draw(t, "limit")), "%s %v %v", raw, q.Groups, q.Sort)
		var exported []kernel.RowID
		require.NoError(t, f.grid.Export(context.Background(), info, q, nil, func(row gridview.ExportRow) error {
			exported = append(exported, row.ID())
			return nil
		}))
		require.Equal(t, want, exported, "%s %v %v", raw, q.Groups, q.Sort)
		n, err := f.grid.Count(context.Background(), info, q)
		require.NoError(t, err)
		require.EqualValues(t, len(want), n)
		someRow := rapid.SampledFrom(rows).Draw(t, "row").id
		before, selected, err := f.grid.CountBefore(context.Background(), info, q, someRow)
		require.NoError(t, err)
		require.Equal(t, slices.Contains(want, someRow), selected)
		if selected {
			require.EqualValues(t, slices.Index(want, someRow), before, "%s %v %v", raw, q.Groups, q.Sort)
		}
		offset := rapid.IntRange(0, 200).Draw(t, "offset")
		page, err := f.grid.Page(context.Background(), info, q, "", int64(offset), 10)
		require.NoError(t, err)
		require.Equal(t, append([]kernel.RowID{}, want[min(offset, len(want)):min(offset+10, len(want))]...), idsOf(t, page))
	})
}

func idsOf(t require.TestingT, p gridview.Page) []kernel.RowID {
	var rows []struct{ ID kernel.RowID }
	require.NoError(t, json.Unmarshal(p.Rows, &rows), "%s", p.Rows)
	out := []kernel.RowID{}
	for _, r := range rows {
		out = append(out, r.ID)
	}
	return out
}

func allPages(t require.TestingT, g *gridread.Grid, info gridview.Info, q gridview.Query, limit int) []kernel.RowID {
	var out []kernel.RowID
	cursor := ""
	for range 1000 {
		p, err := g.Page(context.Background(), info, q, cursor, 0, limit)
		require.NoError(t, err)
		out = append(out, idsOf(t, p)...)
		if p.Next == "" {
			return out
		}
		require.Len(t, idsOf(t, p), limit)
		cursor = p.Next
	}
	require.Fail(t, "the pages never end")
	return nil
}

func TestDeepWindowsStartAtARowOffset(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Text, table.Number)
	schema := f.tbl.Schema()
	var rows []refRow
	var fresh []table.NewRow
	for i := range 7_300 {
		cells := map[kernel.ColumnID]json.RawMessage{schema.Columns[0].ID: table.Quote(fmt.Sprint("t", i*7919%1000))}
		if i%3 != 0 {
			cells[schema.Columns[1].ID] = json.RawMessage(strconv.Itoa(i * 31 % 500))
		}
		r := refRow{kernel.RowID(f.ids.New(kernel.PrefixRow)), cells}
		rows, fresh = append(rows, r), append(fresh, table.NewRow{ID: r.id, Cells: cells})
	}
	for _, c := range table.RowChunks(fresh) {
		f.cells(table.RowsInserted{TableID: f.tbl.ID(), Chunk: c})
	}
	kinds := map[kernel.ColumnID]table.Type{schema.Columns[0].ID: table.Text, schema.Columns[1].ID: table.Number}
	for _, sorts := range [][]table.Sort{nil, {{Column: schema.Columns[1].ID, Dir: "asc"}}, {{Column: schema.Columns[1].ID, Dir: "desc"}, {Column: schema.Columns[0].ID, Dir: "asc"}}} {
		want := inOrder(rows, gridview.Query{Sort: sorts}, kinds)
		for _, offset := range []int{0, 999, 1000, 1001, 2500, 4800, 4860, 4866, 4867, 4900, 5000, 7200, 7299, 7300} {
			page, err := f.grid.Page(t.Context(), f.info(t), gridview.Query{Sort: sorts}, "", int64(offset), 100)
			require.NoError(t, err)
			var ids []kernel.RowID
			for _, r := range want[offset:min(offset+100, len(want))] {
				ids = append(ids, r.id)
			}
			require.Equal(t, append([]kernel.RowID{}, ids...), idsOf(t, page), "sort %v offset %d", sorts, offset)
		}
	}
	gone := []kernel.RowID{rows[10].id, rows[20].id}
	f.cells(table.RowsDeleted{TableID: f.tbl.ID(), Rows: gone})
	page, err := f.grid.Page(t.Context(), f.info(t), gridview.Query{}, "", 5000, 1)
	require.NoError(t, err)
	require.Equal(t, []kernel.RowID{rows[5002].id}, idsOf(t, page))
	require.EqualValues(t, 7298, f.info(t).RowCount)
}

func TestTablesOfAnotherWorkspaceAreNotThere(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Text)
	_, err := f.grid.Table(t.Context(), "ws_2", f.tbl.ID())
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	list, err := f.grid.List(t.Context(), "ws_2", false, "", 10)
	require.NoError(t, err)
	require.Empty(t, list)
	_, err = f.grid.Select(t.Context(), "ws_2", f.tbl.ID(), table.Filter{}, "", "", 10)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
}

func TestACellKnowsItsLastChange(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Text, table.Number)
	a, b := f.tbl.Schema().Columns[0].ID, f.tbl.Schema().Columns[1].ID
	row := kernel.RowID(f.ids.New(kernel.PrefixRow))
	set := func(col kernel.ColumnID, v string) table.CellsEdited {
		return table.CellsEdited{TableID: f.tbl.ID(), Chunk: kernel.Chunk{Rows: []kernel.RowID{row}, Cols: map[kernel.ColumnID][]json.RawMessage{col: {json.RawMessage(v)}}}}
	}
	// Position 1 made the table. All in one batch: what is merged must end as if it came one by one.
	f.cells(table.RowsInserted{TableID: f.tbl.ID(), Chunk: kernel.Chunk{Rows: []kernel.RowID{row}, Cols: map[kernel.ColumnID][]json.RawMessage{}}},
		set(a, `"1"`), set(b, `2`), set(a, `"3"`), table.CellsEdited{TableID: f.tbl.ID(), Chunk: kernel.Chunk{Rows: []kernel.RowID{row}, Cols: map[kernel.ColumnID][]json.RawMessage{a: {json.RawMessage(`"4"`)}, b: {json.RawMessage(`5`)}}}},
		set(b, `6`), set(a, `"7"`), set(b, `8`))
	found, seen, err := f.grid.Cells(t.Context(), f.tbl.Schema(), []kernel.RowID{row}, []kernel.ColumnID{a, b})
	require.NoError(t, err)
	require.EqualValues(t, 9, seen)
	require.Equal(t, `"7"`, string(found[row].Values[a]))
	require.Equal(t, `8`, string(found[row].Values[b]))
	require.Equal(t, map[kernel.ColumnID]int64{a: 8, b: 9}, found[row].Positions)
	require.EqualValues(t, 9, found[row].Position)
	f.cells(table.RowsDeleted{TableID: f.tbl.ID(), Rows: []kernel.RowID{row}}, set(a, `"in the trash"`), table.RowsRestored{TableID: f.tbl.ID(), Rows: []kernel.RowID{row}})
	found, _, err = f.grid.Cells(t.Context(), f.tbl.Schema(), []kernel.RowID{row}, []kernel.ColumnID{a, b})
	require.NoError(t, err)
	require.Equal(t, `"in the trash"`, string(found[row].Values[a]), "an edit reaches a row in the trash too")
	require.False(t, found[row].Trashed)
	require.EqualValues(t, 1, f.info(t).RowCount)
}

func TestWhatIsPurgedLeavesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Text, table.Number)
	id, a, b := f.tbl.ID(), f.tbl.Schema().Columns[0], f.tbl.Schema().Columns[1]
	stream := eventstore.Stream(table.StructureStream, string(id))
	rows := []kernel.RowID{kernel.RowID(f.ids.New(kernel.PrefixRow)), kernel.RowID(f.ids.New(kernel.PrefixRow))}
	f.cells(table.RowsInserted{TableID: id, Chunk: kernel.Chunk{Rows: rows, Cols: map[kernel.ColumnID][]json.RawMessage{b.ID: {json.RawMessage(`1`), json.RawMessage(`2`)}}}}, table.RowsDeleted{TableID: id, Rows: rows[:1]})
	changed := b
	changed.Type = table.Text
	f.Append(stream, table.ColumnTypeChanged{TableID: id, Column: changed, Old: b}, table.ColumnDeleted{TableID: id, ColumnID: a.ID}, table.ColumnDeleted{TableID: id, ColumnID: b.ID})
	due, err := f.grid.Trash(t.Context(), id, f.Clock.Now(), 10)
	require.NoError(t, err)
	require.Equal(t, table.InTrash{Columns: []kernel.ColumnID{a.ID, b.ID}, Rows: rows[:1]}, due)
	columns := func() (n int) {
		require.NoError(t, f.Pool.QueryRow(t.Context(), `SELECT count(*) FROM information_schema.columns WHERE table_schema = 'rm_grid' AND column_name ~ '^[co]_'`).Scan(&n))
		return n
	}
	require.Equal(t, 6, columns(), "two columns and what one was before, in the rows and in the trash")
	f.Append(stream, table.ColumnPurged{TableID: id, ColumnID: b.ID})
	f.cells(table.RowsPurged{TableID: id, Rows: rows})
	require.Equal(t, 2, columns())
	due, err = f.grid.Trash(t.Context(), id, f.Clock.Now(), 10)
	require.NoError(t, err)
	require.Equal(t, table.InTrash{Columns: []kernel.ColumnID{a.ID}, Rows: []kernel.RowID{}}, due)
	require.EqualValues(t, 0, f.info(t).Trash)
	require.EqualValues(t, 1, f.info(t).RowCount, "a live row is never purged")
	f.RequireRebuildable()

	f.Append(stream, table.Trashed{TableID: id}, table.Purged{TableID: id})
	f.cells(table.RowsDeleted{TableID: id, Rows: rows})
	_, err = f.grid.Any(t.Context(), workspace, id)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	require.Zero(t, columns())
	f.RequireRebuildable()
}
