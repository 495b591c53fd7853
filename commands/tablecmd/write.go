package tablecmd

import (
	"context"
	"slices"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// cellWrite is an append of row and cell events that were checked against a schema.
type cellWrite struct {
	schema  table.Schema
	events  []kernel.Event
	options map[kernel.ColumnID][]string // that the values need and the columns don't have yet
	step    table.Step
	after   *settled            // the append must come right after this; nil if it need not
	beside  []eventstore.Change // of other streams, right before the events
}

// write appends. It meets a conflict when the schema or, where it matters, anything else in the table has changed meanwhile.
func (h *Handlers) write(ctx context.Context, meta kernel.Meta, w cellWrite, answer any) (done eventstore.Appended, err error) {
	structure := eventstore.At(structureOf(w.schema.Table), eventstore.Expected(w.schema.Version))
	if w.newOptions() {
		t, version, err := h.repo.Load(ctx, string(w.schema.Table))
		if err == nil && version != w.schema.Version {
			err = eventstore.ErrStale
		}
		if err != nil {
			return done, err
		}
		for _, c := range w.schema.Columns { // in a fixed order
			if names := w.options[c.ID]; len(names) > 0 {
				if _, err := t.AddOptions(h.maker, c.ID, names, w.step); err != nil {
					return done, err
				}
			}
		}
		structure.Events = t.Pending()
		defer h.forget(w.schema.Table)
	}
	cells := eventstore.At(cellsOf(w.schema.Table), eventstore.Any, w.events...)
	if w.after != nil {
		cells.Expected = eventstore.Expected(w.after.cells)
	}
	// The options come first: a consumer of the log knows them before a cell holds one.
	changes := append(append([]eventstore.Change{structure}, w.beside...), cells)
	if w.after != nil {
		changes = append(changes, w.after.guards...)
	}
	return h.append(ctx, meta, answer, changes...)
}

func (w cellWrite) newOptions() bool {
	for _, names := range w.options {
		if len(names) > 0 {
			return true
		}
	}
	return false
}

// idEvents packs row ids into events.
func idEvents(rows []kernel.RowID, event func([]kernel.RowID) kernel.Event) []kernel.Event {
	var out []kernel.Event
	for part := range slices.Chunk(rows, table.IDBatch) {
		out = append(out, event(part))
	}
	return out
}

// links are those of rows that were merged into others; nil for none.
type links = map[kernel.RowID]table.Link

// linkedRows is how many row ids one event holds that has their links too.
const linkedRows = 400

func (w movedRows) parts(event func([]kernel.RowID) kernel.Event) []kernel.Event {
	if len(w.links) == 0 {
		return idEvents(w.rows, event)
	}
	var out []kernel.Event
	for part := range slices.Chunk(w.rows, linkedRows) {
		out = append(out, event(part))
	}
	return out
}

// movedRows are rows that come or go, with the links of those that were merged.
type movedRows struct {
	rows  []kernel.RowID
	links links
}

func (w movedRows) delete(id kernel.TableID, source table.Source, step table.Step) []kernel.Event {
	return w.parts(func(part []kernel.RowID) kernel.Event {
		return table.RowsDeleted{TableID: id, Rows: part, Links: table.LinksOf(part, w.links), Source: source, Step: step}
	})
}

func (w movedRows) restore(id kernel.TableID, source table.Source, step table.Step) []kernel.Event {
	return w.parts(func(part []kernel.RowID) kernel.Event {
		return table.RowsRestored{TableID: id, Rows: part, Links: table.LinksOf(part, w.links), Source: source, Step: step}
	})
}

func deleteEvents(id kernel.TableID, rows []kernel.RowID, source table.Source, step table.Step) []kernel.Event {
	return movedRows{rows: rows}.delete(id, source, step)
}

func insertEvents(id kernel.TableID, rows []table.NewRow, step table.Step) []kernel.Event {
	var out []kernel.Event
	for _, c := range table.RowChunks(rows) {
		out = append(out, table.RowsInserted{TableID: id, Chunk: c, Source: table.FromInsert, Step: step})
	}
	return out
}

func atVersion(stream eventstore.StreamID, version int64, events []kernel.Event) eventstore.Change {
	return eventstore.At(stream, eventstore.Expected(version), events...)
}
