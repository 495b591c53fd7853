package workflowcmd_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/eventstore"
)

// active is the triggers of published workflows.
type active []workflowcmd.Active

func (a active) OfTable(_ context.Context, id kernel.TableID, _ int64) (out []workflowcmd.Active, err error) {
	for _, one := range a {
		if one.Trigger.TableID == id {
			out = append(out, one)
		}
	}
	return out, nil
}

func (a active) Schedules(_ context.Context, after kernel.WorkflowID, _ int) (out []workflowcmd.Active, err error) {
	for _, one := range a {
		if one.Trigger.Kind == workflow.Schedule && one.Workflow > after {
			out = append(out, one)
		}
	}
	return out, nil
}

// onChange is a graph that marks rows when rows are added or changed.
func onChange(value string, c workflow.Config) workflow.Graph {
	c.TableID = tbl
	return workflow.Graph{
		Nodes: []workflow.Node{node("rows", workflow.RowsChanged, c), node("mark", workflow.UpdateCells, set(value))},
		Edges: []workflow.Edge{{From: "rows", Port: workflow.Out, To: "mark"}},
	}
}

// publish saves and publishes a graph.
func (w *world) publish(g workflow.Graph) workflowcmd.Active {
	w.t.Helper()
	saved := w.save("", 0, g)
	require.Empty(w.t, saved.Problems)
	done, err := w.h.Publish(w.t.Context(), person(), saved.ID, 0)
	require.NoError(w.t, err)
	t, _ := g.Trigger()
	return workflowcmd.Active{
		Workspace: ws, Workflow: saved.ID, Version: 1, Position: done.Position, At: w.clock.Now(),
		Trigger: workflow.Trigger{Kind: t.Kind, TableID: t.Config.TableID, Cron: t.Config.Cron, TimeZone: t.Config.TimeZone},
	}
}

// edit sets a cell of rows as a person does.
func (w *world) edit(col kernel.ColumnID, value string, rows ...kernel.RowID) {
	w.t.Helper()
	require.NoError(w.t, w.Set(w.t.Context(), person(), tbl, rows, map[kernel.ColumnID]json.RawMessage{col: json.RawMessage(value)}))
}

// since are the events after a position that triggers act on.
func (w *world) since(position int64) (out []eventstore.Recorded) {
	w.t.Helper()
	all, err := w.store.ReadAll(w.t.Context(), position, 1000)
	require.NoError(w.t, err)
	for _, e := range all {
		for _, typ := range workflowcmd.ChangeTypes() {
			if e.Type == typ {
				out = append(out, e)
			}
		}
	}
	return out
}

// begun are the runs that have been begun, in order.
func (w *world) begun() (out []kernel.WorkflowRunID) {
	w.t.Helper()
	all, err := w.store.ReadAll(w.t.Context(), 0, 1000)
	require.NoError(w.t, err)
	for _, e := range all {
		if e.Type == (workflow.Started{}).EventType() {
			out = append(out, kernel.WorkflowRunID(e.Stream.ID()))
		}
	}
	return out
}

func changed() workflow.Config { return workflow.Config{On: []workflow.Change{workflow.Changed}} }

func TestChangesBeginOneRunTogetherAndOnlyOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 10)
	w.edit(kind, `"early"`, w.rows[9])
	c := changed()
	c.Filter, c.Columns = is(kind, "new"), []kernel.ColumnID{kind}
	a := active{w.publish(onChange(`"seen"`, c))}
	w.edit(kind, `"new"`, w.rows[0], w.rows[1])
	w.edit(kind, `"old"`, w.rows[2])
	w.edit(kind, `"new"`, w.rows[3])
	w.edit(mark, `"m"`, w.rows[4])
	events := w.since(0)
	require.NoError(t, w.h.Changed(t.Context(), a, events))
	require.NoError(t, w.h.Changed(t.Context(), a, events), "the same events come again after a crash")
	require.NoError(t, w.h.Changed(t.Context(), a, events[:2]), "cut in another way")
	require.Len(t, w.begun(), 1)
	require.True(t, w.work(w.begun()[0]).Done)
	require.Equal(t, workflow.Completed, w.run(w.begun()[0]).State())
	require.Equal(t, 3, w.marked(mark, `"seen"`), "what was changed before it was published, or otherwise, is not in it")
}

