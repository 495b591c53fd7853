// Package search is what people do about searching in a workspace: saved searches, and requests to make the index anew.
package search

import (
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Saved keeps a search under a name, or replaces one. Query is what the API takes, without a place in the results.
type Saved struct {
	ID        kernel.SavedSearchID `json:"id"`
	Workspace kernel.WorkspaceID   `json:"workspace_id"`
	Name      string               `json:"name"`
	Query     json.RawMessage      `json:"query"`
	Shared    bool                 `json:"shared,omitempty"`
	Owner     string               `json:"owner"` // the person's id, or the kind and id of another actor
	At        time.Time            `json:"at"`
}

// Deleted ends a saved search.
type Deleted struct {
	ID kernel.SavedSearchID `json:"id"`
}

// ReindexRequested asks for the index to be made anew from the log.
type ReindexRequested struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	By        string             `json:"by"`
	At        time.Time          `json:"at"`
}

// ReindexFinished says what has become of the last request.
type ReindexFinished struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	Requested time.Time          `json:"requested_at"`       // At of the request
	Position  int64              `json:"position,omitempty"` // of the log, at which the new index took over
	Error     string             `json:"error,omitempty"`    // why it could not be made
	At        time.Time          `json:"at"`
}

// EventType names the event.
func (Saved) EventType() string { return "search.saved.v1" }

// EventType names the event.
func (Deleted) EventType() string { return "search.deleted.v1" }

// EventType names the event.
func (ReindexRequested) EventType() string { return "search.reindex_requested.v1" }

// EventType names the event.
func (ReindexFinished) EventType() string { return "search.reindex_finished.v1" }

// Events lists the module's events.
func Events() []kernel.Event {
	return []kernel.Event{Saved{}, Deleted{}, ReindexRequested{}, ReindexFinished{}}
}
