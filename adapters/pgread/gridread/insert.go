package gridread

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
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
	var buf bytes.Buffer
	var cols []kernel.ColumnID
	for i, b := range op.Batches {
		these := columnsOf(b.Chunk)
		if i > 0 && !slices.Equal(these, cols) {
			if err := w.copyIn(ctx, op.Table, cols, &buf); err != nil {
				return err
			}
		}
		cols = these
		if err := appendRows(&buf, e, cols, b); err != nil {
			return err
		}
		e.rows += int64(len(b.Chunk.Rows))
		e.touch(b.Stamp)
		e.moved = max(e.moved, b.Stamp.Position)
	}
	return w.copyIn(ctx, op.Table, cols, &buf)
}

func columnsOf(c kernel.Chunk) []kernel.ColumnID {
	cols := make([]kernel.ColumnID, 0, len(c.Cols))
	for id := range c.Cols {
		cols = append(cols, id)
	}
	slices.Sort(cols)
	return cols
}

func (w *Writer) copyIn(ctx context.Context, id kernel.TableID, cols []kernel.ColumnID, buf *bytes.Buffer) error {
	if buf.Len() == 0 {
		return nil
	}
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = ", " + column(c)
	}
	sql := "COPY " + liveRows(id) + " (id, _pos, _pos0, _by, _cby, _created, _updated" + strings.Join(names, "") + ") FROM STDIN"
	if _, err := w.tx.Conn().PgConn().CopyFrom(ctx, buf, sql); err != nil {
		return fmt.Errorf("copy rows: %w", err)
	}
	buf.Reset()
	return nil
}

// appendRows writes the batch's rows in the text form of COPY.
func appendRows(buf *bytes.Buffer, e *entry, cols []kernel.ColumnID, b gridview.Batch) error {
	types := make([]table.Type, len(cols))
	for i, c := range cols {
		t, err := e.typeOf(c)
		if err != nil {
			return err
		}
		types[i] = t
	}
	at := b.Stamp.At.UTC().Format("2006-01-02 15:04:05.999999Z07:00")
	pos := strconv.FormatInt(b.Stamp.Position, 10)
	tail := []byte("\t" + pos + "\t" + pos + "\t" + copyText(b.Stamp.By) + "\t" + copyText(b.Stamp.By) + "\t" + at + "\t" + at)
	var line []byte
	for r, row := range b.Chunk.Rows {
		key, err := row.Key()
		if err != nil {
			return err
		}
		line = hex.AppendEncode(line[:0], key[:])
		line = append(line, tail...)
		for i, c := range cols {
			if line, err = appendCell(append(line, '\t'), types[i], b.Chunk.Cols[c][r]); err != nil {
				return fmt.Errorf("row %s, column %s: %w", row, c, err)
			}
		}
		buf.Write(append(line, '\n'))
	}
	return nil
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
