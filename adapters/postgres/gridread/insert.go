package gridread

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// insert copies new rows straight into their table, one COPY for each run of batches with the same columns.
func (w *Writer) insert(ctx context.Context, op *gridview.Insert) error {
	e, err := w.entry(op.Table)
	if err != nil {
		return err
	}
	for from := 0; from < len(op.Batches); {
		cols := columnsOf(op.Batches[from].Chunk)
		to := from + 1
		for to < len(op.Batches) && slices.Equal(columnsOf(op.Batches[to].Chunk), cols) {
			to++
		}
		if err := w.copyIn(ctx, e, op.Table, cols, op.Batches[from:to]); err != nil {
			return err
		}
		from = to
	}
	for _, b := range op.Batches {
		e.rows += int64(len(b.Chunk.Rows))
		e.touch(b.Stamp)
		e.rowsMoved = max(e.rowsMoved, b.Stamp.Position)
		looked := e.formulas().Looked() // lookups can't be asked while rows are being copied in
		if len(looked) == 0 && !e.links.any() {
			continue
		}
		keys, err := rowKeys(b.Chunk.Rows)
		if err != nil {
			return err
		}
		e.moved(keys)
		e.changed(looked, keys)
	}
	return nil
}

func columnsOf(c kernel.Chunk) []kernel.ColumnID {
	cols := make([]kernel.ColumnID, 0, len(c.Cols))
	for id := range c.Cols {
		cols = append(cols, id)
	}
	slices.Sort(cols)
	return cols
}

func (w *Writer) copyIn(ctx context.Context, e *entry, id kernel.TableID, cols []kernel.ColumnID, batches []gridview.Batch) error {
	rows := &copyRows{batches: batches, cols: cols, types: make([]table.Type, len(cols))}
	names := make([]string, len(cols))
	if plan := e.formulas().Plan(e.formulas().Alone()); plan != nil {
		rows.compute(e, plan, &w.clock)
	}
	for i, c := range cols {
		t, err := e.typeOf(c)
		if err != nil {
			return err
		}
		rows.types[i], names[i] = t, ", "+column(c)
	}
	sql := "COPY " + e.rowsTable() + " (id, _pos, _pos0, _by, _cby, _created, _updated" + strings.Join(names,
		"") + rows.formulaNames() + ", _k) FROM STDIN"
	_, err := w.tx.Conn().PgConn().CopyFrom(ctx, rows, sql)
	if rows.late && err == nil {
		err = w.note(ctx, id, e.formulas().All())
	}
	if rows.err != nil { // the database only knows that something was amiss
		return rows.err
	}
	if err != nil {
		return fmt.Errorf("copy rows: %w", err)
	}
	return nil
}

// copyRows reads as the rows of batches in the text form of COPY. It makes them while they are being sent, so that the database
// is at work on one piece while the next is made, and none but the piece at hand is in memory.
type copyRows struct {
	batches []gridview.Batch
	cols    []kernel.ColumnID
	types   []table.Type
	plan    *table.Plan // of the table's formula columns; nil without any
	system  map[kernel.ColumnID]table.Type
	results []table.Computed // of the row at hand
	clock   *stopwatch
	late    bool   // rows were copied in without their formulas
	buf     []byte // of the batch at hand
	rest    []byte // of buf: not read yet
	folded  []byte // _k of the row at hand
	err     error  // of a row that can't be written
}

// Read implements io.Reader.
func (r *copyRows) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		if len(r.batches) == 0 {
			return 0, io.EOF
		}
		r.buf, r.err = r.appendBatch(r.buf[:0], r.batches[0])
		r.batches = r.batches[1:]
		if r.err == nil {
			r.rest = r.buf
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *copyRows) appendBatch(buf []byte, b gridview.Batch) ([]byte, error) {
	at := b.Stamp.At.UTC().Format("2006-01-02 15:04:05.999999Z07:00")
	pos := strconv.FormatInt(b.Stamp.Position, 10)
	by := copyText(b.Stamp.By)
	tail := "\t" + pos + "\t" + pos + "\t" + by + "\t" + by + "\t" + at + "\t" + at
	values := make([][]json.RawMessage, len(r.cols))
	for i, c := range r.cols {
		values[i] = b.Chunk.Cols[c]
	}
	for n, row := range b.Chunk.Rows {
		key, err := row.Key()
		if err != nil {
			return buf, err
		}
		buf = append(hex.AppendEncode(buf, key[:]), tail...)
		folded := r.folded[:0]
		for i, t := range r.types {
			if form, ok := foldedForm(t, values[i][n]); ok {
				folded = appendFolded(folded, r.cols[i], form)
			}
			if buf, err = appendCell(append(buf, '\t'), t, values[i][n]); err != nil {
				return buf, fmt.Errorf("row %s, column %s: %w", row, r.cols[i], err)
			}
		}
		if r.plan != nil {
			if buf, folded, err = r.appendFormulas(buf, folded, b, n, values); err != nil {
				return buf, err
			}
		}
		if r.folded = folded; len(folded) == 0 {
			buf = append(buf, '\t', '\\', 'N', '\n')
			continue
		}
		buf = append(appendCopyText(append(buf, '\t'), string(append(folded, '}'))), '\n')
	}
	return buf, nil
}

// appendCell appends a canonical value in the text form of COPY. A JSON string without escapes has nothing that COPY would
// escape either, so most texts are copied once, from the event to the line.
func appendCell(line []byte, t table.Type, v json.RawMessage) ([]byte, error) {
	if kernel.IsNull(v) {
		return append(line, '\\', 'N'), nil
	}
	switch t {
	case table.Number, table.Currency, table.Percent, table.Boolean:
		return append(line, v...), nil
	case table.MultiSelect, table.JSON, table.DateTime:
	default:
		if len(v) >= 2 && v[0] == '"' && bytes.IndexByte(v, '\\') < 0 {
			return append(line, v[1:len(v)-1]...), nil
		}
	}
	s, _, err := encode(t, v)
	return appendCopyText(line, s), err
}

func copyText(s string) string { return string(appendCopyText(nil, s)) }

// appendCopyText escapes what COPY's text form gives a meaning (PostgreSQL manual, COPY, Text Format).
func appendCopyText(b []byte, s string) []byte {
	start := 0
	for i := range len(s) {
		var esc byte
		switch s[i] {
		case '\\':
			esc = '\\'
		case '\t':
			esc = 't'
		case '\n':
			esc = 'n'
		case '\r':
			esc = 'r'
		default:
			continue
		}
		b = append(append(b, s[start:i]...), '\\', esc)
		start = i + 1
	}
	return append(b, s[start:]...)
}
