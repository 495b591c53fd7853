package table

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/morket/morket/domain/kernel"
)

// checkEmail takes what can be an address: one @, a local part, a domain with a dot, no spaces. Whether mail arrives there is
// for a provider to say.
func checkEmail(s string) error {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(s) > 254 || strings.Contains(domain, "@") || !strings.Contains(strings.Trim(domain, "."), ".") ||
		strings.ContainsFunc(s, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("<>(),;:\"[]", r)
		}) {
		return bad("%q is not an email address; write it like name@example.com", kernel.Shorten(s))
	}
	return nil
}

// canonicalURL takes an http or https address, or a bare domain, which is kept as it is written. A name before an @ needs the
// scheme: without it the text is an email address.
func canonicalURL(s string) (string, error) {
	full := s
	if !strings.Contains(s, "://") {
		full = "https://" + s
	}
	u, err := url.Parse(full)
	if err != nil || u.User != nil && full != s || strings.ContainsAny(u.Host, "\"<>\\^`{|}") || (u.Scheme != "http" && u.Scheme != "https") ||
		u.Hostname() == "" ||
		(!strings.Contains(u.Hostname(), ".") && !strings.Contains(u.Hostname(), ":") && u.Hostname() != "localhost") ||
		strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return "", bad("%q is not a web address; write it like https://example.com", kernel.Shorten(s))
	}
	return s, nil
}

// checkPhone takes what people write as phone numbers: 3 to 20 digits among signs, and an extension.
func checkPhone(s string) error {
	n, letters := 0, 0
	number, _ := kernel.CutExtension(s)
	for _, r := range number {
		switch {
		case r >= '0' && r <= '9':
			n++
		case strings.ContainsRune("+()-./ \u00a0#*,;", r):
		case unicode.IsLetter(r):
			letters++
		default:
			letters = 99
		}
	}
	if n < 3 || n > 20 || letters > 4 { // as of "tel."
		return bad("%q is not a phone number; write it like +41 44 668 18 00", kernel.Shorten(s))
	}
	return nil
}
