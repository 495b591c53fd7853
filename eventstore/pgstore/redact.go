package pgstore

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

var _ eventstore.Redactor = (*Store)(nil)

const redactSQL = `WITH asked AS (
		SELECT * FROM unnest($2::bigint[], $3::text[], $4::text[], $5::bytea[]) a(position, was, data, proof)
	), done AS (
		UPDATE log.events e SET data = a.data::json, size = e.size - octet_length(a.was) + octet_length(a.data)
		FROM asked a WHERE e.position = a.position AND e.data::text = a.was
		RETURNING e.position
	)
	INSERT INTO log.redactions (position, ordered_by, was, now, redacted_at)
	SELECT position, $1, a.proof, sha256(convert_to(a.data, 'UTF8')), clock_timestamp() FROM done JOIN asked a USING (position)
	ON CONFLICT (position, ordered_by) DO UPDATE SET now = excluded.now, redacted_at = excluded.redacted_at`

const dropSnapshotsSQL = `DELETE FROM log.snapshots WHERE stream_id IN (SELECT stream_id FROM log.events WHERE position = ANY ($1))`

// Redact carries out all of the redactions or none.
func (s *Store) Redact(ctx context.Context, by int64, list []eventstore.Redaction) error {
	if len(list) == 0 {
		return nil
	}
	var positions []int64
	var was, data []string
	var proofs [][]byte
	for _, r := range list {
		positions, was, data, proofs = append(positions, r.Position), append(was, string(r.Was)), append(data, string(r.Data)),
			append(proofs, r.Proof)
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT "+fmt.Sprintf(redactLock, "_shared")); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, redactSQL, by, positions, was, data, proofs)
		if err != nil {
			return err
		}
		if tag.RowsAffected() != int64(len(list)) {
			return eventstore.ErrRedacted
		}
		_, err = tx.Exec(ctx, dropSnapshotsSQL, positions)
		return err
	})
	if err != nil {
		return fmt.Errorf("redact %d events: %w", len(list), err)
	}
	return nil
}

// Redacted says how many events of each type were redacted by the order of an event.
func (s *Store) Redacted(ctx context.Context, by int64) (map[string]int64, error) {
	rows, err := s.pool.Query(ctx, `SELECT e.type, count(DISTINCT position) FROM log.redactions r JOIN log.events e USING (position)
		WHERE r.ordered_by = $1 GROUP BY e.type`, by)
	if err != nil {
		return nil, fmt.Errorf("count what was redacted: %w", err)
	}
	out := map[string]int64{}
	var typ string
	var n int64
	if _, err := pgx.ForEachRow(rows, []any{&typ, &n}, func() error { out[typ] = n; return nil }); err != nil {
		return nil, fmt.Errorf("count what was redacted: %w", err)
	}
	return out, nil
}

// resultsAtOnce is how many answers are looked through at a time.
const resultsAtOnce = 500

// An answer to a request that appended nothing names nothing but what was there already, so only those with events are looked at.
const resultsSQL = `SELECT c.key, c.result::text FROM log.commands c
	WHERE c.key > $2 AND c.last_position > 0
	AND EXISTS (SELECT FROM log.events e WHERE e.position = c.last_position AND e.workspace_id = $1)
	ORDER BY c.key LIMIT $3`

// RedactResults goes through the answers that are kept for repeated requests of a workspace.
func (s *Store) RedactResults(
	ctx context.Context, ws kernel.WorkspaceID, change func(json.RawMessage) (json.RawMessage, bool, error),
) (changed int64, err error) {
	type answer struct{ Key, Result string }
	for after := ""; ; {
		rows, err := s.pool.Query(ctx, resultsSQL, ws, after, resultsAtOnce)
		if err != nil {
			return changed, fmt.Errorf("read the answers of %s: %w", ws, err)
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[answer])
		if err != nil || len(list) == 0 {
			return changed, err
		}
		for _, a := range list {
			after = a.Key
			now, is, err := change(json.RawMessage(a.Result))
			if err != nil {
				return changed, err
			}
			if !is {
				continue
			}
			if _, err := s.pool.Exec(ctx, `UPDATE log.commands SET result = $2 WHERE key = $1`, a.Key, now); err != nil {
				return changed, fmt.Errorf("redact an answer: %w", err)
			}
			changed++
		}
	}
}
