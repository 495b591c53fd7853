// Package workflowflow carries runs of workflows out as Temporal workflows. There is one flow for all graphs: the graph is data that the
// activity reads from the log, so no edit of a workflow can make a flow's history unreadable. What a run has done is in its stream and
// nowhere else; the flow knows the run's id, and whether it is done, works or waits.
package workflowflow

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/morket/morket/commands/jobflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	domain "github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/eventstore"
)

// Names under which Temporal knows the flow, its activity and its signal. They stay for as long as there are histories with them.
const (
	WorkflowName = "workflow"
	ActivityName = "workflow-steps"
	WakeSignal   = "wake"
)

// Input is what the flow is started with.
type Input struct {
	Run kernel.WorkflowRunID `json:"run_id"`
}

// Timeouts of the activity. A worker that is silent for HeartbeatTimeout is taken for dead.
const (
	ActivityTimeout  = 24 * time.Hour
	HeartbeatTimeout = 2 * time.Minute
)

// historyLimit is the history length after which the flow starts over as a new execution.
const historyLimit = 2000

// Interpret is the flow: it has the run worked on, and while the run waits it waits for the time or to be woken.
func Interpret(ctx workflow.Context, in Input) error {
	wake := workflow.GetSignalChannel(ctx, WakeSignal)
	for {
		var at workflowcmd.Stand
		actx := workflow.WithActivityOptions(ctx, jobflow.Times{Longest: ActivityTimeout, Silence: HeartbeatTimeout}.Options())
		if err := workflow.ExecuteActivity(actx, ActivityName, in).Get(ctx, &at); err != nil {
			return err
		}
		if at.Done {
			if !wake.ReceiveAsync(nil) {
				return nil
			}
			continue // it was resumed just then
		}
		if err := wait(ctx, wake, at.Wait); err != nil {
			return err
		}
		if workflow.GetInfo(ctx).GetCurrentHistoryLength() > historyLimit {
			for wake.ReceiveAsync(nil) { // the next look at the log is anyway
			}
			return workflow.NewContinueAsNewError(ctx, WorkflowName, in)
		}
	}
}

// wait waits for a signal, or for the time if it is not 0. Signals that have come meanwhile end it at once, all of them together.
func wait(ctx workflow.Context, wake workflow.ReceiveChannel, most time.Duration) error {
	timed, stop := workflow.WithCancel(ctx)
	defer stop()
	sel := workflow.NewSelector(ctx)
	sel.AddReceive(wake, func(c workflow.ReceiveChannel, _ bool) {
		c.Receive(ctx, nil)
		for c.ReceiveAsync(nil) {
		}
	})
	sel.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
	if most > 0 {
		sel.AddFuture(workflow.NewTimer(timed, most), func(workflow.Future) {})
	}
	sel.Select(ctx)
	return ctx.Err()
}

// Runner works on a run; workflowcmd.Runner is one.
type Runner interface {
	// Lost notes that a worker was lost over the run, before Run goes on.
	Lost(ctx context.Context, id kernel.WorkflowRunID) error
	Run(ctx context.Context, id kernel.WorkflowRunID, alive workflowcmd.Alive) (workflowcmd.Stand, error)
}

// Activities are the flow's activities.
type Activities struct{ runner Runner }

// NewActivities makes the activities of a runner.
func NewActivities(r Runner) *Activities { return &Activities{r} }

// Steps is the activity. When the process stops it ends after the step that is under way, so that another one goes on without waiting for a
// heartbeat that never comes.
func (a *Activities) Steps(ctx context.Context, in Input) (at workflowcmd.Stand, err error) {
	err = jobflow.Try(ctx, in.Run, a.runner.Lost, func(ctx context.Context, beat func(string)) (err error) {
		at, err = a.runner.Run(ctx, in.Run, beat)
		return err
	})
	return at, err
}

// Register adds the flow and its activity to a worker.
func Register(w worker.Registry, a *Activities) {
	w.RegisterWorkflowWithOptions(Interpret, workflow.RegisterOptions{Name: WorkflowName})
	w.RegisterActivityWithOptions(a.Steps, activity.RegisterOptions{Name: ActivityName})
}

// Flows starts and signals flows. Both are safe to repeat.
type Flows interface {
	// Start starts the flow with the id; started is false if it runs already.
	Start(ctx context.Context, id, workflow string, in any) (started bool, err error)
	// Signal signals the flow with the id; found is false if it does not run.
	Signal(ctx context.Context, id, signal string) (found bool, err error)
}

// Log reads a stream's first event, and runs.
type Log interface {
	ReadStream(ctx context.Context, stream eventstore.StreamID, after int64, limit int) ([]eventstore.Recorded, error)
}

// Reactor starts and wakes flows as runs are begun, resumed and controlled, and when an enrichment has ended that a run waits for.
type Reactor struct {
	flows Flows
	log   Log
}

// NewReactor makes the reactor; its Types and Handle are for projections.ReactorConfig.
func NewReactor(flows Flows, log Log) *Reactor { return &Reactor{flows, log} }

// ReactorName names the reactor's checkpoint.
const ReactorName = "workflow_flows"

// Types are the events that it acts on.
func (*Reactor) Types() []string {
	return kernel.EventTypes(domain.Started{}, domain.Resumed{}, domain.RunContinued{}, domain.CancelRequested{}, domain.Decided{},
		enrichment.RunFinished{})
}

// Handle acts on one event. A flow that is not there is started: it finds in the log what there is to do, which may be nothing.
func (r *Reactor) Handle(ctx context.Context, e eventstore.Recorded) error {
	id := kernel.WorkflowRunID(e.Stream.ID())
	if e.Type == (enrichment.RunFinished{}).EventType() {
		asked, err := r.asked(ctx, e)
		if err != nil || asked == "" {
			return err
		}
		id = asked
	}
	f := Underway(id)
	started, err := r.flows.Start(ctx, f.ID, f.Workflow, f.Input)
	if err != nil || started {
		return err
	}
	_, err = r.flows.Signal(ctx, f.ID, f.Signal)
	return err
}

// asked is the run that asked for an enrichment: it stands in the metadata of the enrichment's first event.
func (r *Reactor) asked(ctx context.Context, e eventstore.Recorded) (kernel.WorkflowRunID, error) {
	first, err := r.log.ReadStream(ctx, e.Stream, 0, 1)
	if err != nil || len(first) == 0 {
		return "", err
	}
	meta, err := first[0].Meta()
	if err != nil || kernel.ParseID(kernel.PrefixWorkflowRun, meta.Actor.ID) != nil {
		return "", err
	}
	return kernel.WorkflowRunID(meta.Actor.ID), nil
}

// Underway is the flow of a run that has not ended.
func Underway(id kernel.WorkflowRunID) reconcile.Flow {
	return reconcile.Flow{ID: "workflow-" + string(id), Workflow: WorkflowName, Input: Input{Run: id}, Signal: WakeSignal}
}

// TriggersName names the checkpoint of the reactor that begins runs by changes of rows.
const TriggersName = "workflow_triggers"
