package tokens

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// minKey is the fewest bytes that a key may have.
const minKey = 32

// Issuer makes and reads tokens. It is safe for concurrent use.
type Issuer struct {
	clock kernel.Clock
	ids   *kernel.IDs
	keys  []keyset // the first makes new tokens; the first two are accepted
	old   []keyset // show only that API keys are ours
}

// Of the configured keys, the first sessionKeys are good for sessions; at most maxKeys may be configured.
const (
	sessionKeys = 2
	maxKeys     = 16
)

// keyset holds the keys that are derived from one configured key, each for one purpose.
type keyset struct {
	id                                              string
	access, refresh, api, download, signOn, passkey []byte
}

// New makes an issuer. The first key makes new tokens, the second is still accepted. Further ones were in force before: API keys have
// no end, so those that were made under them must still be told from guesses.
func New(clock kernel.Clock, ids *kernel.IDs, keys ...[]byte) (*Issuer, error) {
	if len(keys) < 1 || len(keys) > maxKeys {
		return nil, fmt.Errorf("tokens: want 1 to %d keys, got %d", maxKeys, len(keys))
	}
	i := &Issuer{clock: clock, ids: ids}
	for _, k := range keys {
		set, err := newKeyset(k)
		if err != nil {
			return nil, err
		}
		if len(i.keys) < sessionKeys {
			i.keys = append(i.keys, set)
		} else {
			i.old = append(i.old, set)
		}
	}
	return i, nil
}

func newKeyset(key []byte) (keyset, error) {
	if len(key) < minKey {
		return keyset{}, fmt.Errorf("tokens: a key has %d bytes, want at least %d", len(key), minKey)
	}
	var out [7][]byte
	for n, purpose := range []string{"id", "access", "refresh", "api-key", "download", "sign-on", "passkey"} {
		b, err := hkdf.Key(sha256.New, key, nil, "morket/tokens/"+purpose, 32)
		if err != nil {
			return keyset{}, fmt.Errorf("tokens: derive the %s key: %w", purpose, err)
		}
		out[n] = b
	}
	return keyset{
		id: hex.EncodeToString(out[0][:6]), access: out[1], refresh: out[2], api: out[3], download: out[4], signOn: out[5], passkey: out[6],
	}, nil
}

var errToken = errors.New("tokens: not a token of ours")

// NewRefresh makes the first refresh token of a session.
func (i *Issuer) NewRefresh(session kernel.SessionID) (string, error) {
	secret, err := random()
	if err != nil {
		return "", err
	}
	return i.refresh(session, secret), nil
}

// NextRefresh makes the successor of a refresh token. The same token always has the same successor, which only somebody
// with both the token and the key can find: so nothing but its hash needs to be stored.
func (i *Issuer) NextRefresh(token string) (string, error) {
	session, err := i.RefreshSession(token)
	if err != nil {
		return "", err
	}
	return i.refresh(session, mac(i.keys[0].refresh, "next", token)), nil
}

// refresh writes a refresh token: the session, the secret, and a tag that shows that we made it. The tag lets a forged token
// be refused before anything is read, and lets an old token be told from a guess.
func (i *Issuer) refresh(session kernel.SessionID, secret []byte) string {
	body := string(session) + "." + base64.RawURLEncoding.EncodeToString(secret)
	return body + "." + base64.RawURLEncoding.EncodeToString(mac(i.keys[0].refresh, "tag", body))
}

// RefreshSession returns the session of a refresh token that we made.
func (i *Issuer) RefreshSession(token string) (kernel.SessionID, error) {
	at := strings.LastIndexByte(token, '.')
	if at < 0 || len(token) > 200 {
		return "", errToken
	}
	body := token[:at]
	tag, err := base64.RawURLEncoding.Strict().DecodeString(token[at+1:])
	if err != nil {
		return "", errToken
	}
	session, _, _ := strings.Cut(body, ".")
	for _, k := range i.keys {
		if hmac.Equal(tag, mac(k.refresh, "tag", body)) && kernel.ParseID(kernel.PrefixSession, session) == nil {
			return kernel.SessionID(session), nil
		}
	}
	return "", errToken
}

const keyPrefix = "mk_"

// APIKey returns the whole API key of the id. It follows from the id, so that a repeated request to make a key can be given
// the first answer again while only a hash is stored.
func (i *Issuer) APIKey(id kernel.APIKeyID) string {
	ulid := strings.TrimPrefix(string(id), kernel.PrefixAPIKey+"_")
	return keyPrefix + ulid + "_" + base64.RawURLEncoding.EncodeToString(mac(i.keys[0].api, "key", string(id)))
}

// APIKeyID returns the id in an API key; false if it is not one that we made, which the key itself shows: its secret is a code (HMAC)
// of its id. So a made-up key is refused before anything is read. It doesn't say that the key was not revoked.
func (i *Issuer) APIKeyID(token string) (kernel.APIKeyID, bool) {
	rest, ok := strings.CutPrefix(token, keyPrefix)
	if !ok || len(token) > 200 {
		return "", false
	}
	ulid, secret, _ := strings.Cut(rest, "_")
	id := kernel.PrefixAPIKey + "_" + ulid
	if kernel.ParseID(kernel.PrefixAPIKey, id) != nil {
		return "", false
	}
	given, err := base64.RawURLEncoding.Strict().DecodeString(secret)
	if err != nil {
		return "", false
	}
	for _, k := range slices.Concat(i.keys, i.old) {
		if hmac.Equal(given, mac(k.api, "key", id)) {
			return kernel.APIKeyID(id), true
		}
	}
	return "", false
}

// Mailed makes a token of 64 hexadecimal digits for a link in a mail.
func (i *Issuer) Mailed() (string, error) {
	b, err := random()
	return hex.EncodeToString(b), err
}

func mac(key []byte, purpose, message string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(purpose + "\n" + message))
	return h.Sum(nil)
}

func random() ([]byte, error) {
	b := make([]byte, 32)
	if _, err := rand.Read(b); err != nil {
		return nil, fmt.Errorf("tokens: read randomness: %w", err)
	}
	return b, nil
}

// FingerprintKey returns the key with which requests are fingerprinted: a plain hash of a body with a password in it
// could be guessed from.
func (i *Issuer) FingerprintKey() []byte { return mac(i.keys[0].access, "fingerprint", "") }
