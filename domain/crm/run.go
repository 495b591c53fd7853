package crm

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// RunKind is what a run does.
type RunKind string

// The kinds.
const (
	RunPush    RunKind = "push"
	RunPull    RunKind = "pull"    // brings what was changed in the CRM into the table
	RunReverse RunKind = "reverse" // gives the records of a push their earlier values back
)

// RunState is where a run stands.
type RunState string

// The states.
const (
	RunRunning   RunState = "running"
	RunCompleted RunState = "completed"
	RunPartial   RunState = "partially_completed" // something stood in the way of further records
	RunFailed    RunState = "failed"              // something stood in the way of all
	RunCancelled RunState = "cancelled"
)

// Counts count records by what became of them; in a dry run, Created, Updated and Archived are those that would be.
type Counts struct {
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Archived  int `json:"archived"`
	Unchanged int `json:"unchanged"`
	Skipped   int `json:"skipped"`
	Failed    int `json:"failed"`
	Conflicts int `json:"conflicts"`
	Unknown   int `json:"unknown"`
	Gone      int `json:"gone,omitempty" doc:"Rows of a pull whose record was deleted in the CRM; they stay."`
	Fields    int `json:"fields" doc:"Field values that were changed, or would be."`
}

// Add counts one record.
func (c *Counts) Add(e Entry, r Result) {
	switch r.State {
	case OutcomeSynced, OutcomePlanned:
		c.Fields += len(e.Changes)
		switch e.Action {
		case ActionArchive:
			c.Archived++
		case ActionCreate:
			c.Created++
		case ActionUpdate, ActionNone:
			c.Updated++
		}
	case OutcomeUnchanged:
		c.Unchanged++
	case OutcomeSkipped:
		c.Skipped++
	case OutcomeFailed:
		c.Failed++
	case OutcomeConflict:
		c.Conflicts++
		if len(e.Disputes) > 0 { // the other fields were written
			c.Fields += len(e.Changes)
		}
	case OutcomeUnknown:
		c.Unknown++
	case OutcomeGone:
		c.Gone++
	}
}

// Records is how many records were counted.
func (c Counts) Records() int {
	return c.Created + c.Updated + c.Archived + c.Unchanged + c.Skipped + c.Failed + c.Conflicts + c.Unknown + c.Gone
}

// Plus is the sum of both.
func (c Counts) Plus(o Counts) Counts {
	return Counts{
		c.Created + o.Created, c.Updated + o.Updated, c.Archived + o.Archived, c.Unchanged + o.Unchanged, c.Skipped + o.Skipped,
		c.Failed + o.Failed, c.Conflicts + o.Conflicts, c.Unknown + o.Unknown, c.Gone + o.Gone, c.Fields + o.Fields,
	}
}

// Run is one going through of a sync. What its records are is in its stream only, sealed.
type Run struct {
	kernel.Root
	started   RunStarted
	state     RunState
	open      *BatchIntended // begun and not settled
	row       kernel.RowID   // the last one that a settled batch had
	version   int64          // of the stream that is reversed, read so far
	cursor    Cursor         // of a pull: where it goes on
	read      bool           // of a pull: there is no more
	counts    Counts
	taken     map[string]kernel.RowID // by the record's id: the row that it belongs to
	killed    int                     // workers lost since the last batch was settled
	cancelled bool
	stopped   string
	waits     string
}

// NewRun returns a run without events.
func NewRun() *Run { return &Run{taken: map[string]kernel.RowID{}} }

// In reports whether the run is one of the workspace's.
func (r *Run) In(ws kernel.WorkspaceID) bool { return r.state != "" && r.started.Workspace == ws }

// Started is how the run began.
func (r *Run) Started() RunStarted { return r.started }

// State is where the run stands.
func (r *Run) State() RunState { return r.state }

// Running reports whether the run has something left to do.
func (r *Run) Running() bool { return r.state == RunRunning }

// Counts are those of the settled batches.
func (r *Run) Counts() Counts { return r.counts }

// Open is the batch that was begun and is not settled; nil for none. Its writes may have been carried out.
func (r *Run) Open() *BatchIntended { return r.open }

// Row is the last row that was settled, and Version how far the stream that is reversed was.
func (r *Run) Row() kernel.RowID { return r.row }

// Version is how far the stream of the run that is reversed was settled.
func (r *Run) Version() int64 { return r.version }

// Cursor is where a pull goes on, and Read reports whether it has come to the end.
func (r *Run) Cursor() Cursor { return r.cursor }

