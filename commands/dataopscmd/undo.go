package dataopscmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// undo takes the import back, walking through its stream from its end, so that a cell that was changed twice gets its
// first value. What was changed after the import is left alone unless the undo
// is forced: a row that was edited, a cell that no longer holds what the import wrote.
func (w *work) undo(ctx context.Context) error {
	_, schema, err := w.loadTable(ctx)
	if err != nil { // rows of a table in the trash need not be taken out of it
		return w.finishUndo(ctx, err)
	}
	head, err := w.h.cfg.Store.Head(ctx)
	if err != nil {
		return err
	}
	if err := w.reach(ctx, head); err != nil {
		return err
	}
	top := w.imp.UndoDown
	if top == 0 {
		top = w.version
	}
	for {
		bottom := max(0, top-int64(w.limits.UndoEvents))
		step, err := w.takeBack(ctx, schema, bottom, top)
		if err != nil {
			return err
		}
		if err := w.appendUndo(ctx, schema, *step); err != nil {
			if eventstore.IsConflict(err) {
				return errMoved // the table changed under way: look at it again
			}
			return err
		}
		if bottom == 0 {
			return nil
		}
		if err := w.reach(ctx, w.position); err != nil {
			return err
		}
		top = bottom
	}
}

func (w *work) finishUndo(ctx context.Context, cause error) error {
	if cause != nil && !errors.As(cause, new(hopeless)) {
		return cause
	}
	_, err := w.append(ctx, "undone", (*dataops.Import).FinishUndo)
	return err
}

// undoStep is what takes some events of the import back.
type undoStep struct {
	down                    int64 // everything of the import's stream after this version has been taken back
	events                  []kernel.Event
	removed, reverted, kept int64
}

// takeBack makes the step for the events of the import's stream after the version bottom, up to top.
func (w *work) takeBack(ctx context.Context, schema table.Schema, bottom, top int64) (*undoStep, error) {
	step := &undoStep{down: bottom}
	var added []kernel.RowID
	at := map[kernel.RowID]int64{}
	var updates []dataops.RowsUpdated
	for from := bottom; from < top; {
		events, err := w.h.cfg.Store.ReadStream(ctx, w.h.imports.Stream(string(w.imp.ID)), from, int(top-from))
		if err != nil {
			return nil, err
		}
		if len(events) == 0 {
			return nil, fmt.Errorf("the import's stream ends at %d, before %d", from, top)
		}
		for _, r := range events {
			e, err := w.h.cfg.Codec.Decode(r)
			if err != nil {
				return nil, err
			}
			switch e := e.(type) {
			case dataops.RowsAdded:
				for _, id := range e.Chunk.Rows {
					added, at[id] = append(added, id), r.Position
				}
			case dataops.RowsUpdated:
				updates = append(updates, e)
			default: // nothing of the table's
			}
			from = r.Version
		}
	}
	slices.Reverse(updates)
	for _, u := range updates {
		if err := w.revert(ctx, schema, u, step); err != nil {
			return nil, err
		}
	}
	return step, w.removeRows(ctx, schema, added, at, step)
}

const rowsPerDelete = 500

// removeRows puts the import's rows into the trash, except those that somebody else has changed.
func (w *work) removeRows(ctx context.Context, schema table.Schema, added []kernel.RowID, at map[kernel.RowID]int64, step *undoStep) error {
	if len(added) == 0 {
		return nil
	}
	found, _, err := w.grid.Get(ctx, schema, added, nil)
	if err != nil {
		return fmt.Errorf("look up the import's rows: %w", err)
	}
	foreign, err := w.foreign(ctx, found, at)
	if err != nil {
		return err
	}
	there := map[kernel.RowID]bool{}
	for _, row := range found {
		if foreign[row.Position] && !w.imp.UndoForce {
			step.kept++
			continue
		}
		there[row.ID] = true
	}
	var rows []kernel.RowID
	for _, id := range added {
		if there[id] {
			rows = append(rows, id)
		}
	}
	step.removed += int64(len(rows))
	for len(rows) > 0 {
		n := min(rowsPerDelete, len(rows))
		step.events = append(step.events, table.RowsDeleted{TableID: w.imp.TableID, Rows: rows[:n], Source: table.FromUndo, Step: w.step()})
		rows = rows[n:]
	}
	return nil
}

