package dedupcmd

import (
	"context"
	"fmt"
	"slices"

	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// joined is a group of a merge with what its survivor took over.
type joined struct {
	dedup.Merged
	taken []dedup.Taken
}

// part takes groups of a merge apart, those of one append of the merge at a time.
func (w *work) part(ctx context.Context) error {
	started := w.job.UnmergeOf()
	if _, err := w.h.cfg.Tables.Schema(ctx, started.Workspace, started.TableID); err != nil {
		return err
	}
	wanted := map[int]bool{}
	for _, n := range started.Groups {
		wanted[n] = true
	}
	type merged struct {
		position int64
		e        dedup.RowsMerged
	}
	var appends []merged
	err := w.h.each(ctx, started.MergeID, func(position int64, e kernel.Event) error {
		if m, ok := e.(dedup.RowsMerged); ok {
			m.Groups = slices.DeleteFunc(m.Groups, func(g dedup.Merged) bool {
				return g.Group <= w.job.Through() || len(wanted) > 0 && !wanted[g.Group]
			})
			if len(m.Groups) > 0 {
				appends = append(appends, merged{position, m})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, a := range appends {
		groups, err := w.joined(ctx, started, a.position, a.e)
		if err != nil {
			return err
		}
		for some := range slices.Chunk(groups, w.batch) {
			if err := w.partSome(ctx, started, some); err != nil {
				return err
			}
			w.alive(w.job.Through())
		}
	}
	return w.end(ctx, "", nil)
}

// joined reads what the survivors took over from the table's events, which follow the merge's own.
func (w *work) joined(ctx context.Context, started dedup.UnmergeStarted, position int64, e dedup.RowsMerged) ([]joined, error) {
	out := make([]joined, len(e.Groups))
	at := map[kernel.RowID]int{}
	for i, g := range e.Groups {
		out[i].Merged = g
		at[g.Survivor] = i
	}
	positions := make([]int64, e.Events)
	for i := range positions {
		positions[i] = position + 1 + int64(i)
	}
	for len(positions) > 0 {
		recs, err := w.h.cfg.Store.ReadPositions(ctx, positions)
		if err != nil {
			return nil, err
		}
		if len(recs) == 0 {
			return nil, fmt.Errorf("event %d is not in the log", positions[0])
		}
		for _, rec := range recs {
			ev, err := w.h.cfg.Codec.Decode(rec)
			if err != nil {
				return nil, err
			}
			if c, ok := ev.(table.CellsEdited); ok && c.Step.Step == string(started.MergeID) {
				takenIn(c, at, out)
			}
		}
		positions = positions[len(recs):]
	}
	return out, nil
}

// takenIn adds what an event says that survivors took over.
func takenIn(c table.CellsEdited, at map[kernel.RowID]int, out []joined) {
	for _, col := range sortedColumns(c.From) {
		for i, row := range c.Chunk.Rows {
			g, ok := at[row]
			if !ok || c.From[col][i] == "" {
				continue
			}
			out[g].taken = append(out[g].taken, dedup.Taken{Column: col, From: c.From[col][i], Value: c.Chunk.Cols[col][i], Old: c.Old[col][i]})
		}
	}
}

func sortedColumns(m map[kernel.ColumnID][]kernel.RowID) []kernel.ColumnID {
	out := make([]kernel.ColumnID, 0, len(m))
	for c := range m {
		out = append(out, c)
	}
	slices.Sort(out)
	return out
}

func (w *work) partSome(ctx context.Context, started dedup.UnmergeStarted, groups []joined) error {
	version := w.version
	r := Rework{Table: started.TableID, Source: table.FromUnmerge, Step: table.Step{Step: string(w.id), Label: UnmergeLabel}}
	numbers := make([]int, len(groups))
	for i, g := range groups {
		numbers[i] = g.Group
		r.Rows = append(append(r.Rows, g.Survivor), g.Rows...)
	}
	err := w.h.cfg.Tables.Rework(ctx, w.job.Meta(), r, func(seen Seen) (Decided, error) {
		e := dedup.RowsParted{Through: numbers[len(numbers)-1]}
		d := Decided{Links: map[kernel.RowID]table.Link{}}
		inEffect, err := w.h.cfg.Known.InEffect(ctx, started.MergeID, numbers)
		if err != nil {
			return d, err
		}
		later, err := w.h.cfg.Known.Superseded(ctx, started.MergeID, numbers)
		if err != nil {
			return d, err
		}
		for _, g := range groups {
			l, chained := later[g.Group]
			switch why := cannotPart(g, seen); {
			case !inEffect[g.Group]:
				e.Left = append(e.Left, dedup.Left{Group: g.Group, Reason: "it was taken apart already"})
			case chained:
				e.Left = append(e.Left, dedup.Left{Group: g.Group, Reason: supersededBy(g.Group, l)})
			case why != "":
				e.Left = append(e.Left, dedup.Left{Group: g.Group, Reason: why})
			default:
				partOne(g, started.MergeID, seen, &d)
				e.Groups = append(e.Groups, g.Group)
			}
		}
		d.Beside = func(int) ([]eventstore.Change, error) {
			return w.beside(func(j *dedup.Job) error { return j.PartRows(e) })
		}
		return d, nil
	})
	return w.reworked(version, err)
}

// cannotPart says why a group can't be taken apart; empty if it can.
func cannotPart(g joined, seen Seen) string {
	survivor, there := seen.Rows[g.Survivor]
	switch {
	case there && survivor.Link.Merged():
		return fmt.Sprintf("row %s was merged into row %s since, by the merge %s; take that one apart first", g.Survivor, survivor.Link.Into,
			survivor.Link.Merge)
	case there && survivor.Trashed:
		return fmt.Sprintf("row %s is in the trash; restore it first", g.Survivor)
	default:
		return ""
	}
}

// partOne adds what becomes of one group: its hidden rows come back, and what was edited since goes to the row that the value was from.
func partOne(g joined, merge kernel.DedupID, seen Seen, d *Decided) {
	back := map[kernel.RowID]dedup.Row{}
	for _, id := range g.Rows {
		r, ok := seen.Rows[id]
		if ok && r.Trashed && r.Link.Merge == merge {
			d.Back = append(d.Back, id)
			d.Links[id] = r.Link
			back[id] = rowOf(r)
		}
	}
	survivor, there := seen.Rows[g.Survivor]
	if !there { // removed for good: the others come back as they were
		return
	}
	for _, s := range dedup.Part(rowOf(survivor), g.taken, back) {
		old := survivor.Values[s.Column]
		if s.Row != g.Survivor {
			old = back[s.Row].Values[s.Column]
		}
		d.Changes = append(d.Changes, table.CellChange{Row: s.Row, Column: s.Column, Value: s.Value, Old: old})
	}
}
