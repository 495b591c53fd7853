package dedupread_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/dedupread"
	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/dedupview"
)

const (
	ws  = kernel.WorkspaceID("ws_1")
	tbl = kernel.TableID("tbl_1")
)

func TestScansMergesAndWhatIsMerged(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(dedup.Events(), table.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, dedupview.New(codec, dedupread.Open), dedupread.Model())
	q, ctx, at := dedupread.NewQueries(h.Pool), t.Context(), h.Clock.Now()
	scan, cells := eventstore.Stream(dedup.Stream, "dup_1"), eventstore.Stream(table.CellStream, string(tbl))
	group := func(rows ...kernel.RowID) dedup.Group {
		return dedup.Group{Rows: rows, Score: 0.9, Pairs: []dedup.Pair{{B: 1, Score: 0.9, By: "78"}}}
	}
	h.Append(scan, dedup.ScanStarted{JobID: "dup_1", Workspace: ws, TableID: tbl, At: at}, dedup.ScanProgressed{JobID: "dup_1", Rows: 9},
		dedup.GroupsFound{JobID: "dup_1", First: 1, Groups: []dedup.Group{group("row_x", "row_y")}}, dedup.ScanRestarted{JobID: "dup_1"},
		dedup.GroupsFound{JobID: "dup_1", First: 1, Groups: []dedup.Group{group("row_a", "row_b"), group("row_c", "row_d", "row_e")}})
	ids, err := q.Unfinished(ctx, "", 10)
	require.NoError(t, err)
	require.Equal(t, []kernel.DedupID{"dup_1"}, ids)
	_, ok, err := q.Group(ctx, "dup_1", 1)
	require.NoError(t, err)
	require.False(t, ok, "a scan that is under way has no groups yet")
	h.Append(scan, dedup.Ended{JobID: "dup_1", State: dedup.Completed, Told: &dedup.Told{Rows: 9}, At: at},
		dedup.GroupDecided{JobID: "dup_1", TableID: tbl, Group: 2, Decision: dedup.Distinct, Rows: []kernel.RowID{"row_d", "row_c", "row_e"}})
	var apart []string
	require.NoError(t, q.Apart(ctx, tbl, func(a, b kernel.RowID) { apart = append(apart, string(a+b)) }))
	require.ElementsMatch(t, []string{"row_crow_d", "row_crow_e", "row_drow_e"}, apart)

	merge := func(id kernel.DedupID, n int, survivor kernel.RowID, rows ...kernel.RowID) {
		h.Append(eventstore.Stream(dedup.Stream, string(id)), dedup.MergeStarted{JobID: id, Workspace: ws, TableID: tbl, ScanID: "dup_1", At: at},
			dedup.RowsMerged{JobID: id, Through: n, Groups: []dedup.Merged{{Group: n, Survivor: survivor, Rows: rows}}},
			dedup.Ended{JobID: id, State: dedup.Completed, At: at})
		links := make([]table.Link, len(rows))
		for i := range rows {
			links[i] = table.Link{Into: survivor, Merge: id}
		}
		h.Append(cells, table.RowsDeleted{TableID: tbl, Rows: rows, Links: links})
	}
	merge("dup_2", 1, "row_a", "row_b")
	counts, err := q.Counts(ctx, ws, tbl, "dup_1")
	require.NoError(t, err)
	require.Equal(t, map[string]int{"merged": 1, "distinct": 1}, counts)
	merge("dup_3", 2, "row_c", "row_a")
	later, err := q.Superseded(ctx, "dup_2", []int{1})
	require.NoError(t, err)
	require.Equal(t, kernel.DedupID("dup_3"), later[1].Merge)
	list, err := q.Merged(ctx, ws, tbl, dedupview.Place{}, 10)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, []kernel.RowID{"row_a"}, list[0].Rows)

	h.Append(cells, table.RowsRestored{TableID: tbl, Rows: []kernel.RowID{"row_a"}, Links: []table.Link{{Into: "row_c", Merge: "dup_3"}}})
	later, err = q.Superseded(ctx, "dup_2", []int{1})
	require.NoError(t, err)
	require.Empty(t, later, "what was taken apart stands in no way")
	inEffect, err := q.InEffect(ctx, "dup_2", []int{1, 2})
	require.NoError(t, err)
	require.Equal(t, map[int]bool{1: true}, inEffect)
	open, err := q.Groups(ctx, ws, tbl, "dup_1", "merged", 0, 10)
	require.NoError(t, err)
	require.Len(t, open, 1)
	jobs, err := q.Jobs(ctx, ws, tbl, dedup.Merging, "", 10)
	require.NoError(t, err)
	require.Len(t, jobs, 2)
	_, err = q.Job(ctx, "ws_2", tbl, "dup_1")
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	h.RequireRebuildable()

	h.Append(eventstore.Stream(table.StructureStream, string(tbl)), table.Purged{TableID: tbl})
	jobs, err = q.Jobs(ctx, ws, tbl, "", "", 10)
	require.NoError(t, err)
	require.Empty(t, jobs)
	h.RequireRebuildable()
}
