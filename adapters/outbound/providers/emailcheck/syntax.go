package emailcheck

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/morket/morket/adapters/outbound/providers/lookup"
)

// address is one by RFC 5321 (with RFC 6531 for other scripts), taken apart. net/mail reads the grammar of a message's headers, which
// allows more and says less about what is wrong.
type address struct {
	local  string // as written: its case may mean something, and it is never punycoded
	domain string // as DNS knows it
	quoted bool
	utf8   bool // the local part is not ASCII
	mixed  bool // letters of scripts that no language mixes, as imitations do
}

const (
	maxAddress = 254 // bytes (RFC 3696, erratum 1690)
	maxLocal   = 64
	maxInput   = 1000
)

// parse reads an address, or says in words what is wrong with it.
func parse(in string) (a address, fault string) {
	if len(in) > maxInput {
		return a, fmt.Sprintf("an address has at most %d bytes", maxAddress)
	}
	if !utf8.ValidString(in) {
		return a, "it is not text"
	}
	s := clean(in)
	at := strings.LastIndexByte(s, '@')
	switch {
	case s == "":
		return a, "it is empty"
	case strings.ContainsAny(s, "<>"):
		return a, "it has a name or brackets around it; write the address alone"
	case at < 0:
		return a, "it has no @"
	case at == 0:
		return a, "there is nothing before the @"
	case at == len(s)-1:
		return a, "there is no domain after the @"
	}
	a.local, a.quoted = s[:at], s[0] == '"'
	if fault = a.checkLocal(); fault != "" {
		return a, fault
	}
	domain, ok := lookup.ASCII(s[at+1:])
	if !ok || !hostname(domain) {
		return a, domainFault(s[at+1:])
	}
	a.domain = domain
	if len(a.local)+1+len(domain) > maxAddress {
		return a, fmt.Sprintf("an address has at most %d bytes", maxAddress)
	}
	a.utf8 = !ascii(a.local)
	a.mixed = mixed(a.local) || mixed(s[at+1:])
	return a, ""
}

// clean takes away what came along unseen: white space around it, characters that only format, and full-width forms of the signs.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case r == '＠' || r == '﹫':
			return '@'
		case r == '．' || r == '。' || r == '｡':
			return '.'
		}
		return r
	}, s)
	return norm.NFC.String(strings.TrimSpace(s))
}

func (a address) checkLocal() string {
	if len(a.local) > maxLocal {
		return fmt.Sprintf("the part before the @ has %d bytes; %d is the most", len(a.local), maxLocal)
	}
	if a.quoted {
		return checkQuoted(a.local)
	}
	switch {
	case strings.HasPrefix(a.local, "."):
		return "the part before the @ begins with a dot"
	case strings.HasSuffix(a.local, "."):
		return "the part before the @ ends with a dot"
	case strings.Contains(a.local, ".."):
		return "there are two dots in a row before the @"
	case strings.Contains(a.local, "@"):
		return "it has more than one @"
	}
	for _, r := range a.local {
		if r == '.' || isAtext(r) {
			continue
		}
		if unicode.IsSpace(r) {
			return "there is a space before the @"
		}
		return fmt.Sprintf("the character %q can't be before the @", r)
	}
	return ""
}

// isAtext is RFC 5322's atext, and beyond ASCII what RFC 6531 adds, but for characters that are no part of a word.
func isAtext(r rune) bool {
	if r >= utf8.RuneSelf {
		return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r)
	}
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

func checkQuoted(local string) string {
	if len(local) < 3 || !strings.HasSuffix(local, `"`) {
		return "the quotes before the @ are not closed"
	}
	inside := local[1 : len(local)-1]
	for i := 0; i < len(inside); i++ {
		switch c := inside[i]; {
		case c == '\\' && i+1 < len(inside):
			i++
		case c == '"' || c == '\\':
			return "a quote within the quotes has no \\ before it"
		case c < ' ' || c == 0x7f:
			return "there is a control character before the @"
		}
	}
	return ""
}

// hostname reports whether each label is of letters, digits and inner hyphens (RFC 1123).
func hostname(domain string) bool {
	for label := range strings.SplitSeq(domain, ".") {
		if strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		for _, r := range label {
			if r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9') {
				return false
			}
		}
	}
	return true
}

func domainFault(domain string) string {
	switch {
	case strings.HasPrefix(domain, "["):
		return "an IP address in place of a domain is no contact's address"
	case strings.ContainsFunc(domain, unicode.IsSpace):
		return "there is a space after the @"
	case !strings.Contains(strings.Trim(domain, "."), "."):
		return "the domain has no ending such as .com"
	case strings.Contains(domain, "..") || strings.HasPrefix(domain, "."):
		return "the domain has an empty part"
	}
	for label := range strings.SplitSeq(domain, ".") {
		if len(label) > 63 {
			return "a part of the domain has more than 63 characters"
		}
	}
	return "the domain is not one that DNS can have"
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// mixed reports whether a word of it has Latin letters beside Cyrillic or Greek ones.
func mixed(s string) bool {
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		latin, other := false, false
		for _, r := range word {
			latin = latin || unicode.Is(unicode.Latin, r)
			other = other || unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee)
		}
		if latin && other {
			return true
		}
	}
	return false
}
