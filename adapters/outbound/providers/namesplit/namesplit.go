// Package namesplit takes a person's full name apart and writes it in its proper case.
package namesplit

import (
	"context"
	"regexp"
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
		Slug:     Slug,
		Name:     "Name split",
		Category: "person",
		Description: "Splits a full name into title, first, middle and last name, writes it in proper case and makes a gender-neutral " +
			"salutation.",
		Inputs: []enrichment.Field{{Name: "name", Label: "Full name", Type: enrichment.FieldText, Required: true}},
		Outputs: []enrichment.Field{
			text("first_name", "First name"), text("middle_name", "Middle name"), text("last_name", "Last name"), text("title", "Title"),
			text("suffix", "Suffix"),
			text("full_name", "Full name"), text("initials", "Initials"), text("salutation", "Salutation"),
		},
		Auth:       enrichment.AuthNone,
		Idempotent: true,
		Limits:     enrichment.RateLimits{Concurrency: 64},
		Terms:      "Runs here; nothing leaves this machine.",
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
	sure, by := 0.9, []enrichment.Evidence{enrichment.ByInput}
	if n.last == "" || n.middle != "" { // where one part ends and the next begins is a guess
		sure, by = 0.6, nil
	}
	return enrichment.Reply{Outputs: out, Confidence: &sure, VerifiedBy: by}, nil
}

// Split takes a full name apart; both are empty if it is none.
func Split(full string) (first, last string) {
	n, ok := parse(full)
	if !ok {
		return "", ""
	}
	return n.first, n.last
}

type name struct{ title, first, middle, last, suffix string }

const maxChars = 200

// parse reads "Title First Middle Last, Suffix" and "Last, First Middle", in which the particles of the last name may stand at the end.
func parse(s string) (name, bool) {
	s = tidy(s)
	if s == "" || utf8.RuneCountInString(s) > maxChars {
		return name{}, false
	}
	var n name
	parts, suffix := cutParts(s)
	words := strings.Fields(parts[0])
	shout := isShout(s)
	words, title := cutTitles(words)
	words, tail, also := cutSuffixes(words, shout)
	if title != "" { // a title at both ends: the one behind is as good as a suffix
		tail, also = join(also, tail), ""
	}
	n.title, n.suffix = join(title, also), join(tail, suffix)
	last := -1
	if len(parts) > 1 {
		given, more := cutTitles(strings.Fields(strings.Join(parts[1:], " ")))
		given, tail, also := cutSuffixes(given, shout)
		n.title, n.suffix = join(n.title, more, also), join(tail, n.suffix)
		given, particles := cutParticles(given)
		family := append(particles, words...)
		if len(given) == 0 || len(words) == 0 {
			return name{}, false
		}
		words, last = append(given, family...), len(given)
	}
	if len(words) == 0 || !letters(words) || strings.ContainsAny(strings.Join(words, " "), "@<>{}[]|/\\=0123456789") {
		return name{}, false
	}
	if last < 0 {
		words, last = familyOf(words, n.title, shout)
	}
	n.place(words, last, shout)
	n.title = oneTitle(n.title)
	return n, true
}

// tidy takes away what came along unseen, and nicknames in quotes or brackets.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFC.String(s))
	return strings.Join(strings.Fields(nickname.ReplaceAllString(s, "$1 ")), " ")
}

var nickname = regexp.MustCompile(`(^|\s)(?:"[^"]*"|\([^)]*\)|“[^”]*”|„[^“]*“)`)

// cutParts splits at commas and takes off the parts that are degrees and their like, and what somebody does.
func cutParts(s string) (parts []string, suffix string) {
	for i, part := range strings.Split(s, ",") {
		part = strings.TrimSpace(part)
		words := strings.Fields(part)
		all := len(words) > 0
		for _, w := range words {
			all = all && isSuffix(w, true)
		}
		switch {
		case i > 0 && all:
			suffix = join(suffix, part)
		case len(strings.Fields(strings.Join(parts, " "))) > 1 && isJob(words):
		case part != "":
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		parts = []string{""}
	}
	return parts, suffix
}

// isShout reports whether the name is written in capitals only, so that they say nothing.
func isShout(s string) bool {
	return s == strings.ToUpper(s) && s != strings.ToLower(s)
}

// place puts words into first, middle and last name; the last name begins at the index.
func (n *name) place(words []string, last int, shout bool) {
	turkish := strings.ContainsAny(strings.Join(words, " "), "İıŞşĞğ")
	for i := range words {
		words[i] = casing{turkish: turkish, shout: shout, particle: i >= last && i < len(words)-1}.proper(words[i])
	}
	if last > 0 {
		n.first = words[0]
	}
	if last > 1 {
		n.middle = strings.Join(words[1:last], " ")
	}
	if last < len(words) {
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

func particle(w string) bool {
	switch strings.ToLower(w) {
	case "van", "von", "vom", "zu", "zur", "de", "del", "della", "der", "den", "di", "da", "dos", "du", "la", "le", "ten", "ter", "bin",
		"ibn", "al", "el", "af", "av", "san", "st.":
		return true
	default:
		return false
	}
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
	if n.first == "" && len(titles) == 0 {
		return "Dear " + join(n.title, n.last)
	}
	if len(titles) > 0 && n.last != "" {
		return "Dear " + join(strings.Join(titles, " "), n.last)
	}
	return "Dear " + join(n.first, n.last)
}
