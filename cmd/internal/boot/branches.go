package boot

import (
	"context"

	"github.com/morket/morket/adapters/httpapi/tableapi"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/domain/kernel"
)

// tableBranches are the branches of the API of tables.
type tableBranches struct{ *gridread.Grid }

// CompareBranch implements tableapi.Branches.
func (b tableBranches) CompareBranch(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (tableapi.BranchDiff, error) {
	return b.Grid.CompareBranch(ctx, ws, id)
}

// branchOf implements httpapi.Config.BranchOf.
func (t *tables) branchOf(ctx context.Context, ws kernel.WorkspaceID, branch kernel.TableID) (kernel.TableID, error) {
	info, err := t.grid.Table(ctx, ws, branch)
	return info.Schema.Of, err
}
