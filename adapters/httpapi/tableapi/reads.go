package tableapi

import (
	"context"
	"encoding/json"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
	"github.com/morket/morket/projections/historyview"
)

// Tables knows the tables, and how a workspace reads written text.
type Tables interface {
	Table(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (gridview.Info, error)
	// Structure returns the structure of a table, in the trash or not.
	Structure(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (*table.Table, error)
	// Reached lists the other tables that the table's lookups look into, directly or through others.
	Reached(ctx context.Context, info gridview.Info) ([]kernel.TableID, error)
	List(
		ctx context.Context, ws kernel.WorkspaceID, trashed bool, after kernel.TableID, limit int, only ...kernel.TableID,
	) ([]gridview.Summary, error)
	Reader(ctx context.Context, ws kernel.WorkspaceID) (table.Reader, error)
}

// RowReader reads the rows of a table.
type RowReader interface {
	Page(ctx context.Context, info gridview.Info, q gridview.Query, cursor string, offset int64, limit int) (gridview.Page, error)
	Row(ctx context.Context, info gridview.Info, id kernel.RowID) (json.RawMessage, error)
	// TryLookup tells what a lookup would make of the table's first rows and of one row, which may be empty.
	TryLookup(ctx context.Context, info gridview.Info, c table.Column, row kernel.RowID) (gridview.TriedLookup, error)
	Exists(ctx context.Context, id kernel.TableID, rows []kernel.RowID) (live, trashed map[kernel.RowID]bool, err error)
}

// Counts counts the rows that a query chooses, all or those before one.
type Counts interface {
	Count(ctx context.Context, info gridview.Info, q gridview.Query) (int64, error)
	CountBefore(ctx context.Context, info gridview.Info, q gridview.Query, row kernel.RowID) (n int64, selected bool, err error)
}

// Summaries tells what the values of a column come to, in all rows or in each group of them.
type Summaries interface {
	Groups(ctx context.Context, info gridview.Info, q gridview.Query, of []table.Aggregate, offset int64, limit int) (gridview.Groups, error)
	Summary(ctx context.Context, info gridview.Info, q gridview.Query, c table.Column) (gridview.ColumnSummary, error)
}

// TextFinder finds where a text stands in the rows that a query selects.
type TextFinder interface {
	Find(
		ctx context.Context, info gridview.Info, q gridview.Query, cols []table.Column, pattern table.TextPattern, s gridview.TextSearch,
	) (gridview.Found, error)
}

// TrashReader reads what can be restored.
type TrashReader interface {
	DeletedColumns(ctx context.Context, ws kernel.WorkspaceID, tables int, only ...kernel.TableID) ([]gridview.DeletedColumn, error)
	TrashedRows(ctx context.Context, info gridview.Info, cursor string, limit int) ([]gridview.TrashedRow, string, error)
}

// Grid is all that is read of tables.
type Grid interface {
	Tables
	RowReader
	Counts
	Summaries
	TextFinder
	TrashReader
}

// History reads what happened to rows and cells, and the steps that a person can undo and redo.
type History interface {
	Entries(
		ctx context.Context, id kernel.TableID, row kernel.RowID, col kernel.ColumnID, before int64, limit int,
	) ([]historyview.Entry, int64, error)
	Stack(ctx context.Context, id kernel.TableID, user kernel.UserID) (undo, redo []tablecmd.StepRecord, err error)
	// Types are the event types that the history tells of; StepsAt tells of events, by their positions, to which steps they belong.
	Types() []string
	StepsAt(ctx context.Context, positions []int64) ([]historyview.StepAt, error)
}
