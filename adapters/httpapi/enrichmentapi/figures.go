package enrichmentapi

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// maxReasons is how many reasons of failures are told, the commonest ones.
const maxReasons = 50

// Figures are what providers did in a job, and why records failed.
type Figures struct {
	Providers []ProviderFigures `json:"providers" doc:"The busiest first."`
	Failures  []FailureFigures  `json:"failures" doc:"The commonest first, at most 50."`
}

// ProviderFigures are one provider's part in a job, retries included.
type ProviderFigures struct {
	Provider string            `json:"provider"`
	Asked    int64             `json:"asked" doc:"Records for which it was asked, or an earlier answer of it was looked at."`
	Found    int64             `json:"found" doc:"Accepted answers."`
	Failed   int64             `json:"failed"`
	Calls    int64             `json:"calls" doc:"With repeats."`
	Credits  kernel.Credits    `json:"credits_mc"`
	Cost     enrichment.Micros `json:"cost_usd_micros,omitempty" doc:"On the workspace's own bill."`
}

// FailureFigures is how many records failed for one reason.
type FailureFigures struct {
	Message string `json:"message"`
	Records int64  `json:"records"`
}

func (s service) figures(ctx context.Context, p httpapi.Principal, in *jobIn) (Figures, httpapi.Meta, error) {
	out := Figures{Providers: []ProviderFigures{}, Failures: []FailureFigures{}}
	if _, err := s.Reads.Job(ctx, p.Workspace, in.JobID); err != nil {
		return out, httpapi.Meta{}, err
	}
	shares, err := s.Reads.Shares(ctx, p.Workspace, in.JobID)
	if err != nil {
		return out, httpapi.Meta{}, err
	}
	for _, f := range shares {
		out.Providers = append(out.Providers, ProviderFigures{
			Provider: f.Provider,
			Asked:    f.Asked,
			Found:    f.Hits,
			Failed:   f.Failed,
			Calls:    f.Calls,
			Credits:  f.Credits,
			Cost:     f.Cost,
		})
	}
	failures, err := s.Reads.Failures(ctx, p.Workspace, in.JobID, nil, maxReasons)
	for _, f := range failures {
		out.Failures = append(out.Failures, FailureFigures{f.Message, f.Cells})
	}
	return out, httpapi.Meta{}, err
}

type retryIn struct {
	httpapi.InWorkspace
	JobID kernel.RunID `path:"jobId"`
	Body  *struct {
		Message *string `json:"message,omitempty" maxLength:"2000" doc:"Only the records that failed with exactly this message."`
	} `required:"false"`
}

func (s service) retry(ctx context.Context, meta kernel.Meta, in *retryIn) (commands.Result[enrichmentcmd.Controlled], error) {
	c := enrichmentcmd.Control{Workspace: meta.Workspace, Run: in.JobID, Verb: enrichmentcmd.Retry}
	if in.Body != nil && in.Body.Message != nil {
		why := in.Body.Message
		c.Only = &enrichment.Failures{Reason: *why}
		found, err := s.Reads.Failures(ctx, meta.Workspace, in.JobID, why, 1)
		if err != nil {
			return commands.Result[enrichmentcmd.Controlled]{}, err
		}
		for _, f := range found {
			c.Only.Records = f.Cells
		}
	}
	return s.Handlers.Control(ctx, meta, c)
}

func (s service) retried(ctx context.Context, p httpapi.Principal, in *retryIn) (httpapi.Reach, error) {
	return s.tableOf(ctx, p, in.JobID)
}
