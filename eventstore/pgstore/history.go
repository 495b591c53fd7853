package pgstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// History names the history that the log is in. A log that was restored to an earlier position begins another one: what was
// read, published or copied of the one before, beyond the position that both share, is not what this log holds there.
type History struct {
	ID    string
	Since int64 // the last position that is shared with the history before; 0 for the first
}

const historySQL = `SELECT h.id, h.since FROM log.head JOIN log.histories h ON h.id = log.head.history`

// History returns the log's history.
func (s *Store) History(ctx context.Context) (History, error) {
	var h History
	if err := s.pool.QueryRow(ctx, historySQL).Scan(&h.ID, &h.Since); err != nil {
		return h, fmt.Errorf("read the log's history: %w", err)
	}
	return h, nil
}

// BeginHistory begins a new history after the log's last position; the reason is for operators. It is called when the log was
// restored, before anything is appended to it.
func BeginHistory(ctx context.Context, pool *pgxpool.Pool, reason string) (History, error) {
	return begun(ctx, pool, begin{reason: reason})
}

// BeginHistoryAfter begins a new history if the log still is in the given one: of several processes that see that it was restored, one
// begins it. It shares with those before it what lies up to since at most. It returns the history that the log is in then.
func BeginHistoryAfter(ctx context.Context, pool *pgxpool.Pool, present string, since int64, reason string) (History, error) {
	return begun(ctx, pool, begin{only: present, since: &since, reason: reason})
}

// begin is how a history is to begin.
type begin struct {
	only   string // if the log is in this one; "": in any case
	since  *int64 // nil: after the log's last position
	reason string
}

func begun(ctx context.Context, pool *pgxpool.Pool, b begin) (h History, err error) {
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		h, err = beginHistory(ctx, tx, b)
		return err
	})
	if err != nil {
		return h, fmt.Errorf("begin a history of the log: %w", err)
	}
	return h, nil
}

func beginHistory(ctx context.Context, tx pgx.Tx, b begin) (h History, err error) {
	var present string
	err = tx.QueryRow(ctx, `SELECT replace(gen_random_uuid()::text, '-', ''), least(position, $1), history FROM log.head FOR UPDATE`,
		b.since).Scan(&h.ID, &h.Since, &present)
	if err != nil {
		return h, err
	}
	if b.only != "" && b.only != present {
		err = tx.QueryRow(ctx, historySQL).Scan(&h.ID, &h.Since)
		return h, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO log.histories (id, since, reason) VALUES ($1, $2, $3)`, h.ID, h.Since, b.reason); err != nil {
		return h, err
	}
	_, err = tx.Exec(ctx, `UPDATE log.head SET history = $1`, h.ID)
	return h, err
}

// Knows reports whether the log is or was in the history with the id.
func (s *Store) Knows(ctx context.Context, history string) (known bool, err error) {
	if err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM log.histories WHERE id = $1)`, history).Scan(&known); err != nil {
		return false, fmt.Errorf("look for a history of the log: %w", err)
	}
	return known, nil
}

// A history shares with the present one what lies before every history that began after it. One that is not known was lost with the
// log that it was in: it shares at least what all do.
const commonSQL = `SELECT coalesce(
	(SELECT min(later.since) FROM log.histories later, log.histories asked WHERE asked.id = $1
	AND (later.began_at, later.since) > (asked.began_at, asked.since)),
	(SELECT min(since) FROM log.histories WHERE since > 0 AND NOT EXISTS (SELECT FROM log.histories WHERE id = $1)),
	CASE WHEN EXISTS (SELECT FROM log.histories WHERE id = $1) THEN position ELSE 0 END)
FROM log.head`

// Common returns the last position that the history with the id shares with the log as it is.
func (s *Store) Common(ctx context.Context, history string) (position int64, err error) {
	if err := s.pool.QueryRow(ctx, commonSQL, history).Scan(&position); err != nil {
		return 0, fmt.Errorf("compare histories of the log: %w", err)
	}
	return position, nil
}
