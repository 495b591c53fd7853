package dataopsflow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/morket/morket/commands/dataopsflow"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// runner fails a few times before it is done.
type runner struct {
	failures int
	calls    []kernel.ImportID
	lost     int
}

func (r *runner) Lost(context.Context, kernel.ImportID) error {
	r.lost++
	return nil
}

func (r *runner) Run(_ context.Context, id kernel.ImportID, alive func(dataops.Summary)) error {
	r.calls = append(r.calls, id)
	alive(dataops.Summary{State: dataops.StateImporting, Progress: 0.5})
	if len(r.calls) <= r.failures {
		return errors.New("the database went away")
	}
	return nil
}

func TestTheActivityIsTriedUntilItIsDone(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	r := &runner{failures: 3}
	dataopsflow.Register(env, dataopsflow.NewActivities(r))
	env.ExecuteWorkflow(dataopsflow.WorkflowName, dataopsflow.Input{ImportID: "imp_1"})
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []kernel.ImportID{"imp_1", "imp_1", "imp_1", "imp_1"}, r.calls)
	require.Zero(t, r.lost, "an attempt that ended by itself was not lost")
}

// flows remembers what it was asked to start.
type flows struct{ started []string }

func (f *flows) Start(_ context.Context, id, workflow string, in any) (bool, error) {
	f.started = append(f.started, fmt.Sprint(id, " ", workflow, " ", in))
	return true, nil
}

func TestEventsStartWorkflows(t *testing.T) {
	t.Parallel()
	f := &flows{}
	r := dataopsflow.NewReactor(f)
	stream := eventstore.Stream("import", "imp_1")
	for _, typ := range r.Types() {
		require.NoError(t, r.Handle(t.Context(), eventstore.Recorded{Stream: stream, Type: typ}))
	}
	require.Equal(t, []string{"import-imp_1 import {imp_1}", "import-imp_1-undo import {imp_1}"}, f.started)
}

// exporter fails a few times before it is done.
type exporter struct {
	failures int
	calls    []string
}

func (e *exporter) Run(_ context.Context, ws kernel.WorkspaceID, id kernel.ExportID, alive func(int64)) error {
	e.calls = append(e.calls, string(ws)+" "+string(id))
	alive(1000)
	if len(e.calls) <= e.failures {
		return errors.New("the database went away")
	}
	return nil
}

func TestAnExportIsTriedUntilItIsDone(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	e := &exporter{failures: 2}
	dataopsflow.RegisterExports(env, dataopsflow.NewExportActivities(e))
	env.ExecuteWorkflow(dataopsflow.ExportWorkflowName, dataopsflow.ExportInput{Workspace: "ws_1", ExportID: "exp_1"})
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{"ws_1 exp_1", "ws_1 exp_1", "ws_1 exp_1"}, e.calls)
}

func TestARequestStartsAnExport(t *testing.T) {
	t.Parallel()
	f := &flows{}
	r := dataopsflow.NewExportReactor(f)
	require.NoError(t, r.Handle(t.Context(), eventstore.Recorded{
		Stream: eventstore.Stream(dataops.ExportStream, "ws_1"), Type: r.Types()[0], Data: []byte(`{"export_id":"exp_1"}`),
	}))
	require.Equal(t, []string{"export-exp_1 export {ws_1 exp_1}"}, f.started)
}
