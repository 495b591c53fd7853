package workspaceapi

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/workspacecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/workspaceview"
)

type listInput struct{ httpapi.Page }

func (s service) list(ctx context.Context, p httpapi.Principal, in *listInput) ([]workspacecmd.Workspace, httpapi.Meta, error) {
	if err := cursor(kernel.PrefixWorkspace, in.Cursor); err != nil {
		return nil, httpapi.Meta{}, err
	}
	if p.KeyWorkspace != "" { // a key knows of no other workspace
		w, ok, err := s.Reads.Workspace(ctx, p.KeyWorkspace)
		if err != nil || !ok {
			return []workspacecmd.Workspace{}, httpapi.Meta{}, err
		}
		w.Role = p.KeyRole
		return []workspacecmd.Workspace{workspacecmd.Workspace(w)}, httpapi.Meta{}, nil
	}
	list, err := s.Reads.Of(ctx, p.User, kernel.WorkspaceID(in.Cursor), s.Clock.Now(), in.Limit+1)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	list, meta := next(list, in.Limit, func(w workspaceview.Workspace) string { return string(w.ID) })
	out := make([]workspacecmd.Workspace, len(list))
	for i, w := range list {
		out[i] = workspacecmd.Workspace(w)
	}
	return out, meta, nil
}

type createInput struct {
	Body CreateBody
}

// CreateBody is the body of create-workspace.
type CreateBody struct {
	Name string `json:"name" doc:"1 to 100 characters."`
	Slug string `json:"slug,omitempty" doc:"Lower-case letters, digits and hyphens; made of the name when absent."`
}

func (s service) create(ctx context.Context, meta kernel.Meta, in *createInput) (commands.Result[workspacecmd.Workspace], error) {
	return s.Handlers.Create(ctx, meta, workspacecmd.Create(in.Body))
}

func (s service) get(ctx context.Context, p httpapi.Principal, _ *inWorkspace) (workspacecmd.Workspace, httpapi.Meta, error) {
	w, ok, err := s.Reads.Workspace(ctx, p.Workspace)
	if err == nil && !ok {
		err = kernel.NotFound("workspace", string(p.Workspace))
	}
	w.Role = p.Role
	return workspacecmd.Workspace(w), httpapi.Meta{}, err
}

type changeInput struct {
	httpapi.InWorkspace
	Body ChangeBody
}

// ChangeBody is the body of change-workspace; what is absent stays as it is.
type ChangeBody struct {
	Name     string `json:"name,omitempty"`
	Slug     string `json:"slug,omitempty"`
	TimeZone string `json:"time_zone,omitempty" maxLength:"64" doc:"An IANA name such as Europe/Berlin: where the days and weeks of the analytics begin."`
}

func (s service) change(ctx context.Context, meta kernel.Meta, in *changeInput) (commands.Result[workspacecmd.Workspace], error) {
	return s.Handlers.Change(ctx, meta, workspacecmd.Change{
		Name:     in.Body.Name,
		Slug:     in.Body.Slug,
		TimeZone: in.Body.TimeZone,
		As:       httpapi.PrincipalOf(ctx).Role,
	})
}

type removeInput struct {
	httpapi.InWorkspace
	Body RemoveBody
}

// RemoveBody is the body of delete-workspace.
type RemoveBody struct {
	ConfirmName string `json:"confirm_name" doc:"The workspace's name, typed again."`
}

func (s service) remove(ctx context.Context, meta kernel.Meta, in *removeInput) (commands.Result[workspacecmd.Done], error) {
	return s.Handlers.Delete(ctx, meta, workspacecmd.Delete(in.Body))
}

func (s service) restore(ctx context.Context, meta kernel.Meta, in *inWorkspace) (commands.Result[workspacecmd.Workspace], error) {
	meta.Workspace = in.WorkspaceID
	return s.Handlers.Restore(ctx, meta)
}
