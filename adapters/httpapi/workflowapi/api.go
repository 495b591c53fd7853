// Package workflowapi is the HTTP side of workflows: their versions, what they would do, and their runs. A workflow is about more than one
// table, so callers that are limited to tables have no part in it.
package workflowapi

import (
	"context"
	"net/http"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/workflowview"
)

const tag = "workflows"

// Reads reads workflows and runs.
type Reads interface {
	Workflows(ctx context.Context, ws kernel.WorkspaceID, before kernel.WorkflowID, limit int) ([]workflowview.Workflow, error)
	Runs(ctx context.Context, ws kernel.WorkspaceID, id kernel.WorkflowID, before kernel.WorkflowRunID, limit int) ([]workflowview.Run, error)
	Pending(ctx context.Context, ws kernel.WorkspaceID) ([]workflowview.Pending, error)
	Run(ctx context.Context, ws kernel.WorkspaceID, id kernel.WorkflowRunID) (workflowview.Run, []workflowview.NodeCount, bool, error)
}

// Deps is what the endpoints need.
type Deps struct {
	Handlers *workflowcmd.Handlers
	Reads    Reads
}

type service struct{ Deps }

// Register adds the endpoints.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	s.workflows(a)
	s.versions(a)
	s.runs(a)
	s.hooks(a)
	s.approvals(a)
	s.trials(a)
}

func read(id, path, summary string) httpapi.Op {
	return httpapi.Op{
		ID: id, Method: http.MethodGet, Path: path, Tag: tag, Summary: summary, Action: workspace.ReadTables, Scope: httpapi.WholeWorkspace,
		Rate: httpapi.General,
	}
}

func write(id, method, path, summary string) httpapi.Op {
	return httpapi.Op{
		ID: id, Method: method, Path: path, Tag: tag, Summary: summary, Action: workspace.ManageWorkflows, Scope: httpapi.WholeWorkspace,
		Rate: httpapi.General, Projection: workflowview.Name,
	}
}

func (s service) workflows(a *httpapi.API) {
	httpapi.Read(a, read("list-workflow-templates", "W/workflow-templates", "Workflows to begin with"), s.templates)
	op := read("list-workflows", "W/workflows", "The workflows, newest first")
	op.Projection = workflowview.Name
	httpapi.Read(a, op, s.list)
	op = write("create-workflow", http.MethodPost, "W/workflows", "Make a workflow")
	op.Status = http.StatusCreated
	op.Description = "It may be unfinished: what keeps it from running is in problems, and refuses it to be published or run."
	httpapi.Write(a, op, s.create)
	httpapi.Read(a, read("get-workflow", "W/workflows/{workflowId}", "A version of a workflow, with its graph"), s.get)
	op = write("delete-workflow", http.MethodDelete, "W/workflows/{workflowId}", "Delete a workflow; runs under way go on")
	httpapi.Write(a, op, s.delete)
	op = read("check-workflow", "W/workflow-check", "Say what keeps a graph from running")
	op.Method, op.Action = http.MethodPost, workspace.ManageWorkflows
	httpapi.Read(a, op, s.check)
}

func (s service) versions(a *httpapi.API) {
	op := write("save-workflow", http.MethodPost, "W/workflows/{workflowId}/versions", "Save a new version")
	op.Status = http.StatusCreated
	op.Description = "A version never changes. If another one was saved after the one in after, nothing is saved (NEWER_VERSION)."
	httpapi.Write(a, op, s.save)
	httpapi.Read(a, read("list-workflow-versions", "W/workflows/{workflowId}/versions", "The versions, newest first"), s.listVersions)
	httpapi.Read(a, read("diff-workflow", "W/workflows/{workflowId}/diff", "What one version has different from another"), s.diff)
	op = write("rollback-workflow", http.MethodPost, "W/workflows/{workflowId}/rollback", "Save the graph of an older version as a new one")
	httpapi.Write(a, op, s.rollback)
	op = write("publish-workflow", http.MethodPost, "W/workflows/{workflowId}/publish", "Put a version in force with its trigger")
	httpapi.Write(a, op, s.publish)
	op = write("unpublish-workflow", http.MethodPost, "W/workflows/{workflowId}/unpublish", "Stop a workflow's trigger")
	httpapi.Write(a, op, s.unpublish)
	op = read("dry-run-workflow", "W/workflows/{workflowId}/dry-run", "Try a version on up to ten rows, without any effect")
	op.Method, op.Action, op.Rate = http.MethodPost, workspace.ManageWorkflows, httpapi.Enrichment
	httpapi.Read(a, op, s.dryRun)
}

