package dataopscmd_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// madeTable makes an empty table of text columns.
func (f *fixture) madeTable(columns ...string) kernel.TableID {
	f.t.Helper()
	drafts := make([]table.Draft, len(columns))
	for i, name := range columns {
		drafts[i] = table.Draft{Name: name, Type: table.Text}
	}
	id := kernel.TableID(f.ids.New(kernel.PrefixTable))
	made, err := table.New(table.Maker{IDs: f.ids, Clock: kernel.SystemClock{}}, id, ws, "", "Leads", drafts)
	require.NoError(f.t, err)
	req, err := f.codec.Append(f.meta, nil, eventstore.At(eventstore.Stream(table.StructureStream, string(id)), eventstore.Expected(0), made.Pending()...))
	require.NoError(f.t, err)
	_, err = f.log.Append(f.t.Context(), req)
	require.NoError(f.t, err)
	return id
}

func (f *fixture) names(id kernel.TableID) (names []string) {
	f.t.Helper()
	for _, c := range f.schema(id).Columns {
		names = append(names, c.Name+":"+string(c.Type))
	}
	return names
}

// intoEmpty imports a list into an empty table as a paste does: one column is matched, another is of the list's own name and type.
func (f *fixture) intoEmpty(id kernel.TableID) dataops.Summary {
	f.t.Helper()
	own := f.schema(id).Columns
	imp := f.commit(dataopscmd.Commit{
		ImportID: f.upload("Pasted list.tsv", "Company\tNotes\nAcme\t12\nBolt\t30\n").ID, TableID: id, DropUnfilled: true, CreateOptions: true,
		Mapping: []dataopscmd.Mapping{{Index: 0, ColumnID: own[0].ID}, {Index: 1, NewColumn: &dataopscmd.NewColumn{Name: "Notes", Type: table.Select}}},
	})
	require.Equal(f.t, dataops.StateCompleted, f.run(imp.ID, dataopscmd.Limits{}).State)
	return imp
}

func TestAnEmptyTableTakesTheColumnsOfAList(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.madeTable("Name", "Notes", "City")
	imp := f.intoEmpty(id)
	require.Equal(t, []string{"Name:text", "Notes:select"}, f.names(id), "what the list doesn't fill goes, and may share a name with what it brings")
	require.Equal(t, [][]string{{"Acme", "12"}, {"Bolt", "30"}}, f.cells(id))

	require.Equal(t, dataops.StateUndone, f.undo(imp.ID, false).State)
	require.Equal(t, []string{"Name:text", "Notes:text", "City:text"}, f.names(id))
	require.Empty(t, f.cells(id))
}

func TestColumnsStayWhereTheUndoLeavesRows(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.madeTable("Name", "City")
	imp := f.intoEmpty(id)
	rows, err := f.grid.live(t.Context(), id)
	require.NoError(t, err)
	name := f.schema(id).Columns[0].ID
	f.put(eventstore.Stream(table.CellStream, string(id)), table.CellsEdited{
		TableID: id, Source: table.FromEdit,
		Chunk: kernel.Chunk{Rows: []kernel.RowID{rows[0].ID}, Cols: map[kernel.ColumnID][]jsonValue{name: {jsonValue(`"Acme & Co"`)}}},
	})
	f.undo(imp.ID, false)
	require.Equal(t, []string{"Name:text", "Notes:select"}, f.names(id))
	require.Equal(t, [][]string{{"Acme & Co", "12"}}, f.cells(id))
}

func TestColumnsOfATableWithRowsOrFillingThemselvesAreNotDropped(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.madeTable("Name", "City")
	f.intoEmpty(id)
	again := dataopscmd.Commit{ImportID: f.upload("a.csv", "Name\nCog\n").ID, TableID: id, DropUnfilled: true}
	_, err := f.handlers.Commit(t.Context(), f.meta, again)
	require.ErrorContains(t, err, "the table has rows")

	id = f.madeTable("Name")
	f.change(id, func(tbl *table.Table) error {
		_, err := tbl.AddColumn(table.Maker{IDs: f.ids, Clock: kernel.SystemClock{}}, table.Draft{
			Name: "Shout", Type: table.Text, Kind: table.FormulaKind, Formula: &table.Formula{Expression: "upper({{Name}})"},
		}, "", table.Step{})
		return err
	})
	again.TableID = id
	_, err = f.handlers.Commit(t.Context(), f.meta, again)
	require.ErrorContains(t, err, "“Shout” fills itself")
}
