// Package crmflow carries syncs with CRMs out as Temporal workflows: one workflow for a run, with one long activity. How far a run has
// come is in the log and nowhere else, so the activity may be killed and begun again at any point.
package crmflow

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Names under which Temporal knows the workflow and its activity. Both stay for as long as there are histories with them.
const (
	WorkflowName = "crm-run"
	ActivityName = "crm-batches"
)

// Input is what the workflow is started with.
type Input struct {
	Run kernel.SyncRunID `json:"run_id"`
}

// Timeouts of the activity. A worker that is silent for HeartbeatTimeout is taken for dead.
const (
	ActivityTimeout  = 24 * time.Hour
	HeartbeatTimeout = time.Minute
)

// Sync is the workflow: it has the run carried out until the activity says that nothing is left to do.
func Sync(ctx workflow.Context, in Input) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: ActivityTimeout,
		HeartbeatTimeout:    HeartbeatTimeout,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute},
	})
	return workflow.ExecuteActivity(ctx, ActivityName, in).Get(ctx, nil)
}

// Runner carries a run out; crmcmd.Runner is one.
type Runner interface {
	// Lost notes that a worker was lost over the run, before Run goes on.
	Lost(ctx context.Context, id kernel.SyncRunID) error
	Run(ctx context.Context, id kernel.SyncRunID, alive func(records int)) error
}

// Activities are the workflow's activities.
type Activities struct{ runner Runner }

// NewActivities makes the activities of a runner.
func NewActivities(r Runner) *Activities { return &Activities{r} }

// Batches is the activity. When the process stops it ends after the call that is under way, so that another one goes on without waiting
// for a heartbeat that never comes.
func (a *Activities) Batches(ctx context.Context, in Input) error {
	stopped, err := quarantine.Try(ctx, heartbeat(ctx), func(ctx context.Context, try quarantine.Attempt) error {
		if try.Lost {
			if err := a.runner.Lost(ctx, in.Run); err != nil {
				return err
			}
		}
		return a.runner.Run(ctx, in.Run, func(records int) { try.Beat(fmt.Sprintf("%d records", records)) })
	})
	if stopped {
		return temporal.NewApplicationError("the process stops", "stopping") // not a cancellation, which would end the workflow
	}
	return err
}

// heartbeat is the activity's, by Temporal's functions.
func heartbeat(ctx context.Context) quarantine.Heartbeat {
	return quarantine.Heartbeat{
		Attempt: activity.GetInfo(ctx).Attempt,
		Last: func(last *quarantine.Mark) bool {
			return activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, last) == nil
		},
		Stop: activity.GetWorkerStopChannel(ctx),
		Beat: func(m quarantine.Mark) { activity.RecordHeartbeat(ctx, m) },
	}
}

// Register adds the workflow and its activity to a worker.
func Register(w worker.Registry, a *Activities) {
	w.RegisterWorkflowWithOptions(Sync, workflow.RegisterOptions{Name: WorkflowName})
	w.RegisterActivityWithOptions(a.Batches, activity.RegisterOptions{Name: ActivityName})
}

// Flows starts workflows.
type Flows interface {
	// Start starts the workflow with the id; started is false if it runs already.
	Start(ctx context.Context, id, workflow string, in any) (started bool, err error)
}

// Reactor has runs carried out as they are asked for. Its Types and Handle are for projections.ReactorConfig.
type Reactor struct{ flows Flows }

// NewReactor makes the reactor.
func NewReactor(flows Flows) *Reactor { return &Reactor{flows} }

// ReactorName names the reactor's checkpoint.
const ReactorName = "crm_flows"

// Types are the events that it acts on. A cancellation needs no signal: it is in the run's stream, where the runner's next append meets it.
func (*Reactor) Types() []string { return []string{crm.RunStarted{}.EventType()} }

// Handle starts the event's workflow. Its id follows from the event, so doing it again does nothing.
func (r *Reactor) Handle(ctx context.Context, e eventstore.Recorded) error {
	f := Underway(kernel.SyncRunID(e.Stream.ID()))
	_, err := r.flows.Start(ctx, f.ID, f.Workflow, f.Input)
	return err
}

// Underway is the flow of a run that has not ended.
func Underway(id kernel.SyncRunID) reconcile.Flow {
	return reconcile.Flow{ID: "crm-run-" + string(id), Workflow: WorkflowName, Input: Input{Run: id}}
}
