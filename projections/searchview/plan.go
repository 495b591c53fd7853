package searchview

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// Plan is a query as a Searcher carries it out: everything that depends on names or on the caller is resolved.
type Plan struct {
	Workspace kernel.WorkspaceID
	Tables    []kernel.TableID // that are looked into; never empty
	Clauses   []Clause         // all of which a row must match
	Filter
	Sort       Sort
	Descending bool
	Limit      int
	Offset     int
	After      *Cursor
	Facets     bool
}

// Clause is words that a row must have one behind the other, anywhere or in one of some columns.
type Clause struct {
	Columns []kernel.ColumnID // nil is anywhere
	Words   []string          // folded; at least one
	Prefix  bool              // the last word need only begin so
	Edits   int               // by how many letters the word may differ; only where it is alone
}

// minPrefix is the length from which a word finds what begins with it.
const minPrefix = 2

// Cursor is the place of a row in an order.
type Cursor struct {
	Sort  Sort         `json:"o"`
	Down  bool         `json:"d,omitempty"`
	Score float64      `json:"s,omitempty"`
	At    int64        `json:"t,omitempty"` // microseconds since 1970
	Name  string       `json:"n,omitempty"`
	Row   kernel.RowID `json:"r"`
}

// String writes the cursor as the API gives it.
func (c Cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string, q Query) (*Cursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	var c Cursor
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err == nil {
		_, err = c.Row.Key()
	}
	if err != nil || strings.ContainsRune(c.Name, 0) || !utf8.ValidString(c.Name) {
		return nil, kernel.E(kernel.KindMalformed, "INVALID_CURSOR", "search_after is not one that this search gave")
	}
	if c.Sort != q.Sort || c.Down != q.Descending {
		return nil, kernel.Invalid("search_after", "belongs to another order; begin again without it")
	}
	return &c, nil
}

// plan resolves a query against the tables that the asking person may see. False says that it finds nothing.
func (q Query) plan(ws kernel.WorkspaceID, visible []*Structure) (Plan, bool, error) {
	p := Plan{Workspace: ws, Filter: q.Filter, Sort: q.Sort, Descending: q.Descending, Limit: q.Limit, Offset: q.Offset, Facets: q.Facets}
	if q.After != "" {
		var err error
		if p.After, err = parseCursor(q.After, q); err != nil {
			return p, false, err
		}
	}
	var scope []*Structure
	for _, s := range visible {
		if len(q.Tables) == 0 || slices.Contains(q.Tables, s.ID()) {
			scope = append(scope, s)
			p.Tables = append(p.Tables, s.ID())
		}
	}
	for _, t := range terms(q.Text) {
		p.Clauses = append(p.Clauses, clauses(t, q.Fuzziness, scope)...)
	}
	asked := strings.TrimSpace(q.Text) != ""
	return p, len(p.Tables) > 0 && (len(p.Clauses) > 0 || !asked), nil
}

// clauses makes a term's clauses: none when it has no words.
func clauses(t term, f Fuzziness, scope []*Structure) []Clause {
	c := Clause{Prefix: !t.quoted}
	text := t.text
	if t.field != "" {
		if c.Columns = columnsNamed(t.field, scope); c.Columns == nil { // no field: a time, an address
			text = t.field + " " + text
		}
	}
	c.Words = FoldedWords(text)
	if len(c.Words) == 0 {
		return nil
	}
	last := c.Words[len(c.Words)-1]
	c.Prefix = c.Prefix && utf8.RuneCountInString(last) >= minPrefix
	if len(c.Words) == 1 && !t.quoted {
		c.Edits = edits(last, f)
	}
	return []Clause{c}
}

func columnsNamed(name string, scope []*Structure) []kernel.ColumnID {
	var out []kernel.ColumnID
	for _, s := range scope {
		for _, c := range s.searched {
			if string(c.ID) == name || strings.EqualFold(c.Name, name) {
				out = append(out, c.ID)
			}
		}
	}
	return out
}

// edits is by how many letters a word may differ. Numbers don't: 1990 is not nearly 1991.
func edits(word string, f Fuzziness) int {
	if strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) }) {
		return 0
	}
	const short, middle = 2, 5
	n := utf8.RuneCountInString(word)
	switch {
	case f == Exact || n <= short:
		return 0
	case f == One || f == Auto && n <= middle || n == short+1:
		return 1
	default:
		return 2
	}
}
