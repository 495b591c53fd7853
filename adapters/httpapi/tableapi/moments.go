package tableapi

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/gridview"
)

// Moments reads tables as they were.
type Moments interface {
	// At returns the reader of a table as of a moment, what the table was, and the moment of its last event up to there.
	At(ctx context.Context, live gridview.Info, asked gridview.AsOf) (Grid, gridview.Info, gridview.Moment, error)
	// Resolve returns the moment of the table's last event up to what is asked for.
	Resolve(ctx context.Context, live gridview.Info, asked gridview.AsOf) (gridview.Moment, error)
	// Begin returns the moment at which the table was made.
	Begin(ctx context.Context, live gridview.Info) (gridview.Moment, error)
	// Changes returns where the table's events of the types are, after a position and up to another, ascending.
	Changes(ctx context.Context, live gridview.Info, types []string, after, until int64) ([]int64, error)
	// Diff compares the table as of a moment with a later one, or if there is none, with how it is now.
	Diff(ctx context.Context, live gridview.Info, from gridview.AsOf, to *gridview.AsOf) (Diff, error)
}

// Diff compares a table at two moments.
type Diff interface {
	// Sides are the table at both.
	Sides() (from, to gridview.Version)
	// Columns lists the columns that are otherwise.
	Columns() []gridview.ColumnDifference
	Count(ctx context.Context, q gridview.Between) (gridview.Differing, error)
	// Page lists differences in the order of the rows' ids, and where the next page begins; its row is empty at the end.
	Page(ctx context.Context, q gridview.Between) (page []gridview.Difference, next gridview.Place, err error)
}

// AsOf is embedded by the inputs of reads that also tell how a table was.
type AsOf struct {
	AsOf string `query:"as_of" doc:"Read the table as it was at a log position or a time (RFC 3339)." maxLength:"64"`
}

// view is a table as a read sees it: as it is, or as of a moment.
type view struct {
	grid Grid
	info gridview.Info
	meta httpapi.Meta
}

// view finds a table that the caller may see, as of the moment that is asked for. Who may see a table may see how it was.
func (s service) view(ctx context.Context, p httpapi.Principal, id kernel.TableID, in AsOf) (view, error) {
	info, err := s.info(ctx, p, id)
	if err != nil {
		return view{}, err
	}
	if in.AsOf == "" {
		return view{s.Grid, info, httpapi.Meta{Position: info.Position}}, nil
	}
	asked, err := gridview.ReadAsOf("as_of", in.AsOf)
	if err != nil {
		return view{}, err
	}
	grid, was, moment, err := s.Moments.At(ctx, info, asked)
	return view{grid, was, httpapi.Meta{Position: info.Position, AsOf: (*httpapi.AsOf)(&moment)}}, err
}

// moment is the moment that is asked for, or nil where none is.
func (s service) moment(ctx context.Context, live gridview.Info, in AsOf) (*gridview.Moment, error) {
	if in.AsOf == "" {
		return nil, nil //nolint:nilnil // now is no moment
	}
	asked, err := gridview.ReadAsOf("as_of", in.AsOf)
	if err != nil {
		return nil, err
	}
	moment, err := s.Moments.Resolve(ctx, live, asked)
	return &moment, err
}
