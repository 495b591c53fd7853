package authcmd

import (
	"context"
	"strings"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// The lockout: after maxFailures wrong passwords for one address within failureWindow, none is looked at until the window,
// which begins with the first of them, is over.
const (
	maxFailures   = 5
	failureWindow = 15 * time.Minute
)

// maxAgent is how much of a browser's name for itself is kept.
const maxAgent = 200

// Login signs in with a password.
type Login struct {
	Email    string
	Password string
	Code     string       // of the authenticator app, or a recovery code; needed where the account has a second factor
	Passkey  *ShowPasskey // in the place of the code; may be nil
	Agent    string       // what the browser calls itself, for the list of sessions
}

// Opened is a session just opened or refreshed. It holds secrets and is never stored.
type Opened struct {
	User          User
	Session       kernel.SessionID
	Access        string
	AccessExpires time.Time
	Refresh       string
}

// Login checks the password and opens a session. The answer to a wrong password and to an unknown address is the same, takes
// the same time and counts the same. Each call opens another session, so an idempotency key has no meaning here.
func (h *Handlers) Login(ctx context.Context, meta kernel.Meta, cmd Login) (commands.Result[Opened], error) {
	email := auth.Email(strings.ToLower(strings.TrimSpace(cmd.Email)))
	id, known, err := h.UserByEmail(ctx, email)
	if err != nil {
		return commands.Result[Opened]{}, err
	}
	if !known {
		id = "usr_unknown" // has no events; reading it takes what reading an account takes
	}
	u, _, err := h.users.Load(ctx, string(id))
	if err != nil {
		return commands.Result[Opened]{}, err
	}
	if err := h.checkPassword(ctx, "login/"+email.Key(), email, u.PasswordHash(), cmd.Password); err != nil {
		if h.cfg.Refused != nil && known && kernel.KindOf(err) == kernel.KindUnauthorized {
			h.cfg.Refused.SignInFailed(meta, id)
		}
		return commands.Result[Opened]{}, err
	}
	if way := h.cfg.SignOn; way != nil && way.Only && !h.operators[email] {
		return commands.Result[Opened]{}, auth.ErrSignOnOnly(way.Name)
	}
	return h.secondStep(ctx, meta, u, cmd)
}

// secondStep opens a session after the password, by what the account asks for beside it.
func (h *Handlers) secondStep(ctx context.Context, meta kernel.Meta, u *auth.User, cmd Login) (commands.Result[Opened], error) {
	switch {
	case cmd.Passkey != nil:
		_, got, err := h.takePasskey(ctx, meta, u.ID(), *cmd.Passkey)
		if err != nil {
			return commands.Result[Opened]{}, err
		}
		return h.openByPasskey(ctx, meta, u.ID(), cmd.Agent, cmd.Passkey.Shown, got)
	case !u.HasSecondFactor():
		return h.Open(ctx, meta, u.ID(), cmd.Agent)
	case cmd.Code == "":
		return commands.Result[Opened]{}, auth.ErrSecondFactor()
	}
	take, err := h.takeCode(ctx, meta, u, cmd.Code)
	if err != nil {
		return commands.Result[Opened]{}, err
	}
	return h.open(ctx, meta, u.ID(), cmd.Agent, take)
}

// checkPassword counts the attempt under the key before it looks at the password, so that many at once can't outrun the count.
func (h *Handlers) checkPassword(ctx context.Context, key string, email auth.Email, hash, password string) error {
	ok, wait, err := h.cfg.Attempts.Begin(ctx, key, h.cfg.Clock.Now(), maxFailures, failureWindow)
	if err != nil {
		return err
	}
	if !ok {
		h.cfg.Logger.WarnContext(ctx, "sign-in refused: locked out", "event", "auth.locked_out", "email", email.Masked())
		e := kernel.E(kernel.KindRateLimited, "LOCKED_OUT", "too many wrong passwords; wait some minutes or reset the password")
		e.RetryAfter = wait
		return e
	}
	matches, err := h.cfg.Passwords.Matches(ctx, hash, password)
	if err != nil {
		return err
	}
	if !matches {
		h.cfg.Logger.WarnContext(ctx, "sign-in refused", "event", "auth.failed", "email", email.Masked())
		return auth.ErrCredentials()
	}
	return h.cfg.Attempts.Succeeded(ctx, key)
}

// Open opens a session for an authenticated person. More than auth.MaxSessions close the oldest.
func (h *Handlers) Open(ctx context.Context, meta kernel.Meta, user kernel.UserID, agent string) (commands.Result[Opened], error) {
	return h.open(ctx, meta, user, agent, func(*auth.User) error { return nil })
}

// open opens a session in one append with what else the sign-in changes of the account.
func (h *Handlers) open(
	ctx context.Context, meta kernel.Meta, user kernel.UserID, agent string, also func(*auth.User) error,
) (commands.Result[Opened], error) {
	session := kernel.SessionID(h.cfg.IDs.New(kernel.PrefixSession))
	refresh, err := h.cfg.Refresh.NewRefresh(session)
	if err != nil {
		return commands.Result[Opened]{}, err
	}
	meta.Actor, meta.IdempotencyKey = kernel.Actor{Kind: kernel.ActorUser, ID: string(user)}, ""
	s := &auth.Session{}
	if err := s.Start(session, user, auth.Hash(refresh), shorten(agent, maxAgent), h.cfg.Clock.Now()); err != nil {
		return commands.Result[Opened]{}, err
	}
	return eventstore.Retry(ctx, func(int) (commands.Result[Opened], error) {
		u, version, err := h.users.Load(ctx, string(user))
		if err != nil {
			return commands.Result[Opened]{}, err
		}
		if err := also(u); err != nil {
			return commands.Result[Opened]{}, err
		}
		if err := u.OpenSession(session, h.cfg.Clock.Now()); err != nil {
			return commands.Result[Opened]{}, err
		}
		req, err := h.users.Append(meta.As("open-session"), Done{},
			eventstore.At(h.users.Stream(string(user)), eventstore.Expected(version), u.Pending()...),
			eventstore.At(h.sessions.Stream(string(session)), eventstore.NoStream, s.Pending()...))
		if err != nil {
			return commands.Result[Opened]{}, err
		}
		done, err := h.cfg.Store.Append(ctx, req)
		if err != nil {
			return commands.Result[Opened]{}, err
		}
		h.accounts.Forget(user)
		return h.opened(ctx, u, s, refresh, done.Last)
	})
}

func (h *Handlers) opened(
	ctx context.Context, u *auth.User, s *auth.Session, refresh string, position int64,
) (commands.Result[Opened], error) {
	access, expires, err := h.cfg.Access.Access(u.ID(), s.ID())
	if err != nil {
		return commands.Result[Opened]{}, err
	}
	who, err := h.profile(ctx, u)
	if err != nil {
		return commands.Result[Opened]{}, err
	}
	return commands.Result[Opened]{Position: position, Value: Opened{
		User: h.view(u, who), Session: s.ID(), Access: access, AccessExpires: expires, Refresh: refresh,
	}}, nil
}

// shorten cuts a text to at most n bytes of whole characters.
func shorten(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, s)
	for len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}
