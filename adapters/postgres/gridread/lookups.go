package gridread

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// A lookup column is computed like a formula column (compute.go), from rows that are found by a key. Keys of the columns on both sides are
// kept in tables of their own (lookupkeys.go): so a key finds the rows that it leads to, and a row that has changed finds those that look
// it up. These are noted in stale (lookupstale.go) and computed like what a recompute covers, some at once, the rest piece by piece.

// link is a lookup column as the registry has it.
type link struct {
	table, other      kernel.TableID
	column            kernel.ColumnID
	key, match, value kernel.ColumnID
	compare           table.Comparison
}

// matches reports whether the lookup finds rows by the column's keys.
func (l link) matches(k keyed) bool { return l.match == k.column && l.compare == k.compare }

// takes reports whether the lookup finds or takes something else if the columns of the table that it looks into have changed.
func (l link) takes(changed func(kernel.ColumnID) bool) bool {
	return changed(l.match) || l.value != "" && changed(l.value)
}

// keyed is a column whose keys are kept.
type keyed struct {
	column  kernel.ColumnID
	compare table.Comparison
}

// links are the lookups that concern a table.
type links struct {
	own  []link // its columns
	into []link // of any table, which look into it
}

func (l links) any() bool { return len(l.own)+len(l.into) > 0 }

