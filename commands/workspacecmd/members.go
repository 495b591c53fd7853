package workspacecmd

import (
	"context"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
)

// MemberRole is a member with the present role.
type MemberRole struct {
	UserID kernel.UserID `json:"user_id"`
	Role   kernel.Role   `json:"role"`
}

// ChangeRole gives a member of the meta's workspace another role.
type ChangeRole struct {
	User kernel.UserID
	Role kernel.Role
	As   kernel.Role // the caller's role, for an API key
}

// ChangeRole gives a member another role. It counts from the next request on.
func (h *Handlers) ChangeRole(ctx context.Context, meta kernel.Meta, cmd ChangeRole) (commands.Result[MemberRole], error) {
	return update(ctx, h, meta.As("change-member-role"), func(w *workspace.Workspace) (MemberRole, error) {
		return MemberRole{cmd.User, cmd.Role}, w.ChangeRole(cmd.User, cmd.Role, callerRole(w, meta, cmd.As))
	})
}

// RemoveMember ends a membership; a person may always end their own.
type RemoveMember struct {
	User kernel.UserID
	As   kernel.Role // the caller's role, for an API key
}

// RemoveMember ends a membership. The keys that the person made in the workspace end with it.
func (h *Handlers) RemoveMember(ctx context.Context, meta kernel.Meta, cmd RemoveMember) (commands.Result[Done], error) {
	self := meta.Actor.Kind == kernel.ActorUser && meta.Actor.ID == string(cmd.User)
	return update(ctx, h, meta.As("remove-member"), func(w *workspace.Workspace) (Done, error) {
		return Done{}, w.Remove(cmd.User, callerRole(w, meta, cmd.As), self, h.cfg.Clock.Now())
	})
}
