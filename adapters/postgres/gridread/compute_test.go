package gridread_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/gridview"
)

func (f *fixture) maker() table.Maker { return table.Maker{IDs: f.ids, Clock: f.Clock} }

// change applies what fn does to the table's structure.
func (f *fixture) restructure(t require.TestingT, fn func(*table.Table) error) error {
	state, err := f.tbl.MarshalState()
	require.NoError(t, err)
	agg := table.Blank()
	require.NoError(t, agg.UnmarshalState(state))
	if err := fn(agg); err != nil {
		return err
	}
	f.tbl = agg
	if events := agg.Pending(); len(events) > 0 {
		f.Append(eventstore.Stream(table.StructureStream, string(agg.ID())), events...)
	}
	return nil
}

func (f *fixture) formula(t require.TestingT, name string, typ table.Type, expression string) kernel.ColumnID {
	var c table.Column
	require.NoError(t, f.restructure(t, func(tbl *table.Table) (err error) {
		c, err = tbl.AddColumn(f.maker(), table.Draft{Name: name, Type: typ, Kind: table.FormulaKind, Formula: &table.Formula{Expression: expression}}, "", table.Step{})
		return err
	}))
	return c.ID
}

func (f *fixture) named(name string) kernel.ColumnID {
	c, _ := f.tbl.Schema().ByName(name)
	return c.ID
}

// rows adds rows of one column's values.
func (f *fixture) rows(col kernel.ColumnID, values ...string) []kernel.RowID {
	c := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
	for _, v := range values {
		c.Rows = append(c.Rows, kernel.RowID(f.ids.New(kernel.PrefixRow)))
		c.Cols[col] = append(c.Cols[col], json.RawMessage(v))
	}
	f.cells(table.RowsInserted{TableID: f.tbl.ID(), Chunk: c})
	return c.Rows
}

func (f *fixture) edit(col kernel.ColumnID, row kernel.RowID, value string) {
	f.cells(table.CellsEdited{TableID: f.tbl.ID(), Chunk: kernel.Chunk{Rows: []kernel.RowID{row}, Cols: map[kernel.ColumnID][]json.RawMessage{col: {json.RawMessage(value)}}}})
}

type apiRow struct {
	ID     kernel.RowID                        `json:"id"`
	Cells  map[kernel.ColumnID]json.RawMessage `json:"cells"`
	States map[kernel.ColumnID]struct {
		State   string `json:"state"`
		Message string `json:"message"`
	} `json:"states"`
}

func (f *fixture) page(t require.TestingT, q gridview.Query) []apiRow {
	p, err := f.grid.Page(context.Background(), f.info(t), q, "", 0, 1000)
	require.NoError(t, err)
	var rows []apiRow
	require.NoError(t, json.Unmarshal(p.Rows, &rows))
	return rows
}

// shown are a column's values in the order of the rows.
func (f *fixture) shown(t require.TestingT, col kernel.ColumnID) string {
	var out []string
	for _, r := range f.page(t, gridview.Query{}) {
		switch {
		case r.States[col].State != "":
			out = append(out, r.States[col].State+": "+r.States[col].Message)
		case r.Cells[col] == nil:
			out = append(out, "-")
		default:
			out = append(out, string(r.Cells[col]))
		}
	}
	return strings.Join(out, " | ")
}

func TestFormulasFollowWhatTheyUse(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Number, table.Text)
	num, text := f.named("number"), f.named("text")
	rows := f.rows(num, "1.5", "null", "4")
	double := f.formula(t, "Double", table.Number, `{{number}} * 2`)
	label := f.formula(t, "Label", table.Text, `{{text}} + ": " + string({{Double}})`)
	part := f.formula(t, "Part", table.Number, `10 / ({{Double}} - 3)`)
	require.Equal(t, `3 | - | 8`, f.shown(t, double), "rows that were there")
	require.Equal(t, `error: division by zero | - | 2`, f.shown(t, part))

	f.edit(num, rows[1], "2")
	f.edit(text, rows[2], `"Größe"`)
	require.Equal(t, `3 | 4 | 8`, f.shown(t, double))
	require.Equal(t, `": 3" | ": 4" | "Größe: 8"`, f.shown(t, label))
	require.Equal(t, `error: division by zero | 10 | 2`, f.shown(t, part))
	f.edit(num, rows[0], "2.5")
	require.Equal(t, `5 | 10 | 2`, f.shown(t, part), "an error goes with its reason")

	f.rows(num, "7", "1.5")
	require.Equal(t, `5 | 4 | 8 | 14 | 3`, f.shown(t, double), "new rows come with their values")
	require.Equal(t, `5 | 10 | 2 | "0.90909090909090909091" | error: division by zero`, f.shown(t, part))

	byLabel, err := table.ParseFilter(json.RawMessage(fmt.Sprintf(`{"column":%q,"op":"contains","value":"GRÖSSE"}`, label)), f.tbl.Schema())
	require.NoError(t, err)
	require.Len(t, f.page(t, gridview.Query{Filter: byLabel}), 1)
	failed, err := table.ParseFilter(json.RawMessage(fmt.Sprintf(`{"column":%q,"op":"state","value":"error"}`, part)), f.tbl.Schema())
	require.NoError(t, err)
	require.Len(t, f.page(t, gridview.Query{Filter: failed}), 1)
	sorted := f.page(t, gridview.Query{Sort: []table.Sort{{Column: double, Dir: table.Descending}}})
	require.Equal(t, `14`, string(sorted[0].Cells[double]))
	f.RequireRebuildable()
}

