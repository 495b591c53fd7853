package dataopsapi

import (
	"context"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/dataopsview"
	"github.com/morket/morket/projections/gridview"
)

// Imports reads imports, and the problems of one.
type Imports interface {
	Import(ctx context.Context, ws kernel.WorkspaceID, id kernel.ImportID) (dataops.Summary, error)
	Imports(
		ctx context.Context, ws kernel.WorkspaceID, table kernel.TableID, before kernel.ImportID, limit int, only dataopsview.Only,
	) ([]dataops.Summary, error)
	Problems(ctx context.Context, ws kernel.WorkspaceID, id kernel.ImportID, fn func(dataops.Problem) error) error
}

// Tables knows the tables that are exported, and how a workspace reads written text.
type Tables interface {
	Table(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (gridview.Info, error)
	Reader(ctx context.Context, ws kernel.WorkspaceID) (table.Reader, error)
}

// Rows hands out the rows that a query chooses, or those of them that are named.
type Rows interface {
	Columns(info gridview.Info, q gridview.Query) ([]table.Column, error)
	Export(ctx context.Context, info gridview.Info, q gridview.Query, rows []kernel.RowID, fn func(gridview.ExportRow) error) error
}

// Grid is both.
type Grid interface {
	Tables
	Rows
}
