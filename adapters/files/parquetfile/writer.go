package parquetfile

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/parquet-go/parquet-go"
)

// A row group ends with the first of these.
const (
	groupRows  = 100_000
	groupBytes = 32 << 20 // of values
	batchRows  = 256      // given to the library at once
)

// Writer writes a file row by row: one call for each column, then End. The first error stays and shows at Close.
type Writer struct {
	out     *parquet.GenericWriter[any]
	columns []Column
	rows    []parquet.Row
	row     parquet.Row
	arena   []byte // of the values of rows
	at      int    // the next column
	inGroup int
	bytes   int
	err     error
}

// NewWriter begins a file of the columns, whose names differ.
func NewWriter(w io.Writer, columns []Column) (*Writer, error) {
	if len(columns) == 0 {
		return nil, errors.New("a Parquet file needs a column")
	}
	schema, err := schemaOf("table", columns)
	if err != nil {
		return nil, err
	}
	cfg, err := parquet.NewWriterConfig(schema, parquet.Compression(&parquet.Snappy), parquet.CreatedBy("morket", "1", ""),
		parquet.DataPageStatistics(true))
	if err != nil {
		return nil, fmt.Errorf("write Parquet: %w", err)
	}
	return &Writer{out: parquet.NewGenericWriter[any](w, cfg), columns: columns, rows: make([]parquet.Row, 0, batchRows)}, nil
}

// Null writes no value.
func (w *Writer) Null() { w.add(parquet.NullValue(), 0) }

func (w *Writer) add(v parquet.Value, definition int) {
	w.row = append(w.row, v.Level(0, definition, w.at))
	w.at++
}

// keep copies bytes that the caller will use again.
func (w *Writer) keep(b []byte) []byte {
	from := len(w.arena)
	w.arena = append(w.arena, b...)
	w.bytes += len(b)
	return w.arena[from:len(w.arena):len(w.arena)]
}

// Text writes a text, or the text of JSON.
func (w *Writer) Text(b []byte) { w.add(parquet.ByteArrayValue(w.keep(b)), 1) }

// Bool writes a boolean.
func (w *Writer) Bool(v bool) { w.add(parquet.BooleanValue(v), 1) }

// Date writes a day.
func (w *Writer) Date(t time.Time) {
	const perDay = 24 * 60 * 60
	days := t.Unix() / perDay
	if t.Unix()%perDay < 0 {
		days--
	}
	w.bytes += 4
	w.add(parquet.Int32Value(int32(days)), 1)
}

// Timestamp writes a time.
func (w *Writer) Timestamp(t time.Time) {
	w.bytes += 8
	w.add(parquet.Int64Value(t.UnixMicro()), 1)
}

// Decimal writes a number in plain notation, exactly; one that doesn't fit the column's digits is an error.
func (w *Writer) Decimal(n []byte) {
	c := w.columns[w.at]
	u, ok := unscaled(n, c.Precision, c.Scale)
	if !ok && w.err == nil {
		w.err = fmt.Errorf("the number %s of %q has more digits than the column had when the export began; export again", n, c.Name)
	}
	w.bytes += decimalBytes
	if c.Precision <= int64Precision {
		w.add(parquet.Int64Value(u.Int64()), 1)
		return
	}
	b := u.bytes()
	w.add(parquet.FixedLenByteArrayValue(w.keep(b[:])), 1)
}

// List writes texts in order; a list without any is empty, not null.
func (w *Writer) List(texts []string) {
	if len(texts) == 0 {
		w.add(parquet.NullValue(), 1)
		return
	}
	for i, t := range texts {
		w.row = append(w.row, parquet.ByteArrayValue(w.keep([]byte(t))).Level(min(i, 1), 2, w.at)) //nolint:mnd // list and element are there
	}
	w.at++
}

// End ends the row, and returns the first error of the writing so far.
func (w *Writer) End() error {
	if w.at != len(w.columns) && w.err == nil {
		w.err = fmt.Errorf("a row has %d values and there are %d columns", w.at, len(w.columns))
	}
	n := len(w.rows)
	w.rows = w.rows[:n+1]
	w.rows[n] = append(w.rows[n][:0], w.row...)
	w.row, w.at = w.row[:0], 0
	w.inGroup++
	if len(w.rows) == cap(w.rows) || w.bytes >= groupBytes {
		w.flush()
	}
	if (w.inGroup >= groupRows || w.bytes >= groupBytes) && w.err == nil {
		w.err = w.out.Flush()
		w.inGroup, w.bytes = 0, 0
	}
	return w.err
}

func (w *Writer) flush() {
	if w.err == nil && len(w.rows) > 0 {
		_, w.err = w.out.WriteRows(w.rows)
	}
	w.rows, w.arena = w.rows[:0], w.arena[:0]
}

// Close ends the file and returns the first error of the writing. The caller closes what it is written to.
func (w *Writer) Close() error {
	w.flush()
	if w.err == nil {
		w.err = w.out.Close()
	}
	if w.err != nil {
		return fmt.Errorf("write Parquet: %w", w.err)
	}
	return nil
}
