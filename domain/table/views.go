package table

import (
	"fmt"
	"slices"

	"github.com/morket/morket/domain/kernel"
)

// SaveView adds or replaces a view. A personal view is changed by its owner, a shared one by all members that may manage tables.
// The default view is a shared one.
func (t *Table) SaveView(v View, by kernel.UserID) (View, error) {
	i := slices.IndexFunc(t.s.Views, func(o View) bool { return o.ID == v.ID })
	if i >= 0 && !t.s.Views[i].VisibleTo(by) {
		return v, kernel.NotFound("view", string(v.ID))
	}
	if i < 0 && len(t.s.Views) >= MaxViews {
		return v, kernel.Invalid("views", "a table has at most %d views; delete one first", MaxViews)
	}
	name, err := cleanName("name", v.Name)
	if err != nil {
		return v, err
	}
	v.Name, v.Owner = name, by
	if i >= 0 {
		v.Owner = t.s.Views[i].Owner
		if t.s.Views[i].Default && !v.Default {
			return v, kernel.Invalid("default", "a table needs a default view; make another view the default instead")
		}
	}
	if v.Default && !v.Shared {
		return v, kernel.Invalid("default", "only a shared view can be the default")
	}
	if err := t.checkView(v); err != nil {
		return v, err
	}
	return v, t.Record(t, ViewSaved{TableID: t.s.ID, View: v})
}

func (t *Table) checkView(v View) error {
	schema := t.Schema()
	if _, err := ParseFilter(v.Filter, schema); err != nil {
		return err
	}
	if err := CheckSorts(v.Sort, schema); err != nil {
		return err
	}
	seen := map[kernel.ColumnID]bool{}
	for i, c := range v.Columns {
		if _, err := t.live(c.ID); err != nil {
			return kernel.Invalid(fmt.Sprintf("columns[%d].id", i), "there is no column %q", c.ID)
		}
		if seen[c.ID] {
			return kernel.Invalid(fmt.Sprintf("columns[%d].id", i), "the column is there twice")
		}
		seen[c.ID] = true
		if c.Width < 0 || c.Width > 2000 {
			return kernel.Invalid(fmt.Sprintf("columns[%d].width", i), "choose 0 to 2000 pixels")
		}
	}
	if err := CheckGroups(v.Groups, schema); err != nil {
		return err
	}
	if err := CheckAggregates(v.Aggregates, schema); err != nil {
		return err
	}
	if err := checkColours(v.Colours, schema); err != nil {
		return err
	}
	switch v.RowHeight {
	case "", "short", "medium", "tall":
		return nil
	}
	return kernel.Invalid("row_height", "choose short, medium or tall")
}

func checkColours(rules []ColourRule, s Schema) error {
	if len(rules) > MaxColours {
		return kernel.Invalid("colours", "a view has at most %d rules", MaxColours)
	}
	for i, r := range rules {
		field := fmt.Sprintf("colours[%d]", i)
		if _, ok := s.Column(r.Column); !ok && r.Column != "" {
			return kernel.Invalid(field+".column", "there is no column %q", kernel.Shorten(string(r.Column)))
		}
		if !slices.Contains(Colours(), r.Colour) {
			return kernel.Invalid(field+".colour", "%q is not a colour of the palette: %v", kernel.Shorten(string(r.Colour)), Colours())
		}
		f, err := ParseFilter(r.When, s)
		if err != nil {
			return kernel.Invalid(field+".when", "%s", err)
		}
		if f.All() {
			return kernel.Invalid(field+".when", "give a condition")
		}
	}
	return nil
}

// DeleteView removes a view.
func (t *Table) DeleteView(id kernel.ViewID, by kernel.UserID) error {
	i := slices.IndexFunc(t.s.Views, func(o View) bool { return o.ID == id })
	if i < 0 || !t.s.Views[i].VisibleTo(by) {
		return kernel.NotFound("view", string(id))
	}
	if t.s.Views[i].Default {
		return kernel.Invalid("view", "this is the default view; make another view the default first")
	}
	return t.Record(t, ViewDeleted{TableID: t.s.ID, ViewID: id})
}

// CheckSorts checks the levels of an order against the table.
func CheckSorts(sorts []Sort, s Schema) error {
	if len(sorts) > MaxSorts {
		return kernel.Invalid("sort", "at most %d levels are possible", MaxSorts)
	}
	seen := map[kernel.ColumnID]bool{}
	for i, o := range sorts {
		field := fmt.Sprintf("sort[%d]", i)
		c, ok := s.Column(o.Column)
		if !ok {
			return kernel.Invalid(field, "there is no column %q", o.Column)
		}
		if seen[c.ID] {
			return kernel.Invalid(field, "the column %q is there twice", c.Name)
		}
		seen[c.ID] = true
		if o.Dir != Ascending && o.Dir != Descending {
			return kernel.Invalid(field, "the direction is asc or desc, not %q", o.Dir)
		}
	}
	return nil
}
