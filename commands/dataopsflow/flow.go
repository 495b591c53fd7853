// Package dataopsflow carries imports out as Temporal workflows: one workflow for an import, with one long activity. How far
// the import has come is in the log and nowhere else, so the activity may be killed and begun again at any point.
package dataopsflow

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/morket/morket/commands/jobflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Names under which Temporal knows the workflow and its activity. Both stay for as long as there are histories with them.
const (
	WorkflowName = "import"
	ActivityName = "import-file"
)

// Input is what the workflow is started with.
type Input struct {
	ImportID kernel.ImportID `json:"import_id"`
}

// Timeouts of the activity. A whole file has a week; a worker that is silent for HeartbeatTimeout is taken for dead.
const (
	ActivityTimeout  = 7 * 24 * time.Hour
	HeartbeatTimeout = 30 * time.Second
)

// Import is the workflow: it has the import, or its undoing, carried out until the activity says that nothing is left to do.
func Import(ctx workflow.Context, in Input) error {
	return jobflow.CarryOut(ctx, ActivityName, jobflow.Times{Longest: ActivityTimeout, Silence: HeartbeatTimeout}, in)
}

// Runner carries an import out; dataopscmd.Importer is one.
type Runner interface {
	// Lost notes that a worker was lost over the import, before Run goes on.
	Lost(ctx context.Context, id kernel.ImportID) error
	Run(ctx context.Context, id kernel.ImportID, alive func(dataops.Summary)) error
}

// Activities are the workflow's activities.
type Activities struct{ runner Runner }

// NewActivities makes the activities of a runner.
func NewActivities(r Runner) *Activities { return &Activities{r} }

// ImportFile is the activity. Its heartbeats tell Temporal's own interface how far the import has come. When the process
// stops it ends at once, so that another one, or the next, goes on without waiting for a heartbeat that never comes.
func (a *Activities) ImportFile(ctx context.Context, in Input) error {
	return jobflow.Try(ctx, in.ImportID, a.runner.Lost, func(ctx context.Context, beat func(string)) error {
		return a.runner.Run(ctx, in.ImportID, func(s dataops.Summary) { beat(fmt.Sprintf("%s %.1f %%", s.State, 100*s.Progress)) })
	})
}

// Register adds the workflow and its activity to a worker.
func Register(w worker.Registry, a *Activities) {
	w.RegisterWorkflowWithOptions(Import, workflow.RegisterOptions{Name: WorkflowName})
	w.RegisterActivityWithOptions(a.ImportFile, activity.RegisterOptions{Name: ActivityName})
}

// Reactor has imports, and their undoing, carried out as they are asked for. Its Types and Handle are for
// projections.ReactorConfig.
type Reactor struct{ flows jobflow.Flows }

// NewReactor makes the reactor.
func NewReactor(flows jobflow.Flows) *Reactor { return &Reactor{flows} }

// ReactorName names the reactor's checkpoint.
const ReactorName = "import_flows"

// Types are the events that it acts on. A cancellation needs no signal: it is in the import's stream, where the importer's
// next append meets it.
func (*Reactor) Types() []string {
	return []string{dataops.Started{}.EventType(), dataops.UndoStarted{}.EventType()}
}

// Handle starts the event's workflow. Its id follows from the event, so doing it again does nothing.
func (r *Reactor) Handle(ctx context.Context, e eventstore.Recorded) error {
	f := Underway(kernel.ImportID(e.Stream.ID()), e.Type == (dataops.UndoStarted{}).EventType())
	_, err := r.flows.Start(ctx, f.ID, f.Workflow, f.Input)
	return err
}

// Underway is the flow of an import that has not ended, or of its undoing.
func Underway(id kernel.ImportID, undoing bool) reconcile.Flow {
	flow := "import-" + string(id)
	if undoing {
		flow += "-undo"
	}
	return reconcile.Flow{ID: flow, Workflow: WorkflowName, Input: Input{ImportID: id}}
}
