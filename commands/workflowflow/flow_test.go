package workflowflow_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/commands/workflowflow"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	domain "github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

// runner stands where it is told, one stand after the other.
type runner struct {
	stands []workflowcmd.Stand
	looks  int
}

// Lost implements workflowflow.Runner.
func (*runner) Lost(context.Context, kernel.WorkflowRunID) error { return nil }

// Run implements workflowflow.Runner.
func (r *runner) Run(_ context.Context, _ kernel.WorkflowRunID, alive workflowcmd.Alive) (workflowcmd.Stand, error) {
	alive("look")
	at := r.stands[min(r.looks, len(r.stands)-1)]
	r.looks++
	return at, nil
}

func flow(r *runner) *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	workflowflow.Register(env, workflowflow.NewActivities(r))
	return env
}

func TestTheFlowWaitsForItsTimeOrToBeWoken(t *testing.T) {
	t.Parallel()
	r := &runner{stands: []workflowcmd.Stand{{Wait: time.Hour}, {}, {Done: true}}}
	env := flow(r)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflowflow.WakeSignal, nil) }, 3*time.Hour)
	start := env.Now()
	env.ExecuteWorkflow(workflowflow.WorkflowName, workflowflow.Input{Run: "wfr_1"})
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, 3, r.looks)
	require.GreaterOrEqual(t, env.Now().Sub(start), 3*time.Hour)
}

func TestALongHistoryStartsOver(t *testing.T) {
	t.Parallel()
	r := &runner{stands: []workflowcmd.Stand{{Wait: time.Second}}}
	env := flow(r)
	env.SetContinueAsNewSuggested(true)
	env.SetCurrentHistoryLength(10_000)
	env.ExecuteWorkflow(workflowflow.WorkflowName, workflowflow.Input{Run: "wfr_1"})
	require.True(t, workflow.IsContinueAsNewError(env.GetWorkflowError()), env.GetWorkflowError())
	require.Equal(t, 1, r.looks)
}

// The flow of today must be able to go on with what the flow of earlier releases has begun. adapters/temporal records the history.
func TestReplay(t *testing.T) {
	t.Parallel()
	r := worker.NewWorkflowReplayer()
	r.RegisterWorkflowWithOptions(workflowflow.Interpret, workflow.RegisterOptions{Name: workflowflow.WorkflowName})
	require.NoError(t, r.ReplayWorkflowHistoryFromJSONFile(nil, "testdata/workflow_run.json"))
}

// flows remembers what it was asked; a flow runs once it was started.
type flows struct{ did []string }

// Start implements workflowflow.Flows.
func (f *flows) Start(_ context.Context, id, _ string, _ any) (bool, error) {
	for _, before := range f.did {
		if before == "start "+id {
			return false, nil
		}
	}
	f.did = append(f.did, "start "+id)
	return true, nil
}

// Signal implements workflowflow.Flows.
func (f *flows) Signal(_ context.Context, id, signal string) (bool, error) {
	f.did = append(f.did, fmt.Sprint(signal, " ", id))
	return true, nil
}

func TestEventsStartAndWakeFlows(t *testing.T) {
	t.Parallel()
	const run = "wfr_01JZZZZZZZZZZZZZZZZZZZZZZZ"
	store := memstore.New(kernel.NewManualClock(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)))
	codec, err := eventstore.NewCodec(enrichment.Events())
	require.NoError(t, err)
	begin := func(id kernel.RunID, actor kernel.Actor) {
		req, err := codec.Append(kernel.Meta{Actor: actor}, nil, eventstore.At(eventstore.Stream("run", string(id)), eventstore.NoStream, enrichment.RunStarted{RunID: id}))
		require.NoError(t, err)
		_, err = store.Append(t.Context(), req)
		require.NoError(t, err)
	}
	begin("run_asked", kernel.Actor{Kind: kernel.ActorRun, ID: run})
	begin("run_other", kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"})
	f := &flows{}
	r := workflowflow.NewReactor(f, store)
	handle := func(category, id, typ string) {
		require.Contains(t, r.Types(), typ)
		require.NoError(t, r.Handle(t.Context(), eventstore.Recorded{Stream: eventstore.Stream(category, id), Type: typ}))
	}
	ended := (enrichment.RunFinished{}).EventType()
	handle("wfrun", run, (domain.Started{}).EventType())
	handle("run", "run_other", ended)
	handle("run", "run_asked", ended)
	handle("wfrun", run, (domain.CancelRequested{}).EventType())
	require.Equal(t, []string{"start workflow-" + run, "wake workflow-" + run, "wake workflow-" + run}, f.did)
}
