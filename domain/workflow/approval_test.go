package workflow_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
)

// asking brings a run of ten rows to an approval after which approved rows are marked, and begins to wait there.
func asking(t *testing.T) (*workflow.Run, workflow.Step) {
	t.Helper()
	g := simple()
	g.Nodes[3] = node("ok", workflow.Approval, workflow.Config{Seconds: 3600})
	g.Nodes = append(g.Nodes, node("mark", workflow.UpdateCells, workflow.Config{}))
	g.Edges[2].To = "ok"
	g.Edges = append(g.Edges, workflow.Edge{From: "ok", Port: workflow.Approved, To: "mark"})
	r := workflow.NewRun()
	require.NoError(t, r.Begin(begun(g)))
	require.NoError(t, r.Gather(step(t, r, "rows"), ids(10), "", true))
	pass(t, r, step(t, r, "some"), workflow.Out, all)
	s := step(t, r, "ok")
	require.NoError(t, r.AskApproval(s, now().Add(time.Hour)))
	return r, s
}

func refused(t *testing.T, err error, code string) {
	t.Helper()
	var e *kernel.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code)
}

func decision(approve bool, rows ...kernel.RowID) workflow.Decision {
	return workflow.Decision{Node: "ok", Rows: rows, Approve: approve, By: "usr_1", At: now()}
}

func TestPeopleDecideRowByRowAndTheOthersWait(t *testing.T) {
	t.Parallel()
	r, _ := asking(t)
	n, err := r.Decide(decision(true, ids(3)...))
	require.NoError(t, err)
	require.Equal(t, 3, n)
	mark, more := r.NextBut(map[workflow.NodeID]bool{"ok": true})
	require.True(t, more, "what is approved goes on while the others wait")
	require.Equal(t, 3, counted(mark))
	_, err = r.Decide(decision(true, ids(3)...))
	refused(t, err, "NOTHING_TO_DECIDE")
	n, err = r.Decide(decision(false))
	require.NoError(t, err)
	require.Equal(t, 7, n, "all that are left")
	pass(t, r, step(t, r, "mark"), workflow.Out, all)
	_, more = r.Next()
	require.False(t, more, "what is rejected goes nowhere")
	_, err = r.Decide(decision(true))
	refused(t, err, "NOTHING_TO_DECIDE")
}

func TestWhatADecisionMayNotBe(t *testing.T) {
	t.Parallel()
	r, _ := asking(t)
	for code, d := range map[string]workflow.Decision{
		"VALIDATION_FAILED": decision(true, ids(11)[10]), "TOO_LATE": {Node: "ok", At: now().Add(time.Hour)}, "NOTHING_TO_DECIDE": {Node: "mark", At: now()},
	} {
		_, err := r.Decide(d)
		refused(t, err, code)
	}
	_, err := r.Decide(decision(true, "row_x"))
	refused(t, err, "VALIDATION_FAILED")
	require.NoError(t, r.Cancel())
	_, err = r.Decide(decision(true))
	refused(t, err, "NOTHING_TO_DECIDE")
}

func TestADecisionHoldsUnderABetterGraph(t *testing.T) {
	t.Parallel()
	r, s := asking(t)
	_, err := r.Decide(decision(true, ids(4)...))
	require.NoError(t, err)
	late, _ := r.Awaiting("ok")
	require.NoError(t, r.Do(s, []workflow.Result{{Rows: late.Pieces[0].Rows, Out: map[string]workflow.Mask{workflow.Late: late.Pieces[0].Rows}}}, 0, ""))
	mark := step(t, r, "mark")
	require.Equal(t, 4, counted(mark))
	require.NoError(t, r.Fail(mark, mark.Pieces, 0, "no", now()))
	g := r.Graph()
	g.Nodes = append([]workflow.Node{}, g.Nodes...)
	g.Nodes[3].Config.Seconds, g.Nodes[3].Config.Columns = 7200, []kernel.ColumnID{other}
	require.NoError(t, r.Resume(2, g, "", "usr_1", now()))
	require.Equal(t, 4, counted(step(t, r, "mark")), "nobody is asked again")
}
