package kernel

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// JSONScan walks over JSON that is known to be valid, as everything in the log is, several times faster than encoding/json
// and without copying. It understands what the product writes itself; on anything else Fail is set, and the caller reads
// the JSON the ordinary way.
type JSONScan struct {
	b    []byte
	i    int
	Fail bool
}

// ScanJSON begins at the start of b.
func ScanJSON(b []byte) *JSONScan { return &JSONScan{b: b} }

func (s *JSONScan) peek() byte {
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case ' ', '\n', '\t', '\r':
			s.i++
		default:
			return c
		}
	}
	s.Fail = true
	return 0
}

func (s *JSONScan) consume(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.i++
	return true
}

// Object calls fn at each member's value, which fn must walk over. Keys with escapes are not understood.
func (s *JSONScan) Object(fn func(key string)) {
	if !s.consume('{') {
		s.Fail = true
		return
	}
	if s.consume('}') {
		return
	}
	for !s.Fail {
		key := s.Text()
		if s.Fail || !s.consume(':') {
			s.Fail = true
			return
		}
		fn(key)
		if s.consume('}') {
			return
		}
		if !s.consume(',') {
			s.Fail = true
		}
	}
}

// Array calls fn at each element, which fn must walk over.
func (s *JSONScan) Array(fn func()) {
	if !s.consume('[') {
		s.Fail = true
		return
	}
	if s.consume(']') {
		return
	}
	for !s.Fail {
		s.peek()
		fn()
		if s.consume(']') {
			return
		}
		if !s.consume(',') {
			s.Fail = true
		}
	}
}

// Text walks over a string without escapes.
func (s *JSONScan) Text() string {
	raw := s.Value()
	if s.Fail || len(raw) < 2 || raw[0] != '"' || bytes.IndexByte(raw, '\\') >= 0 {
		s.Fail = true
		return ""
	}
	return string(raw[1 : len(raw)-1])
}

// Int walks over a whole number.
func (s *JSONScan) Int() int64 {
	n, err := strconv.ParseInt(string(s.Value()), 10, 64)
	if err != nil {
		s.Fail = true
	}
	return n
}

// Value walks over any value and returns its text, which is part of the scanned bytes.
func (s *JSONScan) Value() json.RawMessage {
	c := s.peek()
	from := s.i
	switch c {
	case '"':
		s.skipString()
	case '{', '[':
		s.skipNested()
	default:
		for s.i < len(s.b) && !endsScalar(s.b[s.i]) {
			s.i++
		}
	}
	if s.Fail || s.i == from {
		s.Fail = true
		return nil
	}
	return json.RawMessage(s.b[from:s.i:s.i])
}

func endsScalar(c byte) bool {
	switch c {
	case ',', ']', '}', ':', ' ', '\n', '\t', '\r':
		return true
	default:
		return false
	}
}

func (s *JSONScan) skipString() {
	for i := s.i + 1; ; {
		k := bytes.IndexByte(s.b[min(i, len(s.b)):], '"')
		if k < 0 {
			s.Fail = true
			return
		}
		i += k
		slashes := 0
		for s.b[i-1-slashes] == '\\' {
			slashes++
		}
		i++
		if slashes%2 == 0 {
			s.i = i
			return
		}
	}
}

func (s *JSONScan) skipNested() {
	depth := 0
	for s.i < len(s.b) && !s.Fail {
		switch s.b[s.i] {
		case '"':
			s.skipString()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		s.i++
		if depth == 0 {
			return
		}
	}
	s.Fail = true
}

// Chunk walks over a chunk. Its values are part of the scanned bytes.
func (s *JSONScan) Chunk() Chunk {
	var c Chunk
	s.Object(func(key string) {
		switch key {
		case "rows":
			c.Rows = []RowID{}
			s.Array(func() { c.Rows = append(c.Rows, RowID(s.Text())) })
		case "cols":
			c.Cols = s.Columns(len(c.Rows))
		default:
			s.Value()
		}
	})
	return c
}

// Columns walks over lists of values by column; size is how many values to expect in each. They are part of the scanned bytes.
func (s *JSONScan) Columns(size int) map[ColumnID][]json.RawMessage {
	if s.peek() == 'n' { // null, of an event without them
		s.Value()
		return nil
	}
	out := map[ColumnID][]json.RawMessage{}
	s.Object(func(key string) { out[ColumnID(key)] = s.values(size) })
	return out
}

func (s *JSONScan) values(size int) []json.RawMessage {
	out := make([]json.RawMessage, 0, size)
	s.Array(func() { out = append(out, s.Value()) })
	return out
}
