package searchview

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// structure applies an event of a table's own stream. One that moves values or words first rewrites the table's documents, so
// that a structure is never ahead of them.
func (f *fold) structure(ctx context.Context, id kernel.TableID, rec eventstore.Recorded, e kernel.Event) error {
	before, err := f.lookup(ctx, id)
	if err != nil {
		return err
	}
	if _, begins := e.(table.Created); before == nil && !begins {
		return fmt.Errorf("there is no table %s", id)
	}
	if before != nil && rec.Position <= before.Position {
		return nil // the store has it already
	}
	after, err := before.with(rec.Position, e)
	if err != nil {
		return err
	}
	change := moving(before, after, e)
	if change != nil {
		if err := f.flush(ctx); err != nil {
			return err
		}
		if err := f.rewrite(ctx, before, after, change); err != nil {
			return fmt.Errorf("rewrite the documents of %s: %w", id, err)
		}
	}
	f.tables[id], f.changed[id] = after, true
	return nil
}

// moving returns what an event does to each document of its table; nil when that is nothing.
func moving(before, after *Structure, e kernel.Event) func(*Document) {
	switch e := e.(type) {
	case table.Created:
		return nil
	case table.ColumnAdded:
		if !e.WithValues {
			return nil // no document has a cell of it
		}
		return func(d *Document) { d.set(e.Column.ID, d.Cells[e.CopyOf]) }
	case table.ColumnTypeChanged:
		formers := after.agg.Formers(e.Column.ID)
		key := formerKey(formers[len(formers)-1])
		kept := map[string]bool{}
		for _, former := range formers {
			kept[formerKey(former)] = true
		}
		return func(d *Document) {
			maps.DeleteFunc(d.Formers, func(k string, _ json.RawMessage) bool {
				return strings.HasPrefix(k, string(e.Column.ID)+"@") && !kept[k]
			})
			v, ok := d.Cells[e.Column.ID]
			if !ok {
				return
			}
			d.keep(key, v)
			converted, _ := table.Convert(e.Old, e.Column, v, e.By)
			d.replace(e.Column.ID, converted)
		}
	case table.ColumnTypeReverted:
		key := formerKey(table.Former{Column: e.Column, At: e.At})
		return func(d *Document) {
			was, now := d.Formers[key], d.Cells[e.Column.ID]
			d.keep(key, now)
			d.replace(e.Column.ID, reverted(e.Column, e.Old, was, now, e.By))
		}
	case table.Purged:
		return (*Document).empty
	case table.ColumnPurged:
		return func(d *Document) { d.forget(e.ColumnID) }
	default:
		if sameWords(before, after) {
			return nil
		}
		return func(*Document) {}
	}
}

// reverted is what a cell becomes when its column's change of type is taken back: to is the type it had before, from the one it
// has now. A value that is what the one before had become is that one again.
func reverted(to, from table.Column, was, now json.RawMessage, by *table.Rules) json.RawMessage {
	if converted, _ := table.Convert(to, from, was, by); string(kernel.OrNull(converted)) == string(kernel.OrNull(now)) {
		return was
	}
	out, _ := table.Convert(from, to, now, by)
	return out
}

func formerKey(f table.Former) string {
	return string(f.Column.ID) + "@" + strconv.FormatInt(f.At, 10)
}

func (d *Document) keep(key string, v json.RawMessage) {
	if kernel.IsNull(v) {
		delete(d.Formers, key)
		return
	}
	if d.Formers == nil {
		d.Formers = map[string]json.RawMessage{}
	}
	d.Formers[key] = v
}

// replace changes a value without anybody having written it.
func (d *Document) replace(c kernel.ColumnID, v json.RawMessage) {
	if kernel.IsNull(v) {
		delete(d.Cells, c)
		return
	}
	d.Cells[c] = v
}

// empty leaves nothing of a row that is gone for good but its place, so that a late event doesn't make it anew.
func (d *Document) empty() {
	d.Gone, d.Cells, d.States, d.Providers, d.Formers = true, map[kernel.ColumnID]json.RawMessage{}, nil, nil, nil
}

// forget removes what the document has of a column.
func (d *Document) forget(c kernel.ColumnID) {
	delete(d.Cells, c)
	delete(d.States, c)
	delete(d.Providers, c)
	maps.DeleteFunc(d.Formers, func(k string, _ json.RawMessage) bool { return strings.HasPrefix(k, string(c)+"@") })
}

const rewritePage = 1_000

// rewrite changes every document of a table that is older than the new structure.
func (f *fold) rewrite(ctx context.Context, before, after *Structure, change func(*Document)) error {
	var last kernel.RowID
	for {
		docs, err := f.w.Scan(ctx, after.ID(), last, rewritePage)
		if err != nil || len(docs) == 0 {
			return err
		}
		last = docs[len(docs)-1].Row
		var b Batch
		for _, d := range docs {
			if d.Position >= after.Position {
				continue
			}
			was := d.entry(before)
			change(d)
			d.Position = after.Position
			b.Changes = append(b.Changes, Change{Document: d, Entry: d.entry(after), Before: &was})
		}
		if len(b.Changes) > 0 {
			if err := f.w.Save(ctx, b); err != nil {
				return err
			}
		}
	}
}
