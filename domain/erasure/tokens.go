package erasure

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Span is a part of a text: bytes From up to To.
type Span struct{ From, To int }

// Of is the part.
func (s Span) Of(text string) string { return text[s.From:s.To] }

// maxAddress is how long an email address may be (RFC 5321).
const maxAddress = 254

// Emails finds what is written like an email address.
func Emails(text string) (found []Span) {
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '@')
		if i < 0 {
			return found
		}
		i += at
		at = i + 1
		from, to := i, i+1
		for from > 0 && i-from < maxAddress {
			r, n := utf8.DecodeLastRuneInString(text[:from])
			if !addressRune(r) {
				break
			}
			from -= n
		}
		for to < len(text) && to-i < maxAddress {
			r, n := utf8.DecodeRuneInString(text[to:])
			if r != '.' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				break
			}
			to += n
		}
		for from < i && (text[from] == '.' || text[from] == '\'') {
			from++
		}
		for to > i+1 && (text[to-1] == '.' || text[to-1] == '-') {
			to--
		}
		if from < i && strings.IndexByte(text[i+1:to], '.') > 0 {
			found, at = append(found, Span{from, to}), to
		}
	}
}

// addressRune reports whether a rune may stand before the @: those of RFC 5322's atext that people have in addresses. The others mark up
// text around addresses, as in "to=ada@example.com".
func addressRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r < utf8.RuneSelf && strings.IndexByte(".%&'+-_~", byte(r)) >= 0
}

// A phone number has so many digits (E.164 has at most 15); the last ones tell it from others, whether it is written with the country
// or without.
const (
	minDigits  = 7
	maxDigits  = 15
	lastDigits = 9
)

// Phones finds what is written like a phone number: digits with the signs that people put between them, and neither letters nor digits
// right beside.
func Phones(text string) (found []Span) {
	for i := 0; i < len(text); {
		if !phoneStart(text, i) {
			i++
			continue
		}
		to, digits := phoneEnd(text, i)
		if digits >= minDigits && digits <= maxDigits && !besideWord(text, i, to) {
			found = append(found, Span{i, to})
		}
		i = max(to, i+1)
	}
	return found
}

func phoneStart(text string, i int) bool {
	if isDigit(text[i]) || i+1 == len(text) {
		return isDigit(text[i])
	}
	return strings.IndexByte("+(", text[i]) >= 0 && (isDigit(text[i+1]) || strings.IndexByte("+(", text[i+1]) >= 0)
}

// phoneEnd is where a number that begins at from ends, behind its last digit.
func phoneEnd(text string, from int) (to, digits int) {
	to = from
	for i := from; i < len(text); i++ {
		switch c := text[i]; {
		case isDigit(c):
			digits++
			to = i + 1
		case c == '+' && i > from && digits > 0:
			return to, digits
		case strings.IndexByte(" +().-/", c) >= 0:
		case strings.HasPrefix(text[i:], "\u00a0"):
			i++
		default:
			return to, digits
		}
	}
	return to, digits
}

func besideWord(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return from > 0 && wordRune(before) || to < len(text) && wordRune(after)
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '@' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// digitsOf is a phone number's normal form.
func digitsOf(s string) string {
	found := Phones(s)
	if len(found) != 1 {
		return ""
	}
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, found[0].Of(s))
	digits = strings.TrimLeft(digits, "0")
	if len(digits) < minDigits-1 {
		return ""
	}
	return digits[max(0, len(digits)-lastDigits):]
}
