package workflowcmd

import (
	"context"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
)

// Begun is the answer to a Start.
type Begun struct {
	ID      kernel.WorkflowRunID `json:"id"`
	Version int                  `json:"version"`
}

// Start begins a run by hand, of the version with the number: 0 is the published one, else the newest.
func (h *Handlers) Start(ctx context.Context, meta kernel.Meta, id kernel.WorkflowID, number int) (commands.Result[Begun], error) {
	var none commands.Result[Begun]
	w, err := h.load(ctx, meta.Workspace, id)
	if err != nil {
		return none, err
	}
	if number == 0 {
		number = w.Published()
	}
	v, err := h.runnable(ctx, meta.Workspace, id, number)
	if err != nil {
		return none, err
	}
	switch t, _ := v.Graph.Trigger(); t.Kind {
	case workflow.RowsChanged:
		return none, kernel.E(kernel.KindConflict, "BEGINS_BY_ITSELF",
			"this workflow begins when rows are added or changed; publish it, then change a row")
	case workflow.Webhook:
		return none, kernel.E(kernel.KindConflict, "BEGINS_BY_ITSELF",
			"this workflow begins when something comes to its address; publish it, then send something")
	default: // begins by hand
	}
	e := workflow.Started{
		RunID: kernel.WorkflowRunID(h.cfg.IDs.New(kernel.PrefixWorkflowRun)), WorkflowID: id, Workspace: meta.Workspace, Version: v.Number,
		Graph: v.Graph, Cause: workflow.Cause{Kind: workflow.Manual, Chain: []kernel.WorkflowID{id}}, By: meta.Actor.User(),
		At: h.cfg.Clock.Now(),
	}
	out := Begun{e.RunID, e.Version}
	done, err := h.runs.Update(ctx, meta.As("workflow.run"), string(e.RunID), func(r *workflow.Run) (any, error) { return out, r.Begin(e) })
	if err != nil {
		return none, err
	}
	return commands.Reply(done, out)
}

// Verb is what is asked of a run.
type Verb string

// The verbs.
const (
	Pause    Verb = "pause"
	Continue Verb = "continue"
	Cancel   Verb = "cancel"
)

// Control asks something of a run. The flow meets it in the run's stream at its next append, and is woken if it waits.
func (h *Handlers) Control(ctx context.Context, meta kernel.Meta, id kernel.WorkflowRunID, verb Verb) (commands.Result[Nothing], error) {
	if _, err := h.loadRun(ctx, meta.Workspace, id); err != nil {
		return commands.Result[Nothing]{}, err
	}
	return reply(h.runs.Update(ctx, meta.As("workflow."+string(verb)), string(id), func(r *workflow.Run) (any, error) {
		switch verb {
		case Pause:
			return Nothing{}, r.Pause()
		case Continue:
			return Nothing{}, r.Continue()
		case Cancel:
			return Nothing{}, r.Cancel()
		default:
			return nil, kernel.Invalid("verb", "must be pause, continue or cancel")
		}
	}))
}

// Resume lets a run that has ended go on.
type Resume struct {
	Run     kernel.WorkflowRunID
	Version int             // whose graph holds from now on; 0 is the newest
	From    workflow.NodeID // which does its work again, with all nodes after it; empty: only what is missing is done
}

// Resume carries out a Resume.
func (h *Handlers) Resume(ctx context.Context, meta kernel.Meta, c Resume) (commands.Result[Begun], error) {
	var none commands.Result[Begun]
	run, err := h.loadRun(ctx, meta.Workspace, c.Run)
	if err != nil {
		return none, err
	}
	v, err := h.runnable(ctx, meta.Workspace, run.Started().WorkflowID, c.Version)
	if err != nil {
		return none, err
	}
	out := Begun{c.Run, v.Number}
	done, err := h.runs.Update(ctx, meta.As("workflow.resume"), string(c.Run), func(r *workflow.Run) (any, error) {
		return out, r.Resume(v.Number, v.Graph, c.From, meta.Actor.User(), h.cfg.Clock.Now())
	})
	if err != nil {
		return none, err
	}
	return commands.Reply(done, out)
}
