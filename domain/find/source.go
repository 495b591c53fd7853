package find

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Source is a saved search.
type Source struct {
	kernel.Root
	id         kernel.SourceID
	workspace  kernel.WorkspaceID
	definition Definition
	deleted    bool
}

// NewSource returns a source without events.
func NewSource() *Source { return &Source{} }

// In reports whether the source is there, and one of the workspace's.
func (s *Source) In(ws kernel.WorkspaceID) bool { return s.id != "" && s.workspace == ws && !s.deleted }

// Definition is what is looked for.
func (s *Source) Definition() Definition { return s.definition }

// Save keeps the definition.
func (s *Source) Save(id kernel.SourceID, ws kernel.WorkspaceID, d Definition, at time.Time) error {
	if err := d.Validate(); err != nil {
		return err
	}
	return s.Record(s, Saved{SourceID: id, Workspace: ws, Definition: d, At: at})
}

// Delete ends the source.
func (s *Source) Delete() error { return s.Record(s, Deleted{SourceID: s.id}) }

// Apply implements kernel.Aggregate.
func (s *Source) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case Saved:
		s.id, s.workspace, s.definition, s.deleted = e.SourceID, e.Workspace, e.Definition, false
	case Deleted:
		s.deleted = true
	default:
		return kernel.UnknownEvent("source", e)
	}
	return nil
}
