package xlsxfile

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/table"
)

// Row is a row of a sheet that has a value. It is good until the next one is read.
type Row struct {
	Number int64
	Cells  [][]byte // each value as JSON, nil for an empty cell; as many as the last of them needs
	// Problem says why the row can't be taken.
	Problem string
}

// Seen is what a reader has met in the rows so far.
type Seen struct {
	Merged   int64 // ranges of merged cells: the first cell of each has the value
	Errors   int64 // cells with an error, taken as empty
	Error    string
	Unsolved int64 // formulas without a value, taken as empty
	Formula  string
	Hidden   int64 // rows
}

// Limits of a sheet's texts: of what a file's cells hold together, as a multiple of the file, and in any case.
const (
	textRatio = 100
	freeText  = 16 << 20
)

// Rows reads the rows of a sheet in flat memory.
type Rows struct {
	Seen  Seen
	book  *Book
	part  *bounded
	x     *scanner
	texts *sharedTexts
	after int64 // rows up to it are passed over
	row   int64
	left  int64 // bytes of text
	cells [][]byte
	arena []byte
	spans []span
	size  int
	value []byte // of the cell that is read
	rich  richText
	over  bool // the sheet's data has ended
}

// span is where a cell's value lies in the arena.
type span struct{ from, to int }

// Rows reads the sheet's rows after the given one.
func (b *Book) Rows(sheet string, after int64) (*Rows, error) {
	s, err := b.sheet(sheet)
	if err != nil {
		return nil, err
	}
	texts, err := b.shared()
	if err != nil {
		return nil, err
	}
	part, err := b.part(s.part, maxPart-1)
	if err != nil {
		return nil, err
	}
	return &Rows{book: b, part: part, x: newScanner(part), texts: texts, after: after, left: max(freeText, textRatio*b.size)}, nil
}

// Close ends the reading.
func (r *Rows) Close() error { return r.part.Close() }

// Share is how much of the sheet has been read, 0 to 1.
func (r *Rows) Share() float64 { return r.part.share() }

// Next returns the next row with a value, or io.EOF.
func (r *Rows) Next() (Row, error) {
	for {
		t, err := r.x.next()
		if err != nil {
			return Row{}, err
		}
		switch {
		case t.kind == startTag && string(t.name) == "mergeCell":
			r.Seen.Merged++
		case t.kind == endTag && string(t.name) == "sheetData":
			r.over = true
		case t.kind == startTag && string(t.name) == "row" && !r.over:
			row, err := r.readRow(t)
			if err != nil || row.Problem != "" || len(row.Cells) > 0 {
				return row, err
			}
		}
	}
}

func (r *Rows) readRow(t token) (Row, error) {
	number := r.row + 1
	if v, ok := attr(t.attrs, "r"); ok {
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil || n <= r.row {
			return Row{}, broken("its rows are not in order near row %d", r.row)
		}
		number = n
	}
	if number > MaxRows {
		return Row{}, broken("a sheet of it has more than %d rows", MaxRows)
	}
	r.row = number
	if v, _ := attr(t.attrs, "hidden"); string(v) == "1" || string(v) == "true" {
		r.Seen.Hidden++
	}
	return r.readCells(number)
}

// readCells reads the cells up to the end of the row.
func (r *Rows) readCells(number int64) (Row, error) {
	r.arena, r.spans, r.size = r.arena[:0], r.spans[:0], 0
	skip := number <= r.after
	out := Row{Number: number}
	for at := 0; ; {
		t, err := r.x.next()
		if err != nil {
			return out, err
		}
		if t.kind == endTag && string(t.name) == "row" {
			break
		}
		if t.kind != startTag || string(t.name) != "c" {
			continue
		}
		if at, err = column(t.attrs, at, number); err != nil {
			return out, err
		}
		problem, err := r.readCell(t, number, at, skip || out.Problem != "")
		if err != nil {
			return out, err
		}
		if problem != "" && out.Problem == "" {
			out.Problem = problem
		}
		at++
	}
	if out.Problem == "" && !skip {
		out.Cells = r.values()
	}
	return out, nil
}

// column is where the cell stands: where it says, else after the one before it.
func column(attrs []byte, at int, row int64) (int, error) {
	if v, ok := attr(attrs, "r"); ok {
		n := 0
		for _, c := range v {
			if c |= 0x20; c < 'a' || c > 'z' || n > MaxColumns { // in lower case
				break
			}
			n = n*26 + int(c-'a') + 1 //nolint:mnd // letters
		}
		if n-1 < at {
			return 0, broken("the cells of row %d are not in order", row)
		}
		at = n - 1
	}
	if at >= MaxColumns {
		return 0, broken("row %d has more than %d columns", row, MaxColumns)
	}
	return at, nil
}

