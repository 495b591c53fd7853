package credit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
)

// Keys sign the ledger. They live outside the log's database, so that write access to the database is not enough to write a ledger that
// proves. The first key signs; the others, which a rotation leaves for a while, only check.
type Keys struct{ list []key }

type key struct {
	id     string
	secret []byte
}

const minKey = 32 // bytes

// NewKeys takes the signing key first.
func NewKeys(secrets ...[]byte) (Keys, error) {
	var k Keys
	for _, s := range secrets {
		if len(s) < minKey {
			return Keys{}, errors.New("a ledger key has at least 32 bytes")
		}
		sum := sha256.Sum256(append([]byte("morket ledger key|"), s...))
		k.list = append(k.list, key{hex.EncodeToString(sum[:4]), s})
	}
	if len(k.list) == 0 {
		return Keys{}, errors.New("the ledger needs a key")
	}
	return k, nil
}

// Current is the id of the signing key, empty without one.
func (k Keys) Current() string {
	if len(k.list) == 0 {
		return ""
	}
	return k.list[0].id
}

// sign returns the signing key's id and the MAC (HMAC-SHA-256, RFC 2104) of the parts.
func (k Keys) sign(parts ...string) (id, mac string) {
	if len(k.list) == 0 {
		return "", ""
	}
	return k.list[0].id, k.list[0].mac(parts)
}

// check reports whether the key is known, and whether the MAC is that of the parts under it.
func (k Keys) check(id, mac string, parts ...string) (known, ok bool) {
	for _, c := range k.list {
		if c.id == id {
			return true, hmac.Equal([]byte(mac), []byte(c.mac(parts)))
		}
	}
	return false, false
}

func (c key) mac(parts []string) string {
	h := hmac.New(sha256.New, c.secret)
	h.Write([]byte(strings.Join(parts, "|")))
	return hex.EncodeToString(h.Sum(nil))
}
