// Package findflow carries searches for rows out as Temporal workflows: one workflow for a run, with one long activity. How far a run has
// come is in the log and nowhere else, so the activity may be killed and begun again at any point.
package findflow

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/morket/morket/commands/jobflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/find"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Names under which Temporal knows the workflow and its activity. Both stay for as long as there are histories with them.
const (
	WorkflowName = "find"
	ActivityName = "find-pages"
)

// Input is what the workflow is started with.
type Input struct {
	Find kernel.FindID `json:"find_id"`
}

// Timeouts of the activity. A worker that is silent for HeartbeatTimeout is taken for dead.
const (
	ActivityTimeout  = 24 * time.Hour
	HeartbeatTimeout = time.Minute
)

// Find is the workflow: it has the run carried out until the activity says that nothing is left to do.
func Find(ctx workflow.Context, in Input) error {
	return jobflow.CarryOut(ctx, ActivityName, jobflow.Times{Longest: ActivityTimeout, Silence: HeartbeatTimeout}, in)
}

// Runner carries a run out; findcmd.Runner is one.
type Runner interface {
	// Lost notes that a worker was lost over the run, before Run goes on.
	Lost(ctx context.Context, id kernel.FindID) error
	Run(ctx context.Context, id kernel.FindID, alive func(rows int)) error
}

// Activities are the workflow's activities.
type Activities struct{ runner Runner }

// NewActivities makes the activities of a runner.
func NewActivities(r Runner) *Activities { return &Activities{r} }

// FindPages is the activity. When the process stops it ends after the page that is under way, so that another one goes on without waiting
// for a heartbeat that never comes.
func (a *Activities) FindPages(ctx context.Context, in Input) error {
	return jobflow.Try(ctx, in.Find, a.runner.Lost, func(ctx context.Context, beat func(string)) error {
		return a.runner.Run(ctx, in.Find, func(rows int) { beat(fmt.Sprintf("%d rows", rows)) })
	})
}

// Register adds the workflow and its activity to a worker.
func Register(w worker.Registry, a *Activities) {
	w.RegisterWorkflowWithOptions(Find, workflow.RegisterOptions{Name: WorkflowName})
	w.RegisterActivityWithOptions(a.FindPages, activity.RegisterOptions{Name: ActivityName})
}

// Reactor has runs carried out as they are asked for. Its Types and Handle are for projections.ReactorConfig.
type Reactor struct{ flows jobflow.Flows }

// NewReactor makes the reactor.
func NewReactor(flows jobflow.Flows) *Reactor { return &Reactor{flows} }

// ReactorName names the reactor's checkpoint.
const ReactorName = "find_flows"

// Types are the events that it acts on. A cancellation needs no signal: it is in the run's stream, where the runner's next append meets it.
func (*Reactor) Types() []string { return []string{find.Started{}.EventType()} }

// Handle starts the event's workflow. Its id follows from the event, so doing it again does nothing.
func (r *Reactor) Handle(ctx context.Context, e eventstore.Recorded) error {
	f := Underway(kernel.FindID(e.Stream.ID()))
	_, err := r.flows.Start(ctx, f.ID, f.Workflow, f.Input)
	return err
}

// Underway is the flow of a run that has not ended.
func Underway(id kernel.FindID) reconcile.Flow {
	return reconcile.Flow{ID: "find-" + string(id), Workflow: WorkflowName, Input: Input{Find: id}}
}
