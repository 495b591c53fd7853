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
	added    []kernel.RowID
	values   [][]json.RawMessage // of the new rows, by column
	nexts    []dataops.Mark      // of the new rows
	changes  []change
	seen     int64
	updated  int64
	skipped  int64
	failed   int64
	problems []dataops.Problem
}

// change are the changed cells of rows in which the same columns changed.
type change struct {
	columns []kernel.ColumnID
	rows    []kernel.RowID
	values  [][]json.RawMessage
	old     [][]json.RawMessage
}

// resolve decides which rows are new.
func (w *work) resolve(ctx context.Context, c *cells, room int64) (*outcome, error) {
	o := &outcome{problems: slices.Clone(c.problems)}
	for _, col := range c.columns {
		o.columns = append(o.columns, col.ID)
	}
	o.values = make([][]json.RawMessage, len(o.columns))
	if w.imp.Plan.Mode == dataops.Upsert {
		if err := w.upsert(ctx, c, o, room); err != nil {
			return nil, err
		}
	} else {
		n := min(int64(len(c.lines)), room)
		for i := range c.values {
			o.values[i] = c.values[i][:n]
		}
		o.nexts = c.nexts[:n]
		for _, line := range c.lines[n:] {
			o.full(line, w.limits.Rows)
		}
		o.added = w.newRows(int(n))
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
	o.reject(line, "", fmt.Sprintf("the table is full: it has the %d rows that are possible", limit))
}

func (o *outcome) reject(line int64, column, reason string) {
	o.failed++
	o.problems = append(o.problems, dataops.Problem{Line: line, Column: column, Reason: reason})
}

// keyed is a record of an upsert: the last line with its key, with what earlier lines in the batch had where it is empty.
type keyed struct {
	key    []json.RawMessage
	values []json.RawMessage // by column of the batch
	line   int64
	next   dataops.Mark
}

// upsert looks up which rows are there. The grid must have applied the batch before, whose new rows this one may change.
func (w *work) upsert(ctx context.Context, c *cells, o *outcome, room int64) error {
	records, names := w.byKey(c, o)
	if len(records) == 0 {
		return nil
	}
	if err := w.reach(ctx, w.position); err != nil {
		return err
	}
	keys := make([][]json.RawMessage, len(records))
	for i, r := range records {
		keys[i] = r.key
	}
	rows, seen, err := w.grid.Find(ctx, c.schema, w.imp.Plan.KeyColumns, keys, o.columns)
	if err != nil {
		return fmt.Errorf("look up the rows to change: %w", err)
	}
	o.seen = seen
	groups := map[string]int{}
	var fresh []keyed
	for i, r := range records {
		switch there := rows[i]; {
		case len(there) > 1:
			o.reject(r.line, names, "several rows of the table have this key")
		case len(there) == 1:
			o.change(there[0], r, groups)
		case int64(len(fresh)) >= room:
			o.full(r.line, w.limits.Rows)
		default:
			fresh = append(fresh, r)
		}
	}
	for _, r := range fresh {
		for i, v := range r.values {
			o.values[i] = append(o.values[i], v)
		}
		o.nexts = append(o.nexts, r.next)
	}
	o.added = w.newRows(len(fresh))
	return nil
}

// byKey makes one record of all lines with the same key. names are the key columns, for messages.
func (w *work) byKey(c *cells, o *outcome) (records []keyed, names string) {
	var keys []int
	var labels []string
	for _, id := range w.imp.Plan.KeyColumns {
		for i, col := range c.columns {
			if col.ID == id {
				keys, labels = append(keys, i), append(labels, col.Name)
			}
		}
	}
	names = strings.Join(labels, ", ")
	index := map[string]int{}
	for row, line := range c.lines {
		r := keyed{line: line, next: c.nexts[row], values: make([]json.RawMessage, len(c.columns))}
		for i := range c.values {
			r.values[i] = c.values[i][row]
		}
		empty := false
		for _, k := range keys {
			r.key = append(r.key, r.values[k])
			empty = empty || kernel.IsNull(r.values[k])
		}
		if empty {
			o.reject(line, names, "the key is empty")
			continue
		}
		text := keyText(r.key)
		at, ok := index[text]
		if !ok {
			index[text] = len(records)
			records = append(records, r)
			continue
		}
		o.skipped++
		for i, v := range r.values {
			if kernel.IsNull(v) {
				r.values[i] = records[at].values[i]
			}
		}
		records[at] = r
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
			e := dataops.RowsUpdated{ImportID: imp.ID, TableID: imp.TableID, Chunk: chunk, ChunkNo: no, Next: b.next, Seen: o.seen, Old: map[kernel.ColumnID][]json.RawMessage{}}
			for i, id := range c.columns {
				e.Old[id] = c.old[i][from:to]
			}
			out = append(out, e)
		})
	}
	return out
}
