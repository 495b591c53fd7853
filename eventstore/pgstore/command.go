package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/eventstore"
)

const commandSQL = `SELECT fingerprint, first_position, last_position, result, recorded_at FROM log.commands WHERE key = $1`

// Command looks up a request by its idempotency key.
func (s *Store) Command(ctx context.Context, key string) (eventstore.Command, bool, error) {
	if key == "" {
		return eventstore.Command{}, false, nil
	}
	c := eventstore.Command{Key: key}
	var result []byte
	err := s.pool.QueryRow(ctx, commandSQL, key).Scan(&c.Fingerprint, &c.First, &c.Last, &result, &c.RecordedAt)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return eventstore.Command{}, false, nil
	case err != nil:
		return eventstore.Command{}, false, fmt.Errorf("look up an idempotency key: %w", err)
	}
	c.Result, c.RecordedAt = result, c.RecordedAt.UTC()
	return c, true, nil
}

const (
	pruneEvery = 10 * time.Minute
	pruneBatch = 500
)

// pruneSQL deletes a few of the oldest keys whose life is over. The time is the log's own, so that no clock but the one
// that stamped the keys decides.
const pruneSQL = `DELETE FROM log.commands WHERE key IN (
		SELECT key FROM log.commands
		WHERE NOT keep AND recorded_at < (SELECT greatest(recorded_at, $3) FROM log.head) - make_interval(secs => $1)
		ORDER BY recorded_at LIMIT $2)`

// Prune deletes the idempotency keys that are older than Config.KeyLife and not kept for ever, a few at a time. The
// store does it by itself every ten minutes.
func (s *Store) Prune(ctx context.Context) (deleted int64, err error) {
	var now *time.Time
	if s.cfg.Clock != nil {
		t := s.cfg.Clock.Now()
		now = &t
	}
	for {
		tag, err := s.pool.Exec(ctx, pruneSQL, s.cfg.KeyLife.Seconds(), pruneBatch, now)
		if err != nil {
			return deleted, fmt.Errorf("prune idempotency keys: %w", err)
		}
		deleted += tag.RowsAffected()
		if tag.RowsAffected() < pruneBatch {
			return deleted, nil
		}
	}
}

func (s *Store) runPruner(ctx context.Context) {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		if n, err := s.Prune(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "idempotency keys were not pruned", "error", err)
		} else if n > 0 {
			s.log.InfoContext(ctx, "pruned idempotency keys", "keys", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
