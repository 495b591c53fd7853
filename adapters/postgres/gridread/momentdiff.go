package gridread

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/gridview"
)

// Diff compares a table at two moments. Rows of both are read in the order of their ids, and only those that an event has changed in
// between, so a comparison costs what has changed.
type Diff struct {
	db       postgres.Reader
	from, to side
	columns  []table.Column // that are compared, as they are at the later moment
	was      map[kernel.ColumnID]table.Column
}

// side is a table at one of the moments.
type side struct {
	schema string
	gridview.Version
}

// Diff compares a table as of a moment with a later one, or with how it is now.
func (m *Moments) Diff(ctx context.Context, live gridview.Info, from gridview.AsOf, to *gridview.AsOf) (*Diff, error) {
	d := &Diff{db: m.cfg.DB, was: map[kernel.ColumnID]table.Column{}, to: side{schema: quoted(projections.LiveOf(gridview.Name))}}
	d.to.Info = live
	var err error
	if d.from, err = m.side(ctx, live, from); err != nil {
		return nil, err
	}
	if to != nil {
		if d.to, err = m.side(ctx, live, *to); err != nil {
			return nil, err
		}
		if d.to.Moment.Position < d.from.Moment.Position {
			return nil, kernel.Invalid("from", "it comes after to")
		}
	}
	for _, c := range d.from.Info.Schema.Columns {
		d.was[c.ID] = c
	}
	for _, c := range d.to.Info.Schema.Columns {
		if c.Writable() {
			d.columns = append(d.columns, c)
		}
	}
	return d, nil
}

func quoted(l projections.Location) string { return pgx.Identifier{postgres.SchemaOf(l)}.Sanitize() }

func (m *Moments) side(ctx context.Context, live gridview.Info, asked gridview.AsOf) (side, error) {
	found, err := m.resolve(ctx, live, asked)
	if err != nil {
		return side{}, err
	}
	place, err := m.obtain(ctx, live, found)
	if err != nil {
		return side{}, err
	}
	s := side{schema: quoted(locationOf(place))}
	s.Moment = &found.Moment
	s.Info, err = m.open(place).Table(ctx, live.Schema.Workspace, live.ID)
	return s, err
}

// Sides are the table at both moments.
func (d *Diff) Sides() (from, to gridview.Version) { return d.from.Version, d.to.Version }

// Columns lists the columns that are otherwise.
func (d *Diff) Columns() []gridview.ColumnDifference {
	out := []gridview.ColumnDifference{}
	now := map[kernel.ColumnID]bool{}
	for _, c := range d.to.Info.Schema.Columns {
		now[c.ID] = true
		old, ok := d.was[c.ID]
		var kind string
		switch {
		case !ok:
			out = append(out, gridview.ColumnDifference{Kind: "added", New: &c})
			continue
		case old.Type != c.Type:
			kind = "retyped"
		case old.Name != c.Name:
			kind = "renamed"
		case !reflect.DeepEqual(old, c):
			kind = "changed"
		default:
			continue
		}
		out = append(out, gridview.ColumnDifference{Kind: kind, Old: &old, New: &c})
	}
	for _, c := range d.from.Info.Schema.Columns {
		if !now[c.ID] {
			out = append(out, gridview.ColumnDifference{Kind: "removed", Old: &c})
		}
	}
	return out
}

// Count counts the differences.
func (d *Diff) Count(ctx context.Context, q gridview.Between) (n gridview.Differing, err error) {
	q.After = gridview.Place{}
	var a args
	sql, err := d.sql(q, &a)
	if err != nil {
		return n, err
	}
	err = d.db.QueryRow(ctx, `SELECT count(*) FILTER (WHERE i >= 0), count(DISTINCT id) FILTER (WHERE i >= 0), count(*) FILTER (WHERE i = -1),
		count(*) FILTER (WHERE i = -2) FROM (`+sql+`) d`, a.list...).Scan(&n.Cells, &n.Rows, &n.Added, &n.Removed)
	if err != nil {
		return n, fmt.Errorf("count the differences between two moments: %w", err)
	}
	return n, nil
}

// Page lists differences in the order of the rows' ids. next is where the next page begins; its row is empty at the end.
func (d *Diff) Page(ctx context.Context, q gridview.Between) (out []gridview.Difference, next gridview.Place, err error) {
	var a args
	sql, err := d.sql(q, &a)
	if err != nil {
		return nil, next, err
	}
	rows, err := d.db.Query(ctx, fmt.Sprintf("%s ORDER BY id, i LIMIT %d", sql, q.Limit+1), a.list...)
	if err != nil {
		return nil, next, fmt.Errorf("read the differences between two moments: %w", err)
	}
	out = []gridview.Difference{}
	var key [16]byte
	var i int
	var old, now *string
	var position *int64
	var trashed bool
	var last gridview.Place
	_, err = pgx.ForEachRow(rows, []any{&key, &i, &old, &now, &position, &trashed}, func() error {
		if len(out) == q.Limit {
			next = last
			return nil
		}
		x := gridview.Difference{Row: kernel.RowKey(key).RowID(), Old: kernel.Null(), New: kernel.Null(), Trashed: trashed}
		last = gridview.Place{Row: x.Row, Column: i}
		if position != nil {
			x.Position = *position
		}
		switch i {
		case -1:
			x.Kind = gridview.RowAdded
		case -2: //nolint:mnd // see changedSQL
			x.Kind = gridview.RowRemoved
		default:
			c := d.columns[i]
			x.Kind, x.Column, x.New = gridview.CellDiffers, c.ID, canonical(c.Type, now)
			if before, ok := d.was[c.ID]; ok {
				x.Old = canonical(before.Type, old)
			}
		}
		out = append(out, x)
		return nil
	})
	if err != nil {
		return nil, next, fmt.Errorf("read the differences between two moments: %w", err)
	}
	return out, next, nil
}

