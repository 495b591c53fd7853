package gridread

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// set queues an update of some columns of some rows.
func (w *Writer) set(op *gridview.Set) error {
	e, keys, err := w.rowsOf(op.Table, op.Rows)
	if err != nil {
		return err
	}
	n := len(op.Rows)
	pos, by, at, states := make([]int64, n), make([]string, n), make([]time.Time, n), make([]string, n)
	for i, s := range op.Stamps {
		pos[i], by[i], at[i], states[i] = s.Position, s.By, s.At, cellStates(op.Cols, s.Position, op.Sure[i])
		e.touch(s)
	}
	folded := make([]*string, n)
	args := []any{keys, pos, by, at, states, folded}
	types := make([]table.Type, len(op.Cols))
	for c, col := range op.Cols {
		if types[c], err = e.typeOf(col); err != nil {
			return err
		}
		values, err := encodeAll(types[c], op.Values[c])
		if err != nil {
			return fmt.Errorf("column %s: %w", col, err)
		}
		args = append(args, values)
		for i, v := range op.Values[c] {
			if form, ok := foldedForm(types[c], v); ok {
				addFolded(&folded[i], col, form)
			}
		}
	}
	for i := range folded {
		if folded[i] != nil {
			*folded[i] += "}"
		}
	}
	e.changed(op.Cols, keys)
	w.before(e, keys)
	w.queue(int64(n), setSQL(e.rowsTable(), op.Cols, types), setSQL(trashedRows(op.Table), op.Cols, types), args...)
	return nil
}

func addFolded(entry **string, id kernel.ColumnID, form string) {
	var b []byte
	if *entry != nil {
		b = []byte(**entry)
	}
	s := string(appendFolded(b, id, form))
	*entry = &s
}

// setSQL is the update of one column set. Of two changes of a row the later one counts as its last.
func setSQL(rows string, cols []kernel.ColumnID, types []table.Type) string {
	var set, from, as strings.Builder
	var texts []kernel.ColumnID
	for i, c := range cols {
		if foldsText(types[i]) {
			texts = append(texts, c)
		}
		fmt.Fprintf(&set, "%s = v.v%d::%s, ", column(c), i, castOf(types[i]))
		fmt.Fprintf(&from, ", $%d::text[]", i+7)
		fmt.Fprintf(&as, ", v%d", i)
	}
	if len(texts) > 0 {
		set.WriteString(setFolded(texts) + ", ")
	}
	return "UPDATE " + rows + " AS t SET " + set.String() + `_pos = GREATEST(t._pos, v.p),
_by = CASE WHEN v.p >= t._pos THEN v.by ELSE t._by END,
_updated = CASE WHEN v.p >= t._pos THEN v.at ELSE t._updated END, _s = COALESCE(t._s, '{}'::jsonb) || v.s::jsonb
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::timestamptz[], $5::text[], $6::text[]` + from.String() + `)
  AS v(id, p, by, at, s, k` + as.String() + `) WHERE t.id = v.id`
}

// cellStates is the _s of cells that were changed at the position: it takes any state away, and says how sure the values are where that
// is known.
func cellStates(cols []kernel.ColumnID, position int64, sure *enrichment.Sureness) string {
	b := make([]byte, 0, 48*len(cols))
	for i, c := range cols {
		b = append(b, ',')
		if i == 0 {
			b[0] = '{'
		}
		b = append(b, '"')
		b = append(b, short(string(c))...)
		b = append(b, `":{"p":`...)
		b = append(appendSure(strconv.AppendInt(b, position, 10), sure), '}')
	}
	return string(append(b, '}'))
}

// appendSure appends the confidence and the evidence of an answer, which is empty text where there is none.
func appendSure(b []byte, sure *enrichment.Sureness) []byte {
	if sure == nil {
		return b
	}
	if sure.Confidence != nil {
		b = strconv.AppendFloat(append(b, `,"c":`...), *sure.Confidence, 'f', confidenceDigits, 64)
	}
	by := make([]string, len(sure.VerifiedBy))
	for i, e := range sure.VerifiedBy {
		by[i] = string(e)
	}
	return table.AppendQuoted(append(b, `,"v":`...), strings.Join(by, ","))
}

// confidenceDigits is how many digits after the point the grid keeps of a confidence: tenths of a percent.
const confidenceDigits = 3

func encodeAll(t table.Type, values []json.RawMessage) ([]*string, error) {
	out := make([]*string, len(values))
	for i, v := range values {
		s, ok, err := encode(t, v)
		if err != nil {
			return nil, err
		}
		if ok {
			out[i] = &s
		}
	}
	return out, nil
}

func rowKeys(rows []kernel.RowID) ([][16]byte, error) {
	keys := make([][16]byte, len(rows))
	for i, r := range rows {
		k, err := r.Key()
		if err != nil {
			return nil, err
		}
		keys[i] = k
	}
	return keys, nil
}

// mark queues updates of cell states, one statement a column.
func (w *Writer) mark(op *gridview.Mark) error {
	e, err := w.entry(op.Table)
	if err != nil {
		return err
	}
	e.touch(op.Stamp)
	by := map[kernel.ColumnID][]gridview.CellMark{}
	var order []kernel.ColumnID
	for _, m := range op.Marks {
		if by[m.Column] == nil {
			order = append(order, m.Column)
		}
		by[m.Column] = append(by[m.Column], m)
	}
	for _, col := range order {
		marks := lastOfRow(by[col])
		rows, states := make([]kernel.RowID, len(marks)), make([]string, len(marks))
		for i, m := range marks {
			rows[i], states[i] = m.Row, markState(m)
		}
		keys, err := rowKeys(rows)
		if err != nil {
			return err
		}
		w.before(e, keys)
		w.queue(int64(len(rows)), fmt.Sprintf(markUpdate, e.rowsTable()), fmt.Sprintf(markUpdate, trashedRows(op.Table)), keys, states,
			short(string(col)), op.Stamp.Position)
	}
	return nil
}

// markUpdate keeps the position of the value's last change.
const markUpdate = `UPDATE %s AS t SET _pos = GREATEST(t._pos, $4::bigint), _s = COALESCE(t._s, '{}'::jsonb) || jsonb_build_object($3::text,
(COALESCE(t._s -> $3::text, jsonb_build_object('p', t._pos0)) - '{s,e,r,u}'::text[]) || v.s::jsonb)
FROM unnest($1::uuid[], $2::text[]) AS v(id, s) WHERE t.id = v.id`

// lastOfRow keeps the last mark of each row: an update changes a row once.
func lastOfRow(marks []gridview.CellMark) []gridview.CellMark {
	at := map[kernel.RowID]int{}
	var out []gridview.CellMark
	for _, m := range marks {
		if i, ok := at[m.Row]; ok {
			out[i] = m
			continue
		}
		at[m.Row] = len(out)
		out = append(out, m)
	}
	return out
}

func markState(m gridview.CellMark) string {
	if m.State == "" {
		return "{}"
	}
	b := append([]byte(`{"s":`), table.Quote(m.State)...)
	if m.Message != "" {
		b = table.AppendQuoted(append(b, `,"e":`...), m.Message)
	}
	if m.Run != "" {
		b = table.AppendQuoted(append(b, `,"r":`...), string(m.Run))
	}
	if !m.Until.IsZero() {
		b = table.AppendQuoted(append(b, `,"u":`...), m.Until.UTC().Format(time.RFC3339))
	}
	return string(append(b, '}'))
}
