package workflowcmd

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/workflow"
)

const (
	calledTogether = 50 // rows whose calls are noted by one append
	callsAtOnce    = 8
	maxCallBody    = 256 << 10 // bytes
	mostAsked      = time.Minute
)

// call asks another system for each row. A call has the same name however often it is made for a row, until people have the node do its
// work again.
func (w *work) call(ctx context.Context, s workflow.Step) (err error) {
	c := s.Node.Config
	var key Key
	if c.CredentialID != "" {
		if key, err = w.h.cfg.Caller.Open(ctx, w.meta("workflow.call"), c.CredentialID); err != nil {
			return w.fail(ctx, s, s.Pieces, err)
		}
	}
	columns, err := w.h.referred(ctx, s.Table, c)
	if err != nil {
		return w.fail(ctx, s, s.Pieces, err)
	}
	if w.head, err = w.h.cfg.Store.Head(ctx); err != nil {
		return err
	}
	for _, p := range s.Pieces {
		for _, rows := range p.Rows.Split(calledTogether) {
			part := calls{work: w, step: s, piece: workflow.Piece{Batch: p.Batch, Rows: rows}, columns: columns, key: key}
			if err := part.do(ctx); err != nil || w.run.State().Final() {
				return err
			}
		}
	}
	return nil
}

// referred are the columns that a call's texts name.
func (h *Handlers) referred(ctx context.Context, id kernel.TableID, c workflow.Config) (map[string]table.Column, error) {
	t, _, err := h.tables.Load(ctx, string(id))
	if err != nil {
		return nil, err
	}
	out := map[string]table.Column{}
	for _, ref := range c.References() {
		col, ok := t.Schema().Find(ref)
		if !ok {
			return nil, kernel.NotFound("column", ref)
		}
		out[ref] = col
	}
	return out, nil
}

func idsOfColumns(columns map[string]table.Column) []kernel.ColumnID {
	out := make([]kernel.ColumnID, 0, len(columns))
	for _, c := range columns {
		out = append(out, c.ID)
	}
	return out
}

// called is what is asked for a row.
func called(c workflow.Config, columns map[string]table.Column, row Row) (workflow.Called, error) {
	out, err := c.Called(func(ref string) json.RawMessage { return row.Cells[columns[ref].ID] })
	if err == nil && len(out.Body) > maxCallBody {
		err = fmt.Errorf("the body would have more than %d bytes", maxCallBody)
	}
	return out, err
}

// calls are the calls for some rows of a batch.
type calls struct {
	*work
	step    workflow.Step
	piece   workflow.Piece
	columns map[string]table.Column
	key     Key

	mu     sync.Mutex
	taken  map[kernel.RowID]bool
	failed map[kernel.RowID]bool
	reason string // of the first that failed
}

// do makes the calls and notes what became of them. Rows that are gone go no further.
func (c *calls) do(ctx context.Context) error {
	rows, err := c.rows(ctx, c.step, []workflow.Piece{c.piece}, Query{Columns: idsOfColumns(c.columns)})
	if err != nil {
		return c.fail(ctx, c.step, []workflow.Piece{c.piece}, err)
	}
	c.taken, c.failed = map[kernel.RowID]bool{}, map[kernel.RowID]bool{}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(callsAtOnce)
	for _, row := range rows {
		group.Go(func() error { return c.one(within, row) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return c.note(ctx, rows)
}

// over reports whether no more calls are made: the run will end.
func (c *calls) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.failed) > 0 && c.step.Node.OnError != workflow.Continue
}

// one makes a row's call. Its error is the worker's own, not the receiver's.
func (c *calls) one(ctx context.Context, row Row) error {
	if c.over() {
		return nil
	}
	asked, err := called(c.step.Node.Config, c.columns, row)
	if err == nil {
		err = c.ask(ctx, row.ID, asked)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.taken[row.ID] = true
		return nil
	}
	c.reason = cmp.Or(c.reason, fmt.Sprintf("row %s: %s", row.ID, err))
	c.failed[row.ID] = true
	return nil
}

// ask makes a call, again where that may help, and no faster than the node's rate.
func (c *calls) ask(ctx context.Context, row kernel.RowID, asked workflow.Called) error {
	cfg := c.step.Node.Config
	req := Request{Called: asked, Name: c.rowName(row), Auth: cfg.Auth, AuthName: cfg.AuthName, Key: c.key}
	pause := sendPause
	for try := 1; ; try++ {
		if err := c.turn(ctx, asked.URL); err != nil {
			return err
		}
		r := c.h.cfg.Caller.Call(ctx, req)
		if r.Err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		if !r.Again || try == sendTries {
			return r.Err
		}
		if err := c.Sleep(ctx, min(max(pause, r.After), mostAsked)); err != nil {
			return err
		}
		pause *= 5
	}
}

// turn waits for the node's turn at a host, which all its runs share.
func (c *calls) turn(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	most := cmp.Or(c.step.Node.Config.PerMinute, workflow.UsualPerMinute)
	key := fmt.Sprintf("workflow-call|%s|%s|%s", c.workspace(), c.run.Started().WorkflowID, u.Host)
	for {
		c.mu.Lock()
		c.alive("call " + u.Host)
		c.mu.Unlock()
		ok, after := c.h.cfg.Limiter.Allow(ctx, key, most)
		if ok {
			return nil
		}
		if err := c.Sleep(ctx, min(max(after, 10*time.Millisecond), mostAsked)); err != nil {
			return err
		}
	}
}

// rowName names the call for a row, the same after a crash and after an error.
func (c *calls) rowName(row kernel.RowID) string {
	n := c.step.Node.ID
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%s|%d|%s", c.id(), n, c.step.Hash, c.run.Again(n), row))
	return "wf-" + hex.EncodeToString(sum[:16])
}

// note appends what became of the calls. What was not called any more is neither done nor failed.
func (c *calls) note(ctx context.Context, rows []Row) error {
	here := map[kernel.RowID]bool{}
	for _, row := range rows {
		here[row.ID] = true
	}
	var done, out, failed workflow.Mask
	for i, key := range c.run.Batches()[c.piece.Batch].Rows {
		id := key.RowID()
		switch {
		case !c.piece.Rows.Has(i):
		case c.taken[id]:
			done, out = done.With(i), out.With(i)
		case c.failed[id]:
			failed = failed.With(i)
		case !here[id]:
			done = done.With(i)
		}
	}
	return c.append(ctx, func(r *workflow.Run) error {
		if !done.Empty() {
			res := workflow.Result{Batch: c.piece.Batch, Rows: done, Out: map[string]workflow.Mask{workflow.Out: out}}
			if err := r.Do(c.step, []workflow.Result{res}, 0, ""); err != nil {
				return err
			}
		}
		if failed.Empty() {
			return nil
		}
		return r.Fail(c.step, []workflow.Piece{{Batch: c.piece.Batch, Rows: failed}}, 0, c.reason, c.h.cfg.Clock.Now())
	})
}
