package gridread

import (
	"context"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/projections/gridview"
)

// PastOf compares tables of a grid with how they were. It is tablecmd.Moments.
type PastOf struct {
	grid    *Grid
	moments *Moments
}

var _ tablecmd.Moments = (*PastOf)(nil)

// NewPastOf compares the tables of a grid.
func NewPastOf(grid *Grid, moments *Moments) *PastOf { return &PastOf{grid, moments} }

// Past implements tablecmd.Moments.
func (p *PastOf) Past(ctx context.Context, q tablecmd.PastQuery) (out tablecmd.PastTable, err error) {
	live, err := p.grid.Table(ctx, q.Workspace, q.Table)
	if err != nil {
		return out, err
	}
	diff, err := p.moments.Diff(ctx, live, gridview.AsOf(q.Moment), nil)
	if err != nil {
		return out, err
	}
	page, next, err := diff.Page(ctx, gridview.Between{
		Columns: q.Columns, Rows: q.Rows, Restoring: true, After: gridview.Place(q.After), Limit: q.Limit,
	})
	if err != nil {
		return out, err
	}
	from, _ := diff.Sides()
	out.Position, out.At, out.Next = from.Moment.Position, from.Moment.At, tablecmd.PastPlace(next)
	for _, d := range page {
		switch d.Kind {
		case gridview.RowAdded:
			out.Added = append(out.Added, d.Row)
		case gridview.RowRemoved:
			out.Removed = append(out.Removed, tablecmd.PastRow{Row: d.Row, Trashed: d.Trashed})
		case gridview.CellDiffers:
			out.Cells = append(out.Cells, tablecmd.PastCell{Row: d.Row, Column: d.Column, Was: d.Old, Now: d.New})
		}
	}
	return out, nil
}
