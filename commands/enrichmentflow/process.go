package enrichmentflow

import (
	"maps"
	"runtime/debug"
	"sync"
	"time"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// process asks for the tasks' cells with bounded concurrency and records the outcomes as they come. It returns when no call is
// under way any more.
func (s *slice) process(tasks []task) error {
	in := make(chan task)
	out := make(chan waterfall.Outcome, s.r.limits.FlushCells)
	var workers sync.WaitGroup
	plans, schema := s.plans, s.schema.Version
	for range min(s.r.limits.Workers, len(tasks)) {
		workers.Go(func() {
			for t := range in {
				s.ask(plans, t, out)
			}
		})
	}
	go func() {
		defer close(in)
		for _, t := range tasks {
			select {
			case in <- t:
			case <-s.feed.Done():
				return
			}
		}
	}()
	go func() {
		workers.Wait()
		close(out)
	}()
	return s.collect(out, schema)
}

// ask asks for one row, column by column: a later column sees the answers of the earlier ones.
func (s *slice) ask(plans []*waterfall.Plan, t task, out chan<- waterfall.Outcome) {
	row := t.row
	row.Cells = maps.Clone(t.row.Cells)
	for i, p := range plans {
		if !contains(t.columns, p.Column()) {
			continue
		}
		if t.gone {
			out <- waterfall.Outcome{
				Mark:       enrichment.Mark{RowID: row.ID, ColumnID: p.Column(), State: enrichment.MarkSkipped, Message: "the row was deleted"},
				Provenance: enrichment.Provenance{RowID: row.ID, ColumnID: p.Column()},
			}
			continue
		}
		o := s.askOne(p, row)
		if o.Broken != nil {
			s.broke(o.Broken)
		}
		if o.Stopped {
			return
		}
		if !o.Until.IsZero() { // the columns after it may read what it will answer
			putOff(plans[i:], t, o, out)
			return
		}
		if o.NoBudget && o.Mark.State != enrichment.MarkValue {
			s.budget.empty("")
			s.stopFeed() // rows under way have their price set aside
			return
		}
		for c, v := range o.Values {
			row.Cells[c] = v
		}
		out <- o
	}
}

// broke notes that a store of ours is away: no further call begins, and the slice is done again.
func (s *slice) broke(err error) {
	s.fault.CompareAndSwap(nil, &err)
	s.stopNow()
}

// askOne asks for one cell. A panic ends the cell, not the process with everything that others have in it.
func (s *slice) askOne(p *waterfall.Plan, row enrichmentcmd.Row) (o waterfall.Outcome) {
	defer func() {
		if why := recover(); why != nil {
			s.r.cfg.Logger.ErrorContext(s.hard, "a record could not be worked on", "run", s.in.Run, "row", row.ID, "column", p.Column(), "panic",
				why, "stack", string(debug.Stack()))
			o = failure(enrichment.Cell{Row: row.ID, Column: p.Column()}, "the record could not be worked on because of a fault in the program")
		}
	}()
	if s.replay != nil {
		return s.replay.outcomes[row.ID]
	}
	return s.session.Ask(s.hard, s.stop, p, row.ID, values(row))
}

func putOff(plans []*waterfall.Plan, t task, o waterfall.Outcome, out chan<- waterfall.Outcome) {
	for _, p := range plans {
		if contains(t.columns, p.Column()) {
			o.Mark.ColumnID = p.Column()
			out <- o
		}
	}
}

func contains(ids []kernel.ColumnID, id kernel.ColumnID) bool {
	for _, c := range ids {
		if c == id {
			return true
		}
	}
	return false
}

// collect records outcomes until the last one has come; their values were made for that version of the table's schema. After an
// error it only lets the calls under way end.
func (s *slice) collect(out <-chan waterfall.Outcome, schema int64) error {
	var batch []waterfall.Outcome
	var err error
	flush := func() {
		if err == nil && len(batch) > 0 {
			if s.schema.Version != schema { // an earlier flush found the table changed
				batch = s.refit(batch)
			}
			if err = s.flush(batch); err != nil {
				s.stopNow()
			}
		}
		batch = batch[:0]
	}
	due := time.NewTimer(s.r.limits.FlushEvery)
	defer due.Stop()
	look := time.NewTicker(s.r.limits.Look)
	defer look.Stop()
	for {
		select {
		case o, ok := <-out:
			if !ok {
				flush()
				s.react()
				return err
			}
			if !o.Until.IsZero() {
				s.postpone(o)
				continue
			}
			if len(batch) == 0 {
				due.Reset(s.r.limits.FlushEvery)
			}
			s.repeats(o)
			if batch = append(batch, o); len(batch) >= s.r.limits.FlushCells {
				flush()
			}
		case n := <-s.notes:
			if err = s.note(n, err); err != nil {
				s.stopNow()
			}
		case <-due.C:
			flush()
		case <-look.C:
			if err == nil {
				if err = s.w.readRequests(s.hard); err != nil {
					s.stopNow()
				}
			}
			s.beat()
		}
		s.react()
	}
}

// react keeps new calls from starting when the run was paused or cancelled.
func (s *slice) react() {
	if s.w.run.Cancelling() || s.w.run.State() == enrichment.RunPausedState {
		s.stopNow()
	}
}
