package boot

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"go.temporal.io/sdk/worker"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/enrichmentapi"
	"github.com/morket/morket/adapters/outbound/providers"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/adapters/postgres/enrichmentread"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/credentialcmd"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
)

// enrichments is the waterfall engine with its providers, and the runs.
type enrichments struct {
	registry *enrichment.Registry
	engine   *waterfall.Engine
	handlers *enrichmentcmd.Handlers
	runner   *enrichmentflow.Runner
	reads    *enrichmentread.Queries
}

// Providers returns the registry of the built-in providers with the installation's prices and limits, reaching the world as the settings say. It is
// the only place where they are made, so that a run without a server asks as the server does. measure is around each request; it may be nil.
func Providers(cfg config.Config, clock kernel.Clock, measure func(http.RoundTripper) http.RoundTripper) (*enrichment.Registry, error) {
	resolver := safedial.NewResolver(cfg.DNSServer)
	client := safedial.NewClient(safedial.Config{Allow: cfg.DialAllow, Resolver: resolver})
	if measure != nil {
		client.Transport = measure(client.Transport)
	}
	r, err := providers.Builtin(providers.Config{
		Resolver: resolver, Client: client, Body: safedial.Body, Inside: safedial.Inside,
		Agent: "Morket/" + Version + " (+https://github.com/morket/morket)", Clock: clock,
	})
	if err != nil {
		return nil, err
	}
	if r, err = r.WithPrices(cfg.ProviderPrices.ByProvider()); err != nil {
		return nil, fmt.Errorf("MORKET_PROVIDER_PRICES: %w", err)
	}
	if r, err = r.WithLimits(cfg.ProviderLimits.ByProvider()); err != nil {
		return nil, fmt.Errorf("MORKET_PROVIDER_LIMITS: %w", err)
	}
	return r, nil
}

func (p *Platform) enrichments(common *shared, grid *gridread.Grid, positions projections.Positions, m *credits) (*enrichments, error) {
	e := &enrichments{registry: p.providers, reads: enrichmentread.NewQueries(p.rows, p.clock, p.ring).WithCache(common.cache)}
	var err error
	e.engine, err = waterfall.New(waterfall.Config{
		Registry: e.registry, Clock: p.clock, Jitter: rand.Float64, Quotas: common.quotas, Cache: e.reads, Secrets: secrets{m.credentials}, OnAttempt: p.metrics.Attempt,
		Away: databaseDown,
	})
	if err != nil {
		return nil, err
	}
	rows := grid.ForRuns(positions)
	e.handlers, err = enrichmentcmd.New(enrichmentcmd.Config{
		Store: p.store, Codec: p.codec, IDs: p.ids, Clock: p.clock, Engine: e.engine, Rows: rows, Ledger: m.ledger, Rates: e.reads, Credentials: m.credentials,
	})
	if err != nil {
		return nil, err
	}
	e.runner, err = enrichmentflow.NewRunner(enrichmentflow.Config{
		Store: p.store, Codec: p.codec, IDs: p.ids, Clock: p.clock, Engine: e.engine, Rows: rows, OnRecord: p.metrics.Record,
		Failures: enrichmentread.NewFailures(e.reads, positions), Ledger: m.ledger, Sealer: p.ring, Logger: p.log.With("part", "enrichment"), Ward: p.ward,
	})
	return e, err
}

// flow adds the run's workflow to the worker and returns the reactor that starts it.
func (e *enrichments) flow(p *Platform, f *flows) reaction {
	f.register = append(f.register, func(r worker.Registry) { enrichmentflow.Register(r, enrichmentflow.NewActivities(e.runner)) })
	f.sources = append(f.sources, func(ctx context.Context, each func(reconcile.Flow) error) error {
		return reconcile.Pages(ctx, e.reads.Unfinished, func(u enrichmentread.Unfinished) kernel.RunID { return u.Run }, func(u enrichmentread.Unfinished) error {
			return each(enrichmentflow.Underway(enrichmentflow.Input{Workspace: u.Workspace, Run: u.Run, Round: u.Round, Position: u.Position}))
		})
	})
	r := enrichmentflow.NewReactor(f.client, p.store, p.codec)
	return reaction{name: enrichmentflow.ReactorName, types: r.Types(), handle: r.Handle}
}

// gatherEdits is how long edits are gathered before the columns that ask by themselves do.
const gatherEdits = 2 * time.Second

// autoRuns returns the reactor that starts runs by itself.
func (e *enrichments) autoRuns(p *Platform) reaction {
	r := enrichmentflow.NewAutoRuns(e.handlers, p.log.With("part", "auto-run"))
	return reaction{name: enrichmentflow.AutoRunsName, types: r.Types(), batch: r.Handle, gather: gatherEdits}
}

// keyed reports whether the provider takes a key.
func (e *enrichments) keyed(slug string) bool {
	provider, ok := e.registry.Provider(slug)
	return ok && provider.Auth != enrichment.AuthNone
}

func (p *Platform) registerEnrichments(a *httpapi.API, e *enrichments, waiting func() string) {
	enrichmentapi.Register(a, enrichmentapi.Deps{Handlers: e.handlers, Reads: e.reads, Waiting: waiting})
}

// secrets opens credentials for runs; each opening is in the credential's history.
type secrets struct{ vault *credentialcmd.Handlers }

// Open implements waterfall.Secrets.
func (s secrets) Open(ctx context.Context, ws kernel.WorkspaceID, id kernel.CredentialID) (map[string]string, []string, error) {
	return s.vault.Open(ctx, kernel.Meta{Actor: kernel.System(), Workspace: ws}, id, "enrichment")
}
