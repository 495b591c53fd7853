package offline

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/morket/morket/adapters/files/csvfile"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
)

// target is a file that is written. It has its name only when it is complete, so that a failure leaves what was there before.
type target struct {
	io.Writer
	file *os.File
	name string // empty: there is nothing to rename
}

const part = ".part"

// create begins a file; "-" is stdout.
func create(name string, stdout io.Writer) (*target, error) {
	if name == "-" || name == "" {
		return &target{Writer: stdout}, nil
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return nil, fmt.Errorf("%s is a folder; name a file", name)
		}
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		return &target{Writer: f, file: f}, err
	}
	f, err := os.Create(name + part)
	return &target{Writer: f, file: f, name: name}, err
}

// commit closes the file and gives it its name.
func (t *target) commit() error {
	if t.file == nil {
		return nil
	}
	err := t.file.Close()
	t.file = nil
	if err == nil && t.name != "" {
		err = os.Rename(t.name+part, t.name)
	}
	return err
}

// drop removes the file unless it was kept.
func (t *target) drop() {
	if t == nil || t.file == nil {
		return
	}
	t.file.Close()
	t.file = nil
	if t.name != "" {
		os.Remove(t.name + part)
	}
}

// sink writes rows.
type sink interface {
	row(r *row) error
	flush() error
}

// Formats of the output.
const (
	formatCSV     = "csv"
	formatJSONL   = "jsonl"
	formatJSON    = "json"
	formatXLSX    = "xlsx"
	formatParquet = "parquet"
)

func formats() []string {
	return []string{formatCSV, formatJSONL, formatJSON, formatXLSX, formatParquet}
}

// formatOf is the output's format: as asked for, else by the file's name, else the input's.
func formatOf(asked, name string, in dataops.Format) (string, error) {
	switch {
	case slices.Contains(formats(), asked):
		return asked, nil
	case asked != "":
		return "", fmt.Errorf("--format %q is not one of %s", asked, strings.Join(formats(), ", "))
	case hasSuffix(name, ".csv", ".tsv", ".tab", ".txt"):
		return formatCSV, nil
	case hasSuffix(name, ".jsonl", ".ndjson"):
		return formatJSONL, nil
	case hasSuffix(name, ".json"):
		return formatJSON, nil
	case hasSuffix(name, ".xlsx"):
		return formatXLSX, nil
	case hasSuffix(name, ".parquet"):
		return formatParquet, nil
	case hasSuffix(name, ".xls", ".xlsb", ".ods"):
		return "", fmt.Errorf("%s: this format can't be written; call it .xlsx, .csv, .json, .jsonl or .parquet, or say --format", name)
	default:
		return string(in), nil
	}
}

func hasSuffix(name string, suffixes ...string) bool {
	for _, s := range suffixes {
		if strings.HasSuffix(strings.ToLower(name), s) {
			return true
		}
	}
	return false
}

func newSink(w io.Writer, format, name string, src *source, cols columns) (sink, error) {
	fromJSON := src.reading.Format == dataops.JSONL
	switch format {
	case formatJSONL, formatJSON:
		return newJSONSink(w, fromJSON, format == formatJSON, cols)
	case formatXLSX:
		return newBookSink(w, name, fromJSON, cols)
	case formatParquet:
		return newParquetSink(w, fromJSON, cols)
	default:
	}
	comma := byte(',')
	switch {
	case hasSuffix(name, ".tsv", ".tab"):
		comma = '\t'
	case src.reading.Delimiter == ";": // what the spreadsheets of some countries expect
		comma = ';'
	}
	if src.marked {
		if _, err := io.WriteString(w, csvfile.BOM); err != nil {
			return nil, err
		}
	}
	s := &csvSink{w: csvfile.NewWriter(w, comma), fromJSON: fromJSON}
	s.w.Record(cols.names...)
	return s, nil
}

type csvSink struct {
	w        *csvfile.Writer
	fromJSON bool
}

func (s *csvSink) row(r *row) error {
	for _, f := range r.fields {
		if s.fromJSON {
			f = plain(f)
		}
		s.w.Field(f)
	}
	// Answers come from strangers' websites, so none may be run as a formula; the file's own columns stay as they are.
	for _, v := range r.added {
		s.w.Field(dataops.EscapeFormula(enrichment.Text(v)))
	}
	s.w.End()
	return s.w.Err()
}

