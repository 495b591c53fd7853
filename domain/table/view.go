package table

import (
	"encoding/json"

	"github.com/morket/morket/domain/kernel"
)

// View is a saved way to look at a table. A personal view is its owner's alone.
type View struct {
	ID         kernel.ViewID   `json:"id"`
	Name       string          `json:"name"`
	Shared     bool            `json:"shared"`
	Owner      kernel.UserID   `json:"owner,omitempty"`
	Default    bool            `json:"default"`
	Filter     json.RawMessage `json:"filter,omitempty"`
	Sort       []Sort          `json:"sort"`
	Columns    []ViewColumn    `json:"columns"`
	Groups     []Group         `json:"groups,omitempty"`
	Aggregates []Aggregate     `json:"aggregates,omitempty"`
	Colours    []ColourRule    `json:"colours,omitempty"`
	RowHeight  string          `json:"row_height,omitempty" enum:"short,medium,tall"`
}

// UnmarshalJSON implements json.Unmarshaler. Views of earlier releases have one group at most, by the column in group_by.
func (v *View) UnmarshalJSON(b []byte) error {
	type plain View
	in := struct {
		*plain
		GroupBy kernel.ColumnID `json:"group_by"`
	}{plain: (*plain)(v)}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	if in.GroupBy != "" && len(v.Groups) == 0 {
		v.Groups = []Group{{Column: in.GroupBy, Dir: Ascending}}
	}
	return nil
}

// ColourRule colours the rows, or one column's cells, that meet a condition. Of several rules that apply the first one counts.
type ColourRule struct {
	Column kernel.ColumnID `json:"column,omitempty" doc:"Whose cells are coloured; the whole row if it is left out."`
	Colour Colour          `json:"colour" enum:"blue,green,amber,rose,violet,teal,orange,slate,lime,pink"`
	When   json.RawMessage `json:"when" doc:"A filter, as of list-rows."`
}

// Colour is one of a palette that each theme has its own tones of.
type Colour string

// Colours returns the palette.
func Colours() []Colour {
	return []Colour{"blue", "green", "amber", "rose", "violet", "teal", "orange", "slate", "lime", "pink"}
}

// Sort is one level of an order: nulls are last in both directions.
type Sort struct {
	Column kernel.ColumnID `json:"column"`
	Dir    Direction       `json:"dir" enum:"asc,desc"`
}

// Direction is that of a sort.
type Direction string

// The directions.
const (
	Ascending  Direction = "asc"
	Descending Direction = "desc"
)

// ViewColumn is how a view shows one column. Columns that a view doesn't list are shown after those it does.
type ViewColumn struct {
	ID     kernel.ColumnID `json:"id"`
	Hidden bool            `json:"hidden,omitempty"`
	Width  int             `json:"width,omitempty" minimum:"0" maximum:"2000"`
	Pinned bool            `json:"pinned,omitempty"`
}

// VisibleTo reports whether the user sees the view.
func (v View) VisibleTo(u kernel.UserID) bool { return v.Shared || v.Owner == u }
