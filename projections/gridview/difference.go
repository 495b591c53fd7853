package gridview

import (
	"encoding/json"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// DifferenceKind is what is otherwise at the later of two moments.
type DifferenceKind string

// The kinds of differences.
const (
	CellDiffers DifferenceKind = "cell"
	RowAdded    DifferenceKind = "row_added"
	RowRemoved  DifferenceKind = "row_removed"
)

// Difference is one thing that is otherwise at the later of two moments.
type Difference struct {
	Kind     DifferenceKind  `json:"kind" enum:"cell,row_added,row_removed"`
	Row      kernel.RowID    `json:"row_id"`
	Column   kernel.ColumnID `json:"column_id,omitempty"`
	Old      json.RawMessage `json:"old" doc:"Null for an empty cell, and where the row came or went."`
	New      json.RawMessage `json:"new"`
	Position int64           `json:"position,omitempty" doc:"Of the last event that made it so; absent of a row that is gone for good."`
	Trashed  bool            `json:"-"` // the row is in the trash at the later moment
}

// Between chooses differences.
type Between struct {
	Columns []kernel.ColumnID // only cells of these; all if empty
	Rows    []kernel.RowID    // only of these; all if empty
	User    kernel.UserID     // only what the person did
	Step    string            // only what an import, a run or another step did
	// Restoring has the cells compared also of rows that went, with those in the trash, and of all rows where a column's type is another.
	Restoring bool
	After     Place
	Limit     int
}

// Place is a place in the order of differences: after a column of a row.
type Place struct {
	Row    kernel.RowID
	Column int
}

// Differing counts differences.
type Differing struct {
	Cells   int64 `json:"cells"`
	Rows    int64 `json:"rows" doc:"Rows with a cell that differs."`
	Added   int64 `json:"rows_added"`
	Removed int64 `json:"rows_removed"`
}

// ColumnDifference is a column that is otherwise at the later of two moments.
type ColumnDifference struct {
	Kind string        `json:"kind" enum:"added,removed,renamed,retyped,changed"`
	Old  *table.Column `json:"old,omitempty"`
	New  *table.Column `json:"new,omitempty"`
}

// Version is a table at one of two moments.
type Version struct {
	Info   Info
	Moment *Moment // nil for now
}
