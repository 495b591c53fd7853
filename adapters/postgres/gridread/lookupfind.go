package gridread

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// found is what the lookups of a plan take, by lookup column and key.
type found struct {
	cells    map[kernel.ColumnID]map[table.Key]table.Computed
	problems map[kernel.ColumnID]string // why a lookup takes nothing at all
}

// taken implements table.TakenBy.
func (f found) taken(lookup kernel.ColumnID, key table.Key) table.Computed {
	if problem := f.problems[lookup]; problem != "" {
		return table.Computed{Value: kernel.Null(), Error: problem}
	}
	if c, ok := f.cells[lookup][key]; ok {
		return c
	}
	return table.Computed{Value: kernel.Null()}
}

// lookUp finds what the plan's lookups take for rows, given by their values.
func (w *Writer) lookUp(ctx context.Context, e *entry, plan *table.Plan, rows []table.Values) (table.TakenBy, error) {
	f := found{map[kernel.ColumnID]map[table.Key]table.Computed{}, map[kernel.ColumnID]string{}}
	for n, c := range plan.Lookups {
		in, err := w.reach(ctx, c.Lookup.Table)
		if err != nil {
			return nil, err
		}
		var agg *table.Table
		if in != nil && in.agg.Workspace() == e.agg.Workspace() {
			agg = in.agg
		}
		if problem := c.Lookup.Problem(c.Type, agg); problem != "" {
			f.problems[c.ID] = problem
			continue
		}
		keys := map[table.Key]bool{}
		w.clock.measure(func() {
			for _, row := range rows {
				if key, ok := plan.Key(n, row, f.taken); ok {
					keys[key] = true
				}
			}
		})
		if len(keys) == 0 { // also of a lookup without its key column, whose keys are not kept
			continue
		}
		if f.cells[c.ID], err = w.take(ctx, in, c, keys); err != nil {
			return nil, err
		}
	}
	return f.taken, nil
}

// listKeys is how many keys' lists are read at a time.
const listKeys = 100

