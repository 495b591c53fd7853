package research

import (
	"encoding/json"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// unsourced is the most that an answer's confidence counts of which a field has no source that was seen.
const unsourced = 0.5

// minLiteral is how many characters a text must have to be found in a quote: shorter ones stand in any text by chance.
const minLiteral = 2

// judge keeps the sources that were seen, and says of each whether it says the field literally. A source is seen if it is a page that was
// read and holds the quote, or a search result. A field is verified if a page that was read says its value within the quote, word by
// word.
func (a *agent) judge(outputs map[string]any, given []source) (kept []source, sourced, verified bool) {
	has, proved := map[string]bool{}, map[string]bool{}
	for _, s := range given {
		at := canonical(s.URL)
		value, filled := outputs[s.Field]
		if at == "" || !filled {
			continue
		}
		text, read := a.read[at]
		quoted := read && s.Quote != "" && strings.Contains(plain(text), plain(s.Quote))
		if !quoted && !a.found[at] {
			continue // made up
		}
		s.URL, s.Verified = at, quoted && says(s.Quote, value)
		kept = append(kept, s)
		has[s.Field], proved[s.Field] = true, proved[s.Field] || s.Verified
	}
	sourced, verified = true, len(outputs) > 0
	for name := range outputs {
		sourced, verified = sourced && has[name], verified && proved[name]
	}
	return kept, sourced, verified
}

// plain is a text as it is compared: folded, with single spaces.
func plain(s string) string { return strings.Join(strings.Fields(kernel.Fold(s)), " ") }

// says reports whether a quote has the value literally. A boolean is never there: a text that means yes is a matter of reading.
func says(quote string, value any) bool {
	switch v := value.(type) {
	case json.Number:
		return slices.ContainsFunc(numbers(quote), func(n *big.Rat) bool {
			want, ok := new(big.Rat).SetString(v.String())
			return ok && n.Cmp(want) == 0
		})
	case []string:
		for _, e := range v {
			if !says(quote, e) {
				return false
			}
		}
		return len(v) > 0
	case bool:
		return false
	default:
		return holds(plain(quote), plain(bare(enrichment.Text(value))))
	}
}

// bare takes from an address what people leave out.
func bare(s string) string {
	for _, scheme := range []string{"https://", "http://"} {
		if rest, ok := strings.CutPrefix(s, scheme); ok {
			return strings.TrimSuffix(strings.TrimPrefix(rest, "www."), "/")
		}
	}
	return s
}

// holds reports whether text has value as whole words.
func holds(text, value string) bool {
	if utf8.RuneCountInString(value) < minLiteral {
		return false
	}
	for from := 0; ; {
		i := strings.Index(text[from:], value)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(value):])
		if !within(before) && !within(after) {
			return true
		}
		from = i + len(value)
	}
}

func within(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }

var numberForm = regexp.MustCompile(`(\d{1,3}(?:[.,' ]\d{3})+)([.,]\d+)?|\d+(?:[.,]\d+)?`)

// digits is a number's text without the marks between its thousands.
func digits(s string) string {
	return strings.NewReplacer(".", "", ",", "", "'", "", " ", "").Replace(s)
}

// numbers are those in a text. "1.200" is read both as twelve hundred and as one and a fifth: only its author knew which.
func numbers(text string) (out []*big.Rat) {
	for _, m := range numberForm.FindAllStringSubmatch(strings.ReplaceAll(text, "\u00a0", " "), -1) {
		forms := []string{strings.ReplaceAll(m[0], ",", ".")}
		if m[1] != "" {
			forms = append(forms, digits(m[1])+strings.ReplaceAll(m[2], ",", "."))
		}
		for _, f := range forms {
			if len(f) > 40 {
				continue
			}
			if n, ok := new(big.Rat).SetString(f); ok {
				out = append(out, n)
			}
		}
	}
	return out
}
