package workflow_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/domaintest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
)

func now() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

// ids are n row ids.
func ids(n int) []kernel.RowID {
	out := make([]kernel.RowID, n)
	for i := range out {
		out[i] = kernel.RowKey{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, byte(i >> 16), byte(i >> 8), byte(i)}.RowID()
	}
	return out
}

func begun(g workflow.Graph) workflow.Started {
	return workflow.Started{RunID: "wfr_1", WorkflowID: "wfl_1", Workspace: "ws_1", Version: 1, Graph: g, At: now()}
}

// step is the next one, which must be the node's.
func step(t *testing.T, r *workflow.Run, node workflow.NodeID) workflow.Step {
	t.Helper()
	s, ok := r.Next()
	require.True(t, ok, "there is a next step")
	require.Equal(t, node, s.Node.ID)
	return s
}

// pass lets rows of each piece of a step out of a port.
func pass(t *testing.T, r *workflow.Run, s workflow.Step, port string, let func(workflow.Piece) workflow.Mask) {
	t.Helper()
	var out []workflow.Result
	for _, p := range s.Pieces {
		out = append(out, workflow.Result{Batch: p.Batch, Rows: p.Rows, Out: map[string]workflow.Mask{port: let(p)}})
	}
	require.NoError(t, r.Do(s, out, 0, ""))
}

func all(p workflow.Piece) workflow.Mask { return p.Rows }

// counted is how many rows a step is for.
func counted(s workflow.Step) (n int) {
	for _, p := range s.Pieces {
		n += p.Rows.Count()
	}
	return n
}

// through brings a run of simple with ten rows to the enrichment, of which the filter lets four through.
func through(t *testing.T) *workflow.Run {
	t.Helper()
	r := workflow.NewRun()
	require.NoError(t, r.Begin(begun(simple())))
	require.NoError(t, r.Gather(step(t, r, "rows"), ids(10), "", true))
	pass(t, r, step(t, r, "some"), workflow.Out, func(workflow.Piece) workflow.Mask { return workflow.FullMask(4) })
	return r
}

func TestNodesComeInOrderAndOnlyOnce(t *testing.T) {
	t.Parallel()
	r := through(t)
	ask := step(t, r, "ask")
	require.Equal(t, 4, counted(ask))
	pass(t, r, ask, workflow.Out, all)
	_, more := r.Next()
	require.False(t, more)
	require.NoError(t, r.End(now()))
	require.Equal(t, workflow.Completed, r.State())
}

func TestWhatIsDoneIsNotDoneAgainUnderABetterGraph(t *testing.T) {
	t.Parallel()
	r := through(t)
	ask := step(t, r, "ask")
	require.NoError(t, r.Do(ask, []workflow.Result{{Batch: 0, Rows: workflow.FullMask(3), Out: map[string]workflow.Mask{workflow.Out: workflow.FullMask(3)}}}, 30, ""))
	rest := step(t, r, "ask")
	require.NoError(t, r.Fail(rest, rest.Pieces, 0, "no credits", now()))
	require.Equal(t, workflow.Failed, r.State())

	better := simple() // the filter lets other rows through, and the enrichment may spend more
	better.Nodes[2].Config = only(`{"column":"b"}`)
	better.Nodes[3].Config.MaxCredits = 500
	require.NoError(t, r.Resume(2, better, "", "usr_1", now()))
	require.Equal(t, 10, counted(step(t, r, "some")), "the filter is another one")
	pass(t, r, step(t, r, "some"), workflow.Out, func(workflow.Piece) workflow.Mask { return workflow.FullMask(6) })
	again := step(t, r, "ask")
	require.Equal(t, workflow.Mask{0b111000}, again.Pieces[0].Rows, "three rows are answered already")
	pass(t, r, again, workflow.Out, all)
	require.NoError(t, r.End(now()))
	require.Equal(t, workflow.Completed, r.State())
	require.EqualValues(t, 30, r.Spent("ask"))

	require.NoError(t, r.Resume(2, better, "ask", "usr_1", now()))
	require.Equal(t, 6, counted(step(t, r, "ask")), "the node is to do its work again")
}

// TestAnEnrichmentIsWaitedForOnlyByTheNodeThatAsked: under a graph whose node asks something else, or is told to ask again, it is not.
func TestAnEnrichmentIsWaitedForOnlyByTheNodeThatAsked(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		change func(*workflow.Node)
		from   workflow.NodeID
		waits  bool
	}{
		"the same":         {func(*workflow.Node) {}, "", true},
		"a higher limit":   {func(n *workflow.Node) { n.Config.MaxCredits = 500 }, "", true},
		"another column":   {func(n *workflow.Node) { n.Config.ColumnID = other }, "", false},
		"to be done again": {func(*workflow.Node) {}, "ask", false},
	} {
		r := through(t)
		ask := step(t, r, "ask")
		require.NoError(t, r.Ask(ask, ask.Pieces, "run_1"))
		require.NoError(t, r.Cancel())
		require.NoError(t, r.End(now()))
		better := simple()
		c.change(&better.Nodes[3])
		require.NoError(t, r.Resume(2, better, c.from, "usr_1", now()), what)
		_, waits := r.Asked(better.Nodes[3])
		require.Equal(t, c.waits, waits, what)
		require.Equal(t, c.waits, len(r.Open()) == 1, what)
	}
}

