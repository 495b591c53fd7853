package gridread

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// structure applies an event of a table's own stream: to the registry, and to the physical tables where they change.
func (w *Writer) structure(ctx context.Context, op *gridview.Structure) error {
	switch ev := op.Event.(type) {
	case table.Created:
		return w.create(ctx, ev, op.Stamp)
	case table.Branched:
		return w.createBranch(ctx, ev, op.Stamp)
	}
	e, err := w.entry(op.Table)
	if err != nil {
		return err
	}
	agg, err := e.clone()
	if err != nil {
		return err
	}
	if err := agg.Apply(op.Event); err != nil {
		return err
	}
	if err := w.part(ctx, e, agg, op); err != nil {
		return err
	}
	if err := w.alter(ctx, e, agg, op); err != nil {
		return err
	}
	return w.saveStructure(ctx, e, agg, op)
}

const registryUpdate = `UPDATE tables SET name = $2, state = $3, schema_version = $4, column_count = $5,
  last_position = GREATEST(last_position, $6), updated_at = GREATEST(updated_at, $7),
trashed_at = CASE WHEN $8 THEN COALESCE(trashed_at, $7) END, merging = nullif($9, '') WHERE table_id = $1`

func (w *Writer) saveStructure(ctx context.Context, e *entry, agg *table.Table, op *gridview.Structure) error {
	state, err := agg.MarshalState()
	if err != nil {
		return err
	}
	before := e.structure
	e.structure = newStructure(agg)
	e.last = max(e.last, op.Stamp.Position)
	if err := w.relink(ctx, e, before, op.Event); err != nil {
		return err
	}
	if err := w.recomputes(ctx, e, before, op.Event); err != nil {
		return err
	}
	s := agg.Schema()
	if _, err := w.tx.Exec(ctx, registryUpdate, op.Table, s.Name, string(state), s.Version, len(s.Columns), op.Stamp.Position, op.Stamp.At,
		s.Trashed, merging(agg)); err != nil {
		return fmt.Errorf("update the registry: %w", err)
	}
	w.memory.set(structureKey{w.tx.Schema, op.Table}, e.structure)
	return nil
}

const registryInsert = `INSERT INTO tables (table_id, workspace_id, name, state, schema_version, column_count,
  last_position, rows_position, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $8)`

func (w *Writer) create(ctx context.Context, e table.Created, s gridview.Stamp) error {
	agg := table.Blank()
	if err := agg.Apply(e); err != nil {
		return err
	}
	state, err := agg.MarshalState()
	if err != nil {
		return err
	}
	st := newStructure(agg)
	if _, err := w.tx.Exec(ctx, registryInsert, e.TableID, e.WorkspaceID, e.Name, string(state), st.version, len(e.Columns), s.Position,
		s.At); err != nil {
		return fmt.Errorf("register table: %w", err)
	}
	cols := columnsDDL(e.Columns)
	for _, sql := range []string{
		fmt.Sprintf(createRows, unlogged(w.tx.Schema), liveRows(e.TableID), "", cols),
		fmt.Sprintf(createRows, unlogged(w.tx.Schema), trashedRows(e.TableID), trashColumns, cols),
	} {
		if _, err := w.tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("create table: %w", err)
		}
	}
	w.tables[e.TableID] = &entry{structure: st}
	w.memory.set(structureKey{w.tx.Schema, e.TableID}, st)
	return w.relink(ctx, w.tables[e.TableID], nil, e)
}

func columnsDDL(columns []table.Column) string {
	var cols strings.Builder
	for _, c := range columns {
		if t := sqlType(c.Type); t != "" {
			cols.WriteString(", " + column(c.ID) + " " + t)
		}
	}
	return cols.String()
}

// trashColumns are those that rows in the trash have besides; a row that was merged has the row that it was merged into, and the merge.
const trashColumns = `, _deleted timestamptz NOT NULL, _dpos bigint NOT NULL, _dby text NOT NULL, _into uuid, _merge text COLLATE "C"`

const createRows = `CREATE %sTABLE %s (id uuid PRIMARY KEY, _pos bigint NOT NULL, _pos0 bigint NOT NULL,
  _by text NOT NULL COLLATE "C", _cby text NOT NULL COLLATE "C",
_created timestamptz NOT NULL, _updated timestamptz NOT NULL, _s jsonb, _k jsonb%s%s) WITH (fillfactor = 90)`

