package workflowread_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/adapters/postgres/workflowread"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/workflowview"
)

// atOnce is a read model that is always there.
type atOnce struct{}

func (atOnce) Wait(_ context.Context, _ string, position int64) (int64, bool) { return position, true }

func TestWorkflowsTheirTriggersAndRuns(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(workflow.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, workflowview.New(codec, workflowread.Open), workflowread.Model())
	q := workflowread.NewQueries(h.Pool)
	triggers := workflowread.NewTriggers(q, atOnce{})
	const ws = kernel.WorkspaceID("ws_1")
	at := h.Clock.Now()
	g := workflow.Graph{Nodes: []workflow.Node{
		{ID: "rows", Kind: workflow.RowsChanged, Config: workflow.Config{TableID: "tbl_1"}}, {ID: "mark", Kind: workflow.UpdateCells},
	}, Edges: []workflow.Edge{{From: "rows", Port: workflow.Out, To: "mark"}}}
	stream := eventstore.Stream(workflow.Stream, "wfl_1")
	h.Append(stream, workflow.Saved{WorkflowID: "wfl_1", Workspace: ws, Version: 1, Name: "A", Graph: g, At: at})
	list, err := q.Workflows(t.Context(), ws, "", 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, []kernel.TableID{"tbl_1"}, list[0].Tables)
	found, err := triggers.OfTable(t.Context(), "tbl_1", 0)
	require.NoError(t, err)
	require.Empty(t, found, "a draft begins nothing")
	h.Append(stream, workflow.Published{WorkflowID: "wfl_1", Version: 1, Trigger: workflow.Trigger{Kind: workflow.RowsChanged, TableID: "tbl_1"}, At: at})
	found, err = triggers.OfTable(t.Context(), "tbl_1", 0)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.EqualValues(t, 2, found[0].Position)
	h.Append(eventstore.Stream(workflow.TriggerStream, "wfl_1"), workflow.Passed{WorkflowID: "wfl_1", Through: 9, Reason: "its own doing"})
	list, err = q.Workflows(t.Context(), ws, "", 10)
	require.NoError(t, err)
	require.Equal(t, "its own doing", list[0].Passed)
	h.Append(stream, workflow.Published{WorkflowID: "wfl_1", Version: 1, Trigger: workflow.Trigger{Kind: workflow.Schedule, Cron: "0 2 * * *"}, At: at})
	found, err = triggers.Schedules(t.Context(), "", 10)
	require.NoError(t, err)
	require.Len(t, found, 1)

	run := eventstore.Stream(workflow.RunStream, "wfr_1")
	until := at.Add(time.Hour)
	done := func(hash string, rows int) workflow.NodeDone {
		m := workflow.FullMask(rows)
		return workflow.NodeDone{RunID: "wfr_1", Node: "mark", Hash: hash, Spent: 3, Results: []workflow.Result{{Rows: m, Out: map[string]workflow.Mask{"out": m}}}}
	}
	h.Append(run, workflow.Started{RunID: "wfr_1", WorkflowID: "wfl_1", Workspace: ws, Version: 1, Graph: g, Cause: workflow.Cause{Kind: workflow.RowsChanged}, At: at},
		workflow.Gathered{RunID: "wfr_1", Node: "rows", Hash: "r", TableID: "tbl_1", Rows: []kernel.RowID{"row_1", "row_2"}, Known: []workflow.Piece{{Rows: workflow.FullMask(1)}}},
		workflow.WaitBegun{RunID: "wfr_1", Node: "mark", Hash: "a", Until: until}, done("a", 2), done("a", 1),
		workflow.NodeFailed{RunID: "wfr_1", Node: "mark", Hash: "a", Pieces: []workflow.Piece{{Rows: workflow.FullMask(4)}}, Reason: "no"},
		workflow.RunPaused{RunID: "wfr_1"})
	ids, err := q.Unfinished(t.Context(), "", 10)
	require.NoError(t, err)
	require.Equal(t, []kernel.WorkflowRunID{"wfr_1"}, ids)
	got, nodes, ok, err := q.Run(t.Context(), ws, "wfr_1")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, workflow.Paused, got.State)
	require.EqualValues(t, 2, got.Rows)
	require.EqualValues(t, 6, got.Spent)
	require.Equal(t, workflowview.NodeCount{Run: "wfr_1", Node: "mark", Hash: "a", Done: 3, Failed: 4, Out: map[string]int64{"out": 3}, Spent: 6, State: "failed", Says: "no"}, nodes[0])
	require.EqualValues(t, 3, nodes[1].Done)
	h.Append(run, workflow.Ended{RunID: "wfr_1", State: workflow.Failed, Node: "mark", Reason: "no", At: at})
	_, _, ok, err = q.Run(t.Context(), "ws_2", "wfr_1")
	require.NoError(t, err)
	require.False(t, ok, "another workspace's")
	h.Append(run, workflow.Resumed{RunID: "wfr_1", Version: 2, Graph: g, Round: 1, From: "mark", At: at}, done("b", 5))
	got, nodes, _, err = q.Run(t.Context(), ws, "wfr_1")
	require.NoError(t, err)
	require.Equal(t, workflow.Running, got.State)
	require.Equal(t, 2, got.Version)
	require.EqualValues(t, 5, nodes[0].Done, "what another node did before does not count")
	require.Zero(t, nodes[0].Failed)
	runs, err := q.Runs(t.Context(), ws, "wfl_1", "", 10)
	require.NoError(t, err)
	require.Len(t, runs, 1)

	h.Append(stream, workflow.Unpublished{WorkflowID: "wfl_1"}, workflow.Deleted{WorkflowID: "wfl_1"})
	list, err = q.Workflows(t.Context(), ws, "", 10)
	require.NoError(t, err)
	require.Empty(t, list)
	h.RequireRebuildable()
}

func TestWhatWaitsForPeopleIsListed(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(workflow.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, workflowview.New(codec, workflowread.Open), workflowread.Model())
	q := workflowread.NewQueries(h.Pool)
	const ws = kernel.WorkspaceID("ws_1")
	at := h.Clock.Now()
	until := at.Add(time.Hour)
	run := eventstore.Stream(workflow.RunStream, "wfr_1")
	h.Append(eventstore.Stream(workflow.Stream, "wfl_1"), workflow.Saved{WorkflowID: "wfl_1", Workspace: ws, Version: 1, Name: "A", At: at})
	h.Append(run, workflow.Started{RunID: "wfr_1", WorkflowID: "wfl_1", Workspace: ws, Version: 1, At: at})
	h.Append(run, workflow.ApprovalAsked{RunID: "wfr_1", Node: "ok", Hash: "o", Until: until})
	pending, err := q.Pending(t.Context(), ws)
	require.NoError(t, err)
	require.Equal(t, []workflowview.Pending{{Run: "wfr_1", Workflow: "wfl_1", Name: "A", Node: "ok", Until: until}}, pending)
	decided := workflow.Decided{RunID: "wfr_1", Node: "ok", Hash: "o", Left: 1, Until: until, Results: []workflow.Result{{Rows: workflow.FullMask(1), Out: map[string]workflow.Mask{"approved": workflow.FullMask(1)}}}}
	h.Append(run, decided)
	pending, err = q.Pending(t.Context(), ws)
	require.NoError(t, err)
	require.Len(t, pending, 1, "a row is left")
	decided.Left = 0
	h.Append(run, decided)
	pending, err = q.Pending(t.Context(), ws)
	require.NoError(t, err)
	require.Empty(t, pending)
	h.RequireRebuildable()
}
