package tablefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/morket/morket/adapters/files/csvfile"
	"github.com/morket/morket/adapters/files/xlsxfile"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

// Imports reads every format that can be imported.
type Imports struct{}

// Inspect returns an inspector for one file.
func (Imports) Inspect() dataops.Inspector { return &inspector{} }

// inspector tells workbooks from other files by their beginning.
type inspector struct {
	csvfile.Inspector
	head []byte
}

const magicBytes = 4

// Write implements io.Writer; it never fails.
func (i *inspector) Write(p []byte) (int, error) {
	if room := magicBytes - len(i.head); room > 0 {
		i.head = append(i.head, p[:min(room, len(p))]...)
	}
	return i.Inspector.Write(p)
}

// Detect implements dataops.Inspector. Of a workbook the rest is found out by Survey.
func (i *inspector) Detect(filename string) (dataops.Detection, error) {
	if xlsxfile.IsZip(i.head) {
		return dataops.Detection{Reading: dataops.Reading{Format: dataops.XLSX, Encoding: dataops.UTF8, Header: true}}, nil
	}
	return i.Inspector.Detect(filename)
}

// Survey finds out what the beginning of a file doesn't tell: of a workbook which sheets it has and where the table begins on the chosen
// one or, if none is chosen, on the first that is shown and has rows.
func (Imports) Survey(src io.Reader, found dataops.Detection) (dataops.Detection, error) {
	if found.Reading.Format != dataops.XLSX {
		return found, nil
	}
	book, err := open(src)
	if err != nil {
		return found, err
	}
	defer func() { _ = book.Close() }() // it was only read
	var heads []head
	for _, s := range book.Sheets() {
		found.Sheets = append(found.Sheets, dataops.Sheet{Name: s.Name, Hidden: s.Hidden})
	}
	for _, s := range book.Sheets() {
		if found.Reading.Sheet != "" && found.Reading.Sheet != s.Name {
			continue
		}
		h, err := headOf(book.Book, s)
		if err != nil {
			return found, err
		}
		if heads = append(heads, h); len(h.rows) > 0 && !s.Hidden {
			break
		}
	}
	chosen := -1
	for i, h := range heads {
		if len(h.rows) > 0 && (chosen < 0 || !h.sheet.Hidden) {
			chosen = i
		}
	}
	switch {
	case found.Reading.Sheet != "" && len(heads) == 0:
		return found, kernel.Invalid("sheet", "the workbook has no sheet %q", found.Reading.Sheet)
	case found.Reading.Sheet != "" && chosen < 0:
		return found, kernel.Invalid("sheet", "the sheet %q is empty", found.Reading.Sheet)
	case chosen < 0:
		return found, kernel.Invalid("file", "holds no row; every sheet of the workbook is empty")
	}
	h := heads[chosen]
	found.Reading.Sheet = h.sheet.Name
	line, header, what := csvfile.Layout(h.numbers, h.rows)
	found.Reading.HeaderLine, found.Reading.Header = line, header
	if what != "" {
		found.Notices = append(found.Notices, dataops.Notice{
			Code:    dataops.NoticeTitleLines,
			Message: strings.Replace(what, "the table begins on line", "the table begins in row", 1),
		})
	}
	if told := sheetsTold(found.Sheets, h.sheet.Name); told != "" {
		found.Notices = append(found.Notices, dataops.Notice{Code: dataops.NoticeSheets, Message: told})
	}
	return found, nil
}

// sheetsTold says which sheets there are besides the one that is read.
func sheetsTold(sheets []dataops.Sheet, chosen string) string {
	hidden := 0
	for _, s := range sheets {
		if s.Hidden && s.Name != chosen {
			hidden++
		}
	}
	switch {
	case len(sheets) < 2: //nolint:mnd // one
		return ""
	case hidden > 0:
		return fmt.Sprintf("the workbook has %d sheets, %d of them hidden; “%s” is read, and another one can be chosen",
			len(sheets), hidden, chosen)
	default:
		return fmt.Sprintf("the workbook has %d sheets; “%s” is read, and another one can be chosen", len(sheets), chosen)
	}
}

// head is the beginning of a sheet.
type head struct {
	sheet   xlsxfile.Sheet
	numbers []int64
	rows    [][]string
}

// headRows are looked at to find where the table begins.
const headRows = 100

func headOf(book *xlsxfile.Book, s xlsxfile.Sheet) (head, error) {
	h := head{sheet: s}
	rows, err := book.Rows(s.Name, 0)
	if err != nil {
		return h, err
	}
	defer func() { _ = rows.Close() }() // they were only read
	for len(h.rows) < headRows {
		row, err := rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return h, err
		}
		fields := make([]string, len(row.Cells))
		for i, c := range row.Cells {
			fields[i] = textOf(c)
		}
		h.numbers, h.rows = append(h.numbers, row.Number), append(h.rows, fields)
	}
	return h, nil
}

