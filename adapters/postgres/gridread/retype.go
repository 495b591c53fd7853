package gridread

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// retype keeps a column's values beside and fills the column with what they convert to.
func (w *Writer) retype(ctx context.Context, e table.ColumnTypeChanged, orig string) error {
	col := column(e.Column.ID)
	if err := w.rename(ctx, e.TableID, col, orig); err != nil {
		return err
	}
	if err := w.both(ctx, e.TableID, "ALTER TABLE %s ADD COLUMN %s %s", col, sqlType(e.Column.Type)); err != nil {
		return err
	}
	return w.rewrite(ctx, e.TableID, rewriting{
		id:    e.Column.ID,
		read:  orig,
		also:  orig,
		write: col,
		to:    e.Column.Type,
	}, func(v, _ json.RawMessage) json.RawMessage {
		out, _ := table.Convert(e.Old, e.Column, v, e.By)
		return out
	}, e.Old.Type, e.Old.Type)
}

const indexesOnQuery = `SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass($1) AND NOT i.indisprimary AND strpos(pg_get_indexdef(i.indexrelid), $2) > 0`

// rename gives a column another name. Its indexes are dropped: they would follow it, and keep their names from those of the
// column that takes its place.
func (w *Writer) rename(ctx context.Context, id kernel.TableID, from, to string) error {
	rows, err := w.tx.Query(ctx, indexesOnQuery, liveRows(id), from)
	if err != nil {
		return fmt.Errorf("list a column's indexes: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list a column's indexes: %w", err)
	}
	for _, name := range names {
		if _, err := w.tx.Exec(ctx, "DROP INDEX "+name); err != nil {
			return fmt.Errorf("drop a column's index: %w", err)
		}
	}
	return w.both(ctx, id, "ALTER TABLE %s RENAME COLUMN %s TO %s", from, to)
}

// revert puts the values kept beside back, but for those that have been changed since, which are converted. What the column
// held until now is kept beside in turn, so that the change can be done again.
func (w *Writer) revert(ctx context.Context, e table.ColumnTypeReverted, f table.Former) error {
	col, orig, aside := column(e.Column.ID), original(f), "a_"+column(e.Column.ID)
	// The column holds the values from before: those not changed since convert to themselves.
	if !f.Undone && sameStorage(e.Column.Type, e.Old.Type) {
		if err := w.rename(ctx, e.TableID, col, orig); err != nil {
			return err
		}
		if err := w.both(ctx, e.TableID, "ALTER TABLE %s ADD COLUMN %s %s", col, sqlType(e.Column.Type)); err != nil {
			return err
		}
		return w.rewrite(ctx, e.TableID, rewriting{
			id:    e.Column.ID,
			read:  orig,
			also:  orig,
			write: col,
			to:    e.Column.Type,
		}, func(now, _ json.RawMessage) json.RawMessage {
			out, _ := table.Convert(e.Old, e.Column, now, e.By)
			return out
		}, e.Old.Type, e.Old.Type)
	}
	err := w.rewrite(ctx, e.TableID, rewriting{
		id:    e.Column.ID,
		read:  orig,
		also:  col,
		write: orig,
		to:    e.Column.Type,
	}, func(before, now json.RawMessage) json.RawMessage {
		return Reverted(e.Column, e.Old, before, now, e.By)
	}, e.Column.Type, e.Old.Type)
	if err != nil {
		return err
	}
	for _, r := range [][2]string{{col, aside}, {orig, col}, {aside, orig}} {
		if err := w.rename(ctx, e.TableID, r[0], r[1]); err != nil {
			return err
		}
	}
	if f.Undone && sameStorage(e.Old.Type, e.Column.Type) { // as after the change when it was first done
		return w.both(ctx, e.TableID, "ALTER TABLE %s DROP COLUMN %s", orig)
	}
	return nil
}

// Reverted is what a cell becomes when its column's change of type is taken back: to is the type it had before, from the one
// it has now.
func Reverted(to, from table.Column, before, now json.RawMessage, by *table.Rules) json.RawMessage {
	if converted, _ := table.Convert(to, from, before, by); string(converted) == string(now) {
		return before
	}
	out, _ := table.Convert(from, to, now, by)
	return out
}

// rewriting names the columns of a rewrite: whose values they are, what is read, what is read beside it, what is written and as which
// type.
type rewriting struct {
	id                kernel.ColumnID
	read, also, write string
	to                table.Type
}

const rewritePage = 5_000

// rewrite computes a column of every row from others, page by page.
func (w *Writer) rewrite(
	ctx context.Context, id kernel.TableID, r rewriting, fn func(v, also json.RawMessage) json.RawMessage, readType, alsoType table.Type,
) error {
	for _, rows := range []string{liveRows(id), trashedRows(id)} {
		selectSQL := fmt.Sprintf(`SELECT id, %s, %s FROM %s WHERE id > $1 ORDER BY id LIMIT %d`, asText(r.read), asText(r.also), rows,
			rewritePage)
		updateSQL := fmt.Sprintf(`UPDATE %s AS t SET %s = v.v::%s, %s FROM unnest($1::uuid[], $2::text[], $3::text[]) AS v(id, v, k)
			WHERE t.id = v.id`,
			rows, r.write, castOf(r.to), setFolded([]kernel.ColumnID{r.id}))
		var after [16]byte
		for {
			keys, values, err := w.page(ctx, selectSQL, after, readType, alsoType, fn)
			if err != nil {
				return err
			}
			if len(keys) == 0 {
				break
			}
			after = keys[len(keys)-1]
			stored, err := encodeAll(r.to, values)
			if err != nil {
				return err
			}
			folded := make([]*string, len(values))
			for i, v := range values {
				if form, ok := foldedForm(r.to, v); ok {
					addFolded(&folded[i], r.id, form)
					*folded[i] += "}"
				}
			}
			if _, err := w.tx.Exec(ctx, updateSQL, keys, stored, folded); err != nil {
				return fmt.Errorf("rewrite a column: %w", err)
			}
		}
	}
	return nil
}

func (w *Writer) page(
	ctx context.Context, sql string, after [16]byte, t, alsoType table.Type, fn func(v, also json.RawMessage) json.RawMessage,
) ([][16]byte, []json.RawMessage, error) {
	rows, err := w.tx.Query(ctx, sql, after)
	if err != nil {
		return nil, nil, fmt.Errorf("read a column: %w", err)
	}
	var keys [][16]byte
	var values []json.RawMessage
	var key [16]byte
	var v, also *string
	_, err = pgx.ForEachRow(rows, []any{&key, &v, &also}, func() error {
		keys = append(keys, key)
		values = append(values, slices.Clone(fn(canonical(t, v), canonical(alsoType, also))))
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read a column: %w", err)
	}
	return keys, values, nil
}

func canonical(t table.Type, stored *string) json.RawMessage {
	if stored == nil {
		return kernel.Null()
	}
	return appendCanonical(nil, t, []byte(*stored))
}
