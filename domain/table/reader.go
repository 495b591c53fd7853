package table

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/morket/morket/domain/kernel"
)

// Reader reads written text into the canonical values of columns. It is the only reader: the grid, pasted cells, the API,
// files, providers and syncs all come through it, or through its twin in the interface, which passes the same table of cases
// (testdata/typed-text.json).
type Reader struct {
	// Zone is the workspace's time zone, in which written times without one are; UTC if nil.
	Zone *time.Location
	// Now is what the words today, tomorrow, yesterday and now are about; without it they are no dates.
	Now time.Time
}

// ReaderIn returns the reader of a workspace whose time zone has the IANA name.
func ReaderIn(zone string) (Reader, error) {
	at, err := time.LoadLocation(zone)
	if err != nil {
		return Reader{}, fmt.Errorf("find the workspace's time zone: %w", err)
	}
	return Reader{Zone: at}, nil
}

// Text reads a value from a file, the clipboard or an editor in the column's form, and returns its canonical form, null for
// blank text. Options that the column doesn't have yet are an error, or with createOptions they are returned to be added.
func (r Reader) Text(col Column, s string, createOptions bool) (canonical json.RawMessage, newOptions []string, err error) {
	if !col.Writable() {
		return nil, nil, bad("%s %s", col.Name, col.Refusal())
	}
	trimmed := strings.TrimSpace(s)
	if trimmed == "" && col.Type != Text && col.Type != LongText || s == "" {
		return kernel.Null(), nil, nil
	}
	switch col.Type {
	case Number, Currency, Percent:
		canonical, err = readNumber(col, trimmed)
	case Boolean:
		canonical, err = readBoolean(trimmed)
	case Date:
		canonical, err = quoted(r.date(col, trimmed))
	case DateTime:
		canonical, err = quoted(r.moment(col, trimmed))
	case MultiSelect:
		return readMulti(col, trimmed, createOptions)
	case JSON:
		if !json.Valid([]byte(trimmed)) {
			return nil, nil, bad("%q is not JSON", kernel.Shorten(s))
		}
		canonical, err = parseJSON(json.RawMessage(trimmed))
	default:
		return parsePlain(col, s, createOptions)
	}
	return canonical, nil, err
}

// Value reads a JSON value, as the API takes it, and returns its canonical form, null for an empty cell. JSON numbers and
// booleans stand for themselves, exactly; a string is read like Text, but that a number of more than 15 digits is taken as the
// API itself writes it, in any form of column. Options are as in Text.
func (r Reader) Value(col Column, v json.RawMessage, createOptions bool) (canonical json.RawMessage, newOptions []string, err error) {
	v = bytes.TrimSpace(v)
	if kernel.IsNull(v) {
		return kernel.Null(), nil, nil
	}
	if !col.Writable() {
		return nil, nil, bad("%s %s", col.Name, col.Refusal())
	}
	s, isText := str(v)
	switch col.Type {
	case Number, Currency, Percent:
		if n, ok := canonicalNumber(strings.TrimSpace(s)); isText && ok && digits(n) > maxExactDigits {
			canonical, err = checkDigits(n, s)
			return canonical, nil, err
		}
		if !isText {
			canonical, err = parseNumber(v)
			return canonical, nil, err
		}
	case Boolean:
		if !isText {
			canonical, err = parseBoolean(v)
			return canonical, nil, err
		}
	case Date, DateTime:
	case MultiSelect:
		if !isText {
			return parseMulti(col, v, createOptions)
		}
		return multi(col, []string{s}, createOptions)
	case JSON:
		canonical, err = parseJSON(v)
		return canonical, nil, err
	default:
		return parseString(col, v, createOptions)
	}
	if !isText {
		return nil, nil, bad("%s expects %s, not %s", quoteName(col), expected(col.Type), shape(v))
	}
	return r.Text(col, s, createOptions)
}

// zone is where written times without a zone are.
func (r Reader) zone(f *Form) *time.Location {
	if f != nil && f.Zone != "" {
		if zone, err := time.LoadLocation(f.Zone); err == nil {
			return zone
		}
	}
	if r.Zone != nil {
		return r.Zone
	}
	return time.UTC
}

