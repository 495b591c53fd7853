package table

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Copied is a table made like another one, and the columns that stand for those of the other.
type Copied struct {
	Table   *Table
	Columns map[kernel.ColumnID]kernel.ColumnID
}

// Copy records the creation of a table with the columns of this one, and those of its views that the maker's person sees. Columns refer to
// each other by id, in formulas, lookups, enrichments and filters, so all ids are replaced wherever they stand; change is what else
// becomes of each column. A lookup into this table looks into the copy.
func (t *Table) Copy(m Maker, id kernel.TableID, name string, change func(Column) (Column, error)) (Copied, error) {
	name, err := cleanName("name", name)
	if err != nil {
		return Copied{}, err
	}
	out := Copied{Table: &Table{s: state{ID: id, Workspace: t.s.Workspace}}, Columns: map[kernel.ColumnID]kernel.ColumnID{}}
	e := Created{
		Columns: make([]Column, len(t.s.Columns)),
		Views:   slices.DeleteFunc(slices.Clone(t.s.Views), func(v View) bool { return !v.VisibleTo(m.By) }),
	}
	ids := []string{string(t.s.ID), string(id)}
	for i, c := range t.s.Columns {
		if e.Columns[i], err = change(c); err != nil {
			return Copied{}, err
		}
		out.Columns[c.ID] = kernel.ColumnID(m.IDs.New(kernel.PrefixColumn))
		ids = append(ids, string(c.ID), string(out.Columns[c.ID]))
	}
	for _, v := range e.Views {
		ids = append(ids, string(v.ID), m.IDs.New(kernel.PrefixView))
	}
	if e, err = replaceIDs(e, ids); err != nil {
		return Copied{}, err
	}
	for i := range e.Columns {
		e.Columns[i].CreatedAt = m.Clock.Now()
	}
	for i := range e.Views {
		e.Views[i].Owner = m.By
	}
	e.TableID, e.WorkspaceID, e.FolderID, e.Name = id, t.s.Workspace, t.s.Folder, name
	e.Description, e.Owner, e.CopyOf = t.s.About, m.By, t.s.ID
	if err := out.Table.Record(out.Table, e); err != nil || t.s.Tick.IsZero() {
		return out, err
	}
	return out, out.Table.Tick(m.Now())
}

// replaceIDs replaces each first id of the pairs by the second. No two ids begin alike, and nothing else looks like one.
func replaceIDs(e Created, pairs []string) (out Created, err error) {
	raw, err := json.Marshal(e)
	if err != nil {
		return out, fmt.Errorf("copy the columns: %w", err)
	}
	if err := json.Unmarshal([]byte(strings.NewReplacer(pairs...).Replace(string(raw))), &out); err != nil {
		return out, fmt.Errorf("copy the columns: %w", err)
	}
	return out, nil
}
