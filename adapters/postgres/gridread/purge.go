package gridread

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

const (
	columnTrashed  = `INSERT INTO trashed_columns (table_id, column_id, deleted_at) VALUES ($1, $2, $3)`
	columnBack     = `DELETE FROM trashed_columns WHERE table_id = $1 AND column_id = $2`
	columnsForgot  = `DELETE FROM trashed_columns WHERE table_id = $1`
	registryPurged = `UPDATE tables SET purged = true, row_count = 0, trash_count = 0 WHERE table_id = $1`
)

// trash keeps account of the columns in the trash, and removes what is gone for good.
func (w *Writer) trash(ctx context.Context, e *entry, op *gridview.Structure) error {
	switch ev := op.Event.(type) {
	case table.ColumnDeleted:
		return w.exec(ctx, columnTrashed, op.Table, ev.ColumnID, op.Stamp.At)
	case table.ColumnRestored:
		return w.exec(ctx, columnBack, op.Table, ev.ColumnID)
	case table.ColumnPurged:
		names := e.originals(ev.ColumnID)
		if sqlType(e.types[ev.ColumnID]) != "" {
			names = append(names, column(ev.ColumnID))
		}
		for _, name := range names {
			if err := w.both(ctx, op.Table, "ALTER TABLE %s DROP COLUMN IF EXISTS %s", name); err != nil {
				return err
			}
		}
		if slices.Contains(e.formulas().All(), ev.ColumnID) {
			if err := w.forgetComputed(ctx, op.Table, ev.ColumnID); err != nil {
				return err
			}
		}
		return w.exec(ctx, columnBack, op.Table, ev.ColumnID)
	case table.Purged, table.Discarded:
		if err := w.dropRows(ctx, e); err != nil {
			return err
		}
		e.rows, e.trashed = 0, 0
		if err := w.exec(ctx, columnsForgot, op.Table); err != nil {
			return err
		}
		return w.exec(ctx, registryPurged, op.Table)
	}
	return nil
}

func (w *Writer) exec(ctx context.Context, sql string, args ...any) error {
	if _, err := w.tx.Exec(ctx, sql, args...); err != nil {
		return fmt.Errorf("%.60s: %w", sql, err)
	}
	return nil
}

// purge removes rows from the trash for good. For the table it is no change that anybody made.
func (w *Writer) purge(ctx context.Context, op *gridview.Purge) error {
	e, keys, err := w.rowsOf(op.Table, op.Rows)
	if err != nil {
		return err
	}
	tag, err := w.tx.Exec(ctx, fmt.Sprintf("DELETE FROM %s WHERE id = ANY($1)", trashedRows(op.Table)), keys)
	if err != nil {
		return fmt.Errorf("remove rows from the trash: %w", err)
	}
	e.trashed -= tag.RowsAffected()
	e.last = max(e.last, op.Stamp.Position)
	e.moved(keys)
	return nil
}

// InTrash is a table that has something in the trash, or is there itself.
type InTrash struct {
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
}

const inTrashQuery = `SELECT workspace_id, table_id FROM rm_grid.tables t WHERE NOT purged AND branch_of IS NULL AND table_id > $2 AND
CASE WHEN trashed_at IS NULL THEN trash_count > 0 OR EXISTS (SELECT FROM rm_grid.trashed_columns c WHERE c.table_id = t.table_id
AND c.deleted_at <= $1) ELSE trashed_at <= $1 END
ORDER BY table_id LIMIT $3`

// InTrash lists tables by id, from after the given one on, that may have something in the trash since before a time.
func (g *Grid) InTrash(ctx context.Context, before time.Time, after kernel.TableID, limit int) ([]InTrash, error) {
	rows, err := g.db.Query(ctx, inTrashQuery, before, after, limit)
	if err != nil {
		return nil, fmt.Errorf("look for trash: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[InTrash])
	if err != nil {
		return nil, fmt.Errorf("look for trash: %w", err)
	}
	return out, nil
}

const (
	dueTable   = `SELECT trashed_at IS NOT NULL, COALESCE(trashed_at <= $2, false) FROM rm_grid.tables WHERE table_id = $1 AND NOT purged`
	dueColumns = `SELECT column_id FROM rm_grid.trashed_columns WHERE table_id = $1 AND deleted_at <= $2 ORDER BY column_id`
	dueRows    = `SELECT id FROM rm_grid.%s WHERE _deleted <= $1 AND _merge IS NULL AND %s ORDER BY id LIMIT $2`
)

// Trash returns what of a table has been in the trash since before a time, at most so many rows. A table in the trash stays whole, and rows
// that were merged stay for as long as the merge does.
func (g *Grid) Trash(ctx context.Context, id kernel.TableID, before time.Time, limit int) (table.InTrash, error) {
	var due table.InTrash
	var trashed bool
	switch err := g.db.QueryRow(ctx, dueTable, id, before).Scan(&trashed, &due.Whole); {
	case errors.Is(err, pgx.ErrNoRows):
		return due, nil
	case err != nil:
		return due, fmt.Errorf("read the trash: %w", err)
	case trashed:
		return due, nil
	}
	rows, err := g.db.Query(ctx, dueColumns, id, before)
	if err == nil {
		due.Columns, err = pgx.CollectRows(rows, pgx.RowTo[kernel.ColumnID])
	}
	if err != nil {
		return due, fmt.Errorf("read the trash: %w", err)
	}
	if rows, err = g.db.Query(ctx, fmt.Sprintf(dueRows, trashedRows(id), registered(id)), before, limit); err == nil {
		due.Rows, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (kernel.RowID, error) {
			var key [16]byte
			err := row.Scan(&key)
			return kernel.RowKey(key).RowID(), err
		})
	}
	if err != nil {
		return due, fmt.Errorf("read the trash: %w", err)
	}
	return due, nil
}
