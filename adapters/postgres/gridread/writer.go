package gridread

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore/cached"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/gridview"
)

// Structures remembers the structure of tables between transactions, by schema, table and version. What a version of a
// table is never changes, so nothing in it can be out of date.
type Structures struct {
	by    *lru.Cache[structureKey, *structure]
	clock kernel.Clock // by which formulas are measured
}

type structureKey struct {
	schema string
	table  kernel.TableID
}

type structure struct {
	version int64
	agg     *table.Table
	types   map[kernel.ColumnID]table.Type // of live and deleted columns

	compiled sync.Once
	computed *table.Formulas
}

// formulas are the table's formula and lookup columns, compiled when they are first asked for.
func (st *structure) formulas() *table.Formulas {
	st.compiled.Do(func() { st.computed = st.agg.Formulas() })
	return st.computed
}

// NewStructures returns an empty memory.
func NewStructures() *Structures {
	return &Structures{by: cached.New[structureKey, *structure](maxStructures), clock: kernel.SystemClock{}}
}

const maxStructures = 5_000

func (s *Structures) get(k structureKey, version int64) *structure {
	if st, ok := s.by.Get(k); ok && st.version == version {
		return st
	}
	return nil
}

func (s *Structures) set(k structureKey, st *structure) {
	s.by.Add(k, st)
}

func newStructure(agg *table.Table) *structure {
	st := &structure{version: agg.Schema().Version, agg: agg, types: map[kernel.ColumnID]table.Type{}}
	for _, c := range append(agg.Schema().Columns, agg.Deleted()...) {
		st.types[c.ID] = c.Type
	}
	return st
}

// clone returns a copy that events can be applied to.
func (st *structure) clone() (*table.Table, error) {
	state, err := st.agg.MarshalState()
	if err != nil {
		return nil, err
	}
	agg := table.Blank()
	return agg, agg.UnmarshalState(state)
}

// Writer carries out the grid's operations in a transaction.
type Writer struct {
	tx      *postgres.Tx
	memory  *Structures
	tables  map[kernel.TableID]*entry
	batch   *pgx.Batch
	pending []*pendingSet
	noted   map[kernel.TableID]bool // tables whose recompute was noted in this transaction
	spreads bool                    // stale cells were noted in this transaction
	clock   stopwatch               // of the formulas computed in this transaction
}

// entry is what one transaction knows and changes of a table.
type entry struct {
	*structure
	links           links
	purged          bool
	branch          branchOf   // of a branch
	branches        []branchOf // of a table, those that share its rows
	rows, trashed   int64      // differences
	last, rowsMoved int64      // positions
	updated         gridview.Stamp
	touched         touched
}

// pendingSet is an update in the batch whose rows may turn out to be in the trash.
type pendingSet struct {
	sql  string
	args []any
	rows int64
}

// NewWriter makes the writer of a projector's transaction.
func (s *Structures) NewWriter(tx projections.Tx) (gridview.Writer, error) {
	t, err := postgres.From(tx)
	if err != nil {
		return nil, err
	}
	return &Writer{tx: t, memory: s, tables: map[kernel.TableID]*entry{}, batch: &pgx.Batch{}, clock: stopwatch{clock: s.clock}}, nil
}

// Write implements gridview.Writer.
func (w *Writer) Write(ctx context.Context, ops []gridview.Op) error {
	if err := w.load(ctx, ops); err != nil {
		return err
	}
	for _, op := range ops {
		if e := w.tables[op.TableID()]; e != nil && (e.purged || e.agg.Purged()) {
			continue // a run that ended late
		}
		if err := w.one(ctx, op); err != nil {
			return fmt.Errorf("%T on table %s: %w", op, op.TableID(), err)
		}
	}
	if err := w.flush(ctx); err != nil {
		return err
	}
	if err := w.compute(ctx); err != nil {
		return err
	}
	w.queueRegistry()
	return w.flush(ctx)
}

func (w *Writer) one(ctx context.Context, op gridview.Op) error {
	switch op := op.(type) {
	case *gridview.Set:
		return w.set(op)
	case *gridview.Mark:
		return w.mark(op)
	case *gridview.Work:
		w.work(op)
		return nil
	}
	if err := w.flush(ctx); err != nil {
		return err
	}
	switch op := op.(type) {
	case *gridview.Insert:
		return w.insert(ctx, op)
	case *gridview.Delete:
		return w.delete(ctx, op)
	case *gridview.Restore:
		return w.restore(ctx, op)
	case *gridview.Purge:
		return w.purge(ctx, op)
	case *gridview.Structure:
		return w.structure(ctx, op)
	default:
		return fmt.Errorf("unknown operation %T", op)
	}
}

const (
	versionsQuery = `SELECT table_id, schema_version, coalesce(branch_of, ''), coalesce(branch_base, 0), purged FROM tables
WHERE table_id = ANY($1)`
	stateQuery = `SELECT state FROM tables WHERE table_id = $1`
)

// load finds the structures of the tables at hand.
func (w *Writer) load(ctx context.Context, ops []gridview.Op) error {
	var ids []string
	seen := map[kernel.TableID]bool{}
	for _, op := range ops {
		if id := op.TableID(); !seen[id] {
			seen[id] = true
			ids = append(ids, string(id))
		}
	}
	return w.loadTables(ctx, ids)
}

