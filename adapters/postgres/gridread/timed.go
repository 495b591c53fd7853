package gridread

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
)

// Timed is a table whose formulas have been told the time.
type Timed struct {
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
}

const timedQuery = `SELECT workspace_id, table_id FROM rm_grid.tables WHERE NOT purged AND trashed_at IS NULL AND table_id > $1
	AND strpos(state, '"tick":') > 0 ORDER BY table_id LIMIT $2`

// Timed lists tables by id, from after the given one on, whose formulas have been told the time.
func (g *Grid) Timed(ctx context.Context, after kernel.TableID, limit int) ([]Timed, error) {
	rows, err := g.db.Query(ctx, timedQuery, after, limit)
	if err != nil {
		return nil, fmt.Errorf("look for tables with the time: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Timed])
	if err != nil {
		return nil, fmt.Errorf("look for tables with the time: %w", err)
	}
	return out, nil
}
