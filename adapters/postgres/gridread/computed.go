package gridread

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// computedRows are rows whose formulas have come out otherwise than they are stored.
type computedRows struct {
	plan   *table.Plan
	keys   [][16]byte
	states []string
	folded []*string
	values [][]*string // by Writes
}

func newComputedRows(plan *table.Plan) *computedRows {
	return &computedRows{plan: plan, values: make([][]*string, len(plan.Writes))}
}

// add adds a row unless it is stored as it was computed.
func (c *computedRows) add(row readRow, results []table.Computed) error {
	same := true
	stored := row.cells[len(row.cells)-len(results):]
	for i, r := range results {
		was := ""
		if row.errors[i] != nil {
			was = *row.errors[i]
		}
		same = same && r.Error == was && string(r.Value) == string(stored[i])
	}
	if same {
		return nil
	}
	var states []byte
	var folded *string
	for i, r := range results {
		col := c.plan.Writes[i]
		s, ok, err := encode(col.Type, r.Value)
		if err != nil {
			return err
		}
		if ok {
			c.values[i] = append(c.values[i], &s)
		} else {
			c.values[i] = append(c.values[i], nil)
		}
		if form, ok := foldedForm(col.Type, r.Value); ok {
			addFolded(&folded, col.ID, form)
		}
		states = appendError(states, col.ID, r.Error)
	}
	if folded != nil {
		*folded += "}"
	}
	c.keys, c.folded, c.states = append(c.keys, row.key), append(c.folded, folded), append(c.states, closed(states))
	return nil
}

// appendError appends an entry of _s for what could not be computed.
func appendError(b []byte, id kernel.ColumnID, message string) []byte {
	if message == "" {
		return b
	}
	if len(b) == 0 {
		b = append(b, '{')
	} else {
		b = append(b, ',')
	}
	b = append(append(append(b, '"'), short(string(id))...), `":{"s":"`+gridview.ErrorState+`","e":`...)
	return append(table.AppendQuoted(b, message), '}')
}

func closed(object []byte) string {
	if len(object) == 0 {
		return "{}"
	}
	return string(append(object, '}'))
}

// write writes the rows. Neither when nor by whom they were changed is another by that.
func (c *computedRows) write(ctx context.Context, w *Writer, rows string) error {
	if len(c.keys) == 0 {
		return nil
	}
	var set, from, as strings.Builder
	ids, names := make([]kernel.ColumnID, len(c.plan.Writes)), make([]string, len(c.plan.Writes))
	args := []any{c.keys, c.states, c.folded}
	for i, col := range c.plan.Writes {
		ids[i], names[i] = col.ID, short(string(col.ID))
		fmt.Fprintf(&set, "%s = v.v%d::%s, ", column(col.ID), i, castOf(col.Type))
		fmt.Fprintf(&from, ", $%d::text[]", i+4)
		fmt.Fprintf(&as, ", v%d", i)
		args = append(args, c.values[i])
	}
	sql := "UPDATE " + rows + " AS t SET " + set.String() + setFolded(ids) +
		`, _s = CASE WHEN t._s IS NULL AND v.s = '{}' THEN NULL ELSE NULLIF((COALESCE(t._s, '{}'::jsonb) - '{` + strings.Join(names,
		",") + `}'::text[]) || v.s::jsonb, '{}'::jsonb) END
FROM unnest($1::uuid[], $2::text[], $3::text[]` + from.String() + `) AS v(id, s, k` + as.String() + `) WHERE t.id = v.id`
	if _, err := w.tx.Exec(ctx, sql, args...); err != nil {
		return fmt.Errorf("write computed cells: %w", err)
	}
	return nil
}

// compute has the rows copied in with their formulas.
func (r *copyRows) compute(e *entry, plan *table.Plan, clock *stopwatch) {
	r.clock, r.plan, r.system = clock, plan, map[kernel.ColumnID]table.Type{}
	for _, id := range plan.Reads {
		if t := e.types[id]; t.ReadOnly() {
			r.system[id] = t
		}
	}
}

// formulaNames are the columns of COPY that appendFormulas fills.
func (r *copyRows) formulaNames() string {
	if r.plan == nil {
		return ""
	}
	var b strings.Builder
	for _, c := range r.plan.Writes {
		b.WriteString(", " + column(c.ID))
	}
	return b.String() + ", _s"
}

// appendFormulas appends what the formulas of the batch's row n make.
func (r *copyRows) appendFormulas(buf, folded []byte, b gridview.Batch, n int, values [][]json.RawMessage) (line, forms []byte, err error) {
	if r.clock.spent > computeEvents { // a recompute does them
		r.late = true
		for range r.plan.Writes {
			buf = append(buf, '\t', '\\', 'N')
		}
		return append(buf, '\t', '\\', 'N'), folded, nil
	}
	r.clock.measure(func() { r.evaluate(b, n, values) })
	var states []byte
	for i, res := range r.results {
		col := r.plan.Writes[i]
		if form, ok := foldedForm(col.Type, res.Value); ok {
			folded = appendFolded(folded, col.ID, form)
		}
		if buf, err = appendCell(append(buf, '\t'), col.Type, res.Value); err != nil {
			return buf, folded, fmt.Errorf("column %s: %w", col.ID, err)
		}
		states = appendError(states, col.ID, res.Error)
	}
	if len(states) == 0 {
		return append(buf, '\t', '\\', 'N'), folded, nil
	}
	return appendCopyText(append(buf, '\t'), closed(states)), folded, nil
}

// evaluate computes the formulas of the batch's row n.
func (r *copyRows) evaluate(b gridview.Batch, n int, values [][]json.RawMessage) {
	r.results = r.plan.Compute(func(id kernel.ColumnID) json.RawMessage {
		if i, ok := slices.BinarySearch(r.cols, id); ok {
			return values[i][n]
		}
		switch t := r.system[id]; t {
		case table.CreatedAt, table.UpdatedAt:
			return appendTime(nil, b.Stamp.At.UTC().Truncate(time.Microsecond))
		case table.CreatedBy, table.UpdatedBy:
			return table.Quote(b.Stamp.By)
		case table.RowIDType:
			return table.Quote(string(b.Chunk.Rows[n]))
		default:
			return kernel.Null()
		}
	}, nil, r.results[:0])
}
