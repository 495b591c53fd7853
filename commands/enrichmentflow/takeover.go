package enrichmentflow

import (
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// takeOver deals with a page that a predecessor did not leave in order: calls that it noted have perhaps been made. It appends to the run,
// so a predecessor that still lives is shut out. What it appends says how many workers were lost over the page so far, before the page is
// begun again.
func (s *slice) takeOver() error {
	run := s.w.run
	if len(run.Open()) > 0 && !run.Calm() {
		if err := s.flush(s.unknown()); err != nil {
			return err
		}
		left := s.w.lose
		if s.try.Ended {
			left = s.w.doubt
		}
		if err := left(s.hard); err != nil {
			return err
		}
	}
	s.recall()
	if s.w.run.InDoubt() && !s.w.run.Noted() { // also where others have begun the page again since, and left it in order
		s.again = map[enrichment.Cell]bool{}
		for _, c := range s.w.run.Open() {
			s.again[c] = true
		}
	}
	if s.w.run.Killed() >= quarantine.MostKills {
		return s.giveUp()
	}
	return nil
}

const lostAnswer = "asked before a crash; the answer is lost and may have cost the provider's credits"

// unknown are the outcomes of cells of which a provider was perhaps asked that must not be asked again.
func (s *slice) unknown() []waterfall.Outcome {
	var out []waterfall.Outcome
	for _, c := range s.w.run.Open() {
		if call := s.doubled(c); call.Times > 0 {
			o := failure(c, lostAnswer)
			o.Provenance.Attempts = []enrichment.Attempt{s.lost(call)}
			out = append(out, o)
		}
	}
	return out
}

// doubled is the first call for the cell that must not be made again and perhaps was; it has no times if there is none.
func (s *slice) doubled(c enrichment.Cell) (first enrichment.Call) {
	p := s.plan(c.Column)
	if p == nil || !s.careful[c.Column] {
		return enrichment.Call{}
	}
	if !s.w.run.Noted() {
		first = enrichment.Call{Cell: c, Times: 1}
		for !p.Careful(first.Step) {
			first.Step++
		}
		return first
	}
	for _, sent := range s.w.run.Sent() {
		if sent.Cell == c && p.Careful(sent.Step) && (first.Times == 0 || sent.Step < first.Step) {
			first = sent
		}
	}
	return first
}

// lost tells of a call whose answer is lost.
func (s *slice) lost(c enrichment.Call) enrichment.Attempt {
	at := enrichment.Attempt{Step: c.Step, Status: enrichment.StatusUnknown, Calls: c.Times, Error: lostAnswer}
	if p := s.plan(c.Column); p != nil {
		at.Provider = p.Provider(c.Step)
	}
	return at
}

func (s *slice) plan(col kernel.ColumnID) *waterfall.Plan {
	for _, p := range s.plans {
		if p.Column() == col {
			return p
		}
	}
	return nil
}

// untold is what has to be told of a cell that ends without being asked again: what workers that were lost may have asked.
func (s *slice) untold(c enrichment.Cell) (told []enrichment.Attempt) {
	for _, sent := range s.w.run.Sent() {
		if sent.Cell == c {
			told = append(told, s.lost(sent))
		}
	}
	if len(told) == 0 && s.again[c] {
		told = append(told, s.lost(enrichment.Call{Cell: c, Times: 1}))
	}
	return told
}

// giveUp ends the cells of a page that has killed its workers.
func (s *slice) giveUp() error {
	var rest []waterfall.Outcome
	for _, c := range s.w.run.Open() {
		o := failure(c, quarantine.Reason("the page of this record"))
		o.Provenance.Attempts = s.untold(c)
		rest = append(rest, o)
	}
	for len(rest) > 0 {
		n := min(len(rest), maxCells)
		if err := s.flush(rest[:n:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

func failure(c enrichment.Cell, why string) waterfall.Outcome {
	return waterfall.Outcome{
		Mark:       enrichment.Mark{RowID: c.Row, ColumnID: c.Column, State: enrichment.MarkError, Message: why},
		Provenance: enrichment.Provenance{RowID: c.Row, ColumnID: c.Column},
	}
}

// alone waits for the suspects' place where a worker was lost over the page under way; a nil leave means that there is a reason to look
// at the run first.
func (s *slice) alone() (leave func(), err error) {
	if s.w.run.Killed() == 0 || len(s.w.run.Open()) == 0 {
		return func() {}, nil
	}
	var lost error
	leave, err = s.r.cfg.Ward.Enter(s.stop, s.r.limits.Look, func() {
		s.beat()
		if lost = s.w.readRequests(s.hard); lost != nil {
			s.stopNow()
		}
		s.react()
	})
	if err != nil { // stopped
		return nil, lost
	}
	return leave, nil
}
