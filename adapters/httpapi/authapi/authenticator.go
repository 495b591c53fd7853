package authapi

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands/authcmd"
)

// Authenticator makes the handlers an httpapi.Authenticator.
func Authenticator(h *authcmd.Handlers) httpapi.Authenticator { return authenticator{h} }

type authenticator struct{ handlers *authcmd.Handlers }

// Authenticate implements httpapi.Authenticator.
func (a authenticator) Authenticate(ctx context.Context, token string) (httpapi.Principal, error) {
	id, err := a.handlers.Authenticate(ctx, token)
	if err != nil {
		return httpapi.Principal{}, err
	}
	return httpapi.Principal{
		Actor: id.Actor, User: id.User, Session: id.Session, TokenID: id.TokenID, Operator: id.Operator,
		KeyWorkspace: id.KeyWorkspace, KeyRole: id.KeyRole, KeyTables: id.KeyTables,
	}, nil
}
