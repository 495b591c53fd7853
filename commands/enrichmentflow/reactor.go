package enrichmentflow

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Flows starts and signals flows. Both are safe to repeat.
type Flows interface {
	// Start starts the flow with the id, unless there is or was one.
	Start(ctx context.Context, id, workflow string, in any) error
	// Signal signals the flow with the id; one that has ended is left alone.
	Signal(ctx context.Context, id, signal string) error
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
		return r.flows.Start(ctx, FlowID(run, 0), WorkflowName, in)
	case (enrichment.RunRetried{}).EventType():
		var retried enrichment.RunRetried
		if err := json.Unmarshal(e.Data, &retried); err != nil {
			return fmt.Errorf("event %d: %w", e.Position, err)
		}
		in.Round = retried.Round
		return r.flows.Start(ctx, FlowID(run, in.Round), WorkflowName, in)
	default:
		now, _, err := r.runs.Load(ctx, string(run))
		if err != nil {
			return err
		}
		return r.flows.Signal(ctx, FlowID(run, now.Round()), ControlSignal)
	}
}
