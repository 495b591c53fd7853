package enrichmentflow

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Flows starts and signals flows. Both are safe to repeat.
type Flows interface {
	// Start starts the flow with the id; started is false if it runs already.
	Start(ctx context.Context, id, workflow string, in any) (started bool, err error)
	// Signal signals the flow with the id; found is false if it does not run.
	Signal(ctx context.Context, id, signal string) (found bool, err error)
}

// FlowID names the flow of a round of a run.
func FlowID(run kernel.RunID, round int) string {
	if round == 0 {
		return "run-" + string(run)
	}
	return fmt.Sprintf("run-%s-r%d", run, round)
}

// Reactor starts and signals flows as runs are asked for, paused, resumed and cancelled.
type Reactor struct {
	flows Flows
	runs  *eventstore.Repo[*enrichment.Run]
}

// NewReactor makes a reactor; its Name, Types and Handle are for projections.ReactorConfig.
func NewReactor(flows Flows, store eventstore.Store, codec *eventstore.Codec) *Reactor {
	return &Reactor{flows: flows, runs: eventstore.NewRepo("run", store, codec, enrichment.NewRun)}
}

// ReactorName names the reactor's checkpoint.
const ReactorName = "enrichment_flows"

// Types are the events that it acts on.
func (*Reactor) Types() []string {
	return []string{
		(enrichment.RunStarted{}).EventType(), (enrichment.RunRetried{}).EventType(), (enrichment.RunPaused{}).EventType(),
		(enrichment.RunResumed{}).EventType(), (enrichment.RunCancelRequested{}).EventType(),
	}
}

// Handle acts on one event.
func (r *Reactor) Handle(ctx context.Context, e eventstore.Recorded) error {
	run := kernel.RunID(e.Stream.ID())
	in := Input{Workspace: e.Workspace, Run: run, Position: e.Position}
	switch e.Type {
	case (enrichment.RunStarted{}).EventType():
		return r.start(ctx, in)
	case (enrichment.RunRetried{}).EventType():
		var retried enrichment.RunRetried
		if err := json.Unmarshal(e.Data, &retried); err != nil {
			return fmt.Errorf("event %d: %w", e.Position, err)
		}
		in.Round = retried.Round
		return r.start(ctx, in)
	default:
		return r.signal(ctx, in)
	}
}

func (r *Reactor) start(ctx context.Context, in Input) error {
	_, err := r.flows.Start(ctx, FlowID(in.Run, in.Round), WorkflowName, in)
	return err
}

// signal tells the flow of a run to look at the log. A run whose flow is lost gets a new one, which does what was asked: a
// cancelled run without a flow would hold what it reserved for ever.
func (r *Reactor) signal(ctx context.Context, in Input) error {
	now, _, err := r.runs.Load(ctx, string(in.Run))
	if err != nil || now.State().Final() {
		return err
	}
	in.Round = now.Round()
	found, err := r.flows.Signal(ctx, FlowID(in.Run, in.Round), ControlSignal)
	if err != nil || found {
		return err
	}
	return r.start(ctx, in)
}

// Underway is the flow of a run that has not ended.
func Underway(in Input) reconcile.Flow {
	return reconcile.Flow{ID: FlowID(in.Run, in.Round), Workflow: WorkflowName, Input: in, Signal: ControlSignal}
}
