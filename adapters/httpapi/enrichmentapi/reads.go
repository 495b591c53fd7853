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
	Stories(ctx context.Context, ws kernel.WorkspaceID, run kernel.RunID, cell enrichment.Cell) (map[int]enrichment.Story, error)
	Records(ctx context.Context, ws kernel.WorkspaceID, run kernel.RunID, f enrichmentview.RecordFilter) ([]enrichmentview.Record, error)
	Shares(ctx context.Context, ws kernel.WorkspaceID, run kernel.RunID) ([]enrichmentview.Share, error)
	Failures(ctx context.Context, ws kernel.WorkspaceID, run kernel.RunID, message *string, limit int) ([]enrichmentview.Failure, error)
}

// Reads are the jobs, and how the providers fare.
type Reads interface {
	Jobs
	Health(ctx context.Context) (map[string]enrichment.Health, error)
	Drifts(ctx context.Context, ws kernel.WorkspaceID) ([]enrichmentview.Drift, error)
}
