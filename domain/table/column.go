package table

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Type is what the values of a column are.
type Type string

// The types whose values people and programs write.
const (
	Text        Type = "text"
	LongText    Type = "long_text"
	Number      Type = "number"
	Currency    Type = "currency"
	Percent     Type = "percent" // 12.5 is 12.5 %
	Boolean     Type = "boolean"
	Date        Type = "date"
	DateTime    Type = "datetime"
	Email       Type = "email"
	URL         Type = "url"
	Phone       Type = "phone"
	Select      Type = "select"
	MultiSelect Type = "multi_select"
	User        Type = "user"
	JSON        Type = "json"
)

// The types whose values the product keeps by itself; nobody writes them.
const (
	CreatedAt Type = "created_at"
	UpdatedAt Type = "updated_at"
	CreatedBy Type = "created_by"
	UpdatedBy Type = "updated_by"
	RowIDType Type = "row_id"
)

// Types returns every type.
func Types() []Type {
	return []Type{
		Text, LongText, Number, Currency, Percent, Boolean, Date, DateTime, Email, URL, Phone, Select, MultiSelect, User, JSON,
		CreatedAt, UpdatedAt, CreatedBy, UpdatedBy, RowIDType,
	}
}

// Known reports whether it is one of Types.
func (t Type) Known() bool {
	for _, k := range Types() {
		if k == t {
			return true
		}
	}
	return false
}

// ReadOnly reports whether the product keeps the values by itself.
func (t Type) ReadOnly() bool {
	switch t {
	case CreatedAt, UpdatedAt, CreatedBy, UpdatedBy, RowIDType:
		return true
	default:
		return false
	}
}

// Textual reports whether the values are plain text, which q searches.
func (t Type) Textual() bool {
	switch t {
	case Text, LongText, Email, URL, Phone, Select:
		return true
	default:
		return false
	}
}

// Numeric reports whether the values are exact decimals.
func (t Type) Numeric() bool { return t == Number || t == Currency || t == Percent }

// Kind is where the values of a column come from.
type Kind string

// The kinds of column.
const (
	Data       Kind = "data"
	Enrichment Kind = "enrichment"
	// FormulaKind is of a column that is computed from the other cells of its row; nobody writes its cells.
	FormulaKind Kind = "formula"
	// LookupKind is of a column that is taken from the rows of a table in which the row's key is found; nobody writes its cells.
	LookupKind Kind = "lookup"
)

// Computed reports whether the cells are made of other cells, by the table's Formulas, and written by nobody.
func (k Kind) Computed() bool { return k == FormulaKind || k == LookupKind }

// Option is one of the values that a select or multi-select column takes. Cells hold its name.
type Option struct {
	ID    string `json:"id" required:"false" minLength:"1" doc:"Leave it out for a new option."`
	Name  string `json:"name"`
	Color string `json:"color,omitempty"`
}

// NumberFormat says how numbers are shown.
type NumberFormat struct {
	Decimals *int   `json:"decimals,omitempty" minimum:"0" maximum:"10"`
	Currency string `json:"currency,omitempty" maxLength:"3" doc:"ISO 4217, of a currency column"`
}

// Column is a column of a table.
type Column struct {
	ID          kernel.ColumnID `json:"id"`
	Name        string          `json:"name"`
	Type        Type            `json:"type"`
	Kind        Kind            `json:"kind"`
	Options     []Option        `json:"options,omitempty"`
	Format      *NumberFormat   `json:"format,omitempty"`
	Form        *Form           `json:"form,omitempty"`
	Description string          `json:"description,omitempty"`
	Formula     *Formula        `json:"formula,omitempty"`
	Lookup      *Lookup         `json:"lookup,omitempty"`
	// Enrichment is the configuration of an enrichment column; what is in it is domain/enrichment's matter.
	Enrichment json.RawMessage `json:"enrichment,omitempty"`
	CreatedAt  time.Time       `json:"created_at"`
}

// Option returns the option with the name.
func (c Column) Option(name string) (Option, bool) {
	for _, o := range c.Options {
		if o.Name == name {
			return o, true
		}
	}
	return Option{}, false
}

// Refusal says why cells of the column can't be written.
func (c Column) Refusal() string {
	switch c.Kind {
	case FormulaKind:
		return "is computed by a formula and can't be written"
	case LookupKind:
		return "is looked up and can't be written"
	case Data, Enrichment:
	}
	return "is kept by Morket and can't be written"
}

// Writable reports whether cells of the column can be written.
func (c Column) Writable() bool { return !c.Type.ReadOnly() && !c.Kind.Computed() }

// Schema is what a table's cells are checked against: its live columns, in their order, at a version of its stream.
type Schema struct {
	Table     kernel.TableID     `json:"table"`
	Workspace kernel.WorkspaceID `json:"workspace"`
	Name      string             `json:"name"`
	Columns   []Column           `json:"columns"`
	Version   int64              `json:"version"` // of the table's stream
	Trashed   bool               `json:"trashed,omitempty"`
	Tick      time.Time          `json:"tick,omitzero"`     // the time that the table's formulas know
	Of        kernel.TableID     `json:"of,omitempty"`      // of a branch: its table
	Merging   bool               `json:"merging,omitempty"` // a branch that is being merged
}

// Column finds a live column by id.
func (s Schema) Column(id kernel.ColumnID) (Column, bool) {
	for _, c := range s.Columns {
		if c.ID == id {
			return c, true
		}
	}
	return Column{}, false
}

// ByName finds a live column by its exact name, or else by its name in another case.
func (s Schema) ByName(name string) (Column, bool) {
	for _, c := range s.Columns {
		if c.Name == name {
			return c, true
		}
	}
	for _, c := range s.Columns {
		if strings.EqualFold(c.Name, name) {
			return c, true
		}
	}
	return Column{}, false
}

// Find finds a live column by its id or its name.
func (s Schema) Find(idOrName string) (Column, bool) {
	if c, ok := s.Column(kernel.ColumnID(idOrName)); ok {
		return c, true
	}
	return s.ByName(idOrName)
}