// Parse is Reader.Value for columns whose values depend on no zone.
func Parse(col Column, v json.RawMessage, createOptions bool) (canonical json.RawMessage, newOptions []string, err error) {
	return Reader{}.Value(col, v, createOptions)
}

// ParseText is Reader.Text for columns whose values depend on no zone.
func ParseText(col Column, s string, createOptions bool) (canonical json.RawMessage, newOptions []string, err error) {
	return Reader{}.Text(col, s, createOptions)
}

func quoted(s string, err error) (json.RawMessage, error) {
	if err != nil {
		return nil, err
	}
	return Quote(s), nil
}

func readBoolean(s string) (json.RawMessage, error) {
	if v, ok := theWords().booleans[strings.ToLower(bare(s))]; ok {
		if v {
			return json.RawMessage("true"), nil
		}
		return json.RawMessage("false"), nil
	}
	return nil, bad("%q is not a checkbox value; write true or false", kernel.Shorten(s))
}

// readMulti takes the name of an option, a JSON list, or names separated by commas, semicolons or line breaks; a name in
// double quotes may hold these.
func readMulti(col Column, s string, create bool) (json.RawMessage, []string, error) {
	if _, known := col.Option(s); known {
		return multi(col, []string{s}, create)
	}
	if strings.HasPrefix(s, "[") && json.Valid([]byte(s)) {
		return parseMulti(col, json.RawMessage(s), create)
	}
	if len(s) > MaxCellBytes {
		return nil, nil, bad("the list is longer than %d bytes", MaxCellBytes)
	}
	return multi(col, splitNames(s), create)
}

func splitNames(s string) []string {
	var out []string
	var name strings.Builder
	inQuotes, quotedName := false, false
	end := func() {
		n := name.String()
		if !quotedName {
			n = strings.TrimSpace(n)
		}
		out = append(out, n)
		name.Reset()
		quotedName = false
	}
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		r := runes[i]
		switch {
		case inQuotes && r == '"' && i+1 < len(runes) && runes[i+1] == '"':
			name.WriteRune('"')
			i++
		case inQuotes && r == '"':
			inQuotes = false
		case inQuotes:
			name.WriteRune(r)
		case r == '"' && strings.TrimSpace(name.String()) == "" && closes(runes[i+1:]):
			name.Reset()
			inQuotes, quotedName = true, true
		case r == ',' || r == ';' || r == '\n' || r == '\r':
			end()
		case quotedName && unicode.IsSpace(r):
		default:
			name.WriteRune(r)
		}
	}
	end()
	return out
}

// closes reports whether a quoted name ends properly: its closing quote stands before a separator or the end.
func closes(rest []rune) bool {
	for i := 0; i < len(rest); i++ {
		if rest[i] != '"' {
			continue
		}
		if i+1 < len(rest) && rest[i+1] == '"' {
			i++
			continue
		}
		for i++; i < len(rest) && (rest[i] == ' ' || rest[i] == '\t'); i++ {
		}
		return i == len(rest) || strings.ContainsRune(",;\n\r", rest[i])
	}
	return false
}

// bare is text without what can't be seen: direction marks, zero-width characters and byte order marks, which programs leave
// around numbers and dates; every space becomes a plain one.
func bare(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] >= 0x80 || s[i] < ' ' {
			plain = false
			break
		}
	}
	if plain {
		return strings.TrimSpace(s)
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.IsSpace(r):
			return ' '
		case r == '’' || r == '‘':
			return '\''
		}
		return r
	}, s))
}

// Format writes a canonical value for a file or the clipboard, in no column's form but the exact one; Reader reads it back.
// Empty cells are empty text.
func Format(col Column, v json.RawMessage) string {
	if kernel.IsNull(v) {
		return ""
	}
	switch col.Type {
	case Number, Currency, Percent, Boolean, JSON:
		return string(v)
	case MultiSelect:
		var names []string
		if json.Unmarshal(v, &names) != nil {
			return string(v)
		}
		for _, n := range names {
			if strings.ContainsAny(n, ",;[\"\n\r") {
				return string(v)
			}
		}
		return strings.Join(names, ", ")
	default:
		s, ok := str(v)
		if !ok {
			return string(v)
		}
		return s
	}
}

// TextOf returns the text in a canonical string value; false for anything else.
func TextOf(v json.RawMessage) (string, bool) { return str(v) }
