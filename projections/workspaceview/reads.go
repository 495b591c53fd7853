package workspaceview

import (
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
)

// Workspace is a workspace with the role that the asking person has in it.
type Workspace struct {
	ID        kernel.WorkspaceID
	Name      string
	Slug      string
	TimeZone  string
	Role      kernel.Role
	CreatedAt time.Time
	DeletedAt *time.Time
}

// Member is a member as the team sees it.
type Member struct {
	UserID   kernel.UserID `json:"user_id"`
	Name     string        `json:"name"`
	Email    string        `json:"email"`
	Role     kernel.Role   `json:"role"`
	JoinedAt time.Time     `json:"joined_at"`
}

// Invitation is an invitation as the team sees it.
type Invitation struct {
	ID        kernel.InvitationID
	Email     string
	Role      kernel.Role
	State     workspace.InvitationState
	ExpiresAt time.Time
}

// APIKey is an API key that is not revoked.
type APIKey struct {
	ID        kernel.APIKeyID
	Name      string
	Role      kernel.Role
	Tables    []kernel.TableID
	Last4     string
	CreatedAt time.Time
	ExpiresAt *time.Time
}