// take reads what a lookup takes of a table for each key.
func (w *Writer) take(ctx context.Context, in *entry, c table.Column, keys map[table.Key]bool) (map[table.Key]table.Computed, error) {
	list := make([][16]byte, 0, len(keys))
	for key := range keys {
		list = append(list, key)
	}
	size := max(1, len(list))
	if c.Lookup.Take == table.TakeList {
		size = listKeys
	}
	l := c.Lookup
	sql := takeSQL(l, valueOf(in.agg, l), keyed{l.Match, l.Compare}.rows(), liveRows(l.Table))
	out := make(map[table.Key]table.Computed, len(keys))
	for part := range slices.Chunk(list, size) {
		if err := takeInto(ctx, w.tx, out, c, valueOf(in.agg, l), sql, part); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// valueOf is the column that a lookup takes; a blank one of a count.
func valueOf(in *table.Table, l *table.Lookup) table.Column {
	value, _ := in.Schema().Column(l.Value)
	return value
}

// takeInto runs takeSQL for some keys.
func takeInto(
	ctx context.Context, db asked, out map[table.Key]table.Computed, c, value table.Column, sql string, keys [][16]byte, args ...any,
) error {
	values, failed, err := read(ctx, db, sql, keys, value.Type, c.Lookup.Take, args)
	if err != nil {
		return err
	}
	for key, vs := range values {
		more := len(vs) > table.MaxListed
		out[key] = table.Taken(c, value, c.Lookup.Take, vs[:min(len(vs), table.MaxListed)], more)
		if failed[key] {
			out[key] = table.Computed{Value: kernel.Null(), Error: "the cell that the lookup takes has an error"}
		}
	}
	return nil
}

// asked runs a statement that reads.
type asked interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// read reads canonical values by key, and which of the cells have errors.
func read(
	ctx context.Context, db asked, sql string, keys [][16]byte, typ table.Type, take table.Take, args []any,
) (map[table.Key][]json.RawMessage, map[table.Key]bool, error) {
	rows, err := db.Query(ctx, sql, append([]any{keys}, args...)...)
	if err != nil {
		return nil, nil, fmt.Errorf("look rows up: %w", err)
	}
	if take.Counts() {
		typ = table.Number
	}
	values, failed := map[table.Key][]json.RawMessage{}, map[table.Key]bool{}
	var i int64
	var id *[16]byte
	var stored *string
	var broken *bool
	_, err = pgx.ForEachRow(rows, []any{&i, &id, &stored, &broken}, func() error {
		key := table.Key(keys[i-1])
		values[key] = append(values[key], lookedUp(typ, id, stored))
		failed[key] = failed[key] || broken != nil && *broken
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("look rows up: %w", err)
	}
	return values, failed, nil
}

// lookedUp is the canonical value of what takeSQL has read.
func lookedUp(typ table.Type, id *[16]byte, stored *string) json.RawMessage {
	switch typ { //nolint:exhaustive // the others are stored
	case table.RowIDType:
		if id != nil {
			return table.Quote(string(kernel.RowKey(*id).RowID()))
		}
	case table.CreatedAt, table.UpdatedAt:
		if stored != nil {
			if at, err := time.Parse(utcForm, *stored); err == nil {
				return appendTime(nil, at)
			}
		}
	}
	return canonical(typ, stored)
}

// maxListedChars is how much of a text a list shows.
const maxListedChars = 1000

// takeSQL reads what a lookup takes for the keys $1: their place among these, the row, the value as text and whether its cell has an error.
// keys are the keys and ids of the rows.
func takeSQL(l *table.Lookup, value table.Column, keys, rows string) string {
	expr := takenExpr(value)
	text := asText(expr)
	what, tail := "", ""
	switch l.Take {
	case table.TakeFirst, table.TakeNewest:
		what = fmt.Sprintf("k.id, %s AS v, v._s -> '%s' ->> 's' = 'error' AS e", text, short(string(value.ID)))
		if !value.Kind.Computed() {
			what = fmt.Sprintf("k.id, %s AS v, false AS e", text)
		}
		tail = " ORDER BY k.id LIMIT 1"
		if l.Take == table.TakeNewest {
			tail = " ORDER BY k.id DESC LIMIT 1"
		}
	case table.TakeList:
		what = fmt.Sprintf("k.id, left(%s, %d) AS v, false AS e", text, maxListedChars)
		tail = fmt.Sprintf(" AND %s IS NOT NULL ORDER BY k.id LIMIT %d", expr, table.MaxListed+1)
	case table.TakeCount:
		expr = "*"
		fallthrough
	case table.TakeFilled:
		what = "NULL::uuid AS id, " + asText("count("+expr+")") + " AS v, false AS e"
	case table.TakeSum, table.TakeMin, table.TakeMax:
		what = "NULL::uuid AS id, " + asText(string(l.Take)+"("+expr+")") + " AS v, false AS e"
	}
	return fmt.Sprintf(`SELECT q.i, f.id, f.v, f.e FROM unnest($1::uuid[]) WITH ORDINALITY AS q(key, i)
CROSS JOIN LATERAL (SELECT %s FROM %s k JOIN %s v ON v.id = k.id WHERE k.key = q.key%s) f ORDER BY q.i, f.id`,
		what, keys, rows, tail)
}

// takenExpr is the expression of a column of the table that is looked into.
func takenExpr(c table.Column) string {
	switch c.Type {
	case table.CreatedAt:
		return `to_char(v._created AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
	case table.UpdatedAt:
		return `to_char(v._updated AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
	case table.CreatedBy, table.UpdatedBy:
		return "v." + systemColumn(c.Type)
	case table.RowIDType:
		return "v.id"
	default:
		return "v." + column(c.ID)
	}
}
