package csvfile

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// BOM marks a file as UTF-8 for spreadsheet programs that would take it for something else.
const BOM = "\xEF\xBB\xBF"

// Writer writes CSV after RFC 4180: CRLF line ends, quotes only where they are needed. The first error stays and shows at
// Flush.
type Writer struct {
	w     io.Writer
	buf   []byte
	comma byte
	first bool // at the start of a record
	err   error
}

const writeBytes = 64 << 10

// NewWriter writes to w with the delimiter, which is one plain character.
func NewWriter(w io.Writer, comma byte) *Writer {
	return &Writer{w: w, buf: make([]byte, 0, writeBytes+4096), comma: comma, first: true}
}

// Field writes the next field of the record.
func (w *Writer) Field(s string) { field(w, s) }

// Bytes is Field for text that is in bytes.
func (w *Writer) Bytes(b []byte) { field(w, b) }

func field[T string | []byte](w *Writer, s T) {
	if !w.first {
		w.buf = append(w.buf, w.comma)
	}
	w.first = false
	if !needsQuotes(s, w.comma) {
		w.buf = append(w.buf, s...)
		return
	}
	w.buf = append(w.buf, '"')
	from := 0
	for i := range len(s) {
		if s[i] == '"' {
			w.buf = append(append(w.buf, s[from:i+1]...), '"')
			from = i + 1
		}
	}
	w.buf = append(append(w.buf, s[from:]...), '"')
}

// needsQuotes also holds for leading and trailing spaces, which some programs drop, and for what would be taken for a
// byte order mark.
func needsQuotes[T string | []byte](s T, comma byte) bool {
	if len(s) == 0 {
		return false
	}
	if s[0] == ' ' || s[len(s)-1] == ' ' || s[0] == BOM[0] {
		return true
	}
	for i := range len(s) {
		if c := s[i]; c == comma || c == '"' || c == '\n' || c == '\r' {
			return true
		}
	}
	return false
}

// End ends the record.
func (w *Writer) End() {
	if w.first {
		w.buf = append(w.buf, '"', '"') // a blank line would not be read as a record
	}
	w.buf = append(w.buf, '\r', '\n')
	w.first = true
	if len(w.buf) >= writeBytes {
		w.write()
	}
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

func (w *Writer) write() {
	if w.err == nil {
		_, w.err = w.w.Write(w.buf)
	}
	w.buf = w.buf[:0]
}

// Err returns the first error of the writing so far.
func (w *Writer) Err() error { return w.err }

// Flush hands everything on and returns the first error of the writing so far.
func (w *Writer) Flush() error {
	w.write()
	if w.err != nil {
		return fmt.Errorf("write the file: %w", w.err)
	}
	return nil
}

// JSONWriter writes JSON Lines, or an array of objects. The first error stays and shows at Close.
type JSONWriter struct {
	w     *bufio.Writer
	names []string // with quotes and colon
	at    int      // the next field
	array bool
	any   bool // an object has been written
	err   error
}

// NewJSONWriter writes objects with the names, of which there is at least one, as keys in this order.
func NewJSONWriter(w io.Writer, names []string) (*JSONWriter, error) {
	j := &JSONWriter{w: bufio.NewWriterSize(w, 64<<10)}
	for _, n := range names {
		b, err := json.Marshal(n)
		if err != nil {
			return nil, fmt.Errorf("the column name %q: %w", n, err)
		}
		j.names = append(j.names, string(b)+":")
	}
	if len(names) == 0 {
		return nil, errors.New("a file of JSON needs a column")
	}
	return j, nil
}

// NewJSONArrayWriter is NewJSONWriter for one array, with an object on each line.
func NewJSONArrayWriter(w io.Writer, names []string) (*JSONWriter, error) {
	j, err := NewJSONWriter(w, names)
	if err != nil {
		return nil, err
	}
	j.array = true
	j.write("[")
	return j, nil
}

func (j *JSONWriter) write(s string) {
	if _, err := j.w.WriteString(s); j.err == nil {
		j.err = err
	}
}

// Field writes the next value, which is JSON; nil is null. After the last one, the record is ended.
func (j *JSONWriter) Field(value []byte) {
	switch {
	case j.at > 0:
		j.write(",")
	case j.array && j.any:
		j.write(",\n{")
	case j.array:
		j.write("\n{")
	default:
		j.write("{")
	}
	j.write(j.names[j.at])
	if len(value) == 0 {
		value = []byte("null")
	}
	if _, err := j.w.Write(value); j.err == nil {
		j.err = err
	}
	if j.at++; j.at < len(j.names) {
		return
	}
	j.at, j.any = 0, true
	if j.write("}"); !j.array {
		j.write("\n")
	}
}

// Err returns the first error of the writing so far.
func (j *JSONWriter) Err() error { return j.err }

// Close ends the file and returns the first error of the writing. The caller closes what it is written to.
func (j *JSONWriter) Close() error {
	if j.array {
		j.write("\n]\n")
	}
	if err := j.w.Flush(); j.err == nil {
		j.err = err
	}
	if j.err != nil {
		return fmt.Errorf("write the file: %w", j.err)
	}
	return nil
}
