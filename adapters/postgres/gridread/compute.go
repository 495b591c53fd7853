package gridread

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// Formula columns are computed here and are in no event: a value is a function of the row's other cells, the formulas and the table's
// tick, which the log has; of a lookup also of the rows that it looks into (lookups.go). New rows are copied in with them; rows that have
// been changed are computed in the same transaction, and only for the formulas that use what has been changed. A change of a formula, of
// a column that formulas use, or of the tick computes all rows anew: that is noted in recomputes and done page by page
// (projections.Settler), the first page at once. Rows and columns in the trash are computed like others, so that what comes back is as if
// it had never been there.

// How long formulas may compute: within the transaction of events, which all tables wait for, and in a page of a recompute. A formula may
// take 50 ms a row, so what is over that is left to a recompute.
const (
	computeEvents = time.Second
	computeStep   = 200 * time.Millisecond
)

// stopwatch adds up how long formulas have computed.
type stopwatch struct {
	clock kernel.Clock
	spent time.Duration
}

func (s *stopwatch) measure(compute func()) {
	began := s.clock.Now()
	compute()
	s.spent += s.clock.Now().Sub(began)
}

// touched is what a transaction has changed of a table's rows.
type touched struct {
	columns map[kernel.ColumnID]bool
	rows    map[[16]byte]bool
	moved   map[[16]byte]bool // rows that came or went, for what looks them up
}

// changed notes that columns of rows have other values, and when and by whom the rows were changed.
func (e *entry) changed(cols []kernel.ColumnID, keys [][16]byte) {
	if e.formulas().None() && !e.links.any() {
		return
	}
	if e.touched.rows == nil {
		e.touched.columns, e.touched.rows = map[kernel.ColumnID]bool{}, map[[16]byte]bool{}
	}
	for _, c := range cols {
		e.touched.columns[c] = true
	}
	for id, t := range e.types {
		if t == table.UpdatedAt || t == table.UpdatedBy {
			e.touched.columns[id] = true
		}
	}
	for _, k := range keys {
		e.touched.rows[k] = true
	}
}

// moved notes that rows have come or gone.
func (e *entry) moved(keys [][16]byte) {
	if !e.links.any() {
		return
	}
	if e.touched.moved == nil {
		e.touched.moved = map[[16]byte]bool{}
	}
	for _, k := range keys {
		e.touched.moved[k] = true
	}
}

// compute computes what the transaction's changes of rows and of structure ask for.
func (w *Writer) compute(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(w.tables)) {
		e := w.tables[id]
		if e.agg.Purged() {
			continue
		}
		if err := w.computeTable(ctx, e); err != nil {
			return err
		}
	}
	for _, e := range w.tables {
		e.touched = touched{}
	}
	if err := w.firstStale(ctx); err != nil {
		return err
	}
	return w.firstPages(ctx)
}

// computeTable computes what the changes of a table's rows ask for, and notes what looks them up.
func (w *Writer) computeTable(ctx context.Context, e *entry) error {
	changed, moved := sortedKeys(e.touched.rows), sortedKeys(e.touched.moved)
	if err := w.spread(ctx, e, func(c kernel.ColumnID) bool { return e.touched.columns[c] }, changed); err != nil {
		return err
	}
	if err := w.spread(ctx, e, func(kernel.ColumnID) bool { return true }, moved); err != nil {
		return err
	}
	using := e.formulas().Using(slices.Collect(maps.Keys(e.touched.columns)))
	plan := e.formulas().Plan(using)
	if plan == nil {
		return nil
	}
	for part := range slices.Chunk(changed, computePart) {
		if w.clock.spent > computeEvents {
			return w.note(ctx, e.agg.ID(), using)
		}
		if err := w.computeEverywhere(ctx, e, plan, part); err != nil {
			return err
		}
	}
	return nil
}

// computeEverywhere computes the plan for rows, in the trash or not.
func (w *Writer) computeEverywhere(ctx context.Context, e *entry, plan *table.Plan, keys [][16]byte) error {
	for _, trash := range []bool{false, true} {
		if _, _, _, err := w.computeRows(ctx, e, plan, e.place(trash), "id = ANY($1)", keys); err != nil {
			return err
		}
	}
	return nil
}

func sortedKeys(set map[[16]byte]bool) [][16]byte {
	return slices.SortedFunc(maps.Keys(set), func(a, b [16]byte) int { return bytes.Compare(a[:], b[:]) })
}

