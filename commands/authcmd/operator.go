package authcmd

import (
	"context"

	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// TurnOffSecondFactor is ResetSecondFactor for an operator at the machine itself, since an operator without the app can't sign in to ask
// for it. Running processes notice within CacheLife.
func TurnOffSecondFactor(ctx context.Context, log eventstore.Store, codec *eventstore.Codec, clock kernel.Clock, address string) error {
	email, err := auth.ParseEmail("email", address)
	if err != nil {
		return err
	}
	id, known, err := userByEmail(ctx, log, codec, email)
	if err != nil {
		return err
	}
	if !known {
		return kernel.NotFound("user", string(email))
	}
	meta := kernel.Meta{Actor: kernel.System()}
	_, err = newUsers(log, codec).Update(ctx, meta.As("reset-second-factor"), string(id), func(u *auth.User) (any, error) {
		return Done{}, u.DisableSecondFactor(true, clock.Now())
	})
	return err
}
