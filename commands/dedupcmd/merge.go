package dedupcmd

import (
	"context"
	"slices"

	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// mergeBatch is how many groups one append merges or takes apart.
const mergeBatch = 100

// MergeLabel and UnmergeLabel name the steps of undo.
const (
	MergeLabel   = "Merge duplicates"
	UnmergeLabel = "Un-merge rows"
)

// target is a group that is to be merged.
type target struct {
	number int
	rows   []kernel.RowID
	choice dedup.Choice
}

func rowsOf(targets []target) []kernel.RowID {
	var out []kernel.RowID
	for _, t := range targets {
		out = append(out, t.rows...)
	}
	return out
}

// targets are the groups of a scan that a plan merges, ascending, those after a number.
func (h *Handlers) targets(ctx context.Context, scan kernel.DedupID, p dedup.Plan, after int) ([]target, error) {
	chosen := make(map[int]dedup.Choice, len(p.Choices))
	for _, c := range p.Choices {
		chosen[c.Group] = c
	}
	groups := map[int]dedup.Group{}
	decided := map[int]dedup.Decision{}
	err := h.each(ctx, scan, func(_ int64, e kernel.Event) error {
		switch e := e.(type) {
		case dedup.ScanRestarted:
			clear(groups)
		case dedup.GroupsFound:
			for i, g := range e.Groups {
				g.Pairs = nil
				groups[e.First+i] = g
			}
		case dedup.GroupDecided:
			decided[e.Group] = e.Decision
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []target
	for n, g := range groups {
		c, ok := chosen[n]
		open := decided[n] == "" || decided[n] == dedup.Open
		if n <= after || !ok && (p.MinScore == 0 || !open || g.Score < p.MinScore) {
			continue
		}
		t := target{number: n, rows: g.Rows, choice: c}
		if len(c.Rows) > 0 {
			t.rows = c.Rows
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b target) int { return a.number - b.number })
	return out, nil
}

const eventPage = 500

// each reads a job's events.
func (h *Handlers) each(ctx context.Context, id kernel.DedupID, fn func(position int64, e kernel.Event) error) error {
	for from := int64(0); ; {
		events, err := h.cfg.Store.ReadStream(ctx, h.jobs.Stream(string(id)), from, eventPage)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, rec := range events {
			e, err := h.cfg.Codec.Decode(rec)
			if err != nil {
				return err
			}
			if err := fn(rec.Position, e); err != nil {
				return err
			}
			from = rec.Version
		}
	}
}

// merge merges the groups that are left, a batch at a time.
func (w *work) merge(ctx context.Context) error {
	started := w.job.MergeOf()
	if _, err := w.h.cfg.Tables.Schema(ctx, started.Workspace, started.TableID); err != nil {
		return err
	}
	targets, err := w.h.targets(ctx, started.ScanID, started.Plan, w.job.Through())
	if err != nil {
		return err
	}
	for len(targets) > 0 {
		part := targets[:min(len(targets), w.batch)]
		targets = targets[len(part):]
		if err := w.mergeSome(ctx, started, part); err != nil {
			return err
		}
		w.alive(w.job.Through())
	}
	return w.end(ctx, "", nil)
}

func (w *work) mergeSome(ctx context.Context, started dedup.MergeStarted, part []target) error {
	version := w.version
	r := Rework{
		Table: started.TableID, Rows: rowsOf(part), Source: table.FromMerge, Step: table.Step{Step: string(w.id), Label: MergeLabel},
	}
	err := w.h.cfg.Tables.Rework(ctx, w.job.Meta(), r, func(seen Seen) (Decided, error) {
		e := dedup.RowsMerged{Through: part[len(part)-1].number}
		d := Decided{Links: map[kernel.RowID]table.Link{}}
		for _, t := range part {
			rows := liveRows(t, seen.Rows)
			if len(rows) < 2 { //nolint:mnd // two rows or more are merged
				e.Left = append(e.Left, dedup.Left{Group: t.number, Reason: "fewer than two of its rows are still in the table"})
				continue
			}
			e.Groups = append(e.Groups, mergeOne(started.Plan, t, rows, seen.Columns, w.id, &d))
		}
		d.Beside = func(events int) ([]eventstore.Change, error) {
			e.Events = events
			return w.beside(func(j *dedup.Job) error { return j.Join(e) })
		}
		return d, nil
	})
	return w.reworked(version, err)
}

// beside makes the change of the job's own stream.
func (w *work) beside(fn func(*dedup.Job) error) ([]eventstore.Change, error) {
	if err := fn(w.job); err != nil {
		return nil, err
	}
	return []eventstore.Change{eventstore.At(w.h.jobs.Stream(string(w.id)), eventstore.Expected(w.version), w.job.Pending()...)}, nil
}

// reworked notes that the append with the job's own event was made.
func (w *work) reworked(version int64, err error) error {
	if err != nil {
		return err
	}
	w.version = version + int64(len(w.job.Pending()))
	w.job.Committed()
	return nil
}

// mergeOne adds what becomes of one group.
func mergeOne(p dedup.Plan, t target, rows []dedup.Row, columns []kernel.ColumnID, merge kernel.DedupID, d *Decided) dedup.Merged {
	stays, taken := p.Merge(t.choice, rows, columns)
	out := dedup.Merged{Group: t.number, Survivor: stays}
	for _, r := range rows {
		if r.ID != stays {
			out.Rows = append(out.Rows, r.ID)
			d.Away = append(d.Away, r.ID)
			d.Links[r.ID] = table.Link{Into: stays, Merge: merge}
		}
	}
	for _, f := range taken {
		d.Changes = append(d.Changes, table.CellChange{Row: stays, Column: f.Column, Value: f.Value, Old: f.Old, From: f.From})
	}
	return out
}

// liveRows are the group's rows that are in the table, in the group's order.
func liveRows(t target, found map[kernel.RowID]table.RowCells) []dedup.Row {
	var out []dedup.Row
	for _, id := range t.rows {
		if r, ok := found[id]; ok && !r.Trashed {
			out = append(out, rowOf(r))
		}
	}
	return out
}

func rowOf(r table.RowCells) dedup.Row {
	return dedup.Row{ID: r.Row, Values: r.Values, Changed: r.Positions, Confidence: r.Sure}
}
