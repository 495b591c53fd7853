package csvfile

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/morket/morket/domain/dataops"
)

// NewReader reads records from src, which stands at o.From.
func NewReader(src io.Reader, o dataops.ReadOptions) (dataops.Records, error) {
	if o.From.Offset == 0 {
		head := make([]byte, 3)
		n, err := io.ReadFull(src, head)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return nil, fmt.Errorf("read the file: %w", err)
		}
		skip := bomLen(head[:n], o.Reading.Encoding)
		src = io.MultiReader(bytes.NewReader(head[skip:n]), src)
		o.From.Offset = skip
	}
	s := newScanner(src, o.Reading.Encoding, o.From)
	if o.From.Line == 0 {
		s.skipLines(o.Reading.HeaderLine - 1)
	}
	if o.Reading.Format.Keyed() {
		return newJSONReader(s, o), nil
	}
	if len(o.Reading.Delimiter) != 1 || strings.ContainsAny(o.Reading.Delimiter, "\"\r\n\x00") || o.Reading.Delimiter[0] >= utf8.RuneSelf {
		return nil, fmt.Errorf("the delimiter %q is not one plain character", o.Reading.Delimiter)
	}
	return &csvReader{s: s, comma: o.Reading.Delimiter[0], width: o.Width, backslash: o.Reading.Escape == dataops.Backslash}, nil
}

// csvReader reads CSV after RFC 4180, with any line ends. Beyond it, spaces around a field in quotes are dropped, and a quote inside a
// field that is not in quotes is text.
type csvReader struct {
	s         *scanner
	comma     byte
	width     int
	backslash bool // a quote in quotes stands after a backslash
	fields    [][]byte
	spans     []span
	// escapes says which of the fields hold escaped characters; it is empty for a line without quotes.
	escapes []bool
	// odd counts fields that begin with a quote and are read as plain text.
	odd int
}

// span is a field's text, relative to the record's start.
type span struct {
	from, to int
	escapes  bool // it holds doubled quotes, or backslashes where those escape
}

// Next implements dataops.Records. Blank lines are no records.
func (r *csvReader) Next() (dataops.Record, error) {
	for {
		n, ending, ok := r.s.line()
		if r.s.err != nil {
			return dataops.Record{}, fmt.Errorf("read the file: %w", r.s.err)
		}
		if n == 0 && ending == 0 {
			return dataops.Record{}, io.EOF
		}
		if !ok {
			return r.giveUpLine(tooLong()), nil
		}
		if n == 0 {
			r.s.take(ending, 1)
			continue
		}
		if q := r.s.next('"', &r.s.quote); r.backslash || q >= 0 && q < r.s.start+n {
			return r.quoted()
		}
		if !r.split(r.s.buf[r.s.start : r.s.start+n]) {
			return r.giveUpLine(dataops.TooManyFields), nil
		}
		return r.record(n+ending, 1), nil
	}
}

// split cuts a line without quotes into fields; false if they are too many.
func (r *csvReader) split(line []byte) bool {
	r.fields = r.fields[:0]
	from := 0
	for i, c := range line {
		if c == r.comma {
			r.fields = append(r.fields, line[from:i:i])
			if from = i + 1; len(r.fields) >= dataops.MaxFields {
				return false
			}
		}
	}
	r.fields = append(r.fields, line[from:len(line):len(line)])
	return true
}

// record consumes n bytes that are the record whose fields have been found, and checks them.
func (r *csvReader) record(n int, lines int64) dataops.Record {
	rec := dataops.Record{Line: r.s.at.Line + 1}
	text := r.s.take(n, lines)
	rec.Next = r.s.at
	switch {
	case !utf8.Valid(text):
		rec.Problem = "holds bytes that are no characters in the file's encoding"
	case bytes.IndexByte(text, 0) >= 0:
		rec.Problem = "holds a NUL character"
	case lines > manyLines:
		rec.Notice = fmt.Sprintf("goes over %d lines; if that is not meant, a quote on its first line is never closed", lines)
	}
	if rec.Problem != "" {
		rec.Excerpt = excerpt(text)
		return rec
	}
	rec.Excerpt = ""
	if rec.Problem = r.unescape(); rec.Problem != "" {
		rec.Excerpt = excerpt(text)
		return rec
	}
	rec.Fields = r.fields
	if r.width == 0 {
		return rec
	}
	if found := len(r.fields); found > r.width {
		rec.Fields, rec.Surplus = r.fields[:r.width], trimEmpty(r.fields[r.width:])
		if len(rec.Surplus) > 0 {
			rec.Problem = fmt.Sprintf("has %d fields, expected %d", r.width+len(rec.Surplus), r.width)
			rec.Excerpt = excerpt(text)
		}
		return rec
	}
	for len(r.fields) < r.width {
		r.fields = append(r.fields, nil)
	}
	rec.Fields = r.fields
	return rec
}

