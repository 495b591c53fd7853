package csvfile

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// BOM marks a file as UTF-8 for spreadsheet programs that would take it for something else.
const BOM = "\xEF\xBB\xBF"

// Writer writes CSV after RFC 4180: CRLF line ends, quotes only where they are needed.
type Writer struct {
	w     *bufio.Writer
	comma byte
	first bool // at the start of a record
}

// NewWriter writes to w with the delimiter, which is one plain character.
func NewWriter(w io.Writer, comma byte) *Writer {
	return &Writer{w: bufio.NewWriterSize(w, 64<<10), comma: comma, first: true}
}

// Field writes the next field of the record. Errors show at Flush.
func (w *Writer) Field(s string) {
	if !w.first {
		w.put(w.comma)
	}
	w.first = false
	if !w.needsQuotes(s) {
		w.text(s)
		return
	}
	w.put('"')
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			break
		}
		w.text(s[:i+1])
		w.put('"')
		s = s[i+1:]
	}
	w.text(s)
	w.put('"')
}

// needsQuotes also holds for leading and trailing spaces, which some programs drop.
func (w *Writer) needsQuotes(s string) bool {
	if s == "" {
		return false
	}
	if s[0] == ' ' || s[len(s)-1] == ' ' || strings.HasPrefix(s, BOM) {
		return true
	}
	for i := range len(s) {
		if c := s[i]; c == w.comma || c == '"' || c == '\n' || c == '\r' {
			return true
		}
	}
	return false
}

// End ends the record.
func (w *Writer) End() {
	if w.first {
		w.text(`""`) // a blank line would not be read as a record
	}
	w.text("\r\n")
	w.first = true
}

// Record writes a whole record.
func (w *Writer) Record(fields ...string) {
	if len(fields) == 1 && fields[0] == "" {
		fields = nil
	}
	for _, f := range fields {
		w.Field(f)
	}
	w.End()
}

// Flush hands everything on and returns the first error of the writing so far.
func (w *Writer) Flush() error {
	if err := w.w.Flush(); err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	return nil
}

// A bufio.Writer keeps its first error and answers it at Flush.
func (w *Writer) put(c byte)    { _ = w.w.WriteByte(c) }
func (w *Writer) text(s string) { _, _ = w.w.WriteString(s) }

// JSONWriter writes JSON Lines.
type JSONWriter struct {
	w     *bufio.Writer
	names []string // with quotes and colon
}

// NewJSONWriter writes objects with the names as keys, in this order.
func NewJSONWriter(w io.Writer, names []string) (*JSONWriter, error) {
	j := &JSONWriter{w: bufio.NewWriterSize(w, 64<<10)}
	for _, n := range names {
		b, err := json.Marshal(n)
		if err != nil {
			return nil, fmt.Errorf("the column name %q: %w", n, err)
		}
		j.names = append(j.names, string(b)+":")
	}
	return j, nil
}

// Record writes an object; a value is its JSON, nil is null.
func (j *JSONWriter) Record(values []json.RawMessage) {
	sep := byte('{')
	for i, name := range j.names {
		_ = j.w.WriteByte(sep)
		sep = ','
		_, _ = j.w.WriteString(name)
		if v := values[i]; len(v) > 0 {
			_, _ = j.w.Write(v)
		} else {
			_, _ = j.w.WriteString("null")
		}
	}
	if len(j.names) == 0 {
		_ = j.w.WriteByte('{')
	}
	_, _ = j.w.WriteString("}\n")
}

// Flush hands everything on and returns the first error of the writing so far.
func (j *JSONWriter) Flush() error {
	if err := j.w.Flush(); err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	return nil
}
