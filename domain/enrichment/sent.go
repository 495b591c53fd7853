package enrichment

import (
	"maps"
	"slices"
)

// Call is a step of a cell's waterfall that was about to be asked, and how many workers have done so.
type Call struct {
	Cell
	Step  int `json:"s"`
	Times int `json:"n"`
}

// Sent are the calls for cells of the page under way that have no outcome yet: the provider may have been asked, and its answer lost.
func (r *Run) Sent() []Call { return r.s.Sent }

// Noted reports whether Sent is to be relied on; of a page from before calls were noted, any cell may have been asked.
func (r *Run) Noted() bool { return r.s.Noted }

// NoteCalls records that the calls are about to be made.
func (r *Run) NoteCalls(calls []Call) error {
	byStep := map[int][]Cell{}
	for _, c := range calls {
		byStep[c.Step] = append(byStep[c.Step], c.Cell)
	}
	for _, step := range slices.Sorted(maps.Keys(byStep)) {
		for _, p := range Parts(byStep[step]) {
			if err := r.Record(r, RunCallsSent{RunID: r.s.ID, Page: r.s.Page, Step: step, Rows: p.Rows, Columns: p.Columns}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Run) callsSent(e RunCallsSent) {
	for _, row := range e.Rows {
		for _, col := range e.Columns {
			cell := Cell{row, col}
			i := slices.IndexFunc(r.s.Sent, func(c Call) bool { return c.Cell == cell && c.Step == e.Step })
			if i < 0 {
				r.s.Sent = append(r.s.Sent, Call{cell, e.Step, 1})
			} else {
				r.s.Sent[i].Times++
			}
		}
	}
}

// forget leaves out the calls of cells of which it is known what became of them.
func (r *Run) forget(known map[Cell]bool) {
	r.s.Sent = slices.DeleteFunc(r.s.Sent, func(c Call) bool { return known[c.Cell] })
}
