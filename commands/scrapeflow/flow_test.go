package scrapeflow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/morket/morket/commands/scrapeflow"
	"github.com/morket/morket/domain/scrape"
	"github.com/morket/morket/eventstore"
)

// runner fails a few times before it is done.
type runner struct {
	failures int
	calls    []scrape.JobID
	lost     int
}

// Lost implements scrapeflow.Runner.
func (r *runner) Lost(context.Context, scrape.JobID) error {
	r.lost++
	return nil
}

// Run implements scrapeflow.Runner.
func (r *runner) Run(_ context.Context, id scrape.JobID, alive func(done, of int)) error {
	r.calls = append(r.calls, id)
	alive(1, 2)
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
	scrapeflow.Register(env, scrapeflow.NewActivities(r))
	env.ExecuteWorkflow(scrapeflow.WorkflowName, scrapeflow.Input{Job: "scr_1"})
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []scrape.JobID{"scr_1", "scr_1", "scr_1"}, r.calls)
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
	r := scrapeflow.NewReactor(f)
	for _, typ := range r.Types() {
		require.NoError(t, r.Handle(t.Context(), eventstore.Recorded{Stream: eventstore.Stream("scrape", "scr_1"), Type: typ}))
	}
	require.Equal(t, []string{"scrape-scr_1 scrape {scr_1}"}, f.started)
}
