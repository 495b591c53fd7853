package find

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Categories of the streams.
const (
	SourceStream = "source"
	RunStream    = "find"
)

// Keys begins the subjects under whose keys the pages of runs are sealed; the run's id follows.
const Keys = "found/"

// Saved keeps a source, or changes it.
type Saved struct {
	SourceID   kernel.SourceID    `json:"source_id"`
	Workspace  kernel.WorkspaceID `json:"workspace_id"`
	Definition Definition         `json:"definition"`
	At         time.Time          `json:"at"`
}

// Deleted ends a source. Its runs go on.
type Deleted struct {
	SourceID kernel.SourceID `json:"source_id"`
}

// Started begins a run.
type Started struct {
	FindID     kernel.FindID      `json:"find_id"`
	SourceID   kernel.SourceID    `json:"source_id"`
	Workspace  kernel.WorkspaceID `json:"workspace_id"`
	Definition Definition         `json:"definition"`
	// PageSize is how many rows a page has, and PageCredits what one costs on the vendor's plan; both hold until the run ends.
	PageSize    int           `json:"page_size"`
	PageCredits int           `json:"page_credits,omitempty"`
	By          kernel.UserID `json:"by,omitempty"` // on whose behalf
	At          time.Time     `json:"at"`
}

// PageAsked says that a page is asked for now. Without PageFound after it, the vendor may have charged for it.
type PageAsked struct {
	FindID kernel.FindID `json:"find_id"`
	Page   int           `json:"page"` // from 1
}

// PageFound holds what a page had: JSON Lines with a member for each field, sealed.
type PageFound struct {
	FindID kernel.FindID `json:"find_id"`
	Page   int           `json:"page"`
	Rows   int           `json:"rows"`
	Total  int64         `json:"total,omitempty"` // that the vendor says there are
	Last   bool          `json:"last,omitempty"`
	Sealed []byte        `json:"sealed,omitempty"`
}

// PageRefused says that the page asked for last was refused, or failed, and that this was heard: it may be asked for again.
type PageRefused struct {
	FindID kernel.FindID `json:"find_id"`
	Page   int           `json:"page"`
	Reason string        `json:"reason"`
}

// WorkerLost says that a worker was lost over the run; the next one writes it first.
type WorkerLost struct {
	FindID kernel.FindID `json:"find_id"`
}

// CancelRequested asks the run to ask for no further page.
type CancelRequested struct {
	FindID kernel.FindID `json:"find_id"`
}

// Stopped says why no further page is asked for although there may be more.
type Stopped struct {
	FindID kernel.FindID `json:"find_id"`
	Reason string        `json:"reason"`
	// Unknown says that the answer to the page asked for last was lost.
	Unknown bool `json:"unknown,omitempty"`
}

// Gathered says that the pages are a file that waits to be imported.
type Gathered struct {
	FindID   kernel.FindID   `json:"find_id"`
	ImportID kernel.ImportID `json:"import_id"`
}

// Ended ends a run. What becomes of its rows is the import's to tell.
type Ended struct {
	FindID kernel.FindID `json:"find_id"`
	State  State         `json:"state"`
	Reason string        `json:"reason,omitempty"`
	At     time.Time     `json:"at"`
}

// EventType names the event.
func (Saved) EventType() string { return "source.saved.v1" }

// EventType names the event.
func (Deleted) EventType() string { return "source.deleted.v1" }

// EventType names the event.
func (Started) EventType() string { return "find.started.v1" }

// EventType names the event.
func (PageAsked) EventType() string { return "find.page_asked.v1" }

// EventType names the event.
func (PageFound) EventType() string { return "find.page_found.v1" }

// EventType names the event.
func (PageRefused) EventType() string { return "find.page_refused.v1" }

// EventType names the event.
func (WorkerLost) EventType() string { return "find.worker_lost.v1" }

// EventType names the event.
func (CancelRequested) EventType() string { return "find.cancel_requested.v1" }

// EventType names the event.
func (Stopped) EventType() string { return "find.stopped.v1" }

// EventType names the event.
func (Gathered) EventType() string { return "find.gathered.v1" }

// EventType names the event.
func (Ended) EventType() string { return "find.ended.v1" }

// Events lists the module's event types.
func Events() []kernel.Event {
	return []kernel.Event{
		Saved{},
		Deleted{},
		Started{},
		PageAsked{},
		PageFound{},
		PageRefused{},
		WorkerLost{},
		CancelRequested{},
		Stopped{},
		Gathered{},
		Ended{},
	}
}
