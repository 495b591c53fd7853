package tablecmd

import (
	"context"
	"encoding/json"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// mergedPage is what becomes of a page of what a branch has otherwise.
type mergedPage struct {
	w       *mergeWork
	done    table.Merged
	changes []table.CellChange
	options map[kernel.ColumnID][]string
	inserts []table.NewRow
	back    []kernel.RowID // from the table's trash
	away    []kernel.RowID
}

func (p *mergedPage) decide(ctx context.Context, page []Diverged) error {
	var whole []kernel.RowID // rows of which all cells are taken over
	var changes []table.CellChange
	for _, d := range page {
		choice, taken := p.choose(d)
		if !taken {
			continue
		}
		switch d.Kind {
		case CellDiverged:
			value := d.Branch
			if choice.Keep == table.ByHand {
				value = choice.Value
			}
			if string(value) != string(d.Table) {
				changes = append(changes, table.CellChange{Row: d.Row, Column: d.Column, Value: value, Old: d.Table})
			}
		case RowNew, RowRevived:
			whole = append(whole, d.Row)
		case RowGone:
			p.away = append(p.away, d.Row)
		}
	}
	p.done.Removed += int64(len(p.away))
	more, err := p.takeRows(ctx, whole)
	if err != nil {
		return err
	}
	changes = append(changes, more...)
	p.changes, p.options = fitting(p.w.of, changes)
	for _, r := range p.inserts {
		for id, v := range r.Cells {
			_, fresh, err := table.Parse(column(p.w.of, id), v, true)
			if err == nil {
				p.options[id] = append(p.options[id], fresh...)
			}
		}
	}
	p.done.Cells += int64(len(p.changes))
	p.done.Refused += int64(len(changes) - len(p.changes))
	return nil
}

func column(s table.Schema, id kernel.ColumnID) table.Column {
	c, _ := s.Column(id)
	return c
}

// choose settles a difference: taken says that the branch has its way, or a value by hand.
func (p *mergedPage) choose(d Diverged) (choice table.MergeChoice, taken bool) {
	if !d.Conflict {
		return choice, true
	}
	p.done.Conflicts++
	choice, ok := p.w.choices[cell{d.Row, d.Column}]
	if !ok {
		choice.Keep = p.w.merge.Begun.Plan.Conflicts
	}
	return choice, choice.Keep == table.TakeBranch || choice.Keep == table.ByHand && d.Kind == CellDiverged
}

// takeRows takes over rows that are not among the table's live ones: they are inserted, or come back from its trash.
func (p *mergedPage) takeRows(ctx context.Context, rows []kernel.RowID) ([]table.CellChange, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	var cols []kernel.ColumnID
	for _, c := range p.w.of.Columns {
		if own, ok := p.w.own.Column(c.ID); ok && c.Writable() && own.Writable() && own.Type == c.Type {
			cols = append(cols, c.ID)
		}
	}
	own, _, err := p.w.h.cfg.Rows.Cells(ctx, p.w.own, rows, cols)
	if err != nil {
		return nil, err
	}
	there, _, err := p.w.h.cfg.Rows.Cells(ctx, p.w.of, rows, cols)
	if err != nil {
		return nil, err
	}
	var changes []table.CellChange
	for _, id := range rows {
		was, trashed := there[id]
		switch {
		case trashed && (was.Link.Merged() || !was.Trashed):
			p.done.Refused++
			continue
		case !trashed:
			p.insert(id, own[id], cols)
			continue
		}
		p.back = append(p.back, id)
		p.done.Restored++
		for _, c := range cols {
			if string(own[id].Values[c]) != string(was.Values[c]) {
				changes = append(changes, table.CellChange{Row: id, Column: c, Value: own[id].Values[c], Old: was.Values[c]})
			}
		}
	}
	return changes, nil
}

func (p *mergedPage) insert(id kernel.RowID, row table.RowCells, cols []kernel.ColumnID) {
	r := table.NewRow{ID: id, Cells: map[kernel.ColumnID]json.RawMessage{}}
	for _, c := range cols {
		if v := row.Values[c]; !kernel.IsNull(v) {
			r.Cells[c] = v
		}
	}
	p.inserts = append(p.inserts, r)
	p.done.Added++
}

// events are those of the table, in one step of undo.
func (p *mergedPage) events() []kernel.Event {
	id, step := p.w.of.Table, p.w.step
	var out []kernel.Event
	for _, c := range table.RowChunks(p.inserts) {
		out = append(out, table.RowsInserted{TableID: id, Chunk: c, Source: table.FromBranch, Step: step})
	}
	out = append(out, movedRows{rows: p.back}.restore(id, table.FromBranch, step)...)
	out = append(out, editEvents(id, p.changes, p.w.now.head, table.FromBranch, step)...)
	return append(out, deleteEvents(id, p.away, table.FromBranch, step)...)
}
