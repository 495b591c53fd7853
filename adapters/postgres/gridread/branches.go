package gridread

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// A branch copies nothing when it begins. Its rows are a view of three parts: the rows that were touched on the branch (own), those that
// its table has changed since (saved, as they were before), and for all others the table's own rows, which are as they were when the
// branch began. A row is taken over into own before the branch changes it, and into saved before the table does, by the writer and in the
// same transaction. So a branch costs what has changed on either side, and what it began from stays readable for comparisons: a row's base
// is the saved one, or the table's.
//
// Where the table changes so that rows can't be shared any more, as when a column gets another type, all of them are saved first.

// branchOf is how a branch shares its table's rows.
type branchOf struct {
	id, of  kernel.TableID
	base    int64
	parted  bool   // it shares nothing with its table any more
	columns string // that it has physically, which don't change as long as it lives
}

// rowsPlace is where rows are read, and where what is computed of them is written.
type rowsPlace struct {
	from string
	into []string
}

// rowsTable is the physical table that changes of live rows go to.
func (e *entry) rowsTable() string {
	if e.branch.of != "" {
		return ownRows(e.agg.ID())
	}
	return liveRows(e.agg.ID())
}

// place is where the rows are whose formulas are the table's own matter: on a branch not those that it shares.
func (e *entry) place(trash bool) rowsPlace {
	id := e.agg.ID()
	switch {
	case trash:
		return rowsPlace{trashedRows(id), []string{trashedRows(id)}}
	case e.branch.of == "":
		return rowsPlace{liveRows(id), []string{liveRows(id)}}
	}
	own, saved := ownRows(id), savedRows(id)
	from := fmt.Sprintf(`(SELECT * FROM %[1]s
UNION ALL SELECT * FROM %[2]s s WHERE NOT EXISTS (SELECT FROM %[1]s o WHERE o.id = s.id)) AS rows`, own, saved)
	return rowsPlace{from, []string{own, saved}}
}

const branchesQuery = `SELECT table_id, branch_of, branch_base, parted, schema_version FROM tables WHERE branch_of = ANY($1) AND NOT purged
ORDER BY table_id`

// loadBranches finds the branches of the tables at hand.
func (w *Writer) loadBranches(ctx context.Context, ids []string) error {
	rows, err := w.tx.Query(ctx, branchesQuery, ids)
	if err != nil {
		return fmt.Errorf("list branches: %w", err)
	}
	var list []branchOf
	var versions []int64
	var b branchOf
	var version int64
	if _, err := pgx.ForEachRow(rows, []any{&b.id, &b.of, &b.base, &b.parted, &version}, func() error {
		list, versions = append(list, b), append(versions, version)
		return nil
	}); err != nil {
		return fmt.Errorf("list branches: %w", err)
	}
	for i, b := range list {
		st, err := w.recall(ctx, b.id, versions[i])
		if err != nil {
			return err
		}
		b.columns = (&entry{structure: st}).physical()
		if e := w.tables[b.of]; e != nil {
			e.branches = append(e.branches, b)
		}
	}
	return nil
}

const (
	liftRows = `INSERT INTO %[1]s (%[3]s) SELECT %[3]s FROM %[2]s WHERE id = ANY($1) ON CONFLICT (id) DO NOTHING`
	saveRows = `INSERT INTO %[1]s (%[3]s) SELECT %[3]s FROM %[2]s WHERE id = ANY($1) AND _pos <= $2 ON CONFLICT (id) DO NOTHING`
	saveAll  = `INSERT INTO %[1]s (%[3]s) SELECT %[3]s FROM %[2]s WHERE _pos <= $1 ON CONFLICT (id) DO NOTHING`
)

// before queues what must happen before live rows are changed: on a branch they are taken over, and branches keep them as they were.
func (w *Writer) before(e *entry, keys [][16]byte) {
	if e.branch.of != "" {
		w.queue(0, fmt.Sprintf(liftRows, e.rowsTable(), liveRows(e.agg.ID()), e.physical()), "", keys)
	}
	for _, b := range e.branches {
		if b.parted {
			continue
		}
		w.queue(0, fmt.Sprintf(saveRows, savedRows(b.id), liveRows(b.of), b.columns), "", keys, b.base)
	}
}

const branchInsert = `INSERT INTO tables (table_id, workspace_id, name, state, schema_version, column_count, row_count,
  last_position, rows_position, created_at, updated_at, branch_of, branch_base)
SELECT $1, workspace_id, $2, $3, $4, $5, row_count + $6, $7, $7, $8, $8, table_id, $7 FROM tables WHERE table_id = $9`

