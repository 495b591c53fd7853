package auth

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// EmailReserved is the one event of the stream email-<key of the address>: it makes an address belong to one account.
type EmailReserved struct {
	UserID kernel.UserID `json:"user_id"`
}

// UserRegistered begins an account. Who the person is, is sealed by the person's own key; Email and Name stand in the first events only,
// which were written before there were keys.
type UserRegistered struct {
	UserID       kernel.UserID `json:"user_id"`
	Sealed       []byte        `json:"sealed,omitempty"` // a Profile
	Email        string        `json:"email,omitempty"`
	Name         string        `json:"name,omitempty"`
	PasswordHash string        `json:"password_hash"`
	At           time.Time     `json:"at"`
}

// Personal returns the person's data.
func (e UserRegistered) Personal() Personal {
	return Personal{Sealed: e.Sealed, Clear: Profile{Email: e.Email, Name: e.Name}}
}

// SessionOpened says that the person signed in; the session's refresh tokens are in the stream session-<id>.
type SessionOpened struct {
	SessionID kernel.SessionID `json:"session_id"`
	At        time.Time        `json:"at"`
}

// SessionClosed says that a session's tokens are good for nothing from now on.
type SessionClosed struct {
	UserID    kernel.UserID    `json:"user_id"`
	SessionID kernel.SessionID `json:"session_id"`
	Reason    CloseReason      `json:"reason"`
	At        time.Time        `json:"at"`
}

// CloseReason says why a session ended.
type CloseReason string

// The reasons.
const (
	ClosedByLogout CloseReason = "logout"
	ClosedByUser   CloseReason = "revoked"        // from the list of sessions
	ClosedByLimit  CloseReason = "too_many"       // a newer session took its place
	ClosedByReuse  CloseReason = "token_reused"   // a refresh token came back after its time
	ClosedByExpiry CloseReason = "not_used_again" // its last refresh token ran out
)

// PasswordChanged replaces the password and closes every session of the account.
type PasswordChanged struct {
	UserID       kernel.UserID `json:"user_id"`
	PasswordHash string        `json:"password_hash"`
	ByReset      bool          `json:"by_reset,omitempty"`
	RevokeKeys   bool          `json:"revoke_keys,omitempty"` // also ends every API key that the person made until then
	At           time.Time     `json:"at"`
}

// PasswordResetRequested lets the reader of the mail choose a new password, once and until ExpiresAt.
type PasswordResetRequested struct {
	TokenHash string    `json:"token_hash"`
	ExpiresAt time.Time `json:"expires_at"`
}

// SecondFactorOffered begins the enrolment of an authenticator app. The secret is sealed by the person's own key.
type SecondFactorOffered struct {
	UserID    kernel.UserID `json:"user_id"`
	Sealed    []byte        `json:"sealed"`
	At        time.Time     `json:"at"`
	ExpiresAt time.Time     `json:"expires_at"`
}

// SecondFactorEnabled says that the app has shown its first code: from now on a password alone does not sign in.
type SecondFactorEnabled struct {
	UserID   kernel.UserID `json:"user_id"`
	Step     int64         `json:"step"`     // the time step of the first code, RFC 6238
	Recovery []string      `json:"recovery"` // hashes of the recovery codes
	At       time.Time     `json:"at"`
}

// SecondFactorUsed takes the code of a time step and all before it.
type SecondFactorUsed struct {
	UserID kernel.UserID `json:"user_id"`
	Step   int64         `json:"step"`
	At     time.Time     `json:"at"`
}

// RecoveryCodeUsed takes a recovery code.
type RecoveryCodeUsed struct {
	UserID kernel.UserID `json:"user_id"`
	Hash   string        `json:"hash"`
	Left   int           `json:"left"`
	At     time.Time     `json:"at"`
}

// RecoveryCodesReplaced makes new recovery codes the only ones.
type RecoveryCodesReplaced struct {
	UserID   kernel.UserID `json:"user_id"`
	Recovery []string      `json:"recovery"` // hashes
	At       time.Time     `json:"at"`
}

