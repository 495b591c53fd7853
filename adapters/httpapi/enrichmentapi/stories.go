package enrichmentapi

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

type storiesIn struct {
	httpapi.InWorkspace
	JobID    kernel.RunID    `path:"jobId"`
	RowID    kernel.RowID    `path:"rowId"`
	ColumnID kernel.ColumnID `path:"columnId"`
}

// Story is how an attempt worked its answer out.
type Story struct {
	Attempt int              `json:"attempt" minimum:"0" doc:"Its place among the record's attempts."`
	Whole   bool             `json:"whole" doc:"False where a text was too long to be kept."`
	Steps   enrichment.Story `json:"steps"`
}

func (s service) storiesOf(ctx context.Context, p httpapi.Principal, in *storiesIn) (httpapi.Reach, error) {
	return s.tableOf(ctx, p, in.JobID)
}

// stories answers those that can be read: their key is destroyed when the time of the answers is over.
func (s service) stories(ctx context.Context, p httpapi.Principal, in *storiesIn) ([]Story, httpapi.Meta, error) {
	byAttempt, err := s.Reads.Stories(ctx, p.Workspace, in.JobID, enrichment.Cell{Row: in.RowID, Column: in.ColumnID})
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	out := []Story{}
	for i := range enrichment.MaxSteps {
		if story, ok := byAttempt[i]; ok {
			out = append(out, Story{Attempt: i, Whole: story.Whole(), Steps: story})
		}
	}
	return out, httpapi.Meta{}, nil
}
