package find

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// State is where a run stands.
type State string

// The states.
const (
	StateRunning   State = "running"
	StateCompleted State = "completed"
	StatePartial   State = "partially_completed" // rows were found, and something stood in the way of further ones
	StateFailed    State = "failed"              // nothing was found, since something stood in the way
	StateCancelled State = "cancelled"
)

// Run is one going through of a search. The rows themselves are in its stream only.
type Run struct {
	kernel.Root
	started   Started
	state     State
	asked     int // the page that was asked for last
	found     int // the page that was found last
	rows      int
	total     int64
	last      bool
	killed    int // workers lost since the last page was found
	cancelled bool
	stopped   *Stopped
	importID  kernel.ImportID
}

// NewRun returns a run without events.
func NewRun() *Run { return &Run{} }

// In reports whether the run is one of the workspace's.
func (r *Run) In(ws kernel.WorkspaceID) bool { return r.state != "" && r.started.Workspace == ws }

// Started is how the run began.
func (r *Run) Started() Started { return r.started }

// Running reports whether the run has something left to do.
func (r *Run) Running() bool { return r.state == StateRunning }

// ImportID is the import that takes over what was found; empty before it is there.
func (r *Run) ImportID() kernel.ImportID { return r.importID }

// Rows is how many rows were found.
func (r *Run) Rows() int { return r.rows }

// Asked is the page that is asked for and not answered yet; 0 for none.
func (r *Run) Asked() int {
	if r.asked > r.found {
		return r.asked
	}
	return 0
}

// Lost is the page whose answer is not known, 0 for none: it was asked for and not found.
func (r *Run) Lost() int {
	if r.stopped == nil {
		return r.Asked()
	}
	return 0
}

// Next is the page to be asked for; 0 when there is none: all is found, a bound is reached, or it was stopped.
func (r *Run) Next() int {
	s := r.started
	next := r.found + 1
	if r.cancelled || r.stopped != nil || r.last || r.rows >= s.Definition.MaxRows || next*s.PageCredits > s.Definition.MaxCredits {
		return 0
	}
	return next
}

// Room is how many rows may still be found.
func (r *Run) Room() int { return r.started.Definition.MaxRows - r.rows }

// Begin starts the run.
func (r *Run) Begin(e Started) error {
	if e.PageSize < 1 || e.PageCredits < 0 {
		return kernel.Invalid("search", "says nothing of its pages")
	}
	if e.PageCredits > e.Definition.MaxCredits {
		return kernel.Invalid("max_credits", "is too low: one page costs %d of the vendor's credits", e.PageCredits)
	}
	return r.Record(r, e)
}

// Ask notes that the page is asked for now. One whose answer was lost may be asked for again if that costs nothing.
func (r *Run) Ask(page int) error {
	if !r.Running() || page != r.Next() || r.Lost() > 0 && r.started.PageCredits > 0 {
		return kernel.E(kernel.KindConflict, "PAGE_NOT_DUE", "page %d is not to be asked for", page)
	}
	if r.asked == page {
		return nil
	}
	return r.Record(r, PageAsked{FindID: r.started.FindID, Page: page})
}

// Find notes what the page had.
func (r *Run) Find(e PageFound) error {
	if !r.Running() || e.Page != r.asked || e.Page != r.found+1 {
		return kernel.E(kernel.KindConflict, "PAGE_NOT_ASKED", "page %d was not asked for", e.Page)
	}
	e.FindID = r.started.FindID
	return r.Record(r, e)
}

// Refuse notes that the page asked for was refused; without such a page nothing.
func (r *Run) Refuse(reason string) error {
	if !r.Running() || r.asked == r.found {
		return nil
	}
	return r.Record(r, PageRefused{FindID: r.started.FindID, Page: r.asked, Reason: reason})
}

// Lose notes that a worker was lost over the run, and answers how many were over what it is at work on.
func (r *Run) Lose() (killed int, err error) {
	if !r.Running() {
		return 0, nil
	}
	err = r.Record(r, WorkerLost{FindID: r.started.FindID})
	return r.killed, err
}

// Cancel asks for no further page. A run that has ended stays as it is.
func (r *Run) Cancel() error {
	if !r.Running() || r.cancelled {
		return nil
	}
	return r.Record(r, CancelRequested{FindID: r.started.FindID})
}

// Stop notes why no further page is asked for.
func (r *Run) Stop(reason string, unknown bool) error {
	if !r.Running() || r.stopped != nil {
		return nil
	}
	return r.Record(r, Stopped{FindID: r.started.FindID, Reason: reason, Unknown: unknown})
}

// Gather notes the file of what was found.
func (r *Run) Gather(id kernel.ImportID) error {
	if !r.Running() || r.importID != "" {
		return kernel.E(kernel.KindConflict, "ALREADY_GATHERED", "the rows are an import already")
	}
	return r.Record(r, Gathered{FindID: r.started.FindID, ImportID: id})
}

// End ends the run; hindrance says what stood in the way of taking the rows over, empty for nothing.
func (r *Run) End(hindrance string, at time.Time) error {
	e := Ended{FindID: r.started.FindID, State: StateCompleted, Reason: hindrance, At: at}
	switch {
	case hindrance != "":
		e.State = StateFailed
	case r.stopped != nil:
		e.State, e.Reason = StatePartial, r.stopped.Reason
		if r.rows == 0 {
			e.State = StateFailed
		}
	case r.cancelled:
		e.State = StateCancelled
	}
	return r.Record(r, e)
}

// Apply implements kernel.Aggregate.
func (r *Run) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case Started:
		r.started, r.state = e, StateRunning
	case PageAsked:
		r.asked = e.Page
	case PageFound:
		r.found, r.rows, r.last, r.total = e.Page, r.rows+e.Rows, e.Last, e.Total
		r.killed = 0
	case PageRefused:
		r.asked = r.found
	case WorkerLost:
		r.killed++
	case CancelRequested:
		r.cancelled = true
	case Stopped:
		r.stopped = &e
	case Gathered:
		r.importID = e.ImportID
	case Ended:
		r.state = e.State
	default:
		return kernel.UnknownEvent("find", e)
	}
	return nil
}
