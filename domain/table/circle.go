package table

import (
	"fmt"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Tables finds a table of the workspace, in the trash or not; an error of kernel.KindNotFound for one that was never there.
type Tables func(kernel.TableID) (*Table, error)

// find is Tables, which may be nil; nil is a table that is not there.
func (find Tables) find(id kernel.TableID) (*Table, error) {
	if find == nil {
		return nil, nil
	}
	t, err := find(id)
	if kernel.KindOf(err) == kernel.KindNotFound {
		return nil, nil
	}
	return t, err
}

// computed checks what a formula or lookup column computes, beside the table's live columns and those in the trash, and keeps its
// references by id. timed says that it asks for the time.
func (t *Table) computed(m Maker, c Column, live []Column) (_ Column, timed bool, err error) {
	switch {
	case c.Formula != nil && c.Kind != FormulaKind:
		return c, false, kernel.Invalid("formula", "only a column of the kind formula has one")
	case c.Lookup != nil && c.Kind != LookupKind:
		return c, false, kernel.Invalid("lookup", "only a column of the kind lookup has one")
	case c.Kind == FormulaKind:
		c, timed, err = c.formula(live)
	case c.Kind == LookupKind:
		c, err = t.lookup(m.Tables, c, live)
	default:
		return c, false, nil
	}
	if err != nil {
		return c, false, err
	}
	names, err := circle(m.Tables, t.s.ID, c, slices.Concat(live, t.Deleted()))
	if err != nil || names == nil {
		return c, timed, err
	}
	field := "formula.expression"
	if c.Kind == LookupKind {
		field = "lookup"
	}
	return c, false, kernel.Invalid(field, "the %s would use itself: %s", c.Kind, strings.Join(names, " → "))
}

// place is a column and the table that it is of.
type place struct {
	table  kernel.TableID
	column kernel.ColumnID
}

// uses are the columns that a column's cells are made of, of its own table and of that which it looks into.
func (c Column) uses(of kernel.TableID) []place {
	var out []place
	for _, id := range c.Formula.References() {
		out = append(out, place{of, id})
	}
	if l := c.Lookup; l != nil {
		out = append(out, place{of, l.Key}, place{l.Table, l.Match})
		if l.Take != TakeCount {
			out = append(out, place{l.Table, l.Value})
		}
	}
	return out
}

// walk looks for the circle that a column would close, over all tables that its lookups reach.
type walk struct {
	from   place
	tables Tables
	known  map[place]Column
	names  map[kernel.TableID]string // of the tables whose columns are known
	seen   map[place]bool
}

// circle names the columns of the circle that a formula or lookup column of a table would close, nil without one. The others are the
// table's, live and in the trash.
func circle(tables Tables, of kernel.TableID, c Column, others []Column) ([]string, error) {
	w := &walk{
		from:   place{of, c.ID},
		tables: tables,
		known:  map[place]Column{},
		names:  map[kernel.TableID]string{of: ""},
		seen:   map[place]bool{},
	}
	for _, o := range others {
		w.known[place{of, o.ID}] = o
	}
	w.known[w.from] = c
	return w.step(w.from, nil)
}

func (w *walk) step(at place, path []string) ([]string, error) {
	path = append(slices.Clone(path), w.name(at))
	for _, next := range w.known[at].uses(at.table) {
		if next == w.from {
			return append(path, w.name(next)), nil
		}
		if w.seen[next] {
			continue
		}
		w.seen[next] = true
		if err := w.learn(next.table); err != nil {
			return nil, err
		}
		if found, err := w.step(next, path); found != nil || err != nil {
			return found, err
		}
	}
	return nil, nil
}

// learn gets to know the columns of another table.
func (w *walk) learn(id kernel.TableID) error {
	if _, ok := w.names[id]; ok {
		return nil
	}
	t, err := w.tables.find(id)
	if err != nil {
		return fmt.Errorf("look for circles in table %s: %w", id, err)
	}
	w.names[id] = ""
	if t == nil {
		return nil
	}
	w.names[id] = t.s.Name
	for _, c := range slices.Concat(t.s.Columns, t.Deleted()) {
		w.known[place{id, c.ID}] = c
	}
	return nil
}

// name is a column's name as a circle says it, with its table's if that is another one.
func (w *walk) name(at place) string {
	name := "“" + w.known[at].Name + "”"
	if at.table != w.from.table {
		name += " of “" + w.names[at.table] + "”"
	}
	return name
}
