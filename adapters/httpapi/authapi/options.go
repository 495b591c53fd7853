package authapi

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands/authcmd"
)

// DemoLogin is the login of the demo account, whose password everybody knows. It is named only where the server can be
// reached from its own machine alone.
type DemoLogin struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// SignInOptions are the ways to sign in to this installation, beside an account of one's own.
type SignInOptions struct {
	Demo     *DemoLogin           `json:"demo,omitempty" doc:"The demo account; absent unless the server is for its own machine only."`
	SignOn   *authcmd.SignOnWay   `json:"sign_on,omitempty" doc:"Single sign-on; absent if it is not configured."`
	Passkeys *authcmd.PasskeysWay `json:"passkeys,omitempty" doc:"Passkeys; absent if browsers can't use them at the address of this installation."`
}

func (s service) options(context.Context, httpapi.Principal, *nothing) (SignInOptions, httpapi.Meta, error) {
	return SignInOptions{Demo: s.Demo, SignOn: s.Handlers.SignOnWay(), Passkeys: s.Handlers.PasskeysWay()}, httpapi.Meta{}, nil
}