func (w *Writer) loadTables(ctx context.Context, ids []string) error {
	rows, err := w.tx.Query(ctx, versionsQuery, ids)
	if err != nil {
		return fmt.Errorf("read versions: %w", err)
	}
	found := map[kernel.TableID]*entry{}
	versions := map[kernel.TableID]int64{}
	var id kernel.TableID
	var version int64
	var e entry
	into := []any{&id, &version, &e.branch.of, &e.branch.base, &e.purged}
	if _, err := pgx.ForEachRow(rows, into, func() error {
		versions[id], found[id] = version, &entry{branch: e.branch, purged: e.purged}
		return nil
	}); err != nil {
		return fmt.Errorf("read versions: %w", err)
	}
	for id, e := range found {
		if e.structure, err = w.recall(ctx, id, versions[id]); err != nil {
			return err
		}
		w.tables[id] = e
	}
	if err := w.loadBranches(ctx, ids); err != nil {
		return err
	}
	return w.loadLinks(ctx, ids)
}

func (w *Writer) recall(ctx context.Context, id kernel.TableID, version int64) (*structure, error) {
	key := structureKey{w.tx.Schema, id}
	if st := w.memory.get(key, version); st != nil {
		return st, nil
	}
	var state []byte
	if err := w.tx.QueryRow(ctx, stateQuery, id).Scan(&state); err != nil {
		return nil, fmt.Errorf("read structure of %s: %w", id, err)
	}
	agg := table.Blank()
	if err := agg.UnmarshalState(json.RawMessage(state)); err != nil {
		return nil, fmt.Errorf("read structure of %s: %w", id, err)
	}
	st := newStructure(agg)
	w.memory.set(key, st)
	return st, nil
}

func (w *Writer) entry(id kernel.TableID) (*entry, error) {
	e, ok := w.tables[id]
	if !ok {
		return nil, fmt.Errorf("there is no table %s", id)
	}
	return e, nil
}

// rowsOf returns a table with the keys of some of its rows.
func (w *Writer) rowsOf(id kernel.TableID, rows []kernel.RowID) (*entry, [][16]byte, error) {
	e, err := w.entry(id)
	if err != nil {
		return nil, nil, err
	}
	keys, err := rowKeys(rows)
	return e, keys, err
}

func (e *entry) touch(s gridview.Stamp) {
	if s.Position >= e.last {
		e.last, e.updated = s.Position, s
	}
}

func (e *entry) typeOf(c kernel.ColumnID) (table.Type, error) {
	t, ok := e.types[c]
	if !ok || t.ReadOnly() {
		return "", fmt.Errorf("there is no column %s", c)
	}
	return t, nil
}

const countsUpdate = `UPDATE tables SET row_count = row_count + $2, trash_count = trash_count + $3,
last_position = GREATEST(last_position, $4), rows_position = GREATEST(rows_position, $5), updated_at = GREATEST(updated_at, $6)
WHERE table_id = $1`

// reachedUpdate moves the last change of the tables that look into a table, directly or through others: what is remembered of their rows
// by it may be otherwise now.
const reachedUpdate = `UPDATE tables SET last_position = GREATEST(last_position, $2) WHERE table_id IN (
WITH RECURSIVE reached(id) AS (SELECT table_id FROM lookups WHERE other_id = $1 UNION SELECT l.table_id FROM lookups l
JOIN reached r ON l.other_id = r.id)
SELECT id FROM reached)`

func (w *Writer) queueRegistry() {
	for id, e := range w.tables {
		if e.last == 0 {
			continue
		}
		w.batch.Queue(countsUpdate, id, e.rows, e.trashed, e.last, e.rowsMoved, e.updated.At)
		if len(e.links.into) > 0 {
			w.batch.Queue(reachedUpdate, id, e.last)
		}
	}
}

// flush runs what is in the batch. Rows of an update that are not among the live ones are in the trash, where the update is
// repeated, so that a restored row comes back with it.
func (w *Writer) flush(ctx context.Context) error {
	if w.batch.Len() == 0 {
		return nil
	}
	sets, batch := w.pending, w.batch
	w.pending, w.batch = nil, &pgx.Batch{}
	var misses []*pendingSet
	results := w.tx.SendBatch(ctx, batch)
	for i, q := range batch.QueuedQueries {
		tag, err := results.Exec()
		if err != nil {
			_ = results.Close()
			return fmt.Errorf("statement %d of a batch (%.80s): %w", i+1, q.SQL, err)
		}
		if i < len(sets) && sets[i] != nil && tag.RowsAffected() < sets[i].rows {
			misses = append(misses, sets[i])
		}
	}
	if err := results.Close(); err != nil {
		return fmt.Errorf("batch: %w", err)
	}
	for _, p := range misses {
		if _, err := w.tx.Exec(ctx, p.sql, p.args...); err != nil {
			return fmt.Errorf("update rows in the trash: %w", err)
		}
	}
	return nil
}

// queue adds a statement to the batch; trash is its twin for rows in the trash, "" for none.
func (w *Writer) queue(rows int64, sql, trash string, args ...any) {
	w.batch.Queue(sql, args...)
	for len(w.pending) < w.batch.Len()-1 {
		w.pending = append(w.pending, nil)
	}
	if trash != "" {
		w.pending = append(w.pending, &pendingSet{sql: trash, args: args, rows: rows})
	}
}

const (
	workInsert = `INSERT INTO writers (stream, table_id) VALUES ($1, $2) ON CONFLICT (stream) DO NOTHING`
	workDelete = `DELETE FROM writers WHERE stream = $1`
)

func (w *Writer) work(op *gridview.Work) {
	if op.Done {
		w.queue(0, workDelete, "", op.Stream)
		return
	}
	w.queue(0, workInsert, "", op.Stream, op.Table)
}
