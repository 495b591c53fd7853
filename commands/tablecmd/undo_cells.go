package tablecmd

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// collect reads the step's events from its last to its first and notes what each cell and row goes back to.
func (u *undoing) collect(ctx context.Context) error {
	u.cells = map[cell]*target{}
	u.gone, u.returns, u.moved = map[kernel.RowID]bool{}, map[kernel.RowID]bool{}, map[kernel.RowID]bool{}
	positions := u.step.Positions
	for len(positions) > 0 {
		recs, err := u.h.cfg.Store.ReadPositions(ctx, positions)
		if err != nil {
			return fmt.Errorf("read the step's events: %w", err)
		}
		if len(recs) == 0 {
			return fmt.Errorf("event %d is not in the log", positions[0])
		}
		for _, rec := range recs {
			e, err := u.h.cfg.Codec.Decode(rec)
			if err != nil {
				return err
			}
			u.last = rec.Position
			if err := u.note(ctx, rec.Position, e); err != nil {
				return err
			}
		}
		positions = positions[len(recs):]
	}
	return nil
}

// note is called with the events in order; what a cell goes back to is what it was before the first of them.
func (u *undoing) note(ctx context.Context, at int64, e kernel.Event) error {
	switch e := e.(type) {
	case table.RowsInserted:
		u.inserted = u.first(u.inserted, e.Chunk.Rows)
	case dataops.RowsAdded:
		u.inserted = u.first(u.inserted, e.Chunk.Rows)
	case table.RowsDeleted:
		u.deleted = u.first(u.deleted, e.Rows)
	case table.RowsRestored:
		u.inserted = u.first(u.inserted, e.Rows)
		u.noteLinks(e.Rows, e.Links)
	case table.CellsEdited:
		return u.noteCells(ctx, at, e.Chunk, e.Old, e.Seen)
	case dataops.RowsUpdated:
		return u.noteCells(ctx, at, e.Chunk, e.Old, 0)
	case enrichment.RunAnswersRecorded:
		return u.noteCells(ctx, at, e.Chunk, nil, 0)
	default:
		u.shape = append(u.shape, e)
	}
	return nil
}

// noteLinks keeps the links of rows that come back, for when they are hidden again.
func (u *undoing) noteLinks(rows []kernel.RowID, links []table.Link) {
	for i, l := range links {
		u.links[rows[i]] = l
	}
}

// first adds the rows whose coming or going the step has not told of before: what a row was before the step is said by the first.
func (u *undoing) first(to, rows []kernel.RowID) []kernel.RowID {
	for _, r := range rows {
		if !u.moved[r] {
			u.moved[r] = true
			to = append(to, r)
		}
	}
	return to
}

// noteCells finds the values before an event: those it carries, unless the history has something newer than what its
// command had seen.
func (u *undoing) noteCells(ctx context.Context, at int64, c kernel.Chunk, old map[kernel.ColumnID][]json.RawMessage, seen int64) error {
	cols := make([]kernel.ColumnID, 0, len(c.Cols))
	for id := range c.Cols {
		cols = append(cols, id)
	}
	slices.Sort(cols)
	past, err := u.h.cfg.History.Previous(ctx, u.cmd.Table, at, c.Rows, cols)
	if err != nil {
		return err
	}
	for i, row := range c.Rows {
		for _, col := range cols {
			k := cell{row, col}
			if t, ok := u.cells[k]; ok {
				t.last, t.left = at, c.Cols[col][i]
				continue
			}
			t := &target{last: at, left: c.Cols[col][i], value: kernel.Null()}
			p, found := past[row][col]
			switch carried, ok := old[col]; {
			case ok && (!found || p.Position <= seen):
				t.value = carried[i]
			case found:
				t.value = p.Value
			}
			u.cells[k] = t
			u.order = append(u.order, k)
		}
	}
	return nil
}

