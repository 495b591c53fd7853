package auth

import (
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// MaxPasskeys is how many passkeys an account may have.
const MaxPasskeys = 20

// CeremonyLife is how long a browser may take to make or show a passkey.
const CeremonyLife = 10 * time.Minute

// Bounds of what browsers send, in bytes. The id's is of WebAuthn Level 3, 6.5.1; the others leave room for every key that is taken.
const (
	MaxCredentialID      = 1023
	MaxUserHandle        = 64
	MaxClientData        = 4096
	MaxAttestation       = 4096
	MaxAuthenticatorData = 2048
	MaxSignature         = 1024
	MaxTransports        = 10
	maxTransport         = 32
)

// Passkey is one of an account's passkeys. What would tell of the person's devices is sealed by the person's key.
type Passkey struct {
	ID        kernel.PasskeyID `json:"id"`
	Key       string           `json:"key"`    // CredentialKey
	Sealed    []byte           `json:"sealed"` // a Credential
	Name      []byte           `json:"name"`   // sealed
	Count     uint32           `json:"count,omitempty"`
	CreatedAt time.Time        `json:"created_at"`
	UsedAt    time.Time        `json:"used_at,omitzero"`
	BlockedAt time.Time        `json:"blocked_at,omitzero"`
}

// Credential is what checks the signatures of a passkey.
type Credential struct {
	ID         []byte   `json:"id"`
	PublicKey  []byte   `json:"public_key"` // COSE, RFC 9052
	Flags      byte     `json:"flags"`      // of the authenticator when it was made: whether it may be synchronised never changes
	Model      []byte   `json:"model,omitempty"`
	Transports []string `json:"transports,omitempty"`
}

// MadePasskey is what a browser answers when it has made a passkey (WebAuthn Level 3, 5.2.1). Nothing of it is checked.
type MadePasskey struct {
	ID          []byte
	ClientData  []byte
	Attestation []byte
	Transports  []string
}

// ShownPasskey is what a browser answers when it shows a passkey (WebAuthn Level 3, 5.2.2). Nothing of it is checked.
type ShownPasskey struct {
	ID                []byte
	User              []byte // the handle that was given when it was made: the account's id
	ClientData        []byte
	AuthenticatorData []byte
	Signature         []byte
}

// Validate bounds the parts before they are read.
func (m MadePasskey) Validate() error {
	if len(m.Transports) > MaxTransports {
		return kernel.Invalid("transports", "must be %d at most", MaxTransports)
	}
	for _, t := range m.Transports {
		if len(t) > maxTransport {
			return kernel.Invalid("transports", "must have %d bytes each at most", maxTransport)
		}
	}
	return firstOf(
		bounded("credential_id", m.ID, MaxCredentialID),
		bounded("client_data", m.ClientData, MaxClientData),
		bounded("attestation", m.Attestation, MaxAttestation),
	)
}

// Validate bounds the parts before they are read.
func (s ShownPasskey) Validate() error {
	return firstOf(
		bounded("credential_id", s.ID, MaxCredentialID),
		bounded("user_handle", s.User, MaxUserHandle),
		bounded("client_data", s.ClientData, MaxClientData),
		bounded("authenticator_data", s.AuthenticatorData, MaxAuthenticatorData),
		bounded("signature", s.Signature, MaxSignature),
	)
}

func bounded(field string, b []byte, most int) error {
	if len(b) < 1 || len(b) > most {
		return kernel.Invalid(field, "must have 1 to %d bytes", most)
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// CredentialKey names a passkey by the id that its maker gave it: the id of its reservation stream.
func CredentialKey(id []byte) string { return Hash("passkey/" + string(id)) }

// CheckPasskeys says whether there is room for another passkey.
func (u *User) CheckPasskeys() error {
	if len(u.state.Passkeys) >= MaxPasskeys {
		return kernel.E(kernel.KindConflict, "TOO_MANY_PASSKEYS",
			"an account has at most %d passkeys; remove one that you no longer use", MaxPasskeys)
	}
	return nil
}

// AddPasskey adds a passkey, whose credential and name are sealed.
func (u *User) AddPasskey(p Passkey) error {
	if err := u.CheckPasskeys(); err != nil {
		return err
	}
	return u.Record(u, PasskeyAdded{
		UserID: u.state.ID, PasskeyID: p.ID, Key: p.Key, Sealed: p.Sealed, Name: p.Name, Count: p.Count, At: p.CreatedAt,
	})
}

// RenamePasskey gives a passkey another sealed name.
func (u *User) RenamePasskey(id kernel.PasskeyID, name []byte, at time.Time) error {
	if _, err := u.Passkey(id); err != nil {
		return err
	}
	return u.Record(u, PasskeyRenamed{UserID: u.state.ID, PasskeyID: id, Name: name, At: at})
}

// RemovePasskey makes a passkey good for nothing.
func (u *User) RemovePasskey(id kernel.PasskeyID, at time.Time) error {
	if _, err := u.Passkey(id); err != nil {
		return err
	}
	return u.Record(u, PasskeyRemoved{UserID: u.state.ID, PasskeyID: id, At: at})
}

// UsePasskey takes a signature of the passkey, whose counter was count. A counter that doesn't grow says that another device has the same
// key (WebAuthn Level 3, 6.1.1): ErrPasskeyCopied, and the caller blocks the passkey. Authenticators without counters always say 0.
func (u *User) UsePasskey(key string, count uint32, at time.Time) error {
	p, ok := u.PasskeyOf(key)
	switch {
	case !ok:
		return ErrPasskey()
	case !p.BlockedAt.IsZero(), count <= p.Count && (count != 0 || p.Count != 0):
		return ErrPasskeyCopied()
	}
	return u.Record(u, PasskeyUsed{UserID: u.state.ID, PasskeyID: p.ID, Count: count, At: at})
}

// BlockPasskey makes a passkey that may have been copied good for nothing; neither of the two devices can be told from the other. Its
// person removes it. One that is blocked stays as it is.
func (u *User) BlockPasskey(key string, count uint32, at time.Time) error {
	p, ok := u.PasskeyOf(key)
	if !ok || !p.BlockedAt.IsZero() {
		return nil
	}
	return u.Record(u, PasskeyBlocked{UserID: u.state.ID, PasskeyID: p.ID, Count: count, Last: p.Count, At: at})
}

// endPasskeys removes all passkeys.
func (u *User) endPasskeys(at time.Time) error {
	for _, p := range u.Passkeys() {
		if err := u.RemovePasskey(p.ID, at); err != nil {
			return err
		}
	}
	return nil
}

// Passkeys returns the account's passkeys, oldest first.
func (u *User) Passkeys() []Passkey { return slices.Clone(u.state.Passkeys) }

// Passkey returns one of the account's passkeys.
func (u *User) Passkey(id kernel.PasskeyID) (Passkey, error) {
	if i := u.state.passkey(id); i >= 0 {
		return u.state.Passkeys[i], nil
	}
	return Passkey{}, kernel.NotFound("passkey", string(id))
}

// PasskeyOf returns the passkey with the CredentialKey; false if the account has none.
func (u *User) PasskeyOf(key string) (Passkey, bool) {
	i := slices.IndexFunc(u.state.Passkeys, func(p Passkey) bool { return sameHash(p.Key, key) })
	if i < 0 {
		return Passkey{}, false
	}
	return u.state.Passkeys[i], true
}

func (s *userState) passkey(id kernel.PasskeyID) int {
	return slices.IndexFunc(s.Passkeys, func(p Passkey) bool { return p.ID == id })
}

// applyPasskey folds an event of a passkey; false if it is none.
func (s *userState) applyPasskey(e kernel.Event) bool {
	change := func(id kernel.PasskeyID, fn func(*Passkey)) {
		s.Passkeys = slices.Clone(s.Passkeys)
		if i := s.passkey(id); i >= 0 {
			fn(&s.Passkeys[i])
		}
	}
	switch e := e.(type) {
	case PasskeyAdded:
		s.Passkeys = append(slices.Clone(s.Passkeys), Passkey{
			ID: e.PasskeyID, Key: e.Key, Sealed: e.Sealed, Name: e.Name, Count: e.Count, CreatedAt: e.At,
		})
	case PasskeyRenamed:
		change(e.PasskeyID, func(p *Passkey) { p.Name = e.Name })
	case PasskeyUsed:
		change(e.PasskeyID, func(p *Passkey) { p.Count, p.UsedAt = e.Count, e.At })
	case PasskeyBlocked:
		change(e.PasskeyID, func(p *Passkey) { p.BlockedAt = e.At })
	case PasskeyRemoved:
		s.Passkeys = slices.DeleteFunc(slices.Clone(s.Passkeys), func(p Passkey) bool { return p.ID == e.PasskeyID })
	default:
		return false
	}
	return true
}
