package table

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// AddColumn adds a column after another, or at the end.
func (t *Table) AddColumn(m Maker, d Draft, after kernel.ColumnID, step Step) (Column, error) {
	if len(t.s.Columns) >= MaxColumns {
		return Column{}, tooManyColumns()
	}
	if after != "" && t.index(after) < 0 {
		return Column{}, kernel.NotFound("column", string(after))
	}
	c, err := m.column(d, t.s.Columns)
	if err != nil {
		return Column{}, err
	}
	c, timed, err := t.computed(m, c, t.s.Columns)
	if err != nil {
		return Column{}, err
	}
	if err := t.Record(t, ColumnAdded{TableID: t.s.ID, Column: c, After: after, Step: step}); err != nil || !timed {
		return c, err
	}
	return c, t.Tick(m.Now())
}

// DuplicateColumn adds a copy beside a column, with its values or empty.
func (t *Table) DuplicateColumn(m Maker, id kernel.ColumnID, name string, withValues bool, step Step) (Column, error) {
	old, err := t.live(id)
	if err != nil {
		return Column{}, err
	}
	if len(t.s.Columns) >= MaxColumns {
		return Column{}, tooManyColumns()
	}
	c, err := m.column(Draft{
		Name:        name,
		Type:        old.Type,
		Kind:        old.Kind,
		Format:      old.Format,
		Form:        old.Form,
		Description: old.Description,
		Formula:     old.Formula,
		Lookup:      old.Lookup,
		Enrichment:  old.Enrichment,
	}, t.s.Columns)
	if err != nil {
		return Column{}, err
	}
	c.Options = old.Options
	return c, t.Record(t, ColumnAdded{TableID: t.s.ID, Column: c, After: id, CopyOf: id, WithValues: withValues && c.Writable(), Step: step})
}

// ColumnChange is what to change of a column; nil leaves a thing as it is.
type ColumnChange struct {
	Name        *string
	Description *string
	Options     *[]Option
	Format      *NumberFormat
	Form        *Form // an empty one takes the column's away
	Kind        *Kind
	Type        *Type // of a formula or lookup column only
	Formula     *Formula
	Lookup      *Lookup
	Enrichment  *json.RawMessage
}

// ChangeColumn changes anything of a column but its type. Another form or format changes how values are written and read, not
// the values. An option keeps its name while cells may hold it, so options
// can be added, recoloured and reordered; removing one leaves cells that hold it as they are.
func (t *Table) ChangeColumn(m Maker, id kernel.ColumnID, ch ColumnChange, step Step) (Column, error) {
	old, err := t.live(id)
	if err != nil {
		return Column{}, err
	}
	c := old
	if ch.Name != nil {
		if c.Name, err = t.freeName(*ch.Name, id); err != nil {
			return Column{}, err
		}
	}
	if ch.Description != nil {
		c.Description = *ch.Description
	}
	if ch.Options != nil {
		c.Options = *ch.Options
	}
	if ch.Format != nil {
		c.Format = ch.Format
	}
	if ch.Form != nil {
		c.Form = ch.Form
	}
	if ch.Kind != nil {
		c.Kind = *ch.Kind
	}
	if ch.Enrichment != nil {
		c.Enrichment = *ch.Enrichment
	}
	if err := c.recompute(old, ch); err != nil {
		return Column{}, err
	}
	if c, err = m.finish(c); err != nil {
		return Column{}, err
	}
	timed := false
	if c.computesOther(old) {
		if c, timed, err = t.computed(m, c, t.s.Columns); err != nil {
			return Column{}, err
		}
	}
	if reflect.DeepEqual(c, old) {
		return c, nil
	}
	if err := t.Record(t, ColumnChanged{TableID: t.s.ID, Column: c, Old: old, Step: step}); err != nil || !timed {
		return c, err
	}
	return c, t.Tick(m.Now())
}

// computesOther reports whether the cells of a formula or lookup column may become others by a change.
func (c *Column) computesOther(old Column) bool {
	return !reflect.DeepEqual(c.Formula, old.Formula) || !reflect.DeepEqual(c.Lookup, old.Lookup) || c.Type != old.Type
}

// recompute takes on the changes that make a computed column's values others. A column becomes no formula or lookup and neither becomes
// another kind: what its cells hold is in no event, or would be lost.
func (c *Column) recompute(old Column, ch ColumnChange) error {
	if old.Kind != c.Kind && (old.Kind.Computed() || c.Kind.Computed()) {
		return kernel.Invalid("kind", "a column does not become a formula or lookup column, nor the other way round; add another column")
	}
	if ch.Type != nil && *ch.Type != old.Type {
		if !old.Kind.Computed() {
			return kernel.Invalid("type", "change the type of “%s” by changing its type; its values are converted then", old.Name)
		}
		c.Type = *ch.Type
		if c.Type != Select && c.Type != MultiSelect {
			c.Options = nil
		}
		if !c.Type.Numeric() {
			c.Format = nil
		}
	}
	if ch.Formula != nil {
		c.Formula = ch.Formula
	}
	if ch.Lookup != nil {
		c.Lookup = ch.Lookup
	}
	return nil
}

