package auth

import (
	_ "embed" // the list of common passwords
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Lengths of a password in bytes; bcrypt reads no more than 72.
const (
	MinPassword = 8
	MaxPassword = 72
)

// commonPasswords has one password a line, in lower case. Source: see common_passwords.LICENSE.
//
//go:embed common_passwords.txt
var commonPasswords string

// PasswordPolicy decides which passwords may be chosen.
type PasswordPolicy struct{ common map[string]struct{} }

// NewPasswordPolicy reads the embedded list.
func NewPasswordPolicy() *PasswordPolicy {
	p := &PasswordPolicy{common: map[string]struct{}{}}
	for line := range strings.Lines(commonPasswords) {
		p.common[strings.TrimRight(line, "\n")] = struct{}{}
	}
	return p
}

// Check says what is wrong with a new password.
func (p *PasswordPolicy) Check(field, password string, email Email) error {
	if len(password) < MinPassword || len(password) > MaxPassword {
		return kernel.Invalid(field, "must have %d to %d bytes", MinPassword, MaxPassword)
	}
	lower := strings.ToLower(password)
	if _, bad := p.common[lower]; bad || lower == string(email) {
		return kernel.Invalid(field, "is too easy to guess; choose another")
	}
	return nil
}

// CheckName checks a person's name.
func CheckName(field, name string) (string, error) {
	name = strings.TrimSpace(name)
	if n := len([]rune(name)); n < 1 || n > 100 {
		return "", kernel.Invalid(field, "must have 1 to 100 characters")
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", kernel.Invalid(field, "must not hold control characters")
	}
	return name, nil
}
