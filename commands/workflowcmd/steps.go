package workflowcmd

import (
	"context"
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

// each does a step batch by batch. A batch that can't be done fails by itself.
func (w *work) each(
	ctx context.Context, s workflow.Step, do func(context.Context, workflow.Step, workflow.Piece) (workflow.Result, error),
) error {
	for _, p := range s.Pieces {
		res, err := do(ctx, s, p)
		if err != nil {
			err = w.fail(ctx, s, []workflow.Piece{p}, err)
		} else {
			err = w.append(ctx, func(r *workflow.Run) error { return r.Do(s, []workflow.Result{res}, 0, "") })
		}
		if err != nil || w.run.State().Final() {
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

// rows reads the piece's rows that are still there, narrowed by a filter.
func (w *work) rows(ctx context.Context, s workflow.Step, p workflow.Piece, q Query) ([]Row, error) {
	head, err := w.h.cfg.Store.Head(ctx)
	if err != nil {
		return nil, err
	}
	q.Workspace, q.Table, q.Position = w.workspace(), s.Table, head
	q.IDs = w.run.Batches()[p.Batch].Pick(p.Rows)
	q.Limit = len(q.IDs)
	return w.h.cfg.Grid.Page(ctx, q)
}

// mask is where rows are in their batch.
func (w *work) mask(p workflow.Piece, rows []Row) workflow.Mask {
	found := make(map[kernel.RowID]bool, len(rows))
	for _, row := range rows {
		found[row.ID] = true
	}
	var out workflow.Mask
	for i, key := range w.run.Batches()[p.Batch].Rows {
		if p.Rows.Has(i) && found[key.RowID()] {
			out = out.With(i)
		}
	}
	return out
}

func (w *work) filter(ctx context.Context, s workflow.Step, p workflow.Piece) (workflow.Result, error) {
	rows, err := w.rows(ctx, s, p, Query{Filter: s.Node.Config.Filter})
	return workflow.Result{Batch: p.Batch, Rows: p.Rows, Out: map[string]workflow.Mask{workflow.Out: w.mask(p, rows)}}, err
}

// branch sends rows that meet the condition one way and the others the other way. Rows that are gone take neither.
func (w *work) branch(ctx context.Context, s workflow.Step, p workflow.Piece) (workflow.Result, error) {
	there, err := w.rows(ctx, s, p, Query{})
	if err != nil {
		return workflow.Result{}, err
	}
	meet, err := w.rows(ctx, s, p, Query{Filter: s.Node.Config.Filter})
	if err != nil {
		return workflow.Result{}, err
	}
	yes := w.mask(p, meet)
	return workflow.Result{Batch: p.Batch, Rows: p.Rows, Out: map[string]workflow.Mask{
		workflow.Yes: yes, workflow.No: w.mask(p, there).But(yes),
	}}, nil
}

// update sets cells of rows. Rows that are gone go no further.
func (w *work) update(ctx context.Context, s workflow.Step, p workflow.Piece) (workflow.Result, error) {
	there, err := w.rows(ctx, s, p, Query{})
	if err != nil {
		return workflow.Result{}, err
	}
	left := w.mask(p, there)
	if ids := w.run.Batches()[p.Batch].Pick(left); len(ids) > 0 {
		meta := w.meta("workflow.update_cells")
		meta.IdempotencyKey = w.name(s, []workflow.Piece{p})
		if err := w.h.cfg.Cells.Set(ctx, meta, s.Table, ids, s.Node.Config.Set); err != nil {
			return workflow.Result{}, err
		}
	}
	return workflow.Result{Batch: p.Batch, Rows: p.Rows, Out: map[string]workflow.Mask{workflow.Out: left}}, nil
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
