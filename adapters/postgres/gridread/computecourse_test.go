package gridread_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/gridview"
)

// TestAnyCourseOfFormulasIsRebuilt makes courses of edits, renames, changes of formulas and of types, deletions and returns.
func TestAnyCourseOfFormulasIsRebuilt(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Number, table.Text)
	first := f.tbl
	rapid.Check(t, func(r *rapid.T) {
		var err error
		f.tbl, err = table.New(f.maker(), kernel.TableID(f.ids.New(kernel.PrefixTable)), workspace, "", "T", []table.Draft{{Name: "A", Type: table.Number}, {Name: "B", Type: table.Text}})
		require.NoError(r, err)
		f.Append(eventstore.Stream(table.StructureStream, string(f.tbl.ID())), f.tbl.Pending()...)
		c := &course{fixture: f, r: r}
		c.T = r
		r.Repeat(map[string]func(*rapid.T){
			"insert": c.insert, "edit": c.edited, "delete rows": c.deleteRows, "add": c.add, "change": c.changeFormula, "rename": c.rename, "drop": c.drop, "back": c.back, "retype": c.retype,
			"tick": c.tick, "import": c.imported,
		})
		c.requireComputed(r)
	})
	f.tbl = first
	f.RequireRebuildable()
}

// course is what happens to one table.
type course struct {
	*fixture
	T       require.TestingT
	r       *rapid.T
	live    []kernel.RowID
	trashed []kernel.RowID
	names   int
}

func (c *course) pick(r *rapid.T, what string, formulas bool) (table.Column, bool) {
	var some []table.Column
	for _, col := range c.tbl.Schema().Columns {
		if (col.Kind == table.FormulaKind) == formulas {
			some = append(some, col)
		}
	}
	if len(some) == 0 {
		return table.Column{}, false
	}
	return rapid.SampledFrom(some).Draw(r, what), true
}

func (c *course) value(r *rapid.T, col table.Column) json.RawMessage {
	if col.Type == table.Number {
		return json.RawMessage(rapid.SampledFrom([]string{"null", "0", "1.5", "-3", "100000000000000000000.25"}).Draw(r, "number"))
	}
	return json.RawMessage(rapid.SampledFrom([]string{"null", `"x"`, `"Größe"`, `"7"`, `"2026-02-01"`}).Draw(r, "text"))
}

func (c *course) insert(r *rapid.T) {
	chunk := c.chunk(r, nil)
	c.cells(table.RowsInserted{TableID: c.tbl.ID(), Chunk: chunk})
}

func (c *course) imported(r *rapid.T) {
	chunk := c.chunk(r, nil)
	c.Append(importOf(c.tbl.ID()), dataops.RowsAdded{TableID: c.tbl.ID(), Chunk: chunk})
}

// importOf is the stream of an import into the table.
func importOf(id kernel.TableID) eventstore.StreamID {
	return eventstore.Stream("import", "imp_"+string(id))
}

func (c *course) chunk(r *rapid.T, rows []kernel.RowID) kernel.Chunk {
	chunk := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
	for range rapid.IntRange(1, 3).Draw(r, "rows") {
		id := kernel.RowID(c.ids.New(kernel.PrefixRow))
		chunk.Rows = append(chunk.Rows, id)
		c.live = append(c.live, id)
		for _, col := range c.tbl.Schema().Columns {
			if col.Writable() {
				chunk.Cols[col.ID] = append(chunk.Cols[col.ID], c.value(r, col))
			}
		}
	}
	return chunk
}

func (c *course) edited(r *rapid.T) {
	col, ok := c.pick(r, "column", false)
	rows := append(append([]kernel.RowID{}, c.live...), c.trashed...)
	if !ok || len(rows) == 0 {
		return
	}
	c.edit(col.ID, rapid.SampledFrom(rows).Draw(r, "row"), string(c.value(r, col)))
}

func (c *course) deleteRows(r *rapid.T) {
	if len(c.live) > 0 && rapid.Bool().Draw(r, "delete") {
		c.cells(table.RowsDeleted{TableID: c.tbl.ID(), Rows: c.live[:1]})
		c.live, c.trashed = c.live[1:], append(c.trashed, c.live[0])
	} else if len(c.trashed) > 0 {
		c.cells(table.RowsRestored{TableID: c.tbl.ID(), Rows: c.trashed[:1]})
		c.live, c.trashed = append(c.live, c.trashed[0]), c.trashed[1:]
	}
}

