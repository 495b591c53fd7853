package table

import (
	"crypto/sha256"
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"github.com/morket/morket/domain/kernel"
)

// Comparison is as what the keys of a lookup are compared.
type Comparison string

// The comparisons.
const (
	AsText   Comparison = "text"   // folded, without blanks around and with single ones within
	AsEmail  Comparison = "email"  // without the case of letters
	AsDomain Comparison = "domain" // the domain of a web address or an email address, without www
	AsPhone  Comparison = "phone"  // the digits, with a country code as +41 and 0041 alike
	AsNumber Comparison = "number" // by value
	AsDate   Comparison = "date"   // the day
)

// Comparisons returns every Comparison.
func Comparisons() []Comparison {
	return []Comparison{AsText, AsEmail, AsDomain, AsPhone, AsNumber, AsDate}
}

// Known reports whether it is one of Comparisons.
func (c Comparison) Known() bool {
	for _, k := range Comparisons() {
		if k == c {
			return true
		}
	}
	return false
}

// Comparing is the comparison that fits the types of two columns.
func Comparing(a, b Type) Comparison {
	either := func(t Type) bool { return a == t || b == t }
	both := func(fits func(Type) bool) bool { return fits(a) && fits(b) }
	switch {
	case both(Type.Numeric):
		return AsNumber
	case both(func(t Type) bool { return t == Date || t == DateTime }):
		return AsDate
	case either(URL):
		return AsDomain
	case either(Email):
		return AsEmail
	case either(Phone):
		return AsPhone
	default:
		return AsText
	}
}

// matchable reports whether values of the type can be keys.
func (t Type) matchable() bool {
	return t.Textual() || t.Numeric() || t == Date || t == DateTime || t == User || t == RowIDType
}

// Key stands for the values that a comparison takes for the same.
type Key [16]byte

// KeyOf is the key of a canonical value of the type; false for what is none, as an empty cell.
func KeyOf(by Comparison, t Type, v json.RawMessage) (Key, bool) {
	if kernel.IsNull(v) || !t.matchable() {
		return Key{}, false
	}
	form := keyForm(by, strings.TrimSpace(Format(Column{Type: t}, v)))
	if form == "" {
		return Key{}, false
	}
	sum := sha256.Sum256([]byte(form))
	return Key(sum[:16]), true
}

// keyForm is the one form of all texts that the comparison takes for the same; "" for what has none.
func keyForm(by Comparison, s string) string {
	switch by {
	case AsEmail:
		if checkEmail(s) != nil {
			return ""
		}
		return kernel.Fold(s)
	case AsDomain:
		return kernel.Fold(kernel.DomainOf(s))
	case AsPhone:
		return phoneForm(s)
	case AsNumber:
		n, _ := canonicalNumber(s)
		return n
	case AsDate:
		day, _, _ := strings.Cut(s, "T")
		if _, err := time.Parse(dateForm, day); err != nil {
			return ""
		}
		return day
	default:
		return kernel.Fold(strings.Join(strings.Fields(s), " "))
	}
}

// phoneForm is the digits of a number; its extension doesn't count, and 00 before it is a +.
func phoneForm(s string) string {
	number, _ := kernel.CutExtension(s)
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number)
	if strings.ContainsFunc(number, unicode.IsLetter) || len(digits) < 3 {
		return ""
	}
	if rest, abroad := strings.CutPrefix(digits, "00"); abroad {
		return rest
	}
	return strings.ReplaceAll(digits, "+", "")
}
