package searchapi

import (
	"context"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/savedsearchview"
)

// Saved reads a person's saved searches, and the last request to make the index anew.
type Saved interface {
	List(ctx context.Context, ws kernel.WorkspaceID, owner string, after kernel.SavedSearchID, limit int) ([]savedsearchview.Saved, error)
	Reindex(ctx context.Context, ws kernel.WorkspaceID) (*savedsearchview.Reindex, error)
}
