package enrichmentflow

import (
	"encoding/json"
	"errors"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// maxCells is how many outcomes one event holds.
const maxCells = 500

// flush appends outcomes with what they cost, all or nothing, under the table's schema that the values were made for.
func (s *slice) flush(batch []waterfall.Outcome) error {
	if len(batch) == 0 {
		return nil
	}
	now := s.r.cfg.Clock.Now()
	evs := events(batch, now)
	if err := s.seal(evs, now); err != nil {
		return err
	}
	c := change{decide: func(run *enrichment.Run) error { return run.Outcomes(evs...) }, guards: s.guards(batch)}
	if lines := debits(batch); len(lines) > 0 {
		c.pay = func(a *credit.Account) error { return a.Debit(s.w.run.Reservation(), lines, now) }
	}
	err := s.w.commit(s.hard, c)
	switch {
	case err == nil:
		s.cells += int64(len(batch))
		s.report(batch)
		return nil
	case s.guardConflict(err):
		if err := s.compile(s.hard); err != nil {
			return err
		}
		return s.flush(s.refit(batch))
	case errors.Is(err, credit.ErrInsufficient()) || errors.Is(err, credit.ErrCapReached()):
		return s.split(batch, err)
	case c.pay != nil && refused(err) && !eventstore.IsConflict(err):
		return s.unpaid(batch, err)
	default:
		return err
	}
}

func (s *slice) report(batch []waterfall.Outcome) {
	if s.r.cfg.OnRecord == nil {
		return
	}
	for _, o := range batch {
		s.r.cfg.OnRecord(string(o.Mark.State))
	}
}

// split records a batch of which the ledger refuses the price: answers are paid as far as the credits go, and the others are kept without
// charge, for they are there and have been paid to the provider. The run ends afterwards.
func (s *slice) split(batch []waterfall.Outcome, why error) error {
	s.budget.empty(told(why))
	s.stopNow()
	if len(batch) == 1 {
		return s.flush([]waterfall.Outcome{withoutCharge(batch[0])})
	}
	half := len(batch) / 2
	if err := s.flush(append([]waterfall.Outcome(nil), batch[:half]...)); err != nil {
		return err
	}
	return s.flush(append([]waterfall.Outcome(nil), batch[half:]...))
}

// unpaid records a batch that the ledger refuses at any price, because it is closed or the reservation is gone: trying again
// would ask the providers again. The run ends afterwards, with that reason.
func (s *slice) unpaid(batch []waterfall.Outcome, why error) error {
	s.budget.empty(told(why))
	s.stopNow()
	free := make([]waterfall.Outcome, len(batch))
	for i, o := range batch {
		free[i] = withoutCharge(o)
	}
	return s.flush(free)
}

// told is what an error says to people.
func told(err error) string {
	var e *kernel.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return "the credits could not be moved"
}

func withoutCharge(o waterfall.Outcome) waterfall.Outcome {
	o.Provenance.CreditsMC = 0
	o.Provenance.Attempts = slices.Clone(o.Provenance.Attempts)
	for i := range o.Provenance.Attempts {
		o.Provenance.Attempts[i].CreditsMC = 0
	}
	if o.Mark.Message == "" {
		o.Mark.Message = "kept without charge: the credits could not be taken when the answer came"
	}
	return o
}

func (s *slice) tableStream() eventstore.StreamID {
	return eventstore.Stream("table", string(s.w.run.Table()))
}

// guards keep values from reaching a table whose columns have changed since they were made. Outcomes without values need none.
func (s *slice) guards(batch []waterfall.Outcome) []eventstore.Change {
	if s.w.run.Table() == "" {
		return nil
	}
	for _, o := range batch {
		if len(o.Values) > 0 {
			return []eventstore.Change{eventstore.At(s.tableStream(), eventstore.Expected(s.schema.Version))}
		}
	}
	return nil
}

func (s *slice) guardConflict(err error) bool {
	var c *eventstore.ConflictError
	return errors.As(err, &c) && c.Stream == s.tableStream()
}

// refit makes values fit the table as it is now. What doesn't is dropped, and not paid where it was the answer itself.
func (s *slice) refit(batch []waterfall.Outcome) []waterfall.Outcome {
	out := make([]waterfall.Outcome, len(batch))
	for i, o := range batch {
		fitted := make(map[kernel.ColumnID]json.RawMessage, len(o.Values))
		for id, v := range o.Values {
			col, ok := s.schema.Column(id)
			if !ok {
				continue
			}
			if cell, _, err := table.Parse(col, v, false); err == nil {
				fitted[id] = cell
			}
		}
		if _, kept := fitted[o.Mark.ColumnID]; !kept && o.Mark.State == enrichment.MarkValue {
			o.Mark.State, o.Mark.Message = enrichment.MarkError, "the column was changed while the answer was on its way"
			o.Provenance.CreditsMC = 0
			fitted = nil
		}
		o.Values = fitted
		out[i] = o
	}
	return out
}

// debits has a line for each answer that costs something.
func debits(batch []waterfall.Outcome) []credit.Line {
	var out []credit.Line
	for _, o := range batch {
		p := o.Provenance
		if p.CreditsMC == 0 {
			continue
		}
		attempt := 0
		if n := len(p.Attempts); n > 0 {
			attempt = p.Attempts[n-1].Step
		}
		out = append(out, credit.Line{
			Row:        p.RowID,
			Column:     p.ColumnID,
			Provider:   p.Provider,
			Attempt:    attempt,
			Amount:     p.CreditsMC,
			AnswerHash: p.AnswerHash,
		})
	}
	return out
}

// events puts outcomes into events of bounded size. Outcomes that fill the same columns go together, since a chunk has a value for
// each of its rows in each of its columns.
func events(batch []waterfall.Outcome, now time.Time) []enrichment.RunAnswersRecorded {
	var order []string
	groups := map[string][]waterfall.Outcome{}
	for _, o := range batch {
		key := columnSet(o.Values)
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], o)
	}
	var out []enrichment.RunAnswersRecorded
	for _, key := range order {
		e, size := newEvent(now), 0
		for _, o := range groups[key] {
			n := weight(o)
			if len(e.Marks) > 0 && (size+n > kernel.MaxChunkBytes || len(e.Marks) >= maxCells ||
				e.Chunk.Cells()+len(o.Values) > kernel.MaxChunkCells) {
				out = append(out, e)
				e, size = newEvent(now), 0
			}
			addOutcome(&e, o)
			size += n
		}
		out = append(out, e)
	}
	return out
}

