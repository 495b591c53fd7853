package authcmd

import (
	"context"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// User is an account as its owner sees it.
type User struct {
	ID        kernel.UserID `json:"id"`
	Email     string        `json:"email"`
	Name      string        `json:"name"`
	Operator  bool          `json:"operator" doc:"May run this installation."`
	CreatedAt time.Time     `json:"created_at"`
}

// Register makes an account.
type Register struct {
	Email    string
	Password string
	Name     string
	Demo     bool // the password is meant to be known, so it is not judged
}

// Validate checks the fields and returns them in their stored form.
func (c Register) Validate(policy *auth.PasswordPolicy) (auth.Email, string, error) {
	email, err := auth.ParseEmail("email", c.Email)
	if err != nil {
		return "", "", err
	}
	name, err := auth.CheckName("name", c.Name)
	if err != nil {
		return "", "", err
	}
	if c.Demo {
		return email, name, nil
	}
	return email, name, policy.Check("password", c.Password, string(email), name)
}

// Register makes an account; the address's reservation and the account are one append, so an address has one account at
// most. It signs nobody in: see Open.
func (h *Handlers) Register(ctx context.Context, meta kernel.Meta, cmd Register) (commands.Result[User], error) {
	email, name, err := cmd.Validate(h.policy)
	if err != nil {
		return commands.Result[User]{}, err
	}
	if way := h.cfg.SignOn; way != nil && way.Only && !cmd.Demo {
		return commands.Result[User]{}, auth.ErrSignOnOnly(way.Name)
	}
	if first, found, err := commands.Repeat[User](ctx, h.cfg.Store, meta); found || err != nil {
		first.Value.Email, first.Value.Name = string(email), name // a repeat is of the same request
		return first, err
	}
	hash, err := h.cfg.Passwords.Hash(ctx, cmd.Password)
	if err != nil {
		return commands.Result[User]{}, err
	}
	switch _, taken, err := h.UserByEmail(ctx, email); { // before a key is made
	case err != nil:
		return commands.Result[User]{}, err
	case taken:
		return commands.Result[User]{}, auth.ErrEmailTaken()
	}
	id := kernel.UserID(h.cfg.IDs.New(kernel.PrefixUser))
	meta.Actor = kernel.Actor{Kind: kernel.ActorUser, ID: string(id)}
	profile := auth.Profile{Email: string(email), Name: name}
	who, err := profile.Seal(ctx, h.cfg.Persons, id)
	if err != nil {
		return commands.Result[User]{}, err
	}
	u := &auth.User{}
	if err := u.Register(id, who, hash, h.cfg.Clock.Now()); err != nil {
		return commands.Result[User]{}, err
	}
	user := h.view(u, profile)
	stored := user // the person's data stay with the account
	stored.Email, stored.Name = "", ""
	req, err := h.users.Append(meta.As("register"), stored,
		eventstore.At(emailStream(email), eventstore.NoStream, auth.EmailReserved{UserID: id}),
		eventstore.At(h.users.Stream(string(id)), eventstore.NoStream, u.Pending()...))
	if err != nil {
		return commands.Result[User]{}, err
	}
	done, err := h.cfg.Store.Append(ctx, req)
	if eventstore.IsConflict(err) {
		return commands.Result[User]{}, auth.ErrEmailTaken()
	}
	if err != nil {
		return commands.Result[User]{}, err
	}
	res, err := commands.Reply(done, user)
	res.Value.Email, res.Value.Name = user.Email, user.Name
	return res, err
}

func emailStream(e auth.Email) eventstore.StreamID { return eventstore.Stream("email", e.Key()) }

// view makes the account's answer.
func (h *Handlers) view(u *auth.User, p auth.Profile) User {
	return User{ID: u.ID(), Email: p.Email, Name: p.Name, Operator: h.operators[auth.Email(p.Email)], CreatedAt: u.CreatedAt()}
}

// profile opens the person's data.
func (h *Handlers) profile(ctx context.Context, u *auth.User) (auth.Profile, error) {
	return u.Personal().Open(ctx, h.cfg.Persons, u.ID())
}

// UserByEmail returns whose address it is; false if nobody's.
func (h *Handlers) UserByEmail(ctx context.Context, email auth.Email) (kernel.UserID, bool, error) {
	return userByEmail(ctx, h.cfg.Store, h.cfg.Codec, email)
}

func userByEmail(ctx context.Context, log eventstore.Store, codec *eventstore.Codec, email auth.Email) (kernel.UserID, bool, error) {
	events, err := log.ReadStream(ctx, emailStream(email), 0, 1)
	if err != nil || len(events) == 0 {
		return "", false, err
	}
	e, err := codec.Decode(events[0])
	if err != nil {
		return "", false, err
	}
	r, ok := e.(auth.EmailReserved)
	return r.UserID, ok, nil
}