// AddOptions adds options to a select or multi-select column; names that it has already are passed over.
func (t *Table) AddOptions(m Maker, id kernel.ColumnID, names []string, step Step) (Column, error) {
	c, err := t.live(id)
	if err != nil {
		return Column{}, err
	}
	options := slices.Clone(c.Options)
	for _, n := range names {
		if !slices.ContainsFunc(options, func(o Option) bool { return o.Name == n }) {
			options = append(options, Option{Name: n})
		}
	}
	return t.ChangeColumn(m, id, ColumnChange{Options: &options}, step)
}

// DeleteColumn puts a column into the trash.
func (t *Table) DeleteColumn(id kernel.ColumnID, step Step) error {
	if _, err := t.live(id); err != nil {
		return err
	}
	return t.Record(t, ColumnDeleted{TableID: t.s.ID, ColumnID: id, Step: step})
}

// RestoreColumn takes a column out of the trash. If its name is taken meanwhile, it comes back under a free one.
func (t *Table) RestoreColumn(id kernel.ColumnID, step Step) (Column, error) {
	if c, err := t.live(id); err == nil {
		return c, nil
	}
	i := t.deleted(id)
	if i < 0 {
		return Column{}, kernel.NotFound("column", string(id))
	}
	if len(t.s.Columns) >= MaxColumns {
		return Column{}, tooManyColumns()
	}
	c := t.s.Deleted[i].Column
	name := c.Name
	for n := 2; t.taken(name, id); n++ {
		name = suffixed(c.Name, n)
	}
	if err := t.Record(t, ColumnRestored{TableID: t.s.ID, ColumnID: id, Step: step}); err != nil || name == c.Name {
		return c, err
	}
	old := c
	c.Name = name
	return c, t.Record(t, ColumnChanged{TableID: t.s.ID, Column: c, Old: old, Step: step})
}

// deleted is the column's place in the trash, -1 if it isn't there.
func (t *Table) deleted(id kernel.ColumnID) int {
	return slices.IndexFunc(t.s.Deleted, func(d deletedColumn) bool { return d.Column.ID == id })
}

// Gone reports whether a column is neither live nor in the trash.
func (t *Table) Gone(id kernel.ColumnID) bool {
	return t.index(id) < 0 && t.deleted(id) < 0
}

// PurgeColumn removes a column for good, if it is in the trash.
func (t *Table) PurgeColumn(id kernel.ColumnID) error {
	if t.deleted(id) < 0 {
		return nil
	}
	return t.Record(t, ColumnPurged{TableID: t.s.ID, ColumnID: id})
}

// ReorderColumns puts the columns into the order of ids, which must name each live column once.
func (t *Table) ReorderColumns(ids []kernel.ColumnID, step Step) error {
	old := make([]kernel.ColumnID, len(t.s.Columns))
	for i, c := range t.s.Columns {
		old[i] = c.ID
	}
	a, b := slices.Clone(ids), slices.Clone(old)
	slices.Sort(a)
	slices.Sort(b)
	if !slices.Equal(a, b) {
		return kernel.Invalid("columns", "name each of the table's %d columns exactly once", len(old))
	}
	if slices.Equal(ids, old) {
		return nil
	}
	return t.Record(t, ColumnsReordered{TableID: t.s.ID, Columns: ids, Old: old, Step: step})
}

// Retyped is what a column becomes by a change of its type.
type Retyped struct {
	Type    Type
	Options []Option
	Form    *Form // in which the text is read that the values are written as; then it is the column's
	Format  *NumberFormat
}

// Retype returns the column as it would be with another type.
func (t *Table) Retype(m Maker, id kernel.ColumnID, r Retyped) (old, c Column, err error) {
	to := r.Type
	if old, err = t.live(id); err != nil {
		return old, c, err
	}
	if old.Kind.Computed() {
		return old, c, kernel.Invalid("type", "change the type of a formula or lookup column together with what it computes")
	}
	if old.Type.ReadOnly() || to.ReadOnly() {
		return old, c, kernel.Invalid("type", "a column that Morket keeps can't change its type; add another column")
	}
	c = old
	c.Type, c.Options = to, nil
	if to == Select || to == MultiSelect {
		c.Options = append(slices.Clone(old.Options), r.Options...)
	}
	c.Form = old.Form
	if r.Form != nil {
		c.Form = r.Form
	}
	if r.Format != nil {
		c.Format = r.Format
	}
	if !to.Numeric() {
		c.Format = nil
	}
	c, err = m.finish(c)
	return old, c, err
}

// ChangeType changes a column's type; that no value gets lost that may not is for the caller to see to.
func (t *Table) ChangeType(old, c Column, by Rules, lossy bool, step Step) error {
	if old.Type == c.Type {
		return nil
	}
	return t.Record(t, ColumnTypeChanged{TableID: t.s.ID, Column: c, Old: old, By: &by, Lossy: lossy, Step: step})
}

