package boot

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/worker"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/enrichmentapi"
	"github.com/morket/morket/adapters/outbound/providers"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/adapters/postgres/enrichmentread"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/sweeper"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/creditcmd"
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
	core     *core
	shared   *shared
	engine   *waterfall.Engine
	handlers *enrichmentcmd.Handlers
	runner   *enrichmentflow.Runner
	reads    *enrichmentread.Queries
	flows    *flows
}

// Providers returns the registry of the built-in providers with the installation's prices and limits, reaching the world as the settings
// say. It is the only place where they are made, so that a run without a server asks as the server does. measure is around each request;
// it may be nil.
func Providers(
	cfg config.Config, clock kernel.Clock, pages *Pages, measure func(http.RoundTripper) http.RoundTripper,
) (*enrichment.Registry, error) {
	resolver := safedial.NewResolver(cfg.DNSServer)
	// The engine bounds each call.
	client := safedial.NewClient(safedial.Config{
		Allow: cfg.DialAllow, Resolver: resolver, Timeout: enrichment.LongestTimeout,
		Headers: enrichment.LongestTimeout,
	})
	if measure != nil {
		client.Transport = measure(client.Transport)
	}
	vendors := safedial.NewClient(safedial.Config{
		Allow:      cfg.DialAllow,
		AllowPorts: cfg.ProviderURLs.Ports(),
		Resolver:   resolver,
		Timeout:    enrichment.LongestTimeout,
		Headers:    enrichment.LongestTimeout,
	})
	if measure != nil {
		vendors.Transport = measure(vendors.Transport)
	}
	for vendor := range cfg.ProviderURLs.ByVendor() {
		if vendor != webStandIn && !slices.Contains(providers.Vendors(), vendor) {
			return nil, fmt.Errorf("MORKET_PROVIDER_URLS: there is no vendor %q; there are %s", vendor, strings.Join(providers.Vendors(), ", "))
		}
	}
	r, err := providers.Builtin(providers.Config{
		Local: cfg.ProviderURLs.ByVendor(), Vendors: vendors,
		Resolver: resolver, Client: client, Body: safedial.Body, Inside: safedial.Inside,
		Agent: "Morket/" + Version + " (+https://github.com/morket/morket)", Clock: clock, Pages: pages,
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

// enrichmentConfig is what the enrichments are made from.
type enrichmentConfig struct {
	Providers   *enrichment.Registry
	Shared      *shared
	Grid        *gridread.Grid
	Positions   projections.Positions
	Ledger      *creditcmd.Ledger
	Credentials *credentials
}

func newEnrichments(c *core, f *flows, cfg enrichmentConfig) (*enrichments, error) {
	e := &enrichments{
		core:   c,
		flows:  f,
		shared: cfg.Shared,
		reads:  enrichmentread.NewQueries(c.rows, c.clock, c.ring).WithCache(cfg.Shared.cache),
	}
	var err error
	e.engine, err = waterfall.New(waterfall.Config{
		KeptOut:   c.keptOut,
		Registry:  cfg.Providers,
		Clock:     c.clock,
		Jitter:    rand.Float64,
		Quotas:    cfg.Shared.quotas,
		Cache:     e.reads,
		Patterns:  e.reads,
		Secrets:   cfg.Credentials,
		OnAttempt: c.metrics.Attempt,
		Away:      databaseDown,
	})
	if err != nil {
		return nil, err
	}
	rows, recorded := cfg.Grid.ForRuns(cfg.Positions), enrichmentread.NewRecorded(e.reads, cfg.Positions)
	e.handlers, err = enrichmentcmd.New(enrichmentcmd.Config{
		Store: c.store, Codec: c.codec, IDs: c.ids, Clock: c.clock, Engine: e.engine, Rows: rows, Ledger: cfg.Ledger, Rates: e.reads,
		Recorded: recorded, Credentials: cfg.Credentials.handlers,
	})
	if err != nil {
		return nil, err
	}
	e.runner, err = enrichmentflow.NewRunner(enrichmentflow.Config{
		Store:    c.store,
		Codec:    c.codec,
		IDs:      c.ids,
		Clock:    c.clock,
		Engine:   e.engine,
		Rows:     rows,
		OnRecord: c.metrics.Record,
		Watch:    c.watch,
		Failures: enrichmentread.NewFailures(e.reads, cfg.Positions),
		Recorded: recorded,
		Ledger:   cfg.Ledger,
		Sealer:   c.ring,
		Logger:   c.log.With("part", "enrichment"),
		Ward:     c.ward,
	})
	return e, err
}

func (e *enrichments) endpoints(a *httpapi.API) {
	enrichmentapi.Register(a, enrichmentapi.Deps{Handlers: e.handlers, Reads: e.reads, Waiting: e.flows.waiting})
}

// gatherEdits is how long edits are gathered before the columns that ask by themselves do.
const gatherEdits = 2 * time.Second

func (e *enrichments) parts() parts {
	starts := enrichmentflow.NewReactor(e.flows.client, e.core.store, e.core.codec)
	auto := enrichmentflow.NewAutoRuns(e.handlers, e.core.log.With("part", "auto-run"))
	return parts{
		reactions: []reaction{
			{name: enrichmentflow.ReactorName, types: starts.Types(), handle: starts.Handle},
			{name: enrichmentflow.AutoRunsName, types: auto.Types(), batch: auto.Handle, gather: gatherEdits},
		},
		flows: []flow{{
			register: func(r worker.Registry) { enrichmentflow.Register(r, enrichmentflow.NewActivities(e.runner)) },
			underway: e.underway,
		}},
		sweeps: []sweeper.Sweep{
			{Name: "answers", Every: 24 * time.Hour, Run: e.sweepAnswers},
			{Name: "quotas", Every: time.Hour, Run: e.shared.quotas.Forget},
		},
	}
}

// underway tells of the runs that the log says are under way.
func (e *enrichments) underway(ctx context.Context, each func(reconcile.Flow) error) error {
	run := func(u enrichmentread.Unfinished) kernel.RunID { return u.Run }
	return reconcile.Pages(ctx, e.reads.Unfinished, run, func(u enrichmentread.Unfinished) error {
		return each(enrichmentflow.Underway(enrichmentflow.Input{Workspace: u.Workspace, Run: u.Run, Round: u.Round, Position: u.Position}))
	})
}

const keyMonth = 31 * 24 * time.Hour

// sweepAnswers makes recorded answers unreadable whose time is over. A key is made with the first answer of its month, so it is kept a
// month longer than its answers have to be.
func (e *enrichments) sweepAnswers(ctx context.Context) (int, error) {
	keep := time.Duration(e.core.cfg.AnswersDays) * 24 * time.Hour
	n, err := e.core.ring.DestroyOlder(ctx, enrichment.AnswerKeys, e.core.clock.Now().Add(-keep-keyMonth))
	return int(n), err
}
