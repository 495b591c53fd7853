package workflowcmd

import (
	"context"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
)

// Save keeps a draft as a new version; ID is that of the workflow, empty for a new one.
type Save struct {
	ID    kernel.WorkflowID
	Name  string
	Graph workflow.Graph
	Note  string
	After int // the version that the draft was made from
}

// Saved is the answer to a Save.
type Saved struct {
	ID       kernel.WorkflowID  `json:"id"`
	Version  int                `json:"version"`
	Problems []workflow.Problem `json:"problems" doc:"What keeps the version from running."`
}

// Save carries out a Save.
func (h *Handlers) Save(ctx context.Context, meta kernel.Meta, c Save) (commands.Result[Saved], error) {
	d := workflow.Draft{Name: c.Name, Graph: c.Graph, Note: c.Note, After: c.After}
	return h.save(ctx, meta.As("workflow.save"), c.ID, d)
}

// Rollback saves the graph of an older version as a new one.
func (h *Handlers) Rollback(ctx context.Context, meta kernel.Meta, id kernel.WorkflowID, number int) (commands.Result[Saved], error) {
	w, err := h.load(ctx, meta.Workspace, id)
	if err != nil {
		return commands.Result[Saved]{}, err
	}
	v, g, err := h.graph(ctx, w, id, number)
	if err != nil {
		return commands.Result[Saved]{}, err
	}
	d := workflow.Draft{Name: v.Name, Graph: g, After: w.Latest().Number, Of: v.Number}
	return h.save(ctx, meta.As("workflow.rollback"), id, d)
}

func (h *Handlers) save(ctx context.Context, meta kernel.Meta, id kernel.WorkflowID, d workflow.Draft) (commands.Result[Saved], error) {
	var none commands.Result[Saved]
	if err := d.Graph.Validate(); err != nil { // before anything is looked up by it
		return none, err
	}
	problems, err := h.Check(ctx, meta.Workspace, d.Graph.Clean())
	if err != nil {
		return none, err
	}
	fresh := id == ""
	if fresh {
		id = kernel.WorkflowID(h.cfg.IDs.New(kernel.PrefixWorkflow))
	}
	d.By, d.At = meta.Actor.User(), h.cfg.Clock.Now()
	out := Saved{ID: id, Problems: problems}
	done, err := h.workflows.Update(ctx, meta, string(id), func(w *workflow.Workflow) (any, error) {
		if !fresh && !w.In(meta.Workspace) {
			return nil, kernel.NotFound("workflow", string(id))
		}
		if err := w.Save(id, meta.Workspace, d); err != nil {
			return nil, err
		}
		out.Version = w.Latest().Number
		return out, nil
	})
	if err != nil {
		return none, err
	}
	return commands.Reply(done, out)
}

// Publish puts a version in force; 0 is the newest one.
func (h *Handlers) Publish(ctx context.Context, meta kernel.Meta, id kernel.WorkflowID, number int) (commands.Result[Nothing], error) {
	v, err := h.runnable(ctx, meta.Workspace, id, number)
	if err != nil {
		return commands.Result[Nothing]{}, err
	}
	return reply(h.workflows.Update(ctx, meta.As("workflow.publish"), string(id), func(w *workflow.Workflow) (any, error) {
		if !w.In(meta.Workspace) {
			return nil, kernel.NotFound("workflow", string(id))
		}
		return Nothing{}, w.Publish(v.Number, v.Graph, h.cfg.Clock.Now())
	}))
}

// runnable is a version that has no problem.
func (h *Handlers) runnable(ctx context.Context, ws kernel.WorkspaceID, id kernel.WorkflowID, number int) (Version, error) {
	v, err := h.Version(ctx, ws, id, number)
	if err != nil {
		return v, err
	}
	return v, workflow.Refusal(v.Problems)
}

// Unpublish stops a workflow's trigger.
func (h *Handlers) Unpublish(ctx context.Context, meta kernel.Meta, id kernel.WorkflowID) (commands.Result[Nothing], error) {
	return h.change(ctx, meta.As("workflow.unpublish"), id, func(w *workflow.Workflow) error { return w.Unpublish(h.cfg.Clock.Now()) })
}

// Delete ends a workflow. Runs under way go on.
func (h *Handlers) Delete(ctx context.Context, meta kernel.Meta, id kernel.WorkflowID) (commands.Result[Nothing], error) {
	return h.change(ctx, meta.As("workflow.delete"), id, (*workflow.Workflow).Delete)
}

func (h *Handlers) change(
	ctx context.Context, meta kernel.Meta, id kernel.WorkflowID, fn func(*workflow.Workflow) error,
) (commands.Result[Nothing], error) {
	if _, err := h.load(ctx, meta.Workspace, id); err != nil {
		return commands.Result[Nothing]{}, err
	}
	return reply(h.workflows.Update(ctx, meta, string(id), func(w *workflow.Workflow) (any, error) {
		if !w.In(meta.Workspace) {
			return nil, kernel.NotFound("workflow", string(id))
		}
		return Nothing{}, fn(w)
	}))
}
