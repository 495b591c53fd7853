package workspace

import "github.com/morket/morket/domain/kernel"

// ErrForbidden says that the caller's role does not reach so far.
func ErrForbidden(why string) *kernel.Error {
	return kernel.E(kernel.KindForbidden, "FORBIDDEN", "%s", why)
}

// ErrLastOwner says that a workspace must keep an owner.
func ErrLastOwner() *kernel.Error {
	return kernel.E(kernel.KindConflict, "LAST_OWNER", "a workspace needs an owner; make somebody else owner first")
}

// ErrSlugTaken says that another workspace has the slug.
func ErrSlugTaken(slug string) *kernel.Error {
	return kernel.E(kernel.KindConflict, "SLUG_TAKEN", "the slug %q is taken", slug).With(kernel.Detail{Field: "slug", Message: "is taken"})
}

// ErrInvitation says that an invitation can't be used any more.
func ErrInvitation(state InvitationState) *kernel.Error {
	return kernel.E(kernel.KindConflict, "INVITATION_CLOSED", "the invitation is %s; ask for a new one", state)
}
