package dataops

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/morket/morket/domain/kernel"
)

// State is where an import stands.
type State string

// The states. An import that was undone, cancelled or failed does not go on; what it had brought in stays until it is undone.
const (
	StateUploaded  State = "uploaded"
	StatePreviewed State = "previewed"
	StateImporting State = "importing"
	StateCompleted State = "completed"
	StatePartial   State = "partially_completed" // completed, but not everything in the file could be taken
	StateFailed    State = "failed"
	StateCancelled State = "cancelled"
	StateUndone    State = "undone"
)

// Import is one file on its way into one table.
type Import struct {
	kernel.Root `json:"-"`

	ID        kernel.ImportID    `json:"id"`
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	State     State              `json:"state"`
	Filename  string             `json:"filename"`
	Object    string             `json:"object"`
	Size      int64              `json:"size"`
	Reading   Reading            `json:"reading"`
	Columns   []FileColumn       `json:"columns"`
	Preview   [][]string         `json:"preview"`
	Facts     Facts              `json:"facts,omitzero"`
	Guesses   []Guess            `json:"guesses,omitempty"` // of the encoding
	Unsure    bool               `json:"unsure,omitempty"`  // of the encoding

	TableID  kernel.TableID    `json:"table_id,omitempty"`
	NewTable bool              `json:"new_table,omitempty"`
	Plan     Plan              `json:"plan"`
	Next     Mark              `json:"next"`              // everything before it has been dealt with
	CopyOf   kernel.TableID    `json:"copy_of,omitempty"` // the table that is copied, in the place of a file
	After    kernel.RowID      `json:"after,omitempty"`   // the last of its rows that is copied
	Batch    int64             `json:"batch"`             // the last one recorded
	Chunks   int64             `json:"chunks"`            // recorded so far
	Counts   Counts            `json:"counts"`
	Reason   string            `json:"reason,omitempty"` // of a failure
	Uploader string            `json:"uploader,omitempty"`
	By       kernel.UserID     `json:"by,omitempty"`      // on whose behalf
	Dropped  []kernel.ColumnID `json:"dropped,omitempty"` // columns known to be gone

	Killed   int   `json:"killed,omitempty"`    // workers lost over the stretch that begins at KilledAt
	KilledAt int64 `json:"killed_at,omitempty"` // see Interrupted

	Undoing    bool   `json:"undoing,omitempty"`
	UndoForce  bool   `json:"undo_force,omitempty"`
	UndoDown   int64  `json:"undo_down,omitempty"` // everything after this version of its own stream is taken back
	Removed    int64  `json:"removed,omitempty"`
	Reverted   int64  `json:"reverted,omitempty"`
	Kept       int64  `json:"kept,omitempty"`
	KeptBy     Kept   `json:"kept_by,omitzero"`
	UndoReason string `json:"undo_reason,omitempty"` // why nothing was taken back
	Before     State  `json:"before,omitempty"`      // the undo
	Redone     int    `json:"redone,omitempty"`      // how often an undo was taken back
}

// NewImport returns an import without events.
func NewImport() *Import { return &Import{} }

// Exists reports whether the import is one of the workspace's.
func (i *Import) Exists(ws kernel.WorkspaceID) bool { return i.ID != "" && i.Workspace == ws }

// NeedsFile reports whether the import still has to read its file. When it has ended, the file may go.
func (i *Import) NeedsFile() bool {
	return i.State == StateUploaded || i.State == StatePreviewed || i.State == StateImporting
}

// Upload begins the import.
func (i *Import) Upload(e Uploaded) error {
	if i.ID != "" {
		return fmt.Errorf("import %s exists", i.ID)
	}
	return i.Record(i, e)
}

// Reanalyse shows the file under another reading.
func (i *Import) Reanalyse(e Previewed) error {
	if err := i.must(StateUploaded, StatePreviewed); err != nil {
		return err
	}
	e.ImportID = i.ID
	return i.Record(i, e)
}

// Waits returns an error unless the import waits to be committed.
func (i *Import) Waits() error { return i.must(StateUploaded, StatePreviewed) }

// Start lets the import begin.
func (i *Import) Start(table kernel.TableID, isNew bool, plan Plan, at Mark, by kernel.UserID) error {
	if err := i.must(StateUploaded, StatePreviewed); err != nil {
		return err
	}
	return i.Record(i, Started{ImportID: i.ID, TableID: table, NewTable: isNew, Plan: plan, At: at, By: by})
}

// BeginCopy begins an import that copies the rows of a table into another one.
func (i *Import) BeginCopy(e CopyBegun, plan Plan, by kernel.UserID) error {
	if i.ID != "" {
		return fmt.Errorf("import %s exists", i.ID)
	}
	return i.Record(i, e, Started{ImportID: e.ImportID, TableID: e.TableID, NewTable: true, Plan: plan, By: by})
}

