package workspace

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Admit makes a person a member whom the organisation's identity provider vouches for. A member stays what they are, unless the role is
// fixed by the provider's groups; an owner's never is, so that the workspace can't lose its owners by a group.
func (w *Workspace) Admit(user kernel.UserID, role kernel.Role, fixed bool, membership string, at time.Time) error {
	if err := checkRole(role); err != nil {
		return err
	}
	if role == kernel.RoleOwner {
		return ErrForbidden("only an owner makes owners")
	}
	m, already := w.state.Members[user]
	switch {
	case !already && w.taken(at) >= MaxMembers:
		return errFull()
	case !already:
		return w.Record(w, MemberAdded{Workspace: w.state.ID, UserID: user, Role: role, Membership: membership, At: at})
	case !fixed || m.Role == role || m.Role == kernel.RoleOwner:
		return nil
	default:
		return w.Record(w, MemberRoleChanged{Workspace: w.state.ID, UserID: user, Role: role, Was: m.Role})
	}
}