func (s service) runs(a *httpapi.API) {
	op := write("run-workflow", http.MethodPost, "W/workflows/{workflowId}/run", "Begin a run")
	op.Status, op.Rate = http.StatusCreated, httpapi.Enrichment
	op.Description = "The run keeps the version's graph whatever becomes of the workflow."
	httpapi.Write(a, op, s.run)
	op = read("list-workflow-runs", "W/workflows/{workflowId}/runs", "Runs of a workflow, newest first")
	op.Projection = workflowview.Name
	httpapi.Read(a, op, s.listRuns)
	op = read("get-workflow-run", "W/workflow-runs/{workflowRunId}", "A run with its counts, node by node")
	op.Projection = workflowview.Name
	httpapi.Read(a, op, s.getRun)
	op = write("pause-workflow-run", http.MethodPost, "W/workflow-runs/{workflowRunId}/pause", "Hold a run before its next step")
	op.Description = "An enrichment that the run waits for goes on."
	httpapi.Write(a, op, s.control(workflowcmd.Pause))
	op = write("continue-workflow-run", http.MethodPost, "W/workflow-runs/{workflowRunId}/continue", "End a pause")
	httpapi.Write(a, op, s.control(workflowcmd.Continue))
	op = write("cancel-workflow-run", http.MethodPost, "W/workflow-runs/{workflowRunId}/cancel", "End a run and its enrichment")
	httpapi.Write(a, op, s.control(workflowcmd.Cancel))
	op = write("resume-workflow-run", http.MethodPost, "W/workflow-runs/{workflowRunId}/resume", "Let an ended run go on, under any version")
	op.Rate = httpapi.Enrichment
	op.Description = "Rows that a node has done are not done again where the node does the same in that version: nothing is paid twice. " +
		"What failed is tried again. With from, that node and all after it do their work again."
	httpapi.Write(a, op, s.resume)
}

// maxDelivery is how large what comes to an address may be, in bytes.
const maxDelivery = 256 << 10

func (s service) hooks(a *httpapi.API) {
	op := read("get-workflow-hook", "W/workflows/{workflowId}/hook", "The workflow's own address, and what came to it last")
	op.Action = workspace.ManageWorkflows
	httpapi.Read(a, op, s.hook)
	op = write("set-workflow-hook", http.MethodPost, "W/workflows/{workflowId}/hook", "Give a workflow an address that begins it")
	op.Status, op.OwnReplay = http.StatusCreated, true
	op.Description = "The address is a secret and is answered this once. The one before ends at once."
	httpapi.Write(a, op, s.setHook)
	httpapi.Write(a, httpapi.Op{
		ID: "receive-workflow-delivery", Method: http.MethodPost, Path: workflowcmd.HookPath + "{address}", Tag: tag,
		Summary: "For other systems: something for a workflow to take in",
		Description: "The body is a JSON object, or a list of up to 100, each of which becomes a row as the workflow's trigger says. A repeat " +
			"with the same Idempotency-Key or Webhook-Id does nothing more. Too much at once is answered with 429 and Retry-After.",
		Scope: httpapi.Public, Action: httpapi.NoAction, Rate: httpapi.Unlimited, MaxBody: maxDelivery, OwnReplay: true,
		Status: http.StatusAccepted,
	}, s.receive)
}

// InWorkflow is embedded by the inputs of endpoints of a workflow.
type InWorkflow struct {
	httpapi.InWorkspace
	WorkflowID kernel.WorkflowID `path:"workflowId" doc:"wfl_…"`
}

// InWorkflowRun is embedded by the inputs of endpoints of a run.
type InWorkflowRun struct {
	httpapi.InWorkspace
	RunID kernel.WorkflowRunID `path:"workflowRunId" doc:"wfr_…"`
}

