package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/domain/kernel"
)

const siftedSQL = `SELECT c.relname,
		EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = $1 AND c.relkind = 'r' ORDER BY c.relname`

// Sift goes through the rows of a schema's tables that are a workspace's, as texts, and says of how many fn is true. A table has them by a
// column workspace_id, or is as a whole one that own names; another table's rows are not looked at.
func Sift(
	ctx context.Context, pool *pgxpool.Pool, schema string, ws kernel.WorkspaceID, own func(table string) bool, fn func(row string) bool,
) (n int64, err error) {
	type sifted struct {
		Table string
		Named bool
	}
	rows, err := pool.Query(ctx, siftedSQL, schema)
	if err != nil {
		return 0, fmt.Errorf("list the tables of %s: %w", schema, err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByPos[sifted])
	if err != nil {
		return 0, fmt.Errorf("list the tables of %s: %w", schema, err)
	}
	for _, t := range tables {
		sql, args := "SELECT t::text FROM "+pgx.Identifier{schema, t.Table}.Sanitize()+" t", []any{}
		switch {
		case t.Named:
			sql, args = sql+" WHERE workspace_id = $1", []any{string(ws)}
		case !own(t.Table):
			continue
		}
		found, err := pool.Query(ctx, sql, args...)
		if err != nil {
			return n, fmt.Errorf("look through %s.%s: %w", schema, t.Table, err)
		}
		var row string
		if _, err := pgx.ForEachRow(found, []any{&row}, func() error {
			if fn(row) {
				n++
			}
			return nil
		}); err != nil {
			return n, fmt.Errorf("look through %s.%s: %w", schema, t.Table, err)
		}
	}
	return n, nil
}
