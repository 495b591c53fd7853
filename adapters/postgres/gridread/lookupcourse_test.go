package gridread_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/gridview"
)

// TestAnyCourseOfLookupsIsRebuilt makes courses of what happens to two tables that look into each other and into themselves. In the end each
// lookup shows what a plain search through all rows finds, and a rebuild the same.
func TestAnyCourseOfLookupsIsRebuilt(t *testing.T) {
	t.Parallel()
	b := newBeside(t)
	rapid.Check(t, func(r *rapid.T) {
		b.StartOver(r)
		b.tables = map[kernel.TableID]*table.Table{}
		b.AtOnce = rapid.SampledFrom([]int{0, 4, 16}).Draw(r, "events at once")
		b.structures.MeasureBy(&uneven{r: rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "times"), 0))})
		c := &lookups{beside: b, r: r, rows: map[kernel.TableID][]kernel.RowID{}, trashed: map[kernel.TableID][]kernel.RowID{}}
		for _, name := range []string{"A", "B"} {
			c.ids = append(c.ids, b.make(r, name, table.Draft{Name: "K", Type: table.Text}, table.Draft{Name: "N", Type: table.Number}).ID())
		}
		r.Repeat(map[string]func(*rapid.T){
			"insert": c.insert, "edit": c.edited, "rows": c.moved, "look up": c.lookUp, "formula": c.computed, "retarget": c.retarget, "drop": c.drop, "back": c.back,
			"retype": c.retype, "trash": c.trash,
		})
		b.Flush()
		require.NoError(r, b.Store.Settle(t.Context(), projections.LiveOf(gridview.Name)))
		for _, id := range c.ids {
			c.requireFound(r, id)
		}
		b.RequireRebuilt(r)
	})
}

// uneven is a clock by which a measurement takes nothing or a while.
type uneven struct {
	r  *rand.Rand
	at time.Time
}

// Now implements kernel.Clock.
func (u *uneven) Now() time.Time {
	if u.r.IntN(4) == 0 {
		u.at = u.at.Add(150 * time.Millisecond)
	}
	return u.at
}

// lookups is what happens to the tables.
type lookups struct {
	*beside
	r             *rapid.T
	ids           []kernel.TableID
	rows, trashed map[kernel.TableID][]kernel.RowID
	names         int
}

// pick has one of the tables at hand, unless it is in the trash.
func (c *lookups) pick(r *rapid.T) bool {
	c.use(rapid.SampledFrom(c.ids).Draw(r, "table"))
	return !c.tbl.Trashed()
}

func (c *lookups) column(r *rapid.T, of *table.Table, fits func(table.Column) bool) (table.Column, bool) {
	some := slices.DeleteFunc(of.Schema().Columns, func(col table.Column) bool { return !fits(col) })
	if len(some) == 0 {
		return table.Column{}, false
	}
	return rapid.SampledFrom(some).Draw(r, "column"), true
}

func every(table.Column) bool { return true }

func (c *lookups) value(r *rapid.T, typ table.Type) string {
	if typ == table.Number {
		return rapid.SampledFrom([]string{"null", "1", "2", "2.5"}).Draw(r, "number")
	}
	return rapid.SampledFrom([]string{"null", `"1"`, `"x"`, `" X"`, `"2.5"`, `"ß"`, `"SS"`}).Draw(r, "text")
}

func (c *lookups) insert(r *rapid.T) {
	if !c.pick(r) {
		return
	}
	var rows [][]string
	for range rapid.IntRange(1, 3).Draw(r, "rows") {
		var row []string
		for _, col := range c.tbl.Schema().Columns {
			if col.Writable() {
				row = append(row, c.value(r, col.Type))
			}
		}
		rows = append(rows, row)
	}
	c.rows[c.tbl.ID()] = append(c.rows[c.tbl.ID()], c.add(rows...)...)
}

func (c *lookups) edited(r *rapid.T) {
	if !c.pick(r) {
		return
	}
	rows := slices.Concat(c.rows[c.tbl.ID()], c.trashed[c.tbl.ID()])
	col, ok := c.column(r, c.tbl, table.Column.Writable)
	if ok && len(rows) > 0 {
		c.edit(col.ID, rapid.SampledFrom(rows).Draw(r, "row"), c.value(r, col.Type))
	}
}

