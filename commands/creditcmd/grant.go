package creditcmd

import (
	"context"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
)

// Grant brings credits into a workspace's account. Only operators may.
type Grant struct {
	Workspace kernel.WorkspaceID
	Kind      credit.Kind // grant when empty
	Amount    kernel.Credits
	Note      string
}

// Granted is an account after a command.
type Granted struct {
	Balance   kernel.Credits `json:"balance_mc"`
	Reserved  kernel.Credits `json:"reserved_mc"`
	Available kernel.Credits `json:"available_mc"`
}

// Validate checks the command by itself.
func (c Grant) Validate() error {
	const maxNote = 500
	return kernel.Check(kernel.Field("note", c.Note, kernel.Sized(0, maxNote, "is longer than %d bytes", maxNote)))
}

// Grant carries out a Grant.
func (h *Handlers) Grant(ctx context.Context, meta kernel.Meta, c Grant) (commands.Result[Granted], error) {
	if err := c.Validate(); err != nil {
		return commands.Result[Granted]{}, err
	}
	if c.Kind == "" {
		c.Kind = credit.KindGrant
	}
	meta.Workspace = c.Workspace
	var b Granted
	done, err := h.ledger.Commit(ctx, meta.As("credit.grant"), c.Workspace, &b, func(a *credit.Account) error {
		if err := a.Grant(c.Kind, c.Amount, c.Note, h.clock.Now()); err != nil {
			return err
		}
		b = balanceOf(a)
		return nil
	})
	if err != nil {
		return commands.Result[Granted]{}, err
	}
	return commands.Reply(done, b)
}

func balanceOf(a *credit.Account) Granted {
	return Granted{Balance: a.Balance(), Reserved: a.Reserved(), Available: a.Available()}
}
