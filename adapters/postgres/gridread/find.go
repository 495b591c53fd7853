package gridread

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// Find looks for a text in the columns of all rows that the query selects, and tells where it stands in their order. Postgres numbers the
// rows and finds those in which the text may be; each of their cells is then compared as it is written.
func (g *Grid) Find(
	ctx context.Context, info gridview.Info, q gridview.Query, cols []table.Column, pattern table.TextPattern, s gridview.TextSearch,
) (gridview.Found, error) {
	q.Fields = make([]kernel.ColumnID, len(cols))
	for i, c := range cols {
		q.Fields[i] = c.ID
	}
	p, err := g.plan(ctx, info, q)
	if err != nil {
		return gridview.Found{}, err
	}
	g.want(p)
	var a args
	sql, err := p.findSQL(pattern, &a)
	if err != nil {
		return gridview.Found{}, err
	}
	rows, err := g.db.Query(ctx, sql, a.list...)
	if err != nil {
		return gridview.Found{}, fmt.Errorf("find a text: %w", err)
	}
	defer rows.Close()
	f := finding{search: s, pattern: pattern, out: gridview.Found{Hits: []gridview.Hit{}}}
	row := &exportRow{fields: p.fields}
	for rows.Next() {
		raw := rows.RawValues()
		row.raw = raw[:rowHead+len(p.fields)]
		f.row(row, int64(binary.BigEndian.Uint64(raw[len(raw)-1])))
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return gridview.Found{}, fmt.Errorf("find a text: %w", err)
	}
	if s.Backwards {
		slices.Reverse(f.out.Hits)
	}
	return f.out, nil
}

// findSQL numbers the rows first, with nothing but their ids, so that an order that no index has sorts little.
func (p *plan) findSQL(pattern table.TextPattern, a *args) (string, error) {
	from, err := p.from(a)
	if err != nil {
		return "", err
	}
	may, err := where(pattern.Candidates(p.fields), a, p.now)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("SELECT t.id, t._pos, t._created, t._updated, NULL::text")
	p.columns(&b)
	fmt.Fprintf(&b, ", s.n FROM (SELECT n, id FROM (SELECT row_number() OVER (ORDER BY %s) - 1 AS n, id, %s AS may FROM %s) AS o WHERE "+
		"may) AS s JOIN rm_grid.%s AS t USING (id) ORDER BY s.n",
		p.order(bothPhases), may, from, liveRows(p.info.ID))
	return b.String(), nil
}

// finding counts matches and keeps the asked ones.
type finding struct {
	search  gridview.TextSearch
	pattern table.TextPattern
	out     gridview.Found
}

func (f *finding) row(row *exportRow, place int64) {
	var columns []kernel.ColumnID
	for i, c := range row.fields {
		if text, ok := row.Text(i); ok && f.pattern.In(string(text)) {
			columns = append(columns, c.ID)
		}
	}
	if len(columns) == 0 {
		return
	}
	hit := gridview.Hit{Place: place, Row: row.ID(), First: f.out.Cells + 1, Columns: columns}
	f.out.Cells += int64(len(columns))
	f.out.Rows++
	switch list := f.out.Hits; {
	case f.search.Backwards && place <= f.search.From:
		if len(list) == f.search.Limit {
			copy(list, list[1:])
			list = list[:len(list)-1]
		}
		f.out.Hits = append(list, hit)
	case !f.search.Backwards && place >= f.search.From && len(list) < f.search.Limit:
		f.out.Hits = append(list, hit)
	}
}
