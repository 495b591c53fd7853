package enrichmentcmd

import (
	"context"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Verb is what is asked of a run that exists.
type Verb string

// The verbs.
const (
	Pause  Verb = "pause"
	Resume Verb = "resume"
	Cancel Verb = "cancel"
	Retry  Verb = "retry"
)

// Control asks something of a run.
type Control struct {
	Workspace kernel.WorkspaceID
	Run       kernel.RunID
	Verb      Verb
	// Only names the failures that a retry is for; nil for all.
	Only *enrichment.Failures
}

// Controlled is the run after it.
type Controlled struct {
	ID     kernel.RunID        `json:"id"`
	State  enrichment.RunState `json:"state"`
	Counts enrichment.Counts   `json:"counts"`
	Spent  kernel.Credits      `json:"spent_mc"`
}

// Control carries out a Control.
func (h *Handlers) Control(ctx context.Context, meta kernel.Meta, c Control) (commands.Result[Controlled], error) {
	return eventstore.Retry(ctx, func(int) (commands.Result[Controlled], error) { return h.control(ctx, meta, c) })
}

func (h *Handlers) control(ctx context.Context, meta kernel.Meta, c Control) (commands.Result[Controlled], error) {
	run, version, err := h.loadRun(ctx, c.Workspace, c.Run)
	if err != nil {
		return commands.Result[Controlled]{}, err
	}
	paid, reserve, err := h.decide(ctx, c, run)
	if err != nil {
		return commands.Result[Controlled]{}, err
	}
	out := Controlled{ID: run.ID(), State: run.State(), Counts: run.Counts(), Spent: run.Spent()}
	if len(run.Pending()) == 0 && meta.IdempotencyKey == "" {
		return commands.Result[Controlled]{Value: out}, nil
	}
	done, err := h.append(ctx, meta.As("enrichment."+string(c.Verb)), c.Workspace, paid, &out, func(a *credit.Account) error {
		now := h.Clock.Now()
		if err := a.Release(run.Reservation(), now); err != nil { // what it could not give back when it ended
			return err
		}
		return a.Reserve(run.Reservation(), run.ID(), run.Table(), reserve, now)
	}, eventstore.At(h.runs.Stream(string(run.ID())), eventstore.Expected(version), run.Pending()...))
	if err != nil {
		return commands.Result[Controlled]{}, err
	}
	return commands.Reply(done, out)
}

// decide records what is asked on the run. A retry of paid providers reserves its cost.
func (h *Handlers) decide(ctx context.Context, c Control, run *enrichment.Run) (paid bool, reserve kernel.Credits, err error) {
	now := h.Clock.Now()
	switch c.Verb {
	case Pause:
		return false, 0, run.Pause(now)
	case Resume:
		return false, 0, run.Resume(now)
	case Cancel:
		return false, 0, run.Cancel(now)
	case Retry:
		failures := enrichment.Failures{Records: run.Counts().Failed}
		if c.Only != nil {
			failures = *c.Only
		}
		prices := h.prices(run.Plans())
		est, err := h.estimate(ctx, c.Workspace, run.Plans(), prices, failures.Records)
		if err != nil {
			return false, 0, err
		}
		reserve = est.Likely / kernel.Credits(max(1, len(run.Plans())))
		if run.MaxCredits() > 0 {
			reserve = min(reserve, max(0, run.MaxCredits()-run.Spent()))
		}
		return prices.Any(), reserve, run.Retry(failures, reserve, prices, now)
	default:
		return false, 0, kernel.Invalid("verb", "must be pause, resume, cancel or retry")
	}
}

// loadRun loads a run of the workspace. Whose run it is stands in the metadata of its first event.
func (h *Handlers) loadRun(ctx context.Context, ws kernel.WorkspaceID, id kernel.RunID) (*enrichment.Run, int64, error) {
	if kernel.ParseID(kernel.PrefixRun, string(id)) != nil {
		return nil, 0, kernel.NotFound("job", string(id))
	}
	first, err := h.Store.ReadStream(ctx, h.runs.Stream(string(id)), 0, 1)
	if err != nil {
		return nil, 0, err
	}
	if len(first) == 0 || first[0].Workspace != ws {
		return nil, 0, kernel.NotFound("job", string(id))
	}
	return h.runs.Load(ctx, string(id))
}

// jobOf is the run as its start shows it.
func jobOf(run *enrichment.Run, e enrichment.RunStarted) Job {
	return Job{
		ID: run.ID(), TableID: run.Table(), Columns: run.Columns(), State: run.State(), Counts: run.Counts(), Reserved: e.Reserved,
		Estimate: e.Estimate, StartedBy: e.By, CreatedAt: e.At.UTC().Format(time.RFC3339Nano),
	}
}
