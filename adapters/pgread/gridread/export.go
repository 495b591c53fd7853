package gridread

import (
	"context"
	"fmt"
	"strings"

	"github.com/morket/morket/adapters/pgread"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// ExportRow is a row on its way out. It is good until the next one is asked for.
type ExportRow struct {
	fields []table.Column
	raw    [][]byte
	buf    []byte
}

// ID returns the row's id.
func (r *ExportRow) ID() kernel.RowID { return kernel.RowKey(r.raw[0]).RowID() }

// Text returns the i-th exported column as table.Format writes it; false for an empty cell. The bytes are good until the
// next call.
func (r *ExportRow) Text(i int) ([]byte, bool) {
	v := r.raw[rowHead+i]
	if v == nil {
		return nil, false
	}
	switch c := r.fields[i]; c.Type {
	case table.CreatedAt:
		r.buf = append(r.buf[:0], table.FormatMoment(pgTime(r.raw[2]))...)
	case table.UpdatedAt:
		r.buf = append(r.buf[:0], table.FormatMoment(pgTime(r.raw[3]))...)
	case table.RowIDType:
		r.buf = append(r.buf[:0], r.ID()...)
	case table.Boolean:
		r.buf = appendValue(r.buf[:0], c.Type, v)
	case table.DateTime:
		r.buf = append(r.buf[:0], readMoment(string(v))...)
	case table.MultiSelect:
		r.buf = append(r.buf[:0], table.Format(c, appendCompact(nil, v))...)
	default:
		return v, true
	}
	return r.buf, true
}

// JSON returns the i-th exported column as the API writes it, null for an empty cell. It is good until the next call.
func (r *ExportRow) JSON(i int) []byte {
	v := r.raw[rowHead+i]
	if v == nil {
		return append(r.buf[:0], "null"...)
	}
	switch c := r.fields[i]; c.Type {
	case table.CreatedAt:
		r.buf = appendTime(r.buf[:0], pgTime(r.raw[2]))
	case table.UpdatedAt:
		r.buf = appendTime(r.buf[:0], pgTime(r.raw[3]))
	case table.RowIDType:
		r.buf = table.AppendQuoted(r.buf[:0], string(r.ID()))
	default:
		r.buf = appendValue(r.buf[:0], c.Type, v)
	}
	return r.buf
}

// Columns returns the columns that a query exports, in order.
func (g *Grid) Columns(info Info, q Query) ([]table.Column, error) {
	p, err := newPlan(info, q, g.clock.Now())
	if err != nil {
		return nil, err
	}
	return p.fields, nil
}

// Export hands each row of a query to fn, in order, as of one moment and in flat memory. rows, if not nil, are the only rows
// to be considered.
func (g *Grid) Export(ctx context.Context, info Info, q Query, rows []kernel.RowID, fn func(*ExportRow) error) error {
	p, err := g.plan(ctx, info, q)
	if err != nil {
		return err
	}
	var a args
	from, err := p.from(&a)
	if err != nil {
		return err
	}
	if rows != nil {
		keys, err := rowKeys(rows)
		if err != nil {
			return err
		}
		from += " AND id = ANY(" + a.add(keys) + "::uuid[])"
	}
	var b strings.Builder
	b.WriteString("SELECT id, _pos, _created, _updated, NULL::text")
	p.columns(&b)
	sql := b.String() + " FROM " + from + " ORDER BY " + p.whole()
	res, err := g.db.Query(pgread.Unhurried(ctx), sql, a.list...)
	if err != nil {
		return fmt.Errorf("export rows: %w", err)
	}
	defer res.Close()
	row := &ExportRow{fields: p.fields}
	for res.Next() {
		row.raw = res.RawValues()
		if err := fn(row); err != nil {
			return err
		}
	}
	if err := res.Err(); err != nil {
		return fmt.Errorf("export rows: %w", err)
	}
	return nil
}

// whole is the order of both phases together.
func (p *plan) whole() string {
	var b strings.Builder
	for _, k := range p.keys {
		dir := " ASC"
		if k.desc {
			dir = " DESC"
		}
		b.WriteString(k.expr + dir + " NULLS LAST, ")
	}
	b.WriteString("id")
	if p.desc() {
		b.WriteString(" DESC")
	}
	return b.String()
}