// SecondFactorDisabled says that a password alone signs in again.
type SecondFactorDisabled struct {
	UserID     kernel.UserID `json:"user_id"`
	ByOperator bool          `json:"by_operator,omitempty"`
	At         time.Time     `json:"at"`
}

// PasskeyReserved is the one event of the stream passkey-<key>: it makes a passkey belong to one account, also after it was removed.
type PasskeyReserved struct {
	UserID kernel.UserID `json:"user_id"`
}

// PasskeyAdded says that the passkey signs in from now on.
type PasskeyAdded struct {
	UserID    kernel.UserID    `json:"user_id"`
	PasskeyID kernel.PasskeyID `json:"passkey_id"`
	Key       string           `json:"key"`    // CredentialKey
	Sealed    []byte           `json:"sealed"` // a Credential
	Name      []byte           `json:"name"`   // sealed
	Count     uint32           `json:"count,omitempty"`
	At        time.Time        `json:"at"`
}

// PasskeyRenamed replaces a passkey's name.
type PasskeyRenamed struct {
	UserID    kernel.UserID    `json:"user_id"`
	PasskeyID kernel.PasskeyID `json:"passkey_id"`
	Name      []byte           `json:"name"` // sealed
	At        time.Time        `json:"at"`
}

// PasskeyUsed says that the passkey signed in, and how far its counter is.
type PasskeyUsed struct {
	UserID    kernel.UserID    `json:"user_id"`
	PasskeyID kernel.PasskeyID `json:"passkey_id"`
	Count     uint32           `json:"count,omitempty"`
	At        time.Time        `json:"at"`
}

// PasskeyBlocked says that the passkey may have been copied: it was shown with a counter that was not beyond the last one.
type PasskeyBlocked struct {
	UserID    kernel.UserID    `json:"user_id"`
	PasskeyID kernel.PasskeyID `json:"passkey_id"`
	Count     uint32           `json:"count,omitempty"`
	Last      uint32           `json:"last,omitempty"`
	At        time.Time        `json:"at"`
}

// PasskeyRemoved says that the passkey is good for nothing from now on.
type PasskeyRemoved struct {
	UserID    kernel.UserID    `json:"user_id"`
	PasskeyID kernel.PasskeyID `json:"passkey_id"`
	At        time.Time        `json:"at"`
}

// IdentityReserved is the one event of the stream identity-<key>: it makes a person of an identity provider belong to one account.
type IdentityReserved struct {
	UserID kernel.UserID `json:"user_id"`
}

// IdentityLinked ties the account to a person of an identity provider.
type IdentityLinked struct {
	UserID kernel.UserID `json:"user_id"`
	Issuer string        `json:"issuer"`
	Key    string        `json:"key"` // IdentityKey
	At     time.Time     `json:"at"`
}

// SessionStarted begins a family of refresh tokens.
type SessionStarted struct {
	SessionID kernel.SessionID `json:"session_id"`
	UserID    kernel.UserID    `json:"user_id"`
	TokenHash string           `json:"token_hash"`
	Agent     string           `json:"agent,omitempty"` // what the browser calls itself
	At        time.Time        `json:"at"`
	ExpiresAt time.Time        `json:"expires_at"`
}

// SessionRefreshed replaces the family's refresh token by its successor.
type SessionRefreshed struct {
	SessionID kernel.SessionID `json:"session_id"`
	TokenHash string           `json:"token_hash"`
	At        time.Time        `json:"at"`
	ExpiresAt time.Time        `json:"expires_at"`
}

