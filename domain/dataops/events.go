package dataops

import (
	"encoding/json"

	"github.com/morket/morket/domain/kernel"
)

// Mark is a place between two records of the uploaded file: how many lines and bytes of the file, as it was uploaded,
// lie before it. Reading can start again at any mark.
type Mark struct {
	Line   int64 `json:"line"`
	Offset int64 `json:"offset"`
}

// Uploaded says that a file has arrived and what it seems to be. The file itself is in the object store.
type Uploaded struct {
	ImportID  kernel.ImportID    `json:"import_id"`
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	Filename  string             `json:"filename"`
	Object    string             `json:"object"` // the file's key in the object store
	Size      int64              `json:"size"`   // bytes
	SHA256    string             `json:"sha256"` // of the file, in hexadecimal
	Reading   Reading            `json:"reading"`
	Columns   []FileColumn       `json:"columns"`
	Preview   [][]string         `json:"preview"`
	Uploader  string             `json:"uploader,omitempty"` // kind and id of the uploader; missing in old events
	Facts     Facts              `json:"facts,omitzero"`
	Guesses   []Guess            `json:"guesses,omitempty"`
	Unsure    bool               `json:"unsure,omitempty"` // of the encoding
}

// CopyBegun says that the rows of a table are to be copied into a new one that has its columns. It begins the import in the place of
// Uploaded: there is no file, and Started, with which it is appended, says which column goes where.
type CopyBegun struct {
	ImportID  kernel.ImportID    `json:"import_id"`
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	TableID   kernel.TableID     `json:"table_id"` // the new one
	CopyOf    kernel.TableID     `json:"copy_of"`
	Name      string             `json:"name"` // of the table that is copied
	Rows      int64              `json:"rows"` // that it had then
	Uploader  string             `json:"uploader,omitempty"`
}

// Previewed says that the file was looked at again under another reading.
type Previewed struct {
	ImportID kernel.ImportID `json:"import_id"`
	Reading  Reading         `json:"reading"`
	Columns  []FileColumn    `json:"columns"`
	Preview  [][]string      `json:"preview"`
	Facts    Facts           `json:"facts,omitzero"`
	Unsure   bool            `json:"unsure,omitempty"`
}

// Started says that somebody has decided what to import where. It is appended together with the table's creation, when
// the table is a new one.
type Started struct {
	ImportID kernel.ImportID `json:"import_id"`
	TableID  kernel.TableID  `json:"table_id"`
	NewTable bool            `json:"new_table,omitempty"`
	Plan     Plan            `json:"plan"`
	By       kernel.UserID   `json:"by,omitempty"` // on whose behalf the rows are written
	// At is where the first record after the header begins.
	At Mark `json:"at"`
}

// RowsAdded holds new rows. ChunkNo counts all chunks of the import from 1; Next is where the record after the chunk's
// last row begins.
type RowsAdded struct {
	ImportID kernel.ImportID `json:"import_id"`
	TableID  kernel.TableID  `json:"table_id"`
	Chunk    kernel.Chunk    `json:"chunk"`
	ChunkNo  int64           `json:"chunk_no"`
	Next     Mark            `json:"next"`
}

// RowsUpdated holds the cells that an upsert changed in rows that were there before. Old has the values that the read model
// had, in the chunk's order, when the import looked the rows up; it had applied the log up to the position Seen.
type RowsUpdated struct {
	ImportID kernel.ImportID                       `json:"import_id"`
	TableID  kernel.TableID                        `json:"table_id"`
	Chunk    kernel.Chunk                          `json:"chunk"`
	Old      map[kernel.ColumnID][]json.RawMessage `json:"old,omitempty"`
	Seen     int64                                 `json:"seen,omitempty"`
	ChunkNo  int64                                 `json:"chunk_no"`
	Next     Mark                                  `json:"next"`
}

// RowsRejected holds what the file has that the table could not take, in the order of the file.
type RowsRejected struct {
	ImportID kernel.ImportID `json:"import_id"`
	Problems []Problem       `json:"problems"`
}

// BatchRecorded ends what one append adds to an import: everything before Next has been dealt with. Counts are of the
// whole import so far.
type BatchRecorded struct {
	ImportID kernel.ImportID `json:"import_id"`
	Batch    int64           `json:"batch"` // from 1
	Next     Mark            `json:"next"`
	Counts   Counts          `json:"counts"`
	// After is the last row of the table that has been copied, of the import that copies one.
	After kernel.RowID `json:"after,omitempty"`
	// Dropped are the table's columns of which it has been said, in this batch, that they are gone.
	Dropped []kernel.ColumnID `json:"dropped,omitempty"`
}

