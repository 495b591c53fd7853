package enrichmentapi

import (
	"context"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/enrichmentview"
)

// Jobs reads jobs, and what became of the records of one.
type Jobs interface {
	Job(ctx context.Context, ws kernel.WorkspaceID, id kernel.RunID) (enrichmentview.Job, error)
	Jobs(ctx context.Context, ws kernel.WorkspaceID, f enrichmentview.JobFilter) ([]enrichmentview.Job, error)
	Records(
		ctx context.Context, ws kernel.WorkspaceID, run kernel.RunID, state enrichment.MarkState, after enrichment.Cell, limit int,
	) ([]enrichmentview.Record, error)
	Stories(ctx context.Context, ws kernel.WorkspaceID, run kernel.RunID, cell enrichment.Cell) (map[int]enrichment.Story, error)
}

// Reads are the jobs, and how the providers fare.
type Reads interface {
	Jobs
	Health(ctx context.Context) (map[string]enrichment.Health, error)
	Drifts(ctx context.Context, ws kernel.WorkspaceID) ([]enrichmentview.Drift, error)
}