func (c *lookups) moved(r *rapid.T) {
	if !c.pick(r) {
		return
	}
	id := c.tbl.ID()
	switch rapid.IntRange(0, 3).Draw(r, "which way") {
	case 0:
		if len(c.trashed[id]) > 0 {
			c.cells(table.RowsPurged{TableID: id, Rows: c.trashed[id][:1]})
			c.trashed[id] = c.trashed[id][1:]
		}
	case 1:
		c.cells(table.RowsRestored{TableID: id, Rows: c.trashed[id]})
		c.rows[id], c.trashed[id] = append(c.rows[id], c.trashed[id]...), nil
	default:
		if len(c.rows[id]) > 0 {
			c.cells(table.RowsDeleted{TableID: id, Rows: c.rows[id][:1]})
			c.rows[id], c.trashed[id] = c.rows[id][1:], append(c.trashed[id], c.rows[id][0])
		}
	}
}

func (c *lookups) draw(r *rapid.T) (table.Lookup, bool) {
	in := c.tables[rapid.SampledFrom(c.ids).Draw(r, "looked into")]
	key, hasKey := c.column(r, c.tbl, every)
	match, hasMatch := c.column(r, in, every)
	value, _ := c.column(r, in, every)
	return table.Lookup{
		Table: in.ID(), Key: key.ID, Match: match.ID, Value: value.ID, Take: rapid.SampledFrom(table.Takes()).Draw(r, "take"),
		Compare: rapid.SampledFrom([]table.Comparison{"", table.AsText, table.AsNumber}).Draw(r, "comparison"),
	}, hasKey && hasMatch
}

func (c *lookups) lookUp(r *rapid.T) {
	if !c.pick(r) || len(c.tbl.Schema().Columns) > 6 {
		return
	}
	l, ok := c.draw(r)
	if !ok {
		return
	}
	c.names++
	typ := rapid.SampledFrom([]table.Type{"", "", table.Text}).Draw(r, "type")
	_ = c.reshape(r, func(m table.Maker, t *table.Table) error { // what can't be taken is refused
		_, err := t.AddColumn(m, table.Draft{Name: fmt.Sprint("L", c.names), Type: typ, Kind: table.LookupKind, Lookup: &l}, "", table.Step{})
		return err
	})
}

func (c *lookups) retarget(r *rapid.T) {
	if !c.pick(r) {
		return
	}
	col, ok := c.column(r, c.tbl, func(col table.Column) bool { return col.Lookup != nil })
	l, drawn := c.draw(r)
	if !ok || !drawn {
		return
	}
	_ = c.reshape(r, func(m table.Maker, t *table.Table) error { // a circle is refused
		_, err := t.ChangeColumn(m, col.ID, table.ColumnChange{Lookup: &l}, table.Step{})
		return err
	})
}

func (c *lookups) computed(r *rapid.T) {
	if !c.pick(r) || len(c.tbl.Schema().Columns) > 6 {
		return
	}
	of, ok := c.column(r, c.tbl, every)
	if !ok {
		return
	}
	c.names++
	typ := rapid.SampledFrom([]table.Type{table.Number, table.Text}).Draw(r, "type")
	c.formulaOf(r, fmt.Sprint("F", c.names), typ, "{{"+string(of.ID)+"}}")
}

func (c *lookups) formulaOf(r *rapid.T, name string, typ table.Type, source string) {
	require.NoError(r, c.reshape(r, func(m table.Maker, t *table.Table) error {
		_, err := t.AddColumn(m, table.Draft{Name: name, Type: typ, Kind: table.FormulaKind, Formula: &table.Formula{Expression: source}}, "", table.Step{})
		return err
	}))
}

func (c *lookups) drop(r *rapid.T) {
	if !c.pick(r) || len(c.tbl.Schema().Columns) < 2 {
		return
	}
	col, _ := c.column(r, c.tbl, every)
	require.NoError(r, c.reshape(r, func(_ table.Maker, t *table.Table) error { return t.DeleteColumn(col.ID, table.Step{}) }))
}

func (c *lookups) back(r *rapid.T) {
	if !c.pick(r) || len(c.tbl.Deleted()) == 0 {
		return
	}
	col := rapid.SampledFrom(c.tbl.Deleted()).Draw(r, "back")
	require.NoError(r, c.reshape(r, func(_ table.Maker, t *table.Table) error {
		if rapid.IntRange(0, 3).Draw(r, "purge") == 0 {
			return t.PurgeColumn(col.ID)
		}
		_, err := t.RestoreColumn(col.ID, table.Step{})
		return err
	}))
}

func (c *lookups) retype(r *rapid.T) {
	if !c.pick(r) {
		return
	}
	col, ok := c.column(r, c.tbl, func(col table.Column) bool { return col.Kind == table.Data })
	if !ok {
		return
	}
	to := table.Text
	if col.Type == table.Text {
		to = table.Number
	}
	require.NoError(r, c.reshape(r, func(m table.Maker, t *table.Table) error {
		old, now, err := t.Retype(m, col.ID, table.Retyped{Type: to})
		if err != nil {
			return err
		}
		return t.ChangeType(old, now, table.RulesNow(nil), true, table.Step{})
	}))
}

