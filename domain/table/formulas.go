package table

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/expression"
)

func asProblem(err error, p **expression.SyntaxError) bool { return errors.As(err, p) }

// Formulas are the formula and lookup columns of a table, those in the trash too, in an order in which each comes after those that it uses.
// A formula's value is a function of the row's other cells and the table's tick, a lookup's one of its key and the rows that it looks into,
// and of nothing else, so that a replay computes the same.
type Formulas struct {
	order []*computed
	by    map[kernel.ColumnID]*computed
	tick  time.Time
}

// computed is a formula or lookup column ready to be evaluated.
type computed struct {
	column  Column
	as      Column              // the column with which results are checked
	program *expression.Program // nil of a lookup
	inputs  []input             // one of a lookup: its key
	broken  string              // why nothing can be computed
	trashed bool
	place   int
}

// input is what a variable of a formula is, or a lookup's key.
type input struct {
	id      kernel.ColumnID
	name    string
	typ     Type
	formula *computed // nil for a column that isn't computed
}

// Formulas returns the table's formula and lookup columns.
func (t *Table) Formulas() *Formulas {
	f := &Formulas{by: map[kernel.ColumnID]*computed{}, tick: t.s.Tick}
	live := map[kernel.ColumnID]Column{}
	for _, c := range t.s.Columns {
		live[c.ID] = c
	}
	for _, c := range append(slices.Clone(t.s.Columns), t.Deleted()...) {
		if c.Formula != nil || c.Lookup != nil {
			_, isLive := live[c.ID]
			f.by[c.ID] = &computed{column: c, as: c, trashed: !isLive}
		}
	}
	for _, c := range f.by {
		c.as.Kind, c.as.Formula, c.as.Lookup = Data, nil, nil
		f.compile(c, live)
	}
	for _, c := range append(slices.Clone(t.s.Columns), t.Deleted()...) {
		f.place(c.ID, nil)
	}
	return f
}

func (f *Formulas) compile(c *computed, live map[kernel.ColumnID]Column) {
	inputs := c.column.inputs()
	if c.column.Formula != nil {
		var err error
		c.program, inputs, err = compileFormula(c.column.Formula.Expression,
			func(name string) (kernel.ColumnID, bool) { return kernel.ColumnID(name), true })
		if err != nil {
			c.broken = err.Error()
			return
		}
	}
	for _, id := range inputs {
		of, ok := live[id]
		if !ok {
			c.broken = "a column that the " + string(c.column.Kind) + " uses is in the trash or gone"
			return
		}
		c.inputs = append(c.inputs, input{id: id, name: of.Name, typ: of.Type, formula: f.by[id]})
	}
}

// inputs are the columns of a row that its cell in this column is made of: what a formula refers to, or a lookup's key.
func (c Column) inputs() []kernel.ColumnID {
	if c.Lookup != nil {
		return []kernel.ColumnID{c.Lookup.Key}
	}
	return c.Formula.References()
}

// place puts a formula behind those that it uses.
func (f *Formulas) place(id kernel.ColumnID, above []kernel.ColumnID) {
	c := f.by[id]
	if c == nil || slices.Contains(f.order, c) {
		return
	}
	if slices.Contains(above, id) { // commands refuse circles, so this is one of events that no command made
		c.broken = "the " + string(c.column.Kind) + " uses itself"
		return
	}
	for _, in := range c.inputs {
		f.place(in.id, append(above, id))
	}
	c.place = len(f.order)
	f.order = append(f.order, c)
}

// None reports whether the table has no formula and no lookup.
func (f *Formulas) None() bool { return len(f.order) == 0 }

// All returns the id of every formula and lookup column.
func (f *Formulas) All() []kernel.ColumnID {
	out := make([]kernel.ColumnID, len(f.order))
	for i, c := range f.order {
		out[i] = c.column.ID
	}
	return out
}

// Timed returns those that ask for the time.
func (f *Formulas) Timed() []kernel.ColumnID {
	var out []kernel.ColumnID
	for _, c := range f.order {
		if c.program != nil && c.program.UsesTime() {
			out = append(out, c.column.ID)
		}
	}
	return out
}

// AskFor reports whether live formulas ask for the day or the time, and whether any asks for the time.
func (f *Formulas) AskFor() (day, hour bool) {
	for _, c := range f.order {
		if c.program != nil && !c.trashed {
			day, hour = day || c.program.UsesTime(), hour || c.program.UsesNow()
		}
	}
	return day, hour
}

// Lookups returns the lookup columns, those in the trash too.
func (f *Formulas) Lookups() []Column {
	var out []Column
	for _, c := range f.order {
		if c.column.Lookup != nil {
			out = append(out, c.column)
		}
	}
	return out
}

// Alone returns the columns that are functions of the row alone: no lookups, and none that use one.
func (f *Formulas) Alone() []kernel.ColumnID {
	looked := f.Looked()
	return slices.DeleteFunc(f.All(), func(id kernel.ColumnID) bool { return slices.Contains(looked, id) })
}

// Looked returns the lookup columns and those that use them.
func (f *Formulas) Looked() []kernel.ColumnID {
	var ids []kernel.ColumnID
	for _, c := range f.Lookups() {
		ids = append(ids, c.ID)
	}
	return f.Using(ids)
}

