package dataopsapi

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/morket/morket/adapters/files/csvfile"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/dataops"
)

// problems streams the errors file: each row that lost something as it stands in the imported file, then where it stands there and why,
// so that it can be mended and imported again. What came from the file is escaped like every export. Fields beyond the last column come
// last.
func (s service) problems(ctx context.Context, p httpapi.Principal, in *InImport) (func(http.ResponseWriter) error, error) {
	imp, err := s.Reads.Import(ctx, p.Workspace, in.ImportID)
	if err != nil {
		return nil, err
	}
	return func(rw http.ResponseWriter) error {
		name, _, _ := strings.Cut(imp.Filename, ".")
		attach(rw, name+"-errors.csv", "text/csv; charset=utf-8")
		f := errorsFile{w: csvfile.NewWriter(rw, ','), width: len(imp.Columns)}
		f.header(imp.Columns)
		if err := s.Reads.Problems(ctx, p.Workspace, in.ImportID, f.add); err != nil {
			return err
		}
		f.flush()
		return f.w.Flush()
	}, nil
}

// errorsFile gathers the problems of one row and writes it.
type errorsFile struct {
	w        *csvfile.Writer
	width    int
	line     int64
	row      []string
	kept     bool
	problems []string
}

func (f *errorsFile) header(columns []dataops.FileColumn) {
	names := make([]string, 0, len(columns))
	for _, c := range columns {
		names = append(names, dataops.EscapeFormula(c.Name))
	}
	f.w.Record(append(names, dataops.ErrorColumns()...)...)
}

func (f *errorsFile) add(e dataops.Problem) error {
	if e.Line != f.line {
		f.flush()
		f.line, f.kept = e.Line, true
	}
	if f.row == nil {
		f.row = e.Row
	}
	f.kept = f.kept && e.Kept
	text := e.Reason
	if e.Column != "" {
		text = e.Column + ": " + text
	}
	if f.row == nil && e.Value != "" {
		text += " (" + e.Value + ")"
	}
	f.problems = append(f.problems, text)
	return f.w.Err()
}

// flush writes the row gathered so far.
func (f *errorsFile) flush() {
	if len(f.problems) == 0 {
		return
	}
	cells := make([]string, 0, max(f.width, len(f.row))+3)
	for _, v := range f.row[:min(len(f.row), f.width)] {
		cells = append(cells, dataops.EscapeFormula(v))
	}
	for len(cells) < f.width {
		cells = append(cells, "")
	}
	result := "left out"
	if f.kept {
		result = "imported without this"
	}
	cells = append(cells, strconv.FormatInt(f.line, 10), result, dataops.EscapeFormula(strings.Join(f.problems, "; ")))
	for _, v := range f.row[min(len(f.row), f.width):] {
		cells = append(cells, dataops.EscapeFormula(v))
	}
	f.w.Record(slices.Clip(cells)...)
	f.row, f.problems = nil, f.problems[:0]
}
