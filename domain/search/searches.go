package search

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// Limits of saved searches.
const (
	MaxSaved = 200      // in a workspace
	MaxName  = 100      // characters
	MaxQuery = 16 << 10 // bytes
)

// overtaken is how long a reindex that nothing is heard of keeps others away.
const overtaken = time.Hour

// Searches are the saved searches of a workspace and its last reindex.
type Searches struct {
	kernel.Root
	saved     map[kernel.SavedSearchID]Saved
	requested time.Time // of the reindex that is under way; zero when none is
}

// New returns a workspace without saved searches.
func New() *Searches { return &Searches{saved: map[kernel.SavedSearchID]Saved{}} }

// Apply implements kernel.Aggregate.
func (s *Searches) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case Saved:
		s.saved[e.ID] = e
	case Deleted:
		delete(s.saved, e.ID)
	case ReindexRequested:
		s.requested = e.At
	case ReindexFinished:
		if e.Requested.Equal(s.requested) {
			s.requested = time.Time{}
		}
	default:
		return kernel.UnknownEvent("search", e)
	}
	return nil
}

// Save keeps a new search.
func (s *Searches) Save(e Saved) error {
	if err := check(&e); err != nil {
		return err
	}
	if len(s.saved) >= MaxSaved {
		return kernel.E(kernel.KindConflict, "TOO_MANY_SAVED_SEARCHES",
			"the workspace has %d saved searches, the most there can be; delete one first", MaxSaved)
	}
	return s.Record(s, e)
}

// Change replaces a search of the owner's.
func (s *Searches) Change(e Saved) error {
	if err := s.own(e.ID, e.Owner); err != nil {
		return err
	}
	if err := check(&e); err != nil {
		return err
	}
	return s.Record(s, e)
}

// Delete ends a search of the owner's.
func (s *Searches) Delete(id kernel.SavedSearchID, owner string) error {
	if err := s.own(id, owner); err != nil {
		return err
	}
	return s.Record(s, Deleted{ID: id})
}

// Find returns a search that the person may run.
func (s *Searches) Find(id kernel.SavedSearchID, owner string) (Saved, error) {
	e, ok := s.saved[id]
	if !ok || e.Owner != owner && !e.Shared {
		return Saved{}, kernel.NotFound("saved search", string(id))
	}
	return e, nil
}

func (s *Searches) own(id kernel.SavedSearchID, owner string) error {
	was, err := s.Find(id, owner)
	if err == nil && was.Owner != owner {
		err = kernel.E(kernel.KindForbidden, "FORBIDDEN", "only who saved the search may change it; save a copy of your own")
	}
	return err
}

func check(e *Saved) error {
	e.Name = strings.TrimSpace(e.Name)
	if n := utf8.RuneCountInString(e.Name); n == 0 || n > MaxName || strings.ContainsFunc(e.Name, unicode.IsControl) {
		return kernel.Invalid("name", "must have 1 to %d characters and no control characters", MaxName)
	}
	if len(e.Query) > MaxQuery {
		return kernel.Invalid("query", "has %d bytes; at most %d are possible", len(e.Query), MaxQuery)
	}
	return nil
}

// RequestReindex asks for a new index.
func (s *Searches) RequestReindex(e ReindexRequested) error {
	if !s.requested.IsZero() && e.At.Sub(s.requested) < overtaken {
		return kernel.E(kernel.KindConflict, "REINDEX_RUNNING", "the index is being made anew since %s; wait until that is done",
			s.requested.UTC().Format(time.RFC3339))
	}
	return s.Record(s, e)
}

// Reindexing reports whether the request is the one that is under way.
func (s *Searches) Reindexing(requested time.Time) bool { return s.requested.Equal(requested) }

// FinishReindex says what has become of a request; one that another has overtaken changes nothing.
func (s *Searches) FinishReindex(e ReindexFinished) error {
	if !s.Reindexing(e.Requested) {
		return nil
	}
	return s.Record(s, e)
}
