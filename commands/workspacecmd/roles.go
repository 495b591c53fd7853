package workspacecmd

import (
	"context"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
)

// Role tells a person's role in a workspace, as it was at most CacheLife ago; changes by this process count at once. False
// means that the person is not a member, or that there is no such workspace, or that it is deleted.
func (h *Handlers) Role(ctx context.Context, ws kernel.WorkspaceID, user kernel.UserID) (kernel.Role, bool, error) {
	role, _, ok, err := h.Member(ctx, ws, user)
	return role, ok, err
}

// Member is Role with the id of the person's stay.
func (h *Handlers) Member(ctx context.Context, ws kernel.WorkspaceID, user kernel.UserID) (kernel.Role, string, bool, error) {
	if kernel.ParseID(kernel.PrefixWorkspace, string(ws)) != nil {
		return "", "", false, nil //nolint:nilerr // nobody is a member of what can't exist
	}
	w, err := h.known(ctx, ws)
	if err != nil || !w.Live() {
		return "", "", false, err
	}
	m, ok := w.Member(user)
	return m.Role, m.Membership, ok, nil
}

// TimeZone tells the IANA name of a workspace's time zone, as fresh as Role.
func (h *Handlers) TimeZone(ctx context.Context, ws kernel.WorkspaceID) (string, error) {
	w, err := h.known(ctx, ws)
	if err != nil {
		return "", err
	}
	return w.TimeZone(), nil
}

// known returns a workspace as it was at most CacheLife ago.
func (h *Handlers) known(ctx context.Context, ws kernel.WorkspaceID) (*workspace.Workspace, error) {
	return h.recent.Get(ctx, ws, func(ctx context.Context) (*workspace.Workspace, error) {
		w, _, err := h.workspaces.Load(ctx, string(ws))
		return w, err
	})
}

// Observe drops from the cache what the events change. It is for events of other processes; it must be quick and is.
func (h *Handlers) Observe(events []eventstore.Recorded) {
	for _, e := range events {
		if e.Stream.Category() == "workspace" {
			h.recent.Forget(kernel.WorkspaceID(e.Stream.ID()))
		}
	}
}
