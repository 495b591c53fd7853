package creditapi

import (
	"context"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/creditview"
)

// Balances reads what a workspace has, and what it has spent since a time.
type Balances interface {
	Balance(ctx context.Context, ws kernel.WorkspaceID) (creditview.Balance, error)
	SpentSince(ctx context.Context, ws kernel.WorkspaceID, since time.Time) (kernel.Credits, error)
}

// Entries reads the ledger's entries, newest first, and the lines of debits.
type Entries interface {
	Transactions(ctx context.Context, ws kernel.WorkspaceID, f creditview.Filter, fn func(creditview.Listed) error) error
	LinesOf(ctx context.Context, ws kernel.WorkspaceID, seq int64, from, limit int) ([]creditview.Line, error)
	LinesOfCell(ctx context.Context, ws kernel.WorkspaceID, row kernel.RowID, column kernel.ColumnID) ([]creditview.Line, error)
}

// Reads is both.
type Reads interface {
	Balances
	Entries
}
