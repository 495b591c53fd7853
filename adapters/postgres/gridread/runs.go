package gridread

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// Waiter waits for the grid.
type Waiter interface {
	Wait(ctx context.Context, projection string, position int64) (reached int64, ok bool)
}

// Runs is the grid as enrichment runs look at it.
type Runs struct {
	grid   *Grid
	waiter Waiter
}

var _ enrichmentcmd.RowSource = Runs{}

// ForRuns returns the grid as enrichment runs look at it.
func (g *Grid) ForRuns(w Waiter) Runs { return Runs{g, w} }

// runWait is how long a run's page waits for the grid.
const runWait = 30 * time.Second

// from waits for the position and writes what the query selects as SQL.
func (r Runs) from(ctx context.Context, q enrichmentcmd.RowQuery, a *args) (gridview.Info, string, error) {
	if q.Position > 0 {
		wait, cancel := context.WithTimeout(ctx, runWait)
		defer cancel()
		if reached, ok := r.waiter.Wait(wait, gridview.Name, q.Position); !ok {
			return gridview.Info{}, "", kernel.E(kernel.KindUnavailable, "CATCHING_UP", "the tables are catching up (at %d of %d)", reached,
				q.Position)
		}
	}
	info, err := r.grid.Table(ctx, q.Workspace, q.Table)
	if err != nil {
		return info, "", err
	}
	reader, err := r.grid.Reader(ctx, q.Workspace)
	if err != nil {
		return info, "", err
	}
	filter, err := reader.Filter(q.Filter, info.Schema)
	if err != nil {
		return info, "", err
	}
	if err := computing(info, q.Columns, filter); err != nil {
		return info, "", err
	}
	p, err := r.grid.plan(ctx, info, gridview.Query{Filter: filter, Search: q.Search})
	if err != nil {
		return info, "", err
	}
	from, err := p.from(a)
	if err != nil {
		return info, "", err
	}
	if q.IDs != nil {
		keys, err := rowKeys(q.IDs)
		if err != nil {
			return info, "", err
		}
		from += " AND id = ANY(" + a.add(keys) + "::uuid[])"
	}
	after, err := bound(">", q.After, a)
	if err != nil {
		return info, "", err
	}
	through, err := bound("<=", q.Through, a)
	return info, from + after + through, err
}

// computing refuses to read formula columns that are being computed anew: nothing is paid for what a formula made before its change.
func computing(info gridview.Info, columns []kernel.ColumnID, f table.Filter) error {
	if info.Recompute == nil {
		return nil
	}
	read := slices.Clone(columns)
	for _, c := range f.Conditions() {
		read = append(read, c.Column.ID)
	}
	if !slices.ContainsFunc(read, func(id kernel.ColumnID) bool { return slices.Contains(info.Recompute.Columns, id) }) {
		return nil
	}
	e := kernel.E(kernel.KindUnavailable, "COMPUTING", "the table's formulas are being computed (%d of %d rows); try again in a moment",
		info.Recompute.Done, info.Recompute.Total)
	e.RetryAfter = time.Second
	return e
}

// bound limits the row ids on one side; no id is no limit.
func bound(sign string, id kernel.RowID, a *args) (string, error) {
	if id == "" {
		return "", nil
	}
	key, err := id.Key()
	return " AND id " + sign + " " + a.add([16]byte(key)) + "::uuid", err
}

// Count implements enrichmentcmd.RowSource.
func (r Runs) Count(ctx context.Context, q enrichmentcmd.RowQuery) (int64, error) {
	var a args
	_, from, err := r.from(ctx, q, &a)
	if err != nil {
		return 0, err
	}
	var n int64
	if err := r.grid.db.QueryRow(ctx, "SELECT count(*) FROM "+from, a.list...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count a run's rows: %w", err)
	}
	return n, nil
}

// Last implements enrichmentcmd.RowSource.
func (r Runs) Last(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, position int64) (kernel.RowID, error) {
	var a args
	_, from, err := r.from(ctx, enrichmentcmd.RowQuery{Workspace: ws, Table: id, Position: position}, &a)
	if err != nil {
		return "", err
	}
	var key [16]byte
	err = r.grid.db.QueryRow(ctx, "SELECT id FROM "+from+" ORDER BY id DESC LIMIT 1", a.list...).Scan(&key)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for a table's last row: %w", err)
	}
	return kernel.RowKey(key).RowID(), nil
}

// Page implements enrichmentcmd.RowSource. Columns that are not there any more have no cells.
func (r Runs) Page(ctx context.Context, q enrichmentcmd.RowQuery) ([]enrichmentcmd.Row, error) {
	var a args
	info, from, err := r.from(ctx, q, &a)
	if err != nil {
		return nil, err
	}
	var cols []table.Column
	var names strings.Builder
	for _, id := range q.Columns {
		if c, ok := info.Schema.Column(id); ok && sqlType(c.Type) != "" {
			cols = append(cols, c)
			names.WriteString(", " + asText(column(id)))
		}
	}
	rows, err := r.grid.db.Query(ctx, fmt.Sprintf("SELECT id, _s::text%s FROM %s ORDER BY id LIMIT %d", names.String(), from, q.Limit),
		a.list...)
	if err != nil {
		return nil, fmt.Errorf("read a run's rows: %w", err)
	}
	var out []enrichmentcmd.Row
	var key [16]byte
	var states *string
	stored := make([]*string, len(cols))
	into := []any{&key, &states}
	for i := range stored {
		into = append(into, &stored[i])
	}
	_, err = pgx.ForEachRow(rows, into, func() error {
		row := enrichmentcmd.Row{ID: kernel.RowKey(key).RowID(), Cells: map[kernel.ColumnID]json.RawMessage{}, Failed: map[kernel.ColumnID]bool{}}
		entries, err := parseStates(states)
		if err != nil {
			return err
		}
		for i, c := range cols {
			if stored[i] != nil {
				row.Cells[c.ID] = canonical(c.Type, stored[i])
			}
			if entries[short(string(c.ID))].State == "error" {
				row.Failed[c.ID] = true
			}
		}
		out = append(out, row)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read a run's rows: %w", err)
	}
	return out, nil
}
