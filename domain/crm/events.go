package crm

import (
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Categories of the streams.
const (
	ConnectionStream = "crm"
	SyncStream       = "crmsync"
	RunStream        = "crmrun"
)

// Beginnings of the subjects under whose keys secrets and records are sealed.
const (
	ConnectKeys = "crm-connect/" // an attempt's verifier; the connection's id and a number follow
	GrantKeys   = "crm-grant/"   // tokens; the connection's id and the grant's number follow
	RecordKeys  = "crm-records/" // records of runs; the table's and the run's id follow
)

// RecordSubject is what the records of a run over a table are sealed for. With the table all its subjects go.
func RecordSubject(t kernel.TableID, run kernel.SyncRunID) string {
	return RecordKeysOf(t) + string(run)
}

// RecordKeysOf begins the subjects of the runs over a table.
func RecordKeysOf(t kernel.TableID) string { return RecordKeys + string(t) + "/" }

// ConnectAsked begins an attempt to connect. Of its secrets only digests are kept; the verifier is sealed.
type ConnectAsked struct {
	ConnectionID kernel.ConnectionID `json:"connection_id"`
	Workspace    kernel.WorkspaceID  `json:"workspace"`
	Vendor       string              `json:"vendor"`
	Instance     string              `json:"instance,omitempty"`
	State        string              `json:"state_digest"`
	Browser      string              `json:"browser_digest"`
	Subject      string              `json:"subject"` // that the verifier is sealed for
	Verifier     []byte              `json:"verifier"`
	By           kernel.UserID       `json:"by"`
	At           time.Time           `json:"at"`
}

// ConnectAnswered ends an attempt: its answer came. No second one is taken.
type ConnectAnswered struct {
	ConnectionID kernel.ConnectionID `json:"connection_id"`
	At           time.Time           `json:"at"`
}

// Connected says that the access was allowed.
type Connected struct {
	ConnectionID kernel.ConnectionID `json:"connection_id"`
	Workspace    kernel.WorkspaceID  `json:"workspace"`
	Vendor       string              `json:"vendor"`
	Account      Account             `json:"account"`
	Sealed       []byte              `json:"sealed"`
	By           kernel.UserID       `json:"by"`
	At           time.Time           `json:"at"`
}

// RefreshBegun claims the refresh of the tokens.
type RefreshBegun struct {
	ConnectionID kernel.ConnectionID `json:"connection_id"`
	Serial       int                 `json:"serial"`
	At           time.Time           `json:"at"`
}

// Refreshed holds new tokens.
type Refreshed struct {
	ConnectionID kernel.ConnectionID `json:"connection_id"`
	Serial       int                 `json:"serial"`
	Sealed       []byte              `json:"sealed"`
	At           time.Time           `json:"at"`
}

// RefreshFailed says that no new tokens came; Denied that the vendor has ended the access.
type RefreshFailed struct {
	ConnectionID kernel.ConnectionID `json:"connection_id"`
	Serial       int                 `json:"serial"`
	Reason       string              `json:"reason"`
	Denied       bool                `json:"denied,omitempty"`
	At           time.Time           `json:"at"`
}

// Disconnected ends a connection.
type Disconnected struct {
	ConnectionID kernel.ConnectionID `json:"connection_id"`
	Vendor       string              `json:"vendor"`
	Account      Account             `json:"account"`
	At           time.Time           `json:"at"`
}

// SyncSaved keeps a sync, or changes it.
type SyncSaved struct {
	SyncID     kernel.SyncID      `json:"sync_id"`
	Workspace  kernel.WorkspaceID `json:"workspace"`
	Definition Definition         `json:"definition"`
	At         time.Time          `json:"at"`
}

// SyncDeleted ends a sync. Its runs stay.
type SyncDeleted struct {
	SyncID kernel.SyncID `json:"sync_id"`
	Name   string        `json:"name"`
}

// SyncClaimed says that a run of the sync writes; no other one does until it is released.
type SyncClaimed struct {
	SyncID kernel.SyncID    `json:"sync_id"`
	RunID  kernel.SyncRunID `json:"run_id"`
	Due    *time.Time       `json:"due,omitempty"` // of a pull that began by itself
}

// SyncReleased says that the run has ended, and where the next pull begins to read, if the run was one.
type SyncReleased struct {
	SyncID kernel.SyncID    `json:"sync_id"`
	RunID  kernel.SyncRunID `json:"run_id"`
	Cursor *Cursor          `json:"cursor,omitempty"`
}

// RunStarted begins a run. What it works by holds until it ends.
type RunStarted struct {
	RunID      kernel.SyncRunID   `json:"run_id"`
	SyncID     kernel.SyncID      `json:"sync_id"`
	Workspace  kernel.WorkspaceID `json:"workspace"`
	Kind       RunKind            `json:"kind"`
	Dry        bool               `json:"dry,omitempty"` // nothing is written
	Definition Definition         `json:"definition"`
	Filter     json.RawMessage    `json:"filter,omitempty"` // of the view
	Vendor     string             `json:"vendor"`
	Batch      int                `json:"batch"`
	Total      int                `json:"total"` // records that there were to go through
	// Of is the push that is reversed; Archive says that what it made is archived.
	Of      kernel.SyncRunID `json:"of,omitempty"`
	Archive bool             `json:"archive,omitempty"`
	// From is where a pull begins to read. With Resolve it reads no changes, but the records with open conflicts: all, or those named.
	From    Cursor        `json:"from,omitzero"`
	Resolve Rule          `json:"resolve,omitempty"`
	Records []string      `json:"records,omitempty"`
	Due     *time.Time    `json:"due,omitempty"` // of a pull that began by itself
	By      kernel.UserID `json:"by,omitempty"`
	At      time.Time     `json:"at"`
}

// BatchIntended says what is about to be written, with the records as they were before: entries, sealed. Without BatchSettled after it,
// the CRM may have carried the writes out.
type BatchIntended struct {
	RunID       kernel.SyncRunID `json:"run_id"`
	Records     int              `json:"records"`
	LastRow     kernel.RowID     `json:"last_row,omitempty"`
	LastVersion int64            `json:"last_version,omitempty"` // of the stream that is reversed
	Cursor      Cursor           `json:"cursor,omitzero"`        // of a pull: where it goes on
	Last        bool             `json:"last,omitempty"`         // of a pull: nothing comes after it
	Sealed      []byte           `json:"sealed"`
}

// Link ties a row to the record that it is synced with; without a row the record is nobody's.
type Link struct {
	RowID kernel.RowID    `json:"row_id,omitempty"`
	ID    string          `json:"id"`
	Gone  bool            `json:"gone,omitempty"`  // the record is deleted in the CRM
	Marks map[string]Mark `json:"marks,omitempty"` // by the mapping
}

// Open is a record with fields that a person has to decide about. Entry is its number in the batch.
type Open struct {
	RowID  kernel.RowID `json:"row_id"`
	ID     string       `json:"id"`
	Entry  int          `json:"entry"`
	Fields []string     `json:"fields"`
}

// BatchSettled says what became of the batch: results in the order of its entries, sealed.
type BatchSettled struct {
	RunID        kernel.SyncRunID    `json:"run_id"`
	Workspace    kernel.WorkspaceID  `json:"workspace"`
	ConnectionID kernel.ConnectionID `json:"connection_id"`
	Object       string              `json:"object"`
	TableID      kernel.TableID      `json:"table_id"`
	Counts       Counts              `json:"counts"`
	Links        []Link              `json:"links,omitempty"`
	SyncID       kernel.SyncID       `json:"sync_id,omitempty"` // of a pull
	Open         []Open              `json:"open,omitempty"`    // of a pull; what was open of the batch's records before is so no longer
	Sealed       []byte              `json:"sealed"`
}

// RunWaiting says what the run waits for.
type RunWaiting struct {
	RunID  kernel.SyncRunID `json:"run_id"`
	Reason string           `json:"reason"`
	Until  time.Time        `json:"until"`
}

// RunWorkerLost says that a worker was lost over the run; the next one writes it first.
type RunWorkerLost struct {
	RunID kernel.SyncRunID `json:"run_id"`
}

// RunCancelRequested asks the run to begin no further batch.
type RunCancelRequested struct {
	RunID kernel.SyncRunID `json:"run_id"`
}

// RunStopped says why no further batch is begun although there may be more.
type RunStopped struct {
	RunID  kernel.SyncRunID `json:"run_id"`
	Reason string           `json:"reason"`
}

// RunEnded ends a run.
type RunEnded struct {
	RunID  kernel.SyncRunID `json:"run_id"`
	State  RunState         `json:"state"`
	Reason string           `json:"reason,omitempty"`
	Counts Counts           `json:"counts"`
	At     time.Time        `json:"at"`
}

// EventType names the event.
func (ConnectAsked) EventType() string { return "crm.connect_asked.v1" }

// EventType names the event.
func (ConnectAnswered) EventType() string { return "crm.connect_answered.v1" }

// EventType names the event.
func (Connected) EventType() string { return "crm.connected.v1" }

// EventType names the event.
func (RefreshBegun) EventType() string { return "crm.refresh_begun.v1" }

// EventType names the event.
func (Refreshed) EventType() string { return "crm.refreshed.v1" }

// EventType names the event.
func (RefreshFailed) EventType() string { return "crm.refresh_failed.v1" }

// EventType names the event.
func (Disconnected) EventType() string { return "crm.disconnected.v1" }

// EventType names the event.
func (SyncSaved) EventType() string { return "crmsync.saved.v1" }

// EventType names the event.
func (SyncDeleted) EventType() string { return "crmsync.deleted.v1" }

// EventType names the event.
func (SyncClaimed) EventType() string { return "crmsync.claimed.v1" }

// EventType names the event.
func (SyncReleased) EventType() string { return "crmsync.released.v1" }

// EventType names the event.
func (RunStarted) EventType() string { return "crmrun.started.v1" }

// EventType names the event.
func (BatchIntended) EventType() string { return "crmrun.batch_intended.v1" }

// EventType names the event.
func (BatchSettled) EventType() string { return "crmrun.batch_settled.v1" }

// EventType names the event.
func (RunWaiting) EventType() string { return "crmrun.waiting.v1" }

// EventType names the event.
func (RunWorkerLost) EventType() string { return "crmrun.worker_lost.v1" }

// EventType names the event.
func (RunCancelRequested) EventType() string { return "crmrun.cancel_requested.v1" }

// EventType names the event.
func (RunStopped) EventType() string { return "crmrun.stopped.v1" }

// EventType names the event.
func (RunEnded) EventType() string { return "crmrun.ended.v1" }

// Events lists the module's event types.
func Events() []kernel.Event {
	return []kernel.Event{
		ConnectAsked{},
		ConnectAnswered{},
		Connected{},
		RefreshBegun{},
		Refreshed{},
		RefreshFailed{},
		Disconnected{},
		SyncSaved{},
		SyncDeleted{},
		SyncClaimed{},
		SyncReleased{},
		RunStarted{},
		BatchIntended{},
		BatchSettled{},
		RunWaiting{},
		RunWorkerLost{},
		RunCancelRequested{},
		RunStopped{},
		RunEnded{},
	}
}
