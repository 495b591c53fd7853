package workflowcmd_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/eventstore"
)

// onDelivery is a graph that marks the rows that deliveries make.
func onDelivery() workflow.Graph {
	c := workflow.Config{TableID: tbl, ColumnID: kind, Fields: map[kernel.ColumnID]string{kind: "contact.email"}}
	return workflow.Graph{
		Nodes: []workflow.Node{node("hook", workflow.Webhook, c), node("mark", workflow.UpdateCells, set(`"seen"`))},
		Edges: []workflow.Edge{{From: "hook", Port: workflow.Out, To: "mark"}},
	}
}

// code is what a refusal is called.
func code(err error) string {
	var e *kernel.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// address gives a workflow an address.
func (w *world) address(id kernel.WorkflowID) string {
	w.t.Helper()
	res, err := w.h.SetHook(w.t.Context(), person(), id)
	require.NoError(w.t, err)
	return strings.TrimPrefix(res.Value.Path, workflowcmd.HookPath)
}

func (w *world) deliver(address, key, body string) (workflowcmd.Accepted, error) {
	w.t.Helper()
	res, err := w.h.Receive(w.t.Context(), kernel.Meta{}, workflowcmd.Receive{Address: address, Key: key, Body: []byte(body)})
	return res.Value, err
}

func TestDeliveriesBecomeRowsAndBeginOneRunTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	a := w.publish(onDelivery())
	address := w.address(a.Workflow)
	for _, d := range []struct{ key, body string }{
		{"1", `{"contact":{"email":"a@x"}}`},
		{"1", `{"contact":{"email":"a@x"}}`},
		{"2", `[{"contact":{"email":"b@x"}},{"contact":{"email":"c@x"}}]`},
		{"", `{"contact":{"email":"a@x"}}`},
	} {
		done, err := w.deliver(address, d.key, d.body)
		require.NoError(t, err)
		require.Positive(t, done.Rows)
	}
	require.Len(t, w.rows, 3, "a row is found by its key")
	stream := eventstore.Stream(workflow.HookStream, string(a.Workflow))
	taken, err := w.store.StreamVersion(t.Context(), stream)
	require.NoError(t, err)
	require.EqualValues(t, 3, taken, "a repeat does nothing more")
	for range 2 { // the second time after a crash
		require.NoError(t, w.h.Changed(t.Context(), active{}, w.since(0)))
	}
	require.Len(t, w.begun(), 1)
	require.True(t, w.work(w.begun()[0]).Done)
	require.Equal(t, 3, w.marked(mark, `"seen"`))
	require.Equal(t, workflow.Webhook, w.run(w.begun()[0]).Started().Cause.Kind)
	_, err = w.deliver(address, "1", `{"contact":{"email":"other"}}`)
	require.ErrorIs(t, err, eventstore.ErrKeyReused)
}

func TestWhatAnAddressRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	a := w.publish(onDelivery())
	old := w.address(a.Workflow)
	address := w.address(a.Workflow)
	refused := func(want, address, body string) {
		t.Helper()
		_, err := w.deliver(address, "", body)
		require.Equal(t, want, code(err), "%v", err)
	}
	good := `{"contact":{"email":"a@x"}}`
	for _, wrong := range []string{"", ".", "wfl_1.x", string(a.Workflow), string(a.Workflow) + ".", old, address + "x", "wfl_01JZZZZZZZZZZZZZZZZZZZZZZZ.x"} {
		refused("NOT_FOUND", wrong, good)
	}
	refused("VALIDATION_FAILED", address, `{"contact":{"email":null}}`)
	refused("VALIDATION_FAILED", address, `{"contact":{}}`)
	refused("MALFORMED", address, `{`)
	w.full = true
	refused("RATE_LIMITED", address, good)
	w.full = false
	_, err := w.h.Unpublish(t.Context(), person(), a.Workflow)
	require.NoError(t, err)
	refused("NOT_PUBLISHED", address, good)
	require.Empty(t, w.rows)
	_, err = w.h.Hook(t.Context(), "ws_01JZZZZZZZZZZZZZZZZZZZZZZY", a.Workflow)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err), "another workspace's")
}

func TestWhatCameLastIsASampleForTheMapping(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	saved := w.save("", 0, onDelivery())
	before, err := w.h.Hook(t.Context(), ws, saved.ID)
	require.NoError(t, err)
	require.Nil(t, before.Since)
	address := w.address(saved.ID)
	_, err = w.deliver(address, "", `{"contact":{"email":"a@x"}}`)
	require.Equal(t, "NOT_PUBLISHED", code(err))
	after, err := w.h.Hook(t.Context(), ws, saved.ID)
	require.NoError(t, err)
	require.NotNil(t, after.Since)
	require.Equal(t, []workflow.SampleField{{Path: "contact.email", Value: "a@x"}}, after.Sample)
}

