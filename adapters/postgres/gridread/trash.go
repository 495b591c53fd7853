package gridread

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

const (
	deleteRows = `WITH d AS (DELETE FROM %[1]s WHERE id = ANY($1) RETURNING %[3]s)
INSERT INTO %[2]s (%[3]s, _deleted, _dpos, _dby, _into, _merge) SELECT %[3]s, $2, $3, $4, l.target, l.merge
FROM d LEFT JOIN unnest($5::uuid[], $6::uuid[], $7::text[]) AS l(merged, target, merge) ON l.merged = d.id`
	restoreRows = `WITH d AS (DELETE FROM %[2]s WHERE id = ANY($1) RETURNING %[3]s)
INSERT INTO %[1]s (%[3]s) SELECT %[3]s FROM d`
	stampRows = `UPDATE %s SET _pos = $2, _by = $3, _updated = $4 WHERE id = ANY($1)`
)

// delete moves rows to the trash.
func (w *Writer) delete(ctx context.Context, op *gridview.Delete) error {
	e, keys, err := w.rowsOf(op.Table, op.Rows)
	if err != nil {
		return err
	}
	rows, into, merges, err := linkKeys(op)
	if err != nil {
		return err
	}
	w.before(e, keys)
	if err := w.flush(ctx); err != nil {
		return err
	}
	sql := fmt.Sprintf(deleteRows, e.rowsTable(), trashedRows(op.Table), e.physical())
	tag, err := w.tx.Exec(ctx, sql, keys, op.Stamp.At, op.Stamp.Position, op.Stamp.By, rows, into, merges)
	if err != nil {
		return fmt.Errorf("move rows to the trash: %w", err)
	}
	e.rows -= tag.RowsAffected()
	e.trashed += tag.RowsAffected()
	e.touch(op.Stamp)
	e.rowsMoved = max(e.rowsMoved, op.Stamp.Position)
	e.moved(keys)
	return nil
}

// linkKeys are the rows that were merged, the rows that they were merged into, and by which merges.
func linkKeys(op *gridview.Delete) (rows, into [][16]byte, merges []string, err error) {
	rows, into, merges = [][16]byte{}, [][16]byte{}, []string{}
	for i, l := range op.Links {
		if !l.Merged() {
			continue
		}
		row, err := op.Rows[i].Key()
		if err != nil {
			return nil, nil, nil, err
		}
		other, err := l.Into.Key()
		if err != nil {
			return nil, nil, nil, err
		}
		rows, into, merges = append(rows, row), append(into, other), append(merges, string(l.Merge))
	}
	return rows, into, merges, nil
}

// restore moves rows back from the trash; that counts as a change of the row, not of its cells.
func (w *Writer) restore(ctx context.Context, op *gridview.Restore) error {
	e, keys, err := w.rowsOf(op.Table, op.Rows)
	if err != nil {
		return err
	}
	w.before(e, keys) // those that are live already are stamped too
	if err := w.flush(ctx); err != nil {
		return err
	}
	tag, err := w.tx.Exec(ctx, fmt.Sprintf(restoreRows, e.rowsTable(), trashedRows(op.Table), e.physical()), keys)
	if err != nil {
		return fmt.Errorf("move rows out of the trash: %w", err)
	}
	if _, err := w.tx.Exec(ctx, fmt.Sprintf(stampRows, e.rowsTable()), keys, op.Stamp.Position, op.Stamp.By, op.Stamp.At); err != nil {
		return fmt.Errorf("stamp restored rows: %w", err)
	}
	e.changed(e.formulas().All(), keys) // a recompute may be past the rows' places among the live ones
	e.rows += tag.RowsAffected()
	e.trashed -= tag.RowsAffected()
	e.touch(op.Stamp)
	e.rowsMoved = max(e.rowsMoved, op.Stamp.Position)
	e.moved(keys)
	return nil
}

// physical lists every column that live rows and rows in the trash have in common.
func (e *entry) physical() string {
	var names []string
	for id, t := range e.types {
		if sqlType(t) == "" {
			continue
		}
		names = append(append(names, column(id)), e.originals(id)...)
	}
	slices.Sort(names)
	return strings.Join(append([]string{systemColumns}, names...), ", ")
}

// TrashedRows lists a table's rows in the trash, those deleted last first; not those that are hidden because they were merged.
func (g *Grid) TrashedRows(ctx context.Context, info gridview.Info, cursor string, limit int) ([]gridview.TrashedRow, string, error) {
	var a args
	after := "true"
	if cursor != "" {
		pos, key, err := parseTrashCursor(cursor)
		if err != nil {
			return nil, "", err
		}
		after = "(_dpos, id) < (" + a.add(pos) + "::bigint, " + a.add(key) + "::uuid)"
	}
	var names strings.Builder
	var cols []table.Column
	for _, c := range info.Schema.Columns {
		if sqlType(c.Type) != "" {
			names.WriteString(", " + asText(column(c.ID)))
			cols = append(cols, c)
		}
	}
	sql := fmt.Sprintf("SELECT id, _dpos, _deleted, _dby%s FROM rm_grid.%s "+
		"WHERE _merge IS NULL AND %s AND %s ORDER BY _dpos DESC, id DESC LIMIT %d",
		names.String(), trashedRows(info.ID), registered(info.ID), after, limit+1)
	rows, err := g.db.Query(ctx, sql, a.list...)
	if err != nil {
		return nil, "", fmt.Errorf("read the trash: %w", err)
	}
	out := []gridview.TrashedRow{}
	next, last := "", ""
	values := make([]*string, len(cols))
	var key [16]byte
	var pos int64
	var row gridview.TrashedRow
	into := []any{&key, &pos, &row.DeletedAt, &row.DeletedBy}
	for i := range values {
		into = append(into, &values[i])
	}
	_, err = pgx.ForEachRow(rows, into, func() error {
		if len(out) == limit {
			next = last
			return nil
		}
		last = fmt.Sprintf("%d.%x", pos, key[:])
		r := row
		r.ID, r.Cells = kernel.RowKey(key).RowID(), map[kernel.ColumnID]json.RawMessage{}
		for i, c := range cols {
			if values[i] != nil {
				r.Cells[c.ID] = appendValue(nil, c.Type, []byte(*values[i]))
			}
		}
		out = append(out, r)
		return nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("read the trash: %w", err)
	}
	return out, next, nil
}

func parseTrashCursor(s string) (pos int64, key string, err error) {
	p, key, ok := strings.Cut(s, ".")
	pos, perr := strconv.ParseInt(p, 10, 64)
	b, kerr := hex.DecodeString(key)
	if !ok || perr != nil || kerr != nil || len(b) != 16 {
		return 0, "", kernel.BadCursor()
	}
	return pos, key, nil
}
