package gridread

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// exportRow implements gridview.ExportRow.
type exportRow struct {
	fields []table.Column
	raw    [][]byte
	buf    []byte
	states map[string]cellState // of the row at hand; nil before they are read
}

// ID implements gridview.ExportRow.
func (r *exportRow) ID() kernel.RowID { return kernel.RowKey(r.raw[0]).RowID() }

// Text implements gridview.ExportRow.
func (r *exportRow) Text(i int) ([]byte, bool) {
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

// JSON implements gridview.ExportRow.
func (r *exportRow) JSON(i int) []byte {
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

// Sureness implements gridview.ExportRow.
func (r *exportRow) Sureness(i int) enrichment.Sureness {
	if r.raw[rowHead+i] == nil || r.raw[4] == nil {
		return enrichment.Sureness{}
	}
	if r.states == nil && json.Unmarshal(r.raw[4], &r.states) != nil {
		return enrichment.Sureness{}
	}
	s := r.states[short(string(r.fields[i].ID))]
	return enrichment.Sureness{Confidence: s.Confidence, VerifiedBy: s.evidence()}
}

// Columns returns the columns that a query exports, in order.
func (g *Grid) Columns(info gridview.Info, q gridview.Query) ([]table.Column, error) {
	p, err := newPlan(info, q, g.clock.Now())
	if err != nil {
		return nil, err
	}
	return p.fields, nil
}

// Export hands each row of a query to fn, in order and in flat memory. rows, if not nil, are the only rows to be considered.
//
// It reads pages, so a reader that is slow holds no connection and no snapshot of the database. A row is handed out at most once, as it
// is when its page is read. Without an order, rows that come meanwhile are found at the end. With one, the order is taken first, as of
// one moment: what comes later is not in it, and a row that meanwhile has another value stays in its place.
func (g *Grid) Export(
	ctx context.Context, info gridview.Info, q gridview.Query, rows []kernel.RowID, fn func(gridview.ExportRow) error,
) error {
	p, err := g.plan(ctx, info, q)
	if err != nil {
		return err
	}
	x := &export{Grid: g, plan: p}
	if rows != nil {
		if x.only, err = rowKeys(rows); err != nil {
			return err
		}
	}
	read := x.byID
	if len(p.keys) > 0 {
		read = x.inOrder
	}
	return x.handOut(postgres.Unhurried(ctx), read, fn)
}

// A page of an export ends with the first of these.
const (
	exportRows  = 5_000
	exportBytes = 4 << 20
)

// export is an export on its way.
type export struct {
	*Grid
	plan *plan
	only [][16]byte // nil for all rows
}

// handOut gives the rows of the pages to fn. The next page is read while one is handed out, so memory holds two.
func (x *export) handOut(ctx context.Context, read func(context.Context, *exportPages) error, fn func(gridview.ExportRow) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pages := &exportPages{full: make(chan *exportPage), free: make(chan *exportPage, 2)}
	pages.free <- &exportPage{}
	pages.free <- &exportPage{}
	var failed error
	go func() {
		defer close(pages.full)
		failed = read(ctx, pages)
	}()
	row := x.blank()
	var err error
	for page := range pages.full {
		for i := 0; i < len(page.order) && err == nil; i++ {
			page.row(page.order[i], row.raw)
			row.states = nil
			err = fn(row)
		}
		if err != nil {
			cancel()
		}
		pages.free <- page
	}
	if err != nil {
		return err
	}
	return failed
}

// exportPages circulate between the reader of pages and the writer of the export.
type exportPages struct{ full, free chan *exportPage }

func (p *exportPages) next(ctx context.Context) (*exportPage, error) {
	select {
	case page := <-p.free:
		page.reset()
		return page, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *exportPages) send(ctx context.Context, page *exportPage) error {
	select {
	case p.full <- page:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// exportPage holds the raw values of some rows, in one buffer that is used again.
type exportPage struct {
	buf  []byte
	ends []int // of each value in buf; the same as the one before, with null set, for a null
	null []bool
	rows int
	// order are the rows to hand out, by their number in the page.
	order []int
}

func (p *exportPage) reset() {
	p.buf, p.ends, p.null, p.order, p.rows = p.buf[:0], p.ends[:0], p.null[:0], p.order[:0], 0
}

func (p *exportPage) add(raw [][]byte) {
	for _, v := range raw {
		p.buf = append(p.buf, v...)
		p.ends, p.null = append(p.ends, len(p.buf)), append(p.null, v == nil)
	}
	p.rows++
}

// row fills raw with the i-th row's values.
func (p *exportPage) row(i int, raw [][]byte) {
	at := i * len(raw)
	for k := range raw {
		begin := 0
		if at+k > 0 {
			begin = p.ends[at+k-1]
		}
		if raw[k] = p.buf[begin:p.ends[at+k]:p.ends[at+k]]; p.null[at+k] {
			raw[k] = nil
		}
	}
}

// from is the table and what its rows must meet.
func (x *export) from(a *args) (string, error) {
	from, err := x.plan.from(a)
	if err == nil && x.only != nil {
		from += " AND id = ANY(" + a.add(x.only) + "::uuid[])"
	}
	return from, err
}

func (x *export) head() string {
	var b strings.Builder
	b.WriteString("SELECT id, _pos, _created, _updated, ")
	if x.plan.query.Sure {
		b.WriteString("_s::text")
	} else {
		b.WriteString("NULL::text")
	}
	x.plan.columns(&b)
	return b.String()
}

// read fills the page with rows until it is full; false says that there may be more.
func (x *export) read(ctx context.Context, page *exportPage, sql string, a args) (all bool, err error) {
	rows, err := x.db.Query(ctx, sql, a.list...)
	if err != nil {
		return false, fmt.Errorf("export rows: %w", err)
	}
	defer rows.Close()
	for all = true; rows.Next(); {
		page.add(rows.RawValues())
		if page.rows == exportRows || len(page.buf) >= exportBytes {
			all = false
			break
		}
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return false, fmt.Errorf("export rows: %w", err)
	}
	return all, nil
}

func (x *export) blank() *exportRow {
	return &exportRow{fields: x.plan.fields, raw: make([][]byte, rowHead+len(x.plan.fields))}
}

// byID reads page after page by the rows' ids.
func (x *export) byID(ctx context.Context, pages *exportPages) error {
	row, last := x.blank(), [16]byte{}
	for first, all := true, false; !all; first = false {
		var a args
		from, err := x.from(&a)
		if err != nil {
			return err
		}
		if !first {
			from += " AND id > " + a.add(last) + "::uuid"
		}
		page, err := pages.next(ctx)
		if err != nil {
			return err
		}
		if all, err = x.read(ctx, page, fmt.Sprintf("%s FROM %s ORDER BY id LIMIT %d", x.head(), from, exportRows), a); err != nil {
			return err
		}
		for i := range page.rows {
			page.order = append(page.order, i)
		}
		if page.rows > 0 {
			page.row(page.rows-1, row.raw)
			last = [16]byte(row.raw[0])
		}
		if err := pages.send(ctx, page); err != nil {
			return err
		}
	}
	return nil
}

// order takes the ids of all rows in order: 16 MB for a million.
func (x *export) order(ctx context.Context) ([][16]byte, error) {
	var a args
	from, err := x.from(&a)
	if err != nil {
		return nil, err
	}
	rows, err := x.db.Query(ctx, "SELECT id FROM "+from+" ORDER BY "+x.plan.whole(), a.list...)
	if err != nil {
		return nil, fmt.Errorf("put rows in order: %w", err)
	}
	defer rows.Close()
	var out [][16]byte
	for rows.Next() {
		out = append(out, [16]byte(rows.RawValues()[0]))
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("put rows in order: %w", err)
	}
	return out, nil
}

// inOrder reads the rows of the order that are still there and still meet the query, page after page.
func (x *export) inOrder(ctx context.Context, pages *exportPages) error {
	order, err := x.order(ctx)
	if err != nil {
		return err
	}
	row := x.blank()
	at := make(map[[16]byte]int, exportRows)
	page, err := pages.next(ctx)
	for size := exportRows - 1; err == nil && len(order) > 0; {
		ids := order[:min(size, len(order))]
		var a args
		from, err := x.from(&a)
		if err != nil {
			return err
		}
		all, err := x.read(ctx, page, x.head()+" FROM "+from+" AND id = ANY("+a.add(ids)+"::uuid[])", a)
		if err != nil {
			return err
		}
		if !all && len(ids) > 1 { // too much for a page: as many as there was room for
			size = max(1, min(page.rows, len(ids)-1))
			page.reset()
			continue
		}
		clear(at)
		for i := range page.rows {
			page.row(i, row.raw)
			at[[16]byte(row.raw[0])] = i
		}
		for _, id := range ids {
			if i, there := at[id]; there {
				page.order = append(page.order, i)
			}
		}
		if err := pages.send(ctx, page); err != nil {
			return err
		}
		if page, err = pages.next(ctx); err != nil {
			return err
		}
		order = order[len(ids):]
	}
	return err
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
