// Package historyread keeps the index of historyview in Postgres and reads histories through it.
package historyread

import (
	"context"
	_ "embed"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/historyview"
)

//go:embed schema.sql
var ddl string

// Model is the shape of the history's read model.
func Model() postgres.Model {
	return postgres.Model{Name: historyview.Name, DDL: ddl, Policies: map[string]string{
		"changes": `projection.reads_table(table_id)`,
		"steps":   `projection.reads_table(table_id)`,
		"touches": `EXISTS (SELECT FROM changes c WHERE c.position = touches.position)`,
	}}
}

// Writer writes in a projector's transaction.
type Writer struct{ tx *postgres.Tx }

// NewWriter makes the writer of a transaction.
func NewWriter(tx projections.Tx) (historyview.Writer, error) {
	t, err := postgres.From(tx)
	if err != nil {
		return nil, err
	}
	return &Writer{t}, nil
}

// One round trip carries everything: a statement with arrays costs a fraction of a COPY for the one or two lines of an edit, and
// no more for the thousands of an import.
const (
	changesInsert = `INSERT INTO changes (position, table_id, step, cols, lo, hi)
SELECT p, t, s, string_to_array(c, ','), l, h FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::uuid[]) AS v (p, t, s, c, l, h)`
	touchesInsert = `INSERT INTO touches (row_id, position, valued) SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::boolean[])`
)

// Write implements historyview.Writer.
func (w *Writer) Write(ctx context.Context, changes []historyview.Change) error {
	if len(changes) == 0 {
		return nil
	}
	var lines changeLines
	var touched touchLines
	for _, c := range changes {
		if err := lines.add(c); err != nil {
			return fmt.Errorf("event %d: %w", c.Position, err)
		}
		if err := touched.add(c); err != nil {
			return fmt.Errorf("event %d: %w", c.Position, err)
		}
	}
	batch := &pgx.Batch{}
	batch.Queue(changesInsert, lines.positions, lines.tables, lines.steps, lines.cols, lines.lo, lines.hi)
	if len(touched.rows) > 0 {
		batch.Queue(touchesInsert, touched.rows, touched.positions, touched.valued)
	}
	queueSteps(batch, changes)
	if err := w.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	return nil
}

const (
	touchesForgot = `DELETE FROM touches t USING changes c WHERE c.table_id = $1 AND c.position = t.position`
	changesForgot = `DELETE FROM changes WHERE table_id = $1`
	stepsForgot   = `DELETE FROM steps WHERE table_id = $1`
)

// Forget implements historyview.Writer.
func (w *Writer) Forget(ctx context.Context, id kernel.TableID) error {
	for _, sql := range []string{touchesForgot, changesForgot, stepsForgot} {
		if _, err := w.tx.Exec(ctx, sql, id); err != nil {
			return fmt.Errorf("forget the history of %s: %w", id, err)
		}
	}
	return nil
}

// changeLines are rows of the table changes, by column.
type changeLines struct {
	positions           []int64
	tables, steps, cols []string
	lo, hi              []pgtype.UUID // of the rows that the event added
}

func (l *changeLines) add(c historyview.Change) error {
	var lo, hi pgtype.UUID
	if c.Inserts {
		first, last, err := historyview.Range(c.Rows)
		if err != nil {
			return err
		}
		lo, hi = pgtype.UUID{Bytes: first, Valid: true}, pgtype.UUID{Bytes: last, Valid: true}
	}
	cols := make([]string, len(c.Columns))
	for i, id := range c.Columns {
		cols[i] = string(id)
	}
	l.positions, l.tables, l.steps = append(l.positions, c.Position), append(l.tables, string(c.Table)), append(l.steps, c.Step.Step)
	l.cols, l.lo, l.hi = append(l.cols, strings.Join(cols, ",")), append(l.lo, lo), append(l.hi, hi)
	return nil
}

// touchLines are rows of the table touches, by column.
type touchLines struct {
	rows      []pgtype.UUID
	positions []int64
	valued    []bool
}

// add adds each row that the event touched once. Rows that it added are found by their range.
func (l *touchLines) add(c historyview.Change) error {
	if c.Inserts {
		return nil
	}
	seen := make(map[kernel.RowID]bool, len(c.Rows))
	for i, rows := range [][]kernel.RowID{c.Rows, c.Marked} {
		for _, r := range rows {
			if seen[r] {
				continue
			}
			seen[r] = true
			key, err := r.Key()
			if err != nil {
				return err
			}
			l.rows = append(l.rows, pgtype.UUID{Bytes: key, Valid: true})
			l.positions, l.valued = append(l.positions, c.Position), append(l.valued, i == 0)
		}
	}
	return nil
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

// queueSteps adds what the changes mean for the steps that they belong to.
func queueSteps(batch *pgx.Batch, changes []historyview.Change) {
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
	for _, k := range order {
		s := sums[k]
		c := s.first
		batch.Queue(stepUpsert, c.Table, c.Step.Step, c.Step.Undoes, c.User, c.Actor, c.Kind, c.Step.Label, c.Position, c.At, s.cells, s.rows, s.money)
		if c.Step.Undoes != "" {
			batch.Queue(rootUpdate, c.Table, c.Step.Undoes, c.Step.Step, c.Position)
		}
	}
}
