package authread

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/pgstore"
)

// Signals keeps what all processes share and the log need not know: attempts to sign in within the last minutes, and when
// each API key was last used. Losing it lifts lockouts and empties "last used", nothing else. The schema is auth_signals.
type Signals struct{ pool *pgxpool.Pool }

// signalsSQL is safe to run at every start, by several processes at once: the lock is held until the transaction ends.
//
//go:embed migrations/*.sql
var migrations embed.FS

// SignalsSchema is the schema auth_signals.
func SignalsSchema() pgstore.Schema {
	return pgstore.Schema{Name: "auth_signals", Migrations: migrations}
}

// MigrateSignals brings the schema auth_signals up to date. What it holds is in no event: lockouts and the last use of keys.
func MigrateSignals(ctx context.Context, pool *pgxpool.Pool) error {
	return pgstore.MigrateSchema(ctx, pool, SignalsSchema())
}

// OpenSignals brings the tables up to date and opens them.
func OpenSignals(ctx context.Context, pool *pgxpool.Pool) (*Signals, error) {
	if err := MigrateSignals(ctx, pool); err != nil {
		return nil, err
	}
	return &Signals{pool}, nil
}

const (
	// One statement counts and decides, so attempts of several processes at one moment are counted one after the other. No row
	// comes back when the limit is reached within a window that is not over.
	beginSQL = `
INSERT INTO auth_signals.attempts AS a (key, began_at, ends_at, count) VALUES ($1, $2, $3, 1)
ON CONFLICT (key) DO UPDATE SET
  count    = CASE WHEN a.ends_at <= $2 THEN 1 ELSE a.count + 1 END,
  began_at = CASE WHEN a.ends_at <= $2 THEN $2 ELSE a.began_at END,
  ends_at  = CASE WHEN a.ends_at <= $2 THEN $3 ELSE a.ends_at END
WHERE a.ends_at <= $2 OR a.count < $4
RETURNING count`
	endsSQL = `SELECT ends_at FROM auth_signals.attempts WHERE key = $1`
	// Each first attempt takes some that are over with it, so the table stays as small as the attempts of one window.
	pruneSQL = `DELETE FROM auth_signals.attempts WHERE key IN (SELECT key FROM auth_signals.attempts WHERE ends_at <= $1
		LIMIT 10 FOR UPDATE SKIP LOCKED)`
	succeededSQL = `DELETE FROM auth_signals.attempts WHERE key = $1`
)

// Begin counts an attempt; false when limit attempts were made in the window, with the time until it is over.
func (s *Signals) Begin(ctx context.Context, key string, now time.Time, limit int, window time.Duration) (bool, time.Duration, error) {
	var count int
	err := s.pool.QueryRow(ctx, beginSQL, key, now, now.Add(window), limit).Scan(&count)
	if err == nil {
		if count == 1 {
			_, err = s.pool.Exec(ctx, pruneSQL, now)
		}
		return true, 0, err
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return false, 0, fmt.Errorf("count the attempt: %w", err)
	}
	var ends time.Time
	err = s.pool.QueryRow(ctx, endsSQL, key).Scan(&ends)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, time.Second, nil // forgotten this very moment
	}
	return false, max(time.Second, ends.Sub(now)), err
}

// Succeeded forgets the key's attempts.
func (s *Signals) Succeeded(ctx context.Context, key string) error {
	_, err := s.pool.Exec(ctx, succeededSQL, key)
	return err
}

const usedSQL = `
INSERT INTO auth_signals.key_uses AS u (key_id, workspace_id, used_at) VALUES ($1, $2, $3)
ON CONFLICT (key_id) DO UPDATE SET used_at = $3 WHERE u.used_at < $3`

// Used notes that an API key was used.
func (s *Signals) Used(ctx context.Context, key kernel.APIKeyID, ws kernel.WorkspaceID, at time.Time) error {
	_, err := s.pool.Exec(ctx, usedSQL, key, ws, at)
	return err
}

const usesSQL = `SELECT key_id, used_at FROM auth_signals.key_uses WHERE workspace_id = $1`

// Uses tells when the keys of a workspace were last used, to about a minute.
func (s *Signals) Uses(ctx context.Context, ws kernel.WorkspaceID) (map[kernel.APIKeyID]time.Time, error) {
	rows, err := s.pool.Query(ctx, usesSQL, ws)
	if err != nil {
		return nil, err
	}
	out := map[kernel.APIKeyID]time.Time{}
	var id kernel.APIKeyID
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &at}, func() error {
		out[id] = at.UTC()
		return nil
	})
	return out, err
}