// manyLines are more than a text in a cell usually has.
const manyLines = 100

// trimEmpty cuts empty fields off the end.
func trimEmpty(fields [][]byte) [][]byte {
	for len(fields) > 0 && len(bytes.TrimSpace(fields[len(fields)-1])) == 0 {
		fields = fields[:len(fields)-1]
	}
	return fields
}

// unescape replaces escaped characters in place, and says which field is too large.
func (r *csvReader) unescape() string {
	for i, f := range r.fields {
		if len(r.escapes) > i && r.escapes[i] {
			if r.backslash {
				f = f[:unescape(f, r.comma)]
			} else {
				f = f[:undouble(f)]
			}
			r.fields[i] = f
		}
		if len(f) > dataops.MaxFieldBytes {
			return fmt.Sprintf("field %d has %d bytes; a cell takes at most %d", i+1, len(f), dataops.MaxFieldBytes)
		}
	}
	return ""
}

// undouble makes one quote of each two in f and returns the new length.
func undouble(f []byte) int {
	n := 0
	for i := 0; i < len(f); i++ {
		f[n] = f[i]
		n++
		if f[i] == '"' {
			i++
		}
	}
	return n
}

// unescape takes the backslashes out of f as MySQL puts them in, and returns the new length: before a quote, a backslash, a line end and
// the delimiter they go, before another character they are text. Of two quotes one stays. \N alone is no value.
func unescape(f []byte, comma byte) int {
	if string(f) == `\N` {
		return 0
	}
	n := 0
	for i := 0; i < len(f); i++ {
		if i+1 < len(f) {
			next := f[i+1]
			if f[i] == '\\' && (next == '"' || next == '\\' || next == '\n' || next == '\r' || next == comma) || f[i] == '"' && next == '"' {
				i++
			}
		}
		f[n] = f[i]
		n++
	}
	return n
}

// giveUpLine consumes the line at the start, whose quotes make no sense.
func (r *csvReader) giveUpLine(trouble string) dataops.Record {
	n, ending, ok := r.s.line()
	rec := dataops.Record{Line: r.s.at.Line + 1, Problem: trouble, Excerpt: excerpt(r.s.buf[r.s.start : r.s.start+n])}
	if ok {
		r.s.take(n+ending, 1)
	} else {
		r.s.take(n, 0)
		r.s.dropLine()
	}
	rec.Next = r.s.at
	return rec
}

// quoted reads a record that has quotes and may go over several lines. When the quotes make no sense, only its first line
// is given up: what follows may well be good records.
func (r *csvReader) quoted() (dataops.Record, error) {
	r.spans = r.spans[:0]
	p, ending, more := 0, 0, true
	for more {
		var trouble string
		p, ending, more, trouble = r.field(p)
		if r.s.err != nil {
			return dataops.Record{}, fmt.Errorf("read the file: %w", r.s.err)
		}
		if trouble == "" && len(r.spans) > dataops.MaxFields {
			trouble = dataops.TooManyFields
		}
		if trouble != "" {
			return r.giveUpLine(trouble), nil
		}
	}
	text := r.s.buf[r.s.start : r.s.start+p]
	lines := countLines(text)
	if ending == 0 {
		lines++
	}
	r.fields, r.escapes = r.fields[:0], r.escapes[:0]
	for _, s := range r.spans {
		r.fields = append(r.fields, text[s.from:s.to:s.to])
		r.escapes = append(r.escapes, s.escapes)
	}
	rec := r.record(p, lines)
	r.escapes = r.escapes[:0]
	return rec, nil
}

