// Package bench measures the product against its limits: each figure beside what Postgres or the machine does at best
// with the same data, both measured in the same run. A machine's noise hits both sides, so the ratio is what counts.
package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/eventstore/pgstore"
)

// effort is how long is measured.
type effort struct {
	rounds  int           // of each pair of measurements; the median counts
	round   time.Duration // of one measurement
	catchUp int           // events to read; a multiple of batchSize
}

// Log measures the log on the server of dsn, in a database of its own that is dropped afterwards. It takes about a minute.
// The figures mean something only on a server with fsync on.
func Log(ctx context.Context, dsn string) ([]Ratio, error) {
	return measureLog(ctx, dsn, effort{rounds: 5, round: 1500 * time.Millisecond, catchUp: 400_000})
}

func measureLog(ctx context.Context, dsn string, e effort) (ratios []Ratio, err error) {
	pool, store, drop, err := scratchLog(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	b := &logBench{effort: e, pool: pool, store: store}
	if err := b.prepare(ctx); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) (Ratio, error){
		func(ctx context.Context) (Ratio, error) { return b.singles(ctx, 32, 0.9) },
		func(ctx context.Context) (Ratio, error) { return b.singles(ctx, 128, 1.2) },
		b.hotAccount, b.batches, b.chunks, b.catchUp,
	} {
		r, err := step(ctx)
		if err != nil {
			return ratios, err
		}
		ratios = append(ratios, r)
	}
	return ratios, nil
}

// scratchLog opens a log in a database that is dropped by drop.
func scratchLog(ctx context.Context, dsn string) (pool *pgxpool.Pool, store *pgstore.Store, drop func() error, err error) {
	pool, dropDatabase, err := scratch(ctx, dsn)
	if err != nil {
		return nil, nil, nil, err
	}
	err = pgstore.Migrate(ctx, pool)
	if err == nil {
		store, err = pgstore.Open(ctx, pgstore.Config{Pool: pool})
	}
	if err != nil {
		return nil, nil, nil, errors.Join(err, dropDatabase())
	}
	return pool, store, func() error {
		store.Close()
		return dropDatabase()
	}, nil
}

// scratch makes a database that is dropped by drop.
func scratch(ctx context.Context, dsn string) (pool *pgxpool.Pool, drop func() error, err error) {
	name := "morket_bench_" + strings.ToLower(rand.Text())
	if err := admin(ctx, dsn, "CREATE DATABASE "+name); err != nil {
		return nil, nil, err
	}
	cfg, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, nil, fmt.Errorf("the database's URL: %w", err)
	}
	cfg.ConnConfig.Database = name
	cfg.MaxConns = 8
	pool, err = pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, nil, fmt.Errorf("open the bench's database: %w", err)
	}
	return pool, func() error {
		pool.Close()
		return admin(context.WithoutCancel(ctx), dsn, "DROP DATABASE "+name+" WITH (FORCE)")
	}, nil
}

func admin(ctx context.Context, dsn, sql string) (err error) {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connect to the bench's server: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close(context.WithoutCancel(ctx))) }()
	if _, err := c.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

// pair measures the product and its limit by turns. The ratio is the median of the turns' ratios, so that what slows the
// machine for a while slows both sides of a ratio.
func (e effort) pair(ctx context.Context, r Ratio, value, limit func(context.Context) (float64, error)) (Ratio, error) {
	var values, limits, ratios []float64
	for range e.rounds {
		l, err := limit(ctx)
		if err != nil {
			return r, fmt.Errorf("measure the limit of %s: %w", r.Name, err)
		}
		v, err := value(ctx)
		if err != nil {
			return r, fmt.Errorf("measure %s: %w", r.Name, err)
		}
		values, limits, ratios = append(values, v), append(limits, l), append(ratios, v/l)
	}
	r.Value, r.Limit, r.Ratio = median(values), median(limits), median(ratios)
	return r, nil
}

// fixed measures the product against a figure.
func (e effort) fixed(ctx context.Context, r Ratio, value func(context.Context) (float64, error)) (Ratio, error) {
	limit := r.Limit
	return e.pair(ctx, r, value, func(context.Context) (float64, error) { return limit, nil })
}

func median(v []float64) float64 {
	s := slices.Clone(v)
	slices.Sort(s)
	return s[len(s)/2]
}
