package workflowapi

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/projections/workflowview"
)

func (service) templates(context.Context, httpapi.Principal, *httpapi.InWorkspace) ([]workflowcmd.Template, httpapi.Meta, error) {
	return workflowcmd.Templates(), httpapi.Meta{}, nil
}

type listIn struct {
	httpapi.InWorkspace
	httpapi.Page
}

func (s service) list(ctx context.Context, p httpapi.Principal, in *listIn) ([]Workflow, httpapi.Meta, error) {
	var meta httpapi.Meta
	if in.Cursor != "" && kernel.ParseID(kernel.PrefixWorkflow, in.Cursor) != nil {
		return nil, meta, kernel.BadCursor()
	}
	list, err := s.Reads.Workflows(ctx, p.Workspace, kernel.WorkflowID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, meta, err
	}
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(w workflowview.Workflow) string { return string(w.ID) })
	out := make([]Workflow, len(list))
	for i, w := range list {
		out[i] = Workflow{
			ID: w.ID, Name: w.Name, Version: w.Version, Published: w.Published, Tables: w.Tables, Passed: w.Passed, UpdatedAt: w.UpdatedAt,
		}
		if w.Published > 0 {
			out[i].Trigger = &w.Trigger
		}
	}
	return out, meta, nil
}

// CreateWorkflowBody is a new workflow.
type CreateWorkflowBody struct {
	Name  string         `json:"name"`
	Graph workflow.Graph `json:"graph"`
}

type createIn struct {
	httpapi.InWorkspace
	Body CreateWorkflowBody
}

func (s service) create(ctx context.Context, meta kernel.Meta, in *createIn) (commands.Result[workflowcmd.Saved], error) {
	return s.Handlers.Save(ctx, meta, workflowcmd.Save{Name: in.Body.Name, Graph: in.Body.Graph})
}

type getIn struct {
	InWorkflow
	Version int `query:"version" minimum:"0" doc:"The newest if it is left out."`
}

func (s service) get(ctx context.Context, p httpapi.Principal, in *getIn) (WorkflowDetail, httpapi.Meta, error) {
	var meta httpapi.Meta
	list, published, err := s.Handlers.Versions(ctx, p.Workspace, in.WorkflowID)
	if err != nil {
		return WorkflowDetail{}, meta, err
	}
	v, err := s.Handlers.Version(ctx, p.Workspace, in.WorkflowID, in.Version)
	return WorkflowDetail{
		ID: in.WorkflowID, Latest: list[0].Number, Published: published, Version: versionOf(v.Version, published), Graph: v.Graph,
		Problems: v.Problems,
	}, meta, err
}

func (s service) delete(ctx context.Context, meta kernel.Meta, in *InWorkflow) (commands.Result[workflowcmd.Nothing], error) {
	return s.Handlers.Delete(ctx, meta, in.WorkflowID)
}

// CheckWorkflowBody is a graph.
type CheckWorkflowBody struct {
	Graph workflow.Graph `json:"graph"`
}

type checkIn struct {
	httpapi.InWorkspace
	Body CheckWorkflowBody
}

// WorkflowChecked is what keeps a graph from running.
type WorkflowChecked struct {
	Problems []workflow.Problem `json:"problems"`
}

func (s service) check(ctx context.Context, p httpapi.Principal, in *checkIn) (WorkflowChecked, httpapi.Meta, error) {
	if err := in.Body.Graph.Validate(); err != nil {
		return WorkflowChecked{}, httpapi.Meta{}, err
	}
	problems, err := s.Handlers.Check(ctx, p.Workspace, in.Body.Graph.Clean())
	return WorkflowChecked{problems}, httpapi.Meta{}, err
}

// SaveWorkflowBody is a new version.
type SaveWorkflowBody struct {
	Name  string         `json:"name"`
	Graph workflow.Graph `json:"graph"`
	Note  string         `json:"note,omitempty" doc:"What is different, for people."`
	After int            `json:"after" minimum:"1" doc:"The version that it was made from."`
}

type saveIn struct {
	InWorkflow
	Body SaveWorkflowBody
}

func (s service) save(ctx context.Context, meta kernel.Meta, in *saveIn) (commands.Result[workflowcmd.Saved], error) {
	if in.WorkflowID == "" {
		return commands.Result[workflowcmd.Saved]{}, kernel.NotFound("workflow", "")
	}
	b := in.Body
	return s.Handlers.Save(ctx, meta, workflowcmd.Save{ID: in.WorkflowID, Name: b.Name, Graph: b.Graph, Note: b.Note, After: b.After})
}

func (s service) listVersions(ctx context.Context, p httpapi.Principal, in *InWorkflow) ([]WorkflowVersionInfo, httpapi.Meta, error) {
	list, published, err := s.Handlers.Versions(ctx, p.Workspace, in.WorkflowID)
	out := make([]WorkflowVersionInfo, 0, min(len(list), mostVersions))
	for _, v := range list[:min(len(list), mostVersions)] {
		out = append(out, versionOf(v, published))
	}
	return out, httpapi.Meta{}, err
}

// mostVersions is how many versions are listed: the newest.
const mostVersions = 500