// Using returns the formula and lookup columns whose values depend on one of the columns, directly or through others, and those of the
// columns that are formulas or lookups themselves.
func (f *Formulas) Using(columns []kernel.ColumnID) []kernel.ColumnID {
	changed := map[kernel.ColumnID]bool{}
	for _, id := range columns {
		changed[id] = true
	}
	var out []kernel.ColumnID
	for _, c := range f.order {
		depends := changed[c.column.ID] || slices.ContainsFunc(c.column.inputs(), func(id kernel.ColumnID) bool { return changed[id] })
		if depends {
			changed[c.column.ID] = true
			out = append(out, c.column.ID)
		}
	}
	return out
}

// Behind returns the columns, and for those that are computed what they are computed from, directly or through others.
func (s Schema) Behind(columns []kernel.ColumnID) []kernel.ColumnID {
	var out []kernel.ColumnID
	var add func(id kernel.ColumnID)
	add = func(id kernel.ColumnID) {
		if slices.Contains(out, id) {
			return
		}
		out = append(out, id)
		c, _ := s.Column(id)
		for _, of := range c.inputs() {
			add(of)
		}
	}
	for _, id := range columns {
		add(id)
	}
	return out
}

// Plan computes some formula and lookup columns of rows. It is not safe for concurrent use.
type Plan struct {
	// Writes are the columns to compute, each after those that it uses.
	Writes []Column
	// Lookups are the lookup columns among what is evaluated, each after those that its key is made of.
	Lookups []Column
	// Reads are the other columns that they need.
	Reads []kernel.ColumnID

	steps   []*computed // Writes, and the formulas that they use
	wanted  []bool      // which of the steps are Writes
	results []Computed  // by the formulas' places
	tick    time.Time
}

// Computed is what a formula makes of a row: a canonical value, or an empty cell with the reason.
type Computed struct {
	Value json.RawMessage
	Error string
}

// Plan returns how to compute the columns, nil if none of them is a formula or lookup.
func (f *Formulas) Plan(columns []kernel.ColumnID) *Plan {
	p := &Plan{results: make([]Computed, len(f.order)), tick: f.tick}
	need := map[kernel.ColumnID]bool{}
	for _, id := range columns {
		if f.by[id] != nil {
			need[id] = true
		}
	}
	if len(need) == 0 {
		return nil
	}
	reads := map[kernel.ColumnID]bool{}
	for _, c := range slices.Backward(f.order) {
		if !need[c.column.ID] {
			continue
		}
		wanted := slices.Contains(columns, c.column.ID)
		p.steps, p.wanted = append(p.steps, c), append(p.wanted, wanted)
		if wanted {
			p.Writes = append(p.Writes, c.column)
		}
		for _, in := range c.inputs {
			if in.formula != nil {
				need[in.id] = true
			} else if !reads[in.id] {
				reads[in.id] = true
				p.Reads = append(p.Reads, in.id)
			}
		}
	}
	slices.Reverse(p.steps)
	for _, c := range p.steps {
		if c.column.Lookup != nil {
			p.Lookups = append(p.Lookups, c.column)
		}
	}
	slices.Reverse(p.wanted)
	slices.Reverse(p.Writes)
	slices.Sort(p.Reads)
	return p
}

// Values are the cells of a row that are not computed.
type Values func(kernel.ColumnID) json.RawMessage

// TakenBy is what a lookup column takes of the rows that have a key, as the plan's Key has told it before.
type TakenBy func(lookup kernel.ColumnID, key Key) Computed

// Key is the key that the plan's n-th lookup looks up for a row, false for none. What the lookups before it take must be found already.
func (p *Plan) Key(n int, value Values, taken TakenBy) (Key, bool) {
	id := p.Lookups[n].ID
	for i, c := range p.steps {
		if c.column.ID != id {
			continue
		}
		if c.broken == "" && c.inputs[0].formula != nil {
			for _, before := range p.steps[:i] {
				p.results[before.place] = p.compute(before, value, taken)
			}
		}
		return p.key(c, value)
	}
	return Key{}, false
}

func (p *Plan) key(c *computed, value Values) (Key, bool) {
	if c.broken != "" {
		return Key{}, false
	}
	return KeyOf(c.column.Lookup.Compare, c.inputs[0].typ, p.input(c.inputs[0], value))
}

func (p *Plan) input(in input, value Values) json.RawMessage {
	if in.formula != nil {
		return p.results[in.formula.place].Value
	}
	return value(in.id)
}

// Compute evaluates the formulas and lookups over a row and appends what each of Writes is to out. taken may be nil without Lookups.
func (p *Plan) Compute(value Values, taken TakenBy, out []Computed) []Computed {
	for i, c := range p.steps {
		r := p.compute(c, value, taken)
		p.results[c.place] = r
		if p.wanted[i] {
			out = append(out, r)
		}
	}
	return out
}

func (p *Plan) compute(c *computed, value Values, taken TakenBy) Computed {
	if c.broken != "" {
		return failed(errors.New(c.broken))
	}
	for _, in := range c.inputs {
		if in.formula != nil && p.results[in.formula.place].Error != "" {
			return failed(fmt.Errorf("“%s” has an error", in.name))
		}
	}
	if c.column.Lookup != nil {
		key, ok := p.key(c, value)
		if !ok {
			return Computed{Value: kernel.Null()}
		}
		return taken(c.column.ID, key)
	}
	v, err := c.program.EvalAt(p.tick, func(i int) json.RawMessage { return p.input(c.inputs[i], value) })
	if err != nil {
		return failed(err)
	}
	fitted, err := fit(c.as, v)
	if err != nil {
		return failed(err)
	}
	return Computed{Value: fitted}
}

func failed(err error) Computed {
	return Computed{Value: kernel.Null(), Error: kernel.Shorten(err.Error())}
}
