package historyread_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/historyread"
	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/historyview"
)

// However the log is cut into batches, the index is the same: a step that goes on in a later batch, one that is taken back in the batch
// that makes it, and one that is taken back twice.
func TestTheHistoryIsTheSameHoweverItIsCut(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(table.Events(), dataops.Events(), enrichment.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, historyview.New(codec, historyread.NewWriter), historyread.Model())
	h.Meta = kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Workspace: "ws_1"}
	ids := kernel.NewIDs(h.Clock)
	rows := []kernel.RowID{kernel.RowID(ids.New(kernel.PrefixRow)), kernel.RowID(ids.New(kernel.PrefixRow))}
	edit := func(step, undoes string, cols []kernel.ColumnID, rows ...kernel.RowID) table.CellsEdited {
		e := table.CellsEdited{TableID: "tbl_1", Source: table.FromEdit, Step: table.Step{Step: step, Undoes: undoes, Label: "Edit cells"}, Chunk: kernel.Chunk{Rows: rows, Cols: map[kernel.ColumnID][]json.RawMessage{}}}
		for _, c := range cols {
			for range rows {
				e.Chunk.Cols[c] = append(e.Chunk.Cols[c], json.RawMessage(`"x"`))
			}
		}
		return e
	}
	a, both := []kernel.ColumnID{"col_a"}, []kernel.ColumnID{"col_a", "col_b"}
	h.Append("import-imp_1", dataops.RowsAdded{ImportID: "imp_1", TableID: "tbl_1", Chunk: edit("", "", both, rows...).Chunk})
	h.Append("cells-tbl_1", edit("s1", "", a, rows[0]), edit("s2", "", both, rows[0]), edit("s2", "", a, rows...))
	h.Append("cells-tbl_1", edit("s2", "", a, rows[1]), edit("u1", "s2", both, rows...))
	h.Append("cells-tbl_1", edit("u1", "s2", a, rows[0]), edit("r1", "u1", both, rows...), edit("", "", a, rows[1]))
	h.Append("cells-tbl_1", edit("s3", "", a, rows[0]), edit("u3", "s3", a, rows[0]), edit("u4", "nothing that is known", a, rows[0]))
	h.Append("run-run_1", enrichment.RunAnswersRecorded{RunID: "run_1", TableID: "tbl_1", Marks: []enrichment.Mark{{RowID: rows[0], ColumnID: "col_a", State: "skipped"}}})
	h.Append("cells-tbl_1", table.RowsDeleted{TableID: "tbl_1", Rows: rows[:1], Step: table.Step{Step: "d1"}}, table.RowsRestored{TableID: "tbl_1", Rows: rows, Step: table.Step{Step: "d2"}})
	h.RequireRebuildable()

	var sums []string
	rowsOf, err := h.Pool.Query(t.Context(), `SELECT format('%s %s %s %s %s', l.step, coalesce(l.cells, 0), coalesce(l.row_count, 0), t.undone, e.step)
FROM rm_history.lines l LEFT JOIN rm_history.turns t ON t.step = l.position LEFT JOIN rm_history.lines e ON e.position = t.effective WHERE l.step IS NOT NULL ORDER BY l.position`)
	require.NoError(t, err)
	var line string
	for rowsOf.Next() {
		require.NoError(t, rowsOf.Scan(&line))
		sums = append(sums, line)
	}
	require.NoError(t, rowsOf.Err())
	require.Equal(t, []string{
		"imp_1 0 2  ", "s1 1 0  ", "s2 5 0 f r1", "u1 5 0 f u1", "r1 4 0 f r1", "9 1 0  ", "s3 1 0 t u3", "u3 1 0 f u3", "u4 1 0  ", "run_1 0 0  ", "d1 0 1  ", "d2 0 2  ",
	}, sums)
}