func (w *work) step() table.Step {
	return table.Step{Step: "undo_" + string(w.imp.ID), Undoes: string(w.imp.ID)}
}

// foreign tells which positions of last changes are not of this import.
func (w *work) foreign(ctx context.Context, rows []GridRow, at map[kernel.RowID]int64) (map[int64]bool, error) {
	out := map[int64]bool{}
	var ask []int64
	for _, row := range rows {
		if row.Position != at[row.ID] && !out[row.Position] {
			out[row.Position] = true
			ask = append(ask, row.Position)
		}
	}
	slices.Sort(ask)
	events, err := w.h.cfg.Store.ReadPositions(ctx, ask)
	if err != nil {
		return nil, fmt.Errorf("read what changed the rows: %w", err)
	}
	for _, r := range events {
		if r.Stream == w.h.imports.Stream(string(w.imp.ID)) {
			out[r.Position] = false
			continue
		}
		e, err := w.h.cfg.Codec.Decode(r)
		if err != nil {
			return nil, err
		}
		if edit, ok := e.(table.CellsEdited); ok && edit.Undoes == string(w.imp.ID) { // this undo, a step before
			out[r.Position] = false
		}
	}
	return out, nil
}

// revert gives the cells of an upsert their earlier values where they still hold what the import wrote.
func (w *work) revert(ctx context.Context, schema table.Schema, u dataops.RowsUpdated, step *undoStep) error {
	var columns []kernel.ColumnID
	for id := range u.Chunk.Cols {
		if _, ok := schema.Column(id); ok {
			columns = append(columns, id)
		}
	}
	slices.Sort(columns)
	found, seen, err := w.grid.Get(ctx, schema, u.Chunk.Rows, columns)
	if err != nil {
		return fmt.Errorf("look up the import's rows: %w", err)
	}
	now := map[kernel.RowID]GridRow{}
	for _, row := range found {
		now[row.ID] = row
	}
	for _, id := range columns {
		values := u.Chunk.Cols[id]
		edit := table.CellsEdited{TableID: w.imp.TableID, Seen: seen, Source: table.FromUndo, Step: w.step(), Old: map[kernel.ColumnID][]json.RawMessage{}, Chunk: kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}}
		for i, row := range u.Chunk.Rows {
			current, ok := now[row]
			if !ok {
				continue
			}
			cell := current.Cells[id]
			if !bytes.Equal(cell, values[i]) && !w.imp.UndoForce {
				step.kept++
				continue
			}
			edit.Chunk.Rows = append(edit.Chunk.Rows, row)
			edit.Chunk.Cols[id] = append(edit.Chunk.Cols[id], u.Old[id][i])
			edit.Old[id] = append(edit.Old[id], orNull(cell))
		}
		if n := len(edit.Chunk.Rows); n > 0 {
			step.reverted += int64(n)
			step.events = append(step.events, edit)
		}
	}
	return nil
}

func orNull(v json.RawMessage) json.RawMessage {
	if len(v) == 0 {
		return kernel.Null()
	}
	return v
}

func (w *work) appendUndo(ctx context.Context, schema table.Schema, step undoStep) error {
	_, err := w.append(ctx, "undo/"+strconv.FormatInt(step.down, 10), func(i *dataops.Import) error {
		if err := i.ProgressUndo(step.down, step.removed, step.reverted, step.kept); err != nil || step.down > 0 {
			return err
		}
		return i.FinishUndo()
	},
		eventstore.At(eventstore.Stream(table.CellStream, string(w.imp.TableID)), eventstore.Any, step.events...),
		eventstore.At(w.h.tables.Stream(string(w.imp.TableID)), eventstore.Expected(schema.Version)))
	return err
}
