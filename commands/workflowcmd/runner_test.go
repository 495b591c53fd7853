package workflowcmd_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
)

func TestRowsGoThroughAGraph(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1200)
	g := chain(node("fit", workflow.Branch, workflow.Config{Filter: is(kind, "good")}), node("yes", workflow.UpdateCells, set(`"A"`)))
	g.Edges[2].Port = workflow.Yes
	g.Nodes = append(g.Nodes, node("no", workflow.UpdateCells, set(`"B"`)), node("send", workflow.Send, workflow.Config{WebhookID: hook, Columns: []kernel.ColumnID{kind}}))
	g.Edges = append(g.Edges, workflow.Edge{From: "fit", Port: workflow.No, To: "no"}, workflow.Edge{From: "yes", Port: workflow.Out, To: "send"})
	_, id := w.begin(g)
	require.True(t, w.work(id).Done)
	r := w.run(id)
	require.Equal(t, workflow.Completed, r.State())
	require.Equal(t, 1200, r.Rows())
	require.Len(t, r.Batches(), 3)
	require.Equal(t, 600, w.marked(mark, `"A"`))
	require.Equal(t, 600, w.marked(mark, `"B"`))
	require.Equal(t, []string{"wf-: 100 rows", "wf-: 100 rows", "wf-: 50 rows", "wf-: 100 rows", "wf-: 100 rows", "wf-: 50 rows", "wf-: 100 rows"}, w.sent)
}

func TestAnEnrichmentIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.hold = true
	_, id := w.begin(chain(node("ask", workflow.Enrich, workflow.Config{ColumnID: score}), node("mark", workflow.UpdateCells, set(`"done"`))))
	require.Equal(t, time.Minute, w.work(id).Wait)
	require.Zero(t, w.marked(mark, `"done"`))
	asked := w.run(id).Open()
	require.Len(t, asked, 1)
	require.Equal(t, time.Minute, w.work(id).Wait, "it is asked once")
	require.NoError(t, w.answer(asked[0], workflowcmd.Ask{Table: tbl, Column: score, Rows: w.rows}, 3, enrichment.RunCompleted))
	require.True(t, w.work(id).Done)
	require.Equal(t, 3, w.marked(mark, `"done"`))
}

// The promise: a run that failed goes on under a better graph, and nobody is asked twice.
func TestARunIsResumedUnderABetterGraphWithoutPayingTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1000)
	w.price = 10
	g := chain(
		node("some", workflow.Filter, workflow.Config{Filter: is(kind, "good")}), node("ask", workflow.Enrich, workflow.Config{ColumnID: score}),
		node("send", workflow.Send, workflow.Config{WebhookID: hook, Columns: []kernel.ColumnID{score}}),
	)
	w.sendOK = func() (bool, error) { return false, errors.New("the receiver answered 400") }
	wfl, id := w.begin(g)
	require.True(t, w.work(id).Done)
	r := w.run(id)
	require.Equal(t, workflow.Failed, r.State())
	require.Equal(t, workflow.NodeID("send"), r.Ended().Node)
	require.Contains(t, r.Ended().Reason, "400")
	require.Len(t, w.asked, 500)

	better := chain(node("ask", workflow.Enrich, workflow.Config{ColumnID: score}), node("mark", workflow.UpdateCells, set(`"done"`)))
	w.save(wfl, 1, better)
	_, err := w.h.Resume(t.Context(), person(), workflowcmd.Resume{Run: id})
	require.NoError(t, err)
	require.True(t, w.work(id).Done)
	r = w.run(id)
	require.Equal(t, workflow.Completed, r.State(), r.Ended().Reason)
	require.Equal(t, 2, r.Version())
	require.Len(t, w.asked, 1000, "the filter is gone: the other rows are asked too")
	for row, n := range w.asked {
		require.Equal(t, 1, n, "%s was paid once", row)
	}
	require.EqualValues(t, 10*1000, r.Spent("ask"))
	require.Equal(t, 1000, w.marked(mark, `"done"`))
}

func TestWhatWasPaidForCountsWhenAnEnrichmentEndsEarly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	w.hold = true
	_, id := w.begin(chain(node("ask", workflow.Enrich, workflow.Config{ColumnID: score})))
	w.work(id)
	require.NoError(t, w.answer(w.run(id).Open()[0], workflowcmd.Ask{Table: tbl, Column: score, Rows: w.rows}, 4, enrichment.RunFailed))
	require.True(t, w.work(id).Done)
	require.Equal(t, workflow.Failed, w.run(id).State())
	require.Contains(t, w.run(id).Ended().Reason, "the enrichment failed: as the test wants it")
	w.hold = false
	_, err := w.h.Resume(t.Context(), person(), workflowcmd.Resume{Run: id})
	require.NoError(t, err)
	require.True(t, w.work(id).Done)
	require.Equal(t, workflow.Completed, w.run(id).State())
	for row, n := range w.asked {
		require.Equal(t, 1, n, row)
	}
	require.Len(t, w.asked, 10)
}

func TestARunIsCancelledWithItsEnrichment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	w.hold = true
	_, id := w.begin(chain(node("ask", workflow.Enrich, workflow.Config{ColumnID: score})))
	w.work(id)
	_, err := w.h.Control(t.Context(), person(), id, workflowcmd.Cancel)
	require.NoError(t, err)
	require.True(t, w.work(id).Done)
	require.Equal(t, workflow.Cancelled, w.run(id).State())
}