func TestAWorkflowIsNotBegunByWhatItLedTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	first, second := w.publish(onChange(`"1"`, changed())), w.publish(onChange(`"2"`, changed()))
	a := active{first, second}
	w.edit(kind, `"new"`, w.rows[0])
	at := int64(0)
	for range 10 {
		events := w.since(at)
		if len(events) == 0 {
			break
		}
		at = events[len(events)-1].Position
		require.NoError(t, w.h.Changed(t.Context(), a, events))
		for _, id := range w.begun() {
			w.work(id)
		}
	}
	require.Len(t, w.begun(), 4, "each by the person's edit, and each by the other's, but none by its own")
	require.Empty(t, w.since(at))
	for _, id := range w.begun()[2:] {
		require.Len(t, w.run(id).Started().Cause.Chain, 2)
	}
	passed, err := w.store.ReadStream(t.Context(), eventstore.Stream(workflow.TriggerStream, string(first.Workflow)), 0, 100)
	require.NoError(t, err)
	require.Equal(t, (workflow.Passed{}).EventType(), passed[len(passed)-1].Type)
}

func TestRowsOfAnImportAreAddedRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	a := active{w.publish(onChange(`"in"`, workflow.Config{On: []workflow.Change{workflow.Added}}))}
	w.append(person(), eventstore.Stream("import", "imp_1"),
		dataops.RowsAdded{ImportID: "imp_1", TableID: tbl, Chunk: kernel.Chunk{Rows: w.rows[:3], Cols: map[kernel.ColumnID][]json.RawMessage{}}},
		dataops.Completed{ImportID: "imp_1"})
	w.append(person(), eventstore.Stream("cells", string(tbl)), table.RowsInserted{TableID: tbl, Chunk: kernel.Chunk{Rows: w.rows[3:]}})
	w.edit(kind, `"x"`, w.rows[0])
	require.NoError(t, w.h.Changed(t.Context(), a, w.since(0)))
	require.Len(t, w.begun(), 1)
	require.True(t, w.work(w.begun()[0]).Done)
	require.Equal(t, 4, w.marked(mark, `"in"`))
}

func TestASchedulesMissedTimesAreToldAndNotStacked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	g := chain(node("mark", workflow.UpdateCells, set(`"night"`)))
	g.Nodes[0] = node("go", workflow.Schedule, workflow.Config{Cron: "0 2 * * *", TimeZone: "Europe/Berlin"})
	a := active{w.publish(g)}
	tick := func() int {
		n, err := w.h.Tick(t.Context(), a)
		require.NoError(t, err)
		return n
	}
	require.Zero(t, tick())
	w.clock.Advance(12 * time.Hour)
	require.Equal(t, 1, tick())
	require.Zero(t, tick(), "another process comes to it")
	w.clock.Advance(72 * time.Hour)
	require.Equal(t, 1, tick())
	require.Len(t, w.begun(), 2)
	cause := w.run(w.begun()[1]).Started().Cause
	require.Equal(t, 2, cause.Missed)
	require.Equal(t, time.Date(2026, 5, 5, 0, 0, 0, 0, time.UTC), cause.Due.UTC())
	w.clock.Advance(-95 * time.Hour)
	require.Zero(t, tick(), "a clock that was set back does not make it due again")
	w.clock.Advance(23 * time.Hour)
	require.Equal(t, 1, tick(), "nor does it keep it from being due")
	w.work(w.begun()[0])
	require.Equal(t, 2, w.marked(mark, `"night"`))
}
