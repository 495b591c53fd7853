package erasure

import (
	"encoding/base64"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Key names a value without telling it: a letter for its kind, a colon, and a hash under a key of the workspace's own.
type Key string

// Kind is what a key is made of.
type Kind byte

// The kinds.
const (
	Email   Kind = 'e'
	Phone   Kind = 'p'
	Name    Kind = 'n'
	Company Kind = 'c'
	Text    Kind = 't' // any other value of an erased row that no other row has
)

// Of returns the key's kind.
func (k Key) Of() Kind {
	if k == "" {
		return 0
	}
	return Kind(k[0])
}

// Hash is a keyed hash; of the same bytes it is always the same within a workspace.
type Hash func(data []byte) []byte

// hashBytes is how much of a hash a key has.
const hashBytes = 16

// Keyed makes the key of a value in its normal form; "" for a value that has none.
func (h Hash) Keyed(kind Kind, value string) Key {
	normal := Normal(kind, value)
	if normal == "" {
		return ""
	}
	sum := h(append([]byte{byte(kind), ':'}, normal...))
	return Key(string(rune(kind)) + ":" + base64.RawURLEncoding.EncodeToString(sum[:hashBytes]))
}

// Normal is the form in which values are compared; "" for one that can't be looked for.
func Normal(kind Kind, value string) string {
	switch value = strings.TrimSpace(value); kind {
	case Email:
		if found := Emails(value); len(found) == 1 && found[0] == (Span{0, len(value)}) {
			return strings.ToLower(value)
		}
		return ""
	case Phone:
		return digitsOf(value)
	case Name, Company, Text:
		return kernel.Fold(strings.Join(strings.Fields(value), " "))
	default:
		return ""
	}
}
