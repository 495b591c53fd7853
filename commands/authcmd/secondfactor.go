package authcmd

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

// Codes makes and checks codes of authenticator apps and recovery codes.
type Codes interface {
	NewSecret() ([]byte, error)
	// Step returns the time step that the code is of; false if it is of none around the moment.
	Step(secret []byte, code string, at time.Time) (step int64, ok bool)
	// Link returns the secret as people type it, and as a link that apps read.
	Link(secret []byte, account string) (text, link string)
	// Picture draws a link as a QR code in PNG.
	Picture(link string) ([]byte, error)
	Recovery() ([]string, error)
	RecoveryHash(code string) string
}

// Guesses of codes are bounded over minutes, so that nobody hits one by luck, and over a day, so that nobody does by patience: 20 a
// day hit one of three codes in a million with 2 % a year.
const (
	maxCodes     = 5
	maxCodesDay  = 20
	maxCodeBytes = 64
)

// codeWindows are the counts that an attempt at a code takes part in.
func codeWindows(user kernel.UserID) map[string]limit {
	return map[string]limit{
		"code/" + string(user):     {maxCodes, failureWindow},
		"code-day/" + string(user): {maxCodesDay, 24 * time.Hour},
	}
}

type limit struct {
	most   int
	window time.Duration
}

// beginCode counts an attempt at a code before it is looked at.
func (h *Handlers) beginCode(ctx context.Context, user kernel.UserID) error {
	for key, l := range codeWindows(user) {
		ok, wait, err := h.cfg.Attempts.Begin(ctx, key, h.cfg.Clock.Now(), l.most, l.window)
		if err != nil {
			return err
		}
		if !ok {
			h.cfg.Logger.WarnContext(ctx, "codes are refused: locked out", "event", "auth.locked_out", "user", user)
			e := kernel.E(kernel.KindRateLimited, "LOCKED_OUT", "too many wrong codes; wait, or ask an operator to turn two-step sign-in off")
			e.RetryAfter = wait
			return e
		}
	}
	return nil
}

// takeCode checks a code of the app, or a recovery code, and returns what takes it, in the append of what it is for: so of two
// requests with one code only one succeeds.
func (h *Handlers) takeCode(ctx context.Context, meta kernel.Meta, u *auth.User, code string) (func(*auth.User) error, error) {
	if err := h.beginCode(ctx, u.ID()); err != nil {
		return nil, err
	}
	take, err := h.judgeCode(ctx, u, code)
	if err == nil {
		err = take(u) // refused before anything else is done
	}
	if err != nil {
		if kernel.KindOf(err) == kernel.KindUnauthorized {
			h.cfg.Logger.WarnContext(ctx, "a code was refused", "event", "auth.code_failed", "user", u.ID())
			if h.cfg.Refused != nil {
				h.cfg.Refused.SignInFailed(meta, u.ID())
			}
		}
		return nil, err
	}
	return take, h.forgetCodes(ctx, u.ID())
}

