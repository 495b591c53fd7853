package authcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// PasskeyChecker checks what browsers answer about passkeys (WebAuthn Level 3, 7.1 and 7.2): the challenge, the origin, that the person
// was verified, and the signature.
type PasskeyChecker interface {
	// Made returns what checks the signatures of the new passkey, and its counter.
	Made(user kernel.UserID, challenge []byte, m auth.MadePasskey) (auth.Credential, uint32, error)
	// Shown checks a signature and returns the passkey's counter.
	Shown(user kernel.UserID, c auth.Credential, challenge []byte, s auth.ShownPasskey) (uint32, error)
	// Algorithms are the COSE algorithms that are taken, the best first.
	Algorithms() []int64
}

// Ceremonies makes and reads attempts at making or showing a passkey.
type Ceremonies interface {
	Ceremony(purpose string, until time.Time) (attempt string, challenge []byte, err error)
	CeremonyOf(purpose, attempt string) (challenge []byte, ok bool)
}

// Passkeys says how people sign in by passkeys.
type Passkeys struct {
	Checker    PasskeyChecker
	Ceremonies Ceremonies
	Domain     string // the passkeys are for (RP ID)
	Origin     string // of the pages that use them
}

// PasskeysWay is how passkeys are offered.
type PasskeysWay struct {
	Domain string `json:"domain" doc:"That the passkeys are for (RP ID)."`
	Origin string `json:"origin" doc:"Of the pages that can use them; browsers refuse on others."`
}

// PasskeysWay returns how passkeys are offered, nil if they are not.
func (h *Handlers) PasskeysWay() *PasskeysWay {
	if h.cfg.Passkeys == nil {
		return nil
	}
	return &PasskeysWay{Domain: h.cfg.Passkeys.Domain, Origin: h.cfg.Passkeys.Origin}
}

// Passkey is one of the person's own passkeys.
type Passkey struct {
	ID         kernel.PasskeyID `json:"id"`
	Name       string           `json:"name"`
	CreatedAt  time.Time        `json:"created_at"`
	LastUsedAt *time.Time       `json:"last_used_at"`
	BlockedAt  *time.Time       `json:"blocked_at" doc:"When it was shown as if another device had a copy: it signs in no longer. Remove it."`
}

// OwnPasskeys are a person's passkeys, with whether more can be added.
type OwnPasskeys struct {
	Available bool      `json:"available" doc:"This Morket takes passkeys, and the account has a password; single sign-on has passkeys of its own."`
	Origin    string    `json:"origin,omitempty" doc:"Of the pages that can use passkeys; absent if browsers can't at the address of this installation."`
	Passkeys  []Passkey `json:"passkeys"`
}

// Passkeys lists the person's passkeys, oldest first.
func (h *Handlers) Passkeys(ctx context.Context, id kernel.UserID) (OwnPasskeys, error) {
	u, err := h.account(ctx, id)
	if err != nil {
		return OwnPasskeys{}, err
	}
	out := OwnPasskeys{Passkeys: []Passkey{}}
	if way := h.cfg.Passkeys; way != nil {
		out.Available, out.Origin = u.HasPassword(), way.Origin
	}
	for _, p := range u.Passkeys() {
		view, err := h.passkey(ctx, id, p)
		if err != nil {
			return OwnPasskeys{}, err
		}
		out.Passkeys = append(out.Passkeys, view)
	}
	return out, nil
}

func (h *Handlers) passkey(ctx context.Context, user kernel.UserID, p auth.Passkey) (Passkey, error) {
	name, ok, err := h.openMarked(ctx, user, nameMark, p.Name)
	if !ok {
		name = []byte("Passkey")
	}
	some := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	return Passkey{ID: p.ID, Name: string(name), CreatedAt: p.CreatedAt, LastUsedAt: some(p.UsedAt), BlockedAt: some(p.BlockedAt)}, err
}

// PasskeyOffer is what a browser needs to make a passkey.
type PasskeyOffer struct {
	Attempt    string
	Challenge  []byte
	Domain     string
	User       []byte // the handle that comes back when the passkey is shown
	Email      string
	Name       string
	Exclude    []auth.Credential // the account's passkeys: a device makes no second one
	Algorithms []int64
	Life       time.Duration
}

