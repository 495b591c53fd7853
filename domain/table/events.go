package table

import (
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Step ties the events of one command together as one step of undo. Step is the step's id; the events of an import or a
// run have none, their step is the import's or run's id, which columns that an import brings name themselves. Undoes is the step that the
// events take back; AsOf is the position to which they restore what they change. Of the merging of a branch Branch is the branch that the
// values are from, Through the position up to which it was read, and AsOf where it began.
type Step struct {
	Step    string         `json:"step,omitempty"`
	Undoes  string         `json:"undoes,omitempty"`
	Label   string         `json:"label,omitempty"`
	AsOf    int64          `json:"as_of,omitempty"`
	Branch  kernel.TableID `json:"branch_id,omitempty"`
	Through int64          `json:"through,omitempty"`
}

// UndoStep returns the step; events that belong to one have it from here.
func (s Step) UndoStep() Step { return s }

// StepOf returns the step that an event belongs to, empty for one of an import, a run or none.
func StepOf(e kernel.Event) Step {
	if of, ok := e.(interface{ UndoStep() Step }); ok {
		return of.UndoStep()
	}
	return Step{}
}

// Source says what a change of cells or rows came from.
type Source string

// The sources.
const (
	FromEdit    Source = "edit"
	FromPaste   Source = "paste"
	FromFill    Source = "fill"
	FromBulk    Source = "bulk"
	FromUndo    Source = "undo"
	FromRedo    Source = "redo"
	FromRestore Source = "restore"
	FromInsert  Source = "insert"
	FromDelete  Source = "delete"
	FromImport  Source = "import"
	FromRun     Source = "run"
	FromSync    Source = "sync"
	FromMerge   Source = "merge"
	FromUnmerge Source = "unmerge"
	FromErasure Source = "erasure"
	FromBranch  Source = "branch"
)

// Created begins a table.
type Created struct {
	TableID     kernel.TableID     `json:"table_id"`
	WorkspaceID kernel.WorkspaceID `json:"workspace_id"`
	FolderID    kernel.FolderID    `json:"folder_id,omitempty"`
	Name        string             `json:"name"`
	Description string             `json:"description,omitempty"`
	Owner       kernel.UserID      `json:"owner_id,omitempty"` // missing in old events
	CopyOf      kernel.TableID     `json:"copy_of,omitempty"`
	Columns     []Column           `json:"columns"`
	Views       []View             `json:"views"`
}

// Renamed gives the table another name.
type Renamed struct {
	TableID kernel.TableID `json:"table_id"`
	Name    string         `json:"name"`
	Old     string         `json:"old"`
	Step
}

// DetailsChanged says something else of the table, or gives it to another owner.
type DetailsChanged struct {
	TableID        kernel.TableID `json:"table_id"`
	Description    string         `json:"description"`
	Owner          kernel.UserID  `json:"owner_id"`
	OldDescription string         `json:"old_description"`
	OldOwner       kernel.UserID  `json:"old_owner_id"`
	Step
}

// Trashed puts the table into the trash, where it stays whole for TrashTime.
type Trashed struct {
	TableID kernel.TableID `json:"table_id"`
}

// Restored takes the table out of the trash.
type Restored struct {
	TableID kernel.TableID `json:"table_id"`
}

// Purged removes a table for good, after its time in the trash.
type Purged struct {
	TableID kernel.TableID `json:"table_id"`
}

// ColumnAdded adds a column after another one, or at the end. CopyOf is the column that it is a copy of; WithValues says
// that it began with that column's values at the time.
type ColumnAdded struct {
	TableID    kernel.TableID  `json:"table_id"`
	Column     Column          `json:"column"`
	After      kernel.ColumnID `json:"after,omitempty"`
	CopyOf     kernel.ColumnID `json:"copy_of,omitempty"`
	WithValues bool            `json:"with_values,omitempty"`
	Step
}

// ColumnChanged changes anything of a column but its type: name, description, options, format, form, enrichment. Of a formula column
// it also changes the formula and the type, since its values are computed anew.
type ColumnChanged struct {
	TableID kernel.TableID `json:"table_id"`
	Column  Column         `json:"column"`
	Old     Column         `json:"old"`
	Step
}

// ColumnDeleted puts a column into the trash with its values.
type ColumnDeleted struct {
	TableID  kernel.TableID  `json:"table_id"`
	ColumnID kernel.ColumnID `json:"column_id"`
	Step
}

// ColumnRestored takes a column out of the trash with its values.
type ColumnRestored struct {
	TableID  kernel.TableID  `json:"table_id"`
	ColumnID kernel.ColumnID `json:"column_id"`
	Step
}

// ColumnPurged removes a column and its values for good, after its time in the trash.
type ColumnPurged struct {
	TableID  kernel.TableID  `json:"table_id"`
	ColumnID kernel.ColumnID `json:"column_id"`
}

// ColumnsReordered puts the columns into another order.
type ColumnsReordered struct {
	TableID kernel.TableID    `json:"table_id"`
	Columns []kernel.ColumnID `json:"columns"`
	Old     []kernel.ColumnID `json:"old"`
	Step
}

// ColumnTypeChanged changes a column's type. Every value becomes what Convert makes of it; one that doesn't convert becomes
// empty. The values before are kept beside, for ColumnTypeReverted. By names the rules of Convert, so that a replay does the same.
type ColumnTypeChanged struct {
	TableID kernel.TableID `json:"table_id"`
	Column  Column         `json:"column"`
	Old     Column         `json:"old"`
	By      *Rules         `json:"by,omitempty"`
	Lossy   bool           `json:"lossy,omitempty"`
	Step
}

// ColumnTypeReverted takes a ColumnTypeChanged of a column back, or does it again: a value that is still what Convert had
// made of the one kept beside becomes that one again, any other is converted. At is the Former that names the change, By the
// change's rules.
type ColumnTypeReverted struct {
	TableID kernel.TableID `json:"table_id"`
	Column  Column         `json:"column"`
	Old     Column         `json:"old"`
	At      int64          `json:"at"`
	By      *Rules         `json:"by,omitempty"`
	Step
}

// Ticked records the time for the formulas that ask for it. Its zone is the workspace's at the time.
type Ticked struct {
	TableID kernel.TableID `json:"table_id"`
	At      time.Time      `json:"at"`
}

// ViewSaved adds a view or replaces it. A default view takes the place of the default before.
type ViewSaved struct {
	TableID kernel.TableID `json:"table_id"`
	View    View           `json:"view"`
}

// ViewDeleted removes a view for good.
type ViewDeleted struct {
	TableID kernel.TableID `json:"table_id"`
	ViewID  kernel.ViewID  `json:"view_id"`
}

// RowsInserted adds rows.
type RowsInserted struct {
	TableID kernel.TableID `json:"table_id"`
	Chunk   kernel.Chunk   `json:"chunk"`
	Source  Source         `json:"source,omitempty"`
	Step
}

// CellsEdited sets cells. Old holds the values that the read model had when the command looked, in the chunk's order; it had
// applied the log up to the position Seen. Whoever needs the exact values before applies what happened to the cells
// between Seen and this event. From says of cells that a merge of rows has set which row each value is from.
type CellsEdited struct {
	TableID kernel.TableID                        `json:"table_id"`
	Chunk   kernel.Chunk                          `json:"chunk"`
	Old     map[kernel.ColumnID][]json.RawMessage `json:"old"`
	Seen    int64                                 `json:"seen"`
	From    map[kernel.ColumnID][]kernel.RowID    `json:"from,omitempty"`
	Source  Source                                `json:"source"`
	Step
}

// RowsDeleted puts rows into the trash. With Links, one for each row, they are no trash: they are hidden because they were merged.
type RowsDeleted struct {
	TableID kernel.TableID `json:"table_id"`
	Rows    []kernel.RowID `json:"rows"`
	Links   []Link         `json:"links,omitempty"`
	Source  Source         `json:"source"`
	Step
}

// RowsRestored takes rows out of the trash as they were. Links are those that hid them; an empty one of a row that was trash.
type RowsRestored struct {
	TableID kernel.TableID `json:"table_id"`
	Rows    []kernel.RowID `json:"rows"`
	Links   []Link         `json:"links,omitempty"`
	Source  Source         `json:"source"`
	Step
}

// RowsPurged removes rows for good, after their time in the trash.
type RowsPurged struct {
	TableID kernel.TableID `json:"table_id"`
	Rows    []kernel.RowID `json:"rows"`
}

// EventType implements kernel.Event.
func (Created) EventType() string { return "table.created.v1" }

// EventType implements kernel.Event.
func (Renamed) EventType() string { return "table.renamed.v1" }

// EventType implements kernel.Event.
func (DetailsChanged) EventType() string { return "table.details_changed.v1" }

// EventType implements kernel.Event.
func (Trashed) EventType() string { return "table.trashed.v1" }

// EventType implements kernel.Event.
func (Restored) EventType() string { return "table.restored.v1" }

// EventType implements kernel.Event.
func (Purged) EventType() string { return "table.purged.v1" }

// EventType implements kernel.Event.
func (ColumnAdded) EventType() string { return "table.column_added.v1" }

// EventType implements kernel.Event.
func (ColumnChanged) EventType() string { return "table.column_changed.v1" }

// EventType implements kernel.Event.
func (ColumnDeleted) EventType() string { return "table.column_deleted.v1" }

// EventType implements kernel.Event.
func (ColumnRestored) EventType() string { return "table.column_restored.v1" }

// EventType implements kernel.Event.
func (ColumnPurged) EventType() string { return "table.column_purged.v1" }

// EventType implements kernel.Event.
func (ColumnsReordered) EventType() string { return "table.columns_reordered.v1" }

// EventType implements kernel.Event.
func (ColumnTypeChanged) EventType() string { return "table.column_type_changed.v1" }

// EventType implements kernel.Event.
func (ColumnTypeReverted) EventType() string { return "table.column_type_reverted.v1" }

// EventType implements kernel.Event.
func (Ticked) EventType() string { return "table.ticked.v1" }

// EventType implements kernel.Event.
func (ViewSaved) EventType() string { return "table.view_saved.v1" }

// EventType implements kernel.Event.
func (ViewDeleted) EventType() string { return "table.view_deleted.v1" }

// EventType implements kernel.Event.
func (RowsInserted) EventType() string { return "table.rows_inserted.v1" }

// EventType implements kernel.Event.
func (CellsEdited) EventType() string { return "table.cells_edited.v1" }

// EventType implements kernel.Event.
func (RowsDeleted) EventType() string { return "table.rows_deleted.v1" }

// EventType implements kernel.Event.
func (RowsRestored) EventType() string { return "table.rows_restored.v1" }

// EventType implements kernel.Event.
func (RowsPurged) EventType() string { return "table.rows_purged.v1" }

// Events lists every event type of the module.
func Events() []kernel.Event {
	return []kernel.Event{
		Created{},
		Branched{},
		MergeBegun{},
		MergeAdvanced{},
		MergeWorkerLost{},
		MergeEnded{},
		Discarded{},
		Renamed{},
		DetailsChanged{},
		Trashed{},
		Restored{},
		Purged{},
		ColumnAdded{},
		ColumnChanged{},
		ColumnDeleted{},
		ColumnRestored{},
		ColumnPurged{},
		ColumnsReordered{},
		ColumnTypeChanged{},
		ColumnTypeReverted{},
		Ticked{},
		ViewSaved{},
		ViewDeleted{},
		RowsInserted{},
		CellsEdited{},
		RowsDeleted{},
		RowsRestored{},
		RowsPurged{},
	}
}

// Names of the streams' categories: StructureStream-<table id> holds the structure, CellStream-<table id> rows and cells.
const (
	StructureStream = "table"
	CellStream      = "cells"
)
