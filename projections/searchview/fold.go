package searchview

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// heldRows is how many rows' documents are held in memory at once.
const heldRows = 1_000

// fold applies events to documents. It holds what it has not done yet, so that the documents of many events are read and
// written together.
type fold struct {
	w        Writer
	tables   map[kernel.TableID]*Structure
	changed  map[kernel.TableID]bool
	pending  []rowEvent
	inserted map[kernel.RowID]bool // by what is pending
	wanted   map[kernel.RowID]bool // documents that must be read first
}

// rowEvent is an event of rows: what it does to each of them, in order.
type rowEvent struct {
	table    kernel.TableID
	position int64
	at       time.Time
	insert   bool
	rows     []kernel.RowID
	apply    func(i int, d *Document) // on the document of rows[i]
}

func newFold(w Writer) *fold {
	f := &fold{w: w, tables: map[kernel.TableID]*Structure{}, changed: map[kernel.TableID]bool{}}
	f.forget()
	return f
}

func (f *fold) forget() {
	f.pending, f.inserted, f.wanted = nil, map[kernel.RowID]bool{}, map[kernel.RowID]bool{}
}

func (f *fold) event(ctx context.Context, rec eventstore.Recorded, e kernel.Event) error {
	if kernel.TableID(rec.Stream.ID()).IsBranch() { // what is tried on a branch is not found
		return nil
	}
	at := rec.RecordedAt
	ev := rowEvent{position: rec.Position, at: at}
	var chunk kernel.Chunk
	switch e := e.(type) {
	case table.RowsInserted:
		ev.table, ev.insert, chunk = e.TableID, true, e.Chunk
	case dataops.RowsAdded:
		ev.table, ev.insert, chunk = e.TableID, true, e.Chunk
	case table.CellsEdited:
		ev.table, chunk = e.TableID, e.Chunk
	case dataops.RowsUpdated:
		ev.table, chunk = e.TableID, e.Chunk
	case table.RowsDeleted:
		ev.table, ev.rows = e.TableID, e.Rows
		ev.apply = func(_ int, d *Document) { d.Gone = true }
		return f.add(ctx, ev)
	case table.RowsRestored:
		ev.table, ev.rows = e.TableID, e.Rows
		ev.apply = func(_ int, d *Document) { d.Gone, d.UpdatedAt = false, at }
		return f.add(ctx, ev)
	case table.RowsPurged:
		ev.table, ev.rows = e.TableID, e.Rows
		ev.apply = func(_ int, d *Document) { d.empty() }
		return f.add(ctx, ev)
	case enrichment.RunAnswersRecorded:
		if e.TableID == "" {
			return nil
		}
		return f.answers(ctx, ev, e)
	default:
		return f.structure(ctx, kernel.TableID(rec.Stream.ID()), rec, e)
	}
	if err := chunk.Check(); err != nil {
		return err
	}
	ev.rows, ev.apply = chunk.Rows, setCells(chunk, at)
	return f.add(ctx, ev)
}

func setCells(c kernel.Chunk, at time.Time) func(int, *Document) {
	return func(i int, d *Document) {
		for col, values := range c.Cols {
			d.set(col, values[i])
		}
		d.UpdatedAt = at
	}
}

// answers applies what a run found: the values, and on each asked cell what became of it and who answered.
func (f *fold) answers(ctx context.Context, ev rowEvent, e enrichment.RunAnswersRecorded) error {
	if err := e.Chunk.Check(); err != nil {
		return err
	}
	ev.table = e.TableID
	index := make(map[kernel.RowID]int, len(e.Chunk.Rows))
	for i, row := range e.Chunk.Rows {
		index[row] = i
	}
	ev.rows = slices.Clone(e.Chunk.Rows)
	marks := map[kernel.RowID][]enrichment.Mark{}
	for _, m := range e.Marks {
		if _, ok := index[m.RowID]; !ok && marks[m.RowID] == nil {
			ev.rows = append(ev.rows, m.RowID)
		}
		marks[m.RowID] = append(marks[m.RowID], m)
	}
	type cell struct {
		row kernel.RowID
		col kernel.ColumnID
	}
	providers := map[cell]string{}
	for _, p := range e.Provenance {
		providers[cell{p.RowID, p.ColumnID}] = p.Provider
	}
	set := setCells(e.Chunk, ev.at)
	ev.apply = func(i int, d *Document) {
		row := ev.rows[i]
		if at, ok := index[row]; ok && len(e.Chunk.Cols) > 0 {
			set(at, d)
		}
		for _, m := range marks[row] {
			d.mark(m.ColumnID, stateName(m.State), providers[cell{row, m.ColumnID}])
		}
	}
	return f.add(ctx, ev)
}