func (s *csvSink) flush() error { return s.w.Flush() }

// plain is what a JSON value looks like in a cell: a text without its quotes, anything else as it is.
func plain(raw string) string {
	if !strings.HasPrefix(raw, `"`) {
		return raw
	}
	var text string
	if json.Unmarshal([]byte(raw), &text) != nil {
		return raw
	}
	return text
}

// unique are the columns' names where each has to have one of its own.
func (c columns) unique() []string {
	out, seen := make([]string, len(c.names)), map[string]bool{}
	for i, name := range c.names {
		if name == "" {
			name = "Column " + strconv.Itoa(i+1)
		}
		out[i] = name
		for n := 2; seen[out[i]]; n++ {
			out[i] = name + " " + strconv.Itoa(n)
		}
		seen[out[i]] = true
	}
	return out
}

type jsonSink struct {
	w        *bufio.Writer
	fromJSON bool
	array    bool // one list, not an object a line
	any      bool
	names    []string // with quotes and colon
}

func newJSONSink(w io.Writer, fromJSON, array bool, cols columns) (*jsonSink, error) {
	s := &jsonSink{w: bufio.NewWriterSize(w, 64<<10), fromJSON: fromJSON, array: array}
	for _, name := range cols.unique() {
		b, err := asJSON(name)
		if err != nil {
			return nil, err
		}
		s.names = append(s.names, string(b)+":")
	}
	return s, nil
}

// row writes the record with the added members. A record that was JSON keeps its text; one that was CSV becomes an object of texts.
func (s *jsonSink) row(r *row) error {
	var b []byte
	switch {
	case s.array && s.any:
		_, _ = s.w.WriteString(",\n") // the error stays and shows below
	case s.array:
		_, _ = s.w.WriteString("[\n")
	}
	s.any = true
	if s.fromJSON {
		b = append(b, strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(r.text), "}"))...)
	} else {
		b = append(b, '{')
		for i, f := range r.fields {
			b = s.member(b, i, f)
		}
	}
	for i, v := range r.added {
		b = s.member(b, len(s.names)-len(r.added)+i, v)
	}
	if b = append(b, '}'); !s.array {
		b = append(b, '\n')
	}
	_, err := s.w.Write(b)
	return err
}

func (s *jsonSink) member(b []byte, i int, v any) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(b, s.names[i]...)
	value, err := asJSON(v)
	if err != nil { // an answer is checked to be JSON
		return append(b, "null"...)
	}
	return append(b, value...)
}

// asJSON is json.Marshal that leaves <, > and & as they are.
func asJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func (s *jsonSink) flush() error {
	switch {
	case s.array && s.any:
		_, _ = s.w.WriteString("\n]\n") // the error stays and shows below
	case s.array:
		_, _ = s.w.WriteString("[]\n")
	}
	return s.w.Flush()
}

// faults collects what went wrong: all of it in the errors file, the first few for the summary.
type faults struct {
	target *target
	w      *csvfile.Writer // nil without an errors file
	first  []string
	bad    int64 // records that could not be read
	failed int64 // questions that failed
}

const shownFaults = 5

func newFaults(name string, stdout io.Writer) (*faults, error) {
	if name == "" {
		return &faults{}, nil
	}
	if name == "-" {
		return nil, errors.New("--errors takes a file's name")
	}
	t, err := create(name, stdout)
	if err != nil {
		return nil, err
	}
	f := &faults{target: t, w: csvfile.NewWriter(t, ',')}
	f.w.Record("line", "provider", "problem", "record")
	return f, nil
}

func (f *faults) add(line int64, provider, problem, record string) error {
	if len(f.first) < shownFaults {
		about := problem
		if provider != "" {
			about = provider + ": " + problem
		}
		f.first = append(f.first, fmt.Sprintf("line %d: %s", line, about))
	}
	if provider == "" {
		f.bad++
	} else {
		f.failed++
	}
	if f.w == nil {
		return nil
	}
	f.w.Record(strconv.FormatInt(line, 10), provider, problem, record)
	return f.w.Err()
}

func (f *faults) keep() error {
	if f.w == nil {
		return nil
	}
	if err := f.w.Flush(); err != nil {
		return err
	}
	return f.target.commit()
}
