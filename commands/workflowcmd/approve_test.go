package workflowcmd_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
)

// approved is a graph in which rows are marked by what people decide about them, beside a branch that asks nobody.
func approved() workflow.Graph {
	g := chain(node("ok", workflow.Approval, workflow.Config{Seconds: 3600, Columns: []kernel.ColumnID{kind}}))
	by := func(port string, to workflow.Node) {
		g.Nodes = append(g.Nodes, to)
		g.Edges = append(g.Edges, workflow.Edge{From: "ok", Port: port, To: to.ID})
	}
	by(workflow.Approved, node("yes", workflow.UpdateCells, set(`"yes"`)))
	by(workflow.Rejected, node("no", workflow.UpdateCells, set(`"no"`)))
	by(workflow.Late, node("late", workflow.UpdateCells, set(`"late"`)))
	return g
}

func (w *world) decide(run kernel.WorkflowRunID, approve bool, rows ...kernel.RowID) (int, error) {
	w.t.Helper()
	res, err := w.h.Decide(w.t.Context(), person(), workflowcmd.Decide{Run: run, Node: "ok", Rows: rows, Approve: approve})
	return res.Value.Rows, err
}

func TestRowsWaitForPeopleAndGoTheirWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 8)
	_, id := w.begin(approved())
	require.Equal(t, workflowcmd.Stand{Wait: time.Hour}, w.work(id))
	waiting, err := w.h.Waiting(t.Context(), ws, id)
	require.NoError(t, err)
	require.Len(t, waiting, 1)
	require.Equal(t, 8, waiting[0].Total)
	require.Equal(t, []workflowcmd.MessageColumn{{ID: kind, Name: "Kind"}}, waiting[0].Columns)
	require.Len(t, waiting[0].Rows, 8)

	n, err := w.decide(id, true, w.rows[0], w.rows[1])
	require.NoError(t, err)
	require.Equal(t, 2, n)
	w.clock.Advance(10 * time.Minute)
	require.Equal(t, workflowcmd.Stand{Wait: 50 * time.Minute}, w.work(id), "the others wait for what is left of the time")
	require.Equal(t, 2, w.marked(mark, `"yes"`))
	_, err = w.decide(id, false, w.rows[2])
	require.NoError(t, err)
	w.clock.Advance(50 * time.Minute)
	_, err = w.decide(id, true)
	require.Equal(t, "TOO_LATE", code(err))
	require.True(t, w.work(id).Done)
	require.Equal(t, []int{2, 1, 5}, []int{w.marked(mark, `"yes"`), w.marked(mark, `"no"`), w.marked(mark, `"late"`)})
	_, err = w.decide(id, true)
	require.Equal(t, "NOTHING_TO_DECIDE", code(err))
	waiting, err = w.h.Waiting(t.Context(), ws, id)
	require.NoError(t, err)
	require.Empty(t, waiting)
}

func TestARunOfAnotherWorkspaceIsNotDecidedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	_, id := w.begin(approved())
	w.work(id)
	stranger := person()
	stranger.Workspace = "ws_01JZZZZZZZZZZZZZZZZZZZZZZZY"
	_, err := w.h.Decide(t.Context(), stranger, workflowcmd.Decide{Run: id, Node: "ok", Approve: true})
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	_, err = w.h.Waiting(t.Context(), stranger.Workspace, id)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	_, err = w.h.Control(t.Context(), person(), id, workflowcmd.Cancel)
	require.NoError(t, err)
	require.True(t, w.work(id).Done, "a run that waits for people can be cancelled")
	require.Equal(t, workflow.Cancelled, w.run(id).State())
}
