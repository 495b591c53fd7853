package boot

import (
	"context"

	"github.com/morket/morket/commands/authcmd"
)

// ResetSecondFactor turns two-step sign-in off for the account with the address.
func (p *Platform) ResetSecondFactor(ctx context.Context, address string) error {
	return authcmd.TurnOffSecondFactor(ctx, p.core.store, p.core.codec, p.core.clock, address)
}