func TestAPausedRunWaitsToBeWoken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	_, id := w.begin(chain(node("mark", workflow.UpdateCells, set(`"x"`))))
	_, err := w.h.Control(t.Context(), person(), id, workflowcmd.Pause)
	require.NoError(t, err)
	require.Equal(t, workflowcmd.Stand{}, w.work(id))
	_, err = w.h.Control(t.Context(), person(), id, workflowcmd.Continue)
	require.NoError(t, err)
	require.True(t, w.work(id).Done)
	require.Equal(t, 3, w.marked(mark, `"x"`))
}

func TestAWaitLastsItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	_, id := w.begin(chain(node("wait", workflow.Wait, workflow.Config{Seconds: 90}), node("mark", workflow.UpdateCells, set(`"x"`))))
	require.Equal(t, 90*time.Second, w.work(id).Wait)
	w.clock.Advance(time.Minute)
	require.Equal(t, 30*time.Second, w.work(id).Wait)
	w.clock.Advance(30 * time.Second)
	require.True(t, w.work(id).Done)
	require.Equal(t, 2, w.marked(mark, `"x"`))
}

func TestALimitOfCreditsHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	w.price = 10
	g := chain(node("ask", workflow.Enrich, workflow.Config{ColumnID: score, MaxCredits: 40}))
	wfl, id := w.begin(g)
	w.work(id)
	require.Equal(t, workflow.Completed, w.run(id).State())
	w.rows = append(w.rows, kernel.RowID(w.ids.New(kernel.PrefixRow)))
	w.cells[w.rows[4]] = map[kernel.ColumnID]json.RawMessage{}
	g.Nodes[1].Config.Filter = json.RawMessage(`{"column":"` + string(mark) + `","op":"empty","value":null}`) // gathers anew
	w.save(wfl, 1, g)
	_, err := w.h.Resume(t.Context(), person(), workflowcmd.Resume{Run: id})
	require.NoError(t, err)
	w.work(id)
	require.Equal(t, workflow.Failed, w.run(id).State())
	require.Contains(t, w.run(id).Ended().Reason, "limit of credits")
	require.Len(t, w.asked, 4)
}

func TestAMessageIsSentAgainUnderItsID(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	tries := 0
	w.sendOK = func() (bool, error) {
		if tries++; tries < 3 {
			return true, errors.New("no answer")
		}
		return false, nil
	}
	_, id := w.begin(chain(node("send", workflow.Send, workflow.Config{WebhookID: hook, Columns: []kernel.ColumnID{kind}})))
	require.True(t, w.work(id).Done)
	require.Equal(t, workflow.Completed, w.run(id).State())
	require.Equal(t, 3, tries)
}

func TestALostWorkerIsCountedAndTheSecondEndsTheRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	_, id := w.begin(chain(node("mark", workflow.UpdateCells, set(`"x"`))))
	require.NoError(t, w.runner.Lost(t.Context(), id))
	require.Equal(t, workflow.Running, w.run(id).State())
	require.NoError(t, w.runner.Lost(t.Context(), id))
	require.Equal(t, workflow.Failed, w.run(id).State())
}

func TestADryRunHasNoEffect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 100)
	w.price = 10
	saved := w.save("", 0, chain(node("some", workflow.Filter, workflow.Config{Filter: is(kind, "good")}), node("ask", workflow.Enrich, workflow.Config{ColumnID: score})))
	before, err := w.store.Head(t.Context())
	require.NoError(t, err)
	d, err := w.h.DryRun(t.Context(), person(), saved.ID, 0)
	require.NoError(t, err)
	require.EqualValues(t, 100, d.Rows)
	require.EqualValues(t, 500, d.Likely, "half of the sample is asked")
	require.Equal(t, workflowcmd.DryNode{NodeID: "some", In: 10, Out: map[string]int{"out": 5}, Says: "lets 5 of 10 rows through, as they are now"}, d.Nodes[2])
	after, err := w.store.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.Empty(t, w.asked)
}

func TestVersionsAreRolledBackAndPublishedOnlyWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	good := chain(node("mark", workflow.UpdateCells, set(`"x"`)))
	saved := w.save("", 0, good)
	broken := w.save(saved.ID, 1, chain(node("mark", workflow.UpdateCells, workflow.Config{})))
	require.Len(t, broken.Problems, 1)
	_, err := w.h.Publish(t.Context(), person(), saved.ID, 0)
	require.ErrorContains(t, err, "choose a column")
	_, err = w.h.Start(t.Context(), person(), saved.ID, 0)
	require.Error(t, err)
	back, err := w.h.Rollback(t.Context(), person(), saved.ID, 1)
	require.NoError(t, err)
	require.Equal(t, 3, back.Value.Version)
	_, err = w.h.Publish(t.Context(), person(), saved.ID, 0)
	require.NoError(t, err)
	list, published, err := w.h.Versions(t.Context(), ws, saved.ID)
	require.NoError(t, err)
	require.Equal(t, 3, published)
	require.Equal(t, 1, list[0].Of)
	diff, err := w.h.Diff(t.Context(), ws, saved.ID, 1, 3)
	require.NoError(t, err)
	require.Empty(t, diff)
	_, err = w.h.Version(t.Context(), "ws_other", saved.ID, 0)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	_, err = w.h.Delete(t.Context(), person(), saved.ID)
	require.NoError(t, err)
	_, err = w.h.Version(t.Context(), ws, saved.ID, 0)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
}

func TestTemplatesAreWholeButForWhatTheyCannotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for _, template := range workflowcmd.Templates() {
		saved := w.save("", 0, template.Graph)
		for _, p := range saved.Problems {
			require.NotEmpty(t, p.Field, "%s: %s", template.Slug, p.Message)
		}
	}
}
