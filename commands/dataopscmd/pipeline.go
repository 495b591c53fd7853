package dataopscmd

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// prepared is a batch on its way from the reading half of the pipeline to the writing half.
type prepared struct {
	batch *batch
	cells *cells
	err   error
}

// file imports the file from where the import is to its end: one goroutine reads and converts, this one appends. At most
// two batches are between them.
func (w *work) file(ctx context.Context) error {
	_, schema, err := w.loadTable(ctx)
	if err != nil {
		return err
	}
	room, err := w.room(ctx)
	if err != nil {
		return err
	}
	source, err := w.h.open(ctx, w.imp.Object, w.imp.Plan.Reading, w.imp.Next)
	if kernel.KindOf(err) == kernel.KindNotFound {
		return hopeless{"the uploaded file is gone"}
	}
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }() // it was only read
	plan := w.imp.Plan
	records, err := w.h.records(source, dataops.ReadOptions{Reading: plan.Reading, From: w.imp.Next, Width: plan.Width, Keys: keyNames(w.imp)})
	if err != nil {
		return unreadable(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var reading sync.WaitGroup
	defer reading.Wait() // before the source is closed
	defer cancel()
	var current atomic.Pointer[table.Schema]
	current.Store(&schema)
	out := make(chan prepared, 1)
	from := w.imp.Next
	reading.Go(func() { w.prepare(ctx, records, plan, from, &current, out) })
	return w.consume(ctx, out, &current, room)
}

// unreadable makes an error of the file the import's end; one of the store passes.
func unreadable(err error) error {
	var e *kernel.Error
	if errors.As(err, &e) && e.Kind == kernel.KindInvalid && len(e.Details) == 1 {
		return hopeless{e.Details[0].Message}
	}
	return err
}

// keyNames are the keys of a file of objects, in the order of its columns.
func keyNames(imp *dataops.Import) []string {
	if !imp.Plan.Reading.Format.Keyed() {
		return nil
	}
	names := make([]string, len(imp.Columns))
	for i, c := range imp.Columns {
		names[i] = c.Key
	}
	return names
}

// room is how many rows the table still takes.
func (w *work) room(ctx context.Context) (int64, error) {
	head, err := w.h.cfg.Store.Head(ctx)
	if err != nil {
		return 0, err
	}
	if err := w.reach(ctx, head); err != nil {
		return 0, err
	}
	count, err := w.h.cfg.Grid.Count(ctx, w.imp.Workspace, w.imp.TableID)
	if err != nil {
		return 0, fmt.Errorf("count the table's rows: %w", err)
	}
	return max(0, w.limits.Rows-count), nil
}

// prepare reads and converts batches until the file or ctx ends.
func (w *work) prepare(
	ctx context.Context, records dataops.Records, plan dataops.Plan, from dataops.Mark,
	current *atomic.Pointer[table.Schema], out chan<- prepared,
) {
	conv := newConverter(plan, *current.Load())
	for {
		b, err := readBatch(records, from, w.limits, len(plan.Targets))
		p := prepared{batch: b, err: err}
		if err == nil {
			from = b.next
			if now := current.Load(); now.Version != conv.schema.Version {
				conv = newConverter(plan, *now)
			}
			p.cells = conv.convert(b)
		}
		select {
		case out <- p:
		case <-ctx.Done():
			return
		}
		if err != nil || b.last {
			return
		}
	}
}

// consume appends batches until the last one.
func (w *work) consume(ctx context.Context, in <-chan prepared, current *atomic.Pointer[table.Schema], room int64) error {
	for {
		var p prepared
		select {
		case p = <-in:
		case <-ctx.Done():
			return ctx.Err()
		}
		if p.err != nil {
			return unreadable(p.err)
		}
		added, err := w.batch(ctx, p, current, room)
		if err != nil {
			return err
		}
		room -= added
		lag := w.limits.Lag
		if p.batch.last {
			lag = 0 // all rows are there once the import is seen to have ended
		}
		if err := w.reach(ctx, w.position-lag); err != nil {
			return err
		}
		if p.batch.last {
			if reason := w.imp.Nothing(); reason != "" {
				return w.fail(ctx, reason)
			}
			_, err := w.append(ctx, "completed", (*dataops.Import).Complete)
			return err
		}
	}
}

// batch appends one batch. When the table has changed since the batch was converted, it is converted anew.
func (w *work) batch(ctx context.Context, p prepared, current *atomic.Pointer[table.Schema], room int64) (added int64, err error) {
	return eventstore.Retry(ctx, func(try int) (int64, error) {
		if try > 0 {
			_, fresh, err := w.loadTable(ctx)
			if err != nil {
				return 0, err
			}
			current.Store(&fresh)
		}
		schema := *current.Load()
		if err := w.possible(schema); err != nil {
			return 0, err
		}
		if p.cells.schema.Version != schema.Version {
			p.cells = newConverter(w.imp.Plan, schema).convert(p.batch)
		}
		o, err := w.resolve(ctx, p.cells, room)
		if err != nil {
			return 0, err
		}
		next, err := w.appendBatch(ctx, p, o)
		if err != nil {
			return 0, err
		}
		current.Store(&next)
		return int64(len(o.added)), nil
	})
}

// possible says whether the table still has the columns without which the import makes no sense.
func (w *work) possible(schema table.Schema) error {
	for _, key := range w.imp.Plan.KeyColumns {
		if _, ok := schema.Column(key); !ok {
			return hopeless{"a key column was deleted"}
		}
	}
	for _, t := range w.imp.Plan.Targets {
		if _, ok := schema.Column(t.ColumnID); ok {
			return nil
		}
	}
	return hopeless{"every column that the file fills was deleted"}
}

// appendBatch appends what a batch became, and new options of select columns with it. It returns the table's schema after that.
func (w *work) appendBatch(ctx context.Context, p prepared, o *outcome) (table.Schema, error) {
	schema := p.cells.schema
	guard := eventstore.At(w.h.tables.Stream(string(w.imp.TableID)), eventstore.Expected(schema.Version))
	if len(p.cells.options) > 0 {
		tbl, fresh, err := w.loadTable(ctx)
		if err != nil {
			return schema, err
		}
		if fresh.Version != schema.Version {
			return schema, &eventstore.ConflictError{Stream: guard.Stream, Expected: guard.Expected, Actual: fresh.Version}
		}
		if err := addOptions(tbl, w.h.maker(), p.cells.options, w.brought()); err != nil {
			return schema, err
		}
		schema, guard.Events = tbl.Schema(), tbl.Pending()
	}
	dropped, notices := w.dropped(p)
	problems := append(notices, o.problems...)
	counts := w.counts(p, o, int64(len(problems)))
	events := append(o.events(w.imp, p.batch), rejections(w.imp.ID, problems)...)
	versions, err := w.append(ctx, strconv.FormatInt(w.imp.Batch+1, 10), func(i *dataops.Import) error {
		return i.RecordBatch(p.batch.next, counts, dropped, events...)
	}, guard)
	if err != nil {
		return schema, err
	}
	schema.Version = versions[0]
	return schema, nil
}

// brought are the columns that the import has made in a table that was there: what it does to them is part of its step.
func (w *work) brought() map[kernel.ColumnID]table.Step {
	steps := map[kernel.ColumnID]table.Step{}
	for _, t := range w.imp.Plan.Targets {
		if t.NewOptions && !w.imp.NewTable {
			steps[t.ColumnID] = table.Step{Step: string(w.imp.ID), Label: "Import"}
		}
	}
	return steps
}

func addOptions(tbl *table.Table, maker table.Maker, options []newOption, steps map[kernel.ColumnID]table.Step) error {
	names := map[kernel.ColumnID][]string{}
	var order []kernel.ColumnID
	for _, o := range options {
		if names[o.column] == nil {
			order = append(order, o.column)
		}
		names[o.column] = append(names[o.column], o.name)
	}
	for _, id := range order {
		if _, err := tbl.AddOptions(maker, id, names[id], steps[id]); err != nil {
			return fmt.Errorf("add options: %w", err)
		}
	}
	return nil
}

// dropped finds columns that are gone and of which that has not been said yet.
func (w *work) dropped(p prepared) ([]kernel.ColumnID, []dataops.Problem) {
	known := map[kernel.ColumnID]bool{}
	for _, id := range w.imp.Dropped {
		known[id] = true
	}
	var ids []kernel.ColumnID
	var notices []dataops.Problem
	for _, t := range w.imp.Plan.Targets {
		if _, ok := p.cells.schema.Column(t.ColumnID); ok || known[t.ColumnID] {
			continue
		}
		ids = append(ids, t.ColumnID)
		notices = append(notices, dataops.Problem{
			Line:   p.batch.from.Line + 1,
			Column: t.Name,
			Reason: "the column was deleted during the import; its values are left out from this line on",
			Kept:   true,
		})
	}
	return ids, notices
}

// counts adds a batch to the import's counts.
func (w *work) counts(p prepared, o *outcome, problems int64) dataops.Counts {
	c := w.imp.Counts
	c.Lines = p.batch.next.Line
	c.Rows += int64(len(p.batch.rows))
	c.Imported += int64(len(o.added))
	c.Updated += o.updated
	c.Skipped += p.cells.skipped + o.skipped
	c.Failed += p.cells.failed + o.failed
	c.Problems += problems
	return c
}
