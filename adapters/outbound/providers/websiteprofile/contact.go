package websiteprofile

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/morket/morket/adapters/outbound/providers/lookup"
)

var (
	emailForm = regexp.MustCompile(`(?i)[a-z0-9._%+'-]{1,64}@[\p{Latin}0-9-]+(?:\.[\p{Latin}0-9-]+)*\.[a-z]{2,24}\b`)
	density   = regexp.MustCompile(`^[0-9]{1,2}x$`) // of logo@2x.png
)

// mailAddress returns an address in lower case, "" if it is none that mail could reach: its top-level domain must exist, which that of
// logo@2x.png doesn't.
func mailAddress(s string) string {
	s = clean(s)
	if emailForm.FindString(s) != s {
		return ""
	}
	local, host, _ := strings.Cut(strings.ToLower(s), "@")
	local = strings.TrimLeft(local, ".'%-")
	domain, ok := lookup.ASCII(host)
	if !ok || local == "" || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return ""
	}
	suffix, icann := publicsuffix.PublicSuffix(domain)
	first, _, _ := strings.Cut(domain, ".")
	switch {
	case !icann && !strings.Contains(suffix, "."), suffix == domain && !strings.Contains(suffix, "."), density.MatchString(first):
		return ""
	case slices.Contains(sampleDomains(), domain) && slices.Contains(sampleLocals(), local):
		return ""
	}
	return local + "@" + host
}

// Forms show addresses made of these as samples.

func sampleDomains() []string {
	return []string{
		"example.com", "example.org", "example.net", "domain.com", "yourdomain.com", "yourcompany.com",
		"company.com", "email.com", "mail.com", "mysite.com", "website.com",
	}
}

func sampleLocals() []string {
	return []string{
		"you", "your", "yourname", "your.name", "name", "user", "username", "email", "mail", "example", "your-email",
		"youremail", "firstname.lastname", "john", "jane", "john.doe", "jane.doe", "johndoe", "max.mustermann",
	}
}

// mailAddresses finds addresses in a text.
func mailAddresses(text string) []string {
	var out []string
	from := 0
	for range maxAts {
		i := strings.IndexByte(text[from:], '@')
		if i < 0 || len(out) >= 2*maxList {
			break
		}
		at := from + i
		near := text[max(from, at-maxLocal):min(len(text), at+maxHost)]
		for _, s := range emailForm.FindAllString(near, 1) {
			if a := mailAddress(s); a != "" {
				out = append(out, a)
			}
		}
		from = at + 1
	}
	return out
}

// An address is looked for around its @ only: a search of the whole text would look at each character 64 times.
const (
	maxAts   = 2000
	maxLocal = 64
	maxHost  = 255
)

// mailto returns the addresses of a mailto: link (RFC 6068).
func mailto(href string) []string {
	to, _, _ := strings.Cut(href, "?")
	if un, err := url.PathUnescape(to); err == nil {
		to = un
	}
	var out []string
	for _, s := range strings.FieldsFunc(to, func(r rune) bool { return r == ',' || r == ';' }) {
		if a := mailAddress(s); a != "" && len(out) < maxList {
			out = append(out, a)
		}
	}
	return out
}

// telephone keeps the digits of a tel: link (RFC 3966) and how people write them.
func telephone(s string) string {
	s, params, _ := strings.Cut(s, ";")
	if un, err := url.PathUnescape(s); err == nil {
		s = un
	}
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune("+-. ()/", r):
			return ""
		}
	}
	if digits < 5 || digits > 15 {
		return ""
	}
	for _, p := range strings.Split(params, ";") {
		if ext, ok := strings.CutPrefix(strings.ToLower(p), "ext="); ok && ext != "" && strings.Trim(ext, "0123456789") == "" && len(ext) <= 8 {
			return strings.TrimSpace(s) + " ext. " + ext
		}
	}
	return strings.TrimSpace(s)
}