func TestRowsThatNoLongerComeDoNotCount(t *testing.T) {
	t.Parallel()
	r := through(t)
	pass(t, r, step(t, r, "ask"), workflow.Out, all)
	require.NoError(t, r.End(now()))
	narrower := simple()
	narrower.Nodes[1].Config.Filter = only(`{"column":"c"}`).Filter
	narrower.Nodes = append(narrower.Nodes, node("mark", workflow.UpdateCells, workflow.Config{}))
	narrower.Edges = append(narrower.Edges, edge("ask", "mark"))
	require.NoError(t, r.Resume(2, narrower, "", "", now()))
	require.NoError(t, r.Gather(step(t, r, "rows"), ids(11)[2:], "", true))
	pass(t, r, step(t, r, "some"), workflow.Out, all) // the eleventh row
	require.Equal(t, 1, counted(step(t, r, "ask")))
	pass(t, r, step(t, r, "ask"), workflow.Out, all)
	require.Equal(t, 3, counted(step(t, r, "mark")), "of the four rows two are not in the source any more, and one came")
}

func TestABranchGoesBothWaysAndJoins(t *testing.T) {
	t.Parallel()
	g := simple()
	g.Nodes[2].Kind = workflow.Branch
	g.Nodes = append(g.Nodes, node("both", workflow.Wait, workflow.Config{Seconds: 1}))
	g.Edges = []workflow.Edge{
		edge("go", "rows"), edge("rows", "some"), {From: "some", Port: workflow.Yes, To: "ask"}, {From: "some", Port: workflow.No, To: "both"}, edge("ask", "both"),
	}
	r := workflow.NewRun()
	require.NoError(t, r.Begin(begun(g)))
	require.NoError(t, r.Gather(step(t, r, "rows"), ids(5), "", true))
	s := step(t, r, "some")
	yes := workflow.FullMask(2)
	require.NoError(t, r.Do(s, []workflow.Result{{Batch: 0, Rows: s.Pieces[0].Rows, Out: map[string]workflow.Mask{
		workflow.Yes: yes, workflow.No: s.Pieces[0].Rows.But(yes),
	}}}, 0, ""))
	pass(t, r, step(t, r, "ask"), workflow.Out, all)
	require.Equal(t, 5, counted(step(t, r, "both")))
}

func TestErrorsStopARunOrLetTheOthersGoOn(t *testing.T) {
	t.Parallel()
	g := simple()
	g.Nodes[3].OnError = workflow.Continue
	r := workflow.NewRun()
	require.NoError(t, r.Begin(begun(g)))
	require.NoError(t, r.Gather(step(t, r, "rows"), ids(3), "", true))
	pass(t, r, step(t, r, "some"), workflow.Out, all)
	s := step(t, r, "ask")
	require.NoError(t, r.Fail(s, []workflow.Piece{{Batch: 0, Rows: workflow.FullMask(1)}}, 0, "broken", now()))
	require.Equal(t, workflow.Running, r.State())
	require.Equal(t, 2, counted(step(t, r, "ask")))
	pass(t, r, step(t, r, "ask"), workflow.Out, all)
	require.NoError(t, r.End(now()))
	require.Equal(t, workflow.Partial, r.State())
	require.Contains(t, r.Ended().Reason, "1 rows")
	require.NoError(t, r.Resume(1, g, "", "", now()))
	require.Equal(t, 1, counted(step(t, r, "ask")), "what failed is tried again")
}

func TestARunTakesSoManyRowsAndSaysSo(t *testing.T) {
	t.Parallel()
	r := workflow.NewRun()
	require.NoError(t, r.Begin(begun(simple())))
	list := ids(workflow.MaxRows + 1)
	for i := 0; i < len(list); i += workflow.BatchRows {
		require.NoError(t, r.Gather(step(t, r, "rows"), list[i:min(len(list), i+workflow.BatchRows)], "x", false))
	}
	require.Equal(t, workflow.MaxRows, r.Rows())
	pass(t, r, step(t, r, "some"), workflow.Out, func(workflow.Piece) workflow.Mask { return nil })
	require.NoError(t, r.End(now()))
	require.Equal(t, workflow.Partial, r.State())
}

func TestWhatARunRefuses(t *testing.T) {
	t.Parallel()
	domaintest.Given(t, workflow.NewRun(), begun(simple())).
		When(func(r *workflow.Run) error { return r.Resume(1, simple(), "", "", now()) }).ThenRefused("RUN_UNDER_WAY")
	ended := workflow.Ended{RunID: "wfr_1", State: workflow.Failed, At: now()}
	domaintest.Given(t, workflow.NewRun(), begun(simple()), ended).When((*workflow.Run).Pause).ThenRefused("RUN_ENDED")
	domaintest.Given(t, workflow.NewRun(), begun(simple()), ended).When((*workflow.Run).Cancel).ThenNothing()
	other := simple()
	other.Nodes[0].Kind = workflow.Schedule
	hook := workflow.Config{TableID: t1, ColumnID: ask, Fields: map[kernel.ColumnID]string{ask: "a"}}
	elsewhere := hook
	elsewhere.TableID = t2
	domaintest.Given(t, workflow.NewRun(), begun(delivered(hook)), ended).
		When(func(r *workflow.Run) error { return r.Resume(2, delivered(elsewhere), "", "", now()) }).ThenRefused("VALIDATION_FAILED")
	domaintest.Given(t, workflow.NewRun(), begun(simple()), ended).
		When(func(r *workflow.Run) error { return r.Resume(2, other, "", "", now()) }).ThenRefused("VALIDATION_FAILED")
}

func TestMasks(t *testing.T) {
	t.Parallel()
	m := workflow.FullMask(10)
	require.Equal(t, 10, m.Count())
	require.True(t, m.Has(9))
	require.False(t, m.Has(10))
	require.Equal(t, workflow.Mask{0b1000}, workflow.Mask(nil).With(3))
	require.Equal(t, 7, m.But(workflow.FullMask(3)).Count())
	require.Equal(t, workflow.FullMask(3), m.And(workflow.FullMask(3)))
	require.True(t, m.But(m).Empty())
}