func (h *Handlers) forgetCodes(ctx context.Context, user kernel.UserID) error {
	for key := range codeWindows(user) {
		if err := h.cfg.Attempts.Succeeded(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

func (h *Handlers) judgeCode(ctx context.Context, u *auth.User, code string) (func(*auth.User) error, error) {
	if len(code) > maxCodeBytes {
		return nil, auth.ErrCode()
	}
	secret, err := h.openSecret(ctx, u.ID(), u.SecondFactorSecret())
	if err != nil {
		return nil, err
	}
	now := h.cfg.Clock.Now()
	if step, ok := h.cfg.Codes.Step(secret, code, now); ok {
		return func(u *auth.User) error { return u.TakeCode(step, now) }, nil
	}
	hash := h.cfg.Codes.RecoveryHash(code)
	return func(u *auth.User) error { return u.TakeRecoveryCode(hash, now) }, nil
}

// needCode refuses no code before anything is counted.
func needCode(code string) error {
	if strings.TrimSpace(code) == "" {
		return kernel.Invalid("code", "is needed")
	}
	return nil
}

// secretMark begins the secret before it is sealed, so that nothing else that is sealed for the person can take its place.
const secretMark = "totp\n"

func (h *Handlers) sealSecret(ctx context.Context, user kernel.UserID, secret []byte) ([]byte, error) {
	return h.sealMarked(ctx, user, secretMark, secret)
}

func (h *Handlers) openSecret(ctx context.Context, user kernel.UserID, sealed []byte) ([]byte, error) {
	plain, ok, err := h.openMarked(ctx, user, secretMark, sealed)
	if err == nil && !ok {
		err = auth.ErrCode()
	}
	return plain, err
}

func (h *Handlers) sealMarked(ctx context.Context, user kernel.UserID, mark string, plain []byte) ([]byte, error) {
	return h.cfg.Persons.Seal(ctx, auth.PersonKey(user), append([]byte(mark), plain...))
}

// openMarked opens what was sealed for the person under the mark; false if the person's key was destroyed, or it has another mark.
func (h *Handlers) openMarked(ctx context.Context, user kernel.UserID, mark string, sealed []byte) ([]byte, bool, error) {
	plain, ok, err := h.cfg.Persons.Open(ctx, auth.PersonKey(user), sealed)
	if err != nil || !ok {
		return nil, false, err
	}
	rest, ok := bytes.CutPrefix(plain, []byte(mark))
	return rest, ok, nil
}

// SecondFactor is whether a code is asked for beside the password.
type SecondFactor struct {
	Available     bool       `json:"available" doc:"The account has a password; single sign-on asks for its own second step."`
	On            bool       `json:"on"`
	Since         *time.Time `json:"since"`
	RecoveryCodes int        `json:"recovery_codes_left"`
}

// SecondFactor tells whether the person is asked for a code.
func (h *Handlers) SecondFactor(ctx context.Context, id kernel.UserID) (SecondFactor, error) {
	u, err := h.account(ctx, id)
	if err != nil || !u.HasSecondFactor() {
		return SecondFactor{Available: err == nil && u.HasPassword()}, err
	}
	since, left := u.SecondFactorSince()
	return SecondFactor{Available: u.HasPassword(), On: true, Since: &since, RecoveryCodes: left}, nil
}

// Enrolment is what an app needs to make codes. It holds a secret and is never stored.
type Enrolment struct {
	Secret  string
	Link    string
	Picture []byte
}

// BeginSecondFactor makes a secret for the caller's app, which has auth.EnrolLife to show its first code.
func (h *Handlers) BeginSecondFactor(ctx context.Context, meta kernel.Meta, password string) (commands.Result[Enrolment], error) {
	u, who, err := h.self(ctx, meta, password)
	if err != nil {
		return commands.Result[Enrolment]{}, err
	}
	secret, err := h.cfg.Codes.NewSecret()
	if err != nil {
		return commands.Result[Enrolment]{}, err
	}
	sealed, err := h.sealSecret(ctx, u.ID(), secret)
	if err != nil {
		return commands.Result[Enrolment]{}, err
	}
	var out Enrolment
	out.Secret, out.Link = h.cfg.Codes.Link(secret, who.Email)
	if out.Picture, err = h.cfg.Codes.Picture(out.Link); err != nil {
		return commands.Result[Enrolment]{}, err
	}
	meta.IdempotencyKey = "" // each call makes another secret
	res, err := h.updateUser(ctx, meta.As("begin-second-factor"), u.ID(), func(u *auth.User) error {
		return u.OfferSecondFactor(sealed, h.cfg.Clock.Now())
	})
	return commands.Result[Enrolment]{Value: out, Position: res.Position}, err
}

// Recovery is new recovery codes, shown this once and never stored.
type Recovery struct {
	Codes []string
}

// ConfirmSecondFactor puts the offered secret into force by its first code.
func (h *Handlers) ConfirmSecondFactor(ctx context.Context, meta kernel.Meta, code string) (commands.Result[Recovery], error) {
	id, err := person(meta)
	if err != nil {
		return commands.Result[Recovery]{}, err
	}
	if err := needCode(code); err != nil {
		return commands.Result[Recovery]{}, err
	}
	u, _, err := h.users.Load(ctx, string(id))
	if err != nil {
		return commands.Result[Recovery]{}, err
	}
	now := h.cfg.Clock.Now()
	sealed, err := u.OfferedSecret(now)
	if err != nil {
		return commands.Result[Recovery]{}, err
	}
	if err := h.beginCode(ctx, id); err != nil {
		return commands.Result[Recovery]{}, err
	}
	secret, err := h.openSecret(ctx, id, sealed)
	if err != nil {
		return commands.Result[Recovery]{}, err
	}
	step, ok := h.cfg.Codes.Step(secret, shorten(code, maxCodeBytes), now)
	if !ok {
		return commands.Result[Recovery]{}, auth.ErrCode()
	}
	if err := h.forgetCodes(ctx, id); err != nil {
		return commands.Result[Recovery]{}, err
	}
	return h.newRecovery(ctx, meta.As("confirm-second-factor"), id, func(u *auth.User, hashes []string) error {
		return u.EnableSecondFactor(step, hashes, now)
	})
}

// NewRecoveryCodes makes new recovery codes the only ones.
func (h *Handlers) NewRecoveryCodes(ctx context.Context, meta kernel.Meta, password, code string) (commands.Result[Recovery], error) {
	u, take, err := h.selfWithCode(ctx, meta, password, code)
	if err != nil {
		return commands.Result[Recovery]{}, err
	}
	return h.newRecovery(ctx, meta.As("replace-recovery-codes"), u.ID(), func(u *auth.User, hashes []string) error {
		if err := take(u); err != nil {
			return err
		}
		return u.ReplaceRecoveryCodes(hashes, h.cfg.Clock.Now())
	})
}

func (h *Handlers) newRecovery(
	ctx context.Context, meta kernel.Meta, id kernel.UserID, keep func(u *auth.User, hashes []string) error,
) (commands.Result[Recovery], error) {
	codes, err := h.cfg.Codes.Recovery()
	if err != nil {
		return commands.Result[Recovery]{}, err
	}
	hashes := make([]string, len(codes))
	for i, c := range codes {
		hashes[i] = h.cfg.Codes.RecoveryHash(c)
	}
	meta.IdempotencyKey = "" // the codes are shown once
	res, err := h.updateUser(ctx, meta, id, func(u *auth.User) error { return keep(u, hashes) })
	if err != nil {
		return commands.Result[Recovery]{}, err
	}
	return commands.Result[Recovery]{Value: Recovery{codes}, Position: res.Position}, nil
}

// DisableSecondFactor ends the caller's second factor; it needs what a sign-in needs.
func (h *Handlers) DisableSecondFactor(ctx context.Context, meta kernel.Meta, password, code string) (commands.Result[Done], error) {
	u, take, err := h.selfWithCode(ctx, meta, password, code)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	return h.updateUser(ctx, meta.As("disable-second-factor"), u.ID(), func(u *auth.User) error {
		if err := take(u); err != nil {
			return err
		}
		return u.DisableSecondFactor(false, h.cfg.Clock.Now())
	})
}

// ResetSecondFactor ends the second factor of an account whose person has lost the app and the recovery codes, and tells the
// person by mail. Only an operator may; whether the request is really the person's, only the operator can find out.
func (h *Handlers) ResetSecondFactor(ctx context.Context, meta kernel.Meta, address string) (commands.Result[Done], error) {
	email, err := auth.ParseEmail("email", address)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	id, known, err := h.UserByEmail(ctx, email)
	if err != nil {
		return commands.Result[Done]{}, err
	}
	if !known {
		return commands.Result[Done]{}, kernel.NotFound("user", email.Masked())
	}
	res, err := h.updateUser(ctx, meta.As("reset-second-factor"), id, func(u *auth.User) error {
		return u.DisableSecondFactor(true, h.cfg.Clock.Now())
	})
	if err != nil || res.Replayed {
		return res, err
	}
	return res, h.cfg.Mailer.Send(ctx, string(email), "Two-step sign-in was turned off",
		"An operator of this Morket turned off two-step sign-in for your account, so your password alone signs in again.\n\n"+
			"If you did not ask for this, change your password and write to your operator.\n")
}

// self is the caller, after the password was given again. Wrong ones count as those of ChangePassword do; what no password can be, doesn't.
func (h *Handlers) self(ctx context.Context, meta kernel.Meta, password string) (*auth.User, auth.Profile, error) {
	id, err := person(meta)
	if err != nil {
		return nil, auth.Profile{}, err
	}
	if len(password) < auth.MinPassword {
		return nil, auth.Profile{}, kernel.Invalid("password", "is too short to be yours")
	}
	u, _, err := h.users.Load(ctx, string(id))
	if err != nil {
		return nil, auth.Profile{}, err
	}
	who, err := h.profile(ctx, u)
	if err != nil {
		return nil, auth.Profile{}, err
	}
	return u, who, h.checkPassword(ctx, "password/"+string(id), auth.Email(who.Email), u.PasswordHash(), password)
}

// selfWithCode is the caller, after the password and a code were given again.
func (h *Handlers) selfWithCode(ctx context.Context, meta kernel.Meta, password, code string) (*auth.User, func(*auth.User) error, error) {
	if err := needCode(code); err != nil {
		return nil, nil, err
	}
	u, _, err := h.self(ctx, meta, password)
	if err != nil {
		return nil, nil, err
	}
	if !u.HasSecondFactor() {
		return nil, nil, auth.ErrSecondFactorOff()
	}
	take, err := h.takeCode(ctx, meta, u, code)
	return u, take, err
}