type diffIn struct {
	InWorkflow
	From int `query:"from" minimum:"0" doc:"The newest if it is left out."`
	To   int `query:"to" minimum:"0" doc:"The newest if it is left out."`
}

// WorkflowDiff is what one version has different from another.
type WorkflowDiff struct {
	Lines []string `json:"lines" doc:"Each begins with + for what came, − for what went, or ~ for what changed."`
}

func (s service) diff(ctx context.Context, p httpapi.Principal, in *diffIn) (WorkflowDiff, httpapi.Meta, error) {
	lines, err := s.Handlers.Diff(ctx, p.Workspace, in.WorkflowID, in.From, in.To)
	return WorkflowDiff{lines}, httpapi.Meta{}, err
}

// WorkflowVersionBody names a version.
type WorkflowVersionBody struct {
	Version int `json:"version" minimum:"1"`
}

type versionIn struct {
	InWorkflow
	Body WorkflowVersionBody
}

func (s service) rollback(ctx context.Context, meta kernel.Meta, in *versionIn) (commands.Result[workflowcmd.Saved], error) {
	return s.Handlers.Rollback(ctx, meta, in.WorkflowID, in.Body.Version)
}

func (s service) publish(ctx context.Context, meta kernel.Meta, in *versionIn) (commands.Result[workflowcmd.Nothing], error) {
	return s.Handlers.Publish(ctx, meta, in.WorkflowID, in.Body.Version)
}

func (s service) unpublish(ctx context.Context, meta kernel.Meta, in *InWorkflow) (commands.Result[workflowcmd.Nothing], error) {
	return s.Handlers.Unpublish(ctx, meta, in.WorkflowID)
}

// WorkflowRunBody chooses a version.
type WorkflowRunBody struct {
	Version int `json:"version,omitempty" minimum:"0" doc:"The published one if it is left out, else the newest."`
}

type runIn struct {
	InWorkflow
	Body WorkflowRunBody
}

func (s service) dryRun(ctx context.Context, p httpapi.Principal, in *runIn) (workflowcmd.DryRun, httpapi.Meta, error) {
	out, err := s.Handlers.DryRun(ctx, kernel.Meta{Actor: p.Actor, Workspace: p.Workspace}, in.WorkflowID, in.Body.Version)
	return out, httpapi.Meta{}, err
}

func (s service) run(ctx context.Context, meta kernel.Meta, in *runIn) (commands.Result[workflowcmd.Begun], error) {
	return s.Handlers.Start(ctx, meta, in.WorkflowID, in.Body.Version)
}

type runsIn struct {
	InWorkflow
	httpapi.Page
}

func (s service) listRuns(ctx context.Context, p httpapi.Principal, in *runsIn) ([]WorkflowRun, httpapi.Meta, error) {
	var meta httpapi.Meta
	if in.Cursor != "" && kernel.ParseID(kernel.PrefixWorkflowRun, in.Cursor) != nil {
		return nil, meta, kernel.BadCursor()
	}
	if _, _, err := s.Handlers.Versions(ctx, p.Workspace, in.WorkflowID); err != nil {
		return nil, meta, err
	}
	list, err := s.Reads.Runs(ctx, p.Workspace, in.WorkflowID, kernel.WorkflowRunID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, meta, err
	}
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(r workflowview.Run) string { return string(r.ID) })
	out := make([]WorkflowRun, len(list))
	for i, r := range list {
		out[i] = runOf(r)
	}
	return out, meta, nil
}

func (s service) getRun(ctx context.Context, p httpapi.Principal, in *InWorkflowRun) (WorkflowRunDetail, httpapi.Meta, error) {
	r, nodes, ok, err := s.Reads.Run(ctx, p.Workspace, in.RunID)
	if err == nil && !ok {
		err = kernel.NotFound("run", string(in.RunID))
	}
	out := WorkflowRunDetail{WorkflowRun: runOf(r), Nodes: make([]WorkflowProgress, len(nodes))}
	for i, n := range nodes {
		out.Nodes[i] = WorkflowProgress{n.Node, n.Done, n.Failed, n.Out, n.Spent, n.State, n.Says, n.Until}
	}
	return out, httpapi.Meta{}, err
}

type controlled = func(context.Context, kernel.Meta, *InWorkflowRun) (commands.Result[workflowcmd.Nothing], error)

func (s service) control(verb workflowcmd.Verb) controlled {
	return func(ctx context.Context, meta kernel.Meta, in *InWorkflowRun) (commands.Result[workflowcmd.Nothing], error) {
		return s.Handlers.Control(ctx, meta, in.RunID, verb)
	}
}

// ResumeWorkflowBody says how a run goes on.
type ResumeWorkflowBody struct {
	Version int             `json:"version,omitempty" minimum:"0" doc:"Whose graph holds from now on; the newest if it is left out."`
	From    workflow.NodeID `json:"from,omitempty" doc:"The node that does its work again, with all after it; none: what is missing."`
}

type resumeIn struct {
	InWorkflowRun
	Body ResumeWorkflowBody
}

func (s service) resume(ctx context.Context, meta kernel.Meta, in *resumeIn) (commands.Result[workflowcmd.Begun], error) {
	return s.Handlers.Resume(ctx, meta, workflowcmd.Resume{Run: in.RunID, Version: in.Body.Version, From: in.Body.From})
}
