package gridread

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// The keys of a column are a table k_<column>_<comparison> of keys and rows, those in the trash too: what is found is joined to the live
// ones. A key is a hash (table.KeyOf), so it is as short for a long text as for a number.

const createKeys = `CREATE TABLE %[1]s (key uuid NOT NULL, id uuid NOT NULL, PRIMARY KEY (key, id)); CREATE INDEX ON %[1]s (id)`

const (
	keyedOfQuery = `SELECT column_id, compare FROM keyed WHERE table_id = $1`
	beginKeyed   = `INSERT INTO keyed (table_id, column_id, compare, gathered, trash) VALUES ($1, $2, $3, false, false)`
	againKeyed   = `UPDATE keyed SET gathered = false, trash = false, after = NULL WHERE column_id = $1 AND compare = $2`
	endKeyed     = `DELETE FROM keyed WHERE column_id = $1 AND compare = $2`
)

// rekey makes the tables of keys that lookups ask for, and drops those that none asks for any more.
func (w *Writer) rekey(ctx context.Context, tables map[kernel.TableID]bool) error {
	ids := make([]string, 0, len(tables))
	for id := range tables {
		if _, err := w.reach(ctx, id); err != nil {
			return err
		}
		ids = append(ids, string(id))
	}
	slices.Sort(ids)
	if err := w.loadLinks(ctx, ids); err != nil {
		return err
	}
	for _, id := range ids {
		if e := w.tables[kernel.TableID(id)]; e != nil {
			if err := w.rekeyTable(ctx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *Writer) rekeyTable(ctx context.Context, e *entry) error {
	rows, err := w.tx.Query(ctx, keyedOfQuery, e.agg.ID())
	if err != nil {
		return fmt.Errorf("list columns with keys: %w", err)
	}
	have, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (k keyed, err error) { return k, row.Scan(&k.column, &k.compare) })
	if err != nil {
		return fmt.Errorf("list columns with keys: %w", err)
	}
	want := e.links.keyed()
	for _, k := range have {
		if slices.Contains(want, k) {
			continue
		}
		if err := errors.Join(w.exec(ctx, "DROP TABLE "+k.rows()), w.exec(ctx, endKeyed, k.column, k.compare)); err != nil {
			return err
		}
	}
	for _, k := range want {
		if slices.Contains(have, k) {
			continue
		}
		if err := errors.Join(w.exec(ctx, fmt.Sprintf(createKeys, k.rows())),
			w.exec(ctx, beginKeyed, e.agg.ID(), k.column, k.compare)); err != nil {
			return err
		}
	}
	return nil
}

// regather has the keys of a column gathered anew that has another type.
func (w *Writer) regather(ctx context.Context, e *entry, ev kernel.Event) error {
	id := retyped(ev)
	for _, k := range e.links.keyed() {
		if k.column != id {
			continue
		}
		if err := errors.Join(w.exec(ctx, "TRUNCATE "+k.rows()), w.exec(ctx, againKeyed, k.column, k.compare)); err != nil {
			return err
		}
	}
	return nil
}

// gatherPage is how many rows' keys are gathered at a time.
const gatherPage = 5000

const (
	nextGather = `SELECT table_id, column_id, compare, trash, after FROM keyed WHERE NOT gathered ORDER BY column_id, compare LIMIT 1`
	moveGather = `UPDATE keyed SET trash = $3, after = $4, gathered = $5 WHERE column_id = $1 AND compare = $2`
	keysInsert = `INSERT INTO %s (key, id) SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING`
)

// gather gathers a page of keys, of the first column that lacks some; more is false if there is none.
func (w *Writer) gather(ctx context.Context) (more bool, err error) {
	var id kernel.TableID
	var k keyed
	var trash bool
	var after *[16]byte
	switch err := w.tx.QueryRow(ctx, nextGather).Scan(&id, &k.column, &k.compare, &trash, &after); {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("find keys to gather: %w", err)
	}
	e, err := w.reach(ctx, id)
	if err != nil || e == nil {
		return false, err
	}
	if after == nil {
		after = &[16]byte{}
	}
	for left := gatherPage; ; trash, after = true, &[16]byte{} {
		rows := liveRows(id)
		if trash {
			rows = trashedRows(id)
		}
		found := map[[16]byte]table.Key{}
		last, n, err := w.readKeys(ctx, e, k, fmt.Sprintf("%s WHERE id > $1 ORDER BY id LIMIT %d", rows, left), *after, found)
		if err == nil {
			err = w.insertKeys(ctx, k, found)
		}
		switch {
		case err != nil:
			return false, err
		case n == left:
			return true, w.exec(ctx, moveGather, k.column, k.compare, trash, last, false)
		case trash:
			return true, w.exec(ctx, moveGather, k.column, k.compare, true, nil, true)
		}
		left -= n
	}
}

// readKeys reads the keys of a column in the rows that the rest of a statement selects, into found.
func (w *Writer) readKeys(
	ctx context.Context, e *entry, k keyed, from string, arg any, found map[[16]byte]table.Key,
) (last [16]byte, n int, err error) {
	t := e.types[k.column]
	rows, err := w.tx.Query(ctx, "SELECT id, "+keyExpr(t, k.column)+" FROM "+from, arg)
	if err != nil {
		return last, 0, fmt.Errorf("read keys: %w", err)
	}
	var stored *string
	_, err = pgx.ForEachRow(rows, []any{&last, &stored}, func() error {
		n++
		if key, ok := table.KeyOf(k.compare, t, keyValue(t, last, stored)); ok {
			found[last] = key
		}
		return nil
	})
	if err != nil {
		return last, n, fmt.Errorf("read keys: %w", err)
	}
	return last, n, nil
}

// keyExpr is the expression of what keyValue makes a value of.
func keyExpr(t table.Type, id kernel.ColumnID) string {
	if sqlType(t) == "" {
		return "NULL::text"
	}
	return asText(column(id))
}

// keyValue is the canonical value of a cell that may be a key.
func keyValue(t table.Type, row [16]byte, stored *string) json.RawMessage {
	if t == table.RowIDType {
		return table.Quote(string(kernel.RowKey(row).RowID()))
	}
	return canonical(t, stored)
}

func (w *Writer) insertKeys(ctx context.Context, k keyed, keys map[[16]byte]table.Key) error {
	if len(keys) == 0 {
		return nil
	}
	list, ids := make([][16]byte, 0, len(keys)), make([][16]byte, 0, len(keys))
	for id, key := range keys {
		list, ids = append(list, key), append(ids, id)
	}
	return w.exec(ctx, fmt.Sprintf(keysInsert, k.rows()), list, ids)
}

const (
	keysOfQuery = `SELECT key, id FROM %s WHERE id = ANY($1)`
	keysDelete  = `DELETE FROM %s WHERE id = ANY($1)`
)

// keysOf returns the keys that rows have, and with refresh those that they had before, once they are kept as they are now.
func (w *Writer) keysOf(ctx context.Context, e *entry, k keyed, ids [][16]byte, refresh bool) ([][16]byte, error) {
	before := map[[16]byte]table.Key{}
	rows, err := w.tx.Query(ctx, fmt.Sprintf(keysOfQuery, k.rows()), ids)
	if err != nil {
		return nil, fmt.Errorf("read kept keys: %w", err)
	}
	var key, id [16]byte
	if _, err := pgx.ForEachRow(rows, []any{&key, &id}, func() error { before[id] = key; return nil }); err != nil {
		return nil, fmt.Errorf("read kept keys: %w", err)
	}
	out := map[[16]byte]bool{}
	for _, key := range before {
		out[key] = true
	}
	if refresh {
		now := map[[16]byte]table.Key{}
		for _, from := range []string{liveRows(e.agg.ID()), trashedRows(e.agg.ID())} {
			if _, _, err := w.readKeys(ctx, e, k, from+" WHERE id = ANY($1)", ids, now); err != nil {
				return nil, err
			}
		}
		for _, key := range now {
			out[key] = true
		}
		if err := w.replaceKeys(ctx, k, before, now); err != nil {
			return nil, err
		}
	}
	keys := make([][16]byte, 0, len(out))
	for key := range out {
		keys = append(keys, key)
	}
	return keys, nil
}

// replaceKeys writes what of the keys has become another one.
func (w *Writer) replaceKeys(ctx context.Context, k keyed, before, now map[[16]byte]table.Key) error {
	var gone [][16]byte
	for id, key := range before {
		if kept, ok := now[id]; ok && kept == key {
			delete(now, id)
		} else {
			gone = append(gone, id)
		}
	}
	if len(gone) > 0 {
		if err := w.exec(ctx, fmt.Sprintf(keysDelete, k.rows()), gone); err != nil {
			return err
		}
	}
	return w.insertKeys(ctx, k, now)
}
