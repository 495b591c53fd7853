package table

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// MaxSearchText is the most bytes that a text to find, or to put in its place, has.
const MaxSearchText = 2_000

// TextSearch says which text find and replace look for in cells, as Format writes them.
type TextSearch struct {
	Text      string
	MatchCase bool
	WholeCell bool // the text is all that the cell holds
}

// TextPattern is a checked TextSearch.
type TextPattern struct {
	search TextSearch
	re     *regexp.Regexp // of the text in any case; nil if the case counts
}

// Pattern checks the search. Without MatchCase, letters are the same that differ in their case only; accents count, since a replacement
// would change what was not meant.
func (s TextSearch) Pattern() (TextPattern, error) {
	if s.Text == "" {
		return TextPattern{}, kernel.Invalid("find", "write the text to find")
	}
	if len(s.Text) > MaxSearchText {
		return TextPattern{}, kernel.Invalid("find", "the text to find has %d bytes; at most %d are possible", len(s.Text), MaxSearchText)
	}
	p := TextPattern{search: s}
	if s.MatchCase {
		return p, nil
	}
	expr := regexp.QuoteMeta(s.Text)
	if s.WholeCell {
		expr = `\A` + expr + `\z`
	}
	re, err := regexp.Compile("(?i)" + expr)
	if err != nil {
		return p, kernel.Invalid("find", "this text can't be looked for: %s", err)
	}
	p.re = re
	return p, nil
}

// Text is the text that is looked for.
func (p TextPattern) Text() string { return p.search.Text }

// In reports whether the text of a cell matches.
func (p TextPattern) In(text string) bool {
	switch {
	case p.re != nil:
		return p.re.MatchString(text)
	case p.search.WholeCell:
		return text == p.search.Text
	default:
		return strings.Contains(text, p.search.Text)
	}
}

// Replace puts another text in the place of each match.
func (p TextPattern) Replace(text, with string) string {
	switch {
	case p.re != nil:
		return p.re.ReplaceAllLiteralString(text, with)
	case p.search.WholeCell && text != p.search.Text:
		return text
	default:
		return strings.ReplaceAll(text, p.search.Text, with)
	}
}

// Candidates is a filter that selects each row in which a cell of the columns can match, and some in which none does: databases compare
// folded texts, and lists and moments are not stored as they are written.
func (p TextPattern) Candidates(cols []Column) Filter {
	or := make([]Filter, len(cols))
	for i, c := range cols {
		cond := &Condition{Column: c, Op: Contains, Values: []json.RawMessage{Quote(p.search.Text)}}
		if c.Type == MultiSelect || c.Type == DateTime || c.Type == JSON {
			cond = &Condition{Column: c, Op: NotEmpty}
		}
		or[i] = Filter{Cond: cond}
	}
	return Filter{Or: or}
}

// Searched are the columns that find and replace look into: of those asked for, or of all if none are, the ones with values of their own.
func Searched(s Schema, asked []string) ([]Column, error) {
	var out []Column
	for _, name := range asked {
		c, ok := s.Find(name)
		if !ok {
			return nil, kernel.Invalid("columns", "the table has no column %q", kernel.Shorten(name))
		}
		if c.Type.ReadOnly() || c.Type == User {
			return nil, kernel.Invalid("columns", "%s holds no text to look into", quoteName(c))
		}
		out = append(out, c)
	}
	if len(asked) > 0 {
		return out, nil
	}
	return slices.DeleteFunc(slices.Clone(s.Columns), func(c Column) bool { return c.Type.ReadOnly() || c.Type == User }), nil
}

// Formatted reads a text as Format writes it, and returns its canonical form. It adds no options.
func (r Reader) Formatted(col Column, s string) (json.RawMessage, error) {
	if s == "" {
		return kernel.Null(), nil
	}
	switch col.Type {
	case Number, Currency, Percent:
		if n, ok := canonicalNumber(strings.TrimSpace(s)); ok {
			return checkDigits(n, s)
		}
		return nil, bad("%s", formatBad(s, "is not a number"))
	case Boolean:
		return parseBoolean(json.RawMessage(strings.ToLower(s)))
	case JSON:
		return parseJSON(json.RawMessage(s))
	case MultiSelect:
		return formattedList(col, s)
	default:
		v, _, err := r.Value(col, Quote(s), false)
		return v, err
	}
}

func formattedList(col Column, s string) (json.RawMessage, error) {
	names := strings.Split(s, ", ")
	if strings.HasPrefix(s, "[") {
		if err := json.Unmarshal([]byte(s), &names); err != nil {
			return nil, &ValueError{Message: kernel.Shorten(s) + " is not a list of options"}
		}
	}
	v, _, err := multi(col, names, false)
	return v, err
}
