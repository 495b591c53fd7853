package boot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/adapters/opensearch"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/adapters/telemetry"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/eventstore/logtail"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/searchview"
	"github.com/morket/morket/projections/sidestore"
)

// Platform is what every command of the program stands on: the database, the log, the read models.
type Platform struct {
	cfg   config.Config
	log   *slog.Logger
	clock kernel.Clock // the database's, once it is open
	ids   *kernel.IDs

	databaseURL string
	postgres    *ownDatabase     // nil when the database is not ours
	pool        *pgxpool.Pool    // as the tables' owner: the log, the projections and the installation's own tasks
	app         *pgxpool.Pool    // as postgres.AppRole: what requests read
	exports     *pgxpool.Pool    // the same for files that leave, which take long
	rows        *postgres.Scoped // all of them, by whose the question is
	metrics     *telemetry.Metrics
	tracing     *telemetry.Tracing
	store       *telemetry.Store
	tail        *logtail.Tail // the store with its newest events in memory, for consumers
	codec       *eventstore.Codec
	providers   *enrichment.Registry
	encoder     *cloudevent.Encoder
	read        *postgres.Store
	analytics   *analytics
	opensearch  *opensearch.Client // nil when the search is kept in Postgres
	searchSide  *sidestore.Store   // likewise
	vault       *vault.Vault
	ring        *vault.Ring // keys that can be destroyed
	people      *people
	ward        *quarantine.Ward // of runs, imports and reactors
	projWard    *quarantine.Ward // of projections, which those wait for
	presence    *postgres.Presence
	history     *history
}

// Open connects to the database, starting the embedded one if it is not running yet, and brings the schemas up to date.
func Open(ctx context.Context, cfg config.Config, log *slog.Logger) (*Platform, error) {
	cfg, err := cfg.EnsureKeys()
	if err != nil {
		return nil, err
	}
	clock := kernel.SystemClock{}
	p := &Platform{cfg: cfg, log: log, clock: clock, metrics: telemetry.NewMetrics(Version, clock), people: &people{clock: clock}, ward: quarantine.NewWard(), projWard: quarantine.NewWard()}
	if p.providers, err = Providers(p.cfg, p.clock, p.measure("providers")); err != nil {
		return nil, err // before anything is started: it is a matter of the settings
	}
	if err := p.open(ctx); err != nil {
		p.Close() //nolint:contextcheck // the last traces have a time of their own
		return nil, err
	}
	return p, nil
}

func (p *Platform) open(ctx context.Context) error {
	var err error
	if p.codec, err = Codec(); err != nil {
		return err
	}
	p.encoder = cloudevent.NewEncoder(p.cfg.PublicURL, Published())
	if p.tracing, err = telemetry.NewTracing(ctx, telemetry.TraceConfig{Endpoint: p.cfg.OTLPEndpoint, Version: Version, Metrics: p.metrics}); err != nil {
		return err
	}
	if err := p.findDatabase(ctx); err != nil {
		return err
	}
	if p.pool, err = connect(ctx, p.databaseURL, p.tracing.Postgres(), nil); err != nil {
		return fmt.Errorf("connect to Postgres: %w", err)
	}
	if err := refuseUnfinished(ctx, p.pool); err != nil {
		return err
	}
	if err := migrate(ctx, p.pool); err != nil {
		return err
	}
	if p.presence, err = postgres.Join(ctx, postgres.PresenceConfig{Pool: p.pool, Logger: p.log}); err != nil {
		return err
	}
	p.clock = p.presence
	p.ids = kernel.NewIDs(p.clock)
	asApp := func(cfg *pgxpool.Config) { postgres.AppPool(cfg, p.cfg.QueryTimeout) }
	if p.app, err = connect(ctx, p.databaseURL, p.tracing.Postgres(), asApp); err != nil {
		return fmt.Errorf("connect to Postgres as %s: %w", postgres.AppRole, err)
	}
	small := func(cfg *pgxpool.Config) {
		asApp(cfg)
		cfg.MaxConns = min(cfg.MaxConns, exportsSize)
	}
	if p.exports, err = connect(ctx, p.databaseURL, p.tracing.Postgres(), small); err != nil {
		return fmt.Errorf("connect to Postgres for exports: %w", err)
	}
	p.rows = postgres.NewScoped(p.app, p.pool).WithExports(p.exports).Of(p.presence.Models())
	if err := p.openVault(ctx); err != nil {
		return err
	}
	log, err := pgstore.Open(ctx, pgstore.Config{Pool: p.pool, Logger: p.log, OnBatch: p.metrics.Batch, Short: p.presence.AllReadShort})
	if err != nil {
		return err
	}
	p.history = &history{log: log, pool: p.pool, lines: p.log}
	p.store = telemetry.NewStore(log, p.metrics, p.tracing, p.clock)
	p.tail = logtail.New(p.store, 0)
	last, err := log.LastTime(ctx)
	if err != nil {
		return err
	}
	p.ids.After(last) // a clock that was set back doesn't make ids that lie before those in the log
	if p.read, err = postgres.NewStore(p.pool, models()...); err != nil {
		return err
	}
	p.read = p.read.In(p.presence)
	if p.analytics, err = p.openAnalytics(); err != nil {
		return err
	}
	if err := p.openSearch(); err != nil {
		return err
	}
	if err := p.findHistory(ctx); err != nil {
		return err
	}
	return p.openModels(ctx)
}

