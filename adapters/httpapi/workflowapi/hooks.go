package workflowapi

import (
	"context"
	"io"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/domain/kernel"
)

func (s service) hook(ctx context.Context, p httpapi.Principal, in *InWorkflow) (workflowcmd.Hook, httpapi.Meta, error) {
	out, err := s.Handlers.Hook(ctx, p.Workspace, in.WorkflowID)
	return out, httpapi.Meta{}, err
}

func (s service) setHook(ctx context.Context, meta kernel.Meta, in *InWorkflow) (commands.Result[workflowcmd.HookAddress], error) {
	res, err := s.Handlers.SetHook(ctx, meta, in.WorkflowID)
	res.Value.Path = httpapi.Base + res.Value.Path
	return res, err
}

type receiveIn struct {
	Address string `path:"address" maxLength:"100" doc:"As set-workflow-hook answered it."`
	ID      string `header:"Webhook-Id" maxLength:"100" doc:"The sender's name of the message, the same for each repeat (Standard Webhooks)."`
}

func (s service) receive(ctx context.Context, meta kernel.Meta, in *receiveIn) (commands.Result[workflowcmd.Accepted], error) {
	r := httpapi.Echo(ctx).Request()
	body, err := io.ReadAll(r.Body) // JSON as it came, and no longer than maxDelivery
	if err != nil {
		return commands.Result[workflowcmd.Accepted]{}, err
	}
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		key = in.ID
	}
	return s.Handlers.Receive(ctx, meta, workflowcmd.Receive{Address: in.Address, Key: key, Body: body})
}
