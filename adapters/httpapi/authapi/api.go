// Package authapi is the HTTP side of accounts and sessions.
package authapi

import (
	"context"
	"net/http"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/authview"
	"github.com/morket/morket/projections/workspaceview"
)

const tag = "auth"

// Deps is what the endpoints need.
type Deps struct {
	Handlers   *authcmd.Handlers
	Sessions   Sessions
	Workspaces Workspaces
	Clock      kernel.Clock
	Cookies    Cookies
	Demo       *DemoLogin // nil: there is none
}

// Register adds the endpoints. Signing in and asking for mail count against the few requests a minute of an address;
// refreshing and signing out don't, since every open tab does the one and nothing is gained by guessing at the other.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	httpapi.Write(a, httpapi.Op{
		ID: "register", Method: http.MethodPost, Path: "/auth/register", Tag: tag, Summary: "Make an account and sign in",
		Rate: httpapi.Auth, Status: http.StatusCreated, OwnReplay: true, Scope: httpapi.Public, Action: httpapi.NoAction,
	}, s.register)
	httpapi.Read(a, httpapi.Op{
		ID: "get-sign-in-options", Method: http.MethodGet, Path: "/auth/options", Tag: tag,
		Summary: "How one may sign in to this installation", Rate: httpapi.General, Scope: httpapi.Public, Action: httpapi.NoAction,
	}, s.options)
	httpapi.Write(a, httpapi.Op{
		ID: "login", Method: http.MethodPost, Path: "/auth/login", Tag: tag, Summary: "Sign in",
		Description: "Sets the refresh token as an httpOnly cookie. A repeat opens another session, also with the same Idempotency-Key.",
		Rate:        httpapi.Auth, OwnReplay: true, Scope: httpapi.Public, Action: httpapi.NoAction,
	}, s.login)
	httpapi.Write(a, httpapi.Op{
		ID: "refresh", Method: http.MethodPost, Path: "/auth/refresh", Tag: tag,
		Summary: "Trade the refresh cookie for its successor and a new access token", OwnReplay: true,
		Scope: httpapi.Public, Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.refresh)
	httpapi.Write(a, httpapi.Op{
		ID: "logout", Method: http.MethodPost, Path: "/auth/logout", Tag: tag, Summary: "Close the session",
		Description: "Closes the session of the access token and of the refresh cookie; either may be missing.",
		OwnReplay:   true, Scope: httpapi.Public, Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.logout)
	httpapi.Read(a, httpapi.Op{
		ID: "get-me", Method: http.MethodGet, Path: "/auth/me", Tag: tag,
		Summary: "The signed-in person and his workspaces", Projection: workspaceview.Name, Scope: httpapi.SignedIn,
		Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.me)
	httpapi.Write(a, httpapi.Op{
		ID: "change-password", Method: http.MethodPost, Path: "/auth/change-password", Tag: tag,
		Summary: "Change the password and close all sessions", Rate: httpapi.Auth, Scope: httpapi.Person,
		Action: httpapi.NoAction,
	}, s.changePassword)
	httpapi.Write(a, httpapi.Op{
		ID: "request-password-reset", Method: http.MethodPost, Path: "/auth/password-reset", Tag: tag,
		Summary: "Mail a link to choose a new password, if the address has an account", Rate: httpapi.Auth,
		Scope: httpapi.Public, Action: httpapi.NoAction,
	}, s.requestReset)
	httpapi.Write(a, httpapi.Op{
		ID: "confirm-password-reset", Method: http.MethodPost, Path: "/auth/password-reset/confirm", Tag: tag,
		Summary: "Choose a new password by a mailed token and close all sessions", Rate: httpapi.Auth,
		Scope: httpapi.Public, Action: httpapi.NoAction,
	}, s.confirmReset)
	httpapi.Read(a, httpapi.Op{
		ID: "list-sessions", Method: http.MethodGet, Path: "/auth/sessions", Tag: tag,
		Summary: "One's own open sessions, newest first", Projection: authview.Name, Scope: httpapi.Person,
		Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.sessions)
	httpapi.Write(a, httpapi.Op{
		ID: "revoke-session", Method: http.MethodDelete, Path: "/auth/sessions/{sessionId}", Tag: tag,
		Summary: "Close one of one's own sessions", Scope: httpapi.Person, Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.revokeSession)
	httpapi.Write(a, httpapi.Op{
		ID: "revoke-other-sessions", Method: http.MethodDelete, Path: "/auth/sessions", Tag: tag,
		Summary: "Close all of one's own sessions but this one", Scope: httpapi.Person, Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.revokeOtherSessions)
	s.registerSecondFactor(a)
	s.registerPasskeys(a)
	s.registerSignOn(a)
}

type service struct{ Deps }

// SignedIn is the answer to a sign-in. The refresh token is in the cookie only.
type SignedIn struct {
	User        authcmd.User `json:"user"`
	AccessToken string       `json:"access_token"`
	ExpiresAt   time.Time    `json:"expires_at" doc:"When the access token runs out."`
}

type registerInput struct {
	Body RegisterBody
}

// RegisterBody is the body of register.
type RegisterBody struct {
	Email    string `json:"email"`
	Password string `json:"password" doc:"8 to 72 bytes, not easy to guess."`
	Name     string `json:"name"`
}

func (s service) register(ctx context.Context, meta kernel.Meta, in *registerInput) (commands.Result[SignedIn], error) {
	res, err := s.Handlers.Register(ctx, meta, authcmd.Register{Email: in.Body.Email, Password: in.Body.Password, Name: in.Body.Name})
	if err != nil {
		return commands.Result[SignedIn]{}, err
	}
	opened, err := s.Handlers.Open(ctx, meta, res.Value.ID, agent(ctx))
	if err != nil {
		return commands.Result[SignedIn]{}, err
	}
	out := s.signedIn(ctx, opened)
	out.Replayed = res.Replayed
	return out, nil
}

type loginInput struct {
	Body LoginBody
}

// LoginBody is the body of login.
type LoginBody struct {
	Email    string         `json:"email"`
	Password string         `json:"password" minLength:"1" doc:"It may be of blanks: such passwords could be chosen once."`
	Code     string         `json:"code,omitempty" maxLength:"64" doc:"Of the authenticator app, or a recovery code. Needed after the answer SECOND_FACTOR_REQUIRED."`
	Passkey  *PasskeyAnswer `json:"passkey,omitempty" doc:"In the place of the code."`
}

func (s service) login(ctx context.Context, meta kernel.Meta, in *loginInput) (commands.Result[SignedIn], error) {
	cmd := authcmd.Login{Email: in.Body.Email, Password: in.Body.Password, Code: in.Body.Code, Agent: agent(ctx)}
	if in.Body.Passkey != nil {
		shown, err := in.Body.Passkey.read()
		if err != nil {
			return commands.Result[SignedIn]{}, err
		}
		cmd.Passkey = &shown
	}
	opened, err := s.Handlers.Login(ctx, meta, cmd)
	if err != nil {
		return commands.Result[SignedIn]{}, err
	}
	return s.signedIn(ctx, opened), nil
}

type nothing struct{}

func (s service) refresh(ctx context.Context, meta kernel.Meta, _ *nothing) (commands.Result[SignedIn], error) {
	opened, err := s.Handlers.RefreshSession(ctx, meta, s.Cookies.read(ctx))
	if err != nil {
		if kernel.KindOf(err) == kernel.KindUnauthorized {
			s.Cookies.Clear(ctx)
		}
		return commands.Result[SignedIn]{}, err
	}
	return s.signedIn(ctx, opened), nil
}

func (s service) signedIn(ctx context.Context, opened commands.Result[authcmd.Opened]) commands.Result[SignedIn] {
	s.Cookies.Set(ctx, opened.Value)
	return commands.Result[SignedIn]{Position: opened.Position, Value: SignedInOf(opened.Value)}
}

// SignedInOf makes the answer to a sign-in.
func SignedInOf(o authcmd.Opened) SignedIn {
	return SignedIn{User: o.User, AccessToken: o.Access, ExpiresAt: o.AccessExpires}
}

// agent returns what the browser calls itself.
func agent(ctx context.Context) string { return httpapi.Echo(ctx).Request().UserAgent() }

// Me is the signed-in person with the workspaces.
type Me struct {
	User       authcmd.User  `json:"user"`
	Workspaces []MyWorkspace `json:"workspaces"`
}

// MyWorkspace is a workspace with the person's role in it.
type MyWorkspace struct {
	ID       kernel.WorkspaceID `json:"id"`
	Name     string             `json:"name"`
	Slug     string             `json:"slug"`
	TimeZone string             `json:"time_zone"`
	Role     kernel.Role        `json:"role"`
}

// maxMyWorkspaces is how many workspaces me lists; the list of workspaces is paged and has all.
const maxMyWorkspaces = 1000

func (s service) me(ctx context.Context, p httpapi.Principal, _ *nothing) (Me, httpapi.Meta, error) {
	user, err := s.Handlers.Account(ctx, p.User)
	if err != nil {
		return Me{}, httpapi.Meta{}, err
	}
	all, err := s.Workspaces.Of(ctx, p.User, "", s.Clock.Now(), maxMyWorkspaces)
	if err != nil {
		return Me{}, httpapi.Meta{}, err
	}
	me := Me{User: user, Workspaces: []MyWorkspace{}}
	for _, w := range all {
		switch {
		case w.DeletedAt != nil:
		case p.KeyWorkspace == "":
			me.Workspaces = append(me.Workspaces, MyWorkspace{w.ID, w.Name, w.Slug, w.TimeZone, w.Role})
		case p.KeyWorkspace == w.ID: // a key knows of no other workspace
			me.User.Operator = false
			me.Workspaces = append(me.Workspaces, MyWorkspace{w.ID, w.Name, w.Slug, w.TimeZone, p.KeyRole})
		}
	}
	return me, httpapi.Meta{}, nil
}
