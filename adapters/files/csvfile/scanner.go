package csvfile

import (
	"bytes"
	"errors"
	"io"

	"github.com/morket/morket/domain/dataops"
)

// scanner holds a window of the decoded file and finds lines in it. A line ends with LF, CRLF or a lone CR.
type scanner struct {
	src    io.Reader
	rawLen func([]byte) int64
	buf    []byte
	start  int // of what has not been consumed
	end    int
	eof    bool
	err    error // of reading, other than the end
	at     dataops.Mark
	// The next line feed, carriage return and quote at or after start: each byte is looked at once, however many short
	// lines the window has. noneYet means there is none in the window.
	lf, cr, quote int
}

const (
	windowBytes = 256 << 10
	noneYet     = -1
	unknown     = -2
)

func newScanner(src io.Reader, enc dataops.Encoding, at dataops.Mark) *scanner {
	decoded, rawLen := decoder(src, enc)
	return &scanner{src: decoded, rawLen: rawLen, buf: make([]byte, windowBytes), at: at, lf: unknown, cr: unknown, quote: unknown}
}

// fill reads more; false means that nothing more will come. Positions relative to start stay good.
func (s *scanner) fill() bool {
	if s.eof {
		return false
	}
	if s.start > 0 && s.end-s.start <= len(s.buf)/2 {
		copy(s.buf, s.buf[s.start:s.end])
		s.shift(s.start)
	}
	if s.end == len(s.buf) {
		bigger := make([]byte, 2*len(s.buf))
		copy(bigger, s.buf[s.start:s.end])
		s.buf = bigger
		s.shift(s.start)
	}
	n, err := s.src.Read(s.buf[s.end:])
	s.end += n
	if err != nil {
		s.eof = true
		if !errors.Is(err, io.EOF) {
			s.err = err
		}
	}
	for _, p := range []*int{&s.lf, &s.cr, &s.quote} {
		if *p == noneYet {
			*p = unknown
		}
	}
	return n > 0 || !s.eof
}

func (s *scanner) shift(by int) {
	s.end -= by
	s.start -= by
	for _, p := range []*int{&s.lf, &s.cr, &s.quote} {
		if *p >= 0 {
			*p -= by
		}
	}
}

// next returns where c is next, from start on.
func (s *scanner) next(c byte, cached *int) int {
	if *cached == noneYet || *cached >= s.start {
		return *cached
	}
	if i := bytes.IndexByte(s.buf[s.start:s.end], c); i >= 0 {
		*cached = s.start + i
	} else {
		*cached = noneYet
	}
	return *cached
}

// line finds the end of the line at start: its length, and the length of what ends it, 0 at the end of the file. ok is
// false when the line is longer than a record may be.
func (s *scanner) line() (length, ending int, ok bool) {
	for {
		i, cr := s.next('\n', &s.lf), s.next('\r', &s.cr)
		if cr >= 0 && (i < 0 || cr < i) {
			switch {
			case cr+1 < s.end && s.buf[cr+1] == '\n':
				return cr - s.start, 2, true
			case cr+1 < s.end || s.eof:
				return cr - s.start, 1, true
			}
		} else if i >= 0 {
			return i - s.start, 1, true
		}
		if n := s.end - s.start; n > dataops.MaxRecordBytes {
			if s.buf[s.end-1] == '\r' { // it may be half of a CRLF
				n--
			}
			return n, 0, false
		}
		if !s.fill() {
			if cr = s.next('\r', &s.cr); cr >= 0 { // the file ends with a lone CR
				return cr - s.start, 1, true
			}
			return s.end - s.start, 0, true
		}
	}
}

// more makes sure that the byte at offset i from start is there; false at the end of the file.
func (s *scanner) more(i int) bool {
	for s.start+i >= s.end {
		if !s.fill() {
			return false
		}
	}
	return true
}

// take consumes n bytes that hold the given number of line ends.
func (s *scanner) take(n int, lines int64) []byte {
	b := s.buf[s.start : s.start+n]
	s.at.Offset += s.rawLen(b)
	s.at.Line += lines
	s.start += n
	return b
}

// dropLine consumes the rest of an overlong line.
func (s *scanner) dropLine() {
	for {
		n, ending, ok := s.line()
		if ok {
			s.take(n+ending, 1)
			return
		}
		s.take(n, 0)
	}
}

// skipLines consumes the next n lines.
func (s *scanner) skipLines(n int64) {
	for range n {
		length, ending, ok := s.line()
		if length == 0 && ending == 0 {
			return
		}
		s.take(length+ending, int64(min(1, ending)))
		if !ok {
			s.dropLine()
		}
	}
}

// countLines counts the line ends in b.
func countLines(b []byte) int64 {
	n := int64(bytes.Count(b, []byte{'\n'}))
	for i := bytes.IndexByte(b, '\r'); i >= 0 && i < len(b); {
		if i+1 == len(b) || b[i+1] != '\n' {
			n++
		}
		j := bytes.IndexByte(b[i+1:], '\r')
		if j < 0 {
			break
		}
		i += 1 + j
	}
	return n
}
