package enrichmentflow

import (
	"context"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
)

// note is a call that waits until the log has it.
type note struct {
	call enrichment.Call
	done chan error
}

// sending has the call noted in the log, together with those that wait meanwhile. Once it is handed over its end is waited for, so that
// what is noted is also asked.
func (s *slice) sending(ctx context.Context, c enrichment.Call) error {
	n := note{c, make(chan error, 1)}
	select {
	case s.notes <- n:
		return <-n.done
	case <-ctx.Done():
		return ctx.Err()
	}
}

// note records the call and those that wait beside it; after an error of the slice none is made any more.
func (s *slice) note(first note, err error) error {
	all := []note{first}
	for waiting := true; waiting && len(all) < maxCells; {
		select {
		case n := <-s.notes:
			all = append(all, n)
		default:
			waiting = false
		}
	}
	if err == nil {
		calls := make([]enrichment.Call, 0, len(all))
		for _, n := range all {
			calls = append(calls, n.call)
		}
		err = s.w.sent(s.hard, calls)
	}
	for _, n := range all {
		n.done <- err
	}
	return err
}

// recall takes from the log which calls workers before may have made without an answer.
func (s *slice) recall() {
	s.asked = map[enrichment.Call]int{}
	for _, c := range s.w.run.Sent() {
		times := c.Times
		c.Times = 0
		s.asked[c] = times
	}
}

// repeats notes in an outcome which providers have perhaps been asked before.
func (s *slice) repeats(o waterfall.Outcome) {
	cell := enrichment.Cell{Row: o.Mark.RowID, Column: o.Mark.ColumnID}
	for i := range o.Provenance.Attempts {
		at := &o.Provenance.Attempts[i]
		if at.Calls == 0 {
			continue
		}
		at.Repeats = s.asked[enrichment.Call{Cell: cell, Step: at.Step}]
		if s.again[cell] {
			at.Repeats = max(at.Repeats, 1)
		}
		at.Repeated = at.Repeats > 0
	}
}
