// Package dedupflow carries scans for duplicates, merges and un-merges out as Temporal workflows: one workflow for a job, with one long
// activity. How far a job has come is in the log and nowhere else, so the activity may be killed and begun again at any point.
package dedupflow

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/morket/morket/commands/jobflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Names under which Temporal knows the workflow and its activity. Both stay for as long as there are histories with them.
const (
	WorkflowName = "dedup"
	ActivityName = "dedup-job"
)

// Input is what the workflow is started with.
type Input struct {
	Job kernel.DedupID `json:"job_id"`
}

// Timeouts of the activity. A worker that is silent for HeartbeatTimeout is taken for dead.
const (
	ActivityTimeout  = 24 * time.Hour
	HeartbeatTimeout = time.Minute
)

// Dedup is the workflow: it has the job carried out until the activity says that nothing is left to do.
func Dedup(ctx workflow.Context, in Input) error {
	return jobflow.CarryOut(ctx, ActivityName, jobflow.Times{Longest: ActivityTimeout, Silence: HeartbeatTimeout}, in)
}

// Runner carries a job out; dedupcmd.Runner is one.
type Runner interface {
	// Lost notes that a worker was lost over the job, before Run goes on.
	Lost(ctx context.Context, id kernel.DedupID) error
	Run(ctx context.Context, id kernel.DedupID, alive func(done int)) error
}

// Activities are the workflow's activities.
type Activities struct{ runner Runner }

// NewActivities makes the activities of a runner.
func NewActivities(r Runner) *Activities { return &Activities{r} }

// DedupJob is the activity.
func (a *Activities) DedupJob(ctx context.Context, in Input) error {
	return jobflow.Try(ctx, in.Job, a.runner.Lost, func(ctx context.Context, beat func(string)) error {
		return a.runner.Run(ctx, in.Job, func(done int) { beat(fmt.Sprintf("%d done", done)) })
	})
}

// Register adds the workflow and its activity to a worker.
func Register(w worker.Registry, a *Activities) {
	w.RegisterWorkflowWithOptions(Dedup, workflow.RegisterOptions{Name: WorkflowName})
	w.RegisterActivityWithOptions(a.DedupJob, activity.RegisterOptions{Name: ActivityName})
}

// Reactor has jobs carried out as they are asked for. Its Types and Handle are for projections.ReactorConfig.
type Reactor struct{ flows jobflow.Flows }

// NewReactor makes the reactor.
func NewReactor(flows jobflow.Flows) *Reactor { return &Reactor{flows} }

// ReactorName names the reactor's checkpoint.
const ReactorName = "dedup_flows"

// Types are the events that it acts on. A cancellation needs no signal: it is in the job's stream, where the runner's next append meets it.
func (*Reactor) Types() []string {
	return kernel.EventTypes(dedup.ScanStarted{}, dedup.MergeStarted{}, dedup.UnmergeStarted{})
}

// Handle starts the event's workflow. Its id follows from the event, so doing it again does nothing.
func (r *Reactor) Handle(ctx context.Context, e eventstore.Recorded) error {
	f := Underway(kernel.DedupID(e.Stream.ID()))
	_, err := r.flows.Start(ctx, f.ID, f.Workflow, f.Input)
	return err
}

// Underway is the flow of a job that has not ended.
func Underway(id kernel.DedupID) reconcile.Flow {
	return reconcile.Flow{ID: "dedup-" + string(id), Workflow: WorkflowName, Input: Input{Job: id}}
}
