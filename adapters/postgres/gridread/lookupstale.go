package gridread

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
)

// spread notes what looks up rows of the table that have changed in some columns, and keeps the keys of those. All keys are as they are now
// before the first is followed: a row may look into its own table by a key that has become another together with what it leads to.
func (w *Writer) spread(ctx context.Context, e *entry, changed func(kernel.ColumnID) bool, rows [][16]byte) error {
	if len(rows) == 0 {
		return nil
	}
	kept := map[keyed][][16]byte{}
	for _, k := range e.links.keyed() {
		if !changed(k.column) && !slices.ContainsFunc(e.links.into, func(l link) bool { return l.matches(k) && l.takes(changed) }) {
			continue
		}
		keys, err := w.keysOf(ctx, e, k, rows, changed(k.column))
		if err != nil {
			return err
		}
		kept[k] = keys
	}
	for _, l := range e.links.into {
		if !l.takes(changed) {
			continue
		}
		if err := w.noteStale(ctx, l, kept[keyed{l.match, l.compare}]); err != nil {
			return err
		}
	}
	return nil
}

const staleInsert = `INSERT INTO stale (table_id, row_id, column_id) SELECT $1, id, $2 FROM %s WHERE key = ANY($3) ON CONFLICT DO NOTHING`

// noteStale notes the cells of a lookup that have one of the keys.
func (w *Writer) noteStale(ctx context.Context, l link, keys [][16]byte) error {
	if len(keys) == 0 {
		return nil
	}
	w.spreads = true
	return w.exec(ctx, fmt.Sprintf(staleInsert, keyed{l.key, l.compare}.rows()), l.table, l.column, keys)
}

const (
	nextStale = `SELECT table_id, array_agg(row_id) FROM (SELECT DISTINCT table_id, row_id FROM stale WHERE table_id = (SELECT min(table_id)
		FROM stale) ORDER BY row_id LIMIT $1) s GROUP BY table_id`
	staleDelete = `DELETE FROM stale WHERE table_id = $1 AND row_id = ANY($2) RETURNING column_id`
)

// freshen computes some of the stale cells, until the formulas among them have taken long; more is false if there are none.
func (w *Writer) freshen(ctx context.Context, rows int) (more bool, err error) {
	var id kernel.TableID
	var keys [][16]byte
	switch err := w.tx.QueryRow(ctx, nextStale, rows).Scan(&id, &keys); {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("find stale cells: %w", err)
	}
	e, err := w.reach(ctx, id)
	if err != nil {
		return false, err
	}
	for part := range slices.Chunk(keys, computePart) {
		// They are taken off the list first: what is computed may put them there again.
		res, err := w.tx.Query(ctx, staleDelete, id, part)
		if err != nil {
			return false, fmt.Errorf("take stale cells: %w", err)
		}
		columns, err := pgx.CollectRows(res, pgx.RowTo[kernel.ColumnID])
		if err != nil {
			return false, fmt.Errorf("take stale cells: %w", err)
		}
		if e == nil || e.agg.Purged() {
			continue
		}
		if plan := e.formulas().Plan(e.formulas().Using(columns)); plan != nil {
			if err := w.computeEverywhere(ctx, e, plan, part); err != nil {
				return false, err
			}
		}
		if w.clock.spent > computeStep {
			break
		}
	}
	return true, nil
}
