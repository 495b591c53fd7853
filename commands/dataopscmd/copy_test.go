package dataopscmd_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

func (f *fixture) duplicate(id kernel.TableID, rows bool) dataopscmd.Duplicated {
	f.t.Helper()
	res, err := f.handlers.DuplicateTable(f.t.Context(), f.meta, dataopscmd.DuplicateTable{Table: id, Name: "Copy", Rows: rows})
	require.NoError(f.t, err)
	return res.Value
}

// rowsTable is a table of n rows.
func (f *fixture) rowsTable(n int) kernel.TableID {
	f.t.Helper()
	var b strings.Builder
	b.WriteString("Name,Count\n")
	for i := range n {
		fmt.Fprintf(&b, "Row %d,%d\n", i, i)
	}
	imp := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", b.String()).ID, NewTable: "Leads"})
	f.run(imp.ID, dataopscmd.Limits{})
	return imp.TableID
}

func TestATableIsCopiedWithOrWithoutItsRows(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.rowsTable(120)
	bare := f.duplicate(id, false)
	require.Empty(t, bare.ImportID)
	require.Equal(t, f.names(id), f.names(bare.TableID))
	require.Empty(t, f.cells(bare.TableID))

	full := f.duplicate(id, true)
	done := f.run(full.ImportID, dataopscmd.Limits{})
	require.Equal(t, dataops.StateCompleted, done.State)
	require.Equal(t, dataops.Counts{Lines: 120, Rows: 120, Imported: 120}, done.Counts)
	require.Equal(t, id, done.CopyOf)
	require.Equal(t, f.cells(id), f.cells(full.TableID))
	require.Len(t, f.cells(id), 120, "the table itself is as it was")

	require.Equal(t, dataops.StateUndone, f.undo(full.ImportID, false).State)
	require.Empty(t, f.cells(full.TableID))
}

func TestACopyThatIsKilledAnywhereIsWhole(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := f.rowsTable(30)
	want := f.cells(id)
	for kill := range 8 {
		made := f.duplicate(id, true)
		limits := dataopscmd.Limits{BatchCells: 12}
		_ = f.importer(&mortal{Store: f.log, left: kill}, limits).Run(t.Context(), made.ImportID, func(dataops.Summary) {})
		require.Equal(t, dataops.StateCompleted, f.run(made.ImportID, limits).State)
		require.Equal(t, want, f.cells(made.TableID), "killed after %d appends", kill)
	}
}

func TestACopyEndsWhereTheTableIsNoLongerWhatItWas(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*fixture, kernel.TableID, kernel.ColumnID){
		"was deleted": func(f *fixture, id kernel.TableID, c kernel.ColumnID) {
			f.change(id, func(t *table.Table) error { return t.DeleteColumn(c, table.Step{}) })
		},
		"that is copied was deleted": func(f *fixture, id kernel.TableID, _ kernel.ColumnID) { f.change(id, (*table.Table).Trash) },
	} {
		f := newFixture(t)
		id := f.rowsTable(3)
		made := f.duplicate(id, true)
		change(f, id, f.schema(id).Columns[0].ID)
		done := f.run(made.ImportID, dataopscmd.Limits{})
		require.Equal(t, dataops.StateFailed, done.State)
		require.Contains(t, done.Error, name)
	}
}