// stateName is what the API calls the state in which a run leaves a cell.
func stateName(s enrichment.MarkState) string {
	if s == enrichment.MarkEmpty {
		return "not_found"
	}
	return string(s)
}

func (f *fold) add(ctx context.Context, ev rowEvent) error {
	if s, err := f.table(ctx, ev.table); err != nil || s.agg.Purged() {
		return err
	}
	f.pending = append(f.pending, ev)
	for _, row := range ev.rows {
		if ev.insert {
			f.inserted[row] = true
		} else if !f.inserted[row] {
			f.wanted[row] = true
		}
	}
	if len(f.inserted)+len(f.wanted) >= heldRows {
		return f.flush(ctx)
	}
	return nil
}

// table finds the structure of a table that must be there.
func (f *fold) table(ctx context.Context, id kernel.TableID) (*Structure, error) {
	s, err := f.lookup(ctx, id)
	if err == nil && s == nil {
		err = fmt.Errorf("there is no table %s", id)
	}
	return s, err
}

// lookup finds the structure of a table, nil if there is none.
func (f *fold) lookup(ctx context.Context, id kernel.TableID) (*Structure, error) {
	s, ok := f.tables[id]
	if ok {
		return s, nil
	}
	list, err := f.w.Structures(ctx, []kernel.TableID{id})
	if err != nil {
		return nil, fmt.Errorf("read the structure of %s: %w", id, err)
	}
	if len(list) == 1 {
		s = list[0]
	}
	f.tables[id] = s
	return s, nil
}

// flush does everything that is pending and writes it: the rows, then the structures.
func (f *fold) flush(ctx context.Context) error {
	docs := map[kernel.RowID]*held{}
	if len(f.wanted) > 0 {
		list, err := f.w.Documents(ctx, slices.Collect(maps.Keys(f.wanted)))
		if err != nil {
			return fmt.Errorf("read documents: %w", err)
		}
		for _, d := range list {
			before := d.entry(f.tables[d.Table])
			docs[d.Row] = &held{Document: d, stored: d.Position, before: &before}
		}
	}
	var order []*held
	for _, ev := range f.pending {
		order = f.apply(ev, docs, order)
	}
	var b Batch
	for _, h := range order {
		b.Changes = append(b.Changes, Change{Document: h.Document, Entry: h.entry(f.tables[h.Table]), Before: h.before})
	}
	for id := range f.changed {
		b.Structures = append(b.Structures, f.tables[id])
	}
	f.forget()
	clear(f.changed)
	if len(b.Changes)+len(b.Structures) == 0 {
		return nil
	}
	return f.w.Save(ctx, b)
}

// held is a document in memory.
type held struct {
	*Document
	stored int64 // its position in the store
	before *Entry
	queued bool
}

// apply carries out an event on the documents at hand and returns the order of the changed ones with its own behind.
func (f *fold) apply(ev rowEvent, docs map[kernel.RowID]*held, order []*held) []*held {
	for i, row := range ev.rows {
		h := docs[row]
		if ev.insert && h == nil {
			h = &held{Document: &Document{
				Workspace: f.tables[ev.table].Workspace(), Table: ev.table, Row: row, CreatedAt: ev.at, Cells: map[kernel.ColumnID]json.RawMessage{},
			}}
			docs[row] = h
		}
		if h == nil || h.Table != ev.table || ev.position <= h.stored {
			continue // a row that is not there, or that the store has later than this
		}
		ev.apply(i, h.Document)
		h.Position = ev.position
		if !h.queued {
			h.queued = true
			order = append(order, h)
		}
	}
	return order
}
