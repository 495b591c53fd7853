package crm

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Sync is a saved way of bringing rows into a CRM.
type Sync struct {
	kernel.Root
	id         kernel.SyncID
	workspace  kernel.WorkspaceID
	definition Definition
	deleted    bool
}

// NewSync returns a sync without events.
func NewSync() *Sync { return &Sync{} }

// In reports whether the sync is there, and one of the workspace's.
func (s *Sync) In(ws kernel.WorkspaceID) bool { return s.id != "" && s.workspace == ws && !s.deleted }

// Definition is how rows become records.
func (s *Sync) Definition() Definition { return s.definition }

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
		s.id, s.workspace, s.definition, s.deleted = e.SyncID, e.Workspace, e.Definition, false
	case SyncDeleted:
		s.deleted = true
	default:
		return kernel.UnknownEvent("crmsync", e)
	}
	return nil
}
