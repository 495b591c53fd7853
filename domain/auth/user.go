package auth

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// MaxSessions is how many sessions an account may have open; one more closes the oldest.
const MaxSessions = 10

// ResetLife is how long a password reset may wait for its mail to be read.
const ResetLife = time.Hour

// User is an account, the stream user-<id>. It alone says which sessions are open, so that one event closes them all.
type User struct {
	kernel.Root
	state userState
}

type userState struct {
	ID           kernel.UserID      `json:"id"`
	Personal     Personal           `json:"personal"`
	PasswordHash string             `json:"password_hash"`
	CreatedAt    time.Time          `json:"created_at"`
	Sessions     []kernel.SessionID `json:"sessions"` // open ones, oldest first
	ResetHash    string             `json:"reset_hash,omitempty"`
	ResetUntil   time.Time          `json:"reset_until,omitzero"`
	KeysUntil    time.Time          `json:"keys_until,omitzero"` // API keys made until then are revoked
	Factor       secondFactor       `json:"factor,omitzero"`
	Passkeys     []Passkey          `json:"passkeys,omitempty"`   // oldest first
	Identities   map[string]string  `json:"identities,omitempty"` // keys of persons at identity providers, by issuer
	Proved       bool               `json:"proved,omitempty"`     // a mailed link was used: the address is the person's
}

// Register begins the account of a person whose profile is sealed.
func (u *User) Register(id kernel.UserID, who Personal, passwordHash string, at time.Time) error {
	return u.Record(u, UserRegistered{UserID: id, Sealed: who.Sealed, PasswordHash: passwordHash, At: at})
}

// OpenSession adds a session; when there are MaxSessions already, the oldest are closed.
func (u *User) OpenSession(id kernel.SessionID, at time.Time) error {
	for len(u.state.Sessions) >= MaxSessions {
		if err := u.CloseSession(u.state.Sessions[0], ClosedByLimit, at); err != nil {
			return err
		}
	}
	return u.Record(u, SessionOpened{SessionID: id, At: at})
}

// CloseSession closes a session; one that is not open stays as it is.
func (u *User) CloseSession(id kernel.SessionID, reason CloseReason, at time.Time) error {
	if !u.HasSession(id) {
		return nil
	}
	return u.Record(u, SessionClosed{UserID: u.state.ID, SessionID: id, Reason: reason, At: at})
}

// CloseOthers closes every session but one.
func (u *User) CloseOthers(keep kernel.SessionID, at time.Time) error {
	for _, id := range u.Sessions() {
		if id == keep {
			continue
		}
		if err := u.CloseSession(id, ClosedByUser, at); err != nil {
			return err
		}
	}
	return nil
}

// ChangePassword replaces the password and closes every session; revokeKeys ends the person's API keys, too.
func (u *User) ChangePassword(hash string, revokeKeys bool, at time.Time) error {
	return u.Record(u, PasswordChanged{UserID: u.state.ID, PasswordHash: hash, RevokeKeys: revokeKeys, At: at})
}

// RequestReset makes the token with the hash good for one reset; an earlier one is good no longer.
func (u *User) RequestReset(tokenHash string, at time.Time) error {
	return u.Record(u, PasswordResetRequested{TokenHash: tokenHash, ExpiresAt: at.Add(ResetLife)})
}

// CheckReset says whether the token with the hash may reset the password now.
func (u *User) CheckReset(tokenHash string, at time.Time) error {
	if !sameHash(u.state.ResetHash, tokenHash) || at.After(u.state.ResetUntil) {
		return ErrResetToken()
	}
	return nil
}

// ResetPassword replaces the password by means of a mailed token and closes every session; revokeKeys ends the person's API keys, too.
// The first mailed link ends the passkeys: until then, anybody could have registered the address and added some.
func (u *User) ResetPassword(tokenHash, passwordHash string, revokeKeys bool, at time.Time) error {
	if err := u.CheckReset(tokenHash, at); err != nil {
		return err
	}
	if !u.state.Proved {
		if err := u.endPasskeys(at); err != nil {
			return err
		}
	}
	return u.Record(u, PasswordChanged{UserID: u.state.ID, PasswordHash: passwordHash, ByReset: true, RevokeKeys: revokeKeys, At: at})
}

// Apply folds an event.
func (u *User) Apply(e kernel.Event) error {
	s := &u.state
	switch e := e.(type) {
	case UserRegistered:
		s.ID, s.Personal, s.PasswordHash, s.CreatedAt = e.UserID, e.Personal(), e.PasswordHash, e.At
	case SessionOpened:
		s.Sessions = append(s.Sessions, e.SessionID)
	case SessionClosed:
		s.Sessions = slices.DeleteFunc(s.Sessions, func(id kernel.SessionID) bool { return id == e.SessionID })
	case PasswordResetRequested:
		s.ResetHash, s.ResetUntil = e.TokenHash, e.ExpiresAt
	case PasswordChanged:
		s.PasswordHash, s.Sessions, s.ResetHash, s.ResetUntil = e.PasswordHash, nil, "", time.Time{}
		if e.RevokeKeys {
			s.KeysUntil = e.At
		}
		s.Proved = s.Proved || e.ByReset
	case IdentityLinked:
		s.Identities = maps.Clone(s.Identities)
		if s.Identities == nil {
			s.Identities = map[string]string{}
		}
		s.Identities[e.Issuer], s.Proved = e.Key, true
	default:
		if !s.applyFactor(e) && !s.applyPasskey(e) {
			return kernel.UnknownEvent("user", e)
		}
	}
	return nil
}

// Exists reports whether the account was ever registered.
func (u *User) Exists() bool { return u.state.ID != "" }

// ID returns the account's id.
func (u *User) ID() kernel.UserID { return u.state.ID }

// Personal returns the person's sealed data, to be opened by the person's key.
func (u *User) Personal() Personal { return u.state.Personal }

// PasswordHash returns the bcrypt hash of the password.
func (u *User) PasswordHash() string { return u.state.PasswordHash }

// KeysRevoked reports whether an API key that the person made at the moment was ended with a password since.
func (u *User) KeysRevoked(made time.Time) bool {
	return !u.state.KeysUntil.IsZero() && !made.After(u.state.KeysUntil)
}

// CreatedAt returns when the account was registered.
func (u *User) CreatedAt() time.Time { return u.state.CreatedAt }

// HasSession reports whether the session is open.
func (u *User) HasSession(id kernel.SessionID) bool { return slices.Contains(u.state.Sessions, id) }

// Sessions returns the open sessions, oldest first.
func (u *User) Sessions() []kernel.SessionID { return slices.Clone(u.state.Sessions) }

// SnapshotSchema is the version of the snapshot's shape.
func (u *User) SnapshotSchema() int { return 4 }

// MarshalState writes the snapshot.
func (u *User) MarshalState() (json.RawMessage, error) { return json.Marshal(u.state) }

// UnmarshalState reads the snapshot.
func (u *User) UnmarshalState(b json.RawMessage) error { return json.Unmarshal(b, &u.state) }
