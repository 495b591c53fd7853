package gridread

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// rowReads are the columns of a statement that reads what a plan needs of rows, and what they are.
type rowReads struct {
	sql   strings.Builder
	ids   []kernel.ColumnID
	types []table.Type
	kept  int // errors that are read beside them
	at    map[kernel.ColumnID]int
}

func (e *entry) reads(plan *table.Plan) *rowReads {
	r := &rowReads{ids: slices.Clone(plan.Reads), kept: len(plan.Writes), at: map[kernel.ColumnID]int{}}
	for _, c := range plan.Writes {
		r.ids = append(r.ids, c.ID)
	}
	for i, id := range r.ids {
		t := e.types[id]
		r.types = append(r.types, t)
		r.at[id] = i
		switch t {
		case table.CreatedAt, table.UpdatedAt, table.RowIDType: // read with every row
			r.sql.WriteString(", NULL::text")
		case table.CreatedBy, table.UpdatedBy:
			r.sql.WriteString(", " + systemColumn(t))
		case "": // a formula that names a column that never was says so itself
			r.sql.WriteString(", NULL::text")
		default:
			r.sql.WriteString(", " + asText(column(id)))
		}
	}
	for _, c := range plan.Writes {
		fmt.Fprintf(&r.sql, ", _s -> '%s' ->> 'e'", short(string(c.ID)))
	}
	return r
}

// readRow is a row to be computed: its cells by the places of what is read, and the errors of those that are computed.
type readRow struct {
	key    [16]byte
	cells  []json.RawMessage
	errors []*string
}

func (r *rowReads) of(row readRow) table.Values {
	return func(id kernel.ColumnID) json.RawMessage {
		if i, ok := r.at[id]; ok {
			return row.cells[i]
		}
		return nil
	}
}

func (w *Writer) readRows(ctx context.Context, reads *rowReads, rows, where string, arg any) ([]readRow, error) {
	res, err := w.tx.Query(ctx, fmt.Sprintf("SELECT id, _created, _updated%s FROM %s WHERE %s", reads.sql.String(), rows, where), arg)
	if err != nil {
		return nil, fmt.Errorf("read rows to compute: %w", err)
	}
	var out []readRow
	var key [16]byte
	var created, updated time.Time
	stored := make([]*string, len(reads.ids)+reads.kept)
	into := []any{&key, &created, &updated}
	for i := range stored {
		into = append(into, &stored[i])
	}
	_, err = pgx.ForEachRow(res, into, func() error {
		row := readRow{key: key, cells: make([]json.RawMessage, len(reads.ids)), errors: slices.Clone(stored[len(reads.ids):])}
		for i, t := range reads.types {
			row.cells[i] = systemValue(t, key, created, updated, stored[i])
		}
		out = append(out, row)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read rows to compute: %w", err)
	}
	return out, nil
}

// computeRows computes the plan for the rows that the condition selects and writes those that have become others. It returns how many rows
// it looked at, whether it stopped before the others because the time for it was over, and the last one. What events have changed is
// computed to its end.
func (w *Writer) computeRows(
	ctx context.Context, e *entry, plan *table.Plan, rows rowsPlace, where string, arg any,
) (n int, stopped bool, last [16]byte, err error) {
	_, pages := arg.([16]byte)
	reads := e.reads(plan)
	list, err := w.readRows(ctx, reads, rows.from, where, arg)
	if err != nil {
		return 0, false, last, err
	}
	values := make([]table.Values, len(list))
	for i, row := range list {
		values[i] = reads.of(row)
	}
	taken, err := w.lookUp(ctx, e, plan, values)
	if err != nil {
		return 0, false, last, err
	}
	out := newComputedRows(plan)
	var results []table.Computed
	for i, row := range list {
		w.clock.measure(func() { results = plan.Compute(values[i], taken, results[:0]) })
		if err := out.add(row, results); err != nil {
			return n, false, last, fmt.Errorf("compute rows: %w", err)
		}
		n, last = n+1, row.key
		if stopped = w.clock.spent > computeStep && pages; stopped {
			break
		}
	}
	for _, into := range rows.into {
		if err := out.write(ctx, w, into); err != nil {
			return n, false, last, err
		}
	}
	written := func(id kernel.ColumnID) bool {
		return slices.ContainsFunc(plan.Writes, func(c table.Column) bool { return c.ID == id })
	}
	return n, stopped, last, w.spread(ctx, e, written, out.keys)
}

// systemValue is the canonical value of a stored one, and of what the row itself has.
func systemValue(t table.Type, id [16]byte, created, updated time.Time, stored *string) json.RawMessage {
	switch t {
	case table.CreatedAt:
		return appendTime(nil, created.UTC())
	case table.UpdatedAt:
		return appendTime(nil, updated.UTC())
	case table.RowIDType:
		return table.Quote(string(kernel.RowKey(id).RowID()))
	default:
		return canonical(t, stored)
	}
}
