package boot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/kernel"
)

// base is an installation as it lies, written by any version: its settings and its database.
type base struct {
	cfg   config.Config
	log   *slog.Logger
	clock kernel.Clock // the database's, once its schemas are up to date

	databaseURL string
	postgres    *ownDatabase  // nil when the database is not ours
	pool        *pgxpool.Pool // as the tables' owner: the log, the projections and the installation's own tasks
}

// openBase opens the database as it is, without bringing anything up to date: a backup may be taken with a newer version before
// that version changes anything.
func openBase(ctx context.Context, cfg config.Config, log *slog.Logger, tracer pgx.QueryTracer) (*base, error) {
	b := &base{cfg: cfg, log: log, clock: kernel.SystemClock{}}
	if err := b.findDatabase(ctx); err != nil {
		return nil, err
	}
	var err error
	if b.pool, err = connect(ctx, b.databaseURL, tracer, nil); err != nil {
		b.close()
		return nil, fmt.Errorf("connect to Postgres: %w", err)
	}
	return b, nil
}

// findDatabase finds the database: the configured one, that of a server running on the same data folder, or our own child.
func (b *base) findDatabase(ctx context.Context) error {
	if b.cfg.DatabaseURL.IsSet() {
		b.databaseURL = b.cfg.DatabaseURL.Reveal()
		return nil
	}
	if r, ok := Running(b.cfg.DataDir); ok {
		b.databaseURL = r.DatabaseURL
		return nil
	}
	b.log.InfoContext(ctx, "starting Postgres", "folder", b.cfg.PostgresDir())
	var err error
	b.postgres, b.databaseURL, err = startDatabase(ctx, b.cfg, b.log)
	return err
}

// close leaves the database, and stops it when it is ours.
func (b *base) close() {
	if b.pool != nil {
		b.pool.Close()
	}
	if b.postgres != nil {
		if err := b.postgres.stop(); err != nil {
			b.log.Error("stop Postgres", "error", err)
		}
	}
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
