package tablecmd

import (
	"context"
	"slices"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Rework changes rows by what a caller decides when it has seen how they are. It serves jobs whose own events belong into the same append.
type Rework struct {
	Table  kernel.TableID
	Rows   []kernel.RowID
	Await  []string // projections that must have come to the log's head beside the grid
	Source table.Source
	Step   table.Step
}

// Seen is what a caller decides by: the table's writable columns, and the rows, in the trash or not.
type Seen struct {
	Columns []kernel.ColumnID
	Rows    map[kernel.RowID]table.RowCells
}

// Decided is what it decides. A value that its column does not take any more is left out.
type Decided struct {
	Changes []table.CellChange
	Away    []kernel.RowID // that are hidden by their links
	Back    []kernel.RowID
	Links   map[kernel.RowID]table.Link // of both
	// Beside makes the changes of other streams, given how many events of the table follow them.
	Beside func(events int) ([]eventstore.Change, error)
}

// Schema is a table's schema as it is now; an error of kernel.KindNotFound for a table that is not there or in the trash.
func (h *Handlers) Schema(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (table.Schema, error) {
	return h.schema(ctx, ws, id, true)
}

// Settle waits until the grid shows what is in the log now.
func (h *Handlers) Settle(ctx context.Context, id kernel.TableID) error {
	_, err := h.awaitReadModel(ctx, id)
	return err
}

// Rework carries out Rework. Its append comes right after what decide has seen; a conflict (eventstore.IsConflict) means that it should be
// called again.
func (h *Handlers) Rework(ctx context.Context, meta kernel.Meta, cmd Rework, decide func(Seen) (Decided, error)) error {
	s, err := h.schema(ctx, meta.Workspace, cmd.Table, true)
	if err != nil {
		return err
	}
	var columns []kernel.ColumnID
	for _, c := range s.Columns {
		if c.Writable() {
			columns = append(columns, c.ID)
		}
	}
	now, err := h.awaitReadModel(ctx, cmd.Table, cmd.Await...)
	if err != nil {
		return err
	}
	seen := Seen{columns, make(map[kernel.RowID]table.RowCells, len(cmd.Rows))}
	for part := range slices.Chunk(cmd.Rows, scanPage) {
		found, _, err := h.cfg.Rows.Cells(ctx, s, part, columns)
		if err != nil {
			return err
		}
		for id, row := range found {
			seen.Rows[id] = row
		}
	}
	d, err := decide(seen)
	if err != nil {
		return err
	}
	if len(d.Back) > 0 {
		if err := h.room(ctx, cmd.Table, len(d.Back)); err != nil {
			return err
		}
	}
	changes, options := fitting(s, d.Changes)
	w := cellWrite{schema: s, options: options, step: cmd.Step, after: &now}
	w.events = movedRows{d.Back, d.Links}.restore(cmd.Table, cmd.Source, cmd.Step)
	w.events = append(w.events, editEvents(cmd.Table, changes, now.head, cmd.Source, cmd.Step)...)
	w.events = append(w.events, movedRows{d.Away, d.Links}.delete(cmd.Table, cmd.Source, cmd.Step)...)
	if w.beside, err = d.Beside(len(w.events)); err != nil {
		return err
	}
	_, err = h.write(ctx, meta, w, nil)
	return err
}

// fitting are the changes whose columns take their values, with the options that selects need for it.
func fitting(s table.Schema, changes []table.CellChange) ([]table.CellChange, map[kernel.ColumnID][]string) {
	options := map[kernel.ColumnID][]string{}
	out := make([]table.CellChange, 0, len(changes))
	for _, c := range changes {
		col, ok := s.Column(c.Column)
		if !ok || !col.Writable() {
			continue
		}
		value, fresh, err := table.Parse(col, c.Value, true)
		if err != nil {
			fresh = nil
			value, err = fit(col, c.Value)
		}
		if err != nil || string(value) == string(c.Old) {
			continue
		}
		c.Value = value
		options[c.Column] = append(options[c.Column], fresh...)
		out = append(out, c)
	}
	return out, options
}
