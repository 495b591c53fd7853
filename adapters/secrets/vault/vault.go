// Package vault seals and opens the secrets of credentials (Vault), and data whose keys can be destroyed (Ring).
//
// Each secret is encrypted by AES-256-GCM under a random data key of its own. The data key is wrapped, also by
// AES-256-GCM, under the workspace's key, which HKDF-SHA-256 (RFC 5869) derives from a 32-byte master key. Both
// encryptions are bound to workspace, credential and version, so a sealed secret can't be moved to another place.
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/kernel"
)

// KeySize is the size of a master key in bytes.
const KeySize = 32

// Vault holds the master keys. The first is in force; the others still open what they sealed.
type Vault struct {
	current string
	masters map[string][]byte
}

// New makes a vault of one or more master keys.
func New(masters ...[]byte) (*Vault, error) {
	if len(masters) == 0 {
		return nil, errors.New("the vault needs a master key")
	}
	v := &Vault{masters: map[string][]byte{}}
	for i, k := range masters {
		if len(k) != KeySize {
			return nil, fmt.Errorf("master key %d has %d bytes, not %d", i+1, len(k), KeySize)
		}
		sum := sha256.Sum256(append([]byte("morket master key id"), k...))
		id := hex.EncodeToString(sum[:4])
		v.masters[id] = k
		if i == 0 {
			v.current = id
		}
	}
	return v, nil
}

// String hides the keys from print statements.
func (v *Vault) String() string { return "vault(" + v.current + ")" }

// GoString hides the keys from %#v.
func (v *Vault) GoString() string { return v.String() }

// Seal encrypts a secret and makes sure, by opening it again, that it can be read.
func (v *Vault) Seal(ws kernel.WorkspaceID, id kernel.CredentialID, version int, secret map[string]string) (credential.Sealed, error) {
	plain, err := json.Marshal(secret)
	if err != nil {
		return credential.Sealed{}, err
	}
	dataKey := make([]byte, KeySize)
	if _, err := rand.Read(dataKey); err != nil {
		return credential.Sealed{}, fmt.Errorf("make a data key: %w", err)
	}
	s := credential.Sealed{MasterKey: v.current}
	if s.Nonce, s.Ciphertext, err = encrypt(dataKey, plain, aad(ws, id, version)); err != nil {
		return credential.Sealed{}, err
	}
	if err := v.wrap(&s, ws, id, version, dataKey); err != nil {
		return credential.Sealed{}, err
	}
	back, err := v.Open(ws, id, version, s)
	if err != nil {
		return credential.Sealed{}, fmt.Errorf("verify the sealed secret: %w", err)
	}
	if len(back) != len(secret) {
		return credential.Sealed{}, errors.New("verify the sealed secret: it reads back differently")
	}
	return s, nil
}

// Open decrypts a secret.
func (v *Vault) Open(ws kernel.WorkspaceID, id kernel.CredentialID, version int, s credential.Sealed) (map[string]string, error) {
	dataKey, err := v.unwrap(s, ws, id, version)
	if err != nil {
		return nil, err
	}
	plain, err := decrypt(dataKey, s.Nonce, s.Ciphertext, aad(ws, id, version))
	if err != nil {
		return nil, errors.New("the secret can't be opened: it does not belong to this credential or was changed")
	}
	var secret map[string]string
	if err := json.Unmarshal(plain, &secret); err != nil {
		return nil, errors.New("the secret is not of the expected form")
	}
	return secret, nil
}

// Stale reports whether the secret is wrapped under a master key that is no longer in force.
func (v *Vault) Stale(s credential.Sealed) bool { return s.MasterKey != v.current }

// Rewrap wraps the data key under the master key in force; the encrypted secret stays as it is.
func (v *Vault) Rewrap(ws kernel.WorkspaceID, id kernel.CredentialID, version int, s credential.Sealed) (credential.Sealed, error) {
	dataKey, err := v.unwrap(s, ws, id, version)
	if err != nil {
		return s, err
	}
	s.MasterKey = v.current
	return s, v.wrap(&s, ws, id, version, dataKey)
}

func (v *Vault) wrap(s *credential.Sealed, ws kernel.WorkspaceID, id kernel.CredentialID, version int, dataKey []byte) error {
	key, err := v.workspaceKey(s.MasterKey, ws)
	if err != nil {
		return err
	}
	s.WrapNonce, s.WrappedKey, err = encrypt(key, dataKey, append([]byte("wrap|"), aad(ws, id, version)...))
	return err
}

func (v *Vault) unwrap(s credential.Sealed, ws kernel.WorkspaceID, id kernel.CredentialID, version int) ([]byte, error) {
	key, err := v.workspaceKey(s.MasterKey, ws)
	if err != nil {
		return nil, err
	}
	dataKey, err := decrypt(key, s.WrapNonce, s.WrappedKey, append([]byte("wrap|"), aad(ws, id, version)...))
	if err != nil {
		return nil, errors.New("the secret's key can't be unwrapped: wrong master key, or it was changed")
	}
	return dataKey, nil
}

func (v *Vault) workspaceKey(master string, ws kernel.WorkspaceID) ([]byte, error) {
	k, err := v.master(master)
	if err != nil {
		return nil, err
	}
	return hkdf.Key(sha256.New, k, nil, "morket vault v1|"+string(ws), KeySize)
}

func (v *Vault) master(id string) ([]byte, error) {
	k, ok := v.masters[id]
	if !ok {
		return nil, fmt.Errorf("the master key %s is not configured; add it to MORKET_MASTER_KEY after the new one", id)
	}
	return k, nil
}

func aad(ws kernel.WorkspaceID, id kernel.CredentialID, version int) []byte {
	return fmt.Appendf(nil, "%s|%s|%d", ws, id, version)
}

func encrypt(key, plain, aad []byte) (nonce, sealed []byte, err error) {
	g, err := gcm(key)
	if err != nil {
		return nil, nil, err
	}
	nonce = make([]byte, g.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, nil, fmt.Errorf("make a nonce: %w", err)
	}
	return nonce, g.Seal(nil, nonce, plain, aad), nil
}

func decrypt(key, nonce, sealed, aad []byte) ([]byte, error) {
	g, err := gcm(key)
	if err != nil {
		return nil, err
	}
	if len(nonce) != g.NonceSize() {
		return nil, errors.New("bad nonce")
	}
	return g.Open(nil, nonce, sealed, aad)
}

func gcm(key []byte) (cipher.AEAD, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(b)
}
