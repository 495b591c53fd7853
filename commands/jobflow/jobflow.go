// Package jobflow is what the flows of jobs have in common: one Temporal workflow for a job, with one long activity. How far a job has
// come is in the log and nowhere else, so its activity may be killed and begun again at any point.
package jobflow

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/morket/morket/commands/quarantine"
)

// Times bound an activity. Longest is for all of it; a worker that is silent for Silence is taken for dead.
type Times struct {
	Longest, Silence time.Duration
}

// Options are those of an activity that is tried until it succeeds.
func (t Times) Options() workflow.ActivityOptions {
	return workflow.ActivityOptions{
		StartToCloseTimeout: t.Longest,
		HeartbeatTimeout:    t.Silence,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute},
	}
}

// CarryOut is the workflow: it has the job carried out until the activity says that nothing is left to do.
func CarryOut(ctx workflow.Context, activityName string, t Times, in any) error {
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, t.Options()), activityName, in).Get(ctx, nil)
}

// Try is the activity: it has lost note that a worker was lost over the job, then work go on. When the process stops the work's context
// ends, so that another process goes on without waiting for a heartbeat that never comes.
func Try[ID any](
	ctx context.Context, job ID, lost func(context.Context, ID) error, work func(ctx context.Context, beat func(doing string)) error,
) error {
	stopped, err := quarantine.Try(ctx, Heartbeat(ctx), func(ctx context.Context, try quarantine.Attempt) error {
		if try.Lost {
			if err := lost(ctx, job); err != nil {
				return err
			}
		}
		return work(ctx, try.Beat)
	})
	if stopped {
		return temporal.NewApplicationError("the process stops", "stopping") // not a cancellation, which would end the workflow
	}
	return err
}

// NothingLost is for jobs over which a lost worker leaves nothing to note.
func NothingLost[ID any](context.Context, ID) error { return nil }

// Heartbeat is the activity's, by Temporal's functions.
func Heartbeat(ctx context.Context) quarantine.Heartbeat {
	return quarantine.Heartbeat{
		Attempt: activity.GetInfo(ctx).Attempt,
		Last: func(last *quarantine.Mark) bool {
			return activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, last) == nil
		},
		Stop: activity.GetWorkerStopChannel(ctx),
		Beat: func(m quarantine.Mark) { activity.RecordHeartbeat(ctx, m) },
	}
}

// Flows starts workflows.
type Flows interface {
	// Start starts the workflow with the id; started is false if it runs already.
	Start(ctx context.Context, id, workflow string, in any) (started bool, err error)
}
