package analyticsread

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/analyticsview"
)

// Queries answers questions over the cube. It is an analyticsview.Store.
type Queries struct{ db postgres.Reader }

var _ analyticsview.Store = (*Queries)(nil)

// NewQueries reads through a pool or within a scope.
func NewQueries(db postgres.Reader) *Queries { return &Queries{db} }

// Sum implements analyticsview.Store.
func (q *Queries) Sum(ctx context.Context, in analyticsview.Query, fn func(analyticsview.Row) error) error {
	if in.Unhurried {
		ctx = postgres.Unhurried(ctx)
	}
	sql, args := sumSQL(in)
	rows, err := q.db.Query(ctx, sql, args...)
	if err != nil {
		return fmt.Errorf("sum up the analytics: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		row := analyticsview.Row{Dims: make([]string, len(in.By))}
		var bucket int
		to := []any{&bucket}
		for i := range row.Dims {
			to = append(to, &row.Dims[i])
		}
		if err := rows.Scan(append(to, row.Pointers()...)...); err != nil {
			return err
		}
		row.Bucket = in.Buckets[bucket-1]
		if err := fn(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// sumSQL makes the statement. Names come from the fixed lists of the cube.
func sumSQL(q analyticsview.Query) (sql string, args []any) {
	args = []any{string(q.Workspace), string(q.Kind), q.From(), q.To(), q.Buckets[:len(q.Buckets)-1]}
	groups, order := []string{"1"}, []string{"1"}
	columns := []string{"width_bucket(quarter, $5::timestamptz[])"}
	for i, d := range q.By {
		columns = append(columns, string(d))
		groups = append(groups, strconv.Itoa(i+2))
		order = append(order, string(d)+` COLLATE "C"`) // by bytes, as everywhere, and not by the database's language
	}
	for _, name := range analyticsview.Names() {
		columns = append(columns, "sum("+name+")::bigint")
	}
	where := []string{"workspace_id = $1 AND kind = $2 AND quarter >= $3 AND quarter < $4"}
	for _, d := range slices.Sorted(maps.Keys(q.Where)) {
		args = append(args, q.Where[d])
		where = append(where, fmt.Sprintf("%s = $%d", d, len(args)))
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM rm_analytics.cube WHERE " + strings.Join(where, " AND ") +
		" GROUP BY " + strings.Join(groups, ", ") + " ORDER BY " + strings.Join(order, ", "), args
}

// Stamp implements analyticsview.Store: the position of the workspace's last event.
func (q *Queries) Stamp(ctx context.Context, ws kernel.WorkspaceID) (int64, error) {
	var position int64
	err := q.db.QueryRow(ctx, `SELECT position FROM rm_analytics.stamps WHERE workspace_id = $1`, string(ws)).Scan(&position)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return position, err
}
