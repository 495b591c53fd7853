package gridview

import (
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// DivergenceKind is what a branch has otherwise.
type DivergenceKind string

// The kinds. RowRevived is a row that the table has deleted while the branch has changed it.
const (
	CellDiverged DivergenceKind = "cell"
	RowNew       DivergenceKind = "row_added"
	RowGone      DivergenceKind = "row_removed"
	RowRevived   DivergenceKind = "row_revived"
)

// What a branch is compared with.
const (
	AgainstBase  = "base"
	AgainstTable = "table"
)

// Places of what is no cell, in the order of a row's divergences, and the place behind all of them.
const (
	PlaceRevived = -3
	PlaceRemoved = -2
	PlaceAdded   = -1
	PlaceEnd     = 1 << 30
)

// Divergence is one thing that a branch has otherwise than its table. It is a conflict where the table has changed the same since the
// branch began, to something else.
type Divergence struct {
	Kind     DivergenceKind  `json:"kind" enum:"cell,row_added,row_removed,row_revived"`
	Row      kernel.RowID    `json:"row_id"`
	Column   kernel.ColumnID `json:"column_id,omitempty"`
	Base     json.RawMessage `json:"base" doc:"What the cell held when the branch began; null for an empty cell, and where the row came or went."`
	Table    json.RawMessage `json:"table" doc:"What the table holds now."`
	Branch   json.RawMessage `json:"branch" doc:"What the branch holds."`
	Conflict bool            `json:"conflict,omitempty" doc:"Changed on both sides to different values."`
	Position int64           `json:"position" doc:"Of the branch's event that made it so."`
}

// KindOfPlace says what a place in the order of divergences stands for; below 0 it is no cell.
func KindOfPlace(i int) DivergenceKind {
	switch i {
	case PlaceRevived:
		return RowRevived
	case PlaceRemoved:
		return RowGone
	case PlaceAdded:
		return RowNew
	default:
		return CellDiverged
	}
}

// Diverging chooses divergences.
type Diverging struct {
	Against   string            // AgainstTable, or AgainstBase: what the branch has changed, also where the table has changed too
	Columns   []kernel.ColumnID // only cells of these; all and the rows if empty
	Conflicts bool              // only these
	After     Place
	Limit     int
}

// Diverged counts divergences.
type Diverged struct {
	Cells     int64 `json:"cells"`
	Rows      int64 `json:"rows" doc:"Rows with a cell that diverges."`
	Added     int64 `json:"rows_added"`
	Removed   int64 `json:"rows_removed"`
	Revived   int64 `json:"rows_revived" doc:"Rows that the table has deleted while the branch has changed them."`
	Conflicts int64 `json:"conflicts"`
}

// Unmergeable is a column of the branch whose cells can't be compared with the table's.
type Unmergeable struct {
	Column kernel.ColumnID `json:"column_id"`
	Name   string          `json:"name"`
	Reason string          `json:"reason"`
}

// Branch is a branch in the list of a table's branches.
type Branch struct {
	ID        kernel.TableID `json:"id"`
	Name      string         `json:"name"`
	By        kernel.UserID  `json:"created_by,omitempty"`
	Base      int64          `json:"base" doc:"The log position at which it began."`
	RowCount  int64          `json:"row_count"`
	CreatedAt time.Time      `json:"created_at"`
	UpdatedAt time.Time      `json:"updated_at"`
	Merge     *BranchMerge   `json:"merge,omitempty" doc:"Its last merging into the table."`
}

// BranchMerge is where the merging of a branch stands.
type BranchMerge struct {
	ID     kernel.BranchMergeID `json:"id" doc:"Also the step of undo in the table."`
	State  table.MergeState     `json:"state" enum:"running,completed,failed"`
	Reason string               `json:"reason,omitempty" doc:"What stood in the way of a failed one."`
	By     kernel.UserID        `json:"by,omitempty"`
	Begun  time.Time            `json:"begun_at"`
	Ended  *time.Time           `json:"ended_at,omitempty"`
	Base   int64                `json:"base"`
	Table  int64                `json:"table_position" doc:"With branch_position, what it was made from."`
	Branch int64                `json:"branch_position"`
	Done   table.Merged         `json:"done"`
}

// MergeOf describes the last merging of a branch; nil if there was none.
func MergeOf(m table.MergeOf) *BranchMerge {
	if m.State == "" {
		return nil
	}
	out := &BranchMerge{
		ID: m.Begun.MergeID, State: m.State, Reason: m.Reason, By: m.Begun.By, Begun: m.Begun.At, Base: m.Begun.Base, Table: m.Begun.Table,
		Branch: m.Begun.Branch, Done: m.Done,
	}
	if !m.Ended.IsZero() {
		out.Ended = &m.Ended
	}
	return out
}
