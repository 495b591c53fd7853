package scrape

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// JobID names a job.
type JobID string

// JobPrefix begins the ids of jobs.
const JobPrefix = "scr"

// PageKeys begins the subjects under whose keys pages and addresses of callbacks are sealed: PageKeys, the workspace, a slash, the month.
const PageKeys = "pages/"

// KeysOf is the subject of what a workspace's jobs of a time are sealed under.
func KeysOf(ws kernel.WorkspaceID, at time.Time) string {
	return PageKeys + string(ws) + "/" + Month(at)
}

// Month writes a time's month, as it stands in the names of keys and objects.
func Month(at time.Time) string { return at.UTC().Format("200601") }

// Requested asks for pages.
type Requested struct {
	Job       JobID              `json:"job_id"`
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	Tasks     []Task             `json:"tasks"`
	// CallbackSealed is the address that is told when the job has ended, sealed like a page: its path may be a secret.
	CallbackSealed []byte    `json:"callback_sealed,omitempty"`
	At             time.Time `json:"at"`
}

// PageRead is how a task of a job ended. The page lies in the object store, sealed, under a name with the hash of its text.
type PageRead struct {
	Job      JobID     `json:"job_id"`
	Index    int       `json:"index"` // of the task
	Fetches  []Fetch   `json:"fetches"`
	Object   string    `json:"object,omitempty"`
	Size     int64     `json:"size,omitempty"` // of the text
	URL      string    `json:"url,omitempty"`  // after redirects
	Status   int       `json:"status,omitempty"`
	Language string    `json:"language,omitempty"` // Content-Language
	Rendered bool      `json:"rendered,omitempty"`
	Cut      bool      `json:"cut,omitempty"`
	Notes    []string  `json:"notes,omitempty"` // why it is only a part
	Reason   Reason    `json:"reason,omitempty"`
	Message  string    `json:"message,omitempty"`
	At       time.Time `json:"at"`
}

// WorkerLost says that a process ended over the job.
type WorkerLost struct {
	Job JobID     `json:"job_id"`
	At  time.Time `json:"at"`
}

// Finished ends a job: each of its tasks has ended.
type Finished struct {
	Job JobID     `json:"job_id"`
	At  time.Time `json:"at"`
}

// Cancelled ends a job before its tasks have.
type Cancelled struct {
	Job JobID     `json:"job_id"`
	At  time.Time `json:"at"`
}

// CalledBack says how the callback went.
type CalledBack struct {
	Job      JobID     `json:"job_id"`
	Attempts int       `json:"attempts"`
	Error    string    `json:"error,omitempty"` // why it was given up
	At       time.Time `json:"at"`
}

// EventType names the event.
func (Requested) EventType() string { return "scrape.requested.v1" }

// EventType names the event.
func (PageRead) EventType() string { return "scrape.page_read.v1" }

// EventType names the event.
func (WorkerLost) EventType() string { return "scrape.worker_lost.v1" }

// EventType names the event.
func (Finished) EventType() string { return "scrape.finished.v1" }

// EventType names the event.
func (Cancelled) EventType() string { return "scrape.cancelled.v1" }

// EventType names the event.
func (CalledBack) EventType() string { return "scrape.called_back.v1" }

// Events lists the module's event types.
func Events() []kernel.Event {
	return []kernel.Event{Requested{}, PageRead{}, WorkerLost{}, Finished{}, Cancelled{}, CalledBack{}}
}
