package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/gridview"
	"github.com/morket/morket/projections/projectionstest"
)

// gridRow is a row of the grid in memory.
type gridRow struct {
	Trashed bool                          `json:"t,omitempty"`
	Made    int64                         `json:"m"`
	Last    int64                         `json:"l"`
	Cells   map[kernel.ColumnID]*gridCell `json:"c"`
}

type gridCell struct {
	Value    json.RawMessage `json:"v,omitempty"`
	Position int64           `json:"p,omitempty"`
	State    string          `json:"s,omitempty"`
	Message  string          `json:"e,omitempty"`
	Run      kernel.RunID    `json:"r,omitempty"`
}

// Tables of the grid's read model.
const (
	rowsTable      = "rows"
	structureTable = "structure"
	workTable      = "work"
)

// gridWriter is the gridview.Writer of the store in memory.
type gridWriter struct{ tx *projectionstest.Tx }

func openGrid(tx projections.Tx) (gridview.Writer, error) {
	return gridWriter{tx.(*projectionstest.Tx)}, nil
}

func rowKey(id kernel.TableID, row kernel.RowID) string { return string(id) + "/" + string(row) }

func (g gridWriter) change(id kernel.TableID, row kernel.RowID, at gridview.Stamp, fn func(*gridRow)) error {
	key := rowKey(id, row)
	text := g.tx.Get(rowsTable, key)
	if text == "" {
		return nil // as UPDATE does nothing to a row that isn't there
	}
	var r gridRow
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return err
	}
	fn(&r)
	r.Last = max(r.Last, at.Position)
	return g.put(key, r)
}

func (g gridWriter) put(key string, r gridRow) error {
	text, err := json.Marshal(r)
	if err == nil {
		g.tx.Set(rowsTable, key, string(text))
	}
	return err
}

// Write implements gridview.Writer.
func (g gridWriter) Write(_ context.Context, ops []gridview.Op) error {
	for _, op := range ops {
		if err := g.write(op); err != nil {
			return err
		}
	}
	return nil
}

func (g gridWriter) write(op gridview.Op) error {
	switch op := op.(type) {
	case *gridview.Structure:
		key := string(op.Table)
		g.tx.Set(structureTable, key, g.tx.Get(structureTable, key)+fmt.Sprintf("%d %T;", op.Stamp.Position, op.Event))
	case *gridview.Insert:
		for _, b := range op.Batches {
			if err := g.insert(op.Table, b); err != nil {
				return err
			}
		}
	case *gridview.Set:
		for i, row := range op.Rows {
			err := g.change(op.Table, row, op.Stamps[i], func(r *gridRow) {
				for c, col := range op.Cols {
					r.Cells[col] = &gridCell{Value: op.Values[c][i], Position: op.Stamps[i].Position}
				}
			})
			if err != nil {
				return err
			}
		}
	case *gridview.Mark:
		return g.mark(op)
	case *gridview.Delete:
		return g.trash(op.Table, op.Rows, op.Stamp, true)
	case *gridview.Restore:
		return g.trash(op.Table, op.Rows, op.Stamp, false)
	case *gridview.Purge:
		for _, row := range op.Rows {
			delete(g.tx.Tables[rowsTable], rowKey(op.Table, row))
		}
	case *gridview.Work:
		if op.Done {
			delete(g.tx.Tables[workTable], op.Stream)
		} else {
			g.tx.Set(workTable, op.Stream, string(op.Table))
		}
	}
	return nil
}

func (g gridWriter) insert(id kernel.TableID, b gridview.Batch) error {
	for i, row := range b.Chunk.Rows {
		key := rowKey(id, row)
		if g.tx.Get(rowsTable, key) != "" {
			return fmt.Errorf("the row %s is there already", row)
		}
		r := gridRow{Made: b.Stamp.Position, Last: b.Stamp.Position, Cells: map[kernel.ColumnID]*gridCell{}}
		for col, values := range b.Chunk.Cols {
			r.Cells[col] = &gridCell{Value: values[i], Position: b.Stamp.Position}
		}
		if err := g.put(key, r); err != nil {
			return err
		}
	}
	return nil
}

