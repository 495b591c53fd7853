package authapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

// The cookies of single sign-on: that of an attempt, which binds it to the browser, and the token that ends the session at the provider.
const (
	attemptCookie = "morket_sign_on"
	tokenCookie   = "morket_sign_on_token" //nolint:gosec // a cookie's name
	maxToken      = 3800                   // bytes of a value that browsers keep, which bound a cookie by 4096 in all
)

// registerSignOn adds the endpoints of single sign-on. They count as general requests: there is nothing to guess, and an office behind one
// address signs in within one minute of the morning.
func (s service) registerSignOn(a *httpapi.API) {
	httpapi.Write(a, httpapi.Op{
		ID: "begin-sign-on", Method: http.MethodPost, Path: "/auth/sign-on", Tag: tag,
		Summary:     "Begin a single sign-on at the identity provider",
		Description: "Sets a cookie that binds the attempt to the browser for ten minutes. The provider leads the browser back to /sign-on.",
		Rate:        httpapi.General, OwnReplay: true, Scope: httpapi.Public, Action: httpapi.NoAction,
	}, s.beginSignOn)
	httpapi.Write(a, httpapi.Op{
		ID: "complete-sign-on", Method: http.MethodPost, Path: "/auth/sign-on/complete", Tag: tag,
		Summary:     "Sign in by what the identity provider sent back",
		Description: "Needs the cookie of begin-sign-on. Sets the refresh token as login does. An attempt is completed once.",
		Rate:        httpapi.General, OwnReplay: true, Scope: httpapi.Public, Action: httpapi.NoAction,
	}, s.completeSignOn)
}

// SignOn is where the browser has to go to sign in.
type SignOn struct {
	RedirectTo string `json:"redirect_to" doc:"At the identity provider."`
}

func (s service) beginSignOn(ctx context.Context, _ kernel.Meta, _ *nothing) (commands.Result[SignOn], error) {
	begun, err := s.Handlers.BeginSignOn(ctx)
	if err != nil {
		return commands.Result[SignOn]{}, err
	}
	s.Cookies.put(ctx, attemptCookie, begun.Cookie, int(auth.SignOnLife.Seconds()))
	return commands.Result[SignOn]{Value: SignOn{begun.RedirectTo}}, nil
}

type completeSignOnInput struct {
	Body CompleteSignOnBody
}

// CompleteSignOnBody is what the identity provider sent back by the browser.
type CompleteSignOnBody struct {
	State string `json:"state" maxLength:"200"`
	Code  string `json:"code,omitempty" maxLength:"4000"`
	Error string `json:"error,omitempty" maxLength:"200" doc:"Why there is no code."`
}

func (s service) completeSignOn(ctx context.Context, meta kernel.Meta, in *completeSignOnInput) (commands.Result[SignedIn], error) {
	if strings.TrimSpace(in.Body.State) == "" {
		return commands.Result[SignedIn]{}, kernel.Invalid("state", "is needed")
	}
	cookie := readCookie(ctx, attemptCookie)
	s.Cookies.put(ctx, attemptCookie, "", -1)
	res, err := s.Handlers.CompleteSignOn(ctx, meta, authcmd.CompleteSignOn{
		State: in.Body.State, Code: in.Body.Code, Error: in.Body.Error, Cookie: cookie, Agent: agent(ctx),
	})
	if err != nil {
		return commands.Result[SignedIn]{}, err
	}
	if token := res.Value.Token; len(token) <= maxToken {
		s.Cookies.put(ctx, tokenCookie, token, int(auth.RefreshLife.Seconds()))
	}
	return s.signedIn(ctx, commands.Result[authcmd.Opened]{Value: res.Value.Opened, Position: res.Position}), nil
}

// SignedOut says where the browser has to go to be signed out everywhere.
type SignedOut struct {
	RedirectTo string `json:"redirect_to,omitempty" doc:"At the identity provider, for a session that was begun there."`
}

func (s service) logout(ctx context.Context, meta kernel.Meta, _ *nothing) (commands.Result[SignedOut], error) {
	res, err := s.Handlers.Logout(ctx, meta, httpapi.Bearer(ctx), s.Cookies.read(ctx))
	if err != nil {
		return commands.Result[SignedOut]{}, err
	}
	s.Cookies.Clear(ctx)
	out := commands.Result[SignedOut]{Position: res.Position}
	if token := readCookie(ctx, tokenCookie); token != "" {
		s.Cookies.put(ctx, tokenCookie, "", -1)
		out.Value.RedirectTo = s.Handlers.EndSignOn(ctx, token)
	}
	return out, nil
}
