package enrichmentflow

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Names by which flows and activities are registered and called; they stand in the histories of running flows.
const (
	WorkflowName  = "enrichment.run"
	SliceActivity = "enrichment.slice"
	FailActivity  = "enrichment.fail"
	AbortActivity = "enrichment.abort"
	// ControlSignal tells a flow that its run was paused, resumed or cancelled. What is to be done stands in the log.
	ControlSignal = "control"
)

// ErrorGone is the type of an activity's error after which the run can't go on.
const ErrorGone = "gone"

// historyLimit is the history length after which a flow starts over as a new execution.
const historyLimit = 2000

// Workflow works on a run until it has ended. It calls Slice again and again; between two slices it starts over when its history is
// long, and it waits while the run is paused.
func Workflow(ctx workflow.Context, in Input) error {
	control := workflow.GetSignalChannel(ctx, ControlSignal)
	for {
		res, woken, err := oneSlice(ctx, in, control)
		if err != nil {
			return end(ctx, in, err)
		}
		switch res.Next {
		case Done:
			return nil
		case Paused:
			if !woken && wait(ctx, control, 0) {
				return end(ctx, in, temporal.NewCanceledError())
			}
		case Waiting:
			if !woken && wait(ctx, control, min(max(res.Wait, time.Second), longestTimer)) {
				return end(ctx, in, temporal.NewCanceledError())
			}
		case More:
		}
		if workflow.GetInfo(ctx).GetCurrentHistoryLength() > historyLimit {
			for control.ReceiveAsync(nil) { // the next slice reads the log anyway
			}
			return workflow.NewContinueAsNewError(ctx, WorkflowName, in)
		}
	}
}

// oneSlice runs one slice. A signal while it works makes it look at the log at once: the activity is asked to stop, finishes the calls
// under way and answers. Woken says that there was one.
func oneSlice(ctx workflow.Context, in Input, control workflow.ReceiveChannel) (res Result, woken bool, err error) {
	actx, cancel := workflow.WithCancel(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: 20 * time.Minute,
		HeartbeatTimeout:    10 * time.Second,
		WaitForCancellation: true,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute, NonRetryableErrorTypes: []string{ErrorGone},
		},
	}))
	defer cancel()
	future := workflow.ExecuteActivity(actx, SliceActivity, in)
	sel := workflow.NewSelector(ctx)
	done := false
	sel.AddFuture(future, func(f workflow.Future) {
		err, done = f.Get(ctx, &res), true
	})
	sel.AddReceive(control, func(c workflow.ReceiveChannel, _ bool) {
		c.Receive(ctx, nil)
		woken = true
		cancel()
	})
	for !done {
		sel.Select(ctx)
	}
	if ctx.Err() == nil && onlyStopped(err, woken) {
		return Result{Next: More}, woken, nil
	}
	return res, woken, err
}

// onlyStopped reports whether a slice's error says no more than that the slice has ended. One that was asked to stop is not tried again by
// Temporal, for any reason: it had not begun, or its worker was lost just then.
func onlyStopped(err error, asked bool) bool {
	var said *temporal.ApplicationError
	gone := errors.As(err, &said) && said.Type() == ErrorGone
	return err != nil && !gone && (asked || temporal.IsCanceledError(err))
}

// longestTimer bounds each wait that a slice asks for.
const longestTimer = 2 * time.Hour

// wait waits for a signal, or for the time if it is not 0; true means that the flow itself was cancelled meanwhile.
func wait(ctx workflow.Context, control workflow.ReceiveChannel, most time.Duration) (cancelled bool) {
	sel := workflow.NewSelector(ctx)
	sel.AddReceive(control, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) })
	sel.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) { cancelled = true })
	if most > 0 {
		timed, stop := workflow.WithCancel(ctx)
		defer stop()
		sel.AddFuture(workflow.NewTimer(timed, most), func(workflow.Future) {})
	}
	sel.Select(ctx)
	return cancelled || ctx.Err() != nil
}

// end ends the run when its flow can't go on, outside the flow's own cancellation, so that what it reserved is released.
func end(ctx workflow.Context, in Input, why error) error {
	clean, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	clean = workflow.WithActivityOptions(clean, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute},
	})
	if temporal.IsCanceledError(why) {
		return workflow.ExecuteActivity(clean, AbortActivity, in).Get(clean, nil)
	}
	return workflow.ExecuteActivity(clean, FailActivity, in).Get(clean, nil)
}
