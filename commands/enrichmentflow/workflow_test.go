package enrichmentflow_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/morket/morket/commands/enrichmentflow"
)

// flow is the workflow with activities that the test plays.
func flow(t *testing.T) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.RegisterWorkflowWithOptions(enrichmentflow.Workflow, workflow.RegisterOptions{Name: enrichmentflow.WorkflowName})
	nothing := func(context.Context, enrichmentflow.Input) error { return nil }
	env.RegisterActivityWithOptions(func(context.Context, enrichmentflow.Input) (enrichmentflow.Result, error) {
		return enrichmentflow.Result{}, errors.New("not played")
	}, activity.RegisterOptions{Name: enrichmentflow.SliceActivity})
	env.RegisterActivityWithOptions(nothing, activity.RegisterOptions{Name: enrichmentflow.FailActivity})
	env.RegisterActivityWithOptions(nothing, activity.RegisterOptions{Name: enrichmentflow.AbortActivity})
	t.Cleanup(func() { env.AssertExpectations(t) })
	return env
}

func next(n enrichmentflow.Next) enrichmentflow.Result { return enrichmentflow.Result{Next: n} }

func TestFlowCallsSlicesUntilTheRunEnds(t *testing.T) {
	t.Parallel()
	env := flow(t)
	env.OnActivity(enrichmentflow.SliceActivity, mock.Anything, input("run_1")).Return(next(enrichmentflow.More), nil).Times(3)
	env.OnActivity(enrichmentflow.SliceActivity, mock.Anything, input("run_1")).Return(next(enrichmentflow.Done), nil).Once()
	env.ExecuteWorkflow(enrichmentflow.Workflow, input("run_1"))
	require.NoError(t, env.GetWorkflowError())
}

func TestFlowWaitsWhilePaused(t *testing.T) {
	t.Parallel()
	env := flow(t)
	env.OnActivity(enrichmentflow.SliceActivity, mock.Anything, mock.Anything).Return(next(enrichmentflow.Paused), nil).Once()
	env.OnActivity(enrichmentflow.SliceActivity, mock.Anything, mock.Anything).Return(next(enrichmentflow.Done), nil).Once()
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(enrichmentflow.ControlSignal, nil) }, time.Hour)
	start := env.Now()
	env.ExecuteWorkflow(enrichmentflow.Workflow, input("run_1"))
	require.NoError(t, env.GetWorkflowError())
	require.GreaterOrEqual(t, env.Now().Sub(start), time.Hour)
}

// A run that waits for a provider goes on when the time has come, or when a person asks something of it.
func TestFlowWaitsForProviders(t *testing.T) {
	t.Parallel()
	waiting := enrichmentflow.Result{Next: enrichmentflow.Waiting, Wait: 20 * time.Minute}
	for name, c := range map[string]struct {
		signal time.Duration
		took   time.Duration
	}{
		"to the end":  {0, 20 * time.Minute},
		"interrupted": {5 * time.Minute, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := flow(t)
			env.OnActivity(enrichmentflow.SliceActivity, mock.Anything, mock.Anything).Return(waiting, nil).Once()
			env.OnActivity(enrichmentflow.SliceActivity, mock.Anything, mock.Anything).Return(next(enrichmentflow.Done), nil).Once()
			if c.signal > 0 {
				env.RegisterDelayedCallback(func() { env.SignalWorkflow(enrichmentflow.ControlSignal, nil) }, c.signal)
			}
			start := env.Now()
			env.ExecuteWorkflow(enrichmentflow.Workflow, input("run_1"))
			require.NoError(t, env.GetWorkflowError())
			require.WithinDuration(t, start.Add(c.took), env.Now(), time.Minute)
		})
	}
}

// A signal that comes while the slice is still at work is not lost: the run may have been resumed already when the slice
// says that it is paused.
func TestFlowDoesNotSleepThroughASignal(t *testing.T) {
	t.Parallel()
	env := flow(t)
	env.OnActivity(enrichmentflow.SliceActivity, mock.Anything, mock.Anything).Return(func(context.Context, enrichmentflow.Input) (enrichmentflow.Result, error) {
		env.SignalWorkflow(enrichmentflow.ControlSignal, nil)
		return next(enrichmentflow.Paused), nil
	}).Once()
	env.OnActivity(enrichmentflow.SliceActivity, mock.Anything, mock.Anything).Return(next(enrichmentflow.Done), nil).Once()
	env.ExecuteWorkflow(enrichmentflow.Workflow, input("run_1"))
	require.NoError(t, env.GetWorkflowError())
}

func TestFlowEndsTheRunWhenItCannotGoOn(t *testing.T) {
	t.Parallel()
	env := flow(t)
	env.OnActivity(enrichmentflow.SliceActivity, mock.Anything, mock.Anything).Return(enrichmentflow.Result{}, temporal.NewNonRetryableApplicationError("no such run", enrichmentflow.ErrorGone, nil)).Once()
	env.OnActivity(enrichmentflow.FailActivity, mock.Anything, input("run_1")).Return(nil).Once()
	env.ExecuteWorkflow(enrichmentflow.Workflow, input("run_1"))
	require.NoError(t, env.GetWorkflowError())
}

func TestFlowCancelledFromOutsideReleases(t *testing.T) {
	t.Parallel()
	env := flow(t)
	env.OnActivity(enrichmentflow.SliceActivity, mock.Anything, mock.Anything).Return(next(enrichmentflow.Paused), nil).Once()
	env.OnActivity(enrichmentflow.AbortActivity, mock.Anything, input("run_1")).Return(nil).Once()
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Minute)
	env.ExecuteWorkflow(enrichmentflow.Workflow, input("run_1"))
	require.True(t, env.IsWorkflowCompleted())
}

// The flow of today must be able to go on with what the flow of earlier releases has begun.
func TestReplay(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"testdata/run_completed.json", "testdata/run_paused_resumed.json"} {
		r := worker.NewWorkflowReplayer()
		r.RegisterWorkflowWithOptions(enrichmentflow.Workflow, workflow.RegisterOptions{Name: enrichmentflow.WorkflowName})
		require.NoError(t, r.ReplayWorkflowHistoryFromJSONFile(nil, file), file)
	}
}
