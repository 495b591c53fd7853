package enrichmentflow

import (
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
)

// waits are the cells of the page under way that could not be asked yet.
type waits struct {
	cells []enrichment.Cell
	until time.Time // of the first of them
	why   string
}

// patience is what the run still waits for. One that has done nothing but wait for too long lets its cells fail, with what the provider
// said last.
func (s *slice) patience() waterfall.Patience {
	var waited time.Duration
	now := s.r.cfg.Clock.Now()
	if since := s.w.run.WaitsSince(); !since.IsZero() {
		waited = now.Sub(since)
	}
	return waterfall.Patience{Rests: waited < s.r.limits.WaitRests, Limits: waited < s.r.limits.WaitLimits}
}

// postpone notes a cell that has no outcome yet.
func (s *slice) postpone(o waterfall.Outcome) {
	w := &s.waits
	w.cells = append(w.cells, enrichment.Cell{Row: o.Mark.RowID, Column: o.Mark.ColumnID})
	if w.until.IsZero() || o.Until.Before(w.until) {
		w.until, w.why = o.Until, o.Waits
	}
}

func (w waits) sorted() []enrichment.Cell {
	slices.SortFunc(w.cells, func(a, b enrichment.Cell) int {
		if c := strings.Compare(string(a.Row), string(b.Row)); c != 0 {
			return c
		}
		return strings.Compare(string(a.Column), string(b.Column))
	})
	return w.cells
}

// left is how long the flow has to wait, never less than a second.
func (s *slice) left(next Next) time.Duration {
	if next != Waiting {
		return 0
	}
	return max(time.Second, s.w.run.Until().Sub(s.r.cfg.Clock.Now()))
}
