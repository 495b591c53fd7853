package enrichmentflow

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/morket/morket/commands/jobflow"
	"github.com/morket/morket/commands/quarantine"
)

// Activities are a Runner's work as the flow calls it.
type Activities struct{ runner *Runner }

// NewActivities makes the activities of a runner.
func NewActivities(r *Runner) *Activities { return &Activities{r} }

// Register adds the flow and its activities to a worker.
func Register(w worker.Registry, a *Activities) {
	w.RegisterWorkflowWithOptions(Workflow, workflow.RegisterOptions{Name: WorkflowName})
	w.RegisterActivityWithOptions(a.Slice, activity.RegisterOptions{Name: SliceActivity})
	w.RegisterActivityWithOptions(a.Fail, activity.RegisterOptions{Name: FailActivity})
	w.RegisterActivityWithOptions(a.Abort, activity.RegisterOptions{Name: AbortActivity})
}

// Slice is Runner.Slice. It ends in order when the flow asks it to stop or the worker stops.
func (a *Activities) Slice(ctx context.Context, in Input) (res Result, err error) {
	_, err = quarantine.Try(ctx, jobflow.Heartbeat(ctx), func(ctx context.Context, try quarantine.Attempt) (err error) {
		beat := func(page int) { try.Beat(fmt.Sprintf("page %d", page)) }
		res, err = a.runner.Slice(ctx, in, Try{Beat: beat, Ended: try.Ended})
		return err
	})
	if errors.Is(err, ErrNoRun) {
		return res, temporal.NewNonRetryableApplicationError(err.Error(), ErrorGone, err)
	}
	if errors.Is(err, ErrSuperseded) { // the new owner does the work; the next try finds out how far it is
		return res, temporal.NewApplicationError(err.Error(), "superseded")
	}
	return res, err
}

// Fail ends a run whose flow can't go on.
func (a *Activities) Fail(ctx context.Context, in Input) error {
	return a.runner.Fail(ctx, in, "the run's flow could not go on")
}

// Abort ends a run whose flow was cancelled.
func (a *Activities) Abort(ctx context.Context, in Input) error { return a.runner.Abort(ctx, in) }
