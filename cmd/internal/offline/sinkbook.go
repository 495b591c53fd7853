package offline

import (
	"encoding/json"
	"io"
	"path/filepath"
	"strings"

	"github.com/morket/morket/adapters/files/parquetfile"
	"github.com/morket/morket/adapters/files/xlsxfile"
	"github.com/morket/morket/domain/enrichment"
)

// bookSink writes a workbook. What a CSV file has stays text, so that zeros before a number are kept; of JSON, and of answers, numbers and
// booleans are such.
type bookSink struct {
	w        *xlsxfile.Writer
	fromJSON bool
}

func newBookSink(w io.Writer, name string, fromJSON bool, cols columns) (*bookSink, error) {
	list := make([]xlsxfile.Column, len(cols.names))
	for i, n := range cols.names {
		list[i].Name = n
	}
	name = strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	out, err := xlsxfile.NewWriter(w, name, list)
	return &bookSink{w: out, fromJSON: fromJSON}, err
}

func (s *bookSink) row(r *row) error {
	for _, f := range r.fields {
		if s.fromJSON {
			s.value([]byte(f))
		} else {
			s.w.Text(f)
		}
	}
	for _, v := range r.added {
		b, err := asJSON(v)
		if err != nil {
			return err
		}
		s.value(b)
	}
	return s.w.End()
}

// value writes a value of JSON.
func (s *bookSink) value(v []byte) {
	var number json.Number
	switch text := string(v); {
	case text == "" || text == "null":
		s.w.Blank()
	case text == "true" || text == "false":
		s.w.Bool(text == "true")
	case v[0] != '"' && !strings.ContainsAny(text, "eE[{") && json.Unmarshal(v, &number) == nil:
		s.w.Number(v)
	default:
		s.w.Text(plain(text))
	}
}

func (s *bookSink) flush() error { return s.w.Close() }

// parquetSink writes Parquet, whose columns are all texts: what a file of text means is only known when all of it was read.
type parquetSink struct {
	w        *parquetfile.Writer
	fromJSON bool
}

func newParquetSink(w io.Writer, fromJSON bool, cols columns) (*parquetSink, error) {
	names := cols.unique()
	list := make([]parquetfile.Column, len(names))
	for i, n := range names {
		list[i] = parquetfile.Column{Name: n, Kind: parquetfile.Text}
	}
	out, err := parquetfile.NewWriter(w, list)
	return &parquetSink{w: out, fromJSON: fromJSON}, err
}

func (s *parquetSink) row(r *row) error {
	for _, f := range r.fields {
		if s.fromJSON {
			f = plain(f)
		}
		s.text(f)
	}
	for _, v := range r.added {
		s.text(enrichment.Text(v))
	}
	return s.w.End()
}

func (s *parquetSink) text(t string) {
	if t == "" {
		s.w.Null()
	} else {
		s.w.Text([]byte(t))
	}
}

func (s *parquetSink) flush() error { return s.w.Close() }
