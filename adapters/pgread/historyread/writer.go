// Package historyread keeps the index of historyview in Postgres and reads histories through it.
package historyread

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/pgread"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/historyview"
)

//go:embed schema.sql
var ddl string

// Model is the shape of the history's read model.
func Model() pgread.Model { return pgread.Model{Name: historyview.Name, DDL: ddl} }

// Writer writes in a projector's transaction.
type Writer struct{ tx *pgread.Tx }

// NewWriter makes the writer of a transaction.
func NewWriter(tx projections.Tx) (historyview.Writer, error) {
	t, err := pgread.From(tx)
	if err != nil {
		return nil, err
	}
	return &Writer{t}, nil
}

// Write implements historyview.Writer.
func (w *Writer) Write(ctx context.Context, changes []historyview.Change) error {
	var lines, touches [][]any
	for _, c := range changes {
		line, touched, err := rowsOf(c)
		if err != nil {
			return fmt.Errorf("event %d: %w", c.Position, err)
		}
		lines, touches = append(lines, line), append(touches, touched...)
	}
	if err := w.copy(ctx, "changes", []string{"position", "table_id", "step", "cols", "lo", "hi"}, lines); err != nil {
		return err
	}
	if err := w.copy(ctx, "touches", []string{"row_id", "position", "valued"}, touches); err != nil {
		return err
	}
	return w.steps(ctx, changes)
}

func (w *Writer) copy(ctx context.Context, name string, cols []string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	if _, err := w.tx.CopyFrom(ctx, w.tx.Table(name), cols, pgx.CopyFromRows(rows)); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func rowsOf(c historyview.Change) (line []any, touches [][]any, err error) {
	cols := make([]string, len(c.Columns))
	for i, id := range c.Columns {
		cols[i] = string(id)
	}
	if c.Inserts {
		lo, hi, err := historyview.Range(c.Rows)
		return []any{c.Position, string(c.Table), c.Step.Step, cols, [16]byte(lo), [16]byte(hi)}, nil, err
	}
	seen := map[kernel.RowID]bool{}
	add := func(rows []kernel.RowID, valued bool) error {
		for _, r := range rows {
			if seen[r] {
				continue
			}
			seen[r] = true
			key, err := r.Key()
			if err != nil {
				return err
			}
			touches = append(touches, []any{[16]byte(key), c.Position, valued})
		}
		return nil
	}
	if err := add(c.Rows, true); err != nil {
		return nil, nil, err
	}
	if err := add(c.Marked, false); err != nil {
		return nil, nil, err
	}
	return []any{c.Position, string(c.Table), c.Step.Step, cols, nil, nil}, touches, nil
}

// stepSum is what a batch has of one step.
type stepSum struct {
	first       historyview.Change
	cells, rows int
	money       kernel.Credits
}

const (
	stepUpsert = `INSERT INTO steps (table_id, step, root, user_id, actor, kind, label, position, at, cells, row_count, money, effective, changed)
VALUES ($1, $2, COALESCE((SELECT root FROM steps WHERE table_id = $1 AND step = NULLIF($3, '')), $2), $4, $5, $6, $7, $8, $9, $10, $11, $12, $2, $8)
ON CONFLICT (table_id, step) DO UPDATE SET cells = steps.cells + EXCLUDED.cells, row_count = steps.row_count + EXCLUDED.row_count, money = steps.money + EXCLUDED.money`
	// Only the first event of a step that takes another back turns the root around: what was done is undone, what was undone
	// is done again.
	rootUpdate = `UPDATE steps SET undone = NOT undone, effective = $3, changed = $4 WHERE table_id = $1 AND effective <> $3
AND step = (SELECT root FROM steps WHERE table_id = $1 AND step = $2)`
)

func (w *Writer) steps(ctx context.Context, changes []historyview.Change) error {
	type key struct {
		table kernel.TableID
		step  string
	}
	sums := map[key]*stepSum{}
	var order []key
	for _, c := range changes {
		k := key{c.Table, c.Step.Step}
		s, ok := sums[k]
		if !ok {
			s = &stepSum{first: c}
			sums[k] = s
			order = append(order, k)
		}
		s.cells += c.Cells
		s.money += c.Money
		if c.Inserts || c.Kind == "delete" || c.Kind == "restore" {
			s.rows += len(c.Rows)
		}
	}
	batch := &pgx.Batch{}
	for _, k := range order {
		s := sums[k]
		c := s.first
		batch.Queue(stepUpsert, c.Table, c.Step.Step, c.Step.Undoes, c.User, c.Actor, c.Kind, c.Step.Label, c.Position, c.At, s.cells, s.rows, s.money)
		if c.Step.Undoes != "" {
			batch.Queue(rootUpdate, c.Table, c.Step.Undoes, c.Step.Step, c.Position)
		}
	}
	if batch.Len() == 0 {
		return nil
	}
	if err := w.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write steps: %w", err)
	}
	return nil
}
