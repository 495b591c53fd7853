package enrichment

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Apply implements kernel.Aggregate.
func (r *Run) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case RunStarted:
		r.s = runState{
			ID: e.RunID, Table: e.TableID, Plans: e.Plans, Selection: e.Selection, State: RunPending, MaxCredits: e.MaxCredits, Prices: e.Prices,
			Counts: Counts{Total: e.Estimate.Records}, By: e.By, Auto: e.Auto,
		}
	case RunRecordsAdded:
	case RunPageStarted:
		r.pageStarted(e)
	case RunAnswersRecorded:
		r.answered(e)
	case RunCallsSent:
		r.callsSent(e)
	case RunPageStopped:
		r.pageStopped(e)
	case RunPaused:
		r.s.State = RunPausedState
	case RunResumed:
		r.s.State = RunRunning
	case RunCancelRequested:
		r.s.Cancel = true
	case RunRetried:
		r.s.Round, r.s.State, r.s.Cancel, r.s.Next, r.s.Rows, r.s.Waits = e.Round, RunPending, false, "", 0, time.Time{}
		if e.Prices != nil {
			r.s.Prices = e.Prices
		}
		r.s.Reason = e.Reason
		r.s.Counts.Retry(e.Records)
	case RunFinished:
		r.s.State, r.s.Open, r.s.Sent, r.s.Until = e.State, nil, nil, time.Time{}
		r.s.Counts.End(e.State)
	default:
		return kernel.UnknownEvent("run", e)
	}
	return nil
}

func (r *Run) answered(e RunAnswersRecorded) {
	r.s.Spent += e.SpentMC
	cached := map[Cell]bool{}
	for _, p := range e.Provenance {
		cached[Cell{p.RowID, p.ColumnID}] = p.Cached
		for _, at := range p.Attempts {
			if at.Cost <= 0 {
				continue
			}
			if r.s.Billed == nil {
				r.s.Billed = map[Metering]Micros{}
			}
			r.s.Billed[Metering{p.ColumnID, at.Step}] += at.Cost
		}
	}
	done := make(map[Cell]bool, len(e.Marks))
	for _, m := range e.Marks {
		c := Cell{m.RowID, m.ColumnID}
		done[c] = true
		r.s.Counts.Add(m.State, cached[c])
		if m.State == MarkValue || m.State == MarkEmpty {
			r.s.Waits = time.Time{}
		}
	}
	r.s.Open = slices.DeleteFunc(r.s.Open, func(c Cell) bool { return done[c] })
	r.forget(done)
	r.s.Counts.Total = max(r.s.Counts.Total, r.s.Counts.Done)
}

// Verdict is how a run ends that has come to its last row: by what became of its cells.
func (r *Run) Verdict() (RunState, string) {
	c := r.s.Counts
	switch c.Failed {
	case 0:
		return RunCompleted, ""
	case c.Done:
		return RunFailed, fmt.Sprintf("all %d records failed", c.Failed)
	default:
		return RunPartiallyCompleted, fmt.Sprintf("%d of %d records failed", c.Failed, c.Done)
	}
}

// SnapshotSchema implements eventstore.Snapshotter.
func (r *Run) SnapshotSchema() int { return 1 }

// MarshalState implements eventstore.Snapshotter.
func (r *Run) MarshalState() (json.RawMessage, error) { return json.Marshal(r.s) }

// UnmarshalState implements eventstore.Snapshotter.
func (r *Run) UnmarshalState(b json.RawMessage) error { return json.Unmarshal(b, &r.s) }
