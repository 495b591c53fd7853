package imprint

import (
	"regexp"
	"strings"
)

// tax is a country's number for value added tax, as it stands behind the country's prefix, without signs between.
//
// The table is ours: what libraries there are know the forms and not the check digits, and without these each number of nine digits is one.
type tax struct {
	prefix string
	form   *regexp.Regexp
	valid  func(string) bool
}

func form(s string) *regexp.Regexp { return regexp.MustCompile(`^(?:` + s + `)$`) }

// taxes are the numbers that are known, by the rules that the countries publish.
var taxes = []tax{ //nolint:gochecknoglobals // a constant table
	{"AT", form(`U\d{8}`), func(s string) bool {
		sum := 4
		for i, r := range s[1:8] {
			d := int(r - '0')
			if i%2 == 1 {
				d = d*2/10 + d*2%10
			}
			sum += d
		}
		return (10-sum%10)%10 == last(s, 1)
	}},
	{"BE", form(`[01]\d{9}`), belgian},
	{"CY", form(`\d{8}[A-Z]`), func(string) bool { return true }},
	{"CZ", form(`\d{8}`), czech},
	{"DE", form(`[1-9]\d{8}`), mod1110},
	{"DK", form(`[1-9]\d{7}`), danish},
	{"EE", form(`10\d{7}`), func(s string) bool { return (10-weighed(s, 3, 7, 1, 3, 7, 1, 3, 7)%10)%10 == last(s, 1) }},
	{"EL", form(`\d{9}`), func(s string) bool { return weighed(s, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == last(s, 1) }},
	{"ES", form(`[ABCDEFGHJNPQRSUVW]\d{7}[0-9A-J]`), spanish},
	{"FI", form(`\d{8}`), finnish},
	{"FR", form(`[0-9A-Z]{2}\d{9}`), func(s string) bool {
		if !luhn(s[2:]) {
			return false
		}
		return strings.ContainsFunc(s[:2], func(r rune) bool { return r > '9' }) || (12+3*(number(s[2:])%97))%97 == number(s[:2])
	}},
	{"GB", form(`\d{9}|\d{12}`), func(s string) bool {
		sum := weighed(s, 8, 7, 6, 5, 4, 3, 2) + number(s[7:9])
		return sum%97 == 0 || (sum+55)%97 == 0
	}},
	{"HR", form(`\d{11}`), mod1110},
	{"HU", form(`\d{8}`), func(s string) bool { return (10-weighed(s, 9, 7, 3, 1, 9, 7, 3)%10)%10 == last(s, 1) }},
	{"IE", form(`\d{7}[A-W][A-I]?`), func(s string) bool {
		sum := weighed(s, 8, 7, 6, 5, 4, 3, 2)
		if len(s) == 9 {
			sum += int(s[8]-'A'+1) * 9
		}
		return "WABCDEFGHIJKLMNOPQRSTUV"[sum%23] == s[7]
	}},
	{"IT", form(`\d{11}`), luhn},
	{"LU", form(`\d{8}`), func(s string) bool { return number(s[:6])%89 == number(s[6:]) }},
	{"NL", form(`\d{9}B\d{2}`), func(s string) bool { return weighed(s, 9, 8, 7, 6, 5, 4, 3, 2)%11 == int(s[8]-'0') || dutchPerson(s) }},
	{"PL", form(`\d{10}`), polish},
	{"PT", form(`\d{9}`), func(s string) bool { return mod11(s, 0, 0, 9, 8, 7, 6, 5, 4, 3, 2) }},
	{"SE", form(`\d{10}01`), func(s string) bool { return luhn(s[:10]) }},
	{"SI", form(`[1-9]\d{7}`), func(s string) bool { return mod11(s, -1, 0, 8, 7, 6, 5, 4, 3, 2) }},
	{"SK", form(`[1-9]\d{9}`), func(s string) bool { return number(s)%11 == 0 }},
}

func belgian(s string) bool { return 97-number(s[:8])%97 == number(s[8:]) }

func czech(s string) bool { return mod11(s, 1, 0, 8, 7, 6, 5, 4, 3, 2) }

func danish(s string) bool { return weighed(s, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0 }

func finnish(s string) bool { return mod11(s, 0, -1, 7, 9, 10, 5, 8, 4, 2) }

func norwegian(s string) bool { return mod11(s, 0, -1, 3, 2, 7, 6, 5, 4, 3, 2) }

func polish(s string) bool { return weighed(s, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == last(s, 1) }

func swiss(s string) bool { return mod11(s, 0, -1, 5, 4, 3, 2, 7, 6, 5, 4) }

// spanish checks the control of a company's number, which is a digit or the letter in its place.
func spanish(s string) bool {
	sum := 0
	for i, r := range s[1:8] {
		d := int(r - '0')
		if i%2 == 0 {
			d = d*2/10 + d*2%10
		}
		sum += d
	}
	control := (10 - sum%10) % 10
	return s[8] == byte('0'+control) || s[8] == "JABCDEFGHI"[control]
}

// dutchPerson checks a sole trader's number, whose letters count as in an IBAN (ISO 7064, MOD 97-10).
func dutchPerson(s string) bool {
	rest := 0
	for _, r := range "NL" + s {
		if r >= 'A' {
			rest = (rest*100 + int(r-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(r-'0')) % 97
		}
	}
	return rest == 1
}

var taxPrefix = regexp.MustCompile(
	`\b(AT|BE|CHE|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|HR|HU|IE|IT|LU|NL|PL|PT|SE|SI|SK)(?:-?VAT)?[ .:-]{0,2}[A-Z0-9]`)

// longestTax is how many letters and digits a number has at the most, behind its prefix.
const longestTax = 12

// taxNumber finds the first number for value added tax that stands with its country's prefix and whose check digits are right.
func taxNumber(text string) string {
	for _, at := range taxPrefix.FindAllStringSubmatchIndex(text, maxFinds) {
		prefix := text[at[2]:at[3]]
		if prefix == "CHE" {
			continue // a register's number, see schemes
		}
		if body := taxBody(prefix, text[at[1]-1:]); body != "" {
			return prefix + body
		}
	}
	return labelledTax(text)
}

// taxBody reads letters and digits, with single signs between, until they are a number of the country.
func taxBody(prefix, text string) string {
	body, signs := "", 0
	for i := 0; i < len(text) && len(body) < longestTax && signs < 2; i++ {
		c := text[i]
		switch {
		case c >= '0' && c <= '9' || c >= 'A' && c <= 'Z':
			body, signs = body+string(c), 0
			next := byte(' ')
			if i+1 < len(text) {
				next = text[i+1]
			}
			if whole(next) && isTax(prefix, body) {
				return body
			}
		case strings.IndexByte(" .-/", c) >= 0:
			signs++
		default:
			return ""
		}
	}
	return ""
}

// whole reports that a number may end before the sign.
func whole(next byte) bool {
	return (next < '0' || next > '9') && (next < 'A' || next > 'Z') && (next < 'a' || next > 'z')
}

func isTax(prefix, body string) bool {
	for _, t := range taxes {
		if t.prefix == prefix && t.form.MatchString(body) {
			return t.valid(body)
		}
	}
	return false
}

// labelled are numbers that stand without their country's prefix behind words that only this country uses for it.
var labelled = []struct { //nolint:gochecknoglobals // a constant table
	prefix string
	form   *regexp.Regexp
}{
	{"IT", regexp.MustCompile(`(?i)\b(?:p(?:artita|art)?\.? ?iva)[^0-9\n]{0,20}(\d{11})\b`)},
	{"ES", regexp.MustCompile(`\b(?i:c\.?i\.?f\.?|n\.?i\.?f\.?)[^A-Z0-9\n]{0,6}([A-Z][- .]?\d{2}[. ]?\d{3}[. ]?\d{2}[- .]?[0-9A-J])\b`)},
	{"PT", regexp.MustCompile(`(?i)\b(?:nipc|contribuinte|nif)[^0-9\n]{0,12}(\d{3} ?\d{3} ?\d{3})\b`)},
	{"PL", regexp.MustCompile(`\bNIP[^0-9\n]{0,6}(\d{3}[- ]?\d{2,3}[- ]?\d{2}[- ]?\d{2,3})\b`)},
	{"DK", regexp.MustCompile(`(?i)\bcvr[^0-9\n]{0,12}((?:\d ?){7}\d)\b`)},
	{"GB", regexp.MustCompile(`(?i)\bvat (?:registration |reg\.? )?(?:no|number|nr)[^0-9\n]{0,12}(\d{3} ?\d{4} ?\d{2})\b`)},
	{"BE", regexp.MustCompile(`(?i)\b(?:btw|tva)[^0-9\n]{0,12}([01]\d{3}[. ]?\d{3}[. ]?\d{3})\b`)},
}

func labelledTax(text string) string {
	for _, l := range labelled {
		for _, m := range l.form.FindAllStringSubmatch(text, maxFinds) {
			if body := compact(m[1]); isTax(l.prefix, body) {
				return l.prefix + body
			}
		}
	}
	return ""
}

// compact leaves out what stands between letters and digits.
func compact(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, s)
}
