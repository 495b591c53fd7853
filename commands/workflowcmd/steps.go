package workflowcmd

import (
	"context"
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
)

// longestWait bounds the flow's timers; a longer wait goes on with the next one.
const longestWait = 24 * time.Hour

// step does a step, or as much of it as can be done now.
func (w *work) step(ctx context.Context, s workflow.Step) error {
	switch s.Node.Kind {
	case workflow.TableRows:
		return w.tableRows(ctx, s)
	case workflow.RowsChanged, workflow.Webhook:
		return w.changedRows(ctx, s)
	case workflow.Filter:
		return w.each(ctx, s, w.filter)
	case workflow.Branch:
		return w.each(ctx, s, w.branch)
	case workflow.UpdateCells:
		return w.each(ctx, s, w.update)
	case workflow.Send:
		return w.each(ctx, s, w.send)
	case workflow.Call:
		return w.call(ctx, s)
	case workflow.Enrich:
		return w.enrich(ctx, s)
	case workflow.Wait:
		return w.pause(ctx, s)
	case workflow.Approval:
		return w.approve(ctx, s)
	default:
		return w.fail(ctx, s, s.Pieces, kernel.Invalid("kind", "there is no node of this kind"))
	}
}

// together is how many batches a node does at once at most: a question and an append for each would take longer than what is done. The
// bound of cells is that of one edit.
const (
	together    = 10
	editedCells = together * workflow.BatchRows
)

func togetherOf(n workflow.Node) int {
	switch n.Kind {
	case workflow.Send: // each message is noted before the next ones are sent
		return 1
	case workflow.UpdateCells:
		return max(1, editedCells/workflow.BatchRows/max(1, len(n.Config.Set)))
	default:
		return together
	}
}

// doing is what a node does with rows of batches.
type doing func(context.Context, workflow.Step, []workflow.Piece) ([]workflow.Result, error)

// each does a step, some batches at a time. It looks at rows as they are when the step begins, or later.
func (w *work) each(ctx context.Context, s workflow.Step, do doing) (err error) {
	if w.head, err = w.h.cfg.Store.Head(ctx); err != nil {
		return err
	}
	for pieces := range slices.Chunk(s.Pieces, togetherOf(s.Node)) {
		if err := w.some(ctx, s, pieces, do); err != nil || w.run.State().Final() {
			return err
		}
	}
	return nil
}

// some does a step for some batches. Where they can't be done together, each is done, and fails, by itself.
func (w *work) some(ctx context.Context, s workflow.Step, pieces []workflow.Piece, do doing) error {
	res, err := do(ctx, s, pieces)
	switch {
	case err == nil:
		return w.append(ctx, func(r *workflow.Run) error { return r.Do(s, res, 0, "") })
	case len(pieces) == 1 || passing(err):
		return w.fail(ctx, s, pieces, err)
	}
	for i := range pieces {
		if err := w.some(ctx, s, pieces[i:i+1], do); err != nil || w.run.State().Final() {
			return err
		}
	}
	return nil
}

// fail notes why rows could not be done, unless the error goes away by itself.
func (w *work) fail(ctx context.Context, s workflow.Step, pieces []workflow.Piece, why error) error {
	if passing(why) {
		return why
	}
	return w.append(ctx, func(r *workflow.Run) error { return r.Fail(s, pieces, 0, why.Error(), w.h.cfg.Clock.Now()) })
}

// rows reads the pieces' rows that are still there, narrowed by a filter.
func (w *work) rows(ctx context.Context, s workflow.Step, pieces []workflow.Piece, q Query) ([]Row, error) {
	q.Workspace, q.Table, q.Position = w.workspace(), s.Table, w.head
	q.IDs = w.ids(pieces)
	q.Limit = len(q.IDs)
	return w.h.cfg.Grid.Page(ctx, q)
}

// ids are the rows of the pieces.
func (w *work) ids(pieces []workflow.Piece) []kernel.RowID {
	var out []kernel.RowID
	for _, p := range pieces {
		out = append(out, w.run.Batches()[p.Batch].Pick(p.Rows)...)
	}
	return out
}

