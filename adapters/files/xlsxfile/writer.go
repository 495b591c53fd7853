package xlsxfile

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/klauspost/compress/flate"
)

// Column is a column of a workbook that is written.
type Column struct {
	Name  string
	Width int // in characters; 0 for the program's own
}

// Writer writes a workbook of one table as it comes: nothing is kept but what is being compressed. More rows than a sheet takes go on in
// the next sheet, under the same header. The first error stays and shows at Close.
type Writer struct {
	zip     *zip.Writer
	out     *bufio.Writer // the sheet that is open; nil between sheets
	name    string
	columns []Column
	letters []string // of the columns
	maxRows int
	sheets  int
	row     int // of the open sheet, the last one begun
	at      int // the next cell's column
	open    bool
	cut     []cutText
	cuts    int
	scratch []byte
	err     error
}

// cutText says that a text did not fit into its cell.
type cutText struct {
	sheet  int
	cell   string
	length int
}

// maxCutsTold is how many cut texts the last sheet lists.
const maxCutsTold = 10_000

// Styles of cells, by their numbers in styles.xml.
const (
	styleText     = "1"
	styleHeader   = "2"
	styleDate     = "3"
	styleDateTime = "4"
	stylePercent  = "5"
)

// NewWriter begins a workbook. The sheet is called after name, as far as the format allows.
func NewWriter(w io.Writer, name string, columns []Column) (*Writer, error) {
	if len(columns) == 0 || len(columns) > MaxColumns {
		return nil, fmt.Errorf("a workbook takes 1 to %d columns, not %d", MaxColumns, len(columns))
	}
	x := &Writer{zip: zip.NewWriter(w), name: name, columns: columns, maxRows: MaxRows}
	x.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for i := range columns {
		x.letters = append(x.letters, Letters(i))
	}
	return x, nil
}

// Letters is the name of the i-th column from 0: A to Z, AA and so on.
func Letters(i int) string {
	var b []byte
	for i++; i > 0; i = (i - 1) / 26 { //nolint:mnd // letters
		b = append([]byte{byte('A' + (i-1)%26)}, b...) //nolint:mnd // letters
	}
	return string(b)
}

// begin opens the next sheet and writes its header.
func (w *Writer) begin() {
	w.sheets++
	part := w.part("xl/worksheets/sheet" + strconv.Itoa(w.sheets) + ".xml")
	w.out = bufio.NewWriterSize(part, 64<<10)
	w.write(xmlHead + `<worksheet xmlns="` + nsMain + `"><sheetViews><sheetView workbookViewId="0"`)
	if w.sheets == 1 {
		w.write(` tabSelected="1"`)
	}
	w.write(`><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`)
	w.widths()
	w.write("<sheetData>")
	w.row = 0
	w.startRow()
	for _, c := range w.columns {
		w.text(c.Name, styleHeader)
	}
	w.endRow()
}

