package webhookqueue

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/domain/kernel"
)

const deliveryColumns = `d.position, d.type, d.state, d.attempts, d.due_at, d.created_at, d.ended_at,
  coalesce(a.status, 0), coalesce(a.error, '')
FROM webhook_queue.deliveries d LEFT JOIN LATERAL (
	SELECT status, error FROM webhook_queue.attempts a WHERE a.endpoint_id = d.endpoint_id AND a.position = d.position ORDER BY id DESC LIMIT 1
) a ON true`

func scanDelivery(row pgx.CollectableRow) (webhookflow.Delivery, error) {
	var d webhookflow.Delivery
	err := row.Scan(&d.Position, &d.Type, &d.State, &d.Attempts, &d.DueAt, &d.CreatedAt, &d.EndedAt, &d.Status, &d.Error)
	if d.State != webhookflow.Waiting {
		d.DueAt = nil
	}
	return d, err
}

// Deliveries returns a webhook's deliveries before the position, the latest first; an empty state is every state.
func (q *Queue) Deliveries(
	ctx context.Context, id kernel.WebhookID, state webhookflow.State, before int64, limit int,
) ([]webhookflow.Delivery, error) {
	rows, err := q.pool.Query(ctx, `SELECT `+deliveryColumns+` WHERE d.endpoint_id = $1 AND d.position < $2 AND ($3 = '' OR d.state = $3)
		ORDER BY d.position DESC LIMIT $4`,
		id, before, string(state), limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanDelivery)
}

// Attempts returns a delivery with its attempts, the latest first; false if there is none.
func (q *Queue) Attempts(
	ctx context.Context, id kernel.WebhookID, position int64,
) (webhookflow.Delivery, []webhookflow.Attempt, bool, error) {
	rows, err := q.pool.Query(ctx, `SELECT `+deliveryColumns+` WHERE d.endpoint_id = $1 AND d.position = $2`, id, position)
	if err != nil {
		return webhookflow.Delivery{}, nil, false, err
	}
	d, err := pgx.CollectExactlyOneRow(rows, scanDelivery)
	if err != nil {
		if errors.Is(err, pgx.ErrNoRows) {
			err = nil
		}
		return d, nil, false, err
	}
	rows, err = q.pool.Query(ctx, `SELECT at, took_us, status, error, request, response, body, body_cut FROM webhook_queue.attempts
WHERE endpoint_id = $1 AND position = $2 ORDER BY id DESC LIMIT 100`, id, position)
	if err != nil {
		return d, nil, false, err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (webhookflow.Attempt, error) {
		var a webhookflow.Attempt
		var took int64
		var request, response []byte
		if err := row.Scan(&a.At, &took, &a.Status, &a.Error, &request, &response, &a.Body, &a.BodyCut); err != nil {
			return a, err
		}
		a.Took = time.Duration(took) * time.Microsecond
		return a, errors.Join(json.Unmarshal(request, &a.Request), json.Unmarshal(response, &a.Response))
	})
	return d, list, err == nil, err
}

const healthSQL = `
SELECT e.id, (SELECT count(*) FROM (SELECT FROM webhook_queue.deliveries d WHERE d.endpoint_id = e.id AND d.state = 'waiting'
LIMIT 10000) w),
	e.failing_since, e.last_success_at, e.last_failure_at, CASE WHEN e.failures > 0 AND e.not_before > statement_timestamp()
	AND e.not_before <= statement_timestamp() + $2 THEN e.not_before END,
	EXISTS (SELECT FROM webhook_queue.replays r WHERE r.endpoint_id = e.id)
FROM webhook_queue.endpoints e WHERE e.workspace_id = $1 AND NOT e.deleted`

// Health tells how each webhook of the workspace fares.
func (q *Queue) Health(ctx context.Context, ws kernel.WorkspaceID) (map[kernel.WebhookID]webhookflow.Health, error) {
	rows, err := q.pool.Query(ctx, healthSQL, ws, webhookflow.MaxPause())
	if err != nil {
		return nil, err
	}
	out := map[kernel.WebhookID]webhookflow.Health{}
	var id kernel.WebhookID
	var h webhookflow.Health
	_, err = pgx.ForEachRow(rows, []any{
		&id, &h.Waiting, &h.FailingSince, &h.LastSuccess, &h.LastFailure, &h.NotBefore, &h.Replaying,
	}, func() error {
		out[id] = h
		return nil
	})
	return out, err
}
