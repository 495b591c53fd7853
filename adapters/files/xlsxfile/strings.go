package xlsxfile

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// Limits of the table of shared texts.
const (
	maxShared      = 16 << 20 // texts
	sharedInMemory = 24 << 20 // bytes; more go to a temporary file
)

// sharedTexts are a workbook's texts, by number. Memory holds where each of them is, and the texts themselves only while they are few.
type sharedTexts struct {
	ends    []uint32 // of each text
	memory  []byte
	file    *os.File // what no longer fits into memory: all of the texts
	written uint32
	buf     []byte
	tooLong map[int]bool
}

// add ends a text. One that is longer than a cell's is noted and not kept.
func (s *sharedTexts) add(text []byte) error {
	if len(s.ends) >= maxShared {
		return broken("it has more than %d different texts", maxShared)
	}
	if overlong(text) {
		if s.tooLong == nil {
			s.tooLong = map[int]bool{}
		}
		s.tooLong[len(s.ends)] = true
		text = nil
	}
	s.memory = append(s.memory, text...)
	s.written += uint32(len(text))
	s.ends = append(s.ends, s.written)
	if len(s.memory) >= sharedInMemory || s.file != nil && len(s.memory) >= windowBytes {
		return s.spill()
	}
	return nil
}

func (s *sharedTexts) spill() (err error) {
	if s.file == nil {
		if s.file, err = tempFile(); err != nil {
			return err
		}
	}
	if _, err := s.file.Write(s.memory); err != nil {
		return fmt.Errorf("keep the texts of a workbook: %w", err)
	}
	s.memory = s.memory[:0]
	return nil
}

// get returns a text, good until the next call; ok is false if there is none of the number.
func (s *sharedTexts) get(i int) (text []byte, tooLong, ok bool, err error) {
	if i < 0 || i >= len(s.ends) {
		return nil, false, false, nil
	}
	from := uint32(0)
	if i > 0 {
		from = s.ends[i-1]
	}
	if s.file == nil {
		return s.memory[from:s.ends[i]], s.tooLong[i], true, nil
	}
	n := int(s.ends[i] - from)
	if cap(s.buf) < n {
		s.buf = make([]byte, n)
	}
	s.buf = s.buf[:n]
	if _, err := s.file.ReadAt(s.buf, int64(from)); err != nil && err != io.EOF {
		return nil, false, false, fmt.Errorf("look up a text of a workbook: %w", err)
	}
	return s.buf, s.tooLong[i], true, nil
}

func (s *sharedTexts) close() {
	if s.file != nil {
		closeTemp(s.file)
	}
}

// overlong reports whether a text is longer than a cell takes. No program writes such ones; they make small files large.
func overlong(text []byte) bool {
	if len(text) <= MaxCellText {
		return false
	}
	n, _ := fits(string(text))
	return n > MaxCellText
}

// maxTextBytes is more than MaxCellText characters can have.
const maxTextBytes = 4 * MaxCellText

// sharedOf reads the part of the shared texts.
func sharedOf(part io.Reader) (*sharedTexts, error) {
	s := &sharedTexts{}
	if err := s.read(newScanner(part)); err != nil {
		s.close()
		return nil, err
	}
	if s.file != nil {
		if err := s.spill(); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

func (s *sharedTexts) read(x *scanner) error {
	var r richText
	for {
		t, err := x.next()
		if err == io.EOF { //nolint:errorlint // the scanner's own
			return nil
		}
		if err != nil {
			return err
		}
		if t.kind == endTag && string(t.name) == "si" {
			if err := s.add(r.take()); err != nil {
				return err
			}
			continue
		}
		r.add(t)
	}
}

// richText gathers the text of an element that holds t elements, alone or in runs; how they are pronounced is left out.
type richText struct {
	text     []byte
	in       bool // a t element
	phonetic int
}

func (r *richText) add(t token) {
	switch {
	case t.kind == chars:
		if r.in && r.phonetic == 0 && len(r.text) <= maxTextBytes {
			if t.raw {
				r.text = append(r.text, t.text...)
			} else {
				r.text = appendText(r.text, t.text)
			}
		}
	case bytes.Equal(t.name, []byte("t")):
		r.in = t.kind == startTag
	case bytes.Equal(t.name, []byte("rPh")):
		if t.kind == startTag {
			r.phonetic++
		} else {
			r.phonetic--
		}
	}
}

// take returns the text, and begins the next one.
func (r *richText) take() []byte {
	text := unescape(r.text)
	r.text, r.in, r.phonetic = r.text[:0], false, 0
	return text
}

// tempFile makes a file that is gone when it is closed, or when the process ends where the system allows that.
func tempFile() (*os.File, error) {
	f, err := os.CreateTemp("", "morket-workbook-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w", err)
	}
	os.Remove(f.Name())
	return f, nil
}

func closeTemp(f *os.File) {
	f.Close()
	os.Remove(f.Name()) // where an open file can't be removed
}