func (w *Writer) widths() {
	head := "<cols>"
	for i, c := range w.columns {
		if c.Width > 0 {
			w.write(head + fmt.Sprintf(`<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, c.Width))
			head = ""
		}
	}
	if head == "" {
		w.write("</cols>")
	}
}

// end closes the open sheet.
func (w *Writer) end() {
	w.write("</sheetData></worksheet>")
	if w.err == nil {
		w.err = w.out.Flush()
	}
	w.out = nil
}

func (w *Writer) startRow() {
	w.row++
	w.at, w.open = 0, true
	b := append(w.scratch[:0], `<row r="`...)
	b = strconv.AppendInt(b, int64(w.row), 10)
	w.scratch = append(b, `">`...)
	w.raw(w.scratch)
}

func (w *Writer) endRow() {
	w.open = false
	w.write("</row>")
}

// cell begins the next cell with its attributes; the caller writes what is in it and ends it.
func (w *Writer) cell(style, typ string) {
	if !w.open {
		if w.out != nil && w.row >= w.maxRows {
			w.end()
		}
		if w.out == nil {
			w.begin()
		}
		w.startRow()
	}
	b := append(w.scratch[:0], `<c r="`...)
	b = append(b, w.letters[min(w.at, len(w.letters)-1)]...)
	b = strconv.AppendInt(b, int64(w.row), 10)
	b = append(b, '"')
	if style != "" {
		b = append(append(append(b, ` s="`...), style...), '"')
	}
	if typ != "" {
		b = append(append(append(b, ` t="`...), typ...), '"')
	}
	w.scratch = append(b, '>')
	w.at++
	w.raw(w.scratch)
}

// Blank leaves the next cell empty.
func (w *Writer) Blank() {
	if !w.open {
		w.cellRow()
	}
	w.at++
}

// cellRow begins a row without a cell.
func (w *Writer) cellRow() {
	if w.out != nil && w.row >= w.maxRows {
		w.end()
	}
	if w.out == nil {
		w.begin()
	}
	w.startRow()
}

// Text writes the next cell as text, which is never a formula. Longer ones than a cell takes are cut, and listed on a sheet of their own.
func (w *Writer) Text(s string) {
	if s == "" {
		w.Blank()
		return
	}
	w.text(s, styleText)
}

func (w *Writer) text(s, style string) {
	if len(s) > MaxCellText {
		if n, to := fits(s); to < len(s) {
			if w.cuts++; len(w.cut) < maxCutsTold {
				w.cut = append(w.cut, cutText{sheet: max(1, w.sheets), cell: w.place(), length: n})
			}
			s = s[:to]
		}
	}
	w.cell(style, "inlineStr")
	b := w.scratch[:0]
	if spaced(s) {
		b = append(b, `<is><t xml:space="preserve">`...)
	} else {
		b = append(b, `<is><t>`...)
	}
	b = appendEscaped(b, s)
	w.scratch = append(b, `</t></is></c>`...)
	w.raw(w.scratch)
}

// place is where the next cell will be.
func (w *Writer) place() string {
	row := w.row
	if !w.open {
		if row++; w.out == nil || row > w.maxRows {
			row = 2
		}
	}
	return w.letters[min(w.at, len(w.letters)-1)] + strconv.Itoa(row)
}

// fits counts the UTF-16 code units of the text, and tells how many of its bytes a cell takes.
func fits(s string) (units, bytes int) {
	bytes = len(s)
	for i, r := range s {
		n := 1
		if r > 0xFFFF { //nolint:mnd // beyond it UTF-16 has pairs
			n = 2
		}
		if units += n; units > MaxCellText && bytes == len(s) {
			bytes = i
		}
	}
	return units, bytes
}

// maxDoubleDigits is how many significant digits a double keeps whichever they are, and Excel shows (IEEE 754: DBL_DIG).
const maxDoubleDigits = 15

// Number writes the next cell as a number, given in plain notation; one with more digits than a double keeps becomes text.
func (w *Writer) Number(n []byte) { w.number(n, "") }

// Percent is Number of per cents: 12.5 is shown as 12.5%.
func (w *Writer) Percent(n []byte) { w.number(n, stylePercent) }

func (w *Writer) number(n []byte, style string) {
	if significant(n) > maxDoubleDigits {
		w.text(string(n), styleText)
		return
	}
	w.value(style, "", n)
}

// value writes a cell whose content needs no escapes.
func (w *Writer) value(style, typ string, v []byte) {
	w.cell(style, typ)
	b := append(w.scratch[:0], "<v>"...)
	b = append(b, v...)
	w.scratch = append(b, "</v></c>"...)
	w.raw(w.scratch)
}

// significant counts the digits of a plain number without zeros around it.
func significant(n []byte) int {
	first, last, at := -1, -1, 0
	for _, c := range n {
		switch {
		case c >= '0' && c <= '9':
			if c != '0' {
				if first < 0 {
					first = at
				}
				last = at
			}
			at++
		}
	}
	if first < 0 {
		return 0
	}
	return last - first + 1
}

// Bool writes the next cell as a boolean.
func (w *Writer) Bool(v bool) {
	digit := []byte{'0'}
	if v {
		digit[0] = '1'
	}
	w.value("", "b", digit)
}

// Date writes the next cell as a day. Excel's calendar has a 29 February 1900, so days before March 1900 become text.
func (w *Writer) Date(t time.Time) {
	if t.Before(firstDay()) {
		w.text(t.Format(time.DateOnly), styleText)
		return
	}
	const perDay = 24 * 60 * 60
	w.value(styleDate, "", strconv.AppendInt(nil, (t.Unix()-epoch().Unix())/perDay, 10))
}

// DateTime writes the next cell as the time that a clock showed, to the millisecond; the format has no zones.
func (w *Writer) DateTime(t time.Time) {
	wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	if wall.Before(firstDay()) {
		w.text(wall.Format("2006-01-02 15:04:05"), styleText)
		return
	}
	ms := wall.Add(time.Millisecond/2).UnixMilli() - epoch().UnixMilli()
	const perDay = 24 * 60 * 60 * 1000
	v := strconv.AppendInt(nil, ms/perDay, 10)
	if rest := ms % perDay; rest > 0 {
		v = append(v, strconv.FormatFloat(float64(rest)/perDay, 'f', 11, 64)[1:]...) // 11 digits tell a microsecond
	}
	w.value(styleDateTime, "", v)
}

// epoch is day 0 of Excel's calendar for days since March 1900.
func epoch() time.Time { return time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC) }

func firstDay() time.Time { return time.Date(1900, time.March, 1, 0, 0, 0, 0, time.UTC) }

// End ends the row, and returns the first error of the writing so far.
func (w *Writer) End() error {
	if !w.open {
		w.cellRow()
	}
	w.endRow()
	return w.err
}

// Close ends the workbook and returns the first error of the writing. The caller closes what it is written to.
func (w *Writer) Close() error {
	if w.out == nil {
		w.begin() // a table without rows has its header
	}
	w.end()
	names := w.sheetNames()
	if len(w.cut) > 0 {
		names = append(names, w.cutSheet(names))
	}
	w.parts(names)
	if err := w.zip.Close(); w.err == nil {
		w.err = err
	}
	if w.err != nil {
		return fmt.Errorf("write the workbook: %w", w.err)
	}
	return nil
}

func (w *Writer) part(name string) io.Writer {
	part, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
	if err != nil && w.err == nil {
		w.err = err
	}
	if part == nil {
		return io.Discard
	}
	return part
}

func (w *Writer) raw(b []byte) {
	if w.err == nil {
		_, w.err = w.out.Write(b)
	}
}

func (w *Writer) write(s string) {
	if w.err == nil {
		_, w.err = w.out.WriteString(s)
	}
}
