// Package pgquota counts the calls of providers for all workers together, in Postgres. Losing it lets the limits of the last window
// be used twice, nothing else. The schema is provider_quotas.
package pgquota

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/eventstore/pgstore"
)

// Quotas implements waterfall.Quotas.
type Quotas struct{ pool *pgxpool.Pool }

var _ waterfall.Quotas = (*Quotas)(nil)

// schemaSQL is safe to run at every start, by several processes at once: the lock is held until the transaction ends.
//
//go:embed migrations/*.sql
var migrations embed.FS

// Schema is the schema provider_quotas.
func Schema() pgstore.Schema { return pgstore.Schema{Name: "provider_quotas", Migrations: migrations} }

// Migrate brings the schema provider_quotas up to date. What was used of a limit is in no event.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return pgstore.MigrateSchema(ctx, pool, Schema())
}

// Open brings the tables up to date and opens them.
func Open(ctx context.Context, pool *pgxpool.Pool) (*Quotas, error) {
	if err := Migrate(ctx, pool); err != nil {
		return nil, err
	}
	return &Quotas{pool}, nil
}

const (
	// Each column is the microsecond from which on the window is as good as unused; $2 to $5 are what one call adds, $6 is the
	// longest wait. "excluded" is now plus what one call adds, so the difference is now. The time is the database's: the workers'
	// clocks may differ. One statement reads and writes under the row's lock; no row comes back when the wait would be too long.
	takeSQL = `
WITH clock AS (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now)
INSERT INTO provider_quotas.used AS u (key, second, minute, hour, day)
SELECT $1, now + $2::bigint, now + $3::bigint, now + $4::bigint, now + $5::bigint FROM clock
WHERE greatest(0, $3::bigint - 60000000, $4::bigint - 3600000000, $5::bigint - 86400000000) <= $6::bigint
ON CONFLICT (key) DO UPDATE SET
  second = greatest(u.second, excluded.second - $2::bigint) + $2::bigint,
  minute = greatest(u.minute, excluded.minute - $3::bigint) + $3::bigint,
  hour   = greatest(u.hour, excluded.hour - $4::bigint) + $4::bigint,
  day    = greatest(u.day, excluded.day - $5::bigint) + $5::bigint
WHERE greatest(
  greatest(u.second - (excluded.second - $2::bigint), 0),
  greatest(u.minute - (excluded.minute - $3::bigint), 0) + $3::bigint - 60000000,
  greatest(u.hour - (excluded.hour - $4::bigint), 0) + $4::bigint - 3600000000,
  greatest(u.day - (excluded.day - $5::bigint), 0) + $5::bigint - 86400000000) <= $6::bigint
RETURNING ` + waitSQL
	// waitSQL is how long the last call that was taken has to wait, in microseconds. The calls of a second are spread evenly over it
	// (waterfall.Windows), those of longer windows are not.
	waitSQL = `greatest(0, greatest(second - $2::bigint, minute - 60000000, hour - 3600000000, day - 86400000000)
  - (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)`
	fullSQL = `SELECT ` + waitSQL + ` FROM provider_quotas.used WHERE key = $1`
)

// Take implements waterfall.Quotas.
func (q *Quotas) Take(
	ctx context.Context, key string, l enrichment.RateLimits, factor float64, most time.Duration,
) (time.Duration, bool, error) {
	_, uses := waterfall.Windows(l, factor)
	var micros int64
	err := q.pool.QueryRow(ctx, takeSQL, key, uses[0].Microseconds(), uses[1].Microseconds(), uses[2].Microseconds(), uses[3].Microseconds(),
		most.Microseconds()).Scan(&micros)
	if err == nil {
		return time.Duration(micros) * time.Microsecond, true, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return 0, false, fmt.Errorf("count a provider's call: %w", err)
	}
	err = q.pool.QueryRow(ctx, fullSQL, key, uses[0].Microseconds()).Scan(&micros)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, false, fmt.Errorf("count a provider's call: %w", err)
	}
	return max(most, time.Duration(micros)*time.Microsecond+max(uses[0], uses[1], uses[2], uses[3])), false, nil
}

const (
	forgetSQL = `
DELETE FROM provider_quotas.used WHERE key IN (
  SELECT key FROM provider_quotas.used WHERE greatest(second, minute, hour, day) < (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
LIMIT $1
  FOR UPDATE SKIP LOCKED)`
	forgetAtOnce = 1000
)

// Forget takes away what is as good as unused, which a new count would begin at as well. It returns how many keys that were.
func (q *Quotas) Forget(ctx context.Context) (n int, err error) {
	for {
		tag, err := q.pool.Exec(ctx, forgetSQL, forgetAtOnce)
		if err != nil {
			return n, fmt.Errorf("forget providers' counts: %w", err)
		}
		n += int(tag.RowsAffected())
		if tag.RowsAffected() < forgetAtOnce {
			return n, nil
		}
	}
}
