package workspace

import (
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// RestoreLife is how long a deleted workspace can be restored.
const RestoreLife = 30 * 24 * time.Hour

// MaxMembers is how many members and open invitations together a workspace may have.
const MaxMembers = 1000

// Workspace is a workspace with its members and invitations, the stream workspace-<id>.
type Workspace struct {
	kernel.Root
	state state
}

type state struct {
	ID          kernel.WorkspaceID                  `json:"id"`
	Name        string                              `json:"name"`
	Slug        string                              `json:"slug"`
	TimeZone    string                              `json:"time_zone,omitempty"` // empty until one is chosen
	CreatedAt   time.Time                           `json:"created_at"`
	DeletedAt   *time.Time                          `json:"deleted_at,omitempty"`
	PurgeAt     time.Time                           `json:"purge_at,omitzero"`
	Members     map[kernel.UserID]Member            `json:"members"`
	Invitations map[kernel.InvitationID]*Invitation `json:"invitations"` // open ones, and those closed lately
}

// Member is a person's stay in a workspace.
type Member struct {
	Role       kernel.Role `json:"role"`
	Membership string      `json:"membership"`
	JoinedAt   time.Time   `json:"joined_at"`
}

// Create begins the workspace.
func (w *Workspace) Create(e Created) error { return w.Record(w, e) }

// Rename changes the name; the same name changes nothing.
func (w *Workspace) Rename(name string) error {
	if name == w.state.Name {
		return nil
	}
	return w.Record(w, Renamed{Workspace: w.state.ID, Name: name})
}

// ChangeSlug changes the slug; the caller reserves the new one in the same append.
func (w *Workspace) ChangeSlug(slug string) error {
	if slug == w.state.Slug {
		return nil
	}
	return w.Record(w, SlugChanged{Workspace: w.state.ID, Slug: slug})
}

// Delete hides the workspace. The name is typed again, so that nobody deletes the wrong one.
func (w *Workspace) Delete(confirmName string, at time.Time) error {
	if confirmName != w.state.Name {
		return kernel.Invalid("confirm_name", "must be the workspace's name, %q", w.state.Name)
	}
	return w.Record(w, Deleted{Workspace: w.state.ID, At: at, PurgeAt: at.Add(RestoreLife)})
}

// Restore brings the workspace back while that is possible. Only an owner may.
func (w *Workspace) Restore(by kernel.UserID, at time.Time) error {
	m, ok := w.state.Members[by]
	switch {
	case !ok:
		return kernel.NotFound("workspace", string(w.state.ID))
	case !Allowed(m.Role, DeleteWorkspace):
		return ErrForbidden("only an owner restores a workspace")
	case w.state.DeletedAt == nil:
		return nil
	case at.After(w.state.PurgeAt):
		return kernel.E(kernel.KindConflict, "GONE", "the workspace was deleted more than 30 days ago")
	}
	return w.Record(w, Restored{Workspace: w.state.ID})
}

// ChangeRole gives a member another role; by is the caller's role.
func (w *Workspace) ChangeRole(user kernel.UserID, role, by kernel.Role) error {
	m, ok := w.state.Members[user]
	if !ok {
		return kernel.NotFound("member", string(user))
	}
	if err := checkRole(role); err != nil {
		return err
	}
	if !MayGrant(by, role) || !MayGrant(by, m.Role) {
		return ErrForbidden("only an owner makes or unmakes owners")
	}
	if m.Role == role {
		return nil
	}
	if m.Role == kernel.RoleOwner && w.owners() == 1 {
		return ErrLastOwner()
	}
	return w.Record(w, MemberRoleChanged{Workspace: w.state.ID, UserID: user, Role: role, Was: m.Role})
}

// Remove ends a membership; by is the caller's role, self that the caller is the member.
func (w *Workspace) Remove(user kernel.UserID, by kernel.Role, self bool, at time.Time) error {
	m, ok := w.state.Members[user]
	if !ok {
		return kernel.NotFound("member", string(user))
	}
	if !self && !Allowed(by, ManageMembers) {
		return ErrForbidden("only owners and admins remove others")
	}
	if !self && !MayGrant(by, m.Role) {
		return ErrForbidden("only an owner removes an owner")
	}
	if m.Role == kernel.RoleOwner && w.owners() == 1 {
		return ErrLastOwner()
	}
	return w.Record(w, MemberRemoved{Workspace: w.state.ID, UserID: user, Left: self, At: at})
}

func (w *Workspace) owners() int {
	n := 0
	for _, m := range w.state.Members {
		if m.Role == kernel.RoleOwner {
			n++
		}
	}
	return n
}

// Apply folds an event.
func (w *Workspace) Apply(e kernel.Event) error {
	s := &w.state
	switch e := e.(type) {
	case Created:
		*s = state{ID: e.Workspace, Name: e.Name, Slug: e.Slug, CreatedAt: e.At, Invitations: map[kernel.InvitationID]*Invitation{}}
		s.Members = map[kernel.UserID]Member{e.Owner: {Role: kernel.RoleOwner, Membership: e.Membership, JoinedAt: e.At}}
	case Renamed:
		s.Name = e.Name
	case SlugChanged:
		s.Slug = e.Slug
	case TimeZoneChanged:
		s.TimeZone = e.TimeZone
	case Deleted:
		s.DeletedAt, s.PurgeAt = &e.At, e.PurgeAt
	case Restored:
		s.DeletedAt, s.PurgeAt = nil, time.Time{}
	case MemberAdded:
		s.Members[e.UserID] = Member{Role: e.Role, Membership: e.Membership, JoinedAt: e.At}
	case MemberRoleChanged:
		m := s.Members[e.UserID]
		m.Role = e.Role
		s.Members[e.UserID] = m
	case MemberRemoved:
		delete(s.Members, e.UserID)
	case Invited:
		w.forgetClosed(e.At)
		s.Invitations[e.Invitation] = &Invitation{
			ID:        e.Invitation,
			Email:     e.Email,
			Sealed:    e.Sealed,
			Address:   e.Address,
			Role:      e.Role,
			TokenHash: e.TokenHash,
			ExpiresAt: e.ExpiresAt,
			State:     InvitationOpen,
		}
	case InvitationClosed:
		if i, ok := s.Invitations[e.Invitation]; ok {
			i.State = e.State
		}
	default:
		return kernel.UnknownEvent("workspace", e)
	}
	return nil
}

// Exists reports whether the workspace was ever created.
func (w *Workspace) Exists() bool { return w.state.ID != "" }

// Live reports whether the workspace exists and is not deleted.
func (w *Workspace) Live() bool { return w.Exists() && w.state.DeletedAt == nil }

// ID returns the workspace's id.
func (w *Workspace) ID() kernel.WorkspaceID { return w.state.ID }

// Name returns the name.
func (w *Workspace) Name() string { return w.state.Name }

// Slug returns the slug.
func (w *Workspace) Slug() string { return w.state.Slug }

// CreatedAt returns when the workspace was made.
func (w *Workspace) CreatedAt() time.Time { return w.state.CreatedAt }

// DeletedAt returns when the workspace was deleted, nil if it was not.
func (w *Workspace) DeletedAt() *time.Time { return w.state.DeletedAt }

// Member returns a person's membership.
func (w *Workspace) Member(user kernel.UserID) (Member, bool) {
	m, ok := w.state.Members[user]
	return m, ok
}

// SnapshotSchema is the version of the snapshot's shape.
func (w *Workspace) SnapshotSchema() int { return 1 }

// MarshalState writes the snapshot.
func (w *Workspace) MarshalState() (json.RawMessage, error) { return json.Marshal(w.state) }

// UnmarshalState reads the snapshot.
func (w *Workspace) UnmarshalState(b json.RawMessage) error { return json.Unmarshal(b, &w.state) }
