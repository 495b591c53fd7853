package dataopscmd_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/dataops"
)

// die runs the import until it has brought about so many rows in, and then loses its worker.
func (f *fixture) die(imp dataops.Summary, appends int) {
	f.t.Helper()
	err := f.importer(&mortal{Store: f.log, left: appends}, dataopscmd.Limits{BatchCells: 20}).Run(f.t.Context(), imp.ID, func(dataops.Summary) {})
	require.ErrorIs(f.t, err, errKilled)
	require.NoError(f.t, f.importer(f.log, dataopscmd.Limits{}).Lost(f.t.Context(), imp.ID))
}

// An import that kills its workers in one stretch of the file has failed, with the line; what was in before stays and can be undone.
func TestAnImportThatKillsItsWorkersHasFailed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	body, _ := bigFile(200)
	imp := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", body).ID, NewTable: "Leads"})
	f.die(imp, 4)
	f.die(imp, 2)
	done := f.run(imp.ID, dataopscmd.Limits{BatchCells: 20})
	require.Equal(t, dataops.StateFailed, done.State)
	require.Contains(t, done.Error, "the program ended 2 times")
	require.Positive(t, done.Counts.Imported)
	require.Len(t, f.cells(imp.TableID), int(done.Counts.Imported))
}

// Workers that are lost at places far from each other say nothing about the file.
func TestAnImportThatGetsOnGoesOn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	body, want := bigFile(300)
	imp := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", body).ID, NewTable: "Leads"})
	for range 4 {
		f.die(imp, 6)
	}
	done := f.run(imp.ID, dataopscmd.Limits{BatchCells: 20})
	require.Equal(t, dataops.StatePartial, done.State, "the file has bad lines")
	require.Equal(t, want, f.cells(imp.TableID))
}

// An undo that kills its workers ends too, and says so.
func TestAnUndoThatKillsItsWorkersIsGivenUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	body, _ := bigFile(50)
	imp := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", body).ID, NewTable: "Leads"})
	f.run(imp.ID, dataopscmd.Limits{})
	_, err := f.handlers.Undo(t.Context(), f.meta, dataopscmd.Undo{ImportID: imp.ID})
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, f.importer(f.log, dataopscmd.Limits{}).Lost(t.Context(), imp.ID))
	}
	done := f.run(imp.ID, dataopscmd.Limits{})
	require.False(t, done.Undoing)
	require.Len(t, f.cells(imp.TableID), 50)
}
