package dataopscmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

// outcome is what the rows of a batch become: new rows, changed rows, and problems in the order of the file.
type outcome struct {
	columns  []kernel.ColumnID
	added    []kernel.RowID      // by the importer; a check adds none
	fresh    int                 // how many are new
	values   [][]json.RawMessage // of the new rows, by column
	nexts    []dataops.Mark      // of the new rows
	changes  []change
	seen     int64
	updated  int64
	skipped  int64
	failed   int64
	beyond   []int64 // lines of rows that the table has no room for
	problems []dataops.Problem
}

// change are the changed cells of rows in which the same columns changed.
type change struct {
	columns []kernel.ColumnID
	rows    []kernel.RowID
	values  [][]json.RawMessage
	old     [][]json.RawMessage
}

// resolver decides which rows are new, for an import and for the check before it.
type resolver struct {
	plan  dataops.Plan
	limit int64 // rows that a table may have
	// find looks up rows by their keys; nil where there are none.
	find func(ctx context.Context, keys [][]json.RawMessage, columns []kernel.ColumnID) ([][]GridRow, int64, error)
	// keptOut tells whether a text may not come into the workspace; nil where there is nothing of the kind.
	keptOut func(text string) bool
	// added are keys of new rows of earlier batches, where find doesn't know of them: in a check, which adds no rows. nil otherwise.
	added map[string]struct{}
}

// resolve decides which rows of a batch are new.
func (w *work) resolve(ctx context.Context, c *cells, room int64) (*outcome, error) {
	keptOut, err := w.h.keptOut(ctx, w.imp.Workspace)
	if err != nil {
		return nil, err
	}
	r := resolver{
		plan:    w.imp.Plan,
		limit:   w.limits.Rows,
		keptOut: keptOut,
		find: func(ctx context.Context, keys [][]json.RawMessage, columns []kernel.ColumnID) ([][]GridRow, int64, error) {
			if err := w.reach(ctx, w.position); err != nil { // the batch before, whose new rows this one may change
				return nil, 0, err
			}
			return w.h.cfg.Grid.Find(ctx, c.schema, w.imp.Plan.KeyColumns, keys, columns)
		},
	}
	o, err := r.resolve(ctx, c, room)
	if err != nil {
		return nil, err
	}
	o.added = w.newRows(o.fresh)
	return o, nil
}

func (r resolver) resolve(ctx context.Context, c *cells, room int64) (*outcome, error) {
	o := &outcome{problems: slices.Clone(c.problems)}
	r.leaveOut(c, o)
	for _, col := range c.columns {
		o.columns = append(o.columns, col.ID)
	}
	o.values = make([][]json.RawMessage, len(o.columns))
	if r.plan.Mode.Keyed() {
		if err := r.upsert(ctx, c, o, room); err != nil {
			return nil, err
		}
	} else {
		n := min(int64(len(c.lines)), room)
		for i := range c.values {
			o.values[i] = c.values[i][:n]
		}
		o.nexts = c.nexts[:n]
		for _, line := range c.lines[n:] {
			o.full(line, r.limit)
		}
		o.fresh = int(n)
	}
	sort.SliceStable(o.problems, func(i, j int) bool { return o.problems[i].Line < o.problems[j].Line })
	return o, nil
}

func (w *work) newRows(n int) []kernel.RowID {
	ids := make([]kernel.RowID, n)
	for i := range ids {
		ids[i] = kernel.RowID(w.h.cfg.IDs.New(kernel.PrefixRow))
	}
	return ids
}

func (o *outcome) full(line, limit int64) {
	o.beyond = append(o.beyond, line)
	o.reject(line, "", fmt.Sprintf("the table is full: it has the %d rows that are possible", limit))
}

func (o *outcome) reject(line int64, column, reason string) {
	o.failed++
	o.problems = append(o.problems, dataops.Problem{Line: line, Column: column, Reason: reason})
}

// keyed is a record that has a key: of an upsert the last line with it, with what earlier lines in the batch had where it is empty; of
// AddNew the first. key is nil where that one has none.
type keyed struct {
	key    []json.RawMessage
	values []json.RawMessage // by column of the batch
	line   int64
	next   dataops.Mark
}

// upsert looks up which rows are there.
func (r resolver) upsert(ctx context.Context, c *cells, o *outcome, room int64) error {
	records, names := r.byKey(c, o)
	if len(records) == 0 {
		return nil
	}
	rows, err := r.lookUp(ctx, records, o)
	if err != nil {
		return err
	}
	groups := map[string]int{}
	var fresh []keyed
	for i, rec := range records {
		_, before := r.added[keyText(rec.key)]
		switch there := rows[i]; {
		case r.plan.Mode == dataops.AddNew && rec.key != nil && (before || len(there) > 0):
			o.skipped++
		case len(there) > 1:
			o.reject(rec.line, names, "several rows of the table have this key")
		case len(there) == 1:
			o.change(there[0], rec, groups)
		case before:
			o.updated++
		case int64(len(fresh)) >= room:
			o.full(rec.line, r.limit)
		default:
			fresh = append(fresh, rec)
		}
	}
	for _, rec := range fresh {
		for i, v := range rec.values {
			o.values[i] = append(o.values[i], v)
		}
		o.nexts = append(o.nexts, rec.next)
		if r.added != nil && rec.key != nil {
			r.added[keyText(rec.key)] = struct{}{}
		}
	}
	o.fresh = len(fresh)
	return nil
}

