// Package companyname brings company names into one form: without legal suffixes, in proper case.
package companyname

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"github.com/morket/morket/domain/enrichment"
)

// Slug names the provider.
const Slug = "company_name_normalise"

// Provider normalises by rules.
type Provider struct{}

// New makes the provider.
func New() Provider { return Provider{} }

// Describe implements enrichment.Caller.
func (Provider) Describe() enrichment.Provider {
	text := func(name, label string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldText}
	}
	return enrichment.Provider{
		Slug:        Slug,
		Name:        "Company name normalise",
		Category:    "company",
		Description: "Takes the legal form off a company's name and writes it in proper case, with a key for comparing names.",
		Inputs:      []enrichment.Field{{Name: "company", Label: "Company", Type: enrichment.FieldText, Required: true}},
		Outputs:     []enrichment.Field{text("name", "Name"), text("legal_form", "Legal form"), text("key", "Key for comparing")},
		Auth:        enrichment.AuthNone,
		Idempotent:  true,
		Limits:      enrichment.RateLimits{Concurrency: 64},
		Terms:       "Runs here; nothing leaves this machine.",
	}
}

// Call implements enrichment.Caller.
func (Provider) Call(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
	name, form := Normalise(req.Inputs["company"])
	if name == "" {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "this is not a company's name")
	}
	out := map[string]any{"name": name, "key": Key(name)}
	if form != "" {
		out["legal_form"] = form
	}
	sure := 0.9
	return enrichment.Reply{Outputs: out, Confidence: &sure, VerifiedBy: []enrichment.Evidence{enrichment.ByInput}}, nil
}

const maxChars = 300

// Normalise returns the name without its legal form, in proper case, and the legal form as it was written. What is nothing but a form is
// the name: some companies are called so.
func Normalise(s string) (name, form string) {
	s = tidy(s)
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxChars ||
		!strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return "", ""
	}
	the := ""
	if rest, ok := strings.CutSuffix(s, " (The)"); ok { // the form of registers: "Coca-Cola Company (The)"
		s, the = rest, "The "
	}
	s, glued := unglue(s)
	words := strings.Fields(s)
	words, after := cutAfter(words)
	words, before := cutBefore(words, after)
	name = strings.Join(words, " ")
	if trimmed := strings.TrimRight(name, " ,;-&+"); trimmed != "" {
		name = trimmed
	}
	form = strings.Join(strings.Fields(before+" "+glued+" "+after), " ")
	return the + proper(unquote(name)), strings.Trim(form, " ,")
}

// tidy brings white space, full-width signs and composed characters into one form, and sets apart what is glued by a comma or a bracket.
func tidy(s string) string {
	s = norm.NFC.String(width.Fold.String(s))
	for from, to := range map[string]string{"㈱": "(株)", "㈲": "(有)", "㈜": "(주)"} {
		s = strings.ReplaceAll(s, from, to)
	}
	var b strings.Builder
	var before rune
	for _, r := range s {
		if (before == ',' || before == ')') && unicode.IsLetter(r) && !eastAsian(r) {
			b.WriteByte(' ')
		}
		if unicode.Is(unicode.Cf, r) {
			continue
		}
		b.WriteRune(r)
		before = r
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func eastAsian(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// cutAfter takes the longest legal form off the end that leaves a name. A form that follows "and" is a part of the name: Hotel & Spa.
func cutAfter(words []string) (rest []string, form string) {
	for n := min(6, len(words)-1); n > 0; n-- {
		end := len(words) - n
		if !legal(words[end:]) || conjunction(words[end-1]) || article(words[:end]) || isSpa(words, end) {
			continue
		}
		return words[:end], strings.Join(words[end:], " ")
	}
	return words, ""
}

// cutBefore takes a legal form off the beginning, where some countries write it.
func cutBefore(words []string, after string) (rest []string, form string) {
	for n := min(3, len(words)-1); n > 0; n-- {
		key := keyOf(words[:n])
		dotted := n == 1 && strings.Count(words[0], ".") > 1 && dottedPrefixes[key]
		if prefixes[key] || dotted || key == "sc" && after != "" { // Romania: S.C. … S.R.L.
			return words[n:], strings.Join(words[:n], " ")
		}
	}
	return words, ""
}

// unglue takes off a form that is written without a space: in East Asian scripts, or told apart by its capitals.
func unglue(s string) (rest, form string) {
	for _, f := range gluedForms() {
		if r, ok := strings.CutSuffix(s, f); ok && strings.TrimSpace(r) != "" {
			return strings.TrimSpace(r), f
		}
		if r, ok := strings.CutPrefix(s, f); ok && strings.TrimSpace(r) != "" {
			return strings.TrimSpace(r), f
		}
	}
	for _, f := range []string{"GmbH", "LLC", "Ltd.", "Ltd", "SpA", "Inc.", "PLC"} {
		r, ok := strings.CutSuffix(s, f)
		last, _ := utf8.DecodeLastRuneInString(r)
		if ok && utf8.RuneCountInString(r) > 2 && unicode.IsLower(last) {
			return r, f
		}
	}
	return s, ""
}

// unquote takes off quotation marks around the whole name.
func unquote(s string) string {
	for _, q := range []string{"«»", "„“", "“”", "\"\"", "''", "‚‘", "‹›", "『』", "「」"} {
		r := []rune(q)
		open, shut := string(r[0]), string(r[1])
		if inner, ok := strings.CutPrefix(s, open); ok {
			if inner, ok = strings.CutSuffix(inner, shut); ok && inner != "" && !strings.Contains(inner, open) {
				return strings.TrimSpace(inner)
			}
		}
	}
	return s
}

// proper writes a name that is all capitals or all small in proper case; short capitals such as IBM stay.
func proper(s string) string {
	upper, lower := strings.ToUpper(s), strings.ToLower(s)
	if s != upper && s != lower {
		return s
	}
	words := strings.Fields(s)
	for i, w := range words {
		if s == upper && len(words) == 1 && utf8.RuneCountInString(w) <= 4 || strings.ContainsAny(w, "0123456789&") {
			continue
		}
		l := strings.ToLower(w)
		if i > 0 && small(l) {
			words[i] = l
			continue
		}
		var b strings.Builder
		start := true
		for _, r := range l {
			if start {
				r = unicode.ToTitle(r)
			}
			b.WriteRune(r)
			start = r == '-' || r == '.' || r == '/'
		}
		words[i] = b.String()
	}
	return strings.Join(words, " ")
}

func small(w string) bool {
	switch w {
	case "and", "of", "the", "for", "de", "du", "des", "und", "der", "van", "y", "e", "et", "di":
		return true
	default:
		return false
	}
}

// Key reduces a name to what two spellings of it have in common: letters and digits, without accents, & as and, without a leading The.
func Key(name string) string {
	name = strings.ToLower(norm.NFD.String(strings.ReplaceAll(name, "&", " and ")))
	name = strings.TrimPrefix(strings.TrimSpace(name), "the ")
	var b strings.Builder
	for _, r := range name {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		case r == 'ß':
			b.WriteString("ss")
		}
	}
	return b.String()
}
