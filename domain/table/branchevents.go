package table

import (
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Branched begins a branch of a table: what it holds at first is what the table holds before this event. Nothing is copied; the columns
// are the table's, of which enrichments are plain data on a branch, since nothing runs there.
type Branched struct {
	BranchID    kernel.TableID     `json:"branch_id"`
	WorkspaceID kernel.WorkspaceID `json:"workspace_id"`
	TableID     kernel.TableID     `json:"table_id"` // that it is a branch of
	Name        string             `json:"name"`
	By          kernel.UserID      `json:"by,omitempty"`
	Columns     []Column           `json:"columns"`
	Views       []View             `json:"views"`
	Tick        time.Time          `json:"tick,omitzero"`
}

// Side is where the value of a cell that was changed on both sides is taken from.
type Side string

// The sides: what the table has stays, what the branch has is taken, or neither but a value by hand.
const (
	KeepTable  Side = "table"
	TakeBranch Side = "branch"
	ByHand     Side = "value"
)

// MergeChoice settles a conflict: of a cell, or of a whole row if it names no column.
type MergeChoice struct {
	Row    kernel.RowID    `json:"row_id"`
	Column kernel.ColumnID `json:"column_id,omitempty"`
	Keep   Side            `json:"keep" enum:"table,branch,value"`
	Value  json.RawMessage `json:"value,omitempty" doc:"With keep value: what the cell shall hold."`
}

// MergePlan is what a merge takes over, and how it settles conflicts.
type MergePlan struct {
	Columns   []kernel.ColumnID `json:"columns,omitempty"`   // only cells of these, and no rows; all if empty
	Conflicts Side              `json:"conflicts,omitempty"` // of those without a choice
	Choices   []MergeChoice     `json:"choices,omitempty"`
}

// Merged counts what a merge has done.
type Merged struct {
	Cells     int64 `json:"cells" doc:"Cells of the table that were set."`
	Added     int64 `json:"rows_added"`
	Removed   int64 `json:"rows_removed" doc:"Rows that went to the table's trash."`
	Restored  int64 `json:"rows_restored" doc:"Rows that came back from the table's trash."`
	Conflicts int64 `json:"conflicts" doc:"Changed on both sides to different values; settled as the plan says."`
	Refused   int64 `json:"refused" doc:"Cells that were left: the table's column would not take the value."`
}

// MergePlace is a place in the order of what is merged: after a column of a row.
type MergePlace struct {
	Row    kernel.RowID `json:"row_id"`
	Column int          `json:"column"`
}

// MergeBegun begins the merging of the branch into its table. The merge's id is the step of undo in the table. Base is the position at
// which the branch began, and Table and Branch are those of both sides' last events when the merge was asked for: what it is made from.
type MergeBegun struct {
	BranchID kernel.TableID       `json:"branch_id"`
	MergeID  kernel.BranchMergeID `json:"merge_id"`
	TableID  kernel.TableID       `json:"table_id"`
	Plan     MergePlan            `json:"plan"`
	Base     int64                `json:"base"`
	Table    int64                `json:"table_position"`
	Branch   int64                `json:"branch_position"`
	By       kernel.UserID        `json:"by,omitempty"`
	At       time.Time            `json:"at"`
}

// MergeAdvanced says how far a merge has come. The table's events of the same append follow it.
type MergeAdvanced struct {
	BranchID kernel.TableID       `json:"branch_id"`
	MergeID  kernel.BranchMergeID `json:"merge_id"`
	After    MergePlace           `json:"after"`
	Done     Merged               `json:"done"` // so far
}

// MergeWorkerLost says that a worker was lost over the merge; the next one writes it first.
type MergeWorkerLost struct {
	BranchID kernel.TableID       `json:"branch_id"`
	MergeID  kernel.BranchMergeID `json:"merge_id"`
}

// MergeEnded ends a merge; Reason says what stood in its way, empty for nothing. What it has done until then stays.
type MergeEnded struct {
	BranchID kernel.TableID       `json:"branch_id"`
	MergeID  kernel.BranchMergeID `json:"merge_id"`
	Done     Merged               `json:"done"`
	Reason   string               `json:"reason,omitempty"`
	At       time.Time            `json:"at"`
}

// Discarded removes a branch for good.
type Discarded struct {
	BranchID kernel.TableID `json:"branch_id"`
}

// EventType implements kernel.Event.
func (Discarded) EventType() string { return "table.discarded.v1" }

// EventType implements kernel.Event.
func (Branched) EventType() string { return "table.branched.v1" }

// EventType implements kernel.Event.
func (MergeBegun) EventType() string { return "table.merge_begun.v1" }

// EventType implements kernel.Event.
func (MergeAdvanced) EventType() string { return "table.merge_advanced.v1" }

// EventType implements kernel.Event.
func (MergeWorkerLost) EventType() string { return "table.merge_worker_lost.v1" }

// EventType implements kernel.Event.
func (MergeEnded) EventType() string { return "table.merge_ended.v1" }