// firstStaleRows is how many rows that look up what a transaction has changed are computed in it.
const firstStaleRows = 1000

// firstStale computes the first rows that look up what the transaction has changed, which for most changes are all.
func (w *Writer) firstStale(ctx context.Context) error {
	for done := 0; w.spreads && done < firstStaleRows && w.clock.spent <= computeStep; done += computePart {
		more, err := w.freshen(ctx, computePart)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// firstPages does the first page of what is noted in this transaction, which for a small table is all.
func (w *Writer) firstPages(ctx context.Context) error {
	for range 2 * len(w.noted) { // the keys that their lookups need, on both sides
		more, err := w.gather(ctx)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.noted)) {
		if err := w.recomputePage(ctx, id); err != nil {
			return err
		}
	}
	w.noted = nil
	return nil
}

const noteRecompute = `INSERT INTO recomputes (table_id, columns, trash, done, total)
SELECT $1, $2, false, 0, (SELECT GREATEST(row_count + trash_count, 0) FROM tables WHERE table_id = $1)
ON CONFLICT (table_id) DO UPDATE SET columns = ARRAY(SELECT DISTINCT c FROM unnest(recomputes.columns || excluded.columns) AS c
ORDER BY c), trash = false, after = NULL, done = 0, total = excluded.total`

// recomputes notes the formula columns that are to be computed anew after an event of the table's structure.
func (w *Writer) recomputes(ctx context.Context, e *entry, before *structure, ev kernel.Event) error {
	id := e.agg.ID()
	switch ev.(type) {
	case table.Purged, table.Discarded:
		return w.exec(ctx, endRecompute, id)
	}
	if e.formulas().None() && before.formulas().None() {
		return nil
	}
	columns := e.formulas().Using(concerned(e, ev))
	if len(columns) == 0 {
		return nil
	}
	return w.note(ctx, id, columns)
}

func (w *Writer) note(ctx context.Context, id kernel.TableID, columns []kernel.ColumnID) error {
	if err := w.exec(ctx, noteRecompute, id, columns); err != nil {
		return err
	}
	if w.noted == nil {
		w.noted = map[kernel.TableID]bool{}
	}
	w.noted[id] = true
	return nil
}

// concerned are the columns whose dependents an event changes.
func concerned(e *entry, ev kernel.Event) []kernel.ColumnID {
	switch ev := ev.(type) {
	case table.ColumnAdded:
		return []kernel.ColumnID{ev.Column.ID}
	case table.ColumnChanged:
		if ev.Column.Kind.Computed() && computesOther(ev.Old, ev.Column) {
			return []kernel.ColumnID{ev.Column.ID}
		}
	case table.ColumnTypeChanged:
		return []kernel.ColumnID{ev.Column.ID}
	case table.ColumnTypeReverted:
		return []kernel.ColumnID{ev.Column.ID}
	case table.ColumnDeleted:
		return []kernel.ColumnID{ev.ColumnID}
	case table.ColumnRestored:
		return []kernel.ColumnID{ev.ColumnID}
	case table.ColumnPurged:
		return []kernel.ColumnID{ev.ColumnID}
	case table.Ticked:
		return e.formulas().Timed()
	}
	return nil
}

// computesOther reports whether a changed formula or lookup column may compute other values or say other errors, which name it.
func computesOther(old, now table.Column) bool {
	old.Description, old.Format = now.Description, now.Format
	return !reflect.DeepEqual(old, now)
}

// changeFormula gives a formula or lookup column that has another type another place for its values.
func (w *Writer) changeFormula(ctx context.Context, e table.ColumnChanged) error {
	if sqlType(e.Old.Type) == sqlType(e.Column.Type) {
		return nil
	}
	col := column(e.Column.ID)
	if err := w.both(ctx, e.TableID, "ALTER TABLE %s DROP COLUMN %s", col); err != nil {
		return err
	}
	if err := w.forgetComputed(ctx, e.TableID, e.Column.ID); err != nil {
		return err
	}
	return w.both(ctx, e.TableID, "ALTER TABLE %s ADD COLUMN %s %s", col, sqlType(e.Column.Type))
}

// forgetComputed removes what rows say of a computed column beside its value.
func (w *Writer) forgetComputed(ctx context.Context, id kernel.TableID, col kernel.ColumnID) error {
	return w.both(ctx, id, `UPDATE %[1]s SET _s = NULLIF(_s - '%[2]s', '{}'::jsonb), _k = NULLIF(_k - '%[2]s', '{}'::jsonb)
		WHERE _s ? '%[2]s' OR _k ? '%[2]s'`, short(string(col)))
}

// How many rows are computed at a time: of a recompute, while whose pages no event is applied, and of those that events have changed.
const (
	computePage = 1000
	computePart = 100
)

const (
	nextRecompute = `SELECT table_id FROM recomputes ORDER BY total - done, table_id LIMIT 1`
	readRecompute = `SELECT columns, trash, after FROM recomputes WHERE table_id = $1`
	moveRecompute = `UPDATE recomputes SET trash = $2, after = $3, done = done + $4 WHERE table_id = $1`
	endRecompute  = `DELETE FROM recomputes WHERE table_id = $1`
)

// settle does a piece of what is put off; more says that there may be another. Keys come first: lookups find nothing without them.
func (s *Structures) settle(ctx context.Context, tx *postgres.Tx) (more bool, err error) {
	w := &Writer{tx: tx, memory: s, tables: map[kernel.TableID]*entry{}, batch: &pgx.Batch{}, clock: stopwatch{clock: s.clock}}
	for _, piece := range []func(context.Context) (bool, error){w.gather, w.freshenPage, w.recompute} {
		if more, err = piece(ctx); more || err != nil {
			return more, err
		}
	}
	return false, nil
}

func (w *Writer) freshenPage(ctx context.Context) (more bool, err error) {
	return w.freshen(ctx, computePage)
}

// recompute does a page of the recompute that has least left to do.
func (w *Writer) recompute(ctx context.Context) (more bool, err error) {
	var id kernel.TableID
	switch err := w.tx.QueryRow(ctx, nextRecompute).Scan(&id); {
	case errors.Is(err, pgx.ErrNoRows):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("find the next recompute: %w", err)
	}
	if err := w.loadTables(ctx, []string{string(id)}); err != nil {
		return false, err
	}
	return true, w.recomputePage(ctx, id)
}

// recomputePage computes the next page of a table's recompute.
func (w *Writer) recomputePage(ctx context.Context, id kernel.TableID) error {
	e, err := w.entry(id)
	if err != nil {
		return err
	}
	var columns []kernel.ColumnID
	var trash bool
	var after *[16]byte
	if err := w.tx.QueryRow(ctx, readRecompute, id).Scan(&columns, &trash, &after); err != nil {
		return fmt.Errorf("read a recompute: %w", err)
	}
	plan := e.formulas().Plan(columns)
	if plan == nil { // the columns were purged meanwhile
		return w.exec(ctx, endRecompute, id)
	}
	if after == nil {
		after = &[16]byte{}
	}
	if waits, err := w.gathering(ctx, plan); err != nil || waits {
		return err
	}
	w.clock.spent = 0
	for left, done := computePage, 0; ; {
		n, stopped, at, err := w.computeRows(ctx, e, plan, e.place(trash), fmt.Sprintf("id > $1 ORDER BY id LIMIT %d", left), *after)
		if err != nil {
			return err
		}
		done += n
		switch {
		case n == left || stopped:
			return w.exec(ctx, moveRecompute, id, trash, at, done)
		case trash:
			return w.exec(ctx, endRecompute, id)
		}
		left -= n
		trash, after = true, &[16]byte{}
	}
}

const gatheringQuery = `SELECT EXISTS (SELECT FROM lookups l JOIN keyed k ON k.compare = l.compare AND k.column_id IN (l.key_id, l.match_id)
WHERE l.column_id = ANY($1) AND NOT k.gathered)`

// gathering reports whether keys are lacking yet that the plan's lookups need.
func (w *Writer) gathering(ctx context.Context, plan *table.Plan) (waits bool, err error) {
	ids := make([]kernel.ColumnID, len(plan.Lookups))
	for i, c := range plan.Lookups {
		ids[i] = c.ID
	}
	if len(ids) == 0 {
		return false, nil
	}
	if err := w.tx.QueryRow(ctx, gatheringQuery, ids).Scan(&waits); err != nil {
		return false, fmt.Errorf("ask whether keys are gathered: %w", err)
	}
	return waits, nil
}