// openModels makes known which read models the process reads, and makes those of earlier versions fit to be read.
func (p *Platform) openModels(ctx context.Context) error {
	versions := map[string]int{}
	for _, pr := range p.projectors() {
		versions[pr.Name()] = pr.Version()
	}
	if err := p.presence.Read(ctx, versions); err != nil { // before it is looked whether a later version has taken one over
		return err
	}
	for _, pr := range p.projectors() {
		if err := p.refuseNewer(ctx, pr); err != nil {
			return err
		}
		if err := p.read.Expand(ctx, pr.Name(), pr.Version()); err != nil {
			return err
		}
	}
	return p.read.Protect(ctx)
}

// refuseNewer refuses to start beside a read model that a later version has made: what it holds is not known here. Processes of this
// version that run when the later one takes over go on.
func (p *Platform) refuseNewer(ctx context.Context, pr projections.Projector) error {
	c, made, err := p.read.Checkpoint(ctx, projections.LiveOf(pr.Name()))
	if err != nil || !made || c.Version <= pr.Version() {
		return err
	}
	return fmt.Errorf("the read model %s was made by a later version of Morket (version %d, this one makes version %d): start that version, "+
		"or restore a backup from before the upgrade; nothing was changed", pr.Name(), c.Version, pr.Version())
}

func (p *Platform) openVault(ctx context.Context) error {
	var err error
	if p.vault, err = vault.New(p.cfg.MasterKey.Reveal()...); err != nil {
		return err
	}
	keys, err := vault.OpenPostgresKeys(ctx, p.pool)
	if err != nil {
		return err
	}
	p.ring = vault.NewRing(p.vault, keys, p.clock)
	return nil
}

// findDatabase finds the database: the configured one, that of a server running on the same data folder, or our own child.
func (p *Platform) findDatabase(ctx context.Context) error {
	if p.cfg.DatabaseURL.IsSet() {
		p.databaseURL = p.cfg.DatabaseURL.Reveal()
		return nil
	}
	if r, ok := Running(p.cfg.DataDir); ok {
		p.databaseURL = r.DatabaseURL
		return nil
	}
	p.log.InfoContext(ctx, "starting Postgres", "folder", p.cfg.PostgresDir())
	var err error
	p.postgres, p.databaseURL, err = p.startDatabase(ctx)
	return err
}

// exportsSize is that of the pool for exports: they share it page by page.
const exportsSize = 4

// poolSize is that of each of the two large pools, which leaves room under Postgres' usual hundred connections for a second process; the
// address may say pool_max_conns=….
const poolSize = 20

func connect(ctx context.Context, url string, tracer pgx.QueryTracer, as func(*pgxpool.Config)) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the database's address can't be read") // the cause would repeat the password
	}
	cfg.ConnConfig.Tracer = tracer
	if !strings.Contains(url, "pool_max_conns=") {
		cfg.MaxConns = poolSize
	}
	if as != nil {
		as(cfg)
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// leaveWithin is how long the end waits for the database to forget the process, which it does by itself soon after.
const leaveWithin = 2 * time.Second

// Close ends everything that Open began, in the opposite order.
func (p *Platform) Close() {
	defer func() {
		if err := p.tracing.Close(); err != nil {
			p.log.Warn("send the last traces", "error", err)
		}
	}()
	if p.analytics != nil {
		if err := p.analytics.close(); err != nil {
			p.log.Warn("close ClickHouse", "error", err)
		}
	}
	if p.presence != nil {
		ctx, cancel := context.WithTimeout(context.Background(), leaveWithin)
		if err := p.presence.Leave(ctx); err != nil {
			p.log.Warn("leave", "error", err)
		}
		cancel()
	}
	if p.store != nil {
		p.store.Close()
	}
	for _, pool := range []*pgxpool.Pool{p.exports, p.app, p.pool} {
		if pool != nil {
			pool.Close()
		}
	}
	if p.postgres != nil {
		if err := p.postgres.stop(); err != nil {
			p.log.Error("stop Postgres", "error", err)
		}
	}
}

// A store beside Postgres is written to in larger batches.
const (
	sideEvents = 10_000
	sideBytes  = 16 << 20
)

// projectors keep the read models, one each.
func (p *Platform) projectors() []projections.Projector {
	return append(projectors(p.codec), p.analytics.projector, p.searchProjector())
}

func (p *Platform) runnerConfig(pr projections.Projector) projections.RunnerConfig {
	cfg := projections.RunnerConfig{Projector: pr, Log: p.tail, Store: p.read, Clock: p.clock, Logger: p.log.With("projection", pr.Name()), Follow: p.tracing.Follow(), Ward: p.projWard, Peers: postgres.NewPeers(p.pool)}
	if p.analytics.side != nil && pr.Name() == p.analytics.projector.Name() {
		cfg.Store, cfg.Limits = p.analytics.side, projections.Limits{BatchEvents: sideEvents, BatchBytes: sideBytes}
	}
	if pr.Name() == searchview.Name {
		cfg.Limits = projections.Limits{Gather: searchGather, Yield: p.people.busy}
	}
	if p.searchSide != nil && pr.Name() == searchview.NameOpenSearch {
		cfg.Store, cfg.Limits = p.searchSide, projections.Limits{BatchEvents: sideEvents, BatchBytes: sideBytes}
	}
	return cfg
}
