package enrichment

import (
	"fmt"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// RunState is where a run stands.
type RunState string

// The states. The last four are final until a retry.
const (
	RunPending            RunState = "pending"
	RunRunning            RunState = "running"
	RunPausedState        RunState = "paused"
	RunCompleted          RunState = "completed"
	RunPartiallyCompleted RunState = "partially_completed"
	RunFailed             RunState = "failed"
	RunCancelled          RunState = "cancelled"
)

// Final reports whether the run has ended.
func (s RunState) Final() bool {
	switch s {
	case RunCompleted, RunPartiallyCompleted, RunFailed, RunCancelled:
		return true
	default:
		return false
	}
}

// Counts are how far a run is, in cells.
type Counts struct {
	Total     int64 `json:"total"` // as estimated until the run has seen all rows
	Done      int64 `json:"done"`
	Succeeded int64 `json:"succeeded"`
	NotFound  int64 `json:"not_found"`
	Failed    int64 `json:"failed"`
	Skipped   int64 `json:"skipped"`
	Cached    int64 `json:"cached"` // of those that succeeded
}

// Add counts one outcome.
func (c *Counts) Add(state MarkState, cached bool) {
	c.Done++
	switch state {
	case MarkValue:
		c.Succeeded++
		if cached {
			c.Cached++
		}
	case MarkEmpty:
		c.NotFound++
	case MarkError:
		c.Failed++
	case MarkSkipped:
		c.Skipped++
	}
}

// Retry takes back failures that are asked again.
func (c *Counts) Retry(records int64) {
	records = min(records, c.Failed)
	c.Done -= records
	c.Failed -= records
}

// End corrects the total of a run that has ended: one that went through all rows knows how many there were. One that stopped before keeps
// its total, so that what it did not do can be told.
func (c *Counts) End(state RunState) {
	if state == RunCompleted || state == RunPartiallyCompleted {
		c.Total = c.Done
	}
	c.Total = max(c.Total, c.Done)
}

// Cell is one cell of a run.
type Cell struct {
	Row    kernel.RowID    `json:"r"`
	Column kernel.ColumnID `json:"c"`
}

// Run is a job, folded from the stream run-<id>. It stays small: of the cells it knows those of the page under way only.
type Run struct {
	kernel.Root
	s runState
}

type runState struct {
	ID         kernel.RunID   `json:"id"`
	Table      kernel.TableID `json:"table"`
	Plans      []Plan         `json:"plans"`
	Selection  Selection      `json:"selection"`
	State      RunState       `json:"state"`
	Cancel     bool           `json:"cancel"`
	MaxCredits kernel.Credits `json:"max_credits"`
	Prices     Prices         `json:"prices,omitempty"`
	Spent      kernel.Credits `json:"spent"`
	Counts     Counts         `json:"counts"`
	Page       int            `json:"page"`
	Next       kernel.RowID   `json:"next"`
	Rows       int64          `json:"rows"` // taken so far
	Round      int            `json:"round"`
	Reason     string         `json:"reason,omitempty"` // of the failures that the round is for
	Open       []Cell         `json:"open"`
	Sent       []Call         `json:"sent,omitempty"`
	Noted      bool           `json:"noted,omitempty"`
	Calm       bool           `json:"calm"`
	Killed     int            `json:"killed,omitempty"`
	Doubt      bool           `json:"doubt,omitempty"`
	Until      time.Time      `json:"until,omitzero"`
	Waits      time.Time      `json:"waits,omitzero"`
	By         kernel.UserID  `json:"by"`
	Auto       bool           `json:"auto,omitempty"`
	// Billed is what the calls of metered steps cost so far, on the workspace's own bills.
	Billed map[Metering]Micros `json:"billed,omitempty"`
}

// NewRun returns a run that has not been asked for yet.
func NewRun() *Run { return &Run{} }

// ID is empty for a run that does not exist.
func (r *Run) ID() kernel.RunID { return r.s.ID }

// Table is empty for inline records.
func (r *Run) Table() kernel.TableID { return r.s.Table }

// Plans are the columns with their waterfalls.
func (r *Run) Plans() []Plan { return r.s.Plans }

// Selection says which rows.
func (r *Run) Selection() Selection { return r.s.Selection }

// State is where it stands.
func (r *Run) State() RunState { return r.s.State }

// Cancelling is true from the request to the end.
func (r *Run) Cancelling() bool { return r.s.Cancel }

// MaxCredits is its own limit, 0 for none.
func (r *Run) MaxCredits() kernel.Credits { return r.s.MaxCredits }

// Prices are those that were promised; nil for a run from before they were kept, which pays what is asked on the day.
func (r *Run) Prices() Prices { return r.s.Prices }

// Spent is what its answers have cost.
func (r *Run) Spent() kernel.Credits { return r.s.Spent }

// Billed is what the calls of metered steps cost so far.
func (r *Run) Billed() map[Metering]Micros { return r.s.Billed }

// Counts are its outcomes.
func (r *Run) Counts() Counts { return r.s.Counts }

// Page is the number of the page under way, from 1.
func (r *Run) Page() int { return r.s.Page }

// Next is the row after which the next page begins.
func (r *Run) Next() kernel.RowID { return r.s.Next }

// Rows is how many rows have been taken.
func (r *Run) Rows() int64 { return r.s.Rows }

// Round is 0, or the number of the retry.
func (r *Run) Round() int { return r.s.Round }

// Reason is the message of the failures that a retry is for, empty for all.
func (r *Run) Reason() string { return r.s.Reason }

// Open are the cells asked for and not answered.
func (r *Run) Open() []Cell { return r.s.Open }

// Calm is true when no call for the open cells is under way.
func (r *Run) Calm() bool { return r.s.Calm }

// Killed is how many workers have been lost over the page under way.
func (r *Run) Killed() int { return r.s.Killed }

// InDoubt reports whether the open cells may have been asked before, with the answers lost.
func (r *Run) InDoubt() bool { return r.s.Doubt || r.s.Killed > 0 }

// Until is when the open cells may be asked, zero when they may be now.
func (r *Run) Until() time.Time { return r.s.Until }

// WaitsSince is since when the run has done nothing but wait: no record was answered since then. Zero when it does not.
func (r *Run) WaitsSince() time.Time { return r.s.Waits }

// By is on whose behalf it works.
func (r *Run) By() kernel.UserID { return r.s.By }

// Auto is true for a run that was started by itself.
func (r *Run) Auto() bool { return r.s.Auto }

// Reservation is its reservation's id in the ledger.
func (r *Run) Reservation() string { return string(r.s.ID) }

// Columns are the ids of the run's columns.
func (r *Run) Columns() []kernel.ColumnID {
	out := make([]kernel.ColumnID, len(r.s.Plans))
	for i, p := range r.s.Plans {
		out[i] = p.ColumnID
	}
	return out
}

// Start asks for the run.
func (r *Run) Start(e RunStarted) error {
	if r.s.ID != "" {
		return kernel.E(kernel.KindConflict, "RUN_EXISTS", "the run %s exists already", e.RunID)
	}
	if len(e.Plans) == 0 || len(e.Plans) > MaxRunColumns {
		return kernel.Invalid("columns", "must be 1 to %d enrichment columns", MaxRunColumns)
	}
	return r.Record(r, e)
}

// AddRecords adds records that came with the request, before the first page.
func (r *Run) AddRecords(records []Record) error {
	return r.Record(r, RunRecordsAdded{RunID: r.s.ID, Records: records})
}

func (r *Run) must(does string, states ...RunState) error {
	if r.s.ID == "" {
		return kernel.NotFound("job", "")
	}
	for _, s := range states {
		if r.s.State == s && !r.s.Cancel {
			return nil
		}
	}
	state := string(r.s.State)
	if r.s.Cancel && !r.s.State.Final() {
		state = "being cancelled"
	}
	return kernel.E(kernel.KindConflict, "WRONG_STATE", "a job that is %s can't be %s", state, does)
}

// Pause makes the run stop asking. Pausing a paused run does nothing.
func (r *Run) Pause(at time.Time) error {
	if r.s.State == RunPausedState && !r.s.Cancel {
		return nil
	}
	if err := r.must("paused", RunPending, RunRunning); err != nil {
		return err
	}
	return r.Record(r, RunPaused{RunID: r.s.ID, At: at})
}

// Resume makes a paused run go on. Resuming one that runs does nothing.
func (r *Run) Resume(at time.Time) error {
	if (r.s.State == RunRunning || r.s.State == RunPending) && !r.s.Cancel {
		return nil
	}
	if err := r.must("resumed", RunPausedState); err != nil {
		return err
	}
	return r.Record(r, RunResumed{RunID: r.s.ID, At: at})
}

// Cancel makes the run end. Cancelling twice does nothing.
func (r *Run) Cancel(at time.Time) error {
	if r.s.Cancel || r.s.State == RunCancelled {
		return nil
	}
	if err := r.must("cancelled", RunPending, RunRunning, RunPausedState); err != nil {
		return err
	}
	return r.Record(r, RunCancelRequested{RunID: r.s.ID, At: at})
}

// Failures are records of a run that failed, for the same reason where one is named.
type Failures struct {
	Reason  string
	Records int64
}

// Retry makes a finished run go on with records that failed.
func (r *Run) Retry(f Failures, reserved kernel.Credits, prices Prices, at time.Time) error {
	if r.s.ID != "" && !r.s.State.Final() {
		return kernel.E(kernel.KindConflict, "WRONG_STATE", "the job has not ended; only the failures of an ended job are retried")
	}
	if err := r.must("retried", RunCompleted, RunPartiallyCompleted, RunFailed, RunCancelled); err != nil {
		return err
	}
	if f.Records <= 0 || f.Records > r.s.Counts.Failed {
		return kernel.E(kernel.KindConflict, "NOTHING_FAILED", "no record of this job has failed in that way")
	}
	return r.Record(r, RunRetried{
		RunID: r.s.ID, Round: r.s.Round + 1, Records: f.Records, Reason: f.Reason, Reserved: reserved, Prices: prices,
		At: at,
	})
}

// Outcomes records what became of cells of the page under way, each once.
func (r *Run) Outcomes(events ...RunAnswersRecorded) error {
	open := make(map[Cell]bool, len(r.s.Open))
	for _, c := range r.s.Open {
		open[c] = true
	}
	for _, e := range events {
		for _, m := range e.Marks {
			c := Cell{m.RowID, m.ColumnID}
			if !open[c] {
				return fmt.Errorf("run %s: the cell %s/%s has its outcome already", r.s.ID, c.Row, c.Column)
			}
			delete(open, c)
		}
		e.RunID, e.TableID, e.Page = r.s.ID, r.s.Table, r.s.Page
		if err := r.Record(r, e); err != nil {
			return err
		}
	}
	return nil
}

// Finish ends the run; the reason says in words why it did not complete.
func (r *Run) Finish(state RunState, reason string, at time.Time) error {
	if r.s.State.Final() {
		return nil
	}
	return r.Record(r, RunFinished{RunID: r.s.ID, TableID: r.s.Table, State: state, Reason: reason, At: at})
}
