package workflowcmd_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
)

// What a run has paid for stands; the question itself has no effect, however the version that is tried would act.
func TestWhatIfTellsWhatAnotherVersionWouldHaveDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1200)
	w.price = 10
	good, ask := node("some", workflow.Filter, workflow.Config{Filter: is(kind, "good")}), node("ask", workflow.Enrich, workflow.Config{ColumnID: score})
	wfl, id := w.begin(chain(good, ask))
	require.True(t, w.work(id).Done)
	require.Len(t, w.asked, 600)
	bad := good
	bad.Config = workflow.Config{Filter: is(kind, "bad")}
	w.save(wfl, 1, chain(ask, bad, node("tell", workflow.Call, posting()), node("mark", workflow.UpdateCells, set(`"x"`))))
	before, err := w.store.Head(t.Context())
	require.NoError(t, err)

	got, err := w.h.WhatIf(t.Context(), person(), id, 0)
	require.NoError(t, err)
	require.Equal(t, workflowcmd.WhatIf{
		Version: 2, Of: 1, Rows: 1200, Total: 1200, Spent: 6000, Likely: 6000,
		Nodes: []workflowcmd.WhatIfNode{
			{NodeID: "rows", Name: "Rows of a table", State: "same", Before: 1200, After: 1200},
			{NodeID: "ask", Name: "Enrichment", State: "same", Before: 600, After: 1200, Came: 600, Fresh: 600, Likely: 6000},
			{NodeID: "some", Name: "Filter", State: "changed", Before: 1200, After: 1200, Fresh: 1200},
			{NodeID: "tell", Name: "HTTP request", State: "added", After: 600, Came: 600, Fresh: 600},
			{NodeID: "mark", Name: "Update cells", State: "added", After: 600, Came: 600, Fresh: 600},
		},
	}, got)
	after, err := w.store.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.Len(t, w.asked, 600)
	require.Empty(t, w.calls.asked)
	require.Zero(t, w.marked(mark, `"x"`))
	require.Equal(t, 1, w.run(id).Version())

	same, err := w.h.WhatIf(t.Context(), person(), id, 1)
	require.NoError(t, err)
	require.Zero(t, same.Likely, "nothing that was paid for would be paid for again")
	for _, n := range same.Nodes {
		require.Zero(t, n.Fresh+n.Came+n.Left, n.NodeID)
	}
}

func TestWhatIfANodeWereNotThereAndTheSourceNarrower(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 100)
	g := chain(node("some", workflow.Filter, workflow.Config{Filter: is(kind, "good")}), node("mark", workflow.UpdateCells, set(`"x"`)))
	wfl, id := w.begin(g)
	require.True(t, w.work(id).Done)
	less := chain(g.Nodes[3])
	less.Nodes[1].Config.Filter = is(kind, "bad")
	w.save(wfl, 1, less)
	got, err := w.h.WhatIf(t.Context(), person(), id, 0)
	require.NoError(t, err)
	require.Equal(t, []workflowcmd.WhatIfNode{
		{NodeID: "rows", Name: "Rows of a table", State: "changed", Before: 100, After: 50, Left: 50},
		{NodeID: "mark", Name: "Update cells", State: "same", Before: 50, After: 50, Came: 50, Left: 50, Fresh: 50},
		{NodeID: "some", Name: "Filter", State: "removed", Before: 100, Left: 100},
	}, got.Nodes)
	_, err = w.h.WhatIf(t.Context(), kernel.Meta{Workspace: "ws_01JZZZZZZZZZZZZZZZZZZZZZZY"}, id, 0)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
}

func TestWhatIfWaitsForTheRunsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	_, id := w.begin(chain(node("wait", workflow.Wait, workflow.Config{Seconds: 90})))
	w.work(id)
	_, err := w.h.WhatIf(t.Context(), person(), id, 0)
	require.Equal(t, "RUN_UNDER_WAY", code(err))
}