// BeginPasskey begins to make a passkey of the caller's. It needs what a sign-in needs, so that nobody at a machine that was left, or with
// a stolen password alone, adds a way in.
func (h *Handlers) BeginPasskey(ctx context.Context, meta kernel.Meta, password, code string) (PasskeyOffer, error) {
	way, err := h.passkeys()
	if err != nil {
		return PasskeyOffer{}, err
	}
	u, who, err := h.selfForPasskey(ctx, meta, password, code)
	if err != nil {
		return PasskeyOffer{}, err
	}
	attempt, challenge, err := way.Ceremonies.Ceremony(making(u.ID()), h.cfg.Clock.Now().Add(auth.CeremonyLife))
	if err != nil {
		return PasskeyOffer{}, err
	}
	out := PasskeyOffer{
		Attempt: attempt, Challenge: challenge, Domain: way.Domain, User: []byte(u.ID()), Email: who.Email, Name: who.Name,
		Algorithms: way.Checker.Algorithms(), Life: auth.CeremonyLife,
	}
	for _, p := range u.Passkeys() {
		c, ok, err := h.openCredential(ctx, u.ID(), p)
		if err != nil {
			return PasskeyOffer{}, err
		}
		if ok {
			out.Exclude = append(out.Exclude, c)
		}
	}
	return out, nil
}

// selfForPasskey is the caller, after the password was given again, and a code where the account has a second factor.
func (h *Handlers) selfForPasskey(ctx context.Context, meta kernel.Meta, password, code string) (*auth.User, auth.Profile, error) {
	id, err := person(meta)
	if err != nil {
		return nil, auth.Profile{}, err
	}
	u, err := h.account(ctx, id)
	switch {
	case err != nil:
		return nil, auth.Profile{}, err
	case !u.HasPassword():
		return nil, auth.Profile{}, auth.ErrPasskeyNeedsPassword()
	case u.HasSecondFactor():
		if err := needCode(code); err != nil {
			return nil, auth.Profile{}, err
		}
	}
	self, who, err := h.self(ctx, meta, password)
	if err != nil {
		return nil, auth.Profile{}, err
	}
	if err := self.CheckPasskeys(); err != nil || !self.HasSecondFactor() {
		return self, who, err
	}
	take, err := h.takeCode(ctx, meta, self, code)
	if err != nil {
		return nil, auth.Profile{}, err
	}
	meta.IdempotencyKey = "" // what it begins is not stored
	_, err = h.updateUser(ctx, meta.As("begin-passkey"), self.ID(), take)
	return self, who, err
}

// AddPasskey is a passkey that the caller's browser has made.
type AddPasskey struct {
	Attempt string
	Name    string
	Made    auth.MadePasskey
}

// AddPasskey checks a passkey that was made for the caller and lets it sign in from now on. The person is told by mail.
func (h *Handlers) AddPasskey(ctx context.Context, meta kernel.Meta, cmd AddPasskey) (commands.Result[Passkey], error) {
	var none commands.Result[Passkey]
	way, err := h.passkeys()
	if err != nil {
		return none, err
	}
	id, err := person(meta)
	if err != nil {
		return none, err
	}
	name, err := auth.CheckName("name", cmd.Name)
	if err != nil {
		return none, err
	}
	if err := cmd.Made.Validate(); err != nil {
		return none, err
	}
	challenge, err := h.takeAttempt(ctx, way, making(id), cmd.Attempt)
	if err != nil {
		return none, err
	}
	c, count, err := way.Checker.Made(id, challenge, cmd.Made)
	if err != nil {
		h.cfg.Logger.WarnContext(ctx, "a new passkey was refused", "event", "auth.passkey_refused", "user", id, "error", err)
		return none, err
	}
	p := auth.Passkey{
		ID: kernel.PasskeyID(h.cfg.IDs.New(kernel.PrefixPasskey)), Key: auth.CredentialKey(c.ID), Count: count, CreatedAt: h.cfg.Clock.Now(),
	}
	if err := h.sealPasskey(ctx, id, &p, c, name); err != nil {
		return none, err
	}
	meta.IdempotencyKey = "" // an attempt is taken once
	res, err := eventstore.Retry(ctx, func(int) (commands.Result[Passkey], error) { return h.keepPasskey(ctx, meta, id, p) })
	h.accounts.Forget(id)
	if err != nil {
		return none, err
	}
	h.tellByMail(ctx, id, "A passkey was added to your account", fmt.Sprintf(
		"The passkey %q can sign in to your account in Morket from now on.\n\n"+
			"If it was not you, remove it and change your password:\n%s/\n", name, h.cfg.PublicURL))
	return res, nil
}

