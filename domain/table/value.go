package table

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// ValueError says why a value can't be in a column, and what to write instead.
type ValueError struct {
	Message string
	Kind    ErrorKind
}

// ErrorKind is a kind of ValueError of which more is known than that the text is no such value; it is empty otherwise.
type ErrorKind string

// The kinds.
const (
	Ambiguous ErrorKind = "ambiguous" // the text could be two values
	OtherForm ErrorKind = "form"      // it is a value in another form than the column's
	OtherUnit ErrorKind = "unit"      // it names a currency that is not the column's, or is a percentage
)

// Error returns the message.
func (e *ValueError) Error() string { return e.Message }

func bad(format string, args ...any) error { return &ValueError{Message: fmt.Sprintf(format, args...)} }

// formatBad writes a message about a text.
func formatBad(s, format string, args ...any) string {
	return strconv.Quote(kernel.Shorten(s)) + " " + fmt.Sprintf(format, args...)
}

func parseString(col Column, v json.RawMessage, createOptions bool) (json.RawMessage, []string, error) {
	s, ok := str(v)
	if !ok {
		return nil, nil, bad("%s expects %s, not %s", quoteName(col), expected(col.Type), shape(v))
	}
	return parsePlain(col, s, createOptions)
}

// parsePlain checks the text of a value whose canonical form is a JSON string.
func parsePlain(col Column, s string, createOptions bool) (json.RawMessage, []string, error) {
	if err := checkText(s, col.Type); err != nil {
		return nil, nil, err
	}
	if col.Type != Text && col.Type != LongText {
		s = strings.TrimSpace(s)
	}
	if s == "" {
		return kernel.Null(), nil, nil
	}
	var err error
	switch col.Type {
	case Email:
		err = checkEmail(s)
	case URL:
		s, err = canonicalURL(s)
	case Phone:
		err = checkPhone(s)
	case User:
		if kernel.ParseID(kernel.PrefixUser, s) != nil {
			err = bad("%q is not the id of a member (usr_…)", kernel.Shorten(s))
		}
	case Select:
		return parseOption(col, s, createOptions)
	default: // text
	}
	if err != nil {
		return nil, nil, err
	}
	return Quote(s), nil, nil
}

func parseOption(col Column, name string, create bool) (json.RawMessage, []string, error) {
	if _, ok := col.Option(name); ok {
		return Quote(name), nil, nil
	}
	if !create {
		return nil, nil, bad("%q is not an option of %s; choose one of its options or ask with create_options", kernel.Shorten(name),
			quoteName(col))
	}
	if err := checkName("option", name); err != nil {
		return nil, nil, bad("%s", err.Error())
	}
	return Quote(name), []string{name}, nil
}

func parseMulti(col Column, v json.RawMessage, create bool) (json.RawMessage, []string, error) {
	var names []string
	if s, ok := str(v); ok {
		names = []string{s}
	} else if err := json.Unmarshal(v, &names); err != nil {
		return nil, nil, bad("%s expects a list of option names like [\"a\",\"b\"], not %s", quoteName(col), shape(v))
	}
	return multi(col, names, create)
}

func multi(col Column, names []string, create bool) (json.RawMessage, []string, error) {
	seen := map[string]bool{}
	var kept, added []string
	for _, n := range names {
		if n = strings.TrimSpace(n); n == "" || seen[n] {
			continue
		}
		seen[n] = true
		_, fresh, err := parseOption(col, n, create)
		if err != nil {
			return nil, nil, err
		}
		kept, added = append(kept, n), append(added, fresh...)
	}
	if len(kept) == 0 {
		return kernel.Null(), nil, nil
	}
	var b bytes.Buffer
	b.WriteByte('[')
	for i, n := range kept {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(Quote(n))
	}
	b.WriteByte(']')
	if b.Len() > MaxCellBytes {
		return nil, nil, bad("the list is longer than %d bytes", MaxCellBytes)
	}
	return b.Bytes(), added, nil
}

func parseBoolean(v json.RawMessage) (json.RawMessage, error) {
	switch string(v) {
	case "true", "false":
		return append(json.RawMessage(nil), v...), nil
	}
	return nil, bad("a checkbox is true or false, not %s", shape(v))
}

func parseJSON(v json.RawMessage) (json.RawMessage, error) {
	if len(v) > MaxCellBytes {
		return nil, bad("the JSON has %d bytes; a cell holds at most %d", len(v), MaxCellBytes)
	}
	var b bytes.Buffer
	if err := json.Compact(&b, v); err != nil {
		return nil, bad("this is not valid JSON")
	}
	if misfit, ok := kernel.NumbersFit(v); !ok {
		return nil, bad("the JSON holds the number %s, which is too long, too large or too small; write it as a text", kernel.Shorten(misfit))
	}
	return b.Bytes(), nil
}

// checkText refuses what a text cell can't hold.
func checkText(s string, t Type) error {
	if t == LongText && len(s) > MaxCellBytes {
		return bad("the text has %d bytes; a cell holds at most %d; shorten it", len(s), MaxCellBytes)
	}
	if t != LongText && len(s) > MaxCellChars {
		if n := utf8.RuneCountInString(s); n > MaxCellChars {
			return bad("the text has %d characters; a cell holds at most %d; shorten it or make the column long text", n, MaxCellChars)
		}
	}
	if strings.IndexByte(s, 0) >= 0 {
		return bad("the text holds a NUL character; remove it")
	}
	if !utf8.ValidString(s) {
		return bad("the text is not valid UTF-8")
	}
	return nil
}

// str reads a JSON string.
func str(v json.RawMessage) (string, bool) {
	if len(v) < 2 || v[0] != '"' {
		return "", false
	}
	if body := v[1 : len(v)-1]; bytes.IndexByte(body, '\\') < 0 && utf8.Valid(body) {
		return string(body), true
	}
	var s string
	if json.Unmarshal(v, &s) != nil {
		return "", false
	}
	return s, true
}

// Quote writes a JSON string without escaping what need not be escaped.
func Quote(s string) json.RawMessage { return AppendQuoted(make([]byte, 0, len(s)+2), s) }

// AppendQuoted appends the JSON string of s. Invalid UTF-8 becomes U+FFFD.
func AppendQuoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(append(b, s[start:i]...), "\ufffd"...)
				i++
				start = i
				continue
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

func expected(t Type) string {
	switch t {
	case Date:
		return `a date like "2026-03-31"`
	case DateTime:
		return `a time like "2026-03-31T14:05:00+02:00"`
	case Select:
		return "the name of an option as text"
	case User:
		return "the id of a member (usr_…)"
	default:
		return "text"
	}
}

// shape names the JSON kind of v.
func shape(v json.RawMessage) string {
	switch v[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		s, _ := str(v)
		return strconv.Quote(kernel.Shorten(s))
	case 't', 'f':
		return "true or false"
	default:
		return "the number " + kernel.Shorten(string(v))
	}
}

func quoteName(c Column) string { return "the column “" + c.Name + "”" }
