package dedup

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// sep parts what a form is made of; no folded value has it.
const sep = "\x1f"

// form is a value as it is compared: as it was written, and in the one form of all that a person takes for the same. Both are empty for
// an empty value, and normal alone for one that is none of its kind, as an address without an @.
type form struct{ written, normal string }

// formOf brings a value to its form.
func formOf(m Match, value string) form {
	value = strings.TrimSpace(value)
	if len(value) > maxForm {
		cut := maxForm
		for !utf8.RuneStart(value[cut]) {
			cut--
		}
		value = value[:cut]
	}
	if value == "" {
		return form{}
	}
	f := form{written: value}
	switch m {
	case Email:
		f.normal = emailForm(value)
	case Domain:
		f.normal = kernel.Fold(kernel.DomainOf(value))
	case Phone:
		f.normal = phoneForm(value)
	case Name:
		f.normal = nameForm(value)
	case Company:
		f.normal = companyForm(value)
	case Text:
		f.normal = strings.Join(tokens(value), " ")
	default:
		f.normal = value
	}
	return f
}

// plainSigns leaves out what is within words and writes the signs for and.
var plainSigns = strings.NewReplacer("'", "", "’", "", ".", "", "&", " and ", "+", " and ") //nolint:gochecknoglobals // a table

// tokens are the words of a folded text, without punctuation.
func tokens(s string) []string {
	return strings.FieldsFunc(plainSigns.Replace(kernel.Fold(s)), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
}

// emailForm is local part and domain: what comes after a + doesn't count, nor do dots at Gmail.
func emailForm(s string) string {
	local, domain, ok := strings.Cut(kernel.Fold(s), "@")
	domain = strings.Trim(domain, ".> ")
	local, _, _ = strings.Cut(strings.TrimLeft(local, "< "), "+")
	if !ok || local == "" || !strings.Contains(domain, ".") || strings.ContainsAny(domain, "@ ") {
		return ""
	}
	if domain == "googlemail.com" {
		domain = "gmail.com"
	}
	if domain == "gmail.com" {
		local = strings.ReplaceAll(local, ".", "")
	}
	return local + sep + domain
}

// leastDigits is how many digits a number has that tells anything.
const leastDigits = 5

// phoneForm is the digits of a number without zeros in front; its extension doesn't count.
func phoneForm(s string) string {
	number, _ := kernel.CutExtension(s)
	number = strings.ReplaceAll(number, "(0)", "")
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, number)
	if digits = strings.TrimLeft(digits, "0"); len(digits) < leastDigits {
		return ""
	}
	return digits
}

// nameForm is a person's first names, last name and generation.
func nameForm(s string) string {
	last, first, turned := strings.Cut(s, ",")
	if turned && len(tokens(first)) > 0 && generations[strings.Join(tokens(first), "")] == "" {
		s = first + " " + last
	}
	var names []string
	generation := ""
	for _, w := range tokens(s) {
		switch g, ok := generations[w]; {
		case ok && len(names) > 0:
			generation = g
		case !titles[w]:
			names = append(names, w)
		}
	}
	if len(names) == 0 {
		return ""
	}
	end := len(names) - 1
	return strings.Join(names[:end], " ") + sep + names[end] + sep + generation
}

// nameParts are the first name, the last name and the generation of a name's form.
func nameParts(normal string) (first, last, generation string) {
	first, rest, _ := strings.Cut(normal, sep)
	last, generation, _ = strings.Cut(rest, sep)
	first, _, _ = strings.Cut(first, " ")
	return first, last, generation
}

// companyForm is a company's name without its legal form.
func companyForm(s string) string {
	rest := tokens(s)
	for len(rest) > 1 && (legalForms[rest[len(rest)-1]] || rest[len(rest)-1] == "and") { // "and" as of "& Co."
		rest = rest[:len(rest)-1]
	}
	if len(rest) > 1 && rest[0] == "the" {
		rest = rest[1:]
	}
	return strings.Join(rest, " ")
}

// soundCode is the Soundex code of a word (US National Archives); of a word in other letters its first four.
func soundCode(w string) string {
	const codes = "01230120022455012623010202" // of a to z
	if w == "" {
		return ""
	}
	for i := range len(w) {
		if w[i] < 'a' || w[i] > 'z' {
			r := []rune(w)
			return string(r[:min(len(r), 4)])
		}
	}
	out := []byte{w[0]}
	before := codes[w[0]-'a']
	for i := 1; i < len(w) && len(out) < 4; i++ {
		c := codes[w[i]-'a']
		if c != '0' && c != before {
			out = append(out, c)
		}
		if w[i] != 'h' && w[i] != 'w' {
			before = c
		}
	}
	return string(out)
}

// head is the first n letters of a text.
func head(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
