// Package namesplit takes a person's full name apart and writes it in its proper case.
package namesplit

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/morket/morket/domain/enrichment"
)

// Slug names the provider.
const Slug = "name_split"

// Provider splits names by rules; it knows no names and guesses no gender.
type Provider struct{}

// New makes the provider.
func New() Provider { return Provider{} }

// Describe implements enrichment.Caller.
func (Provider) Describe() enrichment.Provider {
	text := func(name, label string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldText}
	}
	return enrichment.Provider{
		Slug: Slug, Name: "Name split", Category: "person",
		Description: "Splits a full name into title, first, middle and last name, writes it in proper case and makes a gender-neutral salutation.",
		Inputs:      []enrichment.Field{{Name: "name", Label: "Full name", Type: enrichment.FieldText, Required: true}},
		Outputs: []enrichment.Field{
			text("first_name", "First name"), text("middle_name", "Middle name"), text("last_name", "Last name"), text("title", "Title"), text("suffix", "Suffix"),
			text("full_name", "Full name"), text("initials", "Initials"), text("salutation", "Salutation"),
		},
		Auth: enrichment.AuthNone, Idempotent: true, Limits: enrichment.RateLimits{Concurrency: 64}, Terms: "Runs here; nothing leaves this machine.",
	}
}

// Call implements enrichment.Caller.
func (Provider) Call(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
	n, ok := parse(req.Inputs["name"])
	if !ok {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "this is not a person's name")
	}
	out := map[string]any{}
	for k, v := range map[string]string{
		"first_name": n.first, "middle_name": n.middle, "last_name": n.last, "title": n.title, "suffix": n.suffix,
		"full_name": join(n.first, n.middle, n.last), "initials": initials(n.first, n.last), "salutation": salutation(n),
	} {
		if v != "" {
			out[k] = v
		}
	}
	sure := 0.9
	if n.last == "" || n.middle != "" {
		sure = 0.6
	}
	return enrichment.Reply{Outputs: out, Confidence: &sure}, nil
}

type name struct{ title, first, middle, last, suffix string }

const maxChars = 200

// parse reads "Title First Middle Last, Suffix" and "Last, First Middle".
func parse(s string) (name, bool) {
	s = strings.Join(strings.Fields(norm.NFC.String(s)), " ")
	if s == "" || utf8.RuneCountInString(s) > maxChars || strings.ContainsAny(s, "@<>{}[]|/\\=0123456789") {
		return name{}, false
	}
	var n name
	s, n.suffix = cutSuffix(s)
	if last, rest, ok := strings.Cut(s, ","); ok {
		s = strings.TrimSpace(rest) + " " + strings.TrimSpace(last)
		words := strings.Fields(s)
		lastWords := len(strings.Fields(last))
		words, n.title = cutTitles(words)
		if len(words) <= lastWords {
			return name{}, false
		}
		n.place(words, len(words)-lastWords)
		return n, true
	}
	words, title := cutTitles(strings.Fields(s))
	n.title = title
	if len(words) == 0 || !letters(words) {
		return name{}, false
	}
	n.place(words, lastAt(words))
	return n, true
}

// place puts words into first, middle and last name; the last name begins at the index.
func (n *name) place(words []string, last int) {
	for i := range words {
		words[i] = proper(words[i], i >= last && i < len(words)-1)
	}
	n.first = words[0]
	if last > 1 {
		n.middle = strings.Join(words[1:last], " ")
	}
	if last < len(words) && last > 0 {
		n.last = strings.Join(words[last:], " ")
	}
}

func letters(words []string) bool {
	for _, w := range words {
		if strings.ContainsFunc(w, unicode.IsLetter) {
			return true
		}
	}
	return false
}

// lastAt is where the last name begins: at its particles ("van der Berg"), else at the last word.
func lastAt(words []string) int {
	for i := 1; i < len(words)-1; i++ {
		if particle(words[i]) {
			return i
		}
	}
	return max(1, len(words)-1)
}

func particle(w string) bool {
	switch strings.ToLower(w) {
	case "van", "von", "vom", "zu", "zur", "de", "del", "della", "der", "den", "di", "da", "dos", "du", "la", "le", "ten", "ter", "bin", "ibn", "al", "el", "af", "av", "san", "st.":
		return true
	default:
		return false
	}
}

func cutTitles(words []string) (rest []string, title string) {
	var titles []string
	for len(words) > 1 {
		switch strings.ToLower(strings.TrimSuffix(words[0], ".")) {
		case "dr", "prof", "mr", "mrs", "ms", "miss", "mx", "sir", "dame", "rev", "hon", "ing", "dipl.-ing", "mag", "herr", "frau", "monsieur", "madame", "m", "mme", "don", "doña", "señor", "señora":
			if len(words[0]) == 1 { // an initial, not a title
				return words, strings.Join(titles, " ")
			}
			titles = append(titles, strings.ToUpper(words[0][:1])+strings.ToLower(words[0][1:]))
			words = words[1:]
		default:
			return words, strings.Join(titles, " ")
		}
	}
	return words, strings.Join(titles, " ")
}

// cutSuffix takes "Jr.", "III", "PhD" and their like off the end.
func cutSuffix(s string) (rest, suffix string) {
	for {
		i := strings.LastIndexAny(s, " ,")
		if i < 0 {
			return s, suffix
		}
		w := s[i+1:]
		switch strings.ToLower(strings.ReplaceAll(w, ".", "")) {
		case "jr", "sr", "ii", "iii", "iv", "phd", "md", "mba", "esq", "cpa", "cfa", "msc", "bsc", "ma", "llm", "jd":
			suffix = strings.TrimSpace(w + " " + suffix)
			s = strings.TrimRight(s[:i], " ,")
		default:
			return s, suffix
		}
	}
}

// proper writes a word that is all upper or all lower case as a name; one in mixed case (McDonald, DiCaprio) is left as its bearer writes it.
func proper(w string, inLast bool) string {
	upper, lower := strings.ToUpper(w), strings.ToLower(w)
	if w != upper && w != lower || utf8.RuneCountInString(w) <= 1 && w == upper {
		return w
	}
	if inLast && particle(w) {
		return lower
	}
	var b strings.Builder
	start := true
	for _, r := range lower {
		if start {
			r = unicode.ToTitle(r)
		}
		b.WriteRune(r)
		start = r == '-' || r == '\'' || r == '’'
	}
	out := b.String()
	if strings.HasPrefix(out, "Mc") && utf8.RuneCountInString(out) > 3 {
		r, n := utf8.DecodeRuneInString(out[2:])
		out = "Mc" + string(unicode.ToTitle(r)) + out[2+n:]
	}
	return out
}

func join(parts ...string) string {
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

func initials(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		for _, w := range strings.Fields(p) {
			if r, _ := utf8.DecodeRuneInString(w); unicode.IsUpper(r) {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// salutation addresses a person without saying whether it is a man or a woman.
func salutation(n name) string {
	var titles []string
	for _, t := range strings.Fields(n.title) {
		if l := strings.ToLower(strings.TrimSuffix(t, ".")); l == "dr" || l == "prof" {
			titles = append(titles, t)
		}
	}
	if len(titles) > 0 && n.last != "" {
		return "Dear " + join(strings.Join(titles, " "), n.last)
	}
	return "Dear " + join(n.first, n.last)
}