// Completed says that the file was read to its end. Counts.Failed tells whether all of it could be taken.
type Completed struct {
	ImportID kernel.ImportID `json:"import_id"`
	Counts   Counts          `json:"counts"`
}

// Failed says that the import cannot go on. What was imported before stays until it is undone.
type Failed struct {
	ImportID kernel.ImportID `json:"import_id"`
	Reason   string          `json:"reason"`
}

// Cancelled says that somebody stopped the import. What was imported before stays until it is undone.
type Cancelled struct {
	ImportID kernel.ImportID `json:"import_id"`
}

// UndoStarted says that somebody wants the import's rows out of the table again. Force takes back cells and rows that were
// changed after the import too.
type UndoStarted struct {
	ImportID kernel.ImportID `json:"import_id"`
	Force    bool            `json:"force,omitempty"`
}

// Interrupted says that a worker was lost over a stretch of the import, or of its undoing; the next worker writes it first. At says where:
// after which batch, or in an undo above which version of the stream.
type Interrupted struct {
	ImportID kernel.ImportID `json:"import_id"`
	At       int64           `json:"at"`
	Killed   int             `json:"killed"` // how many workers have been lost there so far
}

// UndoProgressed says that everything in the import's stream after the version Down has been taken back. Kept counts
// rows and cells that were left alone because they had been changed after the import; KeptBy by what.
type UndoProgressed struct {
	ImportID kernel.ImportID `json:"import_id"`
	Down     int64           `json:"down"`
	Removed  int64           `json:"removed"`
	Reverted int64           `json:"reverted"`
	Kept     int64           `json:"kept"`
	KeptBy   Kept            `json:"kept_by,omitzero"`
}

// Undone says that the import has been taken back, but for what was kept. Reason says why nothing could be taken back at all.
type Undone struct {
	ImportID kernel.ImportID `json:"import_id"`
	Removed  int64           `json:"removed"`
	Reverted int64           `json:"reverted"`
	Kept     int64           `json:"kept"`
	KeptBy   Kept            `json:"kept_by,omitzero"`
	Reason   string          `json:"reason,omitempty"`
}

// Redone says that the import's undo has been taken back: what it had taken out of the table is there again.
type Redone struct {
	ImportID kernel.ImportID `json:"import_id"`
}

// EventType returns the event's type.
func (Uploaded) EventType() string { return "import.uploaded.v1" }

// EventType returns the event's type.
func (CopyBegun) EventType() string { return "import.copy_begun.v1" }

// EventType returns the event's type.
func (Previewed) EventType() string { return "import.previewed.v1" }

// EventType returns the event's type.
func (Started) EventType() string { return "import.started.v1" }

// EventType returns the event's type.
func (RowsAdded) EventType() string { return "import.rows_added.v1" }

// EventType returns the event's type.
func (RowsUpdated) EventType() string { return "import.rows_updated.v1" }

// EventType returns the event's type.
func (RowsRejected) EventType() string { return "import.rows_rejected.v1" }

// EventType returns the event's type.
func (BatchRecorded) EventType() string { return "import.batch_recorded.v1" }

// EventType returns the event's type.
func (Completed) EventType() string { return "import.completed.v1" }

// EventType returns the event's type.
func (Failed) EventType() string { return "import.failed.v1" }

// EventType returns the event's type.
func (Cancelled) EventType() string { return "import.cancelled.v1" }

// EventType returns the event's type.
func (UndoStarted) EventType() string { return "import.undo_started.v1" }

// EventType returns the event's type.
func (Interrupted) EventType() string { return "import.interrupted.v1" }

// EventType implements kernel.Event.
func (UndoProgressed) EventType() string { return "import.undo_progressed.v1" }

// EventType returns the event's type.
func (Undone) EventType() string { return "import.undone.v1" }

// EventType returns the event's type.
func (Redone) EventType() string { return "import.redone.v1" }

// ImportStream is the category of the imports' streams.
const ImportStream = "import"

// Events lists every event type of the module.
func Events() []kernel.Event {
	return []kernel.Event{
		Uploaded{},
		CopyBegun{},
		Previewed{},
		Started{},
		RowsAdded{},
		RowsUpdated{},
		RowsRejected{},
		BatchRecorded{},
		Interrupted{},
		Completed{},
		Failed{},
		Cancelled{},
		UndoStarted{},
		UndoProgressed{},
		Undone{},
		Redone{},
		ExportRequested{},
		ExportProgressed{},
		ExportFinished{},
		ExportFailed{},
		ExportCancelled{},
		ExportExpired{},
	}
}
