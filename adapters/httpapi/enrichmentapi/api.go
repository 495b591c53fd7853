// Package enrichmentapi is the HTTP side of enrichment: providers, enrichment columns, previews and jobs.
package enrichmentapi

import (
	"context"
	"net/http"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/enrichmentview"
)

const tag = "enrichment"

// maxInlineBody is how large a request with records of its own may be.
const maxInlineBody = 10 << 20

// Deps is what the endpoints need.
type Deps struct {
	Handlers *enrichmentcmd.Handlers
	Reads    Reads
	// Waiting names what jobs wait for that should be worked on, "temporal" for example; "" when nothing is in the way.
	Waiting func() string
}

// Register adds the endpoints.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	registerProviders(a, s)
	registerColumns(a, s)
	registerJobs(a, s)
}

func registerProviders(a *httpapi.API, s service) {
	httpapi.Read(a, httpapi.Op{
		ID: "list-providers", Method: http.MethodGet, Path: "/providers", Tag: tag, Summary: "The providers of answers",
		Scope: httpapi.SignedIn, Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.providers)
	httpapi.Read(a, httpapi.Op{
		ID: "get-provider", Method: http.MethodGet, Path: "/providers/{slug}", Tag: tag, Summary: "One provider",
		Scope: httpapi.SignedIn, Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.provider)
	httpapi.Read(a, httpapi.Op{
		ID: "list-provider-presets", Method: http.MethodGet, Path: "/providers/{slug}/presets", Tag: tag,
		Summary:     "Configurations of a provider for APIs that many have use for",
		Description: "Each has an answer as the API documents it. None for a provider that has none.",
		Scope:       httpapi.SignedIn, Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.presets)
	httpapi.Read(a, httpapi.Op{
		ID: "list-provider-drift", Method: http.MethodGet, Path: "W/provider-drift", Tag: tag,
		Summary:     "What has changed in the replies of providers",
		Description: "Of the last 14 days: a field that is gone or has another type, or a status of HTTP that means something else than it did.",
		Action:      workspace.ReadTables, Projection: enrichmentview.Name, Scope: httpapi.WholeWorkspace,
		Rate: httpapi.General,
	}, s.drift)
}

func registerColumns(a *httpapi.API, s service) {
	httpapi.Write(a, httpapi.Op{
		ID: "add-enrichment-column", Method: http.MethodPost, Path: "W/tables/{tableId}/enrichment-columns", Tag: tag,
		Summary: "Add a column that providers fill", Action: workspace.ManageTables, Status: http.StatusCreated,
		Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.addColumn)
	httpapi.Write(a, httpapi.Op{
		ID: "configure-enrichment", Method: http.MethodPut, Path: "W/tables/{tableId}/columns/{columnId}/enrichment",
		Tag: tag, Summary: "Change a column's enrichment",
		Description: "A data column becomes an enrichment column. Runs under way keep the enrichment that they began with.",
		Action:      workspace.ManageTables, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.configure)
	httpapi.Read(a, httpapi.Op{
		ID: "check-enrichment", Method: http.MethodPost, Path: "W/tables/{tableId}/enrichment:check", Tag: tag,
		Summary:     "Check an enrichment that is being written",
		Description: "Answers what is wrong with it, by field; nothing when it could be saved.",
		Action:      workspace.ManageTables, Scope: httpapi.TableInPath, Rate: httpapi.Grid,
	}, s.check)
	httpapi.Write(a, httpapi.Op{
		ID: "preview-enrichment", Method: http.MethodPost, Path: "W/tables/{tableId}/enrichment-preview", Tag: tag,
		Summary: "Try an enrichment on one row",
		Description: "No cell is changed. With call_paid an answer of a provider that has a price is paid like one of a run: its price is " +
			"reserved first (402 without enough credits, or when a cap stands against it) and debited with the note preview when the answer is " +
			"accepted.",
		Action: workspace.RunEnrichments, Rate: httpapi.Enrichment, Projection: "grid", Scope: httpapi.TableInPath,
	}, s.preview)
	httpapi.Write(a, httpapi.Op{
		ID: "backtest-enrichment", Method: http.MethodPost, Path: "W/enrichment-backtests", Tag: tag,
		Summary: "Say what another enrichment of a column would come to, from recorded replies",
		Description: "No provider is asked, nothing is paid and nothing is changed. Rows of which a reply that decides is not recorded are " +
			"counted apart, with an estimate.",
		Action: workspace.RunEnrichments, Rate: httpapi.Enrichment, Projection: "grid",
		Scope: httpapi.TablesOf(backtested),
	}, s.backtest)
	httpapi.Write(a, httpapi.Op{
		ID: "replay-enrichment", Method: http.MethodPost, Path: "W/tables/{tableId}/columns/{columnId}/enrichment-replay",
		Tag: tag, Summary: "Change a column's enrichment and apply it to recorded replies",
		Description: "A job without calls and without cost changes the cells. What people have written and cells without a recorded reply " +
			"stay. The change and the job are one step of undo.",
		Action: workspace.ManageTables, Rate: httpapi.Enrichment, Status: http.StatusCreated, Projection: "grid",
		Scope: httpapi.TableInPath,
	}, s.replay)
}

func registerJobs(a *httpapi.API, s service) {
	httpapi.Write(a, httpapi.Op{
		ID: "start-enrichment-job", Method: http.MethodPost, Path: "W/enrichment-jobs", Tag: tag,
		Summary:     "Run enrichment columns over rows, or a configuration over records",
		Description: "With dry_run only the estimate is answered.", Action: workspace.RunEnrichments,
		Rate: httpapi.Enrichment, Status: http.StatusCreated, MaxBody: maxInlineBody, Scope: httpapi.TablesOf(started),
	}, s.start)
	httpapi.Read(a, httpapi.Op{
		ID: "list-enrichment-jobs", Method: http.MethodGet, Path: "W/enrichment-jobs", Tag: tag,
		Summary: "The jobs, newest first", Action: workspace.ReadTables, Projection: enrichmentview.Name,
		Scope: httpapi.FilteredTablesOf(listed), Rate: httpapi.General,
	}, s.jobs)
	httpapi.Read(a, httpapi.Op{
		ID: "get-enrichment-job", Method: http.MethodGet, Path: "W/enrichment-jobs/{jobId}", Tag: tag, Summary: "One job",
		Action: workspace.ReadTables, Projection: enrichmentview.Name, Scope: httpapi.TablesOf(s.reach),
		Rate: httpapi.General,
	}, s.job)
	httpapi.Read(a, httpapi.Op{
		ID: "list-enrichment-records", Method: http.MethodGet, Path: "W/enrichment-jobs/{jobId}/records", Tag: tag,
		Summary: "What became of a job's records, with every attempt", Action: workspace.ReadTables,
		Projection: enrichmentview.Name, Scope: httpapi.TablesOf(s.recordsOf), Rate: httpapi.General,
	}, s.records)
	httpapi.Read(a, httpapi.Op{
		ID: "list-enrichment-stories", Method: http.MethodGet,
		Path: "W/enrichment-jobs/{jobId}/records/{rowId}/{columnId}/stories", Tag: tag,
		Summary: "How the attempts for a record worked their answers out, step by step", Action: workspace.ReadTables,
		Projection: enrichmentview.Name, Scope: httpapi.TablesOf(s.storiesOf), Rate: httpapi.General,
	}, s.stories)
	httpapi.Read(a, httpapi.Op{
		ID: "get-enrichment-job-figures", Method: http.MethodGet, Path: "W/enrichment-jobs/{jobId}/figures", Tag: tag,
		Summary: "What each provider did in a job, and why records failed", Action: workspace.ReadTables,
		Projection: enrichmentview.Name, Scope: httpapi.TablesOf(s.reach), Rate: httpapi.General,
	}, s.figures)
	httpapi.Write(a, httpapi.Op{
		ID: "retry-enrichment-job", Method: http.MethodPost, Path: "W/enrichment-jobs/{jobId}/retry", Tag: tag,
		Summary:     "Ask again for the records of an ended job that failed",
		Description: "With a message, only for those that failed with it.", Action: workspace.RunEnrichments,
		Projection: enrichmentview.Name, Scope: httpapi.TablesOf(s.retried), Rate: httpapi.General,
	}, s.retry)
	for verb, summary := range map[enrichmentcmd.Verb]string{
		enrichmentcmd.Pause: "Pause a job; calls under way finish", enrichmentcmd.Resume: "Go on with a paused job",
		enrichmentcmd.Cancel: "Cancel a job; calls under way finish and their answers are kept",
	} {
		httpapi.Write(a, httpapi.Op{
			ID: string(verb) + "-enrichment-job", Method: http.MethodPost, Path: "W/enrichment-jobs/{jobId}/" + string(verb),
			Tag: tag, Summary: summary, Action: workspace.RunEnrichments, Projection: enrichmentview.Name,
			Scope: httpapi.TablesOf(s.reach), Rate: httpapi.General,
		}, s.control(verb))
	}
}

type service struct{ Deps }

// Provider is a provider with how it has been doing.
type Provider struct {
	enrichment.Provider
	Health enrichment.Health `json:"health"`
}

func (s service) described(ctx context.Context, list ...enrichment.Provider) ([]Provider, error) {
	health, err := s.Reads.Health(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Provider, len(list))
	for i, p := range list {
		h, ok := health[p.Slug]
		if !ok || p.Dynamic { // a dynamic provider's server is each workspace's own: nobody's failures are another's
			h = enrichment.Health{State: "unknown"}
		}
		p.Inputs, p.Outputs = append([]enrichment.Field{}, p.Inputs...), append([]enrichment.Field{}, p.Outputs...) // lists, also when empty
		out[i] = Provider{p, h}
	}
	return out, nil
}

func (s service) providers(ctx context.Context, _ httpapi.Principal, _ *struct{}) ([]Provider, httpapi.Meta, error) {
	out, err := s.described(ctx, s.Handlers.Engine.Registry.Providers()...)
	return out, httpapi.Meta{}, err
}

type providerIn struct {
	Slug string `path:"slug"`
}

func (s service) provider(ctx context.Context, _ httpapi.Principal, in *providerIn) (Provider, httpapi.Meta, error) {
	p, ok := s.Handlers.Engine.Registry.Provider(in.Slug)
	if !ok {
		return Provider{}, httpapi.Meta{}, kernel.NotFound("provider", in.Slug)
	}
	out, err := s.described(ctx, p)
	if err != nil {
		return Provider{}, httpapi.Meta{}, err
	}
	return out[0], httpapi.Meta{}, nil
}

func (s service) presets(_ context.Context, _ httpapi.Principal, in *providerIn) ([]enrichment.Preset, httpapi.Meta, error) {
	out, ok := s.Handlers.Engine.Registry.Presets(in.Slug)
	if !ok {
		return nil, httpapi.Meta{}, kernel.NotFound("provider", in.Slug)
	}
	return out, httpapi.Meta{}, nil
}

func (s service) drift(ctx context.Context, p httpapi.Principal, _ *httpapi.InWorkspace) ([]enrichmentview.Drift, httpapi.Meta, error) {
	out, err := s.Reads.Drifts(ctx, p.Workspace)
	return out, httpapi.Meta{}, err
}
