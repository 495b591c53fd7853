package workspacecmd

import (
	"context"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
)

// Admit makes a person whom the identity provider vouches for a member of the meta's workspace; fixed replaces another role.
func (h *Handlers) Admit(ctx context.Context, meta kernel.Meta, user kernel.UserID, role kernel.Role, fixed bool) error {
	_, err := update(ctx, h, meta, func(w *workspace.Workspace) (Done, error) {
		return Done{}, w.Admit(user, role, fixed, h.cfg.IDs.New("mem"), h.cfg.Clock.Now())
	})
	return err
}
