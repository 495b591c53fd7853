package tablecmd

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Opened is a table as it was at a moment, for a flow that decides by its rows what it writes into them: a write holds only if nothing was
// written to the table since.
type Opened struct {
	h      *Handlers
	ws     kernel.WorkspaceID
	schema table.Schema
	reader table.Reader
	after  settled
	fresh  map[kernel.ColumnID][]string // choices that values need and their columns don't have yet
}

// Open looks at a table.
func (h *Handlers) Open(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (*Opened, error) {
	schema, err := h.schema(ctx, ws, id, true)
	if err != nil {
		return nil, err
	}
	reader, err := h.reader(ctx, ws)
	if err != nil {
		return nil, err
	}
	after, err := h.awaitReadModel(ctx, id)
	if err != nil {
		return nil, err
	}
	return &Opened{h: h, ws: ws, schema: schema, reader: reader, after: after, fresh: map[kernel.ColumnID][]string{}}, nil
}

// Match finds up to two rows for each of the texts that a column may hold. A text that the column can't hold has no row.
func (o *Opened) Match(ctx context.Context, column kernel.ColumnID, texts []string) ([][]kernel.RowID, error) {
	out := make([][]kernel.RowID, len(texts))
	col, ok := o.schema.Find(string(column))
	if !ok || col.Type == table.JSON || col.Type == table.MultiSelect {
		return out, nil
	}
	var keys [][]json.RawMessage
	var at []int
	for i, text := range texts {
		raw, err := json.Marshal(text)
		if err != nil {
			return nil, err
		}
		if v, _, err := readValue(o.reader, col, raw, true); err == nil && !kernel.IsNull(v) {
			keys, at = append(keys, []json.RawMessage{v}), append(at, i)
		}
	}
	if len(keys) == 0 {
		return out, nil
	}
	found, err := o.h.cfg.Rows.MatchKeys(ctx, o.schema, []kernel.ColumnID{col.ID}, keys)
	if err != nil {
		return nil, err
	}
	for n, i := range at {
		out[i] = found[n]
	}
	return out, nil
}

// Cells reads cells of rows, in the trash or not.
func (o *Opened) Cells(ctx context.Context, rows []kernel.RowID, cols []kernel.ColumnID) (map[kernel.RowID]table.RowCells, error) {
	if len(rows) == 0 {
		return map[kernel.RowID]table.RowCells{}, nil
	}
	cols = slices.Clone(cols)
	slices.Sort(cols)
	found, _, err := o.h.cfg.Rows.Cells(ctx, o.schema, rows, slices.Compact(cols))
	return found, err
}

// Read reads a text as one that a person types: several says that it holds choices with semicolons between them.
func (o *Opened) Read(column kernel.ColumnID, several bool, text string) (json.RawMessage, error) {
	col, ok := o.schema.Find(string(column))
	if !ok {
		return nil, &table.ValueError{Message: "the column is deleted"}
	}
	var value any = text
	if several && col.Type == table.MultiSelect && text != "" {
		value = strings.Split(text, ";")
	}
	if text == "" {
		value = nil
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	v, fresh, err := readValue(o.reader, col, raw, true)
	if err != nil {
		return nil, err
	}
	if kernel.IsNull(v) && text != "" {
		return nil, &table.ValueError{Message: col.Name + " can't hold " + kernel.Shorten(text)}
	}
	o.fresh[col.ID] = append(o.fresh[col.ID], fresh...)
	return v, nil
}

// RowsWrite is what a flow writes into a table that it has opened.
type RowsWrite struct {
	Inserts []table.NewRow
	Edits   []table.CellChange // with the values that the cells had
	Source  table.Source
	Step    table.Step
}

// Write appends rows and cells together with what the flow notes beside them, all or nothing. It meets a conflict when the table has
// changed since it was opened.
func (o *Opened) Write(ctx context.Context, meta kernel.Meta, w RowsWrite, beside ...eventstore.Change) error {
	count, err := o.h.cfg.Tables.RowCount(ctx, o.schema.Table)
	if err != nil {
		return err
	}
	if len(w.Inserts) > 0 && count+int64(len(w.Inserts)) > table.MaxRows {
		return kernel.E(kernel.KindConflict, "TABLE_FULL", "a table holds at most %d rows and this one has %d; delete rows or use another table",
			table.MaxRows, count)
	}
	events := insertEvents(o.schema.Table, w.Inserts, w.Step)
	events = append(events, editEvents(o.schema.Table, w.Edits, o.after.head, w.Source, w.Step)...)
	after := o.after
	after.guards = append(slices.Clone(after.guards), beside...)
	_, err = o.h.write(ctx, meta, cellWrite{schema: o.schema, events: events, options: o.needed(w), step: w.Step, after: &after}, nil)
	return err
}

// needed are the choices that the values written need: of a value that was read and left there is none to add.
func (o *Opened) needed(w RowsWrite) map[kernel.ColumnID][]string {
	used := map[kernel.ColumnID][]byte{}
	for _, r := range w.Inserts {
		for c, v := range r.Cells {
			used[c] = append(append(used[c], v...), '\n')
		}
	}
	for _, e := range w.Edits {
		used[e.Column] = append(append(used[e.Column], e.Value...), '\n')
	}
	out := map[kernel.ColumnID][]string{}
	for c, names := range o.fresh {
		for _, name := range names {
			if bytes.Contains(used[c], table.Quote(name)) && !slices.Contains(out[c], name) {
				out[c] = append(out[c], name)
			}
		}
	}
	return out
}