// RevertType takes the last change of a column's type back, from what the column was before; with redo it does the first of
// the changes that were taken back again. It fails if the type has been changed otherwise since.
func (t *Table) RevertType(to Column, redo bool, step Step) error {
	now, err := t.live(to.ID)
	if err != nil {
		return err
	}
	list := slices.DeleteFunc(t.Formers(to.ID), func(f Former) bool { return f.Undone != redo })
	if !redo {
		slices.Reverse(list)
	}
	if len(list) == 0 || list[0].Column.Type != to.Type {
		return kernel.E(kernel.KindConflict, "CONFLICT", "the type of “%s” has been changed since; undo that first", now.Name)
	}
	c := now
	c.Type, c.Options, c.Format, c.Form = to.Type, to.Options, to.Format, to.Form
	return t.Record(t, ColumnTypeReverted{TableID: t.s.ID, Column: c, Old: now, At: list[0].At, By: list[0].By, Step: step})
}

// Formers returns the changes of type of a column that can be taken back, the last one last.
func (t *Table) Formers(id kernel.ColumnID) []Former {
	return slices.DeleteFunc(slices.Clone(t.s.Formers), func(f Former) bool { return f.Column.ID != id })
}

// Live returns a live column.
func (t *Table) Live(id kernel.ColumnID) (Column, error) { return t.live(id) }

func (t *Table) live(id kernel.ColumnID) (Column, error) {
	if i := t.index(id); i >= 0 {
		return t.s.Columns[i], nil
	}
	return Column{}, kernel.NotFound("column", string(id))
}

// Deleted returns the columns in the trash.
func (t *Table) Deleted() []Column {
	out := make([]Column, len(t.s.Deleted))
	for i, d := range t.s.Deleted {
		out[i] = d.Column
	}
	return out
}

func (t *Table) taken(name string, except kernel.ColumnID) bool {
	return slices.ContainsFunc(t.s.Columns, func(c Column) bool { return c.ID != except && strings.EqualFold(c.Name, name) })
}

func (t *Table) freeName(name string, except kernel.ColumnID) (string, error) {
	name, err := cleanName("name", name)
	if err == nil && t.taken(name, except) {
		err = nameTaken(name)
	}
	return name, err
}

func nameTaken(name string) error {
	return kernel.Invalid("name", "there is a column named %q already; names differ by more than case", name)
}

// Reorder puts the columns into the order of ids as far as they are there still; others follow.
func (t *Table) Reorder(ids []kernel.ColumnID, step Step) error {
	cols := Reorder(t.s.Columns, ids)
	order := make([]kernel.ColumnID, len(cols))
	for i, c := range cols {
		order[i] = c.ID
	}
	return t.ReorderColumns(order, step)
}

// ChangeBack takes a ColumnChanged back, thing by thing: what has been changed again since is a conflict, unless forced.
func (t *Table) ChangeBack(m Maker, e ColumnChanged, force bool, step Step) error {
	now, err := t.live(e.Column.ID)
	if err != nil {
		return err
	}
	var ch ColumnChange
	if e.Column.Name != e.Old.Name {
		ch.Name = &e.Old.Name
	}
	if e.Column.Description != e.Old.Description {
		ch.Description = &e.Old.Description
	}
	if !reflect.DeepEqual(e.Column.Options, e.Old.Options) {
		ch.Options = &e.Old.Options
	}
	if !reflect.DeepEqual(e.Column.Format, e.Old.Format) {
		if ch.Format = e.Old.Format; ch.Format == nil {
			ch.Format = &NumberFormat{}
		}
	}
	if !reflect.DeepEqual(e.Column.Form, e.Old.Form) {
		if ch.Form = e.Old.Form; ch.Form == nil {
			ch.Form = &Form{}
		}
	}
	if string(e.Column.Enrichment) != string(e.Old.Enrichment) || e.Column.Kind != e.Old.Kind {
		ch.Enrichment, ch.Kind = &e.Old.Enrichment, &e.Old.Kind
	}
	if e.Column.computesOther(e.Old) {
		ch.Formula, ch.Lookup, ch.Type = e.Old.Formula, e.Old.Lookup, &e.Old.Type
	}
	if !force && (ch.Type != nil && now.computesOther(e.Column) || ch.Name != nil && now.Name != e.Column.Name ||
		ch.Description != nil && now.Description != e.Column.Description ||
		ch.Options != nil && !reflect.DeepEqual(now.Options, e.Column.Options) ||
		ch.Enrichment != nil && string(now.Enrichment) != string(e.Column.Enrichment)) {
		return kernel.E(kernel.KindConflict, "CHANGED_SINCE", "the column “%s” has been changed since; undo that first, or force it", now.Name)
	}
	_, err = t.ChangeColumn(m, now.ID, ch, step)
	return err
}
