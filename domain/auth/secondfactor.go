package auth

import (
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// EnrolLife is how long the secret of an authenticator app waits for its first code.
const EnrolLife = 15 * time.Minute

// RecoveryCodes is how many recovery codes an account has when they are made.
const RecoveryCodes = 10

// secondFactor is what an account knows of its authenticator app.
type secondFactor struct {
	Offered      []byte    `json:"offered,omitempty"` // the sealed secret that waits for its first code
	OfferedUntil time.Time `json:"offered_until,omitzero"`
	Sealed       []byte    `json:"sealed,omitempty"` // the sealed secret in force
	Since        time.Time `json:"since,omitzero"`
	LastStep     int64     `json:"last_step,omitempty"` // the time step of the last code that was taken
	Recovery     []string  `json:"recovery,omitempty"`  // hashes of the codes that are left
}

// OfferSecondFactor begins the enrolment of an authenticator app with a sealed secret; an earlier offer is good no longer.
func (u *User) OfferSecondFactor(sealed []byte, at time.Time) error {
	if u.HasSecondFactor() {
		return ErrSecondFactorOn()
	}
	return u.Record(u, SecondFactorOffered{UserID: u.state.ID, Sealed: sealed, At: at, ExpiresAt: at.Add(EnrolLife)})
}

// OfferedSecret returns the sealed secret that waits for its first code.
func (u *User) OfferedSecret(at time.Time) ([]byte, error) {
	f := u.state.Factor
	switch {
	case u.HasSecondFactor():
		return nil, ErrSecondFactorOn()
	case len(f.Offered) == 0 || at.After(f.OfferedUntil):
		return nil, kernel.E(kernel.KindConflict, "ENROLMENT_EXPIRED", "this setup was not begun or is too old; begin it again")
	}
	return slices.Clone(f.Offered), nil
}

// EnableSecondFactor puts the offered secret into force, by its first code, of the time step. Recovery holds the codes' hashes.
func (u *User) EnableSecondFactor(step int64, recovery []string, at time.Time) error {
	if _, err := u.OfferedSecret(at); err != nil {
		return err
	}
	return u.Record(u, SecondFactorEnabled{UserID: u.state.ID, Step: step, Recovery: recovery, At: at})
}

// TakeCode takes the code of a time step: each is good once, and none that is older than the last one taken.
func (u *User) TakeCode(step int64, at time.Time) error {
	if !u.HasSecondFactor() || step <= u.state.Factor.LastStep {
		return ErrCode()
	}
	return u.Record(u, SecondFactorUsed{UserID: u.state.ID, Step: step, At: at})
}

// TakeRecoveryCode takes the recovery code with the hash; each is good once.
func (u *User) TakeRecoveryCode(hash string, at time.Time) error {
	known := false
	for _, h := range u.state.Factor.Recovery { // all are compared: the time doesn't tell which
		known = sameHash(h, hash) || known
	}
	if !u.HasSecondFactor() || !known {
		return ErrCode()
	}
	return u.Record(u, RecoveryCodeUsed{UserID: u.state.ID, Hash: hash, Left: len(u.state.Factor.Recovery) - 1, At: at})
}

// ReplaceRecoveryCodes makes the codes with the hashes the only ones.
func (u *User) ReplaceRecoveryCodes(hashes []string, at time.Time) error {
	if !u.HasSecondFactor() {
		return ErrSecondFactorOff()
	}
	return u.Record(u, RecoveryCodesReplaced{UserID: u.state.ID, Recovery: hashes, At: at})
}

// DisableSecondFactor ends the second factor.
func (u *User) DisableSecondFactor(byOperator bool, at time.Time) error {
	if !u.HasSecondFactor() {
		return ErrSecondFactorOff()
	}
	return u.Record(u, SecondFactorDisabled{UserID: u.state.ID, ByOperator: byOperator, At: at})
}

// HasSecondFactor reports whether a password alone does not sign in.
func (u *User) HasSecondFactor() bool { return len(u.state.Factor.Sealed) > 0 }

// SecondFactorSecret returns the sealed secret in force, nil if there is none.
func (u *User) SecondFactorSecret() []byte { return slices.Clone(u.state.Factor.Sealed) }

// SecondFactorSince returns since when a code is asked for, and how many recovery codes are left.
func (u *User) SecondFactorSince() (since time.Time, codes int) {
	return u.state.Factor.Since, len(u.state.Factor.Recovery)
}

// applyFactor folds an event of the second factor; false if it is none.
func (s *userState) applyFactor(e kernel.Event) bool {
	f := &s.Factor
	switch e := e.(type) {
	case SecondFactorOffered:
		f.Offered, f.OfferedUntil = e.Sealed, e.ExpiresAt
	case SecondFactorEnabled:
		*f = secondFactor{Sealed: f.Offered, Since: e.At, LastStep: e.Step, Recovery: slices.Clone(e.Recovery)}
	case SecondFactorUsed:
		f.LastStep = e.Step
	case RecoveryCodeUsed:
		f.Recovery = slices.DeleteFunc(slices.Clone(f.Recovery), func(h string) bool { return h == e.Hash })
	case RecoveryCodesReplaced:
		f.Recovery = slices.Clone(e.Recovery)
	case SecondFactorDisabled:
		*f = secondFactor{}
	default:
		return false
	}
	return true
}
