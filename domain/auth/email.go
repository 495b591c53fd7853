package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/mail"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Email is an address in the one form in which it is compared: lower case, nothing around it.
type Email string

// maxEmail is the longest address that mail can carry (RFC 5321, 4.5.3.1.3).
const maxEmail = 254

// ParseEmail checks an address.
func ParseEmail(field, s string) (Email, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" || len(s) > maxEmail {
		return "", kernel.Invalid(field, "must be an email address of at most %d characters", maxEmail)
	}
	addr, err := mail.ParseAddress(s)
	if err != nil || addr.Address != s || strings.ContainsAny(s, " \t\r\n<>,;\"()") {
		return "", kernel.Invalid(field, "is not an email address")
	}
	if _, domain, _ := strings.Cut(s, "@"); domain == "" || strings.HasPrefix(domain, ".") || strings.HasSuffix(domain, ".") {
		return "", kernel.Invalid(field, "is not an email address")
	}
	return Email(s), nil
}

// Key returns the id of the address's reservation stream.
func (e Email) Key() string { return Hash(string(e)) }

// Masked returns the address as logs may show it.
func (e Email) Masked() string {
	name, domain, _ := strings.Cut(string(e), "@")
	if name == "" {
		return "***"
	}
	first := []rune(name)[0]
	return string(first) + "***@" + domain
}

// Hash returns the SHA-256 of a high-entropy secret, or of what only has to be looked up, in hexadecimal.
func Hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// sameHash compares without telling by its time how much is equal; an empty hash equals nothing.
func sameHash(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
