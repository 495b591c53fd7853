package table

import (
	"encoding/json"
	"strconv"
	"strings"
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
		return nil, bad("%q is not a number; write it like 1234.5", clip(s))
	}
	return checkDigits(n)
}

func checkDigits(n string) (json.RawMessage, error) {
	if digits(n) > MaxDigits {
		return nil, bad("the number has more than %d digits; round it", MaxDigits)
	}
	return json.RawMessage(n), nil
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

// textNumber reads a number as people and spreadsheets write it: with thousands separators (1,234.5 · 1'234.5 · 1 234.5),
// a currency sign or code, a percent sign, or in accounting brackets for negative.
func textNumber(s string) (string, bool) {
	s = strings.TrimSpace(s)
	neg := false
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		neg, s = true, s[1:len(s)-1]
	}
	if strings.HasPrefix(s, "-") || strings.HasPrefix(s, "−") {
		neg, s = !neg, strings.TrimPrefix(strings.TrimPrefix(s, "-"), "−")
	}
	s = strings.TrimSpace(strings.TrimSuffix(stripCurrency(strings.TrimSpace(s)), "%"))
	if strings.HasPrefix(s, "-") {
		neg, s = !neg, s[1:]
	}
	s, ok := stripThousands(s)
	if !ok {
		return "", false
	}
	if neg {
		s = "-" + s
	}
	return canonicalNumber(s)
}

func stripCurrency(s string) string {
	for _, sign := range []string{"US$", "$", "€", "£", "¥", "₹", "CHF", "USD", "EUR", "GBP", "JPY", "SEK", "NOK", "DKK", "CAD", "AUD"} {
		if rest, ok := strings.CutPrefix(s, sign); ok {
			return strings.TrimSpace(rest)
		}
		if rest, ok := strings.CutSuffix(s, sign); ok {
			return strings.TrimSpace(rest)
		}
	}
	return s
}

// stripThousands removes separators that stand between groups of three digits, and refuses any other.
func stripThousands(s string) (string, bool) {
	whole, frac, dot := strings.Cut(s, ".")
	for _, sep := range []string{",", "'", "’", " ", "\u00a0", "\u202f", "_"} {
		if !strings.Contains(whole, sep) {
			continue
		}
		groups := strings.Split(whole, sep)
		for i, g := range groups {
			if !allDigits(g) || (i > 0 && len(g) != 3) || g == "" || len(g) > 3 {
				return "", false
			}
		}
		whole = strings.Join(groups, "")
		break
	}
	if dot {
		return whole + "." + frac, true
	}
	return whole, true
}