func (g gridWriter) mark(op *gridview.Mark) error {
	for _, m := range op.Marks {
		err := g.change(op.Table, m.Row, op.Stamp, func(r *gridRow) {
			c := r.Cells[m.Column]
			if c == nil {
				c = &gridCell{}
				r.Cells[m.Column] = c
			}
			c.State, c.Message, c.Run = m.State, m.Message, m.Run
			if m.State == "" {
				c.Run = ""
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (g gridWriter) trash(id kernel.TableID, rows []kernel.RowID, at gridview.Stamp, trashed bool) error {
	for _, row := range rows {
		if err := g.change(id, row, at, func(r *gridRow) { r.Trashed = trashed }); err != nil {
			return err
		}
	}
	return nil
}

// gridReads is the grid as commands and flows read it in a process.
type gridReads struct {
	p         *process
	positions projections.Positions
}

var (
	_ tablecmd.Rows           = gridReads{}
	_ tablecmd.Tables         = gridReads{}
	_ tablecmd.History        = gridReads{}
	_ enrichmentcmd.RowSource = gridReads{}
)

// gridImage is the grid at one moment.
type gridImage struct {
	seen int64
	rows map[kernel.RowID]gridRow
	work map[string]string
	made bool // the table is there
}

// look reads a table's part of the live grid.
func (g gridReads) look(ctx context.Context, op string, id kernel.TableID) (im gridImage, err error) {
	err = g.p.call(ctx, op, "grid", func() (err error) {
		im, err = g.p.w.gridOf(id)
		return err
	})
	return im, err
}

// gridOf reads the table from the live grid.
func (w *world) gridOf(id kernel.TableID) (im gridImage, err error) {
	at := projections.LiveOf(gridview.Name)
	c, _, err := w.views.Checkpoint(context.Background(), at)
	if err != nil {
		return im, err
	}
	tables := w.views.Tables(at)
	w.mu.Lock()
	defer w.mu.Unlock()
	im.seen, im.work, im.rows = c.Position, tables[workTable], make(map[kernel.RowID]gridRow, len(tables[rowsTable]))
	_, im.made = tables[structureTable][string(id)]
	for key, text := range tables[rowsTable] {
		of, row, _ := strings.Cut(key, "/")
		if of != string(id) {
			continue
		}
		r, known := w.parsed[text]
		if !known {
			if err := json.Unmarshal([]byte(text), &r); err != nil {
				return im, err
			}
			w.parsed[text] = r
		}
		im.rows[kernel.RowID(row)] = r
	}
	return im, nil
}

func (r gridRow) value(col kernel.ColumnID) json.RawMessage {
	if c := r.Cells[col]; c != nil && c.Value != nil {
		return c.Value
	}
	return kernel.Null()
}

// Cells implements tablecmd.Rows.
func (g gridReads) Cells(ctx context.Context, s table.Schema, rows []kernel.RowID, cols []kernel.ColumnID) (map[kernel.RowID]table.RowCells, int64, error) {
	im, err := g.look(ctx, "cells", s.Table)
	if err != nil {
		return nil, 0, err
	}
	out := map[kernel.RowID]table.RowCells{}
	for _, id := range rows {
		r, ok := im.rows[id]
		if !ok {
			continue
		}
		c := table.RowCells{Row: id, Trashed: r.Trashed, Position: r.Last, Values: map[kernel.ColumnID]json.RawMessage{}, Positions: map[kernel.ColumnID]int64{}}
		for _, col := range cols {
			c.Values[col], c.Positions[col] = r.value(col), r.Made
			if cell := r.Cells[col]; cell != nil && cell.Position > 0 {
				c.Positions[col] = cell.Position
			}
		}
		out[id] = c
	}
	return out, im.seen, nil
}

func (im gridImage) live() []kernel.RowID {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(im.rows)), func(id kernel.RowID) bool { return im.rows[id].Trashed })
}

// match finds up to two rows for each key.
func (im gridImage) match(cols []kernel.ColumnID, keys [][]json.RawMessage) [][]kernel.RowID {
	out := make([][]kernel.RowID, len(keys))
	for i, key := range keys {
		for _, id := range im.live() {
			same := len(out[i]) < 2
			for k, c := range cols {
				same = same && bytes.Equal(im.rows[id].value(c), key[k])
			}
			if same {
				out[i] = append(out[i], id)
			}
		}
	}
	return out
}

// MatchKeys implements tablecmd.Rows.
func (g gridReads) MatchKeys(ctx context.Context, s table.Schema, cols []kernel.ColumnID, keys [][]json.RawMessage) ([][]kernel.RowID, error) {
	im, err := g.look(ctx, "match", s.Table)
	return im.match(cols, keys), err
}

// Select implements tablecmd.Rows.
func (g gridReads) Select(ctx context.Context, _ kernel.WorkspaceID, id kernel.TableID, _ table.Filter, _ string, after kernel.RowID, limit int) ([]kernel.RowID, error) {
	im, err := g.look(ctx, "select", id)
	ids := slices.DeleteFunc(im.live(), func(r kernel.RowID) bool { return r <= after })
	return ids[:min(limit, len(ids))], err
}

// RowCount implements tablecmd.Tables.
func (g gridReads) RowCount(ctx context.Context, id kernel.TableID) (int64, error) {
	im, err := g.look(ctx, "count", id)
	return int64(len(im.live())), err
}

// Writers implements tablecmd.Tables.
func (g gridReads) Writers(ctx context.Context, id kernel.TableID) ([]string, error) {
	im, err := g.look(ctx, "writers", id)
	var out []string
	for stream, of := range im.work {
		if of == string(id) {
			out = append(out, stream)
		}
	}
	slices.Sort(out)
	return out, err
}

// Trash implements tablecmd.Tables.
func (gridReads) Trash(context.Context, kernel.TableID, time.Time, int) (table.InTrash, error) {
	return table.InTrash{}, nil
}

// errNotSimulated is the answer of what no client here asks for.
var errNotSimulated = kernel.E(kernel.KindInternal, "NOT_SIMULATED", "the simulator does without this")

// Step implements tablecmd.History.
func (gridReads) Step(context.Context, kernel.TableID, string, kernel.UserID, bool) (tablecmd.StepRecord, error) {
	return tablecmd.StepRecord{}, errNotSimulated
}

// Positions implements tablecmd.History.
func (gridReads) Positions(context.Context, kernel.TableID, string) ([]int64, error) {
	return nil, errNotSimulated
}

// Changed implements tablecmd.History.
func (gridReads) Changed(context.Context, kernel.TableID, []kernel.RowID, kernel.ColumnID, int64, string) (map[kernel.RowID]bool, error) {
	return nil, errNotSimulated
}

// Previous implements tablecmd.History.
func (gridReads) Previous(context.Context, kernel.TableID, int64, []kernel.RowID, []kernel.ColumnID) (map[kernel.RowID]map[kernel.ColumnID]tablecmd.Past, error) {
	return nil, errNotSimulated
}

// at reads the grid at the position or later.
func (g gridReads) at(ctx context.Context, op string, id kernel.TableID, position int64) (gridImage, error) {
	wait, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if reached, ok := g.positions.Wait(wait, gridview.Name, position); !ok {
		return gridImage{}, kernel.E(kernel.KindUnavailable, "CATCHING_UP", "the tables are catching up (at %d of %d)", reached, position)
	}
	im, err := g.look(ctx, op, id)
	if err == nil && !im.made {
		err = kernel.NotFound("table", string(id))
	}
	return im, err
}

func (im gridImage) selected(q enrichmentcmd.RowQuery) (out []enrichmentcmd.Row) {
	for _, id := range im.live() {
		if id <= q.After || q.Through != "" && id > q.Through || q.IDs != nil && !slices.Contains(q.IDs, id) {
			continue
		}
		r := im.rows[id]
		row := enrichmentcmd.Row{ID: id, Cells: map[kernel.ColumnID]json.RawMessage{}, Failed: map[kernel.ColumnID]bool{}}
		for _, col := range q.Columns {
			if c := r.Cells[col]; c != nil {
				if !kernel.IsNull(c.Value) {
					row.Cells[col] = c.Value
				}
				if c.State == "error" {
					row.Failed[col] = true
				}
			}
		}
		out = append(out, row)
	}
	return out
}

// Page implements enrichmentcmd.RowSource.
func (g gridReads) Page(ctx context.Context, q enrichmentcmd.RowQuery) ([]enrichmentcmd.Row, error) {
	im, err := g.at(ctx, "page", q.Table, q.Position)
	rows := im.selected(q)
	return rows[:min(q.Limit, len(rows))], err
}

// Count implements enrichmentcmd.RowSource.
func (g gridReads) Count(ctx context.Context, q enrichmentcmd.RowQuery) (int64, error) {
	im, err := g.at(ctx, "count", q.Table, q.Position)
	return int64(len(im.selected(q))), err
}

// Last implements enrichmentcmd.RowSource.
func (g gridReads) Last(ctx context.Context, _ kernel.WorkspaceID, id kernel.TableID, position int64) (kernel.RowID, error) {
	im, err := g.at(ctx, "last", id, position)
	if live := im.live(); len(live) > 0 {
		return live[len(live)-1], err
	}
	return "", err
}
