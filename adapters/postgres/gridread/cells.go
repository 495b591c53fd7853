package gridread

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

const cellsQuery = `SELECT (SELECT position FROM projection.checkpoints WHERE place = 'grid'), false, id, _pos, _pos0, _s::text,
	NULL::uuid, NULL%[3]s
FROM rm_grid.%[1]s WHERE id = ANY($1) AND %[4]s
UNION ALL SELECT 0, true, id, _pos, _pos0, _s::text, _into, _merge%[3]s
FROM rm_grid.%[2]s WHERE id = ANY($1) AND %[4]s`

// Cells reads cells of rows by their ids, in the trash or not; rows that don't exist are left out. seen is a position that the
// answer reflects.
func (g *Grid) Cells(
	ctx context.Context, s table.Schema, rows []kernel.RowID, cols []kernel.ColumnID,
) (found map[kernel.RowID]table.RowCells, seen int64, err error) {
	keys, err := rowKeys(rows)
	if err != nil {
		return nil, 0, err
	}
	columns := make([]table.Column, 0, len(cols))
	var names strings.Builder
	for _, id := range cols {
		c, ok := s.Column(id)
		if !ok || sqlType(c.Type) == "" {
			return nil, 0, fmt.Errorf("there is no column %s", id)
		}
		columns = append(columns, c)
		names.WriteString(", " + asText(column(id)))
	}
	sql := fmt.Sprintf(cellsQuery, liveRows(s.Table), trashedRows(s.Table), names.String(), registered(s.Table))
	out := make(map[kernel.RowID]table.RowCells, len(rows))
	res, err := g.db.Query(ctx, sql, keys)
	if err != nil {
		return nil, 0, fmt.Errorf("read cells: %w", err)
	}
	values := make([]*string, len(columns))
	var key [16]byte
	var position, pos, pos0 int64
	var trashed bool
	var states *string
	var other *[16]byte
	var merge *string
	into := []any{&position, &trashed, &key, &pos, &pos0, &states, &other, &merge}
	for i := range values {
		into = append(into, &values[i])
	}
	_, err = pgx.ForEachRow(res, into, func() error {
		seen = max(seen, position)
		r := table.RowCells{
			Row:       kernel.RowKey(key).RowID(),
			Trashed:   trashed,
			Position:  pos,
			Values:    map[kernel.ColumnID]json.RawMessage{},
			Positions: map[kernel.ColumnID]int64{},
		}
		r.Link = linkOf(other, merge)
		entries, err := parseStates(states)
		if err != nil {
			return err
		}
		for i, c := range columns {
			addCell(&r, c, values[i], entries[short(string(c.ID))], pos0)
		}
		out[r.Row] = r
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("read cells: %w", err)
	}
	return out, seen, nil
}

// linkOf is the link of a row that was merged.
func linkOf(into *[16]byte, merge *string) table.Link {
	if into == nil || merge == nil {
		return table.Link{}
	}
	return table.Link{Into: kernel.RowKey(*into).RowID(), Merge: kernel.DedupID(*merge)}
}

// addCell adds a cell with what its state says; pos0 is the position of the row's cells that have none.
func addCell(r *table.RowCells, c table.Column, value *string, state cellState, pos0 int64) {
	r.Values[c.ID] = canonical(c.Type, value)
	r.Positions[c.ID] = pos0
	if state.Position > 0 {
		r.Positions[c.ID] = state.Position
	}
	if state.Confidence != nil {
		if r.Sure == nil {
			r.Sure = map[kernel.ColumnID]float64{}
		}
		r.Sure[c.ID] = *state.Confidence
	}
}

func parseStates(s *string) (map[string]cellState, error) {
	if s == nil {
		return nil, nil
	}
	var out map[string]cellState
	if err := json.Unmarshal([]byte(*s), &out); err != nil {
		return nil, fmt.Errorf("cell states: %w", err)
	}
	return out, nil
}

// Exists tells which of the rows are live and which are in the trash.
func (g *Grid) Exists(ctx context.Context, id kernel.TableID, rows []kernel.RowID) (live, trashed map[kernel.RowID]bool, err error) {
	keys, err := rowKeys(rows)
	if err != nil {
		return nil, nil, err
	}
	sql := fmt.Sprintf(`SELECT id, false FROM rm_grid.%[1]s WHERE id = ANY($1) AND %[3]s UNION ALL SELECT id, true FROM rm_grid.%[2]s
		WHERE id = ANY($1) AND %[3]s`,
		liveRows(id), trashedRows(id), registered(id))
	res, err := g.db.Query(ctx, sql, keys)
	if err != nil {
		return nil, nil, fmt.Errorf("look rows up: %w", err)
	}
	live, trashed = map[kernel.RowID]bool{}, map[kernel.RowID]bool{}
	var key [16]byte
	var gone bool
	_, err = pgx.ForEachRow(res, []any{&key, &gone}, func() error {
		if gone {
			trashed[kernel.RowKey(key).RowID()] = true
		} else {
			live[kernel.RowKey(key).RowID()] = true
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("look rows up: %w", err)
	}
	return live, trashed, nil
}

const withColumnQuery = `SELECT table_id FROM rm_grid.tables WHERE workspace_id = $1 AND NOT purged AND strpos(state, $2) > 0`

// HasCell reports whether a table of the workspace has the row and the column, in the trash or not.
func (g *Grid) HasCell(ctx context.Context, ws kernel.WorkspaceID, row kernel.RowID, column kernel.ColumnID) (bool, error) {
	if kernel.ParseID(kernel.PrefixRow, string(row)) != nil || kernel.ParseID(kernel.PrefixColumn, string(column)) != nil {
		return false, nil //nolint:nilerr // what is no id is in no table
	}
	rows, err := g.db.Query(ctx, withColumnQuery, ws, string(column))
	if err != nil {
		return false, fmt.Errorf("look a column up: %w", err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[kernel.TableID])
	if err != nil {
		return false, fmt.Errorf("look a column up: %w", err)
	}
	for _, id := range tables {
		info, err := g.Any(ctx, ws, id)
		if err != nil {
			return false, err
		}
		if !info.HasColumn(column) {
			continue
		}
		live, trashed, err := g.Exists(ctx, id, []kernel.RowID{row})
		if err != nil || live[row] || trashed[row] {
			return err == nil, err
		}
	}
	return false, nil
}

// MatchKeys finds the rows whose key columns have exactly the given values: keys[i][k] is the canonical value of cols[k]. The
// answer has up to two rows for each key, so that an ambiguous one shows. A key with an empty value matches nothing.
func (g *Grid) MatchKeys(ctx context.Context, s table.Schema, cols []kernel.ColumnID, keys [][]json.RawMessage) ([][]kernel.RowID, error) {
	var a args
	var on, names strings.Builder
	var arrays []string
	for k, id := range cols {
		c, ok := s.Column(id)
		if !ok || sqlType(c.Type) == "" {
			return nil, fmt.Errorf("there is no column %s", id)
		}
		list := make([]json.RawMessage, len(keys))
		for i := range keys {
			list[i] = keys[i][k]
		}
		values, err := encodeAll(c.Type, list)
		if err != nil {
			return nil, err
		}
		arrays = append(arrays, a.add(values)+"::text[]")
		fmt.Fprintf(&names, ", k%d", k)
		if foldsText(c.Type) {
			arrays = append(arrays, a.add(foldedKeys(list))+"::text[]")
			fmt.Fprintf(&names, ", f%d", k)
		}
		fmt.Fprintf(&on, " AND %s = v.k%d::%s", column(id), k, castOf(c.Type))
		if foldsText(c.Type) { // the sort index finds the candidates
			expr, _ := sortKey(c)
			fmt.Fprintf(&on, " AND %s = v.f%d", expr, k)
		}
		if x, ok := orderIndex(s.Table, c); ok {
			g.offer(x)
		}
	}
	sql := fmt.Sprintf(`SELECT v.i, m.id FROM unnest(%s) WITH ORDINALITY AS v(%s, i) CROSS JOIN LATERAL (SELECT id FROM rm_grid.%s WHERE true%s
		LIMIT 2) AS m WHERE %s`,
		strings.Join(arrays, ", "), names.String()[2:], liveRows(s.Table), on.String(), registered(s.Table))
	res, err := g.db.Query(ctx, sql, a.list...)
	if err != nil {
		return nil, fmt.Errorf("find rows by key: %w", err)
	}
	out := make([][]kernel.RowID, len(keys))
	var i int64
	var id [16]byte
	if _, err := pgx.ForEachRow(res, []any{&i, &id}, func() error {
		out[i-1] = append(out[i-1], kernel.RowKey(id).RowID())
		return nil
	}); err != nil {
		return nil, fmt.Errorf("find rows by key: %w", err)
	}
	return out, nil
}

// IDs returns the ids of the rows that a query selects, up to limit, in the order of the ids, from after the given one on.
func (g *Grid) IDs(ctx context.Context, info gridview.Info, q gridview.Query, after kernel.RowID, limit int) ([]kernel.RowID, error) {
	p, err := g.plan(ctx, info, gridview.Query{Filter: q.Filter, Search: q.Search})
	if err != nil {
		return nil, err
	}
	var a args
	from, err := p.from(&a)
	if err != nil {
		return nil, err
	}
	if after != "" {
		key, err := after.Key()
		if err != nil {
			return nil, err
		}
		from += " AND id > " + a.add([16]byte(key)) + "::uuid"
	}
	rows, err := g.db.Query(ctx, fmt.Sprintf("SELECT id FROM %s ORDER BY id LIMIT %d", from, limit), a.list...)
	if err != nil {
		return nil, fmt.Errorf("select rows: %w", err)
	}
	ids, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (kernel.RowID, error) {
		return kernel.RowKey(row.RawValues()[0]).RowID(), nil
	})
	if err != nil {
		return nil, fmt.Errorf("select rows: %w", err)
	}
	return ids, nil
}

// Writers returns the streams of imports and runs that may be writing to the table.
func (g *Grid) Writers(ctx context.Context, id kernel.TableID) ([]string, error) {
	rows, err := g.db.Query(ctx, `SELECT stream FROM rm_grid.writers WHERE table_id = $1 ORDER BY stream`, id)
	if err != nil {
		return nil, fmt.Errorf("read a table's writers: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read a table's writers: %w", err)
	}
	return out, nil
}

const rowCountQuery = `SELECT row_count FROM rm_grid.tables WHERE table_id = $1`

// RowCount returns how many live rows a table has.
func (g *Grid) RowCount(ctx context.Context, id kernel.TableID) (int64, error) {
	var n int64
	if err := g.db.QueryRow(ctx, rowCountQuery, id).Scan(&n); err != nil {
		return 0, fmt.Errorf("count rows: %w", err)
	}
	return n, nil
}

// Select is IDs for callers that have the table's id only.
func (g *Grid) Select(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, f table.Filter, search string, after kernel.RowID, limit int,
) ([]kernel.RowID, error) {
	info, err := g.Table(ctx, ws, id)
	if err != nil {
		return nil, err
	}
	return g.IDs(ctx, info, gridview.Query{Filter: f, Search: search}, after, limit)
}
