package gridread

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// BranchDiff compares a branch with its table, or with what it began from. It reads the rows that were touched on the branch and looks up
// the same rows of the table, so it costs what the branch has changed.
type BranchDiff struct {
	db            postgres.Reader
	branch, table gridview.Info
	columns       []table.Column // that are compared, as the table has them
	left          []gridview.Unmergeable
}

// CompareBranch returns the comparison of a branch.
func (g *Grid) CompareBranch(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (*BranchDiff, error) {
	d := &BranchDiff{db: g.db}
	var err error
	if d.branch, err = g.Table(ctx, ws, id); err != nil {
		return nil, err
	}
	if d.branch.Schema.Of == "" {
		return nil, kernel.NotFound("branch", string(id))
	}
	if d.table, err = g.Table(ctx, ws, d.branch.Schema.Of); err != nil {
		return nil, err
	}
	for _, c := range d.branch.Schema.Columns {
		if !c.Writable() {
			continue
		}
		now, ok := d.table.Schema.Column(c.ID)
		var reason string
		switch {
		case !ok:
			reason = "the table has deleted the column"
		case now.Type != c.Type:
			reason = fmt.Sprintf("the column is of the type %s in the table and %s on the branch", now.Type, c.Type)
		case !now.Writable():
			reason = "the column can't be written in the table"
		default:
			d.columns = append(d.columns, now)
			continue
		}
		d.left = append(d.left, gridview.Unmergeable{Column: c.ID, Name: c.Name, Reason: reason})
	}
	return d, nil
}

// Sides are the branch and its table.
func (d *BranchDiff) Sides() (branch, of gridview.Info) { return d.branch, d.table }

// Left lists the columns that can't be compared.
func (d *BranchDiff) Left() []gridview.Unmergeable {
	return append([]gridview.Unmergeable{}, d.left...)
}

// Count counts divergences.
func (d *BranchDiff) Count(ctx context.Context, q gridview.Diverging) (n gridview.Diverged, err error) {
	q.After = gridview.Place{}
	var a args
	sql, err := d.sql(q, nil, &a)
	if err != nil {
		return n, err
	}
	err = d.db.QueryRow(ctx, `SELECT count(*) FILTER (WHERE i >= 0), count(DISTINCT id) FILTER (WHERE i >= 0), count(*) FILTER (WHERE i = -1),
		count(*) FILTER (WHERE i = -2), count(*) FILTER (WHERE i = -3), count(*) FILTER (WHERE conflict) FROM (`+sql+`) d`, a.list...).
		Scan(&n.Cells, &n.Rows, &n.Added, &n.Removed, &n.Revived, &n.Conflicts)
	if err != nil {
		return n, fmt.Errorf("count what a branch has otherwise: %w", err)
	}
	return n, nil
}

// divergedRows is how many rows of a branch are compared at a time.
const divergedRows = 2_000

// Page lists divergences in the order of the rows' ids. next is where the next page begins; its row is empty at the end.
func (d *BranchDiff) Page(ctx context.Context, q gridview.Diverging) (out []gridview.Divergence, next gridview.Place, err error) {
	out = []gridview.Divergence{}
	for {
		last, more, err := d.window(ctx, q.After)
		if err != nil || last == nil {
			return out, gridview.Place{}, err
		}
		full, err := d.read(ctx, q, last, &out, &next)
		if err != nil || full {
			return out, next, err
		}
		if !more {
			return out, gridview.Place{}, nil
		}
		q.After = gridview.Place{Row: kernel.RowKey(*last).RowID(), Column: gridview.PlaceEnd}
	}
}

// window finds the last of the next rows that were touched on the branch; nil if there are none.
func (d *BranchDiff) window(ctx context.Context, after gridview.Place) (last *[16]byte, more bool, err error) {
	var a args
	cond := registered(d.branch.ID)
	if after.Row != "" {
		key, err := after.Row.Key()
		if err != nil {
			return nil, false, kernel.BadCursor()
		}
		sign := ">="
		if after.Column == gridview.PlaceEnd {
			sign = ">"
		}
		cond += " AND id " + sign + " " + a.add([16]byte(key)) + "::uuid"
	}
	var n int
	sql := fmt.Sprintf(`SELECT max(id::text)::uuid, count(*) FROM (SELECT id FROM (
	(SELECT id FROM rm_grid.%[1]s WHERE %[3]s ORDER BY id LIMIT %[4]d)
	UNION ALL (SELECT id FROM rm_grid.%[2]s WHERE %[3]s ORDER BY id LIMIT %[4]d)
) r ORDER BY id LIMIT %[4]d) w`, ownRows(d.branch.ID), trashedRows(d.branch.ID), cond, divergedRows)
	if err := d.db.QueryRow(ctx, sql, a.list...).Scan(&last, &n); err != nil {
		return nil, false, fmt.Errorf("look for what a branch has touched: %w", err)
	}
	return last, n == divergedRows, nil
}

// read adds the divergences up to the last row; full says that the page is full, and next where it goes on.
func (d *BranchDiff) read(
	ctx context.Context, q gridview.Diverging, until *[16]byte, out *[]gridview.Divergence, next *gridview.Place,
) (full bool, err error) {
	var a args
	sql, err := d.sql(q, until, &a)
	if err != nil {
		return false, err
	}
	room := q.Limit - len(*out)
	rows, err := d.db.Query(ctx, fmt.Sprintf("%s ORDER BY id, i LIMIT %d", sql, room+1), a.list...)
	if err != nil {
		return false, fmt.Errorf("read what a branch has otherwise: %w", err)
	}
	var key [16]byte
	var i int
	var base, of, own *string
	var position int64
	var conflict bool
	var last gridview.Place
	_, err = pgx.ForEachRow(rows, []any{&key, &i, &base, &of, &own, &position, &conflict}, func() error {
		if room == 0 {
			*next, full = last, true
			return nil
		}
		room--
		x := gridview.Divergence{
			Kind: gridview.KindOfPlace(i), Row: kernel.RowKey(key).RowID(), Base: kernel.Null(), Table: kernel.Null(), Branch: kernel.Null(),
			Conflict: conflict, Position: position,
		}
		last = gridview.Place{Row: x.Row, Column: i}
		if i >= 0 {
			c := d.columns[i]
			x.Column, x.Base, x.Table, x.Branch = c.ID, canonical(c.Type, base), canonical(c.Type, of), canonical(c.Type, own)
		}
		*out = append(*out, x)
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("read what a branch has otherwise: %w", err)
	}
	if !full && room == 0 {
		*next, full = last, true
	}
	return full, nil
}

// sql selects divergences as (id, i, base, of, own, at, conflict), where i is the column's place in columns, or that of a row's coming or
// going. o is a row of the branch, s the saved one and m the table's; based says that the row was there when the branch began.
func (d *BranchDiff) sql(q gridview.Diverging, until *[16]byte, a *args) (string, error) {
	cells, differ, changed, err := d.cells(q)
	if err != nil {
		return "", err
	}
	within, err := windowed(q.After, until, a)
	if err != nil {
		return "", err
	}
	base := a.add(d.branch.Base) + "::bigint"
	id, of := d.branch.ID, d.table.ID
	joins := fmt.Sprintf(`LEFT JOIN rm_grid.%s s ON s.id = o.id LEFT JOIN rm_grid.%s m ON m.id = o.id
CROSS JOIN LATERAL (SELECT s.id IS NOT NULL OR coalesce(m._pos <= %s, false) AS based) k`, savedRows(id), liveRows(of), base)
	is := `CASE WHEN v.i >= 0 THEN m.id IS NOT NULL AND v.own IS DISTINCT FROM v.of AND (NOT k.based OR v.own IS DISTINCT FROM v.base)
WHEN v.i = -1 THEN m.id IS NULL AND NOT k.based ELSE m.id IS NULL AND k.based AND (` + differ + `) END`
	conflict := `CASE WHEN v.i >= 0 THEN NOT k.based OR v.of IS DISTINCT FROM v.base ELSE v.i = -3 END`
	gone, goneConflict := "m.id IS NOT NULL", "s.id IS NOT NULL AND ("+changed+")"
	if q.Against == gridview.AgainstBase {
		is = `CASE WHEN v.i >= 0 THEN k.based AND v.own IS DISTINCT FROM v.base WHEN v.i = -1 THEN NOT k.based ELSE false END`
		conflict, gone, goneConflict = "false", "k.based", "false"
	}
	rows := [][]string{{"(-3, '', NULL::text, NULL::text, NULL::text)", "(-1, '', NULL, NULL, NULL)"}, cells}
	if len(q.Columns) > 0 {
		rows = rows[1:]
	}
	parts := []string{fmt.Sprintf(`SELECT o.id, v.i, v.base, v.of, v.own,
coalesce((o._s -> v.key ->> 'p')::bigint, o._pos) AS at, %s AS conflict
FROM rm_grid.%s o %s CROSS JOIN LATERAL (VALUES %s) v(i, key, base, of, own) WHERE %s AND %s`,
		conflict, ownRows(id), joins, strings.Join(slices.Concat(rows...), ", "), within, is)}
	if len(q.Columns) == 0 {
		parts = append(parts, fmt.Sprintf(`SELECT o.id, -2, NULL, NULL, NULL, o._dpos, %s FROM rm_grid.%s o %s WHERE %s AND %s`,
			goneConflict, trashedRows(id), joins, within, gone))
	}
	sql := "SELECT id, i, base, of, own, at, conflict FROM (" + strings.Join(parts, " UNION ALL ") + ") d WHERE " + registered(id) +
		" AND " + registered(of)
	if q.After.Row != "" {
		key, _ := q.After.Row.Key() // windowed has looked
		sql += " AND (id, i) > (" + a.add([16]byte(key)) + "::uuid, " + a.add(q.After.Column) + "::int)"
	}
	if q.Conflicts {
		sql += " AND conflict"
	}
	return sql, nil
}

// windowed is the condition of the rows between two places.
func windowed(after gridview.Place, until *[16]byte, a *args) (string, error) {
	cond := "true"
	if after.Row != "" {
		key, err := after.Row.Key()
		if err != nil {
			return "", kernel.BadCursor()
		}
		cond += " AND o.id >= " + a.add([16]byte(key)) + "::uuid"
	}
	if until != nil {
		cond += " AND o.id <= " + a.add(*until) + "::uuid"
	}
	return cond, nil
}

// cells are the columns that are compared, as rows of VALUES; differ says that one of them is another one on the branch, and changed that
// one of them is another one in the table, than what was saved.
func (d *BranchDiff) cells(q gridview.Diverging) (cells []string, differ, changed string, err error) {
	for _, id := range q.Columns {
		if !slices.ContainsFunc(d.columns, func(c table.Column) bool { return c.ID == id }) {
			return nil, "", "", kernel.Invalid("columns", "%q is no column whose cells can be compared", id)
		}
	}
	var own, of []string
	for i, c := range d.columns {
		name := column(c.ID)
		own = append(own, "o."+name+" IS DISTINCT FROM s."+name)
		of = append(of, "m."+name+" IS DISTINCT FROM s."+name)
		if len(q.Columns) > 0 && !slices.Contains(q.Columns, c.ID) {
			continue
		}
		base := fmt.Sprintf("CASE WHEN s.id IS NOT NULL THEN s.%[1]s WHEN k.based THEN m.%[1]s END", name)
		cells = append(cells, fmt.Sprintf("(%d, '%s', %s, %s, %s)", i, short(string(c.ID)), asText(base), asText("m."+name), asText("o."+name)))
	}
	if len(own) == 0 {
		own, of = []string{"false"}, []string{"false"}
		if len(q.Columns) == 0 {
			return nil, "false", "false", nil
		}
	}
	return cells, strings.Join(own, " OR "), strings.Join(of, " OR "), nil
}

const branchListQuery = `SELECT table_id, name, row_count, branch_base, created_at, updated_at, state FROM rm_grid.tables
WHERE workspace_id = $1 AND branch_of = $2 AND NOT purged ORDER BY table_id`

// Branches lists the branches of a table of the workspace, the oldest first.
func (g *Grid) Branches(ctx context.Context, ws kernel.WorkspaceID, of kernel.TableID) ([]gridview.Branch, error) {
	rows, err := g.db.Query(ctx, branchListQuery, ws, of)
	if err != nil {
		return nil, fmt.Errorf("list branches: %w", err)
	}
	out := []gridview.Branch{}
	var b gridview.Branch
	var state string
	_, err = pgx.ForEachRow(rows, []any{&b.ID, &b.Name, &b.RowCount, &b.Base, &b.CreatedAt, &b.UpdatedAt, &state}, func() error {
		agg := table.Blank()
		if err := agg.UnmarshalState(json.RawMessage(state)); err != nil {
			return fmt.Errorf("the structure of branch %s: %w", b.ID, err)
		}
		b.By, b.Merge = agg.BranchedBy(), gridview.MergeOf(agg.Merge())
		out = append(out, b)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list branches: %w", err)
	}
	return out, nil
}

const mergingQuery = `SELECT table_id FROM rm_grid.tables WHERE merging IS NOT NULL AND NOT purged AND table_id > $1
ORDER BY table_id LIMIT $2`

// Merging lists the branches of all workspaces that are being merged, from after the given one on.
func (g *Grid) Merging(ctx context.Context, after kernel.TableID, limit int) ([]kernel.TableID, error) {
	rows, err := g.db.Query(ctx, mergingQuery, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list merges of branches: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[kernel.TableID])
	if err != nil {
		return nil, fmt.Errorf("list merges of branches: %w", err)
	}
	return out, nil
}

// MergedBy returns the branch of the table that the merge is merging now; empty if none is.
func (g *Grid) MergedBy(ctx context.Context, of kernel.TableID, merge string) (kernel.TableID, error) {
	rows, err := g.db.Query(ctx, `SELECT table_id FROM rm_grid.tables WHERE branch_of = $1 AND merging = $2 AND NOT purged`, of, merge)
	if err != nil {
		return "", fmt.Errorf("look for a merge: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[kernel.TableID])
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0], nil
}

// BranchCount returns how many branches a table has.
func (g *Grid) BranchCount(ctx context.Context, of kernel.TableID) (n int, err error) {
	err = g.db.QueryRow(ctx, `SELECT count(*) FROM rm_grid.tables WHERE branch_of = $1 AND NOT purged`, of).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count branches: %w", err)
	}
	return n, nil
}
