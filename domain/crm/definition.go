package crm

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// Bounds of a sync.
const (
	MaxName     = 100 // characters
	MaxMappings = 200
	MaxKeys     = 3
	MaxFieldLen = 200     // bytes of a field's name
	MaxRecords  = 100_000 // of a run
	// A sync pulls by itself so often, in minutes.
	LeastPullEvery = 5
	MostPullEvery  = 7 * 24 * 60
	MaxValue       = 32_000 // bytes of one value that is pushed
)

// Match is a field by which a row's record is found, with the column that has its value.
type Match struct {
	Field    string          `json:"field"`
	ColumnID kernel.ColumnID `json:"column_id"`
}

// Direction says which way a field's values go.
type Direction string

// The directions.
const (
	Push Direction = "push" // from the table into the CRM; what an empty direction means
	Pull Direction = "pull" // from the CRM into the table
	Both Direction = "both"
)

// Mapping says which column and field of the CRM belong together.
type Mapping struct {
	Field     string          `json:"field"`
	ColumnID  kernel.ColumnID `json:"column_id"`
	Direction Direction       `json:"direction,omitempty" enum:"push,pull,both" doc:"Which way values go; push if it is left out."`
	// OnlyEmpty leaves a value of the side that is written alone.
	OnlyEmpty bool `json:"only_if_empty,omitempty" doc:"Write only where the side that is written has no value."`
	// Clear lets an empty value empty the other side; without it an empty value changes nothing.
	Clear bool `json:"clear_if_blank,omitempty" doc:"An empty value empties the other side; otherwise it changes nothing."`
}

// Pushes reports whether values go into the CRM.
func (m Mapping) Pushes() bool { return m.Direction != Pull }

// Pulls reports whether values go into the table.
func (m Mapping) Pulls() bool { return m.Direction == Pull || m.Direction == Both }

// key names the mapping among the marks of a record.
func (m Mapping) key() string { return m.Field + "/" + string(m.ColumnID) }

// Rule says what becomes of a field that was changed on both sides since they were last the same.
type Rule string

// The rules.
const (
	RuleNewest Rule = "newest" // the later change holds; what an empty rule means
	RuleOurs   Rule = "ours"
	RuleTheirs Rule = "theirs"
	RuleAsk    Rule = "ask" // both stay until a person decides
)

// Definition is how rows of a table and records of a CRM belong together. Fields and columns that it doesn't name are never touched.
type Definition struct {
	Name         string              `json:"name"`
	ConnectionID kernel.ConnectionID `json:"connection_id"`
	Object       string              `json:"object" doc:"A kind of record of the vendor, as list-integrations gives it."`
	TableID      kernel.TableID      `json:"table_id"`
	ViewID       kernel.ViewID       `json:"view_id,omitempty" doc:"Only rows that the view's filter shows are pushed."`
	Keys         []Match             `json:"keys" doc:"By which a row's record is found, tried in this order."`
	Mappings     []Mapping           `json:"mappings"`
	Create       bool                `json:"create" doc:"Make a record for a row that has none; otherwise the row is skipped."`
	CreateRows   bool                `json:"create_rows,omitempty" doc:"A pull makes a row for a record that has none; otherwise it skips the record."`
	Conflicts    Rule                `json:"conflicts,omitempty" enum:"newest,ours,theirs,ask" doc:"What a pull does where both sides were changed; newest if it is left out."`
	PullEvery    int                 `json:"pull_every_minutes,omitempty" doc:"A pull begins by itself so often, each 5 minutes to once a week; never if it is left out."`
	MaxRecords   int                 `json:"max_records" doc:"Of one run."`
}

// Validate checks the definition by itself.
func (d Definition) Validate() error {
	named := strings.TrimSpace(d.Name) != "" && utf8.ValidString(d.Name) && utf8.RuneCountInString(d.Name) <= MaxName &&
		!strings.ContainsFunc(d.Name, func(r rune) bool { return r < ' ' })
	id := func(prefix, id string) bool { return kernel.ParseID(prefix, id) == nil }
	fields := []kernel.Checked{
		kernel.Field("name", d.Name, kernel.Holds(named, "must have 1 to %d characters", MaxName)),
		kernel.Field("connection_id", d.ConnectionID,
			kernel.Holds(id(kernel.PrefixConnection, string(d.ConnectionID)), "must name a connection")),
		kernel.Field("table_id", d.TableID, kernel.Holds(id(kernel.PrefixTable, string(d.TableID)), "must name a table")),
		kernel.Field("view_id", d.ViewID,
			kernel.Holds(d.ViewID == "" || id(kernel.PrefixView, string(d.ViewID)), "must name a view or be empty")),
		kernel.Field("object", d.Object, kernel.Holds(fine(d.Object), "must name a kind of record")),
		kernel.Field("keys", d.Keys, kernel.Sized(1, MaxKeys, "say by what a row's record is found, by 1 to %d fields", MaxKeys)),
		kernel.Field("mappings", d.Mappings, kernel.Sized(1, MaxMappings, "map 1 to %d fields", MaxMappings)),
		kernel.Field("max_records", d.MaxRecords, kernel.Holds(d.MaxRecords >= 1 && d.MaxRecords <= MaxRecords, "must be 1 to %d", MaxRecords)),
		kernel.Field("pull_every_minutes", d.PullEvery, kernel.Holds(d.PullEvery == 0 || d.PullEvery >= LeastPullEvery &&
			d.PullEvery <= MostPullEvery, "must be %d to %d minutes, or left out", LeastPullEvery, MostPullEvery)),
		kernel.Field("pull_every_minutes", d.PullEvery,
			kernel.Holds(d.PullEvery == 0 || d.Pulls(), "the sync pulls no field; let a field be pulled, or don't let it pull by itself")),
		kernel.Field("conflicts", d.Conflicts,
			kernel.OneOf([]Rule{"", RuleNewest, RuleOurs, RuleTheirs, RuleAsk}, "choose newest, ours, theirs or ask")),
	}
	return kernel.Check(append(fields, d.checkFields()...)...)
}

