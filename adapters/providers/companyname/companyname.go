// Package companyname brings company names into one form: without legal suffixes, in proper case.
package companyname

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

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
		Slug: Slug, Name: "Company name normalise", Category: "company",
		Description: "Takes the legal form off a company's name and writes it in proper case, with a key for comparing names.",
		Inputs:      []enrichment.Field{{Name: "company", Label: "Company", Type: enrichment.FieldText, Required: true}},
		Outputs:     []enrichment.Field{text("name", "Name"), text("legal_form", "Legal form"), text("key", "Key for comparing")},
		Auth:        enrichment.AuthNone, Idempotent: true, Limits: enrichment.RateLimits{Concurrency: 64}, Terms: "Runs here; nothing leaves this machine.",
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
	return enrichment.Reply{Outputs: out, Confidence: &sure}, nil
}

const maxChars = 300

// Normalise returns the name without its legal form, in proper case, and the legal form as it was written.
func Normalise(s string) (name, form string) {
	s = strings.Join(strings.Fields(norm.NFC.String(s)), " ")
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > maxChars || !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return "", ""
	}
	the := ""
	if rest, ok := strings.CutSuffix(s, " (The)"); ok { // the form of registers: "Coca-Cola Company (The)"
		s, the = rest, "The "
	}
	words := strings.Fields(s)
	end := len(words)
	for n := min(5, end-1); n > 0; n-- { // the longest form that leaves a name
		if legal(strings.Join(words[end-n:], " ")) {
			form, end = strings.Join(words[end-n:], " "), end-n
			break
		}
	}
	name = strings.TrimRight(strings.Join(words[:end], " "), " ,;-&+")
	return the + proper(name), strings.Trim(form, " ,")
}

// legal reports whether the text is nothing but a legal form.
func legal(s string) bool {
	key := strings.Map(func(r rune) rune {
		if strings.ContainsRune(".,()", r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
	key = strings.Join(strings.Fields(key), " ")
	switch key {
	case "inc", "incorporated", "corp", "corporation", "co", "company", "llc", "l l c", "ltd", "limited", "plc", "lp", "llp", "lllp", "pllc", "pc", "pbc",
		"co ltd", "co inc", "company inc", "company limited", "& co", "and company", "& company", "& co ltd", "& co inc",
		"gmbh", "mbh", "ag", "kg", "kgaa", "ohg", "gbr", "ug", "ug haftungsbeschränkt", "se", "ev", "eg", "gmbh & co kg", "gmbh & co kgaa", "ag & co kg", "ag & co kgaa", "se & co kgaa", "& co kg", "ggmbh",
		"sa", "sas", "sasu", "sarl", "s à r l", "sàrl", "eurl", "snc", "sci", "sca", "sprl", "bvba", "srl", "spa", "s p a", "sapa",
		"bv", "nv", "vof", "cv", "ab", "as", "asa", "aps", "a/s", "oy", "oyj", "oü", "kk", "kabushiki kaisha", "pty", "pty ltd", "pte", "pte ltd", "pvt ltd", "private limited",
		"sl", "slu", "sau", "sociedad anonima", "lda", "ltda", "eireli", "sro", "as sro", "doo", "dd", "kft", "zrt", "nyrt", "sp z oo", "spółka akcyjna", "ood", "ead", "ooo", "pao", "oao", "zao",
		"sa de cv", "sab de cv", "s de rl de cv", "bhd", "sdn bhd", "tbk", "pt", "jsc", "pjsc", "wll", "fzco", "fze":
		return true
	default:
		return false
	}
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