// createBranch makes the branch's own tables, which are empty, and the view of its rows.
func (w *Writer) createBranch(ctx context.Context, e table.Branched, s gridview.Stamp) error {
	agg := table.Blank()
	if err := agg.Apply(e); err != nil {
		return err
	}
	state, err := agg.MarshalState()
	if err != nil {
		return err
	}
	if w.tables[e.TableID] == nil {
		if err := w.loadTables(ctx, []string{string(e.TableID)}); err != nil {
			return err
		}
	}
	of, err := w.entry(e.TableID)
	if err != nil {
		return err
	}
	if err := w.compute(ctx); err != nil { // what is shared is computed as of now
		return err
	}
	st := newStructure(agg)
	if _, err := w.tx.Exec(ctx, branchInsert, e.BranchID, e.Name, string(state), st.version, len(e.Columns), of.rows, s.Position, s.At,
		e.TableID); err != nil {
		return fmt.Errorf("register branch: %w", err)
	}
	own := &entry{structure: st, branch: branchOf{id: e.BranchID, of: e.TableID, base: s.Position}}
	own.branch.columns = own.physical()
	cols := columnsDDL(e.Columns)
	for _, sql := range []string{
		fmt.Sprintf(createRows, unlogged(w.tx.Schema), ownRows(e.BranchID), "", cols),
		fmt.Sprintf(createRows, unlogged(w.tx.Schema), savedRows(e.BranchID), "", cols),
		fmt.Sprintf(createRows, unlogged(w.tx.Schema), trashedRows(e.BranchID), trashColumns, cols),
		own.branch.view(true),
		fmt.Sprintf(`INSERT INTO recomputes (table_id, columns, trash, after, done, total)
			SELECT '%s', columns, false, NULL, 0, 0 FROM recomputes WHERE table_id = '%s'`, e.BranchID, e.TableID),
	} {
		if _, err := w.tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("create branch: %w", err)
		}
	}
	w.tables[e.BranchID] = own
	of.branches = append(of.branches, own.branch)
	w.memory.set(structureKey{w.tx.Schema, e.BranchID}, st)
	return nil
}

// view is the statement that makes the view of the branch's rows, of those that it shares with its table too or without them.
func (b branchOf) view(sharing bool) string {
	own, saved, trash := ownRows(b.id), savedRows(b.id), trashedRows(b.id)
	parts := []string{
		fmt.Sprintf("SELECT %s FROM %s", b.columns, own),
		fmt.Sprintf(`SELECT %s FROM %s r WHERE NOT EXISTS (SELECT FROM %s o WHERE o.id = r.id)
AND NOT EXISTS (SELECT FROM %s x WHERE x.id = r.id)`,
			b.columns, saved, own, trash),
	}
	if sharing {
		parts = append(parts, fmt.Sprintf(`SELECT %s FROM %s r WHERE r._pos <= %d AND NOT EXISTS (SELECT FROM %s o WHERE o.id = r.id)
AND NOT EXISTS (SELECT FROM %s x WHERE x.id = r.id) AND NOT EXISTS (SELECT FROM %s s WHERE s.id = r.id)`,
			b.columns, liveRows(b.of), b.base, own, trash, saved))
	}
	return "CREATE OR REPLACE VIEW " + liveRows(b.id) + " AS " + strings.Join(parts, "\nUNION ALL ")
}

// part saves all rows for the branches of a table, before an event after which rows can't be shared any more.
func (w *Writer) part(ctx context.Context, e *entry, after *table.Table, op *gridview.Structure) error {
	if len(e.branches) == 0 || !e.parts(after, op.Event) {
		return nil
	}
	for i, b := range e.branches {
		if b.parted {
			continue
		}
		if _, err := w.tx.Exec(ctx, fmt.Sprintf(saveAll, savedRows(b.id), liveRows(b.of), b.columns), b.base); err != nil {
			return fmt.Errorf("save the rows of branch %s: %w", b.id, err)
		}
		if _, err := w.tx.Exec(ctx, b.view(false)); err != nil {
			return fmt.Errorf("part branch %s: %w", b.id, err)
		}
		if err := w.exec(ctx, `UPDATE tables SET parted = true WHERE table_id = $1`, b.id); err != nil {
			return err
		}
		e.branches[i].parted = true
	}
	return nil
}

// parts reports whether an event changes rows otherwise than one by one: the physical columns, or what formulas make of all rows.
func (e *entry) parts(after *table.Table, ev kernel.Event) bool {
	switch ev.(type) {
	case table.ColumnTypeChanged, table.ColumnTypeReverted, table.ColumnPurged:
		return true
	case table.ColumnAdded, table.Ticked:
		return false
	}
	then := &entry{structure: newStructure(after)}
	return len(then.formulas().Using(concerned(then, ev))) > 0
}

const branchesPurged = `UPDATE tables SET purged = true, row_count = 0, trash_count = 0, merging = NULL WHERE table_id = $1`

// dropRows drops what holds the rows of a table, with its branches, or of a branch.
func (w *Writer) dropRows(ctx context.Context, e *entry) error {
	if e.branch.of != "" {
		return w.dropBranch(ctx, e.agg.ID())
	}
	for _, b := range e.branches {
		if err := w.dropBranch(ctx, b.id); err != nil {
			return err
		}
		if err := w.exec(ctx, branchesPurged, b.id); err != nil {
			return err
		}
		if err := w.exec(ctx, endRecompute, b.id); err != nil {
			return err
		}
		if own := w.tables[b.id]; own != nil {
			own.purged = true
		}
	}
	e.branches = nil
	return w.both(ctx, e.agg.ID(), "DROP TABLE %s")
}

func (w *Writer) dropBranch(ctx context.Context, id kernel.TableID) error {
	for _, sql := range []string{
		"DROP VIEW " + liveRows(id), "DROP TABLE " + ownRows(id), "DROP TABLE " + savedRows(id), "DROP TABLE " + trashedRows(id),
	} {
		if _, err := w.tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("drop branch %s: %w", id, err)
		}
	}
	if e := w.tables[id]; e != nil {
		if of := w.tables[e.branch.of]; of != nil {
			of.branches = without(of.branches, id)
		}
	}
	return nil
}

func without(list []branchOf, id kernel.TableID) []branchOf {
	var out []branchOf
	for _, b := range list {
		if b.id != id {
			out = append(out, b)
		}
	}
	return out
}

// merging is the merge that a branch is in; empty if it is in none.
func merging(t *table.Table) string {
	if m := t.Merge(); m.Running() {
		return string(m.Begun.MergeID)
	}
	return ""
}
