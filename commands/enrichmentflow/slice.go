package enrichmentflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// slice is one Slice under way.
type slice struct {
	r       *Runner
	in      Input
	w       *writer
	session *waterfall.Session
	budget  *budget
	schema  table.Schema
	plans   []*waterfall.Plan
	paid    bool
	careful map[kernel.ColumnID]bool // columns of providers that must not be asked twice
	atOnce  int                      // how many records the slowest of them takes at the same time; 0 without any
	again   map[enrichment.Cell]bool // that a worker which was lost may have asked, of a page whose calls were not noted
	asked   map[enrichment.Call]int  // how often workers before may have made the call; the call's own count is 0
	notes   chan note
	try     Try
	began   time.Time
	cells   int64
	waits   waits
	fault   atomic.Pointer[error] // of a store of ours, for which the slice is done again
	replay  *replay               // of a run that asks nobody; else nil

	hard, stop context.Context //nolint:containedctx // hard ends calls under way, stop only keeps new ones from starting
	feed       context.Context //nolint:containedctx // when it ends no further row is begun; those that have been go on
	cancelHard context.CancelFunc
	stopNow    context.CancelFunc
	stopFeed   context.CancelFunc
}

func (r *Runner) newSlice(ctx context.Context, in Input, run *enrichment.Run, version int64, try Try) *slice {
	s := &slice{
		r:       r,
		in:      in,
		try:     try,
		began:   r.cfg.Clock.Now(),
		careful: map[kernel.ColumnID]bool{},
		budget:  &budget{},
		notes:   make(chan note),
	}
	s.w = &writer{r: r, in: in, run: run, version: version, token: r.cfg.IDs.New("wrt")}
	s.session = r.cfg.Engine.Session(waterfall.SessionConfig{
		Workspace: in.Workspace, Run: in.Run, Round: in.Round, Force: run.Selection().Force, Budget: s.budget, Patience: s.patience(),
		Sending: s.sending, Billed: run.Billed(),
	})
	s.stop, s.stopNow = context.WithCancel(ctx)
	s.feed, s.stopFeed = context.WithCancel(s.stop)
	s.hard, s.cancelHard = context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { // the process stops: calls under way get a while
		t := time.AfterFunc(r.limits.FinishCalls, s.cancelHard)
		context.AfterFunc(s.hard, func() { t.Stop() })
	})
	return s
}

func (s *slice) close() {
	s.stopNow()
	s.cancelHard()
}

// compile makes the run's plans ready for the table as it is now. A plan that doesn't fit it any more, because a column or
// provider is gone, keeps the run from going on.
func (s *slice) compile(ctx context.Context) error {
	run := s.w.run
	var columns enrichment.Columns
	var fit waterfall.Fit
	if run.Table() != "" {
		t, _, err := s.r.tables.Load(ctx, string(run.Table()))
		if err != nil {
			return err
		}
		if s.schema = t.Schema(); s.schema.Trashed {
			return &goneError{"the table was deleted"}
		}
		columns, fit = enrichmentcmd.Columns(s.schema), enrichmentcmd.FitTable(s.schema)
	}
	if err := s.columnsLeft(); err != nil {
		return err
	}
	s.plans, s.atOnce = nil, 0
	for _, p := range run.Plans() {
		if run.Table() == "" {
			for _, id := range waterfall.Needs(p.Config) {
				columns = append(columns, enrichment.Column{ID: id, Name: string(id)})
			}
		}
		plan, err := s.r.cfg.Engine.Compile(p, columns, fit)
		if err != nil {
			return &goneError{fmt.Sprintf("the enrichment can't be run any more: %s", err)}
		}
		plan = plan.At(run.Prices())
		s.plans = append(s.plans, plan)
		n := plan.AtOnce()
		s.careful[p.ColumnID] = n > 0
		if n > 0 && (s.atOnce == 0 || n < s.atOnce) {
			s.atOnce = n
		}
		s.paid = s.paid || plan.Dearest() > 0
	}
	s.replay = s.newReplay(fit)
	return nil
}

// columnsLeft says that the run can't go on when none of its columns is left.
func (s *slice) columnsLeft() error {
	if s.w.run.Table() == "" {
		return nil
	}
	for _, id := range s.w.run.Columns() {
		if _, ok := s.schema.Column(id); ok {
			return nil
		}
	}
	return &goneError{"the column was deleted"}
}

// goneError says that the run can't go on because something that it needs is gone.
type goneError struct{ reason string }

// Error returns the reason.
func (e *goneError) Error() string { return e.reason }

// work goes through pages until there is a reason to stop.
func (s *slice) work() (Result, error) {
	err := s.compile(s.hard)
	if err == nil {
		err = s.takeOver()
	}
	for err == nil {
		if next, ended, e := s.finishIfDone(); ended || e != nil {
			return Result{Next: next, Cells: s.cells, Wait: s.left(next)}, e
		}
		more, e := s.page()
		if fault := s.fault.Load(); fault != nil && e == nil {
			return Result{Cells: s.cells}, s.redo(*fault)
		}
		if err = e; err == nil && !more {
			state, reason := s.w.run.Verdict()
			err = s.finish(state, reason)
			return Result{Next: Done, Cells: s.cells}, err
		}
	}
	var gone *goneError
	if errors.As(err, &gone) {
		err = s.finish(enrichment.RunFailed, gone.reason)
		return Result{Next: Done, Cells: s.cells}, err
	}
	return Result{Cells: s.cells}, err
}

