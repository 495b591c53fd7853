package table

import (
	"encoding/json"

	"github.com/morket/morket/domain/kernel"
)

// View is a saved way to look at a table. A personal view is its owner's alone.
type View struct {
	ID        kernel.ViewID   `json:"id"`
	Name      string          `json:"name"`
	Shared    bool            `json:"shared"`
	Owner     kernel.UserID   `json:"owner,omitempty"`
	Default   bool            `json:"default"`
	Filter    json.RawMessage `json:"filter,omitempty"`
	Sort      []Sort          `json:"sort"`
	Columns   []ViewColumn    `json:"columns"`
	GroupBy   kernel.ColumnID `json:"group_by,omitempty"`
	RowHeight string          `json:"row_height,omitempty" enum:"short,medium,tall"`
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