// sql selects differences as (id, i, old, new, at, trashed), where i is the column's place in columns, -1 for a row that was added and -2
// for one that was removed.
func (d *Diff) sql(q gridview.Between, a *args) (string, error) {
	cells, err := d.cells(q)
	if err != nil {
		return "", err
	}
	id := d.to.Info.ID
	within, err := rowsWithin(q, a)
	if err != nil {
		return "", err
	}
	since := a.add(d.from.Moment.Position) + "::bigint"
	candidates := "b._pos > " + since
	if q.Restoring && d.from.Info.Schema.Version != d.to.Info.Schema.Version {
		candidates = "true"
	}
	from, to, trash := d.from.schema+"."+liveRows(id), d.to.schema+"."+liveRows(id), d.to.schema+"."+trashedRows(id)
	parts := []string{fmt.Sprintf(`SELECT b.id, v.i, v.old, v.new, CASE WHEN v.i >= 0 THEN coalesce((b._s -> v.key ->> 'p')::bigint, b._pos0)
WHEN b._pos0 > %s THEN b._pos0 ELSE b._pos END AS at, false AS trashed
FROM %s b LEFT JOIN %s a ON a.id = b.id CROSS JOIN LATERAL (VALUES %s) v(i, key, old, new)
WHERE %s AND %s AND CASE WHEN v.i >= 0 THEN a.id IS NOT NULL AND v.old IS DISTINCT FROM v.new ELSE a.id IS NULL END`,
		since, to, from, rowAnd(cells, -1), strings.ReplaceAll(within, "@", "b"), candidates)}
	removed := []string{"(-2, '', NULL, NULL)"}
	if q.Restoring && len(q.Columns) == 0 {
		for _, c := range cells {
			removed = append(removed, strings.ReplaceAll(c, "b.", "x."))
		}
	}
	parts = append(parts, fmt.Sprintf(`SELECT a.id, v.i, v.old, v.new, x._dpos, x.id IS NOT NULL
FROM %s a LEFT JOIN %s b ON b.id = a.id LEFT JOIN %s x ON x.id = a.id CROSS JOIN LATERAL (VALUES %s) v(i, key, old, new)
WHERE %s AND b.id IS NULL AND (v.i < 0 OR x.id IS NOT NULL AND v.old IS DISTINCT FROM v.new)`,
		from, to, trash, strings.Join(removed, ", "), strings.ReplaceAll(within, "@", "a")))
	sql := "SELECT id, i, old, new, at, trashed FROM (" + strings.Join(parts, " UNION ALL ") + ") d WHERE " + registered(id)
	return sql + d.filter(q, since, a), nil
}

func rowAnd(cells []string, row int) string {
	return strings.Join(append([]string{fmt.Sprintf("(%d, '', NULL::text, NULL::text)", row)}, cells...), ", ")
}

// cells are the columns that are compared, as rows of VALUES.
func (d *Diff) cells(q gridview.Between) ([]string, error) {
	for _, id := range q.Columns {
		if !slices.ContainsFunc(d.columns, func(c table.Column) bool { return c.ID == id }) {
			return nil, kernel.Invalid("columns", "%q is no column whose cells can be compared", id)
		}
	}
	var out []string
	for i, c := range d.columns {
		if len(q.Columns) > 0 && !slices.Contains(q.Columns, c.ID) {
			continue
		}
		old := "NULL::text"
		if before, ok := d.was[c.ID]; ok && sqlType(before.Type) != "" && before.Writable() {
			old = asText("a." + column(c.ID))
		}
		out = append(out, fmt.Sprintf("(%d, '%s', %s, %s)", i, short(string(c.ID)), old, asText("b."+column(c.ID))))
	}
	return out, nil
}

// rowsWithin is the condition of the rows that are looked at; @ is in the place of their table's name.
func rowsWithin(q gridview.Between, a *args) (string, error) {
	cond := "true"
	if len(q.Rows) > 0 {
		keys, err := rowKeys(q.Rows)
		if err != nil {
			return "", err
		}
		cond += " AND @.id = ANY(" + a.add(keys) + "::uuid[])"
	}
	if q.After.Row != "" {
		key, err := q.After.Row.Key()
		if err != nil {
			return "", kernel.BadCursor()
		}
		cond += " AND @.id >= " + a.add([16]byte(key)) + "::uuid"
	}
	return cond, nil
}

// ofStep is the condition that an event, by its position, belongs to a step, or to a step of a person.
const ofStep = ` AND EXISTS (SELECT FROM rm_history.lines l JOIN rm_history.lines f ON f.position = coalesce(l.first, l.position)
WHERE l.position = at AND `

// filter is what differences must meet besides: that they come after the place, and whose they are.
func (d *Diff) filter(q gridview.Between, since string, a *args) string {
	cond := ""
	if !q.Restoring {
		cond += " AND (i < 0 OR at > " + since + ")"
	}
	if q.After.Row != "" {
		key, _ := q.After.Row.Key() // rowsWithin has looked
		cond += " AND (id, i) > (" + a.add([16]byte(key)) + "::uuid, " + a.add(q.After.Column) + "::int)"
	}
	if len(q.Columns) > 0 {
		cond += " AND i >= 0"
	}
	if q.User != "" {
		cond += ofStep + "f.by_user = hashtextextended(" + a.add(string(q.User)) + ", 0))"
	}
	if q.Step != "" {
		cond += ofStep + "f.step = " + a.add(q.Step) + ")"
	}
	return cond
}