// lookUp finds the rows with the records' keys, for each record; none for a record without a key.
func (r resolver) lookUp(ctx context.Context, records []keyed, o *outcome) ([][]GridRow, error) {
	rows := make([][]GridRow, len(records))
	if r.find == nil {
		return rows, nil
	}
	var keys [][]json.RawMessage
	var of []int
	for i, rec := range records {
		if rec.key != nil {
			keys, of = append(keys, rec.key), append(of, i)
		}
	}
	if len(keys) == 0 {
		return rows, nil
	}
	found, seen, err := r.find(ctx, keys, o.columns)
	if err != nil {
		return nil, fmt.Errorf("look up the rows with the keys: %w", err)
	}
	o.seen = seen
	for n, i := range of {
		rows[i] = found[n]
	}
	return rows, nil
}

// byKey makes one record of all lines with the same key. names are the key columns, for messages.
func (r resolver) byKey(c *cells, o *outcome) (records []keyed, names string) {
	var keys []int
	var labels []string
	for _, id := range r.plan.KeyColumns {
		for i, col := range c.columns {
			if col.ID == id {
				keys, labels = append(keys, i), append(labels, col.Name)
			}
		}
	}
	names = strings.Join(labels, ", ")
	index := map[string]int{}
	for row, line := range c.lines {
		rec := keyed{line: line, next: c.nexts[row], values: make([]json.RawMessage, len(c.columns))}
		for i := range c.values {
			rec.values[i] = c.values[i][row]
		}
		empty := false
		for _, k := range keys {
			rec.key = append(rec.key, rec.values[k])
			empty = empty || kernel.IsNull(rec.values[k])
		}
		if empty && r.plan.Mode == dataops.AddNew {
			rec.key = nil
			records = append(records, rec)
			continue
		}
		if empty {
			o.reject(line, names, "the key is empty")
			continue
		}
		text := keyText(rec.key)
		at, ok := index[text]
		if !ok {
			index[text] = len(records)
			records = append(records, rec)
			continue
		}
		o.skipped++
		if r.plan.Mode == dataops.AddNew {
			continue
		}
		for i, v := range rec.values {
			if kernel.IsNull(v) {
				rec.values[i] = records[at].values[i]
			}
		}
		records[at] = rec
	}
	return records, names
}

func keyText(key []json.RawMessage) string {
	var b strings.Builder
	for _, v := range key {
		b.Write(v)
		b.WriteByte(0)
	}
	return b.String()
}

// change notes which cells of a row the record changes. An empty field says nothing and leaves the cell as it is.
func (o *outcome) change(row GridRow, r keyed, groups map[string]int) {
	var changed []int
	mask := make([]byte, len(o.columns))
	for i, id := range o.columns {
		if now := row.Cells[id]; !kernel.IsNull(r.values[i]) && !bytes.Equal(now, r.values[i]) {
			changed = append(changed, i)
			mask[i] = 1
		}
	}
	if len(changed) == 0 {
		o.skipped++
		return
	}
	o.updated++
	g, ok := groups[string(mask)]
	if !ok {
		g = len(o.changes)
		groups[string(mask)] = g
		c := change{values: make([][]json.RawMessage, len(changed)), old: make([][]json.RawMessage, len(changed))}
		for _, i := range changed {
			c.columns = append(c.columns, o.columns[i])
		}
		o.changes = append(o.changes, c)
	}
	c := &o.changes[g]
	c.rows = append(c.rows, row.ID)
	for n, i := range changed {
		old := row.Cells[o.columns[i]]
		if len(old) == 0 {
			old = kernel.Null()
		}
		c.values[n], c.old[n] = append(c.values[n], r.values[i]), append(c.old[n], old)
	}
}

// events makes the chunks, numbered from the import's last one on.
func (o *outcome) events(imp *dataops.Import, b *batch) []kernel.Event {
	var out []kernel.Event
	no := imp.Chunks
	eachChunk(o.added, o.columns, o.values, func(chunk kernel.Chunk, _, to int) {
		no++
		next := b.next
		if to < len(o.added) {
			next = o.nexts[to-1]
		}
		out = append(out, dataops.RowsAdded{ImportID: imp.ID, TableID: imp.TableID, Chunk: chunk, ChunkNo: no, Next: next})
	})
	for _, c := range o.changes {
		eachChunk(c.rows, c.columns, c.values, func(chunk kernel.Chunk, from, to int) {
			no++
			e := dataops.RowsUpdated{
				ImportID: imp.ID,
				TableID:  imp.TableID,
				Chunk:    chunk,
				ChunkNo:  no,
				Next:     b.next,
				Seen:     o.seen,
				Old:      map[kernel.ColumnID][]json.RawMessage{},
			}
			for i, id := range c.columns {
				e.Old[id] = c.old[i][from:to]
			}
			out = append(out, e)
		})
	}
	return out
}