// APIKeyCreated begins an API key. Membership is that of its maker: the key dies with it.
type APIKeyCreated struct {
	KeyID      kernel.APIKeyID    `json:"key_id"`
	Workspace  kernel.WorkspaceID `json:"workspace_id"`
	Name       string             `json:"name"`
	Role       kernel.Role        `json:"role"`
	Tables     []kernel.TableID   `json:"tables,omitempty"`
	Hash       string             `json:"hash"`
	Last4      string             `json:"last4"`
	CreatedBy  kernel.UserID      `json:"created_by"`
	Membership string             `json:"membership"`
	ExpiresAt  *time.Time         `json:"expires_at,omitempty"`
	At         time.Time          `json:"at"`
}

// APIKeyRevoked ends an API key.
type APIKeyRevoked struct {
	KeyID     kernel.APIKeyID    `json:"key_id"`
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	At        time.Time          `json:"at"`
}

// EventType names the event.
func (EmailReserved) EventType() string { return "email.reserved.v1" }

// EventType names the event.
func (UserRegistered) EventType() string { return "user.registered.v1" }

// EventType names the event.
func (SessionOpened) EventType() string { return "user.session_opened.v1" }

// EventType names the event.
func (SessionClosed) EventType() string { return "user.session_closed.v1" }

// EventType names the event.
func (PasswordChanged) EventType() string { return "user.password_changed.v1" }

// EventType names the event.
func (PasswordResetRequested) EventType() string { return "user.password_reset_requested.v1" }

// EventType names the event.
func (SessionStarted) EventType() string { return "session.started.v1" }

// EventType names the event.
func (SessionRefreshed) EventType() string { return "session.refreshed.v1" }

// EventType names the event.
func (APIKeyCreated) EventType() string { return "api_key.created.v1" }

// EventType names the event.
func (APIKeyRevoked) EventType() string { return "api_key.revoked.v1" }

// EventType names the event.
func (SecondFactorOffered) EventType() string { return "user.second_factor_offered.v1" }

// EventType names the event.
func (SecondFactorEnabled) EventType() string { return "user.second_factor_enabled.v1" }

// EventType names the event.
func (SecondFactorUsed) EventType() string { return "user.second_factor_used.v1" }

// EventType names the event.
func (RecoveryCodeUsed) EventType() string { return "user.recovery_code_used.v1" }

// EventType names the event.
func (RecoveryCodesReplaced) EventType() string { return "user.recovery_codes_replaced.v1" }

// EventType names the event.
func (SecondFactorDisabled) EventType() string { return "user.second_factor_disabled.v1" }

// EventType names the event.
func (IdentityReserved) EventType() string { return "identity.reserved.v1" }

// EventType names the event.
func (IdentityLinked) EventType() string { return "user.identity_linked.v1" }

// EventType names the event.
func (PasskeyReserved) EventType() string { return "passkey.reserved.v1" }

// EventType names the event.
func (PasskeyAdded) EventType() string { return "user.passkey_added.v1" }

// EventType names the event.
func (PasskeyRenamed) EventType() string { return "user.passkey_renamed.v1" }

// EventType names the event.
func (PasskeyUsed) EventType() string { return "user.passkey_used.v1" }

// EventType names the event.
func (PasskeyBlocked) EventType() string { return "user.passkey_blocked.v1" }

// EventType names the event.
func (PasskeyRemoved) EventType() string { return "user.passkey_removed.v1" }

// Events lists the module's event types.
func Events() []kernel.Event {
	return []kernel.Event{
		EmailReserved{},
		UserRegistered{},
		SessionOpened{},
		SessionClosed{},
		PasswordChanged{},
		PasswordResetRequested{},
		SecondFactorOffered{},
		SecondFactorEnabled{},
		SecondFactorUsed{},
		RecoveryCodeUsed{},
		RecoveryCodesReplaced{},
		SecondFactorDisabled{},
		PasskeyReserved{},
		PasskeyAdded{},
		PasskeyRenamed{},
		PasskeyUsed{},
		PasskeyBlocked{},
		PasskeyRemoved{},
		IdentityReserved{},
		IdentityLinked{},
		SessionStarted{},
		SessionRefreshed{},
		APIKeyCreated{},
		APIKeyRevoked{},
	}
}