func newEvent(now time.Time) enrichment.RunAnswersRecorded {
	return enrichment.RunAnswersRecorded{Chunk: kernel.Chunk{Rows: []kernel.RowID{}, Cols: map[kernel.ColumnID][]json.RawMessage{}}, At: now}
}

func addOutcome(e *enrichment.RunAnswersRecorded, o waterfall.Outcome) {
	e.Marks = append(e.Marks, o.Mark)
	e.Provenance = append(e.Provenance, o.Provenance)
	e.SpentMC += o.Provenance.CreditsMC
	for _, seen := range o.Provenance.Sights {
		e.Shapes = enrichment.AddSight(e.Shapes, seen)
	}
	if len(o.Values) == 0 {
		return
	}
	e.Chunk.Rows = append(e.Chunk.Rows, o.Mark.RowID)
	for c, v := range o.Values {
		e.Chunk.Cols[c] = append(e.Chunk.Cols[c], v)
	}
}

func columnSet(values map[kernel.ColumnID]json.RawMessage) string {
	ids := make([]string, 0, len(values))
	for c := range values {
		ids = append(ids, string(c))
	}
	sort.Strings(ids)
	return strings.Join(ids, ",")
}

// weight is about how many bytes the outcome takes in an event.
func weight(o waterfall.Outcome) int {
	p := o.Provenance
	n := 300 + len(p.Input) + len(p.Outputs) + len(p.Best) + len(p.SourceURL) + len(o.Mark.Message)
	for _, a := range p.Attempts {
		n += 120 + len(a.Error)
		for _, step := range a.Story {
			n += 150 + len(step.Said) + len(step.Subject) + len(step.Result) + len(step.Error)
		}
	}
	for _, x := range p.Exchanges {
		n += 200 + len(x.URL) + len(x.Request) + len(x.Body)
	}
	for _, v := range o.Values {
		n += len(v)
	}
	for _, r := range p.Replies {
		n += r.Size()
	}
	return n
}
