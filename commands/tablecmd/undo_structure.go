package tablecmd

import (
	"context"
	"slices"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// reshape takes the step's changes of structure back, the last one first.
func (u *undoing) reshape() error {
	for _, e := range slices.Backward(u.shape) {
		if err := u.reverse(e); err != nil {
			return err
		}
	}
	u.schema = u.agg.Schema()
	return nil
}

// reverse takes one change back. Where an earlier call has taken the step back, only what came or went is looked at again.
func (u *undoing) reverse(e kernel.Event) error {
	switch e := e.(type) {
	case table.ColumnAdded:
		return u.deleteColumn(e.Column.ID)
	case table.ColumnRestored:
		return u.deleteColumn(e.ColumnID)
	case table.ColumnDeleted:
		if u.agg.Gone(e.ColumnID) {
			u.answer.NotUndoable = append(u.answer.NotUndoable, "a column was removed from the trash for good and can't come back")
			return nil
		}
		_, err := u.agg.RestoreColumn(e.ColumnID, u.new)
		return err
	}
	if u.goesOn {
		return nil
	}
	switch e := e.(type) {
	case table.Renamed:
		if u.agg.Name() != e.Name && !u.cmd.Force {
			return kernel.E(kernel.KindConflict, "CHANGED_SINCE", "the table's name has been changed since; undo that first, or force it")
		}
		return u.agg.Rename(e.Old, u.new)
	case table.DetailsChanged:
		return u.agg.DescribeBack(e, u.cmd.Force, u.new)
	case table.ColumnsReordered:
		return u.agg.Reorder(e.Old, u.new)
	case table.ColumnChanged:
		if u.added(e.Column.ID) {
			return nil
		}
		if live, err := u.live(e.Column); !live {
			return err
		}
		return u.agg.ChangeBack(u.maker, e, u.cmd.Force, u.new)
	case table.ColumnTypeChanged:
		return u.retype(e.Old, false, e.By)
	case table.ColumnTypeReverted:
		return u.retype(e.Old, u.cmd.Redo, e.By)
	}
	return nil
}

// added reports whether the step itself has added the column, which goes then with all that became of it.
func (u *undoing) added(id kernel.ColumnID) bool {
	return slices.ContainsFunc(u.shape, func(e kernel.Event) bool {
		a, ok := e.(table.ColumnAdded)
		return ok && a.Column.ID == id
	})
}

// deleteColumn deletes a column unless it has been deleted meanwhile: then what is asked for is so.
func (u *undoing) deleteColumn(id kernel.ColumnID) error {
	u.dropped[id] = true
	if _, live := u.agg.Schema().Column(id); !live {
		return nil
	}
	return u.agg.DeleteColumn(id, u.new)
}

// live reports whether a column is in the table. One in the trash must come back before its changes can be taken back; one that
// is gone for good has none.
func (u *undoing) live(c table.Column) (bool, error) {
	if _, err := u.agg.Live(c.ID); err == nil {
		return true, nil
	}
	if name, ok := u.trashed(c.ID); ok {
		return false, kernel.E(kernel.KindConflict, "COLUMN_IN_TRASH", "the column “%s” is in the trash; restore it, then try again", name)
	}
	u.answer.NotUndoable = append(u.answer.NotUndoable, "the column “"+c.Name+"” was removed from the trash for good")
	return false, nil
}

// trashed returns the name of a column in the trash.
func (u *undoing) trashed(id kernel.ColumnID) (string, bool) {
	for _, c := range u.agg.Deleted() {
		if c.ID == id {
			return c.Name, true
		}
	}
	return "", false
}

func (u *undoing) retype(to table.Column, redo bool, by *table.Rules) error {
	if live, err := u.live(to); !live {
		return err
	}
	now, err := u.agg.Live(to.ID)
	if err != nil {
		return err
	}
	if err := u.agg.RevertType(to, redo, u.new); err != nil {
		return err
	}
	back, err := u.agg.Live(to.ID)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(u.retyped, func(r retyped) bool { return r.now.ID == to.ID }); i >= 0 {
		u.retyped[i].back = back
		return nil
	}
	u.retyped = append(u.retyped, retyped{now, back, by})
	return nil
}

// listLost lists the values that were set after a change of type that is taken back and that don't fit the type before it. They
// are kept beside, so redo brings them back.
func (u *undoing) listLost(ctx context.Context) error {
	for _, r := range u.retyped {
		var after kernel.RowID
		for {
			rows, err := u.h.cfg.Rows.Select(ctx, u.meta.Workspace, u.cmd.Table, table.Filter{}, "", after, scanPage)
			if err != nil {
				return err
			}
			if len(rows) == 0 {
				break
			}
			after = rows[len(rows)-1]
			found, _, err := u.h.cfg.Rows.Cells(ctx, u.before, rows, []kernel.ColumnID{r.now.ID})
			if err != nil {
				return err
			}
			if err := u.lose(ctx, r, found); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *undoing) lose(ctx context.Context, r retyped, found map[kernel.RowID]table.RowCells) error {
	var rows []kernel.RowID
	for id, row := range found {
		v := row.Values[r.now.ID]
		if kernel.IsNull(v) || row.Positions[r.now.ID] <= u.last {
			continue
		}
		if _, fits := table.Convert(r.now, r.back, v, r.by); !fits {
			rows = append(rows, id)
		}
	}
	if len(rows) == 0 || len(u.answer.Conflicts) >= maxConflicts {
		return nil
	}
	slices.Sort(rows)
	changed, err := u.h.cfg.History.Changed(ctx, u.cmd.Table, rows, r.now.ID, u.last, u.step.ID)
	if err != nil {
		return err
	}
	for _, id := range rows {
		if !changed[id] || len(u.answer.Conflicts) >= maxConflicts {
			continue
		}
		u.answer.Conflicts = append(u.answer.Conflicts, Conflict{
			RowID: id, ColumnID: r.now.ID, Current: found[id].Values[r.now.ID], WouldBe: kernel.Null(), Lost: true,
			Reason: "the value does not fit the type that “" + r.back.Name + "” has again; redo brings it back",
		})
	}
	return nil
}
