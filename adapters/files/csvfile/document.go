package csvfile

import (
	"bytes"
	"fmt"
	"io"

	"github.com/morket/morket/domain/dataops"
)

// elements finds the objects of a JSON document one by one: those of the array that the document is, or of the first array in the object
// that it is, or that object alone. What is around them is not understood, so a document of any size takes the memory of one object.
type elements struct {
	s     *scanner
	begun bool
	alone bool // the document is one object
	over  bool
	lost  int    // objects that never ended
	open  []byte // brackets of the element that is read
}

// maxLost is how many objects may be given up before the rest of the document is.
const maxLost = 100

// maxHead is how far into a document the first array of objects may begin.
const maxHead = 64 << 10

// next consumes an element. The record has its place, and a problem if it is no element that can be read; io.EOF is the end.
func (e *elements) next() ([]byte, dataops.Record, error) {
	if !e.begun {
		e.begun = true
		if e.s.at.Offset <= int64(len(BOM)) {
			e.begin()
		}
	}
	for i := 0; !e.over; i++ {
		if !e.s.more(0) {
			break
		}
		switch c := e.s.buf[e.s.start]; c {
		case ' ', '\t', ',':
			e.s.take(1, 0)
		case '\r', '\n':
			e.s.take(lineEnd(e.s), 1)
		case ']':
			e.over = true
		default:
			return e.element()
		}
	}
	if e.s.err != nil {
		return nil, dataops.Record{}, fmt.Errorf("read the file: %w", e.s.err)
	}
	return nil, dataops.Record{}, io.EOF
}

// lineEnd is the length of the line end at the start.
func lineEnd(s *scanner) int {
	if s.buf[s.start] == '\r' && s.more(1) && s.buf[s.start+1] == '\n' {
		return 2
	}
	return 1
}

// begin goes into the array of the objects.
func (e *elements) begin() {
	n, ok := arrayStart(e.s)
	if ok {
		e.s.take(n, countLines(e.s.buf[e.s.start:e.s.start+n]))
		return
	}
	e.alone = true
}

// arrayStart finds where the objects begin: after the bracket of the document's array, or of the first array of objects that is a member
// of the document's object.
func arrayStart(s *scanner) (n int, ok bool) {
	depth, quoted, first := 0, false, true
	for i := 0; i < maxHead && s.more(i); i++ {
		c := s.buf[s.start+i]
		switch {
		case quoted:
			switch c {
			case '\\':
				i++
			case '"':
				quoted = false
			}
		case c == '"':
			quoted = true
		case c == '[' && (first || depth == 1 && objectFollows(s, i+1)):
			return i + 1, true
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			first = false
		}
	}
	return 0, false
}

// objectFollows reports whether the next thing that is no blank is an object, or the end of an empty array.
func objectFollows(s *scanner, i int) bool {
	for ; s.more(i); i++ {
		switch s.buf[s.start+i] {
		case ' ', '\t', '\r', '\n':
		case '{':
			return true
		default:
			return false
		}
	}
	return false
}

// element consumes what begins at the start.
func (e *elements) element() ([]byte, dataops.Record, error) {
	rec := dataops.Record{Line: e.s.at.Line + 1}
	n, problem := e.length()
	if e.s.err != nil {
		return nil, rec, fmt.Errorf("read the file: %w", e.s.err)
	}
	if e.alone {
		e.over = true
	}
	if problem == "" {
		text := e.s.buf[e.s.start : e.s.start+n]
		text = e.s.take(n, countLines(text))
		rec.Next = e.s.at
		return text, rec, nil
	}
	rec.Problem, rec.Excerpt = problem, excerpt(e.s.buf[e.s.start:min(e.s.end, e.s.start+n)])
	if e.lost++; e.lost > maxLost || e.over {
		e.over = true
		rec.Problem += "; nothing after it can be read"
		rec.Next = e.s.at
		return nil, rec, nil
	}
	e.again()
	rec.Next = e.s.at
	return nil, rec, nil
}

// length is how long the element at the start is: an object or array up to its end, anything else up to a comma or bracket.
func (e *elements) length() (n int, problem string) {
	quoted := false
	e.open = e.open[:0]
	for i := 0; ; i++ {
		if i > dataops.MaxRecordBytes {
			return i, tooLong() + ", or a bracket or quote in it is never closed"
		}
		if !e.s.more(i) {
			if len(e.open) == 0 && !quoted {
				return i, ""
			}
			return i, "is not closed before the file ends"
		}
		c := e.s.buf[e.s.start+i]
		switch {
		case quoted:
			switch c {
			case '\\':
				i++
			case '"':
				quoted = false
			}
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			e.open = append(e.open, c)
		case c == '}' || c == ']':
			last := len(e.open) - 1
			switch {
			case last < 0:
				return max(1, i), "" // a bracket too many is an element by itself
			case e.open[last] != c-2: // as the characters have it: [ \ ] and { | }
				return i, "is not closed before the array ends"
			case last == 0:
				return i + 1, ""
			}
			e.open = e.open[:last]
		case c == ',' && len(e.open) == 0:
			return i, ""
		}
	}
}

// again goes to where the next object may begin after one that never ends: to a line that begins with one.
func (e *elements) again() {
	for first := true; ; first = false {
		if !first {
			i := 0
			for e.s.more(i) && (e.s.buf[e.s.start+i] == ' ' || e.s.buf[e.s.start+i] == '\t') {
				i++
			}
			if !e.s.more(i) || e.s.buf[e.s.start+i] == '{' {
				return
			}
		}
		n, ending, ok := e.s.line()
		if n == 0 && ending == 0 {
			return
		}
		e.s.take(n+ending, int64(min(1, ending)))
		if !ok {
			e.s.dropLine()
		}
	}
}

// lines finds the lines of JSON Lines, without blank ones.
type lines struct{ s *scanner }

func (l lines) next() ([]byte, dataops.Record, error) {
	for {
		text, rec, err := nextLine(l.s)
		if err != nil || rec.Problem != "" || len(bytes.TrimSpace(text)) > 0 {
			return text, rec, err
		}
	}
}
