package authapi

import (
	"context"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/authview"
	"github.com/morket/morket/projections/workspaceview"
)

// Sessions lists a person's open sessions.
type Sessions interface {
	Sessions(ctx context.Context, user kernel.UserID, now time.Time) ([]authview.Session, error)
}

// Workspaces lists a person's workspaces, those after the given one.
type Workspaces interface {
	Of(ctx context.Context, user kernel.UserID, after kernel.WorkspaceID, now time.Time, limit int) ([]workspaceview.Workspace, error)
}
