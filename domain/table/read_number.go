package table

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// written is a number as it is written.
type written struct {
	value      string   // canonical
	currencies []string // that its sign or code can mean; none without one
	percent    bool
	grouped    bool // with separators between thousands
	decimal    bool // with a decimal sign
	fraction   int  // digits written after the decimal sign
	padded     bool // with zeros before, like a postcode
	signed     bool // with a plus, a minus or brackets
	trailing   bool // with a zero behind the decimal sign's last other digit
}

// maxWritten is how long a written number can be; no text beyond is looked at.
const maxWritten = 400

// readNumber reads a number of a column in the column's form.
func readNumber(col Column, s string) (json.RawMessage, error) {
	sign := col.Form.decimal()
	n, ok := scanNumber(s, sign)
	if !ok {
		if _, other := scanNumber(s, otherSign(sign)); other {
			return nil, &ValueError{
				Kind: OtherForm,
				Message: formatBad(s, "is no number with a decimal %s, as this column's are written; write it like %s, or choose the other decimal "+
					"sign in the column's settings", sign, sampleNumber(sign)),
			}
		}
		return nil, notANumber(s, sampleNumber(sign))
	}
	switch {
	case n.percent && col.Type != Percent:
		return nil, &ValueError{
			Kind:    OtherUnit,
			Message: formatBad(s, "is a percentage, which this column doesn't hold; write the number alone, or make the column a percent column"),
		}
	case len(n.currencies) > 0 && col.Type != Currency:
		return nil, &ValueError{
			Kind: OtherUnit,
			Message: formatBad(s,
				"is an amount of money, which this column doesn't hold; write the number alone, or make the column a currency column"),
		}
	case len(n.currencies) > 0 && !slices.Contains(n.currencies, col.CurrencyCode()):
		return nil, &ValueError{
			Kind:    OtherUnit,
			Message: formatBad(s, "is not in %s, the column's currency; convert it, or keep it in another column", col.CurrencyCode()),
		}
	}
	return checkDigits(n.value, s)
}

func otherSign(d DecimalSign) DecimalSign {
	if d == Comma {
		return Point
	}
	return Comma
}

func sampleNumber(d DecimalSign) string {
	if d == Comma {
		return "1234,5"
	}
	return "1234.5"
}

// scanNumber reads a number as people and spreadsheets write it with a decimal sign: thousands may be grouped (1,234.5,
// 1.234,5, 1'234.5, 1 234.5, 12,34,567.5), and there may be one sign or accounting brackets, one currency sign or code, and
// one percent sign.
func scanNumber(s string, sign DecimalSign) (n written, ok bool) {
	if len(s) > maxWritten {
		return n, false
	}
	s = bare(s)
	neg := false
	if inner, found := strings.CutPrefix(s, "("); found {
		if inner, found = strings.CutSuffix(inner, ")"); !found {
			return n, false
		}
		s, neg, n.signed = strings.TrimSpace(inner), true, true
	}
	if s, ok = n.before(s, &neg); !ok {
		return n, false
	}
	if s, ok = n.after(s, &neg); !ok {
		return n, false
	}
	s, ok = n.digits(s, sign)
	if !ok {
		return n, false
	}
	if neg {
		s = "-" + s
	}
	n.value, ok = canonicalNumber(s)
	return n, ok
}

// before takes the sign and the currency off the beginning.
func (n *written) before(s string, neg *bool) (string, bool) {
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case isMinus(r) || r == '+':
			if n.signed {
				return "", false
			}
			n.signed, *neg = true, r != '+'
			s = strings.TrimSpace(s[size:])
		case isCurrency(r):
			end := strings.IndexFunc(s, func(r rune) bool { return !isCurrency(r) })
			if end < 0 {
				return "", false
			}
			if s[end] == '.' && lastIsLetter(s[:end]) {
				end++
			}
			if !n.currency(s[:end]) {
				return "", false
			}
			s = strings.TrimSpace(s[end:])
		default:
			return s, true
		}
	}
	return "", false
}

// after takes the percent sign, the currency and a minus off the end.
func (n *written) after(s string, neg *bool) (string, bool) {
	for s != "" {
		r, size := utf8.DecodeLastRuneInString(s)
		rest := s[:len(s)-size]
		switch {
		case r == '%' || r == '٪' || r == '％':
			if n.percent {
				return "", false
			}
			n.percent = true
			s = strings.TrimSpace(rest)
		case isMinus(r):
			if n.signed {
				return "", false
			}
			n.signed, *neg = true, true
			s = strings.TrimSpace(rest)
		case isCurrency(r) || r == '.' && lastIsLetter(rest):
			start := strings.LastIndexFunc(strings.TrimSuffix(s, "."), func(r rune) bool { return !isCurrency(r) })
			if start < 0 {
				return "", false
			}
			_, width := utf8.DecodeRuneInString(s[start:])
			if !n.currency(s[start+width:]) {
				return "", false
			}
			s = strings.TrimSpace(s[:start+width])
		default:
			return s, true
		}
	}
	return "", false
}

func (n *written) currency(token string) bool {
	if n.currencies != nil {
		return false
	}
	n.currencies = theWords().currencies[strings.ToLower(token)]
	return n.currencies != nil
}

func isMinus(r rune) bool { return r == '-' || r == '−' || r == '–' || r == '﹣' || r == '－' }

func isCurrency(r rune) bool {
	return r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.Is(unicode.Sc, r)) || r == '$' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func lastIsLetter(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.IsLetter(r)
}

// digits takes the separators out of the digits and writes them with a point.
func (n *written) digits(s string, sign DecimalSign) (string, bool) {
	exp := ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		s, exp = s[:i], "e"+s[i+1:]
		if e := strings.TrimLeft(exp[1:], "+-"); e == "" || len(exp)-len(e) > 2 || !allDigits(e) {
			return "", false
		}
	}
	point, groups := ".", ",' _"
	if sign == Comma {
		point, groups = ",", ".' _"
	}
	whole, frac, decimal := strings.Cut(s, point)
	if !allDigits(frac) || decimal && frac == "" || whole == "" && !decimal {
		return "", false
	}
	n.decimal, n.fraction, n.trailing = decimal, len(frac), strings.HasSuffix(frac, "0")
	if i := strings.IndexAny(whole, groups); i >= 0 {
		list := strings.Split(whole, whole[i:i+1])
		if !grouped(list, whole[i:i+1] == "," && sign == Point) || exp != "" {
			return "", false
		}
		n.grouped, whole = true, strings.Join(list, "")
	}
	if !allDigits(whole) {
		return "", false
	}
	n.padded = len(whole) > 1 && whole[0] == '0'
	return whole + "." + frac + exp, true
}

// grouped reports whether digits stand in groups as numbers do: of three, or, where Indian, of two with three at the end. No
// grouped number begins with a zero.
func grouped(list []string, indian bool) bool {
	last := len(list) - 1
	for _, g := range list {
		if !allDigits(g) {
			return false
		}
	}
	if first := len(list[0]); first == 0 || first > 3 || list[0][0] == '0' || len(list[last]) != 3 {
		return false
	}
	threes, twos := true, indian && len(list[0]) <= 2
	for _, g := range list[1:last] {
		threes, twos = threes && len(g) == 3, twos && len(g) == 2
	}
	return threes || twos
}
