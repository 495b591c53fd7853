package authcmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

// showing is the purpose of an attempt at signing in by a passkey, by itself or after the password.
const showing = "show"

// PasskeyRequest is what a browser needs to show a passkey. It says nothing of any account: the passkey says whose it is.
type PasskeyRequest struct {
	Attempt   string
	Challenge []byte
	Domain    string
}

// BeginPasskeySignIn begins a sign-in by a passkey.
func (h *Handlers) BeginPasskeySignIn() (PasskeyRequest, error) {
	way, err := h.passkeys()
	if err != nil {
		return PasskeyRequest{}, err
	}
	attempt, challenge, err := way.Ceremonies.Ceremony(showing, h.cfg.Clock.Now().Add(auth.CeremonyLife))
	return PasskeyRequest{Attempt: attempt, Challenge: challenge, Domain: way.Domain}, err
}

// ShowPasskey is a passkey that a browser has shown.
type ShowPasskey struct {
	Attempt string
	Shown   auth.ShownPasskey
}

// PasskeySignIn signs in by a passkey alone. It is two factors: the device, and what has verified the person there; so it asks for no code.
func (h *Handlers) PasskeySignIn(ctx context.Context, meta kernel.Meta, cmd ShowPasskey, agent string) (commands.Result[Opened], error) {
	var none commands.Result[Opened]
	u, take, err := h.takePasskey(ctx, meta, "", cmd)
	if err != nil {
		return none, err
	}
	if way := h.cfg.SignOn; way != nil && way.Only {
		who, err := h.profile(ctx, u)
		if err != nil {
			return none, err
		}
		if !h.operators[auth.Email(who.Email)] {
			return none, auth.ErrSignOnOnly(way.Name)
		}
	}
	return h.openByPasskey(ctx, meta, u.ID(), agent, cmd.Shown, take)
}

// taken is a passkey that was shown rightly: what takes it, in the append of what it is for.
type taken struct {
	count uint32
	take  func(*auth.User) error
}

// takePasskey checks a passkey that was shown, of the user if one is given, else of the one that it names. Attempts at a passkey of the
// account count as wrong passwords do, but by themselves; those at others can't shut its person out.
func (h *Handlers) takePasskey(ctx context.Context, meta kernel.Meta, user kernel.UserID, cmd ShowPasskey) (*auth.User, taken, error) {
	way, err := h.passkeys()
	if err != nil {
		return nil, taken{}, err
	}
	if err := cmd.Shown.Validate(); err != nil {
		return nil, taken{}, err
	}
	challenge, err := h.takeAttempt(ctx, way, showing, cmd.Attempt)
	if err != nil {
		return nil, taken{}, err
	}
	id := kernel.UserID(cmd.Shown.User)
	if kernel.ParseID(kernel.PrefixUser, string(id)) != nil || (user != "" && id != user) {
		return nil, taken{}, auth.ErrPasskey()
	}
	u, _, err := h.users.Load(ctx, string(id))
	if err != nil {
		return nil, taken{}, err
	}
	if !u.Exists() {
		return nil, taken{}, auth.ErrPasskey()
	}
	got, err := h.judgePasskey(ctx, way, u, challenge, cmd.Shown)
	if err != nil {
		if h.cfg.Refused != nil && kernel.KindOf(err) == kernel.KindUnauthorized {
			h.cfg.Refused.SignInFailed(meta, id)
		}
		return nil, taken{}, err
	}
	return u, got, h.cfg.Attempts.Succeeded(ctx, passkeyTries(id))
}

func passkeyTries(user kernel.UserID) string { return "passkey-of/" + string(user) }

// beginPasskey counts an attempt before the passkey is looked at.
func (h *Handlers) beginPasskey(ctx context.Context, user kernel.UserID) error {
	ok, wait, err := h.cfg.Attempts.Begin(ctx, passkeyTries(user), h.cfg.Clock.Now(), maxFailures, failureWindow)
	if err != nil || ok {
		return err
	}
	h.cfg.Logger.WarnContext(ctx, "passkeys are refused: locked out", "event", "auth.locked_out", "user", user)
	e := kernel.E(kernel.KindRateLimited, "LOCKED_OUT", "too many passkeys that were wrong; wait some minutes or sign in with your password")
	e.RetryAfter = wait
	return e
}

func (h *Handlers) judgePasskey(
	ctx context.Context, way *Passkeys, u *auth.User, challenge []byte, s auth.ShownPasskey,
) (taken, error) {
	key := auth.CredentialKey(s.ID)
	p, ok := u.PasskeyOf(key)
	if !ok {
		return taken{}, auth.ErrPasskey()
	}
	if err := h.beginPasskey(ctx, u.ID()); err != nil {
		return taken{}, err
	}
	c, ok, err := h.openCredential(ctx, u.ID(), p)
	if err != nil {
		return taken{}, err
	}
	if !ok {
		return taken{}, auth.ErrPasskey()
	}
	count, err := way.Checker.Shown(u.ID(), c, challenge, s)
	if err != nil {
		h.cfg.Logger.WarnContext(ctx, "a passkey was refused", "event", "auth.passkey_failed", "user", u.ID(), "error", err)
		return taken{}, err
	}
	now := h.cfg.Clock.Now()
	return taken{count, func(u *auth.User) error { return u.UsePasskey(key, count, now) }}, nil
}

// openByPasskey opens a session in one append with the use of the passkey. One that may have been copied is blocked; its person is told.
func (h *Handlers) openByPasskey(
	ctx context.Context, meta kernel.Meta, user kernel.UserID, agent string, s auth.ShownPasskey, got taken,
) (commands.Result[Opened], error) {
	res, err := h.open(ctx, meta, user, agent, got.take)
	if !errors.Is(err, auth.ErrPasskeyCopied()) {
		return res, err
	}
	if berr := h.blockPasskey(ctx, meta, user, auth.CredentialKey(s.ID), got.count); berr != nil {
		return commands.Result[Opened]{}, berr
	}
	return commands.Result[Opened]{}, err
}

func (h *Handlers) blockPasskey(ctx context.Context, meta kernel.Meta, user kernel.UserID, key string, count uint32) error {
	var name string
	blocked := false
	meta.Actor, meta.IdempotencyKey = kernel.System(), ""
	_, err := h.updateUser(ctx, meta.As("block-passkey"), user, func(u *auth.User) error {
		p, ok := u.PasskeyOf(key)
		if !ok {
			return nil
		}
		view, err := h.passkey(ctx, user, p)
		if err != nil {
			return err
		}
		name, blocked = view.Name, view.BlockedAt == nil
		return u.BlockPasskey(key, count, h.cfg.Clock.Now())
	})
	if err != nil || !blocked {
		return err
	}
	h.cfg.Logger.WarnContext(ctx, "a passkey may have been copied: blocked", "event", "auth.passkey_copied", "user", user)
	h.tellByMail(ctx, user, "A passkey of yours was blocked", fmt.Sprintf(
		"The passkey %q was used in a way that says that another device may have a copy of it, so it no longer signs in.\n\n"+
			"Remove it in your account, and add a new one. If you have seen sign-ins that are not yours, change your password:\n%s/\n",
		name, h.cfg.PublicURL))
	return nil
}
