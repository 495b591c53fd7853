package dedupflow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/morket/morket/commands/dedupflow"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// runner fails a few times before it is done.
type runner struct {
	failures int
	calls    []kernel.DedupID
	lost     int
}

// Lost implements dedupflow.Runner.
func (r *runner) Lost(context.Context, kernel.DedupID) error {
	r.lost++
	return nil
}

// Run implements dedupflow.Runner.
func (r *runner) Run(_ context.Context, id kernel.DedupID, alive func(rows int)) error {
	r.calls = append(r.calls, id)
	alive(1)
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
	dedupflow.Register(env, dedupflow.NewActivities(r))
	env.ExecuteWorkflow(dedupflow.WorkflowName, dedupflow.Input{Job: "dup_1"})
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []kernel.DedupID{"dup_1", "dup_1", "dup_1"}, r.calls)
	require.Zero(t, r.lost, "an attempt that ended by itself was not lost")
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
	r := dedupflow.NewReactor(f)
	for _, typ := range r.Types() {
		require.NoError(t, r.Handle(t.Context(), eventstore.Recorded{Stream: eventstore.Stream("dedup", "dup_1"), Type: typ}))
	}
	require.Equal(t, []string{"dedup-dup_1 dedup {dup_1}", "dedup-dup_1 dedup {dup_1}", "dedup-dup_1 dedup {dup_1}"}, f.started)
}
