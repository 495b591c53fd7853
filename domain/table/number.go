package table

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// parseNumber takes a JSON number, or one in a string as the API itself writes numbers of more than 15 digits.
func parseNumber(v json.RawMessage) (json.RawMessage, error) {
	s := string(v)
	if t, ok := str(v); ok {
		if s = strings.TrimSpace(t); s == "" {
			return json.RawMessage("null"), nil
		}
	} else if v[0] == '{' || v[0] == '[' || v[0] == 't' || v[0] == 'f' {
		return nil, bad("a number is written like 1234.5, not %s", shape(v))
	}
	n, ok := canonicalNumber(s)
	if !ok {
		return nil, notANumber(s, "1234.5")
	}
	return checkDigits(n, s)
}

// checkDigits refuses a canonical number with more digits than are kept; written is what it was read from.
func checkDigits(n, written string) (json.RawMessage, error) {
	if digits(n) > MaxDigits {
		return nil, tooLong(written)
	}
	return json.RawMessage(n), nil
}

func tooLong(written string) error {
	return bad("the number %s has more than %d digits; round it", kernel.Shorten(written), MaxDigits)
}

// notANumber refuses what could not be read as a number: also one that is too long to be looked at.
func notANumber(s, sample string) error {
	if n := strings.TrimLeft(strings.TrimSpace(s), "+-"); n != "" && n[0] >= '0' && n[0] <= '9' && json.Valid([]byte(n)) {
		return tooLong(s)
	}
	return bad("%q is not a number; write it like %s", kernel.Shorten(s), sample)
}

// canonicalNumber writes a decimal, with or without an exponent, in the only form that its value has: no exponent, no
// leading zeros, no zeros at the end of a fraction, no minus before zero.
func canonicalNumber(s string) (string, bool) {
	neg := false
	switch {
	case strings.HasPrefix(s, "-"):
		neg, s = true, s[1:]
	case strings.HasPrefix(s, "+"):
		s = s[1:]
	}
	exp := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(strings.TrimPrefix(s[i+1:], "+"))
		if err != nil || e > 4*MaxDigits || e < -4*MaxDigits {
			return "", false
		}
		exp, s = e, s[:i]
	}
	whole, frac, _ := strings.Cut(s, ".")
	if whole == "" && frac == "" || !allDigits(whole) || !allDigits(frac) || len(s) > 4*MaxDigits {
		return "", false
	}
	return compose(neg, whole, frac, exp), true
}

func compose(neg bool, whole, frac string, exp int) string {
	switch {
	case exp > 0:
		for len(frac) < exp {
			frac += "0"
		}
		whole, frac = whole+frac[:exp], frac[exp:]
	case exp < 0:
		for len(whole) < -exp {
			whole = "0" + whole
		}
		at := len(whole) + exp
		whole, frac = whole[:at], whole[at:]+frac
	}
	whole, frac = strings.TrimLeft(whole, "0"), strings.TrimRight(frac, "0")
	if whole == "" {
		whole = "0"
	}
	out := whole
	if frac != "" {
		out += "." + frac
	}
	if neg && out != "0" {
		out = "-" + out
	}
	return out
}

// digits counts the digits that a canonical number is stored with.
func digits(n string) int {
	n = strings.TrimPrefix(n, "-")
	whole, frac, _ := strings.Cut(n, ".")
	if whole == "0" {
		return len(frac)
	}
	return len(whole) + len(frac)
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// maxExactDigits is how many significant digits every double keeps (IEEE 754: DBL_DIG).
const maxExactDigits = 15

// AppendNumber appends a canonical number as the API writes it: a JSON number where every client reads the same number
// (15 significant digits), else a string.
func AppendNumber(b []byte, n string) []byte {
	if len(n) <= maxExactDigits || digits(n) <= maxExactDigits {
		return append(b, n...)
	}
	return append(append(append(b, '"'), n...), '"')
}
