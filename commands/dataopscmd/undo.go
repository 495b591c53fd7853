package dataopscmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// undo takes the import back, walking through its stream from its end, so that a cell that was changed twice gets its
// first value. What was changed after the import is left alone unless the undo
// is forced: a row that was edited, a cell that no longer holds what the import wrote.
func (w *work) undo(ctx context.Context) error {
	tbl, schema, err := w.loadTable(ctx)
	if err != nil {
		return w.cannotUndo(ctx, err)
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
		step, err := w.undoStep(ctx, schema, bottom, top)
		if err != nil {
			return err
		}
		if bottom == 0 {
			if err := w.giveBack(ctx, tbl, step); err != nil {
				return err
			}
		}
		if err := w.appendUndo(ctx, schema, *step, tbl.Pending()); err != nil {
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

// cannotUndo ends the undo when there is no table to take rows out of: they have gone with it.
func (w *work) cannotUndo(ctx context.Context, cause error) error {
	var lost hopeless
	if !errors.As(cause, &lost) {
		return cause
	}
	_, err := w.append(ctx, "undone"+w.again(), func(i *dataops.Import) error { return i.FinishUndo(lost.reason) })
	return err
}

// undoStep is what takes some events of the import back.
type undoStep struct {
	down              int64 // everything of the import's stream after this version has been taken back
	events            []kernel.Event
	removed, reverted int64
	kept              dataops.Kept
	gone              []kernel.RowID
}

// undoStep makes the step for the events of the import's stream after the version bottom, up to top.
func (w *work) undoStep(ctx context.Context, schema table.Schema, bottom, top int64) (*undoStep, error) {
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
	found, _, err := w.h.cfg.Grid.Get(ctx, schema, added, nil)
	if err != nil {
		return fmt.Errorf("look up the import's rows: %w", err)
	}
	foreign, err := w.foreign(ctx, found, at)
	if err != nil {
		return err
	}
	there := map[kernel.RowID]bool{}
	for _, row := range found {
		if why := foreign[row.Position]; why != nil && !w.imp.UndoForce {
			*why(&step.kept)++
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
	step.gone = rows
	for len(rows) > 0 {
		n := min(rowsPerDelete, len(rows))
		step.events = append(step.events, table.RowsDeleted{TableID: w.imp.TableID, Rows: rows[:n], Source: table.FromUndo, Step: w.step()})
		rows = rows[n:]
	}
	return nil
}

func undoStepOf(id kernel.ImportID) string { return "undo_" + string(id) }

// again tells one undo of an import from those before it.
func (w *work) again() string {
	if w.imp.Redone == 0 {
		return ""
	}
	return "_" + strconv.Itoa(w.imp.Redone+1)
}

func (w *work) step() table.Step {
	return table.Step{Step: undoStepOf(w.imp.ID) + w.again(), Undoes: string(w.imp.ID)}
}

// counter is where a row that was left alone is counted.
type counter func(*dataops.Kept) *int64

func byEdit(k *dataops.Kept) *int64   { return &k.Edited }
func byRun(k *dataops.Kept) *int64    { return &k.Enriched }
func byImport(k *dataops.Kept) *int64 { return &k.Imported }

// foreign tells by what rows were changed last, by the position of the change; nothing for what the import itself did.
func (w *work) foreign(ctx context.Context, rows []GridRow, at map[kernel.RowID]int64) (map[int64]counter, error) {
	wanted := map[int64]bool{}
	for _, row := range rows {
		if row.Position != at[row.ID] {
			wanted[row.Position] = true
		}
	}
	ask := slices.Sorted(maps.Keys(wanted))
	out := map[int64]counter{}
	for len(ask) > 0 {
		events, err := w.h.cfg.Store.ReadPositions(ctx, ask)
		if err != nil {
			return nil, fmt.Errorf("read what changed the rows: %w", err)
		}
		if len(events) == 0 {
			return nil, fmt.Errorf("read what changed the rows: the log has no position %d", ask[0])
		}
		for _, r := range events {
			if out[r.Position], err = w.changedBy(r); err != nil {
				return nil, err
			}
		}
		ask = ask[len(events):]
	}
	return out, nil
}

// changedBy says by what an event's rows were changed; nil for this import, and for what an earlier step of its undo did.
func (w *work) changedBy(r eventstore.Recorded) (counter, error) {
	e, err := w.h.cfg.Codec.Decode(r)
	if err != nil {
		return nil, err
	}
	own := false
	by := byEdit
	switch e := e.(type) {
	case dataops.RowsAdded:
		own, by = e.ImportID == w.imp.ID, byImport
	case dataops.RowsUpdated:
		own, by = e.ImportID == w.imp.ID, byImport
	case enrichment.RunAnswersRecorded, enrichment.RunPageStarted:
		by = byRun
	case table.CellsEdited:
		own = e.Undoes == string(w.imp.ID)
	case table.RowsRestored: // the undo before was taken back
		own = strings.HasPrefix(e.Undoes, undoStepOf(w.imp.ID))
	}
	if own {
		return nil, nil
	}
	return by, nil
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
	found, seen, err := w.h.cfg.Grid.Get(ctx, schema, u.Chunk.Rows, columns)
	if err != nil {
		return fmt.Errorf("look up the import's rows: %w", err)
	}
	now := map[kernel.RowID]GridRow{}
	for _, row := range found {
		now[row.ID] = row
	}
	for _, id := range columns {
		values := u.Chunk.Cols[id]
		edit := table.CellsEdited{
			TableID: w.imp.TableID,
			Seen:    seen,
			Source:  table.FromUndo,
			Step:    w.step(),
			Old:     map[kernel.ColumnID][]json.RawMessage{},
			Chunk:   kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}},
		}
		for i, row := range u.Chunk.Rows {
			current, ok := now[row]
			if !ok {
				continue
			}
			cell := current.Cells[id]
			if !bytes.Equal(cell, values[i]) && !w.imp.UndoForce {
				step.kept.Cells++
				continue
			}
			edit.Chunk.Rows = append(edit.Chunk.Rows, row)
			edit.Chunk.Cols[id] = append(edit.Chunk.Cols[id], u.Old[id][i])
			edit.Old[id] = append(edit.Old[id], kernel.OrNull(cell))
		}
		if n := len(edit.Chunk.Rows); n > 0 {
			step.reverted += int64(n)
			step.events = append(step.events, edit)
		}
	}
	return nil
}

func (w *work) appendUndo(ctx context.Context, schema table.Schema, step undoStep, structure []kernel.Event) error {
	_, err := w.append(ctx, "undo"+w.again()+"/"+strconv.FormatInt(step.down, 10), func(i *dataops.Import) error {
		if err := i.ProgressUndo(step.down, step.removed, step.reverted, step.kept); err != nil || step.down > 0 {
			return err
		}
		return i.FinishUndo("")
	},
		eventstore.At(eventstore.Stream(table.CellStream, string(w.imp.TableID)), eventstore.Any, step.events...),
		eventstore.At(w.h.tables.Stream(string(w.imp.TableID)), eventstore.Expected(schema.Version), structure...))
	return err
}
