package table

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// column makes a column of a draft beside the others.
func (m Maker) column(d Draft, others []Column) (Column, error) {
	name, err := cleanName("name", d.Name)
	if err != nil {
		return Column{}, err
	}
	if slices.ContainsFunc(others, func(o Column) bool { return strings.EqualFold(o.Name, name) }) {
		return Column{}, nameTaken(name)
	}
	if !d.Type.Known() && (d.Type != "" || d.Kind != LookupKind) { // a lookup's is what it takes
		return Column{}, kernel.Invalid("type", "%q is not a column type; the types are %s", d.Type, typeNames())
	}
	kind := d.Kind
	if kind == "" {
		kind = Data
	}
	if kind != Data && kind != Enrichment && !kind.Computed() {
		return Column{}, kernel.Invalid("kind", "%q is not a kind of column; use data, formula, lookup or enrichment", kind)
	}
	if kind == Enrichment && d.Type.ReadOnly() {
		return Column{}, kernel.Invalid("type", "an enrichment can't fill a column that Morket keeps")
	}
	return m.finish(Column{
		ID:          kernel.ColumnID(m.IDs.New(kernel.PrefixColumn)),
		Name:        name,
		Type:        d.Type,
		Kind:        kind,
		Options:     d.Options,
		Format:      d.Format,
		Form:        d.Form,
		Description: d.Description,
		Formula:     d.Formula,
		Lookup:      d.Lookup,
		Enrichment:  d.Enrichment,
		CreatedAt:   m.Clock.Now(),
	})
}

// finish checks what a column has besides its name and type, and gives ids and colours to new options.
func (m Maker) finish(c Column) (Column, error) {
	if utf8.RuneCountInString(c.Description) > 1000 {
		return c, kernel.Invalid("description", "at most 1000 characters are possible")
	}
	if strings.ContainsRune(c.Description, 0) {
		return c, kernel.Invalid("description", "the text holds a NUL character; remove it")
	}
	if c.Format != nil {
		if d := c.Format.Decimals; d != nil && (*d < 0 || *d > 10) {
			return c, kernel.Invalid("format.decimals", "choose 0 to 10")
		}
		if cur := c.Format.Currency; cur != "" && (len(cur) != 3 || strings.ToUpper(cur) != cur) {
			return c, kernel.Invalid("format.currency", "%q is not a currency code like EUR", cur)
		}
	}
	if err := c.Form.check(); err != nil {
		return c, err
	}
	c.Form = c.Form.of(c.Type)
	options, err := m.options(c)
	c.Options = options
	return c, err
}

func (m Maker) options(c Column) ([]Option, error) {
	if len(c.Options) == 0 {
		return nil, nil
	}
	if c.Type != Select && c.Type != MultiSelect {
		return nil, kernel.Invalid("options", "only select and multi_select columns have options")
	}
	if len(c.Options) > MaxOptions {
		return nil, kernel.Invalid("options", "a column has at most %d options", MaxOptions)
	}
	palette := []string{"blue", "green", "amber", "rose", "violet", "teal", "orange", "slate", "pink", "lime"}
	out, seen := make([]Option, len(c.Options)), map[string]bool{}
	for i, o := range c.Options {
		field := fmt.Sprintf("options[%d].name", i)
		name, err := cleanName(field, o.Name)
		if err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, kernel.Invalid(field, "the option %q is there twice", name)
		}
		seen[name] = true
		if len(o.Color) > 20 || len(o.ID) > 40 {
			return nil, kernel.Invalid(fmt.Sprintf("options[%d]", i), "the colour or id is too long")
		}
		out[i] = Option{ID: o.ID, Name: name, Color: o.Color}
		if out[i].ID == "" {
			out[i].ID = m.IDs.New("opt")
		}
		if out[i].Color == "" {
			out[i].Color = palette[i%len(palette)]
		}
	}
	return out, nil
}

func typeNames() string {
	names := make([]string, 0, len(Types()))
	for _, t := range Types() {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}

// suffixed is the name with a number, kept within the limit.
func suffixed(name string, n int) string {
	tail := fmt.Sprintf(" (%d)", n)
	runes := []rune(name)
	return string(runes[:min(len(runes), MaxNameChars-len(tail))]) + tail
}
