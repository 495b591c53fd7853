package erasureflow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/morket/morket/commands/erasureflow"
	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// runner fails a few times before it is done.
type runner struct {
	failures int
	calls    []kernel.ErasureID
}

// Run implements erasureflow.Runner.
func (r *runner) Run(_ context.Context, _ kernel.WorkspaceID, id kernel.ErasureID, alive func(doing string)) error {
	r.calls = append(r.calls, id)
	alive("event log")
	if len(r.calls) <= r.failures {
		return errors.New("the database went away")
	}
	return nil
}

func TestTheActivityIsTriedUntilItIsDone(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	r := &runner{failures: 2}
	erasureflow.Register(env, erasureflow.NewActivities(r))
	env.ExecuteWorkflow(erasureflow.WorkflowName, erasureflow.Input{Workspace: "ws_1", ErasureID: "era_1"})
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []kernel.ErasureID{"era_1", "era_1", "era_1"}, r.calls)
}

// flows remembers what it was asked to start.
type flows struct{ started []string }

// Start implements jobflow.Flows.
func (f *flows) Start(_ context.Context, id, workflow string, in any) (bool, error) {
	f.started = append(f.started, fmt.Sprint(id, " ", workflow, " ", in))
	return true, nil
}

func TestEventsStartWorkflows(t *testing.T) {
	t.Parallel()
	f := &flows{}
	r := erasureflow.NewReactor(f)
	for _, typ := range r.Types() {
		require.NoError(t, r.Handle(t.Context(), eventstore.Recorded{
			Stream: eventstore.Stream(erasure.Stream, "ws_1"), Type: typ, Data: []byte(`{"erasure_id":"era_1"}`),
		}))
	}
	require.Equal(t, []string{"erasure-era_1-looking erasure {ws_1 era_1}", "erasure-era_1-erasing erasure {ws_1 era_1}"}, f.started)
	require.Error(t, r.Handle(t.Context(), eventstore.Recorded{Type: r.Types()[0], Data: []byte(`[]`)}))
}
