package xlsxfile

import (
	"bytes"
	"io"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// Limits of a part's XML.
const (
	windowBytes = 256 << 10 // of which a tag takes half at most
	maxTag      = windowBytes / 2
	maxDepth    = 64
)

type kind byte

// The kinds of tokens. An element without content is a start and an end.
const (
	startTag kind = iota
	endTag
	chars
)

// token is a tag or a piece of text. Its bytes are good until the next one is read.
type token struct {
	kind  kind
	name  []byte // without its prefix
	attrs []byte
	text  []byte // as it stands; a CDATA section is raw
	raw   bool
}

// scanner reads the tags and texts of a part. It knows no entities but XML's own five and characters by number, and takes no document
// type, so nothing in a part can grow or refer to anything. Memory is its window.
type scanner struct {
	src        io.Reader
	buf        []byte
	start, end int
	eof        bool
	err        error
	depth      int
	close      []byte // an element without content is to be ended
	begun      bool
}

func newScanner(src io.Reader) *scanner { return &scanner{src: src, buf: make([]byte, windowBytes)} }

// broken is the error of a file that can't be read, in words for people.
func broken(format string, args ...any) error {
	return kernel.Invalid("file", "is a workbook that can't be read: "+format, args...)
}

func (s *scanner) fill() bool {
	if s.eof {
		return false
	}
	if s.start > 0 {
		copy(s.buf, s.buf[s.start:s.end])
		s.end -= s.start
		s.start = 0
	}
	for s.end < len(s.buf) {
		n, err := s.src.Read(s.buf[s.end:])
		s.end += n
		if err != nil {
			s.eof = true
			if err != io.EOF {
				s.err = err
			}
		}
		if n > 0 || err != nil {
			return n > 0
		}
	}
	return false
}

// find returns where the text is in what has not been read, reading more as needed; -1 if it isn't within a tag's length.
func (s *scanner) find(what string, from int) int {
	for {
		if from < s.end-s.start {
			if i := bytes.Index(s.buf[s.start+from:s.end], []byte(what)); i >= 0 {
				return from + i
			}
		}
		from = max(from, s.end-s.start-len(what)+1)
		if s.end-s.start >= maxTag || !s.fill() {
			return -1
		}
	}
}

// next returns the next token, or io.EOF after the last.
func (s *scanner) next() (token, error) {
	if s.close != nil {
		t := token{kind: endTag, name: s.close}
		s.close = nil
		s.depth--
		return t, nil
	}
	for {
		if s.start == s.end && !s.fill() {
			return token{}, s.ended()
		}
		if !s.begun {
			if err := s.begin(); err != nil {
				return token{}, err
			}
			continue
		}
		if s.buf[s.start] != '<' {
			return s.chars(), nil
		}
		t, skip, err := s.tag()
		if err != nil || !skip {
			return t, err
		}
	}
}

func (s *scanner) ended() error {
	switch {
	case s.err != nil:
		return s.err
	case s.depth > 0 || !s.begun:
		return broken("one of its parts ends in the middle")
	default:
		return io.EOF
	}
}

// begin looks at how the part begins.
func (s *scanner) begin() error {
	for s.end-s.start < len(bom) && s.fill() {
		continue
	}
	s.begun = true
	head := s.buf[s.start:s.end]
	switch {
	case bytes.HasPrefix(head, []byte(bom)):
		s.start += len(bom)
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")):
		return broken("one of its parts is in UTF-16; save it with a spreadsheet program and upload that")
	}
	return nil
}

const bom = "\xEF\xBB\xBF"

// chars returns text up to the next tag, or as much as the window holds without cutting an entity or a character.
func (s *scanner) chars() token {
	i := bytes.IndexByte(s.buf[s.start:s.end], '<')
	for i < 0 && s.end-s.start < maxTag && s.fill() {
		i = bytes.IndexByte(s.buf[s.start:s.end], '<')
	}
	n := i
	if i < 0 {
		if n = s.end - s.start; !s.eof {
			n = uncut(s.buf[s.start:s.end])
		}
	}
	t := token{kind: chars, text: s.buf[s.start : s.start+n]}
	s.start += n
	return t
}

// longestEntity is how long a reference to a character may be.
const longestEntity = 12

// uncut is how much of a text can be taken without cutting an entity or a character in two.
func uncut(b []byte) int {
	n := len(b)
	if i := bytes.LastIndexByte(b, '&'); i > 0 && n-i < longestEntity && bytes.IndexByte(b[i:], ';') < 0 {
		n = i
	}
	for back := 1; back < utf8.UTFMax && back < n; back++ {
		if utf8.RuneStart(b[n-back]) {
			if !utf8.FullRune(b[n-back : n]) {
				n -= back
			}
			break
		}
	}
	return n
}

// tag reads what begins with <; skip says that it is nothing to a reader.
func (s *scanner) tag() (t token, skip bool, err error) {
	for s.end-s.start < len("<![CDATA[") && s.fill() {
		continue
	}
	head := s.buf[s.start:s.end]
	switch {
	case bytes.HasPrefix(head, []byte("<!--")):
		return t, true, s.pass("-->")
	case bytes.HasPrefix(head, []byte("<?")):
		return t, true, s.pass("?>")
	case bytes.HasPrefix(head, []byte("<![CDATA[")):
		end := s.find("]]>", 0)
		if end < 0 {
			return t, false, s.orBroken("a text in it is too long or never ends")
		}
		t = token{kind: chars, text: s.buf[s.start+len("<![CDATA[") : s.start+end], raw: true}
		s.start += end + len("]]>")
		return t, false, nil
	case bytes.HasPrefix(head, []byte("<!")):
		return t, false, broken("one of its parts has a document type, which no workbook has")
	}
	end := s.tagEnd()
	if end < 0 {
		return t, false, s.orBroken("a tag in it is too long or never ends")
	}
	t, err = s.element(s.buf[s.start+1 : s.start+end])
	s.start += end + 1
	return t, false, err
}

// tagEnd finds the > that ends the tag: one in the quotes of an attribute doesn't.
func (s *scanner) tagEnd() int {
	quote := byte(0)
	for i := 1; ; i++ {
		if s.start+i >= s.end && (i >= maxTag || !s.fill()) {
			return -1
		}
		switch c := s.buf[s.start+i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i
		}
	}
}

// pass goes over a comment or an instruction of any length.
func (s *scanner) pass(until string) error {
	s.start++ // not to find an end that overlaps the beginning
	for {
		if i := bytes.Index(s.buf[s.start:s.end], []byte(until)); i >= 0 {
			s.start += i + len(until)
			return nil
		}
		s.start = max(s.start, s.end-len(until)+1)
		if !s.fill() {
			return s.orBroken("one of its parts ends in the middle")
		}
	}
}

// orBroken is what stopped the reading of the part or, if nothing did, what is wrong with it.
func (s *scanner) orBroken(what string) error {
	if s.err != nil {
		return s.err
	}
	return broken("%s", what)
}

func (s *scanner) element(b []byte) (token, error) {
	t := token{kind: startTag}
	if len(b) > 0 && b[0] == '/' {
		t.kind, b = endTag, b[1:]
	}
	empty := len(b) > 0 && b[len(b)-1] == '/'
	if empty {
		b = b[:len(b)-1]
	}
	n := bytes.IndexAny(b, " \t\r\n")
	if n < 0 {
		n = len(b)
	}
	t.name, t.attrs = b[:n], b[n:]
	if i := bytes.IndexByte(t.name, ':'); i >= 0 {
		t.name = t.name[i+1:]
	}
	if t.kind == endTag {
		if s.depth--; s.depth < 0 {
			return t, broken("its tags don't match")
		}
		return t, nil
	}
	if s.depth++; s.depth > maxDepth {
		return t, broken("its tags are nested too deeply")
	}
	if empty {
		s.close = t.name
	}
	return t, nil
}
