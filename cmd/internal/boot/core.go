package boot

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/adapters/telemetry"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/erasurecmd"
	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/eventstore/logtail"
	"github.com/morket/morket/eventstore/pgstore"
)

// core is what every module is made from: the settings, the clock, the database, the log, the keys and the store of the read models in
// Postgres. It knows no module.
type core struct {
	*base

	ids      *kernel.IDs
	app      *pgxpool.Pool    // as postgres.AppRole: what requests read
	exports  *pgxpool.Pool    // the same for files that leave, which take long
	rows     *postgres.Scoped // all of them, by whose the question is
	metrics  *telemetry.Metrics
	watch    *telemetry.Operations
	tracing  *telemetry.Tracing
	store    *telemetry.Store
	tail     *logtail.Tail // the store with its newest events in memory, for consumers
	codec    *eventstore.Codec
	encoder  *cloudevent.Encoder
	read     *postgres.Store
	vault    *vault.Vault
	ring     *vault.Ring // keys that can be destroyed
	people   *people
	ward     *quarantine.Ward // of runs, imports and reactors
	projWard *quarantine.Ward // of projections, which those wait for
	presence *postgres.Presence
	history  *history
	keptOut  *erasurecmd.Suppression
}

// newCore is a core that nothing has been opened for yet.
func newCore(cfg config.Config, log *slog.Logger) *core {
	clock := kernel.SystemClock{}
	metrics := telemetry.NewMetrics(Version, clock)
	return &core{
		base:     &base{cfg: cfg, log: log, clock: clock},
		metrics:  metrics,
		watch:    telemetry.NewOperations(metrics, log),
		people:   &people{clock: clock},
		ward:     quarantine.NewWard(),
		projWard: quarantine.NewWard(),
	}
}

// open connects to the database and brings what is no read model up to date.
func (c *core) open(ctx context.Context) error {
	var err error
	if c.codec, err = Codec(); err != nil {
		return err
	}
	c.encoder = cloudevent.NewEncoder(c.cfg.PublicURL, Published())
	if c.tracing, err = telemetry.NewTracing(ctx, telemetry.TraceConfig{
		Endpoint: c.cfg.OTLPEndpoint,
		Version:  Version,
		Metrics:  c.metrics,
	}); err != nil {
		return err
	}
	opened, err := openBase(ctx, c.cfg, c.log, c.tracing.Postgres())
	if err != nil {
		return err
	}
	c.base = opened
	if err := refuseUnfinished(ctx, c.pool); err != nil {
		return err
	}
	if err := migrate(ctx, c.pool); err != nil {
		return err
	}
	if c.presence, err = postgres.Join(ctx, postgres.PresenceConfig{Pool: c.pool, Logger: c.log}); err != nil {
		return err
	}
	c.clock = c.presence
	c.ids = kernel.NewIDs(c.clock)
	if err := c.openPools(ctx); err != nil {
		return err
	}
	if err := c.openVault(ctx); err != nil {
		return err
	}
	if err := c.openLog(ctx); err != nil {
		return err
	}
	read, err := postgres.NewStore(c.pool, models()...)
	if err != nil {
		return err
	}
	c.read = read.In(c.presence)
	return nil
}

// openPools makes the connections that requests and exports read through.
func (c *core) openPools(ctx context.Context) error {
	asApp := func(cfg *pgxpool.Config) { postgres.AppPool(cfg, c.cfg.QueryTimeout) }
	small := func(cfg *pgxpool.Config) {
		asApp(cfg)
		cfg.MaxConns = min(cfg.MaxConns, exportsSize)
	}
	var err error
	if c.app, err = connect(ctx, c.databaseURL, c.tracing.Postgres(), asApp); err != nil {
		return fmt.Errorf("connect to Postgres as %s: %w", postgres.AppRole, err)
	}
	if c.exports, err = connect(ctx, c.databaseURL, c.tracing.Postgres(), small); err != nil {
		return fmt.Errorf("connect to Postgres for exports: %w", err)
	}
	c.rows = postgres.NewScoped(c.app, c.pool).WithExports(c.exports).Of(c.presence.Models())
	return nil
}

func (c *core) openVault(ctx context.Context) error {
	var err error
	if c.vault, err = vault.New(c.cfg.MasterKey.Reveal()...); err != nil {
		return err
	}
	keys, err := vault.OpenPostgresKeys(ctx, c.pool)
	if err != nil {
		return err
	}
	c.ring = vault.NewRing(c.vault, keys, c.clock)
	return nil
}

func (c *core) openLog(ctx context.Context) error {
	log, err := pgstore.Open(ctx, pgstore.Config{Pool: c.pool, Logger: c.log, OnBatch: c.metrics.Batch, Short: c.presence.AllReadShort})
	if err != nil {
		return err
	}
	c.history = &history{log: log, pool: c.pool, lines: c.log}
	c.store = telemetry.NewStore(log, c.metrics, c.tracing, c.clock)
	c.keptOut = erasurecmd.NewSuppression(c.store, c.codec, c.ring, c.clock)
	c.store.Admit(c.keptOut.Admit)
	c.tail = logtail.New(c.store, 0).ForgetsAt(erasure.PlaceErased{}.EventType(), erasure.Finished{}.EventType())
	last, err := log.LastTime(ctx)
	if err != nil {
		return err
	}
	c.ids.After(last) // a clock that was set back doesn't make ids that lie before those in the log
	return nil
}

// does reports whether this process has the role.
func (c *core) does(role string) bool { return c.cfg.Has(role) }

// leaveWithin is how long the end waits for the database to forget the process, which it does by itself soon after.
const leaveWithin = 2 * time.Second

// close ends everything that open began, in the opposite order.
func (c *core) close() {
	defer func() {
		if err := c.tracing.Close(); err != nil {
			c.log.Warn("send the last traces", "error", err)
		}
	}()
	if c.presence != nil {
		ctx, cancel := context.WithTimeout(context.Background(), leaveWithin)
		if err := c.presence.Leave(ctx); err != nil {
			c.log.Warn("leave", "error", err)
		}
		cancel()
	}
	if c.store != nil {
		c.store.Close()
	}
	for _, pool := range []*pgxpool.Pool{c.exports, c.app} {
		if pool != nil {
			pool.Close()
		}
	}
	c.base.close()
}