// A sample that tells of somebody who was erased is neither kept nor shown, and it goes when it is to be forgotten.
func TestASampleDoesNotBringAPersonBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	id := w.save("", 0, onDelivery()).ID
	address := w.address(id)
	shown := func() int {
		hook, err := w.h.Hook(t.Context(), ws, id)
		require.NoError(t, err)
		return len(hook.Sample)
	}
	come := func(body string) {
		_, err := w.deliver(address, "", body)
		require.Equal(t, "NOT_PUBLISHED", code(err))
	}
	come(`{"contact":{"email":"ada@x"}}`)
	require.Equal(t, 1, shown())
	require.True(t, w.h.SampleHas(t.Context(), id, func(text string) bool { return strings.Contains(text, "ada@x") }))
	w.erased = "ada@x"
	require.Zero(t, shown(), "kept from before")
	require.True(t, w.h.ForgetSample(t.Context(), id))
	require.False(t, w.h.ForgetSample(t.Context(), id), "nothing is left")
	come(`{"contact":{"email":"ada@x"}}`)
	w.erased = ""
	require.Zero(t, shown(), "it was not kept")
	come(`{"contact":{"email":"grace@x"}}`)
	require.Equal(t, 1, shown())
}

// TestDeliveriesWaitInBoundedNumber: when no run begins, what comes is to be sent again later; what a trigger left lying that was off does
// not stand in the way for ever.
func TestDeliveriesWaitInBoundedNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	a := w.publish(onDelivery())
	address := w.address(a.Workflow)
	body := `{"contact":{"email":"a@x"}}`
	for range 500 {
		_, err := w.deliver(address, "", body)
		require.NoError(t, err)
	}
	_, err := w.deliver(address, "", body)
	require.Equal(t, "TOO_MANY_WAITING", code(err))
	w.clock.Advance(11 * time.Minute)
	_, err = w.deliver(address, "", body)
	require.NoError(t, err)
	w.clock.Advance(-11 * time.Minute)
	_, err = w.deliver(address, "", body)
	require.Error(t, err)
	all, err := w.store.ReadStream(t.Context(), eventstore.Stream(workflow.HookStream, string(a.Workflow)), 0, 1000)
	require.NoError(t, err)
	require.NoError(t, w.h.Changed(t.Context(), active{}, all))
	_, err = w.deliver(address, "", body)
	require.NoError(t, err)
}

// TestWhatWasTakenRunsWhateverBecomesOfTheWorkflow: what has been answered with "goes through the workflow" does, under the version that
// took it, although the trigger is off or another one by the time that runs begin.
func TestWhatWasTakenRunsWhateverBecomesOfTheWorkflow(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]func(w *world, id kernel.WorkflowID) error{
		"unpublished": func(w *world, id kernel.WorkflowID) error {
			_, err := w.h.Unpublish(t.Context(), person(), id)
			return err
		},
		"deleted": func(w *world, id kernel.WorkflowID) error {
			_, err := w.h.Delete(t.Context(), person(), id)
			return err
		},
		"begun by hand now": func(w *world, id kernel.WorkflowID) error {
			w.save(id, 1, chain(node("mark", workflow.UpdateCells, set(`"other"`))))
			_, err := w.h.Publish(t.Context(), person(), id, 0)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 0)
			a := w.publish(onDelivery())
			_, err := w.deliver(w.address(a.Workflow), "", `{"contact":{"email":"a@x"}}`)
			require.NoError(t, err)
			require.NoError(t, then(w, a.Workflow))
			require.NoError(t, w.h.Changed(t.Context(), active{}, w.since(0)))
			require.Len(t, w.begun(), 1)
			require.True(t, w.work(w.begun()[0]).Done)
			require.Equal(t, 1, w.marked(mark, `"seen"`))
			require.Equal(t, 1, w.run(w.begun()[0]).Version())
		})
	}
}

// TestEachVersionRunsWhatItTook: a version that another one has replaced keeps its deliveries.
func TestEachVersionRunsWhatItTook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	a := w.publish(onDelivery())
	address := w.address(a.Workflow)
	_, err := w.deliver(address, "", `{"contact":{"email":"a@x"}}`)
	require.NoError(t, err)
	g := onDelivery()
	g.Nodes[1].Config = set(`"seen otherwise"`)
	w.save(a.Workflow, 1, g)
	_, err = w.h.Publish(t.Context(), person(), a.Workflow, 0)
	require.NoError(t, err)
	_, err = w.deliver(address, "", `{"contact":{"email":"b@x"}}`)
	require.NoError(t, err)
	for range 2 { // the second time after a crash
		require.NoError(t, w.h.Changed(t.Context(), active{}, w.since(0)))
	}
	require.Len(t, w.begun(), 2)
	for _, id := range w.begun() {
		require.True(t, w.work(id).Done)
	}
	require.Equal(t, 1, w.marked(mark, `"seen"`))
	require.Equal(t, 1, w.marked(mark, `"seen otherwise"`))
}