// RecordCopied adds what one page of copied rows became; after is its last row in the table that is copied.
func (i *Import) RecordCopied(counts Counts, after kernel.RowID, events ...kernel.Event) error {
	if err := i.must(StateImporting); err != nil {
		return err
	}
	if err := i.Record(i, events...); err != nil {
		return err
	}
	next := Mark{Line: counts.Rows, Offset: counts.Rows}
	return i.Record(i, BatchRecorded{ImportID: i.ID, Batch: i.Batch + 1, Next: next, Counts: counts, After: after})
}

// RecordBatch adds what one batch of records became. The events are chunks and rejections, in the order of the file.
func (i *Import) RecordBatch(next Mark, counts Counts, dropped []kernel.ColumnID, events ...kernel.Event) error {
	if err := i.must(StateImporting); err != nil {
		return err
	}
	if err := i.Record(i, events...); err != nil {
		return err
	}
	return i.Record(i, BatchRecorded{ImportID: i.ID, Batch: i.Batch + 1, Next: next, Counts: counts, Dropped: dropped})
}

// Complete says that the file was read to its end.
func (i *Import) Complete() error {
	if err := i.must(StateImporting); err != nil {
		return err
	}
	return i.Record(i, Completed{ImportID: i.ID, Counts: i.Counts})
}

// Nothing says why nothing of the file came in; "" when something did, or was there already.
func (i *Import) Nothing() string {
	c := i.Counts
	switch {
	case c.Imported+c.Updated > 0, i.Plan.Mode == Upsert && c.Skipped > 0:
		return ""
	case c.Rows == 0:
		return "nothing came in: the file has no rows"
	case c.Failed == 0:
		return "nothing came in: every row is blank"
	default:
		return fmt.Sprintf("nothing came in: none of the %s could be taken; the errors file says why", counted(c.Rows, "row"))
	}
}

// LeftOut names the columns of the file that go nowhere.
func (i *Import) LeftOut() []string {
	if i.TableID == "" {
		return nil
	}
	taken := map[int]bool{}
	for _, t := range i.Plan.Targets {
		taken[t.Index] = true
	}
	var out []string
	for _, c := range i.Columns {
		if !taken[c.Index] {
			out = append(out, c.Name)
		}
	}
	return out
}

// Fail gives the import up.
func (i *Import) Fail(reason string) error {
	if err := i.must(StateImporting); err != nil {
		return err
	}
	return i.Record(i, Failed{ImportID: i.ID, Reason: reason})
}

// Cancel stops the import where it is; its worker notices at the next append. Cancelling twice is one cancellation.
func (i *Import) Cancel() error {
	if i.State == StateCancelled {
		return nil
	}
	if err := i.must(StateUploaded, StatePreviewed, StateImporting); err != nil {
		return err
	}
	return i.Record(i, Cancelled{ImportID: i.ID})
}

// StartUndo begins to take back what the import brought in. Doing it twice is doing it once.
func (i *Import) StartUndo(force bool) error {
	if i.State == StateUndone || i.Undoing {
		return nil
	}
	if err := i.must(StateCompleted, StatePartial, StateFailed, StateCancelled); err != nil {
		return err
	}
	if i.TableID == "" {
		return kernel.E(kernel.KindConflict, "NOTHING_TO_UNDO", "the import never began, so there is nothing to take back")
	}
	return i.Record(i, UndoStarted{ImportID: i.ID, Force: force})
}

// ProgressUndo says that the import's stream has been taken back down to the version down; the numbers are of this step.
func (i *Import) ProgressUndo(down, removed, reverted int64, kept Kept) error {
	if !i.Undoing {
		return i.wrongState()
	}
	return i.Record(i, UndoProgressed{
		ImportID: i.ID,
		Down:     down,
		Removed:  i.Removed + removed,
		Reverted: i.Reverted + reverted,
		Kept:     i.Kept + kept.Total(),
		KeptBy:   i.KeptBy.Plus(kept),
	})
}

// FinishUndo says that all of it has been taken back that could be; reason is why nothing could, if so.
func (i *Import) FinishUndo(reason string) error {
	if !i.Undoing {
		return i.wrongState()
	}
	return i.Record(i, Undone{ImportID: i.ID, Removed: i.Removed, Reverted: i.Reverted, Kept: i.Kept, KeptBy: i.KeptBy, Reason: reason})
}

func (i *Import) must(states ...State) error {
	for _, s := range states {
		if i.State == s && !i.Undoing {
			return nil
		}
	}
	return i.wrongState()
}

