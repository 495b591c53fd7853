package dataops

import (
	"strings"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// EscapeFormula puts an apostrophe before a text that a spreadsheet program would take for a formula, and before one that
// begins with an apostrophe itself where UnescapeFormula would otherwise take that one away. Numbers and phone numbers begin like
// formulas and are none, so they leave as they are. Source: OWASP, "CSV Injection".
func EscapeFormula(s string) string {
	if startsFormula(s) || len(s) > 1 && s[0] == '\'' && (startsFormula(s[1:]) || s[1] == '\'') {
		return "'" + s
	}
	return s
}

// DefuseFormula puts an apostrophe before a text that a spreadsheet program would take for a formula, in files that are not
// imported again, so that it need not be undone.
func DefuseFormula(s string) string {
	if startsFormula(s) {
		return "'" + s
	}
	return s
}

// UnescapeFormula undoes EscapeFormula.
func UnescapeFormula(s string) string {
	if len(s) > 1 && s[0] == '\'' && EscapeFormula(s[1:]) == s {
		return s[1:]
	}
	return s
}

// MayEscape reports whether EscapeFormula has to look at a text that begins with the byte.
func MayEscape(first byte) bool {
	switch first {
	case '=', '+', '-', '@', '\t', '\r', '\n', '\'', fullWidth:
		return true
	}
	return false
}

// fullWidth is the first byte of the full-width signs in UTF-8, which spreadsheet programs of East Asia take for the plain ones.
const fullWidth = 0xEF

// IsFormula reports whether a spreadsheet program would take the text for a formula.
func IsFormula(s string) bool { return startsFormula(s) }

func startsFormula(s string) bool {
	if s == "" || !MayEscape(s[0]) {
		return false
	}
	switch s[0] {
	case '=', '@', '\t', '\r', '\n':
		return true
	case '+', '-':
		return !isNumber(s) && !isPhone(s)
	case fullWidth:
		r, _ := utf8.DecodeRuneInString(s)
		return strings.ContainsRune("＝＋－＠", r)
	}
	return false
}

// isNumber takes a signed decimal, with an exponent or a percent sign, as -1,234.50 or +2e-3.
func isNumber(s string) bool {
	s = strings.TrimSuffix(strings.TrimSuffix(s[1:], "%"), " ")
	mantissa, exponent, scientific := strings.Cut(strings.ToLower(s), "e")
	if scientific {
		if exponent = strings.TrimLeft(exponent, "+-"); exponent == "" || strings.Trim(exponent, digits) != "" {
			return false
		}
	}
	return mantissa != "" && strings.ContainsAny(mantissa[:1], digits+".,") && strings.Trim(mantissa, digits+".,'") == "" &&
		strings.ContainsAny(mantissa, digits)
}

const (
	digits      = "0123456789"
	phoneDigits = 6 // fewer are rather a sum
)

// isPhone takes an international number, as +49 (0)30 123-456 ext. 7: a plus, then digits in groups, then perhaps an extension.
func isPhone(s string) bool {
	n, last := 0, byte('+')
	if s[0] != '+' {
		return false
	}
	s, _ = kernel.CutExtension(s)
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			n++
		case !strings.ContainsRune(" ()-./", rune(c)), last == c && c != ' ':
			return false
		}
		last = s[i]
	}
	return n >= phoneDigits
}