// events makes the events that take rows and cells back.
func (u *undoing) events(ctx context.Context) ([]kernel.Event, error) {
	remove, err := u.rowsToDelete(ctx)
	if err != nil {
		return nil, err
	}
	restore, err := u.rowsToRestore(ctx)
	if err != nil {
		return nil, err
	}
	changes, err := u.cellsToSet(ctx)
	if err != nil {
		return nil, err
	}
	if err := u.listLost(ctx); err != nil {
		return nil, err
	}
	u.rows, u.reverted = int64(len(remove)), int64(len(changes))
	u.answer.Cells += len(changes)
	u.answer.Rows += len(remove) + len(restore)
	events := movedRows{restore, u.links}.restore(u.cmd.Table, u.source(), u.new)
	events = append(events, editEvents(u.cmd.Table, changes, u.now.head, u.source(), u.new)...)
	return append(events, movedRows{remove, u.links}.delete(u.cmd.Table, u.source(), u.new)...), nil
}

// rowsToDelete are the step's new rows, but for those that were changed since.
func (u *undoing) rowsToDelete(ctx context.Context) ([]kernel.RowID, error) {
	var out []kernel.RowID
	for part := range slices.Chunk(u.inserted, scanPage) {
		found, _, err := u.h.cfg.Rows.Cells(ctx, u.schema, part, nil)
		if err != nil {
			return nil, err
		}
		var later []kernel.RowID
		for _, row := range part {
			u.gone[row] = true
			if r, ok := found[row]; ok && !r.Trashed && r.Position > u.last && !u.cmd.Force {
				later = append(later, row)
			}
		}
		changed, err := u.h.cfg.History.Changed(ctx, u.cmd.Table, later, "", u.last, u.step.ID)
		if err != nil {
			return nil, err
		}
		for _, row := range part {
			switch r, ok := found[row]; {
			case !ok || r.Trashed:
			case changed[row]:
				u.conflict(Conflict{RowID: row, Reason: "the row was changed after the step that added it"})
			default:
				out = append(out, row)
			}
		}
	}
	return out, nil
}

