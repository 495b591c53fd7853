package searchview

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// Limits of a query.
const (
	MaxQueryChars = 1_000
	MaxTerms      = 20
	MaxLimit      = 100
	DefaultLimit  = 20
	Window        = 10_000 // rows that can be reached by an offset; search_after goes on from there
	MaxFilter     = 100    // values of one filter
	FacetBuckets  = 20
)

// Fuzziness says how many letters a found word may differ by.
type Fuzziness string

// The fuzzinesses. Auto allows none in words of up to two letters, one in those of up to five, two in longer ones.
const (
	Auto  Fuzziness = "AUTO"
	Exact Fuzziness = "0"
	One   Fuzziness = "1"
	Two   Fuzziness = "2"
)

// Sort says in which order rows are found.
type Sort string

// The orders. ByScore is by how well they match, best first; the others are ascending unless asked otherwise.
const (
	ByScore   Sort = "score"
	ByCreated Sort = "created"
	ByUpdated Sort = "updated"
	ByName    Sort = "name"
)

// Range is a span of time, from inclusive, to exclusive; a zero end is open.
type Range struct{ From, To time.Time }

// Filter picks rows: those that have one of the values of each list that is not empty.
type Filter struct {
	Tables           []kernel.TableID
	Providers        []string
	States           []string
	Tags             []string
	Created, Updated Range
}

// Query is what a person or program asks.
type Query struct {
	// Text is words, "phrases" and field:value, all of which a row must have. Words match what begins with them.
	Text      string
	Fuzziness Fuzziness
	Filter
	Sort       Sort // empty: by score, or without text by the last change
	Descending bool // of the orders other than by score
	Limit      int
	Offset     int
	After      string // Hit cursor to go on behind; "" begins
	Facets     bool
}

// Validate checks the query and fills in what was left out.
func (q *Query) Validate() error {
	if n := utf8.RuneCountInString(q.Text); n > MaxQueryChars {
		return kernel.Invalid("q", "has %d characters; at most %d are possible", n, MaxQueryChars)
	}
	switch q.Fuzziness {
	case "":
		q.Fuzziness = Auto
	case Auto, Exact, One, Two:
	default:
		return kernel.Invalid("fuzziness", "is none of AUTO, 0, 1, 2")
	}
	switch q.Sort {
	case "":
		if q.Sort = ByScore; strings.TrimSpace(q.Text) == "" {
			q.Sort, q.Descending = ByUpdated, true
		}
	case ByScore, ByCreated, ByUpdated, ByName:
	default:
		return kernel.Invalid("sort", "is none of score, created, updated, name")
	}
	q.Descending = q.Descending || q.Sort == ByScore
	if q.Limit == 0 {
		q.Limit = DefaultLimit
	}
	if q.Limit < 1 || q.Limit > MaxLimit {
		return kernel.Invalid("limit", "must be 1 to %d", MaxLimit)
	}
	if q.Offset < 0 || q.Offset+q.Limit > Window {
		return kernel.Invalid("offset", "offset and limit reach %d rows at most; go on with search_after", Window)
	}
	if q.Offset > 0 && q.After != "" {
		return kernel.Invalid("search_after", "has a place of its own; leave offset out")
	}
	return q.validateFilter()
}

func (q *Query) validateFilter() error {
	for field, n := range map[string]int{
		"tables":    len(q.Tables),
		"providers": len(q.Providers),
		"states":    len(q.States),
		"tags":      len(q.Tags),
	} {
		if n > MaxFilter {
			return kernel.Invalid(field, "has %d values; at most %d are possible", n, MaxFilter)
		}
	}
	for field, r := range map[string]Range{"created": q.Created, "updated": q.Updated} {
		if !r.From.IsZero() && !r.To.IsZero() && !r.From.Before(r.To) {
			return kernel.Invalid(field, "begins when it ends or later")
		}
	}
	return nil
}

// term is a piece of the query's text.
type term struct {
	field  string // as written; "" is everywhere
	text   string
	quoted bool
}

// terms takes a text apart. Anything can be written: what is no syntax is words, and a quote that isn't closed goes to the end.
func terms(text string) []term {
	var out []term
	rest := text
	for len(out) < MaxTerms {
		rest = strings.TrimLeftFunc(rest, unicode.IsSpace)
		if rest == "" {
			break
		}
		var t term
		var first string
		first, t.quoted, rest = piece(rest, true)
		if strings.HasPrefix(rest, ":") && first != "" && len(rest) > 1 && !startsWithSpace(rest[1:]) {
			t.field = first
			t.text, t.quoted, rest = piece(rest[1:], false)
		} else {
			t.text = first
		}
		out = append(out, t)
	}
	return out
}

func startsWithSpace(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsSpace(r)
}

// piece reads a quoted piece, or one up to a space; colon says that a colon ends it too.
func piece(s string, colon bool) (text string, quoted bool, rest string) {
	if body, ok := strings.CutPrefix(s, `"`); ok {
		text, rest, _ = strings.Cut(body, `"`)
		return text, true, rest
	}
	end := strings.IndexFunc(s, func(r rune) bool { return unicode.IsSpace(r) || colon && r == ':' })
	switch {
	case end < 0:
		return s, false, ""
	case end == 0: // a colon that nothing is before
		return s[:1], false, s[1:]
	default:
		return s[:end], false, s[end:]
	}
}
