package enrichmentapi

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
)

// What requests about jobs touch: the table whose rows the job is over. Records of a request's own are of no table.

func started(_ context.Context, _ httpapi.Principal, in *startIn) (httpapi.Reach, error) {
	r := httpapi.ReachOf(in.Body.TableID)
	r.Beyond = in.Body.Inline != nil
	return r, nil
}

func listed(_ context.Context, _ httpapi.Principal, in *jobsIn) (httpapi.Reach, error) {
	return httpapi.ReachOf(in.Table), nil
}

func (s service) reach(ctx context.Context, p httpapi.Principal, in *jobIn) (httpapi.Reach, error) {
	return s.tableOf(ctx, p, in.JobID)
}

func (s service) recordsOf(ctx context.Context, p httpapi.Principal, in *recordsIn) (httpapi.Reach, error) {
	return s.tableOf(ctx, p, in.JobID)
}

func (s service) tableOf(ctx context.Context, p httpapi.Principal, id kernel.RunID) (httpapi.Reach, error) {
	j, err := s.Reads.Job(ctx, p.Workspace, id)
	if err == nil && (j.Table == "" || !p.CanSeeTable(j.Table)) {
		err = kernel.NotFound("job", string(id))
	}
	return httpapi.ReachOf(j.Table), err
}