// field finds the field at p (all positions count from the record's start) and adds it to spans. It returns where the next
// one begins, how long the line end after the field is if it is the last one, and whether more fields follow.
func (r *csvReader) field(p int) (next, ending int, more bool, trouble string) {
	q := r.blanks(p)
	if r.s.more(q) && r.s.buf[r.s.start+q] == '"' {
		var text bool
		if next, ending, more, text, trouble = r.quotedField(q); !text {
			return next, ending, more, trouble
		}
		r.odd++
	}
	escapes := false
	for i := p; ; i++ {
		if !r.s.more(i) {
			r.spans = append(r.spans, span{from: p, to: i, escapes: escapes})
			return i, 0, false, ""
		}
		switch c := r.s.buf[r.s.start+i]; c {
		case r.comma:
			r.spans = append(r.spans, span{from: p, to: i, escapes: escapes})
			return i + 1, 0, true, ""
		case '\n', '\r':
			r.spans = append(r.spans, span{from: p, to: i, escapes: escapes})
			ending = r.ending(i)
			return i + ending, ending, false, ""
		case '\\':
			if r.backslash {
				escapes = true
				i++
			}
		}
		if i > dataops.MaxRecordBytes {
			return 0, 0, false, tooLong()
		}
	}
}

// blanks returns where the blanks that begin at p end.
func (r *csvReader) blanks(p int) int {
	for r.s.more(p) {
		if c := r.s.buf[r.s.start+p]; c != ' ' && c != '\t' || c == r.comma {
			break
		}
		p++
	}
	return p
}

func tooLong() string {
	return fmt.Sprintf("the record is longer than %d MB", dataops.MaxRecordBytes>>20)
}

// ending returns the length of the line end at i.
func (r *csvReader) ending(i int) int {
	if r.s.buf[r.s.start+i] == '\r' && r.s.more(i+1) && r.s.buf[r.s.start+i+1] == '\n' {
		return 2
	}
	return 1
}

// quotedField is field for one whose opening quote is at p. text says that the quotes are not around the field: something other follows
// the closing one, on the same line.
func (r *csvReader) quotedField(p int) (next, ending int, more, text bool, trouble string) {
	f := span{from: p + 1}
	for i := p + 1; ; {
		if !r.s.more(i) {
			return 0, 0, false, false, fmt.Sprintf("the quote that opens field %d is never closed", len(r.spans)+1)
		}
		k := r.quoteOrEscape(r.s.buf[r.s.start+i : r.s.end])
		if k < 0 {
			if i = r.s.end - r.s.start; i > dataops.MaxRecordBytes {
				return 0, 0, false, false, fmt.Sprintf("the quote that opens field %d is not closed within %d MB", len(r.spans)+1,
					dataops.MaxRecordBytes>>20)
			}
			continue
		}
		i += k
		if r.s.buf[r.s.start+i] == '\\' || r.s.more(i+1) && r.s.buf[r.s.start+i+1] == '"' {
			f.escapes = true
			i += 2
			continue
		}
		f.to = i
		after := r.blanks(i + 1)
		if !r.s.more(after) {
			r.spans = append(r.spans, f)
			return after, 0, false, false, ""
		}
		switch c := r.s.buf[r.s.start+after]; c {
		case r.comma:
			r.spans = append(r.spans, f)
			return after + 1, 0, true, false, ""
		case '\n', '\r':
			r.spans = append(r.spans, f)
			ending = r.ending(after)
			return after + ending, ending, false, false, ""
		}
		if bytes.ContainsAny(r.s.buf[r.s.start+p:r.s.start+i], "\r\n") {
			return 0, 0, false, false, fmt.Sprintf("field %d goes on after its closing quote", len(r.spans)+1)
		}
		return 0, 0, false, true, ""
	}
}

// quoteOrEscape finds the next quote, or the next backslash where those escape.
func (r *csvReader) quoteOrEscape(b []byte) int {
	if r.backslash {
		return bytes.IndexAny(b, `"\`)
	}
	return bytes.IndexByte(b, '"')
}

// excerpt is the beginning of a text, fit to be shown.
func excerpt(b []byte) string {
	b = bytes.TrimRight(b[:min(len(b), 4*dataops.MaxProblemValue)], "\r\n")
	s := strings.ReplaceAll(strings.ToValidUTF8(string(b), "\uFFFD"), "\x00", "\uFFFD")
	return dataops.Shorten(s)
}
