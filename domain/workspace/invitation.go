package workspace

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// InvitationLife is how long an invitation can be accepted.
const InvitationLife = 7 * 24 * time.Hour

// InvitationState is where an invitation stands.
type InvitationState string

// The states. Expired is never stored: it is what an open one becomes by time.
const (
	InvitationOpen     InvitationState = "open"
	InvitationAccepted InvitationState = "accepted"
	InvitationDeclined InvitationState = "declined"
	InvitationRevoked  InvitationState = "revoked"
	InvitationExpired  InvitationState = "expired"
)

// Invitation asks the owner of an address to join.
type Invitation struct {
	ID        kernel.InvitationID `json:"id"`
	Email     string              `json:"email,omitempty"` // of the first invitations
	Sealed    []byte              `json:"sealed,omitempty"`
	Address   string              `json:"address,omitempty"` // hash of the email address
	Role      kernel.Role         `json:"role"`
	TokenHash string              `json:"token_hash"`
	ExpiresAt time.Time           `json:"expires_at"`
	State     InvitationState     `json:"state"`
}

// StateAt returns where the invitation stands at the moment.
func (i Invitation) StateAt(at time.Time) InvitationState {
	if i.State == InvitationOpen && !at.Before(i.ExpiresAt) {
		return InvitationExpired
	}
	return i.State
}

// InvitationKey is the subject whose key seals the invited address.
func InvitationKey(id kernel.InvitationID) string { return "invitation/" + string(id) }

// Address is an email address, with its hash and as it is sealed.
type Address struct {
	Email  string
	Hash   string
	Sealed []byte
}

func (i Invitation) isTo(a Address) bool {
	if i.Address == "" {
		return i.Email == a.Email
	}
	return i.Address == a.Hash
}

// Invite asks an address to join with a role; by is the caller's role. An open invitation to the same address is replaced.
func (w *Workspace) Invite(id kernel.InvitationID, to Address, role, by kernel.Role, tokenHash string, at time.Time) error {
	if err := checkRole(role); err != nil {
		return err
	}
	if !MayGrant(by, role) {
		return ErrForbidden("only an owner invites an owner")
	}
	for _, i := range w.state.Invitations {
		if i.StateAt(at) == InvitationOpen && i.isTo(to) {
			if err := w.closeInvitation(i.ID, InvitationRevoked); err != nil {
				return err
			}
		}
	}
	if w.taken(at) >= MaxMembers {
		return errFull()
	}
	return w.Record(w, Invited{
		Workspace:  w.state.ID,
		Invitation: id,
		Sealed:     to.Sealed,
		Address:    to.Hash,
		Role:       role,
		TokenHash:  tokenHash,
		At:         at,
		ExpiresAt:  at.Add(InvitationLife),
	})
}

// taken is how many of MaxMembers are taken, by members and open invitations.
func (w *Workspace) taken(at time.Time) int {
	n := len(w.state.Members)
	for _, i := range w.state.Invitations {
		if i.StateAt(at) == InvitationOpen {
			n++
		}
	}
	return n
}

func errFull() *kernel.Error {
	return kernel.E(kernel.KindInvalid, "LIMIT_REACHED", "a workspace may have at most %d members and open invitations", MaxMembers)
}

// RevokeInvitation takes an open invitation back; one that is closed stays as it is.
func (w *Workspace) RevokeInvitation(id kernel.InvitationID) error {
	i, ok := w.state.Invitations[id]
	if !ok {
		return kernel.NotFound("invitation", string(id))
	}
	if i.State != InvitationOpen {
		return nil
	}
	return w.closeInvitation(id, InvitationRevoked)
}

// Accept makes the invited person a member. A person who is a member already keeps the role, and the invitation is used up.
func (w *Workspace) Accept(id kernel.InvitationID, user kernel.UserID, by Address, membership string, at time.Time) error {
	i, err := w.openInvitation(id, at)
	if err != nil {
		return err
	}
	if !i.isTo(by) {
		return kernel.E(kernel.KindForbidden, "INVITATION_FOR_ANOTHER", "the invitation is for another email address; sign in with that account")
	}
	role := i.Role
	if err := w.closeInvitation(id, InvitationAccepted); err != nil {
		return err
	}
	if _, already := w.state.Members[user]; already {
		return nil
	}
	return w.Record(w, MemberAdded{Workspace: w.state.ID, UserID: user, Role: role, Membership: membership, Invitation: id, At: at})
}

// Decline ends an invitation by the wish of the invited person.
func (w *Workspace) Decline(id kernel.InvitationID, at time.Time) error {
	if _, err := w.openInvitation(id, at); err != nil {
		return err
	}
	return w.closeInvitation(id, InvitationDeclined)
}

// Invitation returns an invitation; those closed a while ago are forgotten.
func (w *Workspace) Invitation(id kernel.InvitationID) (Invitation, bool) {
	i, ok := w.state.Invitations[id]
	if !ok {
		return Invitation{}, false
	}
	return *i, true
}

func (w *Workspace) openInvitation(id kernel.InvitationID, at time.Time) (*Invitation, error) {
	i, ok := w.state.Invitations[id]
	if !ok || !w.Live() {
		return nil, kernel.NotFound("invitation", string(id))
	}
	if s := i.StateAt(at); s != InvitationOpen {
		return nil, ErrInvitation(s)
	}
	return i, nil
}

func (w *Workspace) closeInvitation(id kernel.InvitationID, s InvitationState) error {
	return w.Record(w, InvitationClosed{Workspace: w.state.ID, Invitation: id, State: s})
}

// forgetClosed drops what ran out long ago, so that the state stays small however many people are invited.
func (w *Workspace) forgetClosed(now time.Time) {
	for id, i := range w.state.Invitations {
		if now.Sub(i.ExpiresAt) > InvitationLife {
			delete(w.state.Invitations, id)
		}
	}
}

func checkRole(r kernel.Role) error {
	for _, known := range Roles() {
		if r == known {
			return nil
		}
	}
	return kernel.Invalid("role", "must be one of %v", Roles())
}

// Roles are all roles.
func Roles() []kernel.Role {
	return []kernel.Role{kernel.RoleOwner, kernel.RoleAdmin, kernel.RoleMember, kernel.RoleViewer, kernel.RoleBillingAdmin}
}

// MayGrant reports whether a member of role by may give the role, or take it from somebody: only owners deal in ownership.
func MayGrant(by, role kernel.Role) bool {
	return Allowed(by, ManageMembers) && (role != kernel.RoleOwner || by == kernel.RoleOwner)
}