func (c *course) expression(r *rapid.T) (string, table.Type) {
	ref := func() string {
		return "{{" + rapid.SampledFrom(c.tbl.Schema().Columns).Draw(r, "reference").Name + "}}"
	}
	return rapid.SampledFrom([]string{"1", ref() + " + " + ref(), ref() + " / " + ref(), `string(` + ref() + `) + "ß"`, `daysBetween(today(), ` + ref() + `)`, "[" + ref() + "]", ref()}).Draw(r, "expression"),
		rapid.SampledFrom([]table.Type{table.Number, table.Text, table.Boolean, table.JSON, table.LongText}).Draw(r, "type")
}

func (c *course) add(r *rapid.T) {
	if len(c.tbl.Schema().Columns) > 9 {
		return
	}
	source, typ := c.expression(r)
	c.names++
	require.NoError(c.T, c.restructure(c.T, func(t *table.Table) error {
		_, err := t.AddColumn(c.maker(), table.Draft{Name: fmt.Sprint("F", c.names), Type: typ, Kind: table.FormulaKind, Formula: &table.Formula{Expression: source}}, "", table.Step{})
		return err
	}))
}

func (c *course) changeFormula(r *rapid.T) {
	col, ok := c.pick(r, "formula", true)
	if !ok {
		return
	}
	source, typ := c.expression(r)
	_ = c.restructure(c.T, func(t *table.Table) error { // a circle is refused
		_, err := t.ChangeColumn(c.maker(), col.ID, table.ColumnChange{Type: &typ, Formula: &table.Formula{Expression: source}}, table.Step{})
		return err
	})
}

func (c *course) rename(r *rapid.T) {
	col, ok := c.pick(r, "renamed", rapid.Bool().Draw(r, "formula"))
	if !ok {
		return
	}
	c.names++
	name := fmt.Sprint("N", c.names)
	require.NoError(c.T, c.restructure(c.T, func(t *table.Table) error {
		_, err := t.ChangeColumn(c.maker(), col.ID, table.ColumnChange{Name: &name}, table.Step{})
		return err
	}))
}

func (c *course) drop(r *rapid.T) {
	if len(c.tbl.Schema().Columns) < 3 {
		return
	}
	col := rapid.SampledFrom(c.tbl.Schema().Columns).Draw(r, "dropped")
	require.NoError(c.T, c.restructure(c.T, func(t *table.Table) error { return t.DeleteColumn(col.ID, table.Step{}) }))
}

func (c *course) back(r *rapid.T) {
	trash := c.tbl.Deleted()
	if len(trash) == 0 {
		return
	}
	col := rapid.SampledFrom(trash).Draw(r, "back")
	require.NoError(c.T, c.restructure(c.T, func(t *table.Table) error {
		if rapid.IntRange(0, 3).Draw(r, "purge") == 0 {
			return t.PurgeColumn(col.ID)
		}
		_, err := t.RestoreColumn(col.ID, table.Step{})
		return err
	}))
}

func (c *course) retype(r *rapid.T) {
	col, ok := c.pick(r, "retyped", false)
	if !ok {
		return
	}
	to := table.Text
	if col.Type == table.Text {
		to = table.Number
	}
	require.NoError(c.T, c.restructure(c.T, func(t *table.Table) error {
		old, now, err := t.Retype(c.maker(), col.ID, table.Retyped{Type: to})
		if err != nil {
			return err
		}
		return t.ChangeType(old, now, table.RulesNow(nil), true, table.Step{})
	}))
}

func (c *course) tick(r *rapid.T) {
	day := rapid.IntRange(1, 28).Draw(r, "day")
	require.NoError(c.T, c.restructure(c.T, func(t *table.Table) error { return t.Tick(time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC)) }))
}

// requireComputed compares what the grid shows with what the formulas make of the cells that it shows.
func (c *course) requireComputed(r *rapid.T) {
	s, formulas := c.tbl.Schema(), c.tbl.Formulas()
	plan := formulas.Plan(formulas.All())
	if plan == nil {
		return
	}
	kept := func(row apiRow, id kernel.ColumnID) json.RawMessage {
		v := row.Cells[id]
		if col, _ := s.Column(id); col.Type.Numeric() { // a long number is a text in the API
			v = json.RawMessage(strings.Trim(string(v), `"`))
		}
		return v
	}
	for _, row := range c.page(c.T, gridview.Query{}) {
		for i, want := range plan.Compute(func(id kernel.ColumnID) json.RawMessage { return kept(row, id) }, nil, nil) {
			col := plan.Writes[i]
			if _, live := s.Column(col.ID); !live {
				continue
			}
			require.Equal(r, want.Error, row.States[col.ID].Message, "%s = %s", col.Name, col.Formula.Expression)
			shown := kept(row, col.ID)
			if len(shown) == 0 {
				shown = kernel.Null()
			}
			require.Equal(r, string(want.Value), string(shown), "%s = %s", col.Name, col.Formula.Expression)
		}
	}
}