// keyed lists the table's columns whose keys are kept.
func (l links) keyed() []keyed {
	var out []keyed
	add := func(k keyed) {
		if !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	for _, own := range l.own {
		add(keyed{own.key, own.compare})
	}
	for _, into := range l.into {
		add(keyed{into.match, into.compare})
	}
	return out
}

const linksQuery = `SELECT table_id, column_id, key_id, other_id, match_id, value_id, compare FROM lookups
WHERE table_id = ANY($1) OR other_id = ANY($1) ORDER BY column_id`

// loadLinks finds the lookups that concern the tables at hand.
func (w *Writer) loadLinks(ctx context.Context, ids []string) error {
	rows, err := w.tx.Query(ctx, linksQuery, ids)
	if err != nil {
		return fmt.Errorf("read lookups: %w", err)
	}
	for _, id := range ids {
		if e := w.tables[kernel.TableID(id)]; e != nil {
			e.links = links{}
		}
	}
	var l link
	_, err = pgx.ForEachRow(rows, []any{&l.table, &l.column, &l.key, &l.other, &l.match, &l.value, &l.compare}, func() error {
		if e := w.tables[l.table]; e != nil && slices.Contains(ids, string(l.table)) {
			e.links.own = append(e.links.own, l)
		}
		if e := w.tables[l.other]; e != nil && slices.Contains(ids, string(l.other)) {
			e.links.into = append(e.links.into, l)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read lookups: %w", err)
	}
	return nil
}

// reach returns a table that the transaction may not have met yet; nil if there is none.
func (w *Writer) reach(ctx context.Context, id kernel.TableID) (*entry, error) {
	if e := w.tables[id]; e != nil {
		return e, nil
	}
	if err := w.loadTables(ctx, []string{string(id)}); err != nil {
		return nil, err
	}
	return w.tables[id], nil
}

const (
	forgetLookups = `DELETE FROM lookups WHERE table_id = $1`
	keepLookup    = `INSERT INTO lookups (table_id, column_id, key_id, other_id, match_id, value_id, compare)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`
	forgetInto  = `DELETE FROM lookups WHERE other_id = $1 AND (match_id = $2 OR $2 = '')`
	forgetStale = `DELETE FROM stale WHERE table_id = $1`
)

// relink brings the registry to what lookups are after an event of the table's structure, and has computed anew what looks into it and
// finds something else by that.
func (w *Writer) relink(ctx context.Context, e *entry, before *structure, ev kernel.Event) error {
	id := e.agg.ID()
	affected := map[kernel.TableID]bool{id: true}
	for _, l := range append(slices.Clone(e.links.own), e.links.into...) {
		affected[l.table], affected[l.other] = true, true
	}
	changed := reshaped(ev)
	if err := w.noteInto(ctx, e, changed); err != nil {
		return err
	}
	if len(e.links.into) > 0 { // before the registry forgets some of them
		if err := w.exec(ctx, reachedUpdate, id, e.last); err != nil {
			return err
		}
	}
	switch ev := ev.(type) {
	case table.ColumnPurged:
		if err := w.exec(ctx, forgetInto, id, ev.ColumnID); err != nil {
			return err
		}
	case table.Purged:
		for _, sql := range []string{forgetLookups, forgetStale} {
			if err := w.exec(ctx, sql, id); err != nil {
				return err
			}
		}
		if err := w.exec(ctx, forgetInto, id, ""); err != nil {
			return err
		}
	}
	lookups := e.formulas().Lookups()
	has := len(lookups) > 0 || before != nil && len(before.formulas().Lookups()) > 0
	if has {
		if err := w.keepLookups(ctx, e, lookups, affected); err != nil {
			return err
		}
	}
	if !has && !e.links.any() {
		return nil
	}
	if err := w.rekey(ctx, affected); err != nil {
		return err
	}
	return w.regather(ctx, e, ev)
}

// keepLookups writes a table's lookups as they are now, and adds the tables that they look into to the affected ones.
func (w *Writer) keepLookups(ctx context.Context, e *entry, lookups []table.Column, affected map[kernel.TableID]bool) error {
	if err := w.exec(ctx, forgetLookups, e.agg.ID()); err != nil {
		return err
	}
	for _, c := range lookups {
		l := c.Lookup
		other, err := w.reach(ctx, l.Table)
		if err != nil {
			return err
		}
		if other == nil || other.agg.Purged() || other.agg.Workspace() != e.agg.Workspace() || e.types[l.Key] == "" ||
			other.types[l.Match] == "" {
			continue // it finds nothing any more
		}
		affected[l.Table] = true
		if err := w.exec(ctx, keepLookup, e.agg.ID(), c.ID, l.Key, l.Table, l.Match, l.Value, l.Compare); err != nil {
			return err
		}
	}
	return nil
}

// reshaped says which columns hold other values, or none, after an event of a table's structure.
func reshaped(ev kernel.Event) func(kernel.ColumnID) bool {
	all := func(kernel.ColumnID) bool { return true }
	one := func(id kernel.ColumnID) func(kernel.ColumnID) bool {
		return func(c kernel.ColumnID) bool { return id != "" && c == id }
	}
	switch ev := ev.(type) {
	case table.Trashed, table.Restored, table.Purged:
		return all
	case table.ColumnDeleted:
		return one(ev.ColumnID)
	case table.ColumnRestored:
		return one(ev.ColumnID)
	case table.ColumnPurged:
		return one(ev.ColumnID)
	}
	return one(retyped(ev))
}

// retyped is the column that has another type after an event, "" for none.
func retyped(ev kernel.Event) kernel.ColumnID {
	switch ev := ev.(type) {
	case table.ColumnTypeChanged:
		return ev.Column.ID
	case table.ColumnTypeReverted:
		return ev.Column.ID
	case table.ColumnChanged:
		if ev.Old.Type != ev.Column.Type {
			return ev.Column.ID
		}
	}
	return ""
}

// noteInto has the lookups computed anew that take what has changed of the table as a whole.
func (w *Writer) noteInto(ctx context.Context, e *entry, changed func(kernel.ColumnID) bool) error {
	by := map[kernel.TableID][]kernel.ColumnID{}
	for _, l := range e.links.into {
		if changed(l.match) || changed(l.value) {
			by[l.table] = append(by[l.table], l.column)
		}
	}
	for id, columns := range by {
		of, err := w.reach(ctx, id)
		if err != nil {
			return err
		}
		if of == nil || of.agg.Purged() {
			continue
		}
		if err := w.note(ctx, id, of.formulas().Using(columns)); err != nil {
			return err
		}
	}
	return nil
}
