package searchview

import (
	"context"

	"github.com/morket/morket/domain/kernel"
)

// Writer keeps documents and the structures of their tables.
type Writer interface {
	// Structures returns those of the tables that are there.
	Structures(ctx context.Context, ids []kernel.TableID) ([]*Structure, error)
	// Documents returns those of the rows' documents that are there, in any order.
	Documents(ctx context.Context, rows []kernel.RowID) ([]*Document, error)
	// Scan returns documents of a table in the order of their rows, from behind the given row on; "" begins, and then everything
	// that was saved before is seen.
	Scan(ctx context.Context, id kernel.TableID, after kernel.RowID, limit int) ([]*Document, error)
	// Save writes what has changed. A store may pass over a document that is older than the one it has.
	Save(ctx context.Context, b Batch) error
	// Finish follows the last Save of a transaction.
	Finish(ctx context.Context) error
}

// Batch is what a run of events changes, each document once.
type Batch struct {
	Structures []*Structure
	Changes    []Change
}

// Change is a document as it is now, with what it is found by, and by what it was found before: nil for a new document.
type Change struct {
	*Document
	Entry  Entry
	Before *Entry
}