// checkFields checks that each field, and each column that is pulled into, is named once.
func (d Definition) checkFields() []kernel.Checked {
	var fields []kernel.Checked
	seen, filled := map[string]bool{}, map[kernel.ColumnID]bool{}
	for _, m := range d.Mappings {
		fields = append(fields,
			kernel.Field("mappings", m.Field, kernel.Holds(fine(m.Field), "a mapping names no field")),
			kernel.Field("mappings", m.Field, kernel.Holds(!seen[m.Field], "a field is mapped twice")),
			kernel.Field("mappings", m.Direction, kernel.OneOf([]Direction{"", Push, Pull, Both}, "choose push, pull or both")),
			kernel.Field("mappings", m.Field, kernel.Holds(!m.Pulls() || !filled[m.ColumnID], "two fields are pulled into one column")))
		seen[m.Field] = true
		filled[m.ColumnID] = filled[m.ColumnID] || m.Pulls()
	}
	seen = map[string]bool{}
	for _, k := range d.Keys {
		fields = append(fields, kernel.Field("keys", k.Field, kernel.Holds(fine(k.Field) && !seen[k.Field], "must be different fields")))
		seen[k.Field] = true
	}
	return fields
}

// Pushes reports whether any values go into the CRM, and Pulls whether any go into the table.
func (d Definition) Pushes() bool { return slices.ContainsFunc(d.Mappings, Mapping.Pushes) }

// Pulls reports whether any values go into the table.
func (d Definition) Pulls() bool { return slices.ContainsFunc(d.Mappings, Mapping.Pulls) }

// pulled is what a pull's cursor holds for: where anything of it has changed, all records are read again.
func (d Definition) pulled() string {
	out := []string{fmt.Sprint(d.ConnectionID, d.Object, d.TableID, d.Keys, d.CreateRows)}
	for _, m := range d.pulling() {
		out = append(out, fmt.Sprint(m.key(), m.OnlyEmpty, m.Clear))
	}
	return strings.Join(out, " ")
}

func fine(name string) bool {
	blank := func(r rune) bool { return r <= ' ' }
	return name != "" && len(name) <= MaxFieldLen && utf8.ValidString(name) && !strings.ContainsFunc(name, blank)
}

// Against checks the definition against what the vendor says of the object and its fields.
func (d Definition) Against(o Object, fields []Field) error {
	var faults []kernel.Detail
	fault := func(field, message string) { faults = append(faults, kernel.Detail{Field: field, Message: message}) }
	for _, k := range d.Keys {
		if _, ok := o.Key(k.Field); !ok {
			fault("keys", o.Name+" can't be found by "+kernel.Shorten(k.Field))
		}
	}
	filled := map[string]bool{}
	for _, k := range d.Keys {
		filled[k.Field] = true
	}
	for _, m := range d.Mappings {
		filled[m.Field] = filled[m.Field] || m.Pushes()
		f, ok := FieldOf(fields, m.Field)
		switch {
		case !ok:
			fault("mappings", o.Name+" has no field "+kernel.Shorten(m.Field))
		case f.ReadOnly && m.Pushes():
			fault("mappings", f.Label+" can't be written: the CRM keeps it itself")
		}
	}
	for _, f := range fields {
		if d.Create && d.Pushes() && f.Required && !f.ReadOnly && !filled[f.Name] {
			fault("mappings", "new records need the field "+f.Label+"; map it, or don't create records")
		}
	}
	return kernel.Faults(faults)
}

// Fields are the names of the fields that a run reads: those that are mapped, and the keys.
func (d Definition) Fields() []string {
	var out []string
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	for _, k := range d.Keys {
		add(k.Field)
	}
	for _, m := range d.Mappings {
		add(m.Field)
	}
	return out
}

// Columns are the columns that a run reads.
func (d Definition) Columns() []kernel.ColumnID {
	var out []kernel.ColumnID
	seen := map[kernel.ColumnID]bool{}
	add := func(id kernel.ColumnID) {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	for _, k := range d.Keys {
		add(k.ColumnID)
	}
	for _, m := range d.Mappings {
		add(m.ColumnID)
	}
	return out
}

// Object returns the vendor's object with the slug.
func (v Vendor) Object(slug string) (Object, bool) {
	for _, o := range v.Objects {
		if o.Slug == slug {
			return o, true
		}
	}
	return Object{}, false
}

// Key returns the object's key with the field.
func (o Object) Key(field string) (Key, bool) {
	for _, k := range o.Keys {
		if k.Field == field {
			return k, true
		}
	}
	return Key{}, false
}

// FieldOf returns the field with the name.
func FieldOf(fields []Field, name string) (Field, bool) {
	for _, f := range fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}
