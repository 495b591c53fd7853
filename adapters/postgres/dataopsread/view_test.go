package dataopsread_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/dataopsread"
	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/dataopsview"
)

const ws = kernel.WorkspaceID("ws_01JZZZZZZZZZZZZZZZZZZZZZZA")

func TestView(t *testing.T) {
	t.Parallel()
	h := postgrestest.NewModel(t, dataopsview.New(dataopsread.Open), dataopsread.Model())
	q := dataopsread.NewQueries(h.Pool)
	const first, second = kernel.ImportID("imp_01JZZZZZZZZZZZZZZZZZZZZZZA"), kernel.ImportID("imp_01JZZZZZZZZZZZZZZZZZZZZZZB")
	stream := func(id kernel.ImportID) eventstore.StreamID { return eventstore.Stream("import", string(id)) }
	for _, id := range []kernel.ImportID{first, second} {
		h.Append(stream(id), dataops.Uploaded{ImportID: id, Workspace: ws, Filename: "a.csv", Size: 200, Columns: []dataops.FileColumn{{Name: "Näme <&>", Samples: []string{"x"}}}, Preview: [][]string{{"x"}}})
	}
	created := h.Clock.Now()
	waiting := func() []dataopsread.Upload {
		list, err := q.Waiting(t.Context(), created.Add(time.Second), 10)
		require.NoError(t, err)
		return list
	}
	require.Equal(t, []dataopsread.Upload{{Workspace: ws, Import: first}, {Workspace: ws, Import: second}}, waiting())
	h.Append(stream(first), dataops.Started{ImportID: first, TableID: "tbl_1"}, dataops.RowsAdded{ImportID: first, TableID: "tbl_1", ChunkNo: 1},
		dataops.RowsRejected{ImportID: first, Problems: []dataops.Problem{{Line: 3, Column: "c", Value: "v", Reason: "r"}, {Line: 5, Reason: "s", Kept: true}}},
		dataops.BatchRecorded{ImportID: first, Batch: 1, Next: dataops.Mark{Line: 6, Offset: 50}, Counts: dataops.Counts{Lines: 6, Rows: 5, Imported: 4, Failed: 1, Problems: 2}})

	imp, err := q.Import(t.Context(), ws, first)
	require.NoError(t, err)
	require.Equal(t, dataops.StateImporting, imp.State)
	require.InDelta(t, 0.25, imp.Progress, 0)
	require.Equal(t, created, imp.CreatedAt)
	require.Nil(t, imp.FinishedAt)
	require.Equal(t, "Näme <&>", imp.Columns[0].Name)

	require.Equal(t, []dataopsread.Upload{{Workspace: ws, Import: second}}, waiting(), "one that was committed waits no longer")
	h.Clock.Advance(time.Minute)
	h.Append(stream(first), dataops.Completed{ImportID: first, Counts: dataops.Counts{Problems: 2}})
	imp, err = q.Import(t.Context(), ws, first)
	require.NoError(t, err)
	require.Equal(t, dataops.StatePartial, imp.State)
	require.Equal(t, h.Clock.Now(), *imp.FinishedAt)

	var lines []dataops.Problem
	collect := func(p dataops.Problem) error { lines = append(lines, p); return nil }
	require.NoError(t, q.Problems(t.Context(), ws, first, collect))
	require.Equal(t, []dataops.Problem{{Line: 3, Column: "c", Value: "v", Reason: "r"}, {Line: 5, Reason: "s", Kept: true}}, lines)

	list, err := q.Imports(t.Context(), ws, "", "", 10, dataopsview.Only{})
	require.NoError(t, err)
	require.Equal(t, []kernel.ImportID{second, first}, []kernel.ImportID{list[0].ID, list[1].ID})
	list, err = q.Imports(t.Context(), ws, "tbl_1", second, 10, dataopsview.Only{})
	require.NoError(t, err)
	require.Len(t, list, 1)

	none, err := q.Waiting(t.Context(), created, 10)
	require.NoError(t, err)
	require.Empty(t, none, "not long enough")

	_, err = q.Import(t.Context(), "ws_other", first)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	list, err = q.Imports(t.Context(), "ws_other", "", "", 10, dataopsview.Only{})
	require.NoError(t, err)
	require.Empty(t, list)
	lines = nil
	require.NoError(t, q.Problems(t.Context(), "ws_other", first, collect))
	require.Empty(t, lines)
	h.RequireRebuildable()

	h.Append("table-tbl_1", table.Purged{TableID: "tbl_1"})
	require.NoError(t, q.Problems(t.Context(), ws, first, collect))
	require.Empty(t, lines, "what a purged table's imports refused is forgotten")
	imp, err = q.Import(t.Context(), ws, first)
	require.NoError(t, err)
	require.Empty(t, imp.Preview)
	require.Empty(t, imp.Columns)
	require.EqualValues(t, 4, imp.Counts.Imported)
	h.RequireRebuildable()
}

func TestUnfinished(t *testing.T) {
	t.Parallel()
	h := postgrestest.NewModel(t, dataopsview.New(dataopsread.Open), dataopsread.Model())
	q := dataopsread.NewQueries(h.Pool)
	const first, second = kernel.ImportID("imp_01JZZZZZZZZZZZZZZZZZZZZZZA"), kernel.ImportID("imp_01JZZZZZZZZZZZZZZZZZZZZZZB")
	did := func(id kernel.ImportID, events ...kernel.Event) {
		h.Append(eventstore.Stream("import", string(id)), events...)
	}
	requireUnderway := func(after kernel.ImportID, want ...dataopsread.Unfinished) {
		t.Helper()
		list, err := q.Unfinished(t.Context(), after, 10)
		require.NoError(t, err)
		require.ElementsMatch(t, want, list)
	}
	for _, id := range []kernel.ImportID{first, second} {
		did(id, dataops.Uploaded{ImportID: id, Workspace: ws, Filename: "a.csv", Size: 200})
	}
	requireUnderway("")
	did(first, dataops.Started{ImportID: first, TableID: "tbl_1"})
	did(second, dataops.Started{ImportID: second, TableID: "tbl_1"})
	requireUnderway("", dataopsread.Unfinished{Import: first}, dataopsread.Unfinished{Import: second})
	requireUnderway(first, dataopsread.Unfinished{Import: second})
	did(first, dataops.Completed{ImportID: first})
	did(second, dataops.Cancelled{ImportID: second})
	requireUnderway("")
	did(first, dataops.UndoStarted{ImportID: first})
	requireUnderway("", dataopsread.Unfinished{Import: first, Undoing: true})
	did(first, dataops.Undone{ImportID: first})
	requireUnderway("")
}
