package table

import (
	"slices"

	"github.com/morket/morket/domain/kernel"
)

// Apply implements kernel.Aggregate.
func (t *Table) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case Created:
		t.s = state{
			ID:        e.TableID,
			Workspace: e.WorkspaceID,
			Folder:    e.FolderID,
			Name:      e.Name,
			About:     e.Description,
			Owner:     e.Owner,
			Columns:   slices.Clone(e.Columns),
			Views:     slices.Clone(e.Views),
			Version:   t.s.Version,
		}
	case Branched, MergeBegun, MergeAdvanced, MergeWorkerLost, MergeEnded, Discarded:
		t.applyBranch(e)
	case Renamed:
		t.s.Name = e.Name
	case DetailsChanged:
		t.s.About, t.s.Owner = e.Description, e.Owner
	case Trashed:
		t.s.Trashed = true
	case Restored:
		t.s.Trashed = false
	case Purged:
		t.s = state{ID: t.s.ID, Workspace: t.s.Workspace, Trashed: true, Purged: true, Version: t.s.Version, Branch: t.s.Branch}
	case Ticked:
		t.s.Tick = e.At
	case ViewSaved:
		t.applyView(e.View)
	case ViewDeleted:
		t.s.Views = slices.DeleteFunc(t.s.Views, func(v View) bool { return v.ID == e.ViewID })
	default:
		if err := t.applyColumn(e); err != nil {
			return err
		}
	}
	t.s.Version++
	return nil
}

func (t *Table) applyColumn(e kernel.Event) error {
	switch e := e.(type) {
	case ColumnAdded:
		at := len(t.s.Columns)
		if i := t.index(e.After); i >= 0 {
			at = i + 1
		}
		t.s.Columns = slices.Insert(slices.Clone(t.s.Columns), at, e.Column)
	case ColumnChanged:
		t.replace(e.Column)
	case ColumnTypeChanged:
		t.replace(e.Column)
		t.s.Formers = slices.DeleteFunc(slices.Clone(t.s.Formers), func(f Former) bool { return f.Column.ID == e.Column.ID && f.Undone })
		t.s.Formers = append(t.s.Formers, Former{Column: e.Old, At: t.s.Version, By: e.By})
		if list := t.Formers(e.Column.ID); len(list) > maxFormers {
			t.s.Formers = slices.DeleteFunc(t.s.Formers, func(f Former) bool { return f.At == list[0].At })
		}
	case ColumnTypeReverted:
		t.replace(e.Column)
		t.s.Formers = slices.Clone(t.s.Formers)
		if i := slices.IndexFunc(t.s.Formers, func(f Former) bool { return f.At == e.At }); i >= 0 {
			t.s.Formers[i] = Former{Column: e.Old, At: e.At, By: t.s.Formers[i].By, Undone: !t.s.Formers[i].Undone}
		}
	case ColumnDeleted:
		if i := t.index(e.ColumnID); i >= 0 {
			t.s.Deleted = append(t.s.Deleted, deletedColumn{Column: t.s.Columns[i], At: i})
			t.s.Columns = slices.Delete(slices.Clone(t.s.Columns), i, i+1)
		}
	case ColumnRestored:
		for i, d := range t.s.Deleted {
			if d.Column.ID == e.ColumnID {
				t.s.Deleted = slices.Delete(slices.Clone(t.s.Deleted), i, i+1)
				t.s.Columns = slices.Insert(slices.Clone(t.s.Columns), min(d.At, len(t.s.Columns)), d.Column)
				break
			}
		}
	case ColumnPurged:
		t.s.Deleted = slices.DeleteFunc(slices.Clone(t.s.Deleted), func(d deletedColumn) bool { return d.Column.ID == e.ColumnID })
		t.s.Formers = slices.DeleteFunc(slices.Clone(t.s.Formers), func(f Former) bool { return f.Column.ID == e.ColumnID })
	case ColumnsReordered:
		t.s.Columns = Reorder(t.s.Columns, e.Columns)
	default:
		return kernel.UnknownEvent("table", e)
	}
	return nil
}

func (t *Table) applyView(v View) {
	views := slices.Clone(t.s.Views)
	if v.Default {
		for i := range views {
			views[i].Default = false
		}
	}
	if i := slices.IndexFunc(views, func(old View) bool { return old.ID == v.ID }); i >= 0 {
		views[i] = v
	} else {
		views = append(views, v)
	}
	t.s.Views = views
}

func (t *Table) replace(c Column) {
	if i := t.index(c.ID); i >= 0 {
		t.s.Columns = slices.Clone(t.s.Columns)
		t.s.Columns[i] = c
	}
}

func (t *Table) index(id kernel.ColumnID) int {
	return slices.IndexFunc(t.s.Columns, func(c Column) bool { return c.ID == id })
}

// Reorder puts columns into the order of ids; columns that ids doesn't name follow in their old order.
func Reorder(cols []Column, ids []kernel.ColumnID) []Column {
	out := make([]Column, 0, len(cols))
	for _, id := range ids {
		if i := slices.IndexFunc(cols, func(c Column) bool { return c.ID == id }); i >= 0 {
			out = append(out, cols[i])
		}
	}
	for _, c := range cols {
		if !slices.Contains(ids, c.ID) {
			out = append(out, c)
		}
	}
	return out
}