// rowsToRestore are the rows that the step deleted and that are still in the trash.
func (u *undoing) rowsToRestore(ctx context.Context) ([]kernel.RowID, error) {
	var out []kernel.RowID
	purged := 0
	for part := range slices.Chunk(u.deleted, scanPage) {
		found, _, err := u.h.cfg.Rows.Cells(ctx, u.schema, part, nil)
		if err != nil {
			return nil, err
		}
		for _, row := range part {
			switch r, ok := found[row]; {
			case !ok:
				purged++
			case r.Trashed:
				u.returns[row] = true
				u.links[row] = r.Link
				out = append(out, row)
			}
		}
	}
	if err := u.notChained(ctx, out); err != nil {
		return nil, err
	}
	if purged > 0 {
		u.answer.NotUndoable = append(u.answer.NotUndoable,
			fmt.Sprintf("%d rows were removed from the trash for good and can't come back", purged))
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, u.h.room(ctx, u.cmd.Table, len(out))
}

// cellsToSet are the cells that still are as the step left them.
func (u *undoing) cellsToSet(ctx context.Context) ([]table.CellChange, error) {
	var out []table.CellChange
	byColumns := map[kernel.ColumnID][]kernel.RowID{}
	var cols []kernel.ColumnID
	for _, k := range u.order {
		if u.gone[k.row] {
			continue
		}
		if byColumns[k.col] == nil {
			cols = append(cols, k.col)
		}
		byColumns[k.col] = append(byColumns[k.col], k.row)
	}
	for _, id := range cols {
		col, live := u.schema.Column(id)
		if !live {
			u.leave(id)
			continue
		}
		for part := range slices.Chunk(byColumns[id], scanPage) {
			found, _, err := u.h.cells(ctx, u.schema, part, []kernel.ColumnID{id}, true)
			if err != nil {
				return nil, err
			}
			for _, row := range part {
				if c, ok := u.back(col, row, found); ok {
					out = append(out, c)
				}
			}
		}
	}
	return out, nil
}

// leave notes that a column's cells can't be taken back because it is in the trash or gone. Of a column that the step itself had
// added there is nothing to say.
func (u *undoing) leave(id kernel.ColumnID) {
	if u.dropped[id] {
		return
	}
	note := "the cells of a column that was removed from the trash for good can't come back"
	if name, ok := u.trashed(id); ok {
		note, u.waiting = fmt.Sprintf("the column “%s” is in the trash; its cells stay as they are", name), true
	}
	u.answer.NotUndoable = append(u.answer.NotUndoable, note)
}

// back decides about one cell.
func (u *undoing) back(col table.Column, row kernel.RowID, found map[kernel.RowID]table.RowCells) (table.CellChange, bool) {
	t := u.cells[cell{row, col.ID}]
	r, ok := found[row]
	if !ok || r.Trashed && !u.returns[row] {
		u.conflict(Conflict{RowID: row, ColumnID: col.ID, WouldBe: t.value, Reason: goneReason(r)})
		return table.CellChange{}, false
	}
	now := r.Values[col.ID]
	want, err := fit(col, t.value)
	if err == nil && string(now) == string(want) {
		return table.CellChange{}, false
	}
	// What was changed since and changed back, as by an undo of that change, is as the step left it.
	left, unlike := fit(col, t.left)
	if r.Positions[col.ID] > t.last && (unlike != nil || string(now) != string(left)) && !u.cmd.Force {
		u.conflict(Conflict{RowID: row, ColumnID: col.ID, Current: now, WouldBe: t.value, Reason: "the cell was changed since"})
		return table.CellChange{}, false
	}
	if err != nil {
		u.conflict(Conflict{RowID: row, ColumnID: col.ID, Current: now, WouldBe: t.value, Reason: err.Error()})
		return table.CellChange{}, false
	}
	return table.CellChange{Row: row, Column: col.ID, Value: want, Old: now}, true
}

// goneReason says why a row is not among the live ones.
func goneReason(r table.RowCells) string {
	if r.Link.Merged() {
		return "the row was merged into another one"
	}
	return "the row was deleted"
}

// notChained refuses to bring rows back out of one that was merged into another one since: that merge has to be taken back first.
func (u *undoing) notChained(ctx context.Context, rows []kernel.RowID) error {
	var into []kernel.RowID
	for _, r := range rows {
		if l := u.links[r]; l.Merged() && !slices.Contains(into, l.Into) && !u.returns[l.Into] {
			into = append(into, l.Into)
		}
	}
	for part := range slices.Chunk(into, scanPage) {
		found, _, err := u.h.cfg.Rows.Cells(ctx, u.schema, part, nil)
		if err != nil {
			return err
		}
		for _, row := range part {
			if r := found[row]; r.Link.Merged() {
				return kernel.E(kernel.KindConflict, "MERGED_SINCE", "row %s was merged into row %s since, by the merge %s; take that one back first",
					row, r.Link.Into, r.Link.Merge)
			}
		}
	}
	return nil
}

// fit returns a value as the column takes it now. One from before a change of the column's type is converted.
func fit(col table.Column, v json.RawMessage) (json.RawMessage, error) {
	out, _, err := table.Parse(col, v, true)
	if err == nil {
		return out, nil
	}
	var from table.Type
	switch v[0] {
	case '"':
		from = table.Text
	case '[':
		from = table.MultiSelect
	case 't', 'f':
		from = table.Boolean
	case '{':
		from = table.JSON
	default:
		from = table.Number
	}
	rules := table.RulesNow(nil)
	if out, ok := table.Convert(table.Column{Type: from}, col, v, &rules); ok {
		return out, nil
	}
	return nil, err
}

func (u *undoing) conflict(c Conflict) {
	u.kept++
	if c.Current == nil {
		c.Current = kernel.Null()
	}
	if c.WouldBe == nil {
		c.WouldBe = kernel.Null()
	}
	if len(u.answer.Conflicts) < maxConflicts {
		u.answer.Conflicts = append(u.answer.Conflicts, c)
	}
}
