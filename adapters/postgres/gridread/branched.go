package gridread

import (
	"context"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// Branched compares branches for the commands. It is tablecmd.Branches.
type Branched struct{ grid *Grid }

var _ tablecmd.Branches = (*Branched)(nil)

// NewBranched compares the branches of a grid.
func NewBranched(grid *Grid) *Branched { return &Branched{grid} }

// BranchCount implements tablecmd.Branches.
func (b *Branched) BranchCount(ctx context.Context, of kernel.TableID) (int, error) {
	return b.grid.BranchCount(ctx, of)
}

// MergedBy implements tablecmd.Branches.
func (b *Branched) MergedBy(ctx context.Context, of kernel.TableID, merge string) (kernel.TableID, error) {
	return b.grid.MergedBy(ctx, of, merge)
}

// Begin implements tablecmd.Branches.
func (b *Branched) Begin(ctx context.Context, ws kernel.WorkspaceID, branch kernel.TableID) (base, own, of int64, err error) {
	d, err := b.grid.CompareBranch(ctx, ws, branch)
	if err != nil {
		return 0, 0, 0, err
	}
	return d.branch.Base, d.branch.Last, d.table.Last, nil
}

// Count implements tablecmd.Branches.
func (b *Branched) Count(ctx context.Context, q tablecmd.DivergedQuery) (all, conflicts int64, err error) {
	d, err := b.grid.CompareBranch(ctx, q.Workspace, q.Branch)
	if err != nil {
		return 0, 0, err
	}
	n, err := d.Count(ctx, gridview.Diverging{Against: gridview.AgainstTable, Columns: q.Columns})
	return n.Cells + n.Added + n.Removed + n.Revived, n.Conflicts, err
}

// Page implements tablecmd.Branches.
func (b *Branched) Page(ctx context.Context, q tablecmd.DivergedQuery) (out []tablecmd.Diverged, next table.MergePlace, err error) {
	d, err := b.grid.CompareBranch(ctx, q.Workspace, q.Branch)
	if err != nil {
		return nil, next, err
	}
	page, at, err := d.Page(ctx, gridview.Diverging{
		Against: gridview.AgainstTable, Columns: q.Columns, After: gridview.Place(q.After), Limit: q.Limit,
	})
	if err != nil {
		return nil, next, err
	}
	out = make([]tablecmd.Diverged, len(page))
	for i, x := range page {
		out[i] = tablecmd.Diverged{
			Kind: tablecmd.Divergence(x.Kind), Row: x.Row, Column: x.Column, Table: x.Table, Branch: x.Branch, Conflict: x.Conflict,
		}
	}
	return out, table.MergePlace(at), nil
}
