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
	if o.Reading.Format == dataops.JSONL {
		return newJSONReader(s, o.Keys), nil
	}
	if len(o.Reading.Delimiter) != 1 || strings.ContainsAny(o.Reading.Delimiter, "\"\r\n\x00") || o.Reading.Delimiter[0] >= utf8.RuneSelf {
		return nil, fmt.Errorf("the delimiter %q is not one plain character", o.Reading.Delimiter)
	}
	return &csvReader{s: s, comma: o.Reading.Delimiter[0], width: o.Width}, nil
}

// csvReader reads CSV after RFC 4180, with any line ends.
type csvReader struct {
	s      *scanner
	comma  byte
	width  int
	fields [][]byte
	spans  []span
	// doubled says which of the fields hold doubled quotes; it is empty for a line without quotes.
	doubled []bool
}

// span is a field's text, relative to the record's start.
type span struct {
	from, to int
	doubled  bool // it holds doubled quotes
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
		if q := r.s.next('"', &r.s.quote); q >= 0 && q < r.s.start+n {
			return r.quoted()
		}
		r.split(r.s.buf[r.s.start : r.s.start+n])
		return r.record(n+ending, 1), nil
	}
}

// split cuts a line without quotes into fields.
func (r *csvReader) split(line []byte) {
	r.fields = r.fields[:0]
	from := 0
	for i, c := range line {
		if c == r.comma {
			r.fields = append(r.fields, line[from:i:i])
			from = i + 1
		}
	}
	r.fields = append(r.fields, line[from:len(line):len(line)])
}

// record consumes n bytes that are the record whose fields have been found, and checks them. The fields in doubled hold
// doubled quotes.
func (r *csvReader) record(n int, lines int64) dataops.Record {
	rec := dataops.Record{Line: r.s.at.Line + 1}
	text := r.s.take(n, lines)
	switch {
	case !utf8.Valid(text):
		rec.Problem = "holds bytes that are no characters in the file's encoding"
	case bytes.IndexByte(text, 0) >= 0:
		rec.Problem = "holds a NUL character"
	case r.width > 0 && len(r.fields) > r.width:
		rec.Problem = fmt.Sprintf("has %d fields, expected %d", len(r.fields), r.width)
	default:
		rec.Problem = r.undouble()
	}
	if rec.Problem != "" {
		rec.Excerpt = excerpt(text)
		r.fields = r.fields[:0]
	} else {
		for len(r.fields) < r.width {
			r.fields = append(r.fields, nil)
		}
	}
	rec.Fields, rec.Next = r.fields, r.s.at
	return rec
}

// undouble makes one quote of two, in place, and says which field is too large.
func (r *csvReader) undouble() string {
	for i, f := range r.fields {
		if len(r.doubled) > i && r.doubled[i] {
			f = f[:undouble(f)]
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
		if trouble != "" {
			return r.giveUpLine(trouble), nil
		}
	}
	text := r.s.buf[r.s.start : r.s.start+p]
	lines := countLines(text)
	if ending == 0 {
		lines++
	}
	r.fields, r.doubled = r.fields[:0], r.doubled[:0]
	for _, s := range r.spans {
		r.fields = append(r.fields, text[s.from:s.to:s.to])
		r.doubled = append(r.doubled, s.doubled)
	}
	rec := r.record(p, lines)
	r.doubled = r.doubled[:0]
	return rec, nil
}

// field finds the field at p (all positions count from the record's start) and adds it to spans. It returns where the next
// one begins, how long the line end after the field is if it is the last one, and whether more fields follow.
func (r *csvReader) field(p int) (next, ending int, more bool, trouble string) {
	if r.s.more(p) && r.s.buf[r.s.start+p] == '"' {
		return r.quotedField(p)
	}
	for i := p; ; i++ {
		if !r.s.more(i) {
			r.spans = append(r.spans, span{from: p, to: i})
			return i, 0, false, ""
		}
		switch c := r.s.buf[r.s.start+i]; c {
		case r.comma:
			r.spans = append(r.spans, span{from: p, to: i})
			return i + 1, 0, true, ""
		case '\n', '\r':
			r.spans = append(r.spans, span{from: p, to: i})
			ending = r.ending(i)
			return i + ending, ending, false, ""
		case '"':
			return 0, 0, false, fmt.Sprintf("field %d has a quote in a text that is not in quotes", len(r.spans)+1)
		}
		if i > dataops.MaxRecordBytes {
			return 0, 0, false, tooLong()
		}
	}
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

func (r *csvReader) quotedField(p int) (next, ending int, more bool, trouble string) {
	f := span{from: p + 1}
	for i := p + 1; ; {
		if !r.s.more(i) {
			return 0, 0, false, fmt.Sprintf("the quote that opens field %d is never closed", len(r.spans)+1)
		}
		k := bytes.IndexByte(r.s.buf[r.s.start+i:r.s.end], '"')
		if k < 0 {
			if i = r.s.end - r.s.start; i > dataops.MaxRecordBytes {
				return 0, 0, false, fmt.Sprintf("the quote that opens field %d is not closed within %d MB", len(r.spans)+1, dataops.MaxRecordBytes>>20)
			}
			continue
		}
		i += k
		f.to = i
		if !r.s.more(i + 1) {
			r.spans = append(r.spans, f)
			return i + 1, 0, false, ""
		}
		switch c := r.s.buf[r.s.start+i+1]; c {
		case '"':
			f.doubled = true
			i += 2
		case r.comma:
			r.spans = append(r.spans, f)
			return i + 2, 0, true, ""
		case '\n', '\r':
			r.spans = append(r.spans, f)
			ending = r.ending(i + 1)
			return i + 1 + ending, ending, false, ""
		default:
			return 0, 0, false, fmt.Sprintf("field %d goes on after its closing quote", len(r.spans)+1)
		}
	}
}

// excerpt is the beginning of a text, fit to be shown.
func excerpt(b []byte) string {
	b = bytes.TrimRight(b[:min(len(b), 4*dataops.MaxProblemValue)], "\r\n")
	s := strings.ReplaceAll(strings.ToValidUTF8(string(b), "\uFFFD"), "\x00", "\uFFFD")
	return dataops.Shorten(s)
}