// masks are where rows are in the pieces' batches.
func (w *work) masks(pieces []workflow.Piece, rows []Row) ([]workflow.Mask, error) {
	found := make(map[kernel.RowKey]bool, len(rows))
	for _, row := range rows {
		key, err := row.ID.Key()
		if err != nil {
			return nil, err
		}
		found[key] = true
	}
	out := make([]workflow.Mask, len(pieces))
	for at, p := range pieces {
		for i, key := range w.run.Batches()[p.Batch].Rows {
			if p.Rows.Has(i) && found[key] {
				out[at] = out[at].With(i)
			}
		}
	}
	return out, nil
}

// leaving are results of pieces of which some rows leave the node.
func (w *work) leaving(pieces []workflow.Piece, rows []Row) ([]workflow.Result, error) {
	masks, err := w.masks(pieces, rows)
	out := make([]workflow.Result, len(masks))
	for i, m := range masks {
		out[i] = workflow.Result{Batch: pieces[i].Batch, Rows: pieces[i].Rows, Out: map[string]workflow.Mask{workflow.Out: m}}
	}
	return out, err
}

func (w *work) filter(ctx context.Context, s workflow.Step, pieces []workflow.Piece) ([]workflow.Result, error) {
	rows, err := w.rows(ctx, s, pieces, Query{Filter: s.Node.Config.Filter})
	if err != nil {
		return nil, err
	}
	return w.leaving(pieces, rows)
}

// branch sends rows that meet the condition one way and the others the other way. Rows that are gone take neither.
func (w *work) branch(ctx context.Context, s workflow.Step, pieces []workflow.Piece) ([]workflow.Result, error) {
	there, err := w.rows(ctx, s, pieces, Query{})
	if err != nil {
		return nil, err
	}
	meet, err := w.rows(ctx, s, pieces, Query{Filter: s.Node.Config.Filter})
	if err != nil {
		return nil, err
	}
	all, err := w.masks(pieces, there)
	if err != nil {
		return nil, err
	}
	yes, err := w.masks(pieces, meet)
	if err != nil {
		return nil, err
	}
	out := make([]workflow.Result, len(pieces))
	for i, p := range pieces {
		out[i] = workflow.Result{Batch: p.Batch, Rows: p.Rows, Out: map[string]workflow.Mask{
			workflow.Yes: yes[i], workflow.No: all[i].But(yes[i]),
		}}
	}
	return out, nil
}

// update sets cells of rows. Rows that are gone go no further.
func (w *work) update(ctx context.Context, s workflow.Step, pieces []workflow.Piece) ([]workflow.Result, error) {
	there, err := w.rows(ctx, s, pieces, Query{})
	if err != nil {
		return nil, err
	}
	if len(there) > 0 {
		meta := w.meta("workflow.update_cells")
		meta.IdempotencyKey = w.name(s, pieces)
		if err := w.h.cfg.Cells.Set(ctx, meta, s.Table, idsOf(there), s.Node.Config.Set); err != nil {
			return nil, err
		}
	}
	return w.leaving(pieces, there)
}

// pause waits from when the first rows come until the node's time has passed; rows that come later wait anew.
func (w *work) pause(ctx context.Context, s workflow.Step) error {
	now := w.h.cfg.Clock.Now()
	lasts := time.Duration(s.Node.Config.Seconds) * time.Second
	until, begun := w.run.WaitsUntil(s.Node)
	if !begun {
		until = now.Add(lasts)
		if err := w.append(ctx, func(r *workflow.Run) error { return r.BeginWait(s, until) }); err != nil {
			return err
		}
	}
	if !kernel.Due(now, until, lasts) {
		w.wait = min(until.Sub(now), longestWait)
		return errWait
	}
	return w.append(ctx, func(r *workflow.Run) error { return r.Do(s, passed(s.Pieces), 0, "") })
}
