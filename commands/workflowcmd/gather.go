package workflowcmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/eventstore"
)

// tableRows takes a table's rows into the run, some batches at a time.
func (w *work) tableRows(ctx context.Context, s workflow.Step) error {
	filter, err := w.h.sourceFilter(ctx, w.workspace(), s.Node)
	if err != nil {
		return w.fail(ctx, s, nil, err)
	}
	if w.head, err = w.h.cfg.Store.Head(ctx); err != nil {
		return err
	}
	const most = together * workflow.BatchRows
	for last := false; !last; {
		rows, err := w.h.cfg.Grid.Page(ctx, Query{
			Workspace: w.workspace(), Table: s.Table, Filter: filter, After: kernel.RowID(w.run.Cursor(s.Node)), Limit: most, Position: w.head,
		})
		if err != nil {
			return w.fail(ctx, s, nil, err)
		}
		last = len(rows) < most
		if err := w.append(ctx, func(r *workflow.Run) error { return gather(r, s, idsOf(rows), last) }); err != nil {
			return err
		}
		last = last || w.run.Gathered(s.Node)
	}
	return nil
}

// gather takes rows into a run, an event for each batch. More than a run takes end it.
func gather(r *workflow.Run, s workflow.Step, ids []kernel.RowID, last bool) error {
	if len(ids) == 0 {
		return r.Gather(s, nil, "", last)
	}
	for len(ids) > 0 && !r.Gathered(s.Node) {
		n := min(len(ids), workflow.BatchRows)
		if err := r.Gather(s, ids[:n], string(ids[n-1]), last && n == len(ids)); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

func idsOf(rows []Row) []kernel.RowID {
	out := make([]kernel.RowID, len(rows))
	for i, row := range rows {
		out[i] = row.ID
	}
	return out
}

// sourceFilter is the filter of a source: that of its view as it is now, narrowed by its own.
func (h *Handlers) sourceFilter(ctx context.Context, ws kernel.WorkspaceID, n workflow.Node) (json.RawMessage, error) {
	c := n.Config
	if c.ViewID == "" {
		return c.Filter, nil
	}
	t, _, err := h.tables.Load(ctx, string(c.TableID))
	if err != nil {
		return nil, err
	}
	if err := t.In(ws, c.TableID); err != nil {
		return nil, err
	}
	v, ok := sharedView(t, c.ViewID)
	switch {
	case !ok:
		return nil, kernel.NotFound("view", string(c.ViewID))
	case kernel.IsNull(c.Filter):
		return v.Filter, nil
	case kernel.IsNull(v.Filter):
		return c.Filter, nil
	default:
		return json.RawMessage(`{"and":[` + string(v.Filter) + `,` + string(c.Filter) + `]}`), nil
	}
}

// changedRows takes the next rows that were changed into the run. The cursor is the part of the log and the version in it that were
// looked at last.
func (w *work) changedRows(ctx context.Context, s workflow.Step) error {
	part, after, err := place(w.run.Cursor(s.Node))
	if err != nil {
		return err
	}
	changes := w.run.Started().Cause.Changes
	for ; part < len(changes); part, after = part+1, 0 {
		stretch := changes[part]
		stretch.After = max(stretch.After, after)
		err := w.h.changed(ctx, stretch, s.Node.Config, func(rows []kernel.RowID, through int64) error {
			return w.take(ctx, s, rows, fmt.Sprintf("%d:%d", part, through))
		})
		if err != nil {
			return w.fail(ctx, s, nil, err)
		}
	}
	return w.append(ctx, func(r *workflow.Run) error { return r.Gather(s, nil, "", true) })
}

// take narrows changed rows by the trigger's filter and takes what is left into the run.
func (w *work) take(ctx context.Context, s workflow.Step, rows []kernel.RowID, next string) error {
	left, err := w.h.matching(ctx, w.workspace(), s.Node.Config, rows)
	if err != nil {
		return err
	}
	parts := slices.Collect(slices.Chunk(left, workflow.BatchRows))
	for i, part := range parts {
		cursor := w.run.Cursor(s.Node)
		if i == len(parts)-1 {
			cursor = next
		}
		if err := w.append(ctx, func(r *workflow.Run) error { return r.Gather(s, part, cursor, false) }); err != nil {
			return err
		}
	}
	return nil
}

// matching are those of the rows that are there and meet the trigger's filter.
func (h *Handlers) matching(
	ctx context.Context, ws kernel.WorkspaceID, c workflow.Config, rows []kernel.RowID,
) ([]kernel.RowID, error) {
	head, err := h.cfg.Store.Head(ctx)
	if err != nil {
		return nil, err
	}
	var out []kernel.RowID
	for ids := range slices.Chunk(rows, workflow.BatchRows) {
		found, err := h.cfg.Grid.Page(ctx, Query{Workspace: ws, Table: c.TableID, Filter: c.Filter, IDs: ids, Limit: len(ids), Position: head})
		if err != nil {
			return nil, err
		}
		out = append(out, idsOf(found)...)
	}
	return out, nil
}

func place(cursor string) (part int, after int64, err error) {
	if cursor == "" {
		return 0, 0, nil
	}
	a, b, _ := strings.Cut(cursor, ":")
	part, err = strconv.Atoi(a)
	if err != nil {
		return 0, 0, err
	}
	after, err = strconv.ParseInt(b, 10, 64)
	return part, after, err
}

// changesPage is how many events are read at once.
const changesPage = 100

// changed reads which rows a part of the log has added or changed as the trigger wants it, some hundreds at a time, each once in what is
// yielded together; through is the version up to which they are.
func (h *Handlers) changed(
	ctx context.Context, s workflow.Stretch, c workflow.Config, yield func(rows []kernel.RowID, through int64) error,
) error {
	gathered := map[kernel.RowID]bool{}
	flush := func(through int64) error {
		if len(gathered) == 0 {
			return nil
		}
		rows := make([]kernel.RowID, 0, len(gathered))
		for id := range gathered {
			rows = append(rows, id)
		}
		slices.Sort(rows)
		clear(gathered)
		return yield(rows, through)
	}
	for after := s.After; after < s.Through; {
		events, err := h.cfg.Store.ReadStream(ctx, eventstore.StreamID(s.Stream), after, changesPage)
		if err != nil {
			return err
		}
		if len(events) == 0 {
			break
		}
		for _, rec := range events {
			if rec.Version > s.Through {
				break
			}
			if err := h.pick(rec, c, gathered); err != nil {
				return err
			}
			if len(gathered) >= workflow.BatchRows {
				if err := flush(rec.Version); err != nil {
					return err
				}
			}
		}
		after = events[len(events)-1].Version
	}
	return flush(s.Through)
}

// pick adds the rows of one event that the trigger looks for.
func (h *Handlers) pick(rec eventstore.Recorded, c workflow.Config, into map[kernel.RowID]bool) error {
	e, err := h.cfg.Codec.Decode(rec)
	if err != nil {
		return err
	}
	var id kernel.TableID
	var chunk kernel.Chunk
	var old map[kernel.ColumnID][]json.RawMessage
	change := workflow.Changed
	switch e := e.(type) {
	case table.RowsInserted:
		id, chunk, change = e.TableID, e.Chunk, workflow.Added
	case table.CellsEdited:
		id, chunk, old = e.TableID, e.Chunk, e.Old
	case workflow.Received:
		if e.TableID == c.TableID {
			for _, row := range e.Rows {
				into[row] = true
			}
		}
		return nil
	case dataops.RowsAdded:
		id, chunk, change = e.TableID, e.Chunk, workflow.Added
	case dataops.RowsUpdated:
		id, chunk, old = e.TableID, e.Chunk, e.Old
	case enrichment.RunAnswersRecorded:
		id, chunk = e.TableID, e.Chunk
	default:
		return nil
	}
	if id != c.TableID || !slices.Contains(c.On, change) {
		return nil
	}
	if err := chunk.Check(); err != nil {
		return fmt.Errorf("event %d: %w", rec.Position, err)
	}
	for i, row := range chunk.Rows {
		if change == workflow.Added || differs(chunk, old, c.Columns, i) {
			into[row] = true
		}
	}
	return nil
}

// differs reports whether a chunk changes one of the columns in its i-th row; of all if none is named.
func differs(chunk kernel.Chunk, old map[kernel.ColumnID][]json.RawMessage, columns []kernel.ColumnID, i int) bool {
	for col, values := range chunk.Cols {
		if len(columns) > 0 && !slices.Contains(columns, col) {
			continue
		}
		before := old[col]
		if len(before) <= i || !bytes.Equal(kernel.OrNull(before[i]), kernel.OrNull(values[i])) {
			return true
		}
	}
	return false
}
