package workflowapi

import (
	"context"
	"net/http"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
)

// trials are questions about what would have been.
func (s service) trials(a *httpapi.API) {
	op := read("what-if-workflow-run", "W/workflow-runs/{workflowRunId}/what-if", "Say what another version would have made of a run's rows")
	op.Method, op.Action, op.Rate = http.MethodPost, workspace.ManageWorkflows, httpapi.Enrichment
	op.Description = "Nothing is asked, written or sent. What nodes have done that do the same in that version stands as it is recorded, so " +
		"the cost is that of what would be new. New conditions look at rows as they are now. The run must have ended."
	httpapi.Read(a, op, s.whatIf)
}

// WorkflowWhatIfBody chooses a version.
type WorkflowWhatIfBody struct {
	Version int `json:"version,omitempty" minimum:"0" doc:"The newest if it is left out."`
}

type whatIfIn struct {
	InWorkflowRun
	Body WorkflowWhatIfBody
}

func (s service) whatIf(ctx context.Context, p httpapi.Principal, in *whatIfIn) (workflowcmd.WhatIf, httpapi.Meta, error) {
	out, err := s.Handlers.WhatIf(ctx, kernel.Meta{Actor: p.Actor, Workspace: p.Workspace}, in.RunID, in.Body.Version)
	return out, httpapi.Meta{}, err
}