func (c *lookups) trash(r *rapid.T) {
	trashed := !c.pick(r)
	require.NoError(r, c.reshape(r, func(_ table.Maker, t *table.Table) error {
		if trashed {
			return t.Restore()
		}
		return t.Trash()
	}))
}

// requireFound compares what a table's lookups show with a plain search through the rows of the tables that they look into.
func (c *lookups) requireFound(r *rapid.T, id kernel.TableID) {
	c.use(id)
	if c.tbl.Trashed() {
		return
	}
	own := c.page(r, gridview.Query{})
	for _, col := range c.tbl.Schema().Columns {
		if col.Lookup == nil {
			continue
		}
		in := c.tables[col.Lookup.Table]
		problem := col.Lookup.Problem(col.Type, in)
		key, err := c.tbl.Live(col.Lookup.Key)
		if err != nil {
			problem = "a column that the lookup uses is in the trash or gone"
		}
		var found []apiRow
		if problem == "" {
			c.use(in.ID())
			found = c.page(r, gridview.Query{})
			c.use(id)
		}
		for _, row := range own {
			want := c.searched(col, in, key, row, found, problem)
			require.Equal(r, want.Error, row.States[col.ID].Message, "%s: %+v", col.Name, *col.Lookup)
			require.Equal(r, string(want.Value), string(kept(col, row)), "%s: %+v", col.Name, *col.Lookup)
		}
	}
}

// kept is a cell as it is kept; a long number is a text in the API.
func kept(col table.Column, row apiRow) json.RawMessage {
	v := row.Cells[col.ID]
	if col.Type.Numeric() {
		v = json.RawMessage(strings.Trim(string(v), `"`))
	}
	if len(v) == 0 {
		return kernel.Null()
	}
	return v
}

// searched is what a lookup should show in a row.
func (c *lookups) searched(col table.Column, in *table.Table, key table.Column, row apiRow, rows []apiRow, problem string) table.Computed {
	failed := func(message string) table.Computed { return table.Computed{Value: kernel.Null(), Error: message} }
	l := col.Lookup
	if strings.HasPrefix(problem, "a column that") {
		return failed(problem)
	}
	if key.Kind.Computed() && row.States[key.ID].State == gridview.ErrorState {
		return failed("“" + key.Name + "” has an error")
	}
	of, ok := table.KeyOf(l.Compare, key.Type, kept(key, row))
	if !ok {
		return table.Computed{Value: kernel.Null()}
	}
	if problem != "" {
		return failed(problem)
	}
	match, _ := in.Live(l.Match)
	value, _ := in.Live(l.Value)
	rows = slices.DeleteFunc(slices.Clone(rows), func(o apiRow) bool {
		k, ok := table.KeyOf(l.Compare, match.Type, kept(match, o))
		return !ok || k != of
	})
	if l.Take == table.TakeNewest {
		slices.Reverse(rows)
	}
	var values []json.RawMessage
	for _, o := range rows {
		if (l.Take == table.TakeFirst || l.Take == table.TakeNewest) && value.Kind.Computed() && o.States[value.ID].State == gridview.ErrorState && len(values) == 0 {
			return failed("the cell that the lookup takes has an error")
		}
		if l.Take == table.TakeFirst || l.Take == table.TakeNewest {
			return table.Taken(col, value, l.Take, []json.RawMessage{kept(value, o)}, false)
		}
		if v := kept(value, o); !kernel.IsNull(v) {
			values = append(values, v)
		}
	}
	return table.Taken(col, value, l.Take, folded(l.Take, rows, values), false)
}

// folded is what the database makes of the values.
func folded(take table.Take, rows []apiRow, values []json.RawMessage) []json.RawMessage {
	number := func(f float64) []json.RawMessage { return []json.RawMessage{json.RawMessage(fmt.Sprint(f))} }
	var sum, low, high float64
	for i, v := range values {
		var f float64
		_ = json.Unmarshal(v, &f)
		sum += f
		if i == 0 || f < low {
			low = f
		}
		if i == 0 || f > high {
			high = f
		}
	}
	switch {
	case take == table.TakeList:
		return values
	case take == table.TakeCount:
		return number(float64(len(rows)))
	case take == table.TakeFilled:
		return number(float64(len(values)))
	case len(values) == 0:
		return nil
	case take == table.TakeSum:
		return number(sum)
	case take == table.TakeMin:
		return number(low)
	default:
		return number(high)
	}
}