// Workflow is a workflow as lists show it.
type Workflow struct {
	ID        kernel.WorkflowID `json:"id"`
	Name      string            `json:"name"`
	Version   int               `json:"version" doc:"The newest."`
	Published int               `json:"published_version,omitempty" doc:"The one in force; none if the workflow is a draft."`
	Trigger   *workflow.Trigger `json:"trigger,omitempty" doc:"Of the version in force."`
	Tables    []kernel.TableID  `json:"table_ids" doc:"That the newest version names."`
	Passed    string            `json:"left_out,omitempty" doc:"Why changes of rows were last left out on purpose."`
	UpdatedAt time.Time         `json:"updated_at"`
}

// WorkflowVersionInfo is a version of a workflow.
type WorkflowVersionInfo struct {
	Number       int           `json:"version"`
	Name         string        `json:"name"`
	Note         string        `json:"note,omitempty"`
	RestoredFrom int           `json:"restored_from,omitempty" doc:"The version that it brings back."`
	By           kernel.UserID `json:"by,omitempty"`
	At           time.Time     `json:"at"`
	Published    bool          `json:"published"`
}

func versionOf(v workflow.Version, published int) WorkflowVersionInfo {
	return WorkflowVersionInfo{v.Number, v.Name, v.Note, v.Of, v.By, v.At, v.Number == published}
}

// WorkflowDetail is a version with its graph.
type WorkflowDetail struct {
	ID        kernel.WorkflowID   `json:"id"`
	Latest    int                 `json:"latest_version"`
	Published int                 `json:"published_version,omitempty"`
	Version   WorkflowVersionInfo `json:"version"`
	Graph     workflow.Graph      `json:"graph"`
	Problems  []workflow.Problem  `json:"problems" doc:"What keeps the version from running."`
}

// WorkflowRun is a run of a workflow.
type WorkflowRun struct {
	ID         kernel.WorkflowRunID `json:"id"`
	WorkflowID kernel.WorkflowID    `json:"workflow_id"`
	Version    int                  `json:"version" doc:"Whose graph holds."`
	Round      int                  `json:"resumed" doc:"How often it was resumed."`
	Cause      workflow.Kind        `json:"cause" enum:"manual,schedule,rows_changed,webhook"`
	Missed     int                  `json:"missed,omitempty" doc:"Due times of a schedule before this one that had no run."`
	State      workflow.State       `json:"state" enum:"running,paused,completed,partially_completed,failed,cancelled"`
	Node       workflow.NodeID      `json:"failed_node,omitempty"`
	Reason     string               `json:"reason,omitempty"`
	Rows       int64                `json:"rows"`
	Spent      kernel.Credits       `json:"spent_mc"`
	By         kernel.UserID        `json:"started_by,omitempty"`
	StartedAt  time.Time            `json:"started_at"`
	EndedAt    *time.Time           `json:"ended_at,omitempty"`
}

func runOf(r workflowview.Run) WorkflowRun {
	return WorkflowRun{
		ID: r.ID, WorkflowID: r.Workflow, Version: r.Version, Round: r.Round, Cause: r.Cause, Missed: r.Missed, State: r.State, Node: r.Node,
		Reason: r.Reason, Rows: r.Rows, Spent: r.Spent, By: r.By, StartedAt: r.StartedAt, EndedAt: r.EndedAt,
	}
}

// WorkflowProgress is how far a node of a run has come.
type WorkflowProgress struct {
	NodeID workflow.NodeID  `json:"node_id"`
	Done   int64            `json:"rows_done"`
	Failed int64            `json:"rows_failed"`
	Out    map[string]int64 `json:"rows_out" doc:"By output."`
	Spent  kernel.Credits   `json:"spent_mc"`
	State  string           `json:"state,omitempty" enum:"asking,waiting,approving,failed" doc:"Asking: an enrichment is under way, whose run is in says. Approving: people are to decide."`
	Says   string           `json:"says,omitempty"`
	Until  *time.Time       `json:"until,omitempty" doc:"Of waiting and approving."`
}

// WorkflowRunDetail is a run with its nodes.
type WorkflowRunDetail struct {
	WorkflowRun
	Nodes []WorkflowProgress `json:"nodes" doc:"Those that have done something."`
}
