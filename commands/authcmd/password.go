package authcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

// ChangePassword replaces the caller's password.
type ChangePassword struct {
	Current    string
	New        string
	RevokeKeys bool // end the person's API keys, too
}

// ChangePassword replaces the caller's password and closes all sessions, this one too. Wrong passwords count by
// themselves: the holder of a session must not be able to lock its person out of signing in.
func (h *Handlers) ChangePassword(ctx context.Context, meta kernel.Meta, cmd ChangePassword) (commands.Result[Done], error) {
	id, err := person(meta)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	u, _, err := h.users.Load(ctx, string(id))
	if err != nil {
		return commands.Result[Done]{}, err
	}
	who, err := h.profile(ctx, u)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	email := auth.Email(who.Email)
	if err := h.policy.Check("new_password", cmd.New, who.Email, who.Name); err != nil {
		return commands.Result[Done]{}, err
	}
	if err := h.checkPassword(ctx, "password/"+string(id), email, u.PasswordHash(), cmd.Current); err != nil {
		return commands.Result[Done]{}, err
	}
	hash, err := h.cfg.Passwords.Hash(ctx, cmd.New)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	return h.updateUser(ctx, meta.As("change-password"), id, func(u *auth.User) error {
		return u.ChangePassword(hash, cmd.RevokeKeys, h.cfg.Clock.Now())
	})
}

// Resets are limited for each address, so that nobody's mailbox is flooded.
const (
	maxResets   = 3
	resetWindow = time.Hour
)

// RequestReset mails a link to choose a new password, if the address has an account. The work is done after the answer, so
// that neither the answer nor its time tells whether there is one.
func (h *Handlers) RequestReset(_ context.Context, meta kernel.Meta, address string) (commands.Result[Done], error) {
	email, err := auth.ParseEmail("email", address)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	meta.IdempotencyKey = ""
	h.resets.do(func(ctx context.Context) error { return h.mailReset(ctx, meta, email) })
	return commands.Result[Done]{}, nil
}

func (h *Handlers) mailReset(ctx context.Context, meta kernel.Meta, email auth.Email) error {
	ok, _, err := h.cfg.Attempts.Begin(ctx, "reset/"+email.Key(), h.cfg.Clock.Now(), maxResets, resetWindow)
	if err != nil || !ok {
		return err
	}
	if way := h.cfg.SignOn; way != nil && way.Only && !h.operators[email] {
		return nil // who is an operator is told to nobody either
	}
	id, known, err := h.UserByEmail(ctx, email)
	if err != nil || !known {
		return err
	}
	secret, err := h.cfg.Keys.Mailed()
	if err != nil {
		return err
	}
	token := string(id) + "." + secret
	meta.Actor = kernel.System()
	if _, err := h.updateUser(ctx, meta.As("request-password-reset"), id, func(u *auth.User) error {
		return u.RequestReset(auth.Hash(token), h.cfg.Clock.Now())
	}); err != nil {
		return err
	}
	text := fmt.Sprintf("Somebody, hopefully you, asked for a new password for Morket.\n\nChoose one here within an "+
		"hour:\n%s/reset-password?token=%s\n\n"+
		"If it was not you, ignore this mail: nothing has changed.\n", h.cfg.PublicURL, token)
	return h.cfg.Mailer.Send(ctx, string(email), "Choose a new password for Morket", text)
}

// ResetPassword chooses a new password by means of a mailed token.
type ResetPassword struct {
	Token      string
	Password   string
	RevokeKeys bool // end the person's API keys, too
}

// ResetPassword replaces the password, closes all sessions and lifts a lockout. A token is good once.
func (h *Handlers) ResetPassword(ctx context.Context, meta kernel.Meta, cmd ResetPassword) (commands.Result[Done], error) {
	user, _, ok := strings.Cut(cmd.Token, ".")
	if !ok || len(cmd.Token) > 200 || kernel.ParseID(kernel.PrefixUser, user) != nil {
		return commands.Result[Done]{}, auth.ErrResetToken()
	}
	id, tokenHash := kernel.UserID(user), auth.Hash(cmd.Token)
	u, _, err := h.users.Load(ctx, user)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	if err := u.CheckReset(tokenHash, h.cfg.Clock.Now()); err != nil {
		return commands.Result[Done]{}, err
	}
	who, err := h.profile(ctx, u)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	email := auth.Email(who.Email)
	if err := h.policy.Check("password", cmd.Password, who.Email, who.Name); err != nil {
		return commands.Result[Done]{}, err
	}
	hash, err := h.cfg.Passwords.Hash(ctx, cmd.Password)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	meta.Actor = kernel.Actor{Kind: kernel.ActorUser, ID: user}
	res, err := h.updateUser(ctx, meta.As("reset-password"), id, func(u *auth.User) error {
		return u.ResetPassword(tokenHash, hash, cmd.RevokeKeys, h.cfg.Clock.Now())
	})
	if err != nil {
		return res, err
	}
	return res, errors.Join(h.cfg.Attempts.Succeeded(ctx, "login/"+email.Key()), h.cfg.Attempts.Succeeded(ctx, "password/"+user))
}