func (i *Import) wrongState() error {
	if i.Undoing {
		return kernel.E(kernel.KindConflict, "IMPORT_STATE", "the import is being undone")
	}
	return kernel.E(kernel.KindConflict, "IMPORT_STATE", "the import is %s, so this is not possible now", i.State)
}

// Progress is how much of the file has been dealt with, 0 to 1.
func (i *Import) Progress() float64 {
	switch {
	case i.State == StateCompleted || i.State == StatePartial || i.State == StateUndone:
		return 1
	case i.TableID == "" || i.Size == 0:
		return 0
	}
	return min(1, float64(i.Next.Offset)/float64(i.Size))
}

// Apply implements kernel.Aggregate.
func (i *Import) Apply(event kernel.Event) error {
	switch e := event.(type) {
	case Uploaded:
		i.ID, i.Workspace, i.State, i.Filename, i.Object, i.Size = e.ImportID, e.Workspace, StateUploaded, e.Filename, e.Object, e.Size
		i.Reading, i.Columns, i.Preview = e.Reading, e.Columns, e.Preview
		i.Uploader = e.Uploader
		i.Facts, i.Guesses, i.Unsure = e.Facts, e.Guesses, e.Unsure
	case CopyBegun:
		i.ID, i.Workspace, i.State, i.Filename, i.Size = e.ImportID, e.Workspace, StateUploaded, e.Name, e.Rows
		i.CopyOf, i.Uploader, i.Facts = e.CopyOf, e.Uploader, Facts{Rows: e.Rows}
	case Previewed:
		i.State, i.Reading, i.Columns, i.Preview = StatePreviewed, e.Reading, e.Columns, e.Preview
		i.Facts, i.Unsure = e.Facts, e.Unsure
	case Started:
		i.State, i.TableID, i.NewTable, i.Plan, i.Next, i.Reading = StateImporting, e.TableID, e.NewTable, e.Plan, e.At, e.Plan.Reading
		i.By = e.By
	case RowsAdded:
		return i.chunk(e.ChunkNo)
	case RowsUpdated:
		return i.chunk(e.ChunkNo)
	case RowsRejected:
	case BatchRecorded:
		i.Batch, i.Next, i.Counts = e.Batch, e.Next, e.Counts
		if e.After != "" {
			i.After = e.After
		}
		i.Dropped = append(slices.Clip(i.Dropped), e.Dropped...)
	case Completed:
		i.State = StateCompleted
		if e.Counts.Problems > 0 {
			i.State = StatePartial
		}
	case Failed:
		i.State, i.Reason = StateFailed, e.Reason
	case Cancelled:
		i.State = StateCancelled
	case Interrupted:
		i.Killed, i.KilledAt = e.Killed, e.At
	case UndoStarted:
		i.Undoing, i.UndoForce, i.Killed = true, e.Force, 0
	case UndoProgressed:
		i.UndoDown, i.Removed, i.Reverted, i.Kept, i.KeptBy = e.Down, e.Removed, e.Reverted, e.Kept, e.KeptBy
	case Undone: // of the import itself, or of its step in the table
		if i.State != StateUndone {
			i.Before = i.State
		}
		i.Removed, i.Reverted, i.Kept, i.KeptBy = e.Removed, e.Reverted, e.Kept, e.KeptBy
		i.State, i.Undoing, i.UndoReason = StateUndone, false, e.Reason
	case Redone:
		i.State, i.Before, i.Redone = i.Before, "", i.Redone+1
		i.UndoForce, i.UndoDown, i.Removed, i.Reverted, i.Kept, i.KeptBy, i.UndoReason = false, 0, 0, 0, 0, Kept{}, ""
	default:
		return kernel.UnknownEvent("import", event)
	}
	return nil
}

// chunk checks that chunks come in order: one that is missing or double would be rows missing or double.
func (i *Import) chunk(no int64) error {
	if no != i.Chunks+1 {
		return fmt.Errorf("import %s: chunk %d after chunk %d", i.ID, no, i.Chunks)
	}
	i.Chunks = no
	return nil
}

// Fork returns the import as it is, ready for one more append. It shares nothing that changes.
func (i *Import) Fork() *Import {
	c := *i
	c.Root = kernel.Root{}
	return &c
}

// SnapshotSchema is the version of the state's shape.
func (i *Import) SnapshotSchema() int { return 1 }

// MarshalState returns the state as JSON.
func (i *Import) MarshalState() (json.RawMessage, error) { return json.Marshal(i) }

// UnmarshalState takes the state over.
func (i *Import) UnmarshalState(state json.RawMessage) error { return json.Unmarshal(state, i) }
