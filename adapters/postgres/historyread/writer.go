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
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/historyview"
)

//go:embed schema.sql
var ddl string

// Model is the shape of the history's read model.
func Model() postgres.Model {
	const ofTable = `EXISTS (SELECT FROM tables t WHERE t.key = table_key)` // of those that the policy of tables shows
	return postgres.Model{Name: historyview.Name, DDL: ddl, Policies: map[string]string{
		"tables":  `projection.reads_table(table_id)`,
		"lines":   ofTable,
		"begun":   ofTable,
		"turns":   ofTable,
		"touches": `EXISTS (SELECT FROM lines l WHERE l.position = touches.position)`,
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

// What most steps are; it isn't written.
const (
	usualKind  = string(table.FromEdit)
	usualLabel = "Edit cells"
)

// One round trip carries everything: a statement with arrays costs a fraction of a COPY for the one or two lines of an edit, and
// no more for the thousands of an import.
const (
	tablesInsert = `INSERT INTO tables (key, table_id) SELECT hashtextextended(t, 0), t FROM unnest($1::text[]) t ON CONFLICT DO NOTHING`
	// A step that an earlier batch has begun has its line there already.
	linesInsert = `INSERT INTO lines (position, table_key, first, by_user, money, cells, row_count, step, kind, label, row_id, col, cols)
SELECT v.p, v.key, nullif(v.first, v.p), CASE v.first WHEN v.p THEN hashtextextended(nullif(v.by, ''), 0) END,
CASE v.first WHEN v.p THEN nullif(v.money, 0) END,
CASE v.first WHEN v.p THEN nullif(v.cells, 0) END, CASE v.first WHEN v.p THEN nullif(v.rows, 0) END, CASE v.first WHEN v.p THEN v.step END,
CASE v.first WHEN v.p THEN nullif(v.kind, '` + usualKind + `') END, CASE v.first WHEN v.p THEN nullif(v.label, '` + usualLabel + `') END,
v.row, CASE cardinality(v.cols) WHEN 1 THEN v.cols[1] END, CASE WHEN cardinality(v.cols) > 1 THEN v.cols END
FROM (
	SELECT u.*, hashtextextended(u.t, 0) AS key, ARRAY(SELECT hashtextextended(c, 0) FROM unnest(string_to_array(u.names, ',')) c) AS cols,
	coalesce((SELECT position FROM lines l WHERE hashtextextended(l.step, 0) = hashtextextended(u.step, 0) AND l.step = u.step
	AND l.table_key = hashtextextended(u.t, 0)), u.began) AS first
	FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[],
	$9::text[], $10::text[], $11::uuid[], $12::text[])
	AS u (p, t, step, began, by, money, cells, rows, kind, label, row, names)
) v`
	// What a batch adds to a step of an earlier batch.
	sumsUpdate = `UPDATE lines l SET money = nullif(coalesce(l.money, 0) + v.money, 0), cells = nullif(coalesce(l.cells, 0) + v.cells, 0),
row_count = nullif(coalesce(l.row_count, 0) + v.rows, 0)
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) AS v (t, step, began, money, cells, rows)
WHERE hashtextextended(l.step, 0) = hashtextextended(v.step, 0) AND l.step = v.step AND l.table_key = hashtextextended(v.t, 0)
AND l.position < v.began`
	begunInsert = `INSERT INTO begun (position, table_key, lo, hi) SELECT p, hashtextextended(t, 0), l, h
		FROM unnest($1::bigint[], $2::text[], $3::uuid[], $4::uuid[]) AS v (p, t, l, h)`
	touchesInsert = `INSERT INTO touches (row_id, position, valued) SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::boolean[])`
)

// Write implements historyview.Writer.
func (w *Writer) Write(ctx context.Context, changes []historyview.Change) error {
	if len(changes) == 0 {
		return nil
	}
	steps := sum(changes)
	lines, begun, touched := newColumns(12), newColumns(4), newColumns(3) //nolint:mnd // as many as the statements have parameters
	for _, c := range changes {
		if err := addLine(lines, c, steps.by[stepKey{c.Table, c.Step.Step}]); err != nil {
			return fmt.Errorf("event %d: %w", c.Position, err)
		}
		if err := addRows(begun, touched, c); err != nil {
			return fmt.Errorf("event %d: %w", c.Position, err)
		}
	}
	batch := &pgx.Batch{}
	batch.Queue(tablesInsert, steps.tables())
	lines.queue(batch, linesInsert)
	begun.queue(batch, begunInsert)
	touched.queue(batch, touchesInsert)
	steps.queue(batch)
	if err := w.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	return nil
}

// forgotten are the statements that remove a table's history.
func forgotten() []string {
	return []string{
		`DELETE FROM touches t USING lines l WHERE l.table_key = hashtextextended($1, 0) AND l.position = t.position`,
		`DELETE FROM lines WHERE table_key = hashtextextended($1, 0)`,
		`DELETE FROM begun WHERE table_key = hashtextextended($1, 0)`,
		`DELETE FROM turns WHERE table_key = hashtextextended($1, 0)`,
		`DELETE FROM tables WHERE key = hashtextextended($1, 0)`,
	}
}

// Forget implements historyview.Writer.
func (w *Writer) Forget(ctx context.Context, id kernel.TableID) error {
	for _, sql := range forgotten() {
		if _, err := w.tx.Exec(ctx, sql, id); err != nil {
			return fmt.Errorf("forget the history of %s: %w", id, err)
		}
	}
	return nil
}

// columns are the rows of a statement's arrays, by column.
type columns [][]any

func newColumns(n int) columns { return make(columns, n) }

func (c columns) add(values ...any) {
	for i, v := range values {
		c[i] = append(c[i], v)
	}
}

// queue has the statement run, if there is a row for it.
func (c columns) queue(batch *pgx.Batch, sql string) {
	if len(c[0]) == 0 {
		return
	}
	args := make([]any, len(c))
	for i := range c {
		args[i] = c[i]
	}
	batch.Queue(sql, args...)
}

// addLine adds an event's line. Of a step the line of its first event tells what the batch has of it.
func addLine(lines columns, c historyview.Change, s *stepSum) error {
	cols := make([]string, len(c.Columns))
	for i, id := range c.Columns {
		cols[i] = string(id)
	}
	var row pgtype.UUID
	if single(c) {
		key, err := c.Rows[0].Key()
		if err != nil {
			return err
		}
		row = pgtype.UUID{Bytes: key, Valid: true}
	}
	lines.add(c.Position, string(c.Table), c.Step.Step, s.first.Position, string(c.User), int64(s.money), int64(s.cells), int64(s.rows),
		c.Kind, c.Step.Label, row, strings.Join(cols, ","))
	return nil
}

// single reports whether the event's line names the row that it touched.
func single(c historyview.Change) bool { return len(c.Rows) == 1 && len(c.Marked) == 0 && !c.Inserts }

// addRows adds the rows that the event's line doesn't name: each row that the event touched once, or the range of those that it added.
func addRows(begun, touched columns, c historyview.Change) error {
	switch {
	case c.Inserts:
		first, last, err := historyview.Range(c.Rows)
		if err != nil {
			return err
		}
		begun.add(c.Position, string(c.Table), pgtype.UUID{Bytes: first, Valid: true}, pgtype.UUID{Bytes: last, Valid: true})
		return nil
	case single(c):
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
			touched.add(pgtype.UUID{Bytes: key, Valid: true}, c.Position, i == 0)
		}
	}
	return nil
}
