package table

import (
	"github.com/morket/morket/domain/kernel"
)

// lookup checks what a column looks up, and keeps its references by id.
func (t *Table) lookup(tables Tables, c Column, live []Column) (Column, error) {
	if c.Lookup == nil {
		return c, kernel.Invalid("lookup", "say what the column looks up: table_id, key, match, take and value")
	}
	l := *c.Lookup
	in := Schema{Columns: live}
	if l.Table != t.s.ID {
		other, err := tables.find(l.Table)
		if err != nil {
			return c, err
		}
		if other == nil || other.In(t.s.Workspace, l.Table) != nil {
			return c, kernel.NotFound("table", string(l.Table))
		}
		in = other.Schema()
	}
	if err := l.resolve(Schema{Columns: live}, in); err != nil {
		return c, err
	}
	value, _ := in.Column(l.Value)
	taken, err := l.Take.Of(value.Type)
	if c.Type == "" {
		c.Type = taken
	}
	switch {
	case err != nil:
		return c, kernel.Invalid("lookup.take", "%s", err.Error())
	case !c.Type.holds(taken):
		return c, kernel.Invalid("type", "the lookup takes values of the type %s; make the column of that type, or text", taken)
	}
	c.Lookup = &l
	return c, nil
}

// TryLookup checks what a column would look up, and says of which type it is if that is open. Its id is empty for one to be made.
func (t *Table) TryLookup(tables Tables, c Column) (Column, error) {
	c.Kind = LookupKind
	if known, err := t.live(c.ID); err == nil {
		c.Name = known.Name
	}
	c, _, err := t.computed(Maker{Tables: tables}, c, t.s.Columns)
	return c, err
}

// resolve finds the columns that the lookup names in its own table and in the one that is looked into.
func (l *Lookup) resolve(own, in Schema) error {
	key, err := keyColumn("lookup.key", own, l.Key)
	if err != nil {
		return err
	}
	match, err := keyColumn("lookup.match", in, l.Match)
	if err != nil {
		return err
	}
	l.Key, l.Match = key.ID, match.ID
	if l.Compare == "" {
		l.Compare = Comparing(key.Type, match.Type)
	}
	if !l.Compare.Known() {
		return kernel.Invalid("lookup.compare", "keys are compared as text, email, domain, phone, number or date, not as %q",
			kernel.Shorten(string(l.Compare)))
	}
	if l.Take == TakeCount {
		l.Value = ""
		return nil
	}
	value, ok := in.Find(string(l.Value))
	if !ok {
		return kernel.Invalid("lookup.value", "the table has no column “%s” to take", kernel.Shorten(string(l.Value)))
	}
	l.Value = value.ID
	return nil
}

func keyColumn(field string, s Schema, id kernel.ColumnID) (Column, error) {
	c, ok := s.Find(string(id))
	switch {
	case !ok:
		return c, kernel.Invalid(field, "the table has no column “%s”", kernel.Shorten(string(id)))
	case !c.Type.matchable():
		return c, kernel.Invalid(field, "“%s” holds no keys: choose a column of texts, numbers, dates, members or row ids", c.Name)
	}
	return c, nil
}