// finishIfDone looks whether the slice ends here, and leaves the page in order if so.
func (s *slice) finishIfDone() (next Next, ended bool, err error) {
	run := s.w.run
	switch {
	case run.Cancelling():
		return Done, true, s.finish(enrichment.RunCancelled, "")
	case s.budget.spent() != "":
		return Done, true, s.finish(enrichment.RunPartiallyCompleted, s.budget.spent())
	case run.State() == enrichment.RunPausedState:
		return Paused, true, s.w.leave(s.hard)
	case len(s.waits.cells) > 0:
		return Waiting, true, s.w.wait(s.hard, s.waits)
	// Woken early, or somewhere else where nothing is known of it.
	case !kernel.Due(s.r.cfg.Clock.Now(), run.Until(), waterfall.LongestWait+time.Minute):
		return Waiting, true, nil
	case s.stop.Err() != nil || s.turnOver():
		return More, true, s.w.leave(s.hard)
	default:
		return "", false, nil
	}
}

func (s *slice) turnOver() bool {
	now := s.r.cfg.Clock.Now()
	return kernel.Passed(now, s.began, s.r.limits.SliceMax) ||
		kernel.Passed(now, s.began, s.r.limits.SliceTime) && s.cells >= s.r.limits.SliceMin
}

// page works on the page under way, or on the next one; false means that there is none.
func (s *slice) page() (bool, error) {
	leave, err := s.alone()
	if err != nil || leave == nil {
		return true, err
	}
	defer leave()
	rows, cells, err := s.rows()
	if err != nil {
		return false, err
	}
	if len(rows) == 0 && len(cells) == 0 {
		return s.stop.Err() != nil, nil
	}
	if err := s.fill(); err != nil {
		return false, err
	}
	s.beat()
	return true, s.process(rows)
}

// redo ends a slice that a store of ours let down: nothing of it is an outcome, so the page is left to be done again, though providers may
// have been asked before the store was.
func (s *slice) redo(err error) error {
	return fmt.Errorf("run %s: %w", s.in.Run, errors.Join(err, s.w.doubt(s.hard)))
}

func (s *slice) beat() { s.try.beat(s.w.run.Page()) }

// rows gives the rows to work on, with their intent recorded.
func (s *slice) rows() ([]task, []enrichment.Cell, error) {
	if open := s.w.run.Open(); len(open) > 0 {
		tasks, err := s.openRows(open)
		if err == nil && s.replay != nil {
			err = s.replay.again(s.hard, tasks)
		}
		if err != nil {
			return nil, nil, err
		}
		return tasks, open, s.w.startAgain(s.hard)
	}
	for s.stop.Err() == nil {
		page, next, err := s.nextRows()
		if err != nil || len(page) == 0 {
			return nil, nil, err
		}
		s.beat()
		if s.replay != nil {
			if page, err = s.replay.changed(s.hard, page); err != nil {
				return nil, nil, err
			}
		}
		var cells []enrichment.Cell
		var tasks []task
		for _, t := range page {
			if len(t.columns) == 0 {
				continue
			}
			tasks = append(tasks, t)
			for _, c := range t.columns {
				cells = append(cells, enrichment.Cell{Row: t.row.ID, Column: c})
			}
		}
		if len(tasks) > 0 {
			return tasks, cells, s.w.startPage(s.hard, enrichment.Parts(cells), next)
		}
		s.w.skipTo = next // nothing to ask in the whole page
	}
	return nil, nil, nil
}

// fill tells the budget what the run may still spend.
func (s *slice) fill() error {
	run := s.w.run
	if !s.paid {
		return nil
	}
	acct, err := s.r.cfg.Ledger.Account(s.hard, s.in.Workspace)
	if err != nil {
		return err
	}
	left, _ := acct.Left(run.Reservation())
	most, why := left+acct.Available(), "the workspace's credits are used up"
	if limit := run.MaxCredits(); limit > 0 && limit-run.Spent() < most {
		most, why = limit-run.Spent(), fmt.Sprintf("the run's limit of %s credits is reached", limit)
	}
	if room, told, capped := acct.CapRoom(run.Reservation(), s.r.cfg.Clock.Now()); capped && room < most {
		most, why = room, told
	}
	s.budget.fill(most, why)
	return nil
}

// finish ends the run; cells that were not asked are skipped.
func (s *slice) finish(state enrichment.RunState, reason string) error {
	message := "the run ended before this cell"
	if state == enrichment.RunCancelled {
		message = "the run was cancelled before this cell"
	}
	var rest []waterfall.Outcome
	for _, c := range s.w.run.Open() {
		rest = append(rest, waterfall.Outcome{
			Mark:       enrichment.Mark{RowID: c.Row, ColumnID: c.Column, State: enrichment.MarkSkipped, Message: message},
			Provenance: enrichment.Provenance{RowID: c.Row, ColumnID: c.Column, Attempts: s.untold(c)},
		})
	}
	for len(rest) > 0 {
		n := min(len(rest), maxCells)
		if err := s.w.record(s.hard, events(rest[:n], s.r.cfg.Clock.Now())); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return s.w.finish(s.hard, state, reason)
}

// values gives a row's cells, with what this run has just put into them.
func values(row enrichmentcmd.Row) waterfall.Values {
	return func(id kernel.ColumnID) json.RawMessage { return row.Cells[id] }
}
