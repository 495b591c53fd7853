// Package mergeflow carries merges of branches into their tables out as Temporal workflows: one workflow for a merge, with one long
// activity. How far a merge has come is in the branch's stream and nowhere else, so the activity may be killed and begun again at any
// point.
package mergeflow

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/morket/morket/commands/jobflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Names under which Temporal knows the workflow and its activity. Both stay for as long as there are histories with them.
const (
	WorkflowName = "branch-merge"
	ActivityName = "branch-merge-job"
)

// Input is what the workflow is started with.
type Input struct {
	Branch kernel.TableID `json:"branch_id"`
}

// Timeouts of the activity. A worker that is silent for HeartbeatTimeout is taken for dead.
const (
	ActivityTimeout  = 24 * time.Hour
	HeartbeatTimeout = time.Minute
)

// Merge is the workflow: it has the merge carried out until the activity says that nothing is left to do.
func Merge(ctx workflow.Context, in Input) error {
	return jobflow.CarryOut(ctx, ActivityName, jobflow.Times{Longest: ActivityTimeout, Silence: HeartbeatTimeout}, in)
}

// Runner carries the merge of a branch out; tablecmd.Merges is one.
type Runner interface {
	// Lost notes that a worker was lost over the merge, before Run goes on.
	Lost(ctx context.Context, branch kernel.TableID) error
	Run(ctx context.Context, branch kernel.TableID, alive func(done int)) error
}

// Activities are the workflow's activities.
type Activities struct{ runner Runner }

// NewActivities makes the activities of a runner.
func NewActivities(r Runner) *Activities { return &Activities{r} }

// MergeJob is the activity.
func (a *Activities) MergeJob(ctx context.Context, in Input) error {
	return jobflow.Try(ctx, in.Branch, a.runner.Lost, func(ctx context.Context, beat func(string)) error {
		return a.runner.Run(ctx, in.Branch, func(done int) { beat(fmt.Sprintf("%d cells done", done)) })
	})
}

// Register adds the workflow and its activity to a worker.
func Register(w worker.Registry, a *Activities) {
	w.RegisterWorkflowWithOptions(Merge, workflow.RegisterOptions{Name: WorkflowName})
	w.RegisterActivityWithOptions(a.MergeJob, activity.RegisterOptions{Name: ActivityName})
}

// Reactor has merges carried out as they are asked for. Its Types and Handle are for projections.ReactorConfig.
type Reactor struct{ flows jobflow.Flows }

// NewReactor makes the reactor.
func NewReactor(flows jobflow.Flows) *Reactor { return &Reactor{flows} }

// ReactorName names the reactor's checkpoint.
const ReactorName = "merge_flows"

// Types are the events that it acts on.
func (*Reactor) Types() []string { return kernel.EventTypes(table.MergeBegun{}) }

// Handle starts the event's workflow. While one of the same branch runs it does nothing: that one goes on with what the log says.
func (r *Reactor) Handle(ctx context.Context, e eventstore.Recorded) error {
	f := Underway(kernel.TableID(e.Stream.ID()))
	_, err := r.flows.Start(ctx, f.ID, f.Workflow, f.Input)
	return err
}

// Underway is the flow of a branch whose merge has not ended.
func Underway(branch kernel.TableID) reconcile.Flow {
	return reconcile.Flow{ID: "merge-" + string(branch), Workflow: WorkflowName, Input: Input{Branch: branch}}
}
