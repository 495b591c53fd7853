// Package crmflow carries syncs with CRMs out as Temporal workflows: one workflow for a run, with one long activity. How far a run has
// come is in the log and nowhere else, so the activity may be killed and begun again at any point.
package crmflow

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/morket/morket/commands/jobflow"
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
	return jobflow.CarryOut(ctx, ActivityName, jobflow.Times{Longest: ActivityTimeout, Silence: HeartbeatTimeout}, in)
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
	return jobflow.Try(ctx, in.Run, a.runner.Lost, func(ctx context.Context, beat func(string)) error {
		return a.runner.Run(ctx, in.Run, func(records int) { beat(fmt.Sprintf("%d records", records)) })
	})
}

// Register adds the workflow and its activity to a worker.
func Register(w worker.Registry, a *Activities) {
	w.RegisterWorkflowWithOptions(Sync, workflow.RegisterOptions{Name: WorkflowName})
	w.RegisterActivityWithOptions(a.Batches, activity.RegisterOptions{Name: ActivityName})
}

// Reactor has runs carried out as they are asked for. Its Types and Handle are for projections.ReactorConfig.
type Reactor struct{ flows jobflow.Flows }

// NewReactor makes the reactor.
func NewReactor(flows jobflow.Flows) *Reactor { return &Reactor{flows} }

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
