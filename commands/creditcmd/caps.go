package creditcmd

import (
	"context"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
)

// SetCaps replaces a workspace's spend caps.
type SetCaps struct {
	Workspace kernel.WorkspaceID
	Caps      []credit.Cap
}

// Handlers carry out the ledger's commands.
type Handlers struct {
	ledger *Ledger
	clock  kernel.Clock
}

// NewHandlers returns the handlers.
func NewHandlers(ledger *Ledger, clock kernel.Clock) *Handlers {
	return &Handlers{ledger: ledger, clock: clock}
}

// SetCaps carries out a SetCaps.
func (h *Handlers) SetCaps(ctx context.Context, meta kernel.Meta, c SetCaps) (commands.Result[[]credit.Cap], error) {
	if c.Caps == nil {
		c.Caps = []credit.Cap{}
	}
	done, err := h.ledger.Commit(ctx, meta.As("credit.set_caps"), c.Workspace, c.Caps, func(a *credit.Account) error {
		return a.SetCaps(c.Caps)
	})
	if err != nil {
		return commands.Result[[]credit.Cap]{}, err
	}
	return commands.Reply(done, c.Caps)
}