// Read reports whether a pull has read all that there is.
func (r *Run) Read() bool { return r.read }

// Taken is the row that the record belongs to by this run; empty for none.
func (r *Run) Taken(id string) kernel.RowID { return r.taken[id] }

// Stopped says why no further batch is begun; empty if nothing stands in the way.
func (r *Run) Stopped() string { return r.stopped }

// Room is how many records may still be gone through.
func (r *Run) Room() int {
	if r.cancelled || r.stopped != "" {
		return 0
	}
	return r.started.Definition.MaxRecords - r.counts.Records()
}

// Begin starts the run.
func (r *Run) Begin(e RunStarted) error {
	if e.Batch < 1 {
		return kernel.Invalid("connection_id", "the CRM says nothing of its batches")
	}
	return r.Record(r, e)
}

// Intend notes what is about to be written.
func (r *Run) Intend(e BatchIntended) error {
	if !r.Running() || r.open != nil {
		return kernel.E(kernel.KindConflict, "BATCH_NOT_DUE", "another batch is not settled yet")
	}
	e.RunID = r.started.RunID
	return r.Record(r, e)
}

// Settle notes what became of the batch that was begun.
func (r *Run) Settle(e BatchSettled) error {
	if !r.Running() || r.open == nil {
		return kernel.E(kernel.KindConflict, "BATCH_NOT_BEGUN", "no batch was begun")
	}
	e.RunID, e.Workspace, e.ConnectionID, e.Object = r.started.RunID, r.started.Workspace, r.started.Definition.ConnectionID,
		r.started.Definition.Object
	e.TableID = r.started.Definition.TableID
	if r.started.Kind == RunPull && !r.started.Dry {
		e.SyncID = r.started.SyncID
	}
	return r.Record(r, e)
}

// Wait notes what the run waits for; nothing if it waits for that already.
func (r *Run) Wait(reason string, until time.Time) error {
	if !r.Running() || r.waits == reason {
		return nil
	}
	return r.Record(r, RunWaiting{RunID: r.started.RunID, Reason: reason, Until: until})
}

// Lose notes that a worker was lost over the run, and answers how many were over what it is at work on.
func (r *Run) Lose() (killed int, err error) {
	if !r.Running() {
		return 0, nil
	}
	err = r.Record(r, RunWorkerLost{RunID: r.started.RunID})
	return r.killed, err
}

// Cancel asks for no further batch. A run that has ended stays as it is.
func (r *Run) Cancel() error {
	if !r.Running() || r.cancelled {
		return nil
	}
	return r.Record(r, RunCancelRequested{RunID: r.started.RunID})
}

// Stop notes why no further batch is begun.
func (r *Run) Stop(reason string) error {
	if !r.Running() || r.stopped != "" {
		return nil
	}
	return r.Record(r, RunStopped{RunID: r.started.RunID, Reason: reason})
}

// End ends the run. Every batch must be settled.
func (r *Run) End(at time.Time) error {
	if r.open != nil {
		return kernel.E(kernel.KindConflict, "BATCH_NOT_SETTLED", "a batch is not settled yet")
	}
	e := RunEnded{RunID: r.started.RunID, State: RunCompleted, Reason: r.stopped, Counts: r.counts, At: at}
	switch {
	case r.stopped != "" && r.counts.Records() == 0:
		e.State = RunFailed
	case r.stopped != "":
		e.State = RunPartial
	case r.cancelled:
		e.State = RunCancelled
	}
	return r.Record(r, e)
}

// Apply implements kernel.Aggregate.
func (r *Run) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case RunStarted:
		r.started, r.state, r.cursor = e, RunRunning, e.From
	case BatchIntended:
		r.open = &e
	case BatchSettled:
		if r.open == nil {
			return kernel.E(kernel.KindInternal, "BATCH_NOT_BEGUN", "a batch was settled that was not begun")
		}
		r.row, r.version = r.open.LastRow, r.open.LastVersion
		r.cursor, r.read = r.open.Cursor, r.open.Last
		r.counts, r.open, r.killed, r.waits = r.counts.Plus(e.Counts), nil, 0, ""
		for _, l := range e.Links {
			r.taken[l.ID] = l.RowID
		}
	case RunWaiting:
		r.waits = e.Reason
	case RunWorkerLost:
		r.killed++
	case RunCancelRequested:
		r.cancelled = true
	case RunStopped:
		r.stopped = e.Reason
	case RunEnded:
		r.state = e.State
	default:
		return kernel.UnknownEvent("crmrun", e)
	}
	return nil
}