// values are the cells of the row, up to the last that isn't empty.
func (r *Rows) values() [][]byte {
	n := len(r.spans)
	for n > 0 && r.spans[n-1].to == r.spans[n-1].from {
		n--
	}
	r.cells = r.cells[:0]
	for _, s := range r.spans[:n] {
		if s.from == s.to {
			r.cells = append(r.cells, nil)
		} else {
			r.cells = append(r.cells, r.arena[s.from:s.to:s.to])
		}
	}
	return r.cells
}

// readCell reads a cell up to its end, and keeps its value unless it is to be skipped.
func (r *Rows) readCell(t token, row int64, at int, skip bool) (problem string, err error) {
	typ, _ := attr(t.attrs, "t")
	style, _ := attr(t.attrs, "s")
	kind, shape := kindOfCell(typ), lookAt(r.book.looks, style)
	v, inValue, formula, result := r.value[:0], false, false, false
	for {
		t, err := r.x.next()
		if err != nil {
			return "", err
		}
		if t.kind == endTag && string(t.name) == "c" {
			break
		}
		switch {
		case t.kind == chars && inValue && len(v) <= maxTextBytes:
			if t.raw {
				v = append(v, t.text...)
			} else {
				v = appendText(v, t.text)
			}
		case string(t.name) == "v":
			inValue = t.kind == startTag
			result = true
		case string(t.name) == "f":
			formula = formula || t.kind == startTag
		case kind == inlineText:
			r.rich.add(t)
		}
	}
	r.value = v
	if kind == inlineText {
		v = r.rich.take()
	}
	if skip {
		return "", nil
	}
	if formula && !result {
		if r.Seen.Unsolved++; r.Seen.Unsolved == 1 {
			r.Seen.Formula = position(row, at)
		}
	}
	from := len(r.arena)
	if problem, err = r.keep(kind, shape, v, row, at); err != nil || problem != "" {
		return problem, err
	}
	if len(r.arena) > from {
		for len(r.spans) < at {
			r.spans = append(r.spans, span{})
		}
		r.spans = append(r.spans, span{from, len(r.arena)})
	}
	return r.bound(len(r.arena)-from, at)
}

// bound counts the text of the row and of the file.
func (r *Rows) bound(n, at int) (string, error) {
	if r.left -= int64(n); r.left < 0 {
		return "", broken("the texts of its cells become so large when they are put together that it is taken for an attack")
	}
	if r.size += n; r.size > dataops.MaxRecordBytes {
		return fmt.Sprintf("is longer than %d MB, up to column %s", dataops.MaxRecordBytes>>20, Letters(at)), nil
	}
	return "", nil
}

type cellKind byte

// The kinds of cells.
const (
	numeric cellKind = iota
	sharedText
	inlineText
	formulaText
	boolean
	failed
	isoDate
)

func kindOfCell(t []byte) cellKind {
	switch string(t) {
	case "s":
		return sharedText
	case "inlineStr":
		return inlineText
	case "str":
		return formulaText
	case "b":
		return boolean
	case "e":
		return failed
	case "d":
		return isoDate
	default:
		return numeric
	}
}

// keep appends the cell's value to the arena as JSON.
func (r *Rows) keep(kind cellKind, l look, v []byte, row int64, at int) (problem string, err error) {
	switch kind {
	case sharedText:
		if len(v) == 0 {
			return "", nil
		}
		text, tooLong, ok, err := r.texts.get(numberOf(v))
		switch {
		case err != nil:
			return "", err
		case !ok:
			return "cell " + position(row, at) + " refers to a text that the workbook doesn't have", nil
		case tooLong:
			return tooLongText(row, at), nil
		}
		r.text(text)
	case inlineText, formulaText, isoDate:
		if kind == formulaText {
			v = unescape(v)
		}
		if overlong(v) {
			return tooLongText(row, at), nil
		}
		r.text(v)
	case boolean:
		if v = bytes.TrimSpace(v); string(v) == "1" || string(v) == "true" {
			r.arena = append(r.arena, "true"...)
		} else if len(v) > 0 {
			r.arena = append(r.arena, "false"...)
		}
	case failed:
		if r.Seen.Errors++; r.Seen.Errors == 1 {
			r.Seen.Error = fmt.Sprintf("%.20q in %s", v, position(row, at))
		}
	default:
		r.number(l, string(v))
	}
	return "", nil
}

// numberOf is the number of a shared text; -1 if it is none.
func numberOf(v []byte) int {
	n, err := strconv.Atoi(string(bytes.TrimSpace(v)))
	if err != nil {
		return -1
	}
	return n
}

func tooLongText(row int64, at int) string {
	return fmt.Sprintf("the text in %s is longer than the %d characters that a cell takes", position(row, at), MaxCellText)
}

func (r *Rows) text(v []byte) {
	if len(v) > 0 {
		r.arena = table.AppendQuoted(r.arena, string(v))
	}
}

func (r *Rows) number(l look, v string) {
	if v == "" {
		return
	}
	shown, text := l.shown(v, r.book.date1904)
	if text || !isNumber(shown) {
		r.arena = table.AppendQuoted(r.arena, shown)
		return
	}
	r.arena = append(r.arena, shown...)
}
