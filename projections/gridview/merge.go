package gridview

import (
	"encoding/json"
	"slices"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// merger collects operations. Inserts into one table that follow each other become one, and so do edits of the same
// columns, where a later value of a cell takes the place of an earlier one.
type merger struct {
	ops []Op
	// tail holds the operations at the end of each table's part that may still be added to.
	tail map[kernel.TableID][]Op
}

func (m *merger) event(rec eventstore.Recorded, e kernel.Event, s Stamp) error {
	switch e := e.(type) {
	case table.RowsInserted:
		return m.insert(e.TableID, e.Chunk, s)
	case table.CellsEdited:
		return m.set(e.TableID, e.Chunk, s, nil)
	case table.RowsDeleted:
		m.add(&Delete{Table: e.TableID, Rows: e.Rows, Links: e.Links, Stamp: s})
	case table.RowsRestored:
		m.add(&Restore{Table: e.TableID, Rows: e.Rows, Stamp: s})
	case table.RowsPurged:
		m.add(&Purge{Table: e.TableID, Rows: e.Rows, Stamp: s})
	case dataops.RowsAdded:
		return m.insert(e.TableID, e.Chunk, s)
	case dataops.RowsUpdated:
		return m.set(e.TableID, e.Chunk, s, nil)
	case dataops.Started:
		m.add(&Work{Table: e.TableID, Stream: string(rec.Stream), Stamp: s})
	case dataops.Completed, dataops.Failed, dataops.Cancelled, dataops.Undone, enrichment.RunFinished:
		m.add(&Work{Stream: string(rec.Stream), Done: true, Stamp: s})
	case enrichment.RunStarted:
		if e.TableID != "" {
			m.add(&Work{Table: e.TableID, Stream: string(rec.Stream), Stamp: s})
		}
	case enrichment.RunPageStarted:
		m.running(e, s)
	case enrichment.RunPageStopped:
		m.waiting(e, s)
	case enrichment.RunAnswersRecorded:
		return m.answers(e, s)
	case table.Branched:
		delete(m.tail, e.TableID) // the branch begins between what came before and what comes after
		m.add(&Structure{Table: e.BranchID, Event: e, Stamp: s})
	default:
		m.add(&Structure{Table: kernel.TableID(rec.Stream.ID()), Event: e, Stamp: s})
	}
	return nil
}

func (m *merger) add(op Op) {
	m.ops = append(m.ops, op)
	delete(m.tail, op.TableID())
}

func (m *merger) keep(op Op) {
	if m.tail == nil {
		m.tail = map[kernel.TableID][]Op{}
	}
	m.ops = append(m.ops, op)
	m.tail[op.TableID()] = append(m.tail[op.TableID()], op)
}

func (m *merger) insert(id kernel.TableID, c kernel.Chunk, s Stamp) error {
	if err := c.Check(); err != nil {
		return err
	}
	if tail := m.tail[id]; len(tail) > 0 {
		if in, ok := tail[len(tail)-1].(*Insert); ok {
			in.Batches = append(in.Batches, Batch{c, s})
			return nil
		}
		delete(m.tail, id)
	}
	m.keep(&Insert{Table: id, Batches: []Batch{{c, s}}})
	return nil
}

// set adds edits; sure says of some rows how sure their values are.
func (m *merger) set(id kernel.TableID, c kernel.Chunk, s Stamp, sure map[kernel.RowID]*enrichment.Sureness) error {
	if err := c.Check(); err != nil || c.Cells() == 0 {
		return err
	}
	cols := make([]kernel.ColumnID, 0, len(c.Cols))
	for col := range c.Cols {
		cols = append(cols, col)
	}
	slices.Sort(cols)
	for i, tail := len(m.tail[id])-1, m.tail[id]; i >= 0; i-- {
		set, ok := tail[i].(*Set)
		if !ok {
			break
		}
		if slices.Equal(set.Cols, cols) {
			set.merge(c, s, sure)
			return nil
		}
		if slices.ContainsFunc(set.Cols, func(c kernel.ColumnID) bool { return slices.Contains(cols, c) }) {
			break // what is set there must not be overtaken
		}
	}
	if tail := m.tail[id]; len(tail) > 0 {
		if _, isSet := tail[len(tail)-1].(*Set); !isSet {
			delete(m.tail, id)
		}
	}
	set := &Set{Table: id, Cols: cols, Values: make([][]json.RawMessage, len(cols)), at: map[kernel.RowID]int{}}
	set.merge(c, s, sure)
	m.keep(set)
	return nil
}

func (s *Set) merge(c kernel.Chunk, stamp Stamp, sure map[kernel.RowID]*enrichment.Sureness) {
	for r, row := range c.Rows {
		i, seen := s.at[row]
		if !seen {
			i = len(s.Rows)
			s.at[row] = i
			s.Rows, s.Stamps, s.Sure = append(s.Rows, row), append(s.Stamps, stamp), append(s.Sure, nil)
			for k := range s.Cols {
				s.Values[k] = append(s.Values[k], nil)
			}
		}
		s.Stamps[i], s.Sure[i] = stamp, sure[row]
		for k, col := range s.Cols {
			s.Values[k][i] = c.Cols[col][r]
		}
	}
}

func (m *merger) running(e enrichment.RunPageStarted, s Stamp) {
	if e.TableID == "" {
		return
	}
	marks := make([]CellMark, 0, len(e.Rows)*len(e.Columns))
	for _, row := range e.Rows {
		for _, col := range e.Columns {
			marks = append(marks, CellMark{Row: row, Column: col, State: "running", Run: e.RunID})
		}
	}
	m.add(&Mark{Table: e.TableID, Marks: marks, Stamp: s})
}

// waiting marks the cells of a page that waits, if it does.
func (m *merger) waiting(e enrichment.RunPageStopped, s Stamp) {
	if e.TableID == "" || e.Until == nil {
		return
	}
	marks := make([]CellMark, 0, len(e.Rows)*len(e.Columns))
	for _, row := range e.Rows {
		for _, col := range e.Columns {
			marks = append(marks, CellMark{Row: row, Column: col, State: RateLimited, Message: e.Reason, Run: e.RunID, Until: *e.Until})
		}
	}
	m.add(&Mark{Table: e.TableID, Marks: marks, Stamp: s})
}

// RateLimited is the state of a cell whose provider can't be asked before a time.
const RateLimited = "rate_limited"

func (m *merger) answers(e enrichment.RunAnswersRecorded, s Stamp) error {
	if e.TableID == "" {
		return nil
	}
	if err := m.set(e.TableID, e.Chunk, s, Sure(e)); err != nil {
		return err
	}
	written := map[kernel.RowID]bool{}
	for _, row := range e.Chunk.Rows {
		written[row] = true
	}
	var marks []CellMark
	for _, k := range e.Marks {
		mark := CellMark{Row: k.RowID, Column: k.ColumnID, State: MarkState(k.State), Message: k.Message, Run: e.RunID}
		if _, hasCol := e.Chunk.Cols[k.ColumnID]; mark.State == "" && hasCol && written[k.RowID] {
			continue // the value that was set has taken the mark away
		}
		marks = append(marks, mark)
	}
	if len(marks) > 0 {
		m.add(&Mark{Table: e.TableID, Marks: marks, Stamp: s})
	}
	return nil
}

// Sure says of the rows to which the event gives values how sure these are, as far as it is known. All of a row's values in one event
// are of one answer.
func Sure(e enrichment.RunAnswersRecorded) map[kernel.RowID]*enrichment.Sureness {
	var out map[kernel.RowID]*enrichment.Sureness
	for i, p := range e.Provenance {
		if p.VerifiedBy == nil || i >= len(e.Marks) || e.Marks[i].State != enrichment.MarkValue {
			continue
		}
		if out == nil {
			out = make(map[kernel.RowID]*enrichment.Sureness, len(e.Provenance))
		}
		sure := p.Sureness()
		out[p.RowID] = &sure
	}
	return out
}

// The states of a value that a provider gave, by whether anything else says the same. Unlike the states in which a run leaves a cell,
// they are the value's: they stay while the cell is asked again, and end when another value takes its place.
const (
	Unverified = "unverified"
	Verified   = "verified"
)

// MarkState is what the grid calls the state in which a run leaves a cell; "" for a cell that simply has its value.
func MarkState(s enrichment.MarkState) string {
	switch s {
	case enrichment.MarkValue:
		return ""
	case enrichment.MarkEmpty:
		return "not_found"
	default:
		return string(s)
	}
}
