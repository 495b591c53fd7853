package enrichment

import (
	"fmt"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// PagePart is a block of cells of a page.
type PagePart struct {
	Rows    []kernel.RowID
	Columns []kernel.ColumnID
}

// StartPage records the intent to ask for the cells of the next page, which ends at the row next.
func (r *Run) StartPage(parts []PagePart, next kernel.RowID, at time.Time) error {
	return r.page(r.s.Page+1, parts, next, false, at)
}

// StartPageAgain records the intent to ask for what is left of the page under way.
func (r *Run) StartPageAgain(at time.Time) error {
	return r.page(r.s.Page, Parts(r.s.Open), r.s.Next, true, at)
}

func (r *Run) page(no int, parts []PagePart, next kernel.RowID, again bool, at time.Time) error {
	if r.s.State.Final() {
		return fmt.Errorf("run %s has ended", r.s.ID)
	}
	for _, p := range parts {
		e := RunPageStarted{
			RunID:   r.s.ID,
			TableID: r.s.Table,
			Page:    no,
			Rows:    p.Rows,
			Columns: p.Columns,
			Next:    next,
			Again:   again,
			Noted:   true,
			At:      at,
		}
		if err := r.Record(r, e); err != nil {
			return err
		}
	}
	return nil
}

// Parts groups cells into blocks: the rows that need the same columns together, rows in the order given.
func Parts(cells []Cell) []PagePart {
	var order []kernel.RowID
	byRow := map[kernel.RowID][]kernel.ColumnID{}
	for _, c := range cells {
		if _, ok := byRow[c.Row]; !ok {
			order = append(order, c.Row)
		}
		byRow[c.Row] = append(byRow[c.Row], c.Column)
	}
	var parts []PagePart
	index := map[string]int{}
	for _, row := range order {
		key := fmt.Sprint(byRow[row])
		i, ok := index[key]
		if !ok {
			i = len(parts)
			index[key] = i
			parts = append(parts, PagePart{Columns: byRow[row]})
		}
		parts[i].Rows = append(parts[i].Rows, row)
	}
	return parts
}

// StopPage records that the page under way is left in order.
func (r *Run) StopPage() error {
	if len(r.s.Open) == 0 || r.s.Calm {
		return nil
	}
	return r.Record(r, RunPageStopped{RunID: r.s.ID, Page: r.s.Page})
}

// DoubtPage records that the page under way was left, but perhaps with answers that were not recorded.
func (r *Run) DoubtPage() error {
	if len(r.s.Open) == 0 || r.s.Calm {
		return nil
	}
	return r.Record(r, RunPageStopped{RunID: r.s.ID, Page: r.s.Page, Doubt: true})
}

// LoseWorker records that the page's worker was lost without leaving it.
func (r *Run) LoseWorker() error {
	if len(r.s.Open) == 0 || r.s.Calm {
		return nil
	}
	return r.Record(r, RunPageStopped{RunID: r.s.ID, Page: r.s.Page, Killed: r.s.Killed + 1})
}

// Wait records that the page is left in order and that the cells can't be asked before then.
func (r *Run) Wait(cells []Cell, until time.Time, reason string, at time.Time) error {
	for _, p := range Parts(cells) {
		e := RunPageStopped{
			RunID:   r.s.ID,
			TableID: r.s.Table,
			Page:    r.s.Page,
			Rows:    p.Rows,
			Columns: p.Columns,
			Until:   &until,
			Reason:  reason,
			At:      &at,
		}
		if err := r.Record(r, e); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) pageStopped(e RunPageStopped) {
	r.s.Calm = true
	r.s.Killed = max(r.s.Killed, e.Killed)
	r.s.Doubt = r.s.Doubt || e.Doubt || e.Killed > 0
	if e.Until == nil {
		return
	}
	waiting := map[Cell]bool{}
	for _, row := range e.Rows {
		for _, col := range e.Columns {
			waiting[Cell{row, col}] = true
		}
	}
	r.forget(waiting) // the provider has said that it is to be asked later
	r.s.Until = *e.Until
	if e.At != nil && (r.s.Waits.IsZero() || e.At.Before(r.s.Waits)) { // before: the clock has been set back
		r.s.Waits = *e.At
	}
}

func (r *Run) pageStarted(e RunPageStarted) {
	if r.s.State == RunPending {
		r.s.State = RunRunning
	}
	r.s.Calm, r.s.Until = false, time.Time{}
	if e.Again { // what is open stays open
		return
	}
	if e.Page != r.s.Page {
		r.s.Open, r.s.Sent, r.s.Killed, r.s.Doubt = nil, nil, 0, false
	}
	r.s.Page, r.s.Next, r.s.Noted = e.Page, e.Next, e.Noted
	r.s.Rows += int64(len(e.Rows))
	for _, row := range e.Rows {
		for _, col := range e.Columns {
			r.s.Open = append(r.s.Open, Cell{row, col})
		}
	}
}
