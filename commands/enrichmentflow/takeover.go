package enrichmentflow

import (
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// takeOver deals with a page that a predecessor did not leave in order: its unanswered cells have perhaps been asked. It appends
// to the run, so a predecessor that still lives is shut out. What it appends says how many workers were lost over the page so far, before
// the page is begun again.
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
	if s.w.run.InDoubt() { // also where others have begun the page again since, and left it in order
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

// unknown are the outcomes of cells that were perhaps asked and must not be asked again.
func (s *slice) unknown() []waterfall.Outcome {
	var out []waterfall.Outcome
	for _, c := range s.w.run.Open() {
		if !s.careful[c.Column] {
			continue
		}
		o := failure(c, lostAnswer)
		o.Provenance.Attempts = s.lost(s.firstCareful(c.Column))
		out = append(out, o)
	}
	return out
}

// lost tells of a call whose answer is lost.
func (*slice) lost(provider string) []enrichment.Attempt {
	return []enrichment.Attempt{{Provider: provider, Status: enrichment.StatusUnknown, Calls: 1, Error: lostAnswer}}
}

// untold is what has to be told of a cell that ends without being asked again: that it may have been asked by a worker that was lost.
func (s *slice) untold(c enrichment.Cell) []enrichment.Attempt {
	if !s.again[c] {
		return nil
	}
	return s.lost(s.firstOf(c.Column, func(enrichment.Provider) bool { return true }))
}

func (s *slice) firstCareful(col kernel.ColumnID) string {
	return s.firstOf(col, func(d enrichment.Provider) bool { return !d.Idempotent })
}

// firstOf is the first provider of the column's that is as wanted.
func (s *slice) firstOf(col kernel.ColumnID, wanted func(enrichment.Provider) bool) string {
	for _, p := range s.w.run.Plans() {
		if p.ColumnID != col {
			continue
		}
		for _, st := range p.Config.Steps {
			if d, ok := s.r.cfg.Engine.Registry.Provider(st.Provider); ok && wanted(d) {
				return st.Provider
			}
		}
	}
	return ""
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
		if lost = s.w.look(s.hard); lost != nil {
			s.stopNow()
		}
		s.react()
	})
	if err != nil { // stopped
		return nil, lost
	}
	return leave, nil
}