// textOf is a value of JSON as a person would write it.
func textOf(v []byte) string {
	var s string
	if len(v) > 0 && v[0] == '"' && json.Unmarshal(v, &s) == nil {
		return s
	}
	return string(v)
}

// opened is a workbook and the temporary file that it lies in: a ZIP archive is read from its end.
type opened struct {
	*xlsxfile.Book
	file *os.File
}

func open(src io.Reader) (o opened, err error) {
	if o.file, err = os.CreateTemp("", "morket-workbook-*"); err != nil {
		return o, fmt.Errorf("make a temporary file: %w", err)
	}
	os.Remove(o.file.Name()) // it lives for as long as it is open, also if this process is killed
	size, err := io.Copy(o.file, io.LimitReader(src, dataops.MaxFileBytes+1))
	if err == nil && size > dataops.MaxFileBytes {
		err = kernel.E(kernel.KindTooLarge, "FILE_TOO_LARGE", "the file is larger than the %d MB that are taken", dataops.MaxFileBytes>>20)
	}
	if err == nil {
		o.Book, err = xlsxfile.Open(o.file, size)
	}
	if err != nil {
		o.file.Close()
		os.Remove(o.file.Name())
		return o, err
	}
	return o, nil
}

// Close implements io.Closer.
func (o opened) Close() error {
	err := errors.Join(o.Book.Close(), o.file.Close())
	os.Remove(o.file.Name()) // where an open file can't be removed
	return err
}

// Read reads the records of a file.
func (Imports) Read(src io.Reader, o dataops.ReadOptions) (dataops.Records, error) {
	if o.Reading.Format != dataops.XLSX {
		return csvfile.NewReader(src, o)
	}
	book, err := open(src)
	if err != nil {
		return nil, err
	}
	info, err := book.file.Stat()
	if err != nil {
		return nil, errors.Join(err, book.Close())
	}
	rows, err := book.Rows(o.Reading.Sheet, max(o.From.Line, o.Reading.HeaderLine-1))
	if err != nil {
		return nil, errors.Join(err, book.Close())
	}
	return &sheetRecords{book: book, rows: rows, width: o.Width, size: info.Size()}, nil
}

// sheetRecords are the rows of a sheet as records. A mark's line is a row, its offset how far that is into the file, about.
type sheetRecords struct {
	book  opened
	rows  *xlsxfile.Rows
	width int
	size  int64
}

// Next implements dataops.Records.
func (r *sheetRecords) Next() (dataops.Record, error) {
	row, err := r.rows.Next()
	if err != nil {
		return dataops.Record{}, err
	}
	rec := dataops.Record{
		Line:    row.Number,
		Fields:  row.Cells,
		Next:    dataops.Mark{Line: row.Number, Offset: int64(r.rows.Share() * float64(r.size))},
		Problem: row.Problem,
	}
	switch {
	case row.Problem != "":
		rec.Fields = nil
	case r.width > 0 && len(row.Cells) > r.width:
		rec.Fields = row.Cells[:r.width]
		for _, c := range row.Cells[r.width:] {
			rec.Surplus = append(rec.Surplus, []byte(textOf(c)))
		}
		rec.Problem = fmt.Sprintf("has %d cells, expected %d", len(row.Cells), r.width)
	default:
		for len(rec.Fields) < r.width {
			rec.Fields = append(rec.Fields, nil)
		}
	}
	return rec, nil
}

// Close implements io.Closer.
func (r *sheetRecords) Close() error { return errors.Join(r.rows.Close(), r.book.Close()) }

// Notices implements dataops.Observer.
func (r *sheetRecords) Notices() []dataops.Notice {
	var out []dataops.Notice
	say := func(n int64, code, one, many string, args ...any) {
		if n == 1 {
			out = append(out, dataops.Notice{Code: code, Message: "1 " + fmt.Sprintf(one, args...)})
		} else if n > 1 {
			out = append(out, dataops.Notice{Code: code, Message: fmt.Sprintf("%d "+many, append([]any{n}, args...)...)})
		}
	}
	seen := r.rows.Seen
	say(seen.Errors, dataops.NoticeErrorCells, "cell holds an error of a formula (%s); it is imported as empty",
		"cells hold an error of a formula, the first is %s; they are imported as empty", seen.Error)
	say(seen.Unsolved, dataops.NoticeNoResults, "formula has no result in the file (%s); it is imported as empty. Open the workbook in a "+
		"spreadsheet program and save it", "formulas have no result in the file, the first is in %s; they are imported as empty. Open the "+
		"workbook in a spreadsheet program and save it", seen.Formula)
	say(seen.Merged, dataops.NoticeMerged, "range of cells is merged; its value is in its first cell, and the others are empty",
		"ranges of cells are merged; the value of each is in its first cell, and the others are empty")
	say(seen.Hidden, dataops.NoticeHidden, "row is hidden in the workbook; it is imported like the others",
		"rows are hidden in the workbook; they are imported like the others")
	return out
}