func TestAChangedFormulaComputesEveryRowAnew(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Number)
	num := f.named("number")
	values := make([]string, 1000)
	for i := range values {
		values[i] = strconv.Itoa(i)
	}
	rows := f.rows(num, values...)
	for range 2 {
		f.rows(num, values...)
	}
	f.cells(table.RowsDeleted{TableID: f.tbl.ID(), Rows: rows[:700]})
	double := f.formula(t, "Double", table.Number, `{{number}} * 2`)
	info := f.info(t)
	require.NotNil(t, info.Recompute, "more rows than a page are computed afterwards")
	require.Equal(t, gridview.Recompute{Columns: []kernel.ColumnID{double}, Done: 1000, Total: 3000}, *info.Recompute)
	_, _, err := f.Store.Checksums(t.Context(), projections.LiveOf(gridview.Name))
	require.ErrorIs(t, err, projections.ErrUnsettled)
	few, err := table.ParseFilter(json.RawMessage(fmt.Sprintf(`{"column":%q,"op":"not_empty"}`, double)), f.tbl.Schema())
	require.NoError(t, err)
	n, err := f.grid.Count(t.Context(), info, gridview.Query{Filter: few})
	require.NoError(t, err)
	require.EqualValues(t, 1000, n)

	require.NoError(t, f.Store.Settle(t.Context(), projections.LiveOf(gridview.Name)))
	info = f.info(t)
	require.Nil(t, info.Recompute)
	n, err = f.grid.Count(t.Context(), info, gridview.Query{Filter: few})
	require.NoError(t, err)
	require.EqualValues(t, 2300, n, "a count from before is not remembered")
	f.cells(table.RowsRestored{TableID: f.tbl.ID(), Rows: rows[:700]})
	n, err = f.grid.Count(t.Context(), f.info(t), gridview.Query{Filter: few})
	require.NoError(t, err)
	require.EqualValues(t, 3000, n, "what comes back from the trash is computed")
	f.RequireRebuildable()
}

func TestFormulasOverTheRowItselfAndOverTicks(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Date, table.CreatedAt, table.UpdatedBy, table.RowIDType)
	f.Meta.Actor = kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}
	day := f.named("date")
	about := f.formula(t, "About", table.Text, `{{row_id}} + " " + {{created_at}} + " " + {{updated_by}}`)
	left := f.formula(t, "Left", table.Number, `daysBetween(today(), {{date}})`)
	rows := f.rows(day, `"2026-01-12"`)
	require.Equal(t, fmt.Sprintf(`"%s 2026-01-02T03:04:05Z usr_1"`, rows[0]), f.shown(t, about))
	require.Equal(t, `10`, f.shown(t, left))
	require.NoError(t, f.restructure(t, func(tbl *table.Table) error { return tbl.Tick(time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)) }))
	require.Equal(t, `7`, f.shown(t, left))
	f.Meta.Actor.ID = "usr_2"
	f.edit(day, rows[0], `"2026-01-06"`)
	require.Equal(t, fmt.Sprintf(`"%s 2026-01-02T03:04:05Z usr_2"`, rows[0]), f.shown(t, about))
	require.Equal(t, `1`, f.shown(t, left))
	f.RequireRebuildable()
}

// TestACostlyFormulaHoldsNobodyUp has a formula that takes as long as one may: events leave it to a recompute, whose pages are short.
func TestACostlyFormulaHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Number)
	f.structures.MeasureBy(&slow{})
	num := f.named("number")
	costly := f.formula(t, "Costly", table.Text, `"no. " + string({{number}})`)
	rows := f.rows(num, slices.Repeat([]string{"7"}, 1000)...)
	require.NotNil(t, f.info(t).Recompute, "rows are copied in although their formula takes seconds")
	f.edit(num, rows[3], "8")
	require.Equal(t, `8`, string(f.page(t, gridview.Query{})[3].Cells[num]))
	require.NoError(t, f.Store.Settle(t.Context(), projections.LiveOf(gridview.Name)))
	require.Nil(t, f.info(t).Recompute)
	for _, r := range f.page(t, gridview.Query{}) {
		require.True(t, r.Cells[costly] != nil || r.States[costly].State == gridview.ErrorState, "%s was not computed", r.ID)
	}
	f.RequireRebuildable()
}

// slow is a clock by which each measurement takes 20 ms.
type slow struct{ reads atomic.Int64 }

// Now implements kernel.Clock.
func (s *slow) Now() time.Time { return time.UnixMilli(20 * s.reads.Add(1)) }

func TestARunReadsFormulasOnlyWhenTheyAreComputed(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Number)
	num := f.named("number")
	values := make([]string, 2500)
	for i := range values {
		values[i] = strconv.Itoa(i)
	}
	for part := range slices.Chunk(values, 500) {
		f.rows(num, part...)
	}
	double := f.formula(t, "Double", table.Number, `{{number}} * 2`)
	runs := f.grid.ForRuns(nil)
	read := func(columns ...kernel.ColumnID) ([]enrichmentcmd.Row, error) {
		return runs.Page(t.Context(), enrichmentcmd.RowQuery{Workspace: workspace, Table: f.tbl.ID(), Columns: columns, Limit: 2500})
	}
	_, err := read(num)
	require.NoError(t, err)
	_, err = read(num, double)
	require.ErrorContains(t, err, "being computed (1000 of 2500 rows)")
	_, err = runs.Count(t.Context(), enrichmentcmd.RowQuery{Workspace: workspace, Table: f.tbl.ID(), Filter: json.RawMessage(fmt.Sprintf(`{"column":%q,"op":"not_empty"}`, double))})
	require.ErrorContains(t, err, "being computed")
	require.NoError(t, f.Store.Settle(t.Context(), projections.LiveOf(gridview.Name)))
	rows, err := read(double)
	require.NoError(t, err)
	require.JSONEq(t, `4998`, string(rows[2499].Cells[double]))
}
