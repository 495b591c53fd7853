package workspaceapi

import (
	"context"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/workspaceview"
)

// Workspaces reads workspaces: one, or a person's after the given one.
type Workspaces interface {
	Of(ctx context.Context, user kernel.UserID, after kernel.WorkspaceID, now time.Time, limit int) ([]workspaceview.Workspace, error)
	Workspace(ctx context.Context, ws kernel.WorkspaceID) (workspaceview.Workspace, bool, error)
}

// Team reads a workspace's members, invitations and API keys, page by page.
type Team interface {
	Members(ctx context.Context, ws kernel.WorkspaceID, after kernel.UserID, limit int) ([]workspaceview.Member, error)
	Invitations(ctx context.Context, ws kernel.WorkspaceID, before kernel.InvitationID, limit int) ([]workspaceview.Invitation, error)
	APIKeys(ctx context.Context, ws kernel.WorkspaceID, before kernel.APIKeyID, limit int) ([]workspaceview.APIKey, error)
}

// Reads is both.
type Reads interface {
	Workspaces
	Team
}

// Signals knows when each API key of a workspace was last used.
type Signals interface {
	Uses(ctx context.Context, ws kernel.WorkspaceID) (map[kernel.APIKeyID]time.Time, error)
}