// keepPasskey appends the passkey with its reservation, so that it is of one account.
func (h *Handlers) keepPasskey(ctx context.Context, meta kernel.Meta, id kernel.UserID, p auth.Passkey) (commands.Result[Passkey], error) {
	var none commands.Result[Passkey]
	known, err := h.cfg.Store.ReadStream(ctx, passkeyStream(p.Key), 0, 1)
	if err != nil {
		return none, err
	}
	if len(known) > 0 {
		return none, auth.ErrPasskeyKnown()
	}
	u, version, err := h.users.Load(ctx, string(id))
	if err != nil {
		return none, err
	}
	if !u.HasPassword() {
		return none, auth.ErrPasskeyNeedsPassword()
	}
	if err := u.AddPasskey(p); err != nil {
		return none, err
	}
	view, err := h.passkey(ctx, id, p)
	if err != nil {
		return none, err
	}
	req, err := h.users.Append(meta.As("add-passkey"), Done{},
		eventstore.At(h.users.Stream(string(id)), eventstore.Expected(version), u.Pending()...),
		eventstore.At(passkeyStream(p.Key), eventstore.NoStream, auth.PasskeyReserved{UserID: id}))
	if err != nil {
		return none, err
	}
	done, err := h.cfg.Store.Append(ctx, req)
	return commands.Result[Passkey]{Value: view, Position: done.Last}, err
}

func passkeyStream(key string) eventstore.StreamID { return eventstore.Stream("passkey", key) }

// RenamePasskey gives one of the caller's passkeys another name.
func (h *Handlers) RenamePasskey(ctx context.Context, meta kernel.Meta, id kernel.PasskeyID, name string) (commands.Result[Done], error) {
	user, err := person(meta)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	name, err = auth.CheckName("name", name)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	sealed, err := h.sealMarked(ctx, user, nameMark, []byte(name))
	if err != nil {
		return commands.Result[Done]{}, err
	}
	return h.updateUser(ctx, meta.As("rename-passkey"), user, func(u *auth.User) error {
		return u.RenamePasskey(id, sealed, h.cfg.Clock.Now())
	})
}

// RemovePasskey makes one of the caller's passkeys good for nothing. It needs the password: a machine that was left open must not be enough
// to shut its person out.
func (h *Handlers) RemovePasskey(
	ctx context.Context, meta kernel.Meta, id kernel.PasskeyID, password string,
) (commands.Result[Done], error) {
	u, _, err := h.self(ctx, meta, password)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	return h.updateUser(ctx, meta.As("remove-passkey"), u.ID(), func(u *auth.User) error {
		return u.RemovePasskey(id, h.cfg.Clock.Now())
	})
}

func (h *Handlers) passkeys() (*Passkeys, error) {
	if h.cfg.Passkeys == nil {
		return nil, auth.ErrNoPasskeys()
	}
	return h.cfg.Passkeys, nil
}

// making is the purpose of an attempt at making a passkey of the person's.
func making(user kernel.UserID) string { return "make/" + string(user) }

// takeAttempt takes an attempt, which is good once, and returns its challenge.
func (h *Handlers) takeAttempt(ctx context.Context, way *Passkeys, purpose, attempt string) ([]byte, error) {
	challenge, ok := way.Ceremonies.CeremonyOf(purpose, attempt)
	if !ok {
		return nil, auth.ErrPasskeyExpired()
	}
	first, _, err := h.cfg.Attempts.Begin(ctx, "passkey/"+auth.Hash(attempt), h.cfg.Clock.Now(), 1, auth.CeremonyLife)
	if err == nil && !first {
		err = auth.ErrPasskeyExpired()
	}
	return challenge, err
}

// The marks begin what is sealed for a person, so that nothing else that is can take its place.
const (
	passkeyMark = "passkey\n"
	nameMark    = "passkey name\n"
)

func (h *Handlers) sealPasskey(ctx context.Context, user kernel.UserID, p *auth.Passkey, c auth.Credential, name string) error {
	plain, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if p.Sealed, err = h.sealMarked(ctx, user, passkeyMark, plain); err != nil {
		return err
	}
	p.Name, err = h.sealMarked(ctx, user, nameMark, []byte(name))
	return err
}

// openCredential returns what checks the passkey's signatures; false if the person's key was destroyed.
func (h *Handlers) openCredential(ctx context.Context, user kernel.UserID, p auth.Passkey) (auth.Credential, bool, error) {
	var c auth.Credential
	plain, ok, err := h.openMarked(ctx, user, passkeyMark, p.Sealed)
	if err != nil || !ok {
		return c, false, err
	}
	if err := json.Unmarshal(plain, &c); err != nil {
		return c, false, errors.New("a sealed passkey can't be read")
	}
	return c, true, nil
}

// tellByMail tells the person of something that has happened to the account; it has happened also if the mail can't be sent.
func (h *Handlers) tellByMail(ctx context.Context, id kernel.UserID, subject, text string) {
	who, err := h.Account(ctx, id)
	if err == nil && who.Email != "" {
		err = h.cfg.Mailer.Send(ctx, who.Email, subject, text)
	}
	if err != nil {
		h.cfg.Logger.ErrorContext(ctx, "a person could not be told by mail", "user", id, "about", subject, "error", err)
	}
}
