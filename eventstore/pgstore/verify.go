package pgstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// maxProblems is how many problems of each kind are told.
const maxProblems = 100

// check is a query whose rows are problems, in words.
type check struct{ name, sql string }

// checks go through the log in the order of an index, with flat memory here and in the database.
func checks() []check {
	return []check{
		{"dense positions", `SELECT format('position %s follows %s', position, coalesce(before, 0)) FROM (
				SELECT position, lag(position) OVER (ORDER BY position) AS before FROM log.events
			) e WHERE position <> coalesce(before, 0) + 1 LIMIT $1`},
		{"head", `SELECT format('the head is %s, the last event is %s', h.position, e.position) FROM log.head h,
				(SELECT coalesce(max(position), 0) AS position FROM log.events) e WHERE h.position <> e.position LIMIT $1`},
		{"gapless streams", `SELECT format('stream %s: version %s (position %s) follows version %s (position %s)',
				stream_id, version, position, coalesce(before, 0), coalesce(position_before, 0)) FROM (
				SELECT stream_id, version, position, lag(version) OVER w AS before, lag(position) OVER w AS position_before
				FROM log.events WINDOW w AS (PARTITION BY stream_id ORDER BY version)
			) e WHERE version <> coalesce(before, 0) + 1 OR position <= position_before LIMIT $1`},
		{
			"stream versions",
			`SELECT format('stream %s: log.streams has version %s at positions %s to %s, its events end at version %s at positions %s to %s',
				coalesce(s.id, e.stream_id), s.version, s.first_position, s.last_position, e.version, e.first, e.last) FROM log.streams s
			FULL JOIN (
				SELECT stream_id, max(version) AS version, min(position) AS first, max(position) AS last FROM log.events GROUP BY stream_id
			) e ON e.stream_id = s.id
			WHERE s.version IS DISTINCT FROM e.version OR e.first < s.first_position OR e.last > s.last_position LIMIT $1`,
		},
		{"times", `SELECT format('event %s was recorded at %s, before the event ahead of it', position, recorded_at) FROM (
				SELECT position, recorded_at, lag(recorded_at) OVER (ORDER BY position) AS before FROM log.events
			) e WHERE recorded_at < before LIMIT $1`},
		{"commands", `SELECT format('the command %s ends at position %s, behind the head', key, last_position) FROM log.commands
			WHERE last_position > (SELECT position FROM log.head) OR last_position < first_position LIMIT $1`},
		{"redactions", `SELECT format('event %s was redacted, and is neither as it was left nor is the order known', r.position) FROM (
				SELECT DISTINCT ON (position) * FROM log.redactions ORDER BY position, ordered_by DESC
			) r LEFT JOIN log.events e USING (position) LEFT JOIN log.events o ON o.position = r.ordered_by
			WHERE sha256(convert_to(e.data::text, 'UTF8')) IS DISTINCT FROM r.now
			OR o.type IS DISTINCT FROM 'erasure.confirmed.v1' OR o.workspace_id <> e.workspace_id LIMIT $1`},
	}
}

// Verify checks what everything else relies on: positions without a gap, streams without a gap and in the log's order,
// and that log.streams and log.head agree with the events. It looks at one moment of the log while the log goes on, and
// answers the problems it found, at most a hundred of each kind.
func (s *Store) Verify(ctx context.Context) (problems []string, err error) {
	tx, err := s.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, fmt.Errorf("verify the log: %w", err)
	}
	defer func() {
		if rb := tx.Rollback(ctx); rb != nil && !errors.Is(rb, pgx.ErrTxClosed) {
			err = errors.Join(err, rb)
		}
	}()
	for _, c := range checks() {
		rows, err := tx.Query(ctx, c.sql, maxProblems)
		if err != nil {
			return nil, fmt.Errorf("verify %s: %w", c.name, err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("verify %s: %w", c.name, err)
		}
		problems = append(problems, found...)
	}
	return problems, nil
}
