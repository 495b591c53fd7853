package crm

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Sync is a saved way of keeping rows and records of a CRM in step. One run of it writes at a time.
type Sync struct {
	kernel.Root
	id         kernel.SyncID
	workspace  kernel.WorkspaceID
	definition Definition
	deleted    bool
	writing    kernel.SyncRunID // the run that writes
	cursor     Cursor           // where the next pull begins to read
	since      time.Time        // from when on the time to the next pull by itself counts
}

// NewSync returns a sync without events.
func NewSync() *Sync { return &Sync{} }

// In reports whether the sync is there, and one of the workspace's.
func (s *Sync) In(ws kernel.WorkspaceID) bool { return s.id != "" && s.workspace == ws && !s.deleted }

// Definition is how rows become records.
func (s *Sync) Definition() Definition { return s.definition }

// Cursor is where the next pull begins to read: at the first record when something of what is pulled has changed since the last one.
func (s *Sync) Cursor() Cursor { return s.cursor }

// Due is when the sync's last pull by itself was due; false if none was since the one before. What was due meanwhile and had no run, as
// while the program stood still, is not made up for.
func (s *Sync) Due(now time.Time) (time.Time, bool) {
	every := time.Duration(s.definition.PullEvery) * time.Minute
	if s.deleted || every <= 0 || !s.definition.Pulls() {
		return time.Time{}, false
	}
	passed := now.Sub(s.since)
	return s.since.Add(passed - passed%every), passed >= every
}

// Claim lets a run write. Another one would look for the same records. due is set for a pull that begins by itself, once for each time.
func (s *Sync) Claim(run kernel.SyncRunID, due *time.Time) error {
	if due != nil && !due.After(s.since) {
		return kernel.E(kernel.KindConflict, "NOT_DUE", "this pull has begun already")
	}
	if s.writing != "" {
		return kernel.E(kernel.KindConflict, "SYNC_RUNNING", "another run of this sync is writing; wait for its end, or cancel it")
	}
	return s.Record(s, SyncClaimed{SyncID: s.id, RunID: run, Due: due})
}

// Release ends the run's claim; nothing if it has none. The cursor of a pull holds only if the sync pulls what it did when the run began.
func (s *Sync) Release(run kernel.SyncRunID, of Definition, cursor *Cursor) error {
	if s.writing != run {
		return nil
	}
	if of.pulled() != s.definition.pulled() {
		cursor = nil
	}
	return s.Record(s, SyncReleased{SyncID: s.id, RunID: run, Cursor: cursor})
}

// Save keeps the definition.
func (s *Sync) Save(id kernel.SyncID, ws kernel.WorkspaceID, d Definition, at time.Time) error {
	if err := d.Validate(); err != nil {
		return err
	}
	return s.Record(s, SyncSaved{SyncID: id, Workspace: ws, Definition: d, At: at})
}

// Delete ends the sync.
func (s *Sync) Delete() error { return s.Record(s, SyncDeleted{SyncID: s.id, Name: s.definition.Name}) }

// Apply implements kernel.Aggregate.
func (s *Sync) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case SyncSaved:
		if e.Definition.pulled() != s.definition.pulled() {
			s.cursor = Cursor{}
		}
		if e.Definition.PullEvery != s.definition.PullEvery {
			s.since = e.At
		}
		s.id, s.workspace, s.definition, s.deleted = e.SyncID, e.Workspace, e.Definition, false
	case SyncDeleted:
		s.deleted = true
	case SyncClaimed:
		s.writing = e.RunID
		if e.Due != nil {
			s.since = *e.Due
		}
	case SyncReleased:
		s.writing = ""
		if e.Cursor != nil {
			s.cursor = *e.Cursor
		}
	default:
		return kernel.UnknownEvent("crmsync", e)
	}
	return nil
}
