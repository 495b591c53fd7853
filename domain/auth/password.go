package auth

import (
	_ "embed" // the list of common passwords
	"slices"
	"strings"
	"unicode"

	"github.com/nbutton23/zxcvbn-go"

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

// minEntropy is how many bits a password must have: what guesses it in 2^25 tries on average is a matter of hours even against bcrypt.
const minEntropy = 25

// Check says what is wrong with a new password of a person of whom this much is known: the email and the name. How many guesses a
// password takes is estimated by zxcvbn (Wheeler, USENIX Security 2016), which knows words, names, keyboards, dates, repeats and the
// usual replacements of letters; the list of common passwords knows those of other scripts, too.
func (p *PasswordPolicy) Check(field, password string, about ...string) error {
	if len(password) < MinPassword || len(password) > MaxPassword { // first: what follows takes time by the length
		return kernel.Invalid(field, "must have %d to %d bytes", MinPassword, MaxPassword)
	}
	lower := strings.ToLower(password)
	if p.isCommon(lower) || zxcvbn.PasswordStrength(password, words(about)).Entropy < minEntropy {
		return kernel.Invalid(field, "is too easy to guess; make it longer, of several words that don't belong together")
	}
	return nil
}

// isCommon reports whether the password is a common one, or one with digits and signs around it, or next to no characters at all.
func (p *PasswordPolicy) isCommon(lower string) bool {
	core := strings.TrimFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, s := range []string{lower, core} {
		if _, common := p.common[s]; common && s != "" || slices.Contains(elsewhere(), s) {
			return true
		}
	}
	kinds := map[rune]struct{}{}
	for _, r := range lower {
		kinds[r] = struct{}{}
	}
	const fewest = 4
	return len(kinds) < fewest
}

// elsewhere are the commonest passwords of languages that the list and zxcvbn don't know.
func elsewhere() []string {
	return []string{
		"пароль", "йцукен", "йцукенг", "йцукенгшщз", "привет", "любовь", "наташа", "максим", "密码", "我爱你", "パスワード", "비밀번호", "contraseña",
		"motdepasse", "passwort",
		"kennwort", "hallo", "schatz", "senha", "hasło", "wachtwoord", "parola", "lösenord", "salasana", "heslo", "jelszó", "şifre", "azertyuiop",
		"qwertz", "qwertzuiop", "morket",
	}
}

// words are the parts of what is known about the person, of which a password must not be made.
func words(about []string) []string {
	var out []string
	for _, a := range about {
		a = strings.ToLower(a)
		out = append(out, a)
		out = append(out, strings.FieldsFunc(a, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })...)
	}
	return slices.DeleteFunc(out, func(w string) bool { return len(w) < 3 || len(w) > MaxPassword })
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