// alter changes the physical tables.
func (w *Writer) alter(ctx context.Context, e *entry, agg *table.Table, op *gridview.Structure) error {
	switch ev := op.Event.(type) {
	case table.ColumnAdded:
		return w.addColumn(ctx, ev)
	case table.ColumnChanged:
		return w.changeFormula(ctx, ev)
	case table.ColumnTypeChanged:
		for _, f := range e.agg.Formers(ev.Column.ID) { // a former that is forgotten now
			if !slices.ContainsFunc(agg.Formers(ev.Column.ID), func(kept table.Former) bool { return kept.At == f.At }) {
				if err := w.both(ctx, ev.TableID, "ALTER TABLE %s DROP COLUMN IF EXISTS %s", original(f)); err != nil {
					return err
				}
			}
		}
		if sameStorage(ev.Old.Type, ev.Column.Type) {
			return nil
		}
		formers := agg.Formers(ev.Column.ID)
		return w.retype(ctx, ev, original(formers[len(formers)-1]))
	case table.ColumnTypeReverted:
		formers := e.agg.Formers(ev.Column.ID)
		i := slices.IndexFunc(formers, func(f table.Former) bool { return f.At == ev.At })
		if i < 0 {
			return fmt.Errorf("column %s has no change of type %d to take back", ev.Column.ID, ev.At)
		}
		return w.revert(ctx, ev, formers[i])
	case table.ColumnDeleted, table.ColumnRestored, table.ColumnPurged, table.Purged, table.Discarded:
		return w.trash(ctx, e, op)
	}
	return nil
}

// stopBuilds ends what builds an index on the table: a change of its shape would wait for it, minutes on a big table, and all
// tables' projection with it. The indexer begins again when the index is next wanted.
const stopBuilds = `SELECT pg_cancel_backend(pid) FROM pg_stat_progress_create_index WHERE datname = current_database()
	AND relid = to_regclass($1)`

// both runs a statement on the live rows and on the trash.
func (w *Writer) both(ctx context.Context, id kernel.TableID, format string, args ...any) error {
	if _, err := w.tx.Exec(ctx, stopBuilds, liveRows(id)); err != nil {
		return fmt.Errorf("stop the building of indexes: %w", err)
	}
	for _, rows := range []string{liveRows(id), trashedRows(id)} {
		sql := fmt.Sprintf(format, append([]any{rows}, args...)...)
		if _, err := w.tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%.100s: %w", sql, err)
		}
	}
	return nil
}

func (w *Writer) addColumn(ctx context.Context, e table.ColumnAdded) error {
	t := sqlType(e.Column.Type)
	if t == "" {
		return nil
	}
	if err := w.both(ctx, e.TableID, "ALTER TABLE %s ADD COLUMN %s %s", column(e.Column.ID), t); err != nil || !e.WithValues {
		return err
	}
	from, to := short(string(e.CopyOf)), short(string(e.Column.ID))
	return w.both(ctx, e.TableID, `UPDATE %s SET %s = %s,
  _k = CASE WHEN _k -> '%s' IS NULL THEN _k ELSE _k || jsonb_build_object('%s', _k -> '%s') END`,
		column(e.Column.ID), column(e.CopyOf), from, to, from)
}

// sameStorage reports whether values of one type stay as they are when the column gets the other type.
func sameStorage(from, to table.Type) bool {
	if from.Numeric() && to.Numeric() {
		return true
	}
	textual := func(t table.Type) bool { return t.Textual() || t == table.User }
	return from == to || textual(from) && (to == table.LongText || to == table.Text && from != table.LongText)
}

// originals names the columns that hold former values of a column: those of changes that moved values, and of changes that
// were taken back.
func (e *entry) originals(id kernel.ColumnID) []string {
	var names []string
	next := e.types[id]
	for _, f := range slices.Backward(e.agg.Formers(id)) {
		switch {
		case f.Undone:
			names = append(names, original(f))
			continue
		case !sameStorage(f.Column.Type, next):
			names = append(names, original(f))
		}
		next = f.Column.Type
	}
	return names
}
