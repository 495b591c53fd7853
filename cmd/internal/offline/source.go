package offline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/morket/morket/adapters/files/csvfile"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

// source is the file that is read. It is looked at as a whole before the first record is asked for, since its encoding and, of JSON
// Lines, its keys show only then; so what can't be read twice is copied to a temporary file first.
type source struct {
	file      *os.File
	temporary bool
	size      int64
	reading   dataops.Reading
	names     []string // of the columns, as the file has them
	marked    bool     // it begins with a byte order mark
	notices   []dataops.Notice
}

// headers are the values of --header.
const (
	headerAuto = "auto"
	headerYes  = "yes"
	headerNo   = "no"
)

// open opens the named file, or stdin for "-", and finds out what is in it. The caller closes it.
func open(ctx context.Context, name string, said dataops.Choice, stdin io.Reader) (*source, error) {
	if f := said.Format; f != nil && *f != dataops.CSV && *f != dataops.JSONL {
		return nil, kernel.Invalid("format", "%q is not csv or jsonl", *f)
	}
	s := &source{}
	inspector := csvfile.Formats{}.Inspect()
	if err := s.load(ctx, name, stdin, inspector); err != nil {
		s.close()
		return nil, err
	}
	if err := s.inspect(ctx, name, said, inspector); err != nil {
		s.close()
		if name == "-" {
			name = "standard input"
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

func (s *source) load(ctx context.Context, name string, stdin io.Reader, inspector io.Writer) (err error) {
	if name != "-" {
		if s.file, err = os.Open(name); err != nil {
			return err
		}
		info, err := s.file.Stat()
		if err != nil {
			return err
		}
		if info.IsDir() {
			return fmt.Errorf("%s is a folder; name a file", name)
		}
		if info.Mode().IsRegular() {
			s.size, err = io.Copy(inspector, until{ctx, s.file})
			return err
		}
		pipe := s.file
		defer pipe.Close() // ends the copying
		s.file, stdin = nil, pipe
	}
	if s.file, err = os.CreateTemp("", "morket-run-*"); err != nil {
		return err
	}
	s.temporary = true
	copied := make(chan error, 1)
	var size int64
	go func() {
		n, err := io.Copy(io.MultiWriter(s.file, inspector), until{ctx, stdin})
		size = n
		copied <- err
	}()
	select {
	case err := <-copied:
		s.size = size
		return err
	case <-ctx.Done(): // nothing may ever come that would end the reading
		return ctx.Err()
	}
}

// until ends reading when the context ends.
type until struct {
	ctx context.Context //nolint:containedctx // of the one copy
	r   io.Reader
}

func (u until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

func (s *source) close() {
	if s.file == nil {
		return
	}
	s.file.Close()
	if s.temporary {
		os.Remove(s.file.Name())
	}
}

func (s *source) inspect(ctx context.Context, name string, said dataops.Choice, inspector dataops.Inspector) (err error) {
	found, err := inspector.Detect(name)
	if err != nil {
		return err
	}
	if found.Unsure && said.Encoding == nil {
		return unsure(found)
	}
	if s.reading, err = found.Reading.Choose(said); err != nil {
		return err
	}
	for _, n := range found.Notices {
		if !n.Ask || said.Encoding == nil { // what was asked has been answered
			s.notices = append(s.notices, n)
		}
	}
	switch s.reading.Format {
	case dataops.JSONL:
		return s.keys(ctx)
	case dataops.JSON:
		return errors.New("this is a JSON document; JSON Lines, with one object a line, can be enriched without a server")
	default:
	}
	mark := make([]byte, 3)
	n, err := s.file.ReadAt(mark, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	s.marked = string(mark[:n]) == csvfile.BOM || n > 1 &&
		(string(mark[:2]) == "\xFF\xFE" && s.reading.Encoding == dataops.UTF16LE ||
			string(mark[:2]) == "\xFE\xFF" && s.reading.Encoding == dataops.UTF16BE)
	return s.header()
}

// unsure asks for the encoding, and shows how the file would read under each that is likely.
func unsure(found dataops.Detection) error {
	why := "the encoding is not certain"
	for _, n := range found.Notices {
		if n.Ask {
			why = n.Message
		}
	}
	var b strings.Builder
	b.WriteString(why + "; say one with --encoding")
	for _, g := range found.Guesses {
		fmt.Fprintf(&b, "\n  %-14s %s", g.Encoding, strings.Join(g.Samples, " · "))
	}
	return errors.New(b.String())
}

// header reads the columns' names, or makes them up by the width of the first records.
func (s *source) header() error {
	records, err := s.reader(s.file, dataops.ReadOptions{Reading: s.reading})
	if err != nil {
		return err
	}
	width := 0
	for range dataops.SampleRows {
		rec, err := records.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if s.reading.Header {
			if rec.Problem != "" {
				return fmt.Errorf("the header, line %d, %s", rec.Line, rec.Problem)
			}
			for _, f := range rec.Fields {
				s.names = append(s.names, string(f))
			}
			return nil
		}
		width = max(width, len(rec.Fields))
	}
	for i := range width {
		s.names = append(s.names, "Column "+strconv.Itoa(i+1))
	}
	if width == 0 {
		return errors.New("there is no record in it that can be read")
	}
	return nil
}

// keys collects the keys of all objects, in the order of their first appearance.
func (s *source) keys(ctx context.Context) error {
	records, err := s.reader(until{ctx, s.file}, dataops.ReadOptions{Reading: s.reading, OnlyKeys: true})
	if err != nil {
		return err
	}
	for {
		rec, err := records.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		s.names = append(s.names, rec.Unknown...)
	}
	switch {
	case len(s.names) == 0:
		return errors.New("no line of it is a JSON object with keys")
	case len(s.names) >= dataops.MaxColumns:
		return fmt.Errorf("its objects have %d different keys or more; fewer can be read", dataops.MaxColumns)
	}
	return nil
}

func (s *source) reader(r io.Reader, o dataops.ReadOptions) (dataops.Records, error) {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return csvfile.Formats{}.Read(r, o)
}

// stream reads the records after the header.
type stream struct {
	records  dataops.Records
	tape     *tape
	encoding dataops.Encoding
	at       int64 // where the next record begins
}

func (s *source) stream() (*stream, error) {
	t := &tape{src: s.file}
	o := dataops.ReadOptions{Reading: s.reading, Width: len(s.names), Keys: s.names}
	records, err := s.reader(t, o)
	if err != nil {
		return nil, err
	}
	st := &stream{records: records, tape: t, encoding: s.reading.Encoding}
	if s.reading.Format == dataops.CSV && s.reading.Header {
		if _, err := st.next(); err != nil {
			return nil, err
		}
	}
	return st, nil
}

// next returns the next record; text then returns it as it stands in the file.
func (s *stream) next() (dataops.Record, error) {
	s.tape.forget(s.at)
	rec, err := s.records.Next()
	if err == nil {
		s.at = rec.Next.Offset
	}
	return rec, err
}

// text is the last record as it stands in the file, without line ends around it.
func (s *stream) text() string {
	return strings.TrimPrefix(strings.Trim(csvfile.Decode(s.tape.until(s.at), s.encoding), "\r\n"), "\uFEFF")
}

// tape keeps what was read until it is told to forget it.
type tape struct {
	src  io.Reader
	kept []byte
	from int64 // where in the file it begins
}

// Read implements io.Reader.
func (t *tape) Read(p []byte) (int, error) {
	n, err := t.src.Read(p)
	t.kept = append(t.kept, p[:n]...)
	return n, err
}

func (t *tape) forget(before int64) {
	t.kept = t.kept[before-t.from:]
	t.from = before
}

func (t *tape) until(end int64) []byte { return t.kept[:end-t.from] }
