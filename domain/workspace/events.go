package workspace

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Created begins a workspace; its creator is the first owner.
type Created struct {
	Workspace  kernel.WorkspaceID `json:"workspace_id"`
	Name       string             `json:"name"`
	Slug       string             `json:"slug"`
	Owner      kernel.UserID      `json:"owner"`
	Membership string             `json:"membership"`
	At         time.Time          `json:"at"`
}

// Renamed gives a workspace a new name.
type Renamed struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	Name      string             `json:"name"`
}

// SlugChanged gives a workspace another slug.
type SlugChanged struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	Slug      string             `json:"slug"`
}

// TimeZoneChanged says where the days and weeks of a workspace begin; until the first one that is in UTC.
type TimeZoneChanged struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	TimeZone  string             `json:"time_zone"` // an IANA name
}

// Deleted hides a workspace; until PurgeAt an owner can have it back.
type Deleted struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	At        time.Time          `json:"at"`
	PurgeAt   time.Time          `json:"purge_at"`
}

// Restored brings a deleted workspace back.
type Restored struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
}

// MemberAdded makes a person a member. Membership is the id of this stay: one who leaves and comes back has another.
type MemberAdded struct {
	Workspace  kernel.WorkspaceID  `json:"workspace_id"`
	UserID     kernel.UserID       `json:"user_id"`
	Role       kernel.Role         `json:"role"`
	Membership string              `json:"membership"`
	Invitation kernel.InvitationID `json:"invitation_id,omitempty"`
	At         time.Time           `json:"at"`
}

// MemberRoleChanged gives a member another role.
type MemberRoleChanged struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	UserID    kernel.UserID      `json:"user_id"`
	Role      kernel.Role        `json:"role"`
	Was       kernel.Role        `json:"was"`
}

// MemberRemoved ends a membership, and with it the API keys that the person made in the workspace.
type MemberRemoved struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	UserID    kernel.UserID      `json:"user_id"`
	Left      bool               `json:"left,omitempty"` // by the member's own wish
	At        time.Time          `json:"at"`
}

// Invited asks the owner of an email address to become a member. The address is sealed by a key of the invitation's own, and known
// again by its hash; the first events hold it in the clear.
type Invited struct {
	Workspace  kernel.WorkspaceID  `json:"workspace_id"`
	Invitation kernel.InvitationID `json:"invitation_id"`
	Email      string              `json:"email,omitempty"`
	Sealed     []byte              `json:"sealed,omitempty"`
	Address    string              `json:"address,omitempty"` // hash of the email address
	Role       kernel.Role         `json:"role"`
	TokenHash  string              `json:"token_hash"`
	At         time.Time           `json:"at"`
	ExpiresAt  time.Time           `json:"expires_at"`
}

// InvitationClosed ends an invitation: accepted, declined or revoked.
type InvitationClosed struct {
	Workspace  kernel.WorkspaceID  `json:"workspace_id"`
	Invitation kernel.InvitationID `json:"invitation_id"`
	State      InvitationState     `json:"state"`
}

// InvitationLinked is the one event of the stream invitation-<hash of the token>: it leads from the token to its workspace.
type InvitationLinked struct {
	Workspace  kernel.WorkspaceID  `json:"workspace_id"`
	Invitation kernel.InvitationID `json:"invitation_id"`
}

// SlugReserved makes a slug belong to one workspace; it is in the stream slug-<slug>.
type SlugReserved struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
}

// SlugReleased makes a slug free again.
type SlugReleased struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
}

// EventType names the event.
func (Created) EventType() string { return "workspace.created.v1" }

// EventType names the event.
func (Renamed) EventType() string { return "workspace.renamed.v1" }

// EventType names the event.
func (SlugChanged) EventType() string { return "workspace.slug_changed.v1" }

// EventType names the event.
func (TimeZoneChanged) EventType() string { return "workspace.time_zone_changed.v1" }

// EventType names the event.
func (Deleted) EventType() string { return "workspace.deleted.v1" }

// EventType names the event.
func (Restored) EventType() string { return "workspace.restored.v1" }

// EventType names the event.
func (MemberAdded) EventType() string { return "workspace.member_added.v1" }

// EventType names the event.
func (MemberRoleChanged) EventType() string { return "workspace.member_role_changed.v1" }

// EventType names the event.
func (MemberRemoved) EventType() string { return "workspace.member_removed.v1" }

// EventType names the event.
func (Invited) EventType() string { return "workspace.invited.v1" }

// EventType names the event.
func (InvitationClosed) EventType() string { return "workspace.invitation_closed.v1" }

// EventType names the event.
func (InvitationLinked) EventType() string { return "invitation.linked.v1" }

// EventType names the event.
func (SlugReserved) EventType() string { return "slug.reserved.v1" }

// EventType names the event.
func (SlugReleased) EventType() string { return "slug.released.v1" }

// Events lists the module's event types.
func Events() []kernel.Event {
	return []kernel.Event{
		Created{},
		Renamed{},
		SlugChanged{},
		TimeZoneChanged{},
		Deleted{},
		Restored{},
		MemberAdded{},
		MemberRoleChanged{},
		MemberRemoved{},
		Invited{},
		InvitationClosed{},
		InvitationLinked{},
		SlugReserved{},
		SlugReleased{},
	}
}
