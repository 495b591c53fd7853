// Package erasureflow carries erasures out by Temporal: one workflow for what is looked for and one for what is erased, each with one long
// activity. How far an erasure has come is in the log and nowhere else.
package erasureflow

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/morket/morket/commands/jobflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Names under which Temporal knows the workflow and its activity. Both stay for as long as there are histories with them.
const (
	WorkflowName = "erasure"
	ActivityName = "erasure-run"
)

const (
	longest = 7 * 24 * time.Hour
	silence = time.Minute // a place may take this long without a sign
)

// Input is what the workflow is started with.
type Input struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	ErasureID kernel.ErasureID   `json:"erasure_id"`
}

// Erasure is the workflow: it has the erasure carried on until the activity says that nothing is left to do.
func Erasure(ctx workflow.Context, in Input) error {
	return jobflow.CarryOut(ctx, ActivityName, jobflow.Times{Longest: longest, Silence: silence}, in)
}

// Runner carries erasures on; erasurecmd.Handlers is one.
type Runner interface {
	Run(ctx context.Context, ws kernel.WorkspaceID, id kernel.ErasureID, alive func(doing string)) error
}

// Activities are the activities of the workflow.
type Activities struct{ runner Runner }

// NewActivities makes them.
func NewActivities(r Runner) *Activities { return &Activities{r} }

// Run is the activity. What a worker did that was killed is in the log; the next one goes on behind it.
func (a *Activities) Run(ctx context.Context, in Input) error {
	return jobflow.Try(ctx, in.ErasureID, jobflow.NothingLost, func(ctx context.Context, beat func(string)) error {
		return a.runner.Run(ctx, in.Workspace, in.ErasureID, beat)
	})
}

// Register adds the workflow and its activity to a worker.
func Register(w worker.Registry, a *Activities) {
	w.RegisterWorkflowWithOptions(Erasure, workflow.RegisterOptions{Name: WorkflowName})
	w.RegisterActivityWithOptions(a.Run, activity.RegisterOptions{Name: ActivityName})
}

// ReactorName names the checkpoint of the reactor.
const ReactorName = "erasure_flows"

// Reactor has erasures carried on as they are asked for and confirmed.
type Reactor struct{ flows jobflow.Flows }

// NewReactor makes the reactor.
func NewReactor(flows jobflow.Flows) *Reactor { return &Reactor{flows} }

// Types are the events that it acts on.
func (*Reactor) Types() []string {
	return []string{erasure.Requested{}.EventType(), erasure.Confirmed{}.EventType()}
}

// Handle starts the event's workflow. Its id follows from the event, so doing it again does nothing.
func (r *Reactor) Handle(ctx context.Context, e eventstore.Recorded) error {
	var of struct {
		ErasureID kernel.ErasureID `json:"erasure_id"`
	}
	if err := json.Unmarshal(e.Data, &of); err != nil {
		return fmt.Errorf("read which erasure is to go on: %w", err)
	}
	state := erasure.Looking
	if e.Type == (erasure.Confirmed{}).EventType() {
		state = erasure.Erasing
	}
	f := Underway(kernel.WorkspaceID(e.Stream.ID()), of.ErasureID, state)
	_, err := r.flows.Start(ctx, f.ID, f.Workflow, f.Input)
	return err
}

// Underway is the flow of an erasure in a state in which work is to be done for it.
func Underway(ws kernel.WorkspaceID, id kernel.ErasureID, state erasure.State) reconcile.Flow {
	return reconcile.Flow{
		ID: "erasure-" + string(id) + "-" + string(state), Workflow: WorkflowName, Input: Input{Workspace: ws, ErasureID: id},
	}
}
