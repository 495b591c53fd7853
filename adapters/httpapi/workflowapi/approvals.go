package workflowapi

import (
	"context"
	"net/http"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/projections/workflowview"
)

func (s service) approvals(a *httpapi.API) {
	op := read("list-workflow-approvals", "W/workflow-approvals", "What waits for people to decide, due first")
	op.Projection = workflowview.Name
	httpapi.Read(a, op, s.pending)
	op = read("list-run-approvals", "W/workflow-runs/{workflowRunId}/approvals", "The rows of a run that wait for a decision")
	httpapi.Read(a, op, s.waiting)
	op = write("decide-workflow-run", http.MethodPost, "W/workflow-runs/{workflowRunId}/decide", "Approve or reject rows that wait")
	op.Description = "Rows go on by the output approved or rejected at once; the others wait on."
	httpapi.Write(a, op, s.decide)
}

// WorkflowApproval is a node of a run that waits for people.
type WorkflowApproval struct {
	RunID      kernel.WorkflowRunID `json:"run_id"`
	WorkflowID kernel.WorkflowID    `json:"workflow_id"`
	Workflow   string               `json:"workflow" doc:"Its name; empty if it was deleted meanwhile."`
	NodeID     workflow.NodeID      `json:"node_id"`
	Until      time.Time            `json:"until" doc:"After which the rows go on as late."`
}

func (s service) pending(ctx context.Context, p httpapi.Principal, _ *httpapi.InWorkspace) ([]WorkflowApproval, httpapi.Meta, error) {
	list, err := s.Reads.Pending(ctx, p.Workspace)
	out := make([]WorkflowApproval, len(list))
	for i, one := range list {
		out[i] = WorkflowApproval{one.Run, one.Workflow, one.Name, one.Node, one.Until}
	}
	return out, httpapi.Meta{}, err
}

func (s service) waiting(ctx context.Context, p httpapi.Principal, in *InWorkflowRun) ([]workflowcmd.Waiting, httpapi.Meta, error) {
	out, err := s.Handlers.Waiting(ctx, p.Workspace, in.RunID)
	return out, httpapi.Meta{}, err
}

// DecideWorkflowBody is a decision.
type DecideWorkflowBody struct {
	NodeID  workflow.NodeID `json:"node_id" pattern:"^[A-Za-z0-9_-]{1,40}$"`
	Approve bool            `json:"approve"`
	Rows    []kernel.RowID  `json:"row_ids,omitempty" maxItems:"1000" doc:"All that wait if it is left out or empty."`
}

type decideIn struct {
	InWorkflowRun
	Body DecideWorkflowBody
}

func (s service) decide(ctx context.Context, meta kernel.Meta, in *decideIn) (commands.Result[workflowcmd.Settled], error) {
	b := in.Body
	return s.Handlers.Decide(ctx, meta, workflowcmd.Decide{Run: in.RunID, Node: b.NodeID, Rows: b.Rows, Approve: b.Approve})
}
