package dataopsread

import (
	"context"
	"encoding/json"

	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// Grid gives the importer what it needs of the grid.
type Grid struct{ grid *gridread.Grid }

// NewGrid reads from the grid.
func NewGrid(g *gridread.Grid) *Grid { return &Grid{g} }

var _ dataopscmd.Grid = (*Grid)(nil)

// Count implements dataopscmd.Grid.
func (g *Grid) Count(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (int64, error) {
	info, err := g.grid.Table(ctx, ws, id)
	return info.RowCount, err
}

// Find implements dataopscmd.Grid.
func (g *Grid) Find(
	ctx context.Context, s table.Schema, keyColumns []kernel.ColumnID, keys [][]json.RawMessage, columns []kernel.ColumnID,
) ([][]dataopscmd.GridRow, int64, error) {
	matches, err := g.grid.JoinKeys(ctx, s, keyColumns, keys)
	if err != nil {
		return nil, 0, err
	}
	var ids []kernel.RowID
	for _, m := range matches {
		ids = append(ids, m...)
	}
	out := make([][]dataopscmd.GridRow, len(keys))
	if len(ids) == 0 {
		return out, 0, nil
	}
	cells, seen, err := g.grid.Cells(ctx, s, ids, columns)
	if err != nil {
		return nil, 0, err
	}
	for i, m := range matches {
		for _, id := range m {
			if row, ok := cells[id]; ok && !row.Trashed {
				out[i] = append(out[i], dataopscmd.GridRow{ID: id, Position: row.Position, Cells: row.Values})
			}
		}
	}
	return out, seen, nil
}

// Get implements dataopscmd.Grid.
func (g *Grid) Get(
	ctx context.Context, s table.Schema, ids []kernel.RowID, columns []kernel.ColumnID,
) ([]dataopscmd.GridRow, int64, error) {
	cells, seen, err := g.grid.Cells(ctx, s, ids, columns)
	if err != nil {
		return nil, 0, err
	}
	out := make([]dataopscmd.GridRow, 0, len(cells))
	for _, id := range ids {
		if row, ok := cells[id]; ok && !row.Trashed {
			out = append(out, dataopscmd.GridRow{ID: id, Position: row.Position, Cells: row.Values})
		}
	}
	return out, seen, nil
}

// After implements dataopscmd.Grid.
func (g *Grid) After(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, after kernel.RowID, limit int,
) ([]kernel.RowID, error) {
	return g.grid.Select(ctx, ws, id, table.Filter{}, "", after, limit)
}
