package gridread

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/domain/kernel"
)

// TablesOf returns the names of the physical tables that hold the rows of a workspace, live and in the trash.
func TablesOf(ctx context.Context, pool *pgxpool.Pool, ws kernel.WorkspaceID) (out []string, err error) {
	rows, err := pool.Query(ctx, `SELECT table_id FROM rm_grid.tables WHERE workspace_id = $1 AND NOT purged`, ws)
	if err != nil {
		return nil, fmt.Errorf("list the tables of %s: %w", ws, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[kernel.TableID])
	for _, id := range ids {
		if id.IsBranch() {
			out = append(out, ownRows(id), savedRows(id), trashedRows(id))
			continue
		}
		out = append(out, liveRows(id), trashedRows(id))
	}
	return out, err
}
