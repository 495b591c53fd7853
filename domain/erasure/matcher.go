package erasure

import (
	"slices"
	"strings"
)

// Erased stands in the place of what was erased out of a text.
const Erased = "[erased]"

// Matcher finds what is about a person in texts. It is not safe for concurrent use.
type Matcher struct {
	hash Hash
	keys map[Key]bool
}

// NewMatcher makes a matcher of the keys.
func NewMatcher(hash Hash, keys []Key) *Matcher {
	m := &Matcher{hash: hash, keys: make(map[Key]bool, len(keys))}
	for _, k := range keys {
		m.keys[k] = true
	}
	return m
}

// Empty reports whether it looks for nothing.
func (m *Matcher) Empty() bool { return len(m.keys) == 0 }

// Has reports whether the value is one that is looked for.
func (m *Matcher) Has(kind Kind, value string) bool {
	if len(m.keys) == 0 {
		return false
	}
	k := m.hash.Keyed(kind, value)
	return k != "" && m.keys[k]
}

// Tokens returns the keys of the email addresses and phone numbers in a text.
func (m *Matcher) Tokens(text string) (out []Key) {
	for _, t := range tokens(text) {
		if k := m.hash.Keyed(t.kind, t.Of(text)); k != "" {
			out = append(out, k)
		}
	}
	return out
}

type token struct {
	Span

	kind Kind
}

// tokens are the addresses and numbers of a text in their order. A number within an address is none of its own.
func tokens(text string) (out []token) {
	mails := Emails(text)
	for _, s := range mails {
		out = append(out, token{s, Email})
	}
	if !digitsEnough(text) {
		return out
	}
	for _, s := range Phones(text) {
		inside := false
		for _, m := range mails {
			inside = inside || s.From < m.To && m.From < s.To
		}
		if !inside {
			out = append(out, token{s, Phone})
		}
	}
	return out
}

// digitsEnough keeps most texts from being looked through for numbers.
func digitsEnough(text string) bool {
	n := 0
	for i := range len(text) {
		if isDigit(text[i]) {
			if n++; n == minDigits {
				return true
			}
		}
	}
	return false
}

// Mentions reports whether the text has one of the addresses or numbers.
func (m *Matcher) Mentions(text string) bool {
	if len(m.keys) == 0 {
		return false
	}
	for _, k := range m.Tokens(text) {
		if m.keys[k] {
			return true
		}
	}
	return false
}

// MentionsEscaped is Mentions for text that may be JSON, or hold some: there a line's end before an address looks like a letter of it.
func (m *Matcher) MentionsEscaped(text string) bool {
	if strings.IndexByte(text, '\\') >= 0 {
		text = escapes.Replace(text)
	}
	return m.Mentions(text)
}

// escapes are those that Go and Postgres write into JSON.
var escapes = strings.NewReplacer( //nolint:gochecknoglobals // a table
	`\n`, " ", `\t`, " ", `\r`, " ", `\u0026`, "&", `\u003c`, "<", `\u003e`, ">", `\\`, `\`)

// Is reports whether the whole text is one of the addresses or numbers.
func (m *Matcher) Is(text string) bool {
	if len(m.keys) == 0 {
		return false
	}
	trimmed := strings.TrimSpace(text)
	found := tokens(trimmed)
	return len(found) == 1 && found[0].Span == (Span{0, len(trimmed)}) && m.Has(found[0].kind, trimmed)
}

// Redact replaces the addresses and numbers in a text; false if there are none.
func (m *Matcher) Redact(text string) (string, bool) {
	if len(m.keys) == 0 {
		return text, false
	}
	var spans []Span
	for _, t := range tokens(text) {
		if m.Has(t.kind, t.Of(text)) {
			spans = append(spans, t.Span)
		}
	}
	if len(spans) == 0 {
		return text, false
	}
	var b strings.Builder
	at := 0
	for _, s := range sorted(spans) {
		b.WriteString(text[at:s.From])
		b.WriteString(Erased)
		at = s.To
	}
	b.WriteString(text[at:])
	return b.String(), true
}

func sorted(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return a.From - b.From })
	return spans
}
