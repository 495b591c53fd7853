package phonenormalise

import (
	"slices"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"

	"github.com/morket/morket/domain/kernel"
)

// maxInput is the longest that libphonenumber parses.
const maxInput = 250

// parse reads one number with its extension, or says why it is none. What stands behind a number and is no extension is never made
// part of it: two numbers in one text, or letters, would make a third one.
func parse(in, region string) (n *phonenumbers.PhoneNumber, refused string) {
	text := plain(in)
	number, extension := kernel.CutExtension(text)
	if twoNumbers(number, region) {
		return nil, "it holds two numbers; keep one"
	}
	n, err := phonenumbers.Parse(number, region)
	if err != nil {
		return nil, "it is not a phone number"
	}
	if strings.ContainsFunc(strings.TrimPrefix(strings.ToLower(number), "tel:"), unicode.IsLetter) && !vanity(number, region, n) {
		return nil, "it holds letters that are not part of a number"
	}
	if extension != "" {
		n.Extension = &extension
	}
	return n, ""
}

// plain brings the signs to their common forms: digits of other scripts, full-width signs, invisible characters, and 00 for +.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsDigit(r) && r > unicode.MaxASCII:
			return '0' + digit(r)
		default:
			return r
		}
	}, norm.NFKC.String(s))
	s = withoutTag(strings.TrimSpace(s))
	if rest, ok := strings.CutPrefix(s, "00"); ok {
		s = "+" + rest
	}
	return s
}

// tags are the words by which people say that a number follows.
var tags = []string{ //nolint:gochecknoglobals // a constant table
	"telephone", "telefon", "teléfono", "telefono", "telefone", "téléphone", "telefoon", "puhelin", "phone", "mobile", "mobil", "móvil",
	"cellphone", "cell", "handy", "office", "direct", "work", "home",
	"tel", "tél", "tlf", "mob", "ph", "t", "m", "p",
}

// withoutTag takes off a tag with its sign, "Tel.: ". What is left must begin like a number.
func withoutTag(s string) string {
	word := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	if word <= 0 || !slices.Contains(tags, strings.ToLower(s[:word])) {
		return s
	}
	rest := strings.TrimLeft(s[word:], ".:\u00a0 ")
	if len(rest) == len(s[word:]) || rest == "" || !strings.ContainsRune("+(0123456789", rune(rest[0])) ||
		strings.HasPrefix(strings.ToLower(s), "tel:") {
		return s // tel: is the sign of RFC 3966, which libphonenumber reads
	}
	return rest
}

// digit is the value of a decimal digit of any script: they stand in runs of ten, each of which begins with zero.
func digit(r rune) rune {
	v := rune(0)
	for v < 9 && unicode.IsDigit(r-v-1) { //nolint:mnd // of ten digits
		v++
	}
	return v
}

// twoNumbers reports whether a whole number stands before a sign by which people list several, and more digits after it. A slash after
// an area code has no whole number before it.
func twoNumbers(s, region string) bool {
	for i, r := range s {
		if !strings.ContainsRune("/,;|&", r) || !strings.ContainsAny(s[i:], "0123456789") {
			continue
		}
		if n, err := phonenumbers.Parse(s[:i], region); err == nil && phonenumbers.IsValidNumber(n) {
			return true
		}
	}
	return false
}

// vanity reports whether the letters stand for digits, as in 1-800-FLOWERS: only where numbers are written so, and never behind
// digits that are a number already.
func vanity(s, region string, n *phonenumbers.PhoneNumber) bool {
	first := strings.IndexFunc(s, unicode.IsLetter)
	if before, err := phonenumbers.Parse(s[:first], region); err == nil && phonenumbers.IsPossibleNumber(before) {
		return false
	}
	if !phonenumbers.IsValidNumber(n) {
		return false
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.TOLL_FREE, phonenumbers.SHARED_COST, phonenumbers.PREMIUM_RATE, phonenumbers.UAN:
		return true
	default:
		return n.GetCountryCode() == 1 // North America, where any number may be
	}
}
