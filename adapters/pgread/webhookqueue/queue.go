// Package webhookqueue is the queue of what is sent to webhooks, in Postgres. The feeder fills it from the log in the transaction that
// moves its checkpoint, so each event is in it once; workers of any number of processes empty it.
package webhookqueue

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/commands/webhookcmd/delivery"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/eventstore/pgstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema webhook_queue up to date.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return pgstore.MigrateSchema(ctx, pool, pgstore.Schema{Name: "webhook_queue", Migrations: migrations})
}

// Log is what the queue reads of the log.
type Log interface {
	eventstore.WorkspaceReader
	cloudevent.StreamReader
	ReadPositions(ctx context.Context, positions []int64) ([]eventstore.Recorded, error)
}

// Queue is a delivery.Queue.
type Queue struct {
	pool    *pgxpool.Pool
	log     Log
	codec   *eventstore.Codec
	encoder *cloudevent.Encoder
	tables  *cloudevent.Tables
	clock   kernel.Clock
}

var _ delivery.Queue = (*Queue)(nil)

// Config is what a Queue needs.
type Config struct {
	Pool    *pgxpool.Pool
	Log     Log
	Codec   *eventstore.Codec
	Encoder *cloudevent.Encoder
	Clock   kernel.Clock
}

// Open brings the tables up to date and opens the queue.
func Open(ctx context.Context, cfg Config) (*Queue, error) {
	if err := Migrate(ctx, cfg.Pool); err != nil {
		return nil, err
	}
	return &Queue{pool: cfg.Pool, log: cfg.Log, codec: cfg.Codec, encoder: cfg.Encoder, clock: cfg.Clock, tables: cloudevent.NewTables(cfg.Log)}, nil
}

// Whoever takes a lane leaves the time in not_before: when it is gone as the lane is given back, somebody has wanted it tried at once.
const claimSQL = `
WITH free AS (
	SELECT id FROM webhook_queue.endpoints
	WHERE enabled AND NOT deleted AND due_at <= $1 AND not_before <= $1 AND leased_until <= $1
	ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
UPDATE webhook_queue.endpoints e SET lease = $4, leased_until = $2, not_before = $1 FROM free WHERE e.id = free.id
RETURNING e.id, e.workspace_id, e.url, e.ordered, e.secrets, e.lease, e.failures, e.failing_since, e.last_success_at, e.sealed_url`

// Claim implements delivery.Queue.
func (q *Queue) Claim(ctx context.Context, now, until time.Time, n int) ([]delivery.Lane, error) {
	rows, err := q.pool.Query(ctx, claimSQL, now, until, n, rand.Text())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (delivery.Lane, error) {
		var l delivery.Lane
		var secrets []byte
		if err := row.Scan(&l.ID, &l.Workspace, &l.URL, &l.Ordered, &secrets, &l.Lease, &l.Failures, &l.FailingSince, &l.LastSuccess, &l.SealedURL); err != nil {
			return l, err
		}
		return l, json.Unmarshal(secrets, &l.Secrets)
	})
}

const (
	dueSQL = `
SELECT position, round, attempts, created_at, true FROM webhook_queue.deliveries
WHERE endpoint_id = $1 AND state = 'waiting' AND due_at <= $2 ORDER BY due_at, position LIMIT $3`
	// In order means by position: what comes after one that is not due has to wait, and so has what a replay has yet to put before it.
	dueInOrderSQL = `
SELECT position, round, attempts, created_at, due_at <= $2 FROM webhook_queue.deliveries
WHERE endpoint_id = $1 AND state = 'waiting'
	AND position <= coalesce((SELECT min(at) FROM webhook_queue.replays WHERE endpoint_id = $1), 9223372036854775807)
ORDER BY position LIMIT $3`
)

// Due implements delivery.Queue.
func (q *Queue) Due(ctx context.Context, lane delivery.Lane, now time.Time, limit int) ([]delivery.Item, error) {
	sql := dueSQL
	if lane.Ordered {
		sql = dueInOrderSQL
	}
	rows, err := q.pool.Query(ctx, sql, lane.ID, now, limit)
	if err != nil {
		return nil, err
	}
	var out []delivery.Item
	var item delivery.Item
	var due bool
	blocked := false
	_, err = pgx.ForEachRow(rows, []any{&item.Position, &item.Round, &item.Attempts, &item.CreatedAt, &due}, func() error {
		if blocked = blocked || !due; !blocked {
			out = append(out, item)
		}
		return nil
	})
	return out, err
}

const (
	attemptSQL = `
INSERT INTO webhook_queue.attempts (endpoint_id, position, at, took_us, status, error, request, response, body, body_cut)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	// Of another round than the one that was sent: somebody has asked for it once more meanwhile.
	outcomeSQL = `
UPDATE webhook_queue.deliveries SET state = $4, attempts = $5, due_at = coalesce($6, due_at), ended_at = $7
WHERE endpoint_id = $1 AND position = $2 AND round = $3`
	// A further round, so that the outcome of what is under way doesn't put it off.
	hastenSQL = `UPDATE webhook_queue.deliveries SET due_at = $2, round = round + 1, attempts = 0 WHERE endpoint_id = $1 AND state = 'waiting'`
	// What the receiver refused while it took other things is not hastened: it would be tried with each of them.
	backSQL = `
UPDATE webhook_queue.deliveries d SET due_at = LEAST(d.due_at, $2), attempts = 0 FROM webhook_queue.endpoints e
WHERE e.id = $1 AND d.endpoint_id = $1 AND d.state = 'waiting' AND d.attempts > 0 AND d.created_at >= COALESCE(e.last_success_at, '-infinity')`
	successSQL = `UPDATE webhook_queue.endpoints SET failures = 0, failing_since = NULL, last_success_at = $2 WHERE id = $1`
	failureSQL = `
UPDATE webhook_queue.endpoints SET failures = failures + 1, failing_since = coalesce(failing_since, $2), last_failure_at = $2 WHERE id = $1`
	renewSQL = `UPDATE webhook_queue.endpoints SET leased_until = $3 WHERE id = $1 AND lease = $2`
)

// Record implements delivery.Queue.
func (q *Queue) Record(ctx context.Context, lane delivery.Lane, o delivery.Outcome, until time.Time) error {
	a := o.Attempt
	request, err := json.Marshal(a.Request)
	if err != nil {
		return err
	}
	response, err := json.Marshal(a.Response)
	if err != nil {
		return err
	}
	var ended, due *time.Time
	if o.State == delivery.Waiting {
		due = &o.DueAt
	} else {
		ended = &a.At
	}
	kept := true
	var b pgx.Batch // one transaction, which locks the lane before its deliveries, as all do
	b.Queue(renewSQL, lane.ID, lane.Lease, until).Exec(func(tag pgconn.CommandTag) error {
		kept = tag.RowsAffected() == 1
		return nil
	})
	if o.Hasten { // before the lane's last success is this one
		b.Queue(backSQL, lane.ID, a.At)
	}
	health := failureSQL
	if o.State == delivery.Delivered {
		health = successSQL
	}
	b.Queue(health, lane.ID, a.At)
	b.Queue(attemptSQL, lane.ID, o.Item.Position, a.At, a.Took.Microseconds(), a.Status, a.Error, request, response, a.Body, a.BodyCut)
	b.Queue(outcomeSQL, lane.ID, o.Item.Position, o.Item.Round, string(o.State), o.Item.Attempts, due, ended)
	if err := q.pool.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("record a delivery: %w", err)
	}
	if !kept {
		return delivery.ErrLost
	}
	return nil
}

const (
	lockLaneSQL = `SELECT ordered FROM webhook_queue.endpoints WHERE id = $1 AND lease = $2 FOR UPDATE`
	// The lane is due when the first of its items is. It is asked after the lane is locked, so that nothing that the feeder adds at
	// the same moment is overlooked: the feeder locks the lane, too.
	releaseSQL = `
UPDATE webhook_queue.endpoints SET lease = '', leased_until = '-infinity', not_before = CASE WHEN not_before = '-infinity' THEN not_before ELSE $2 END, due_at = CASE WHEN ordered
	THEN (SELECT due_at FROM webhook_queue.deliveries WHERE endpoint_id = $1 AND state = 'waiting' ORDER BY position LIMIT 1)
	ELSE (SELECT min(due_at) FROM webhook_queue.deliveries WHERE endpoint_id = $1 AND state = 'waiting') END
WHERE id = $1`
)

// Release implements delivery.Queue.
func (q *Queue) Release(ctx context.Context, lane delivery.Lane, before time.Time) error {
	return pgx.BeginFunc(ctx, q.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, lockLaneSQL, lane.ID, lane.Lease)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		_, err = tx.Exec(ctx, releaseSQL, lane.ID, before)
		return err
	})
}

// Body implements delivery.Events.
func (q *Queue) Body(ctx context.Context, position int64) (id string, body []byte, ok bool, err error) {
	events, err := q.log.ReadPositions(ctx, []int64{position})
	if err != nil || len(events) == 0 {
		return "", nil, false, err
	}
	body, ok, err = q.encoder.Encode(events[0])
	return cloudevent.ID(events[0]), body, ok, err
}

const (
	pruneSQL = `
WITH old AS (
	SELECT endpoint_id, position FROM webhook_queue.deliveries WHERE state <> 'waiting' AND ended_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
), attempts AS (
	DELETE FROM webhook_queue.attempts a USING old WHERE a.endpoint_id = old.endpoint_id AND a.position = old.position
)
DELETE FROM webhook_queue.deliveries d USING old WHERE d.endpoint_id = old.endpoint_id AND d.position = old.position`
	pruneDeletedSQL = `
WITH old AS (
	SELECT d.endpoint_id, d.position FROM webhook_queue.endpoints e JOIN webhook_queue.deliveries d ON d.endpoint_id = e.id
	WHERE e.deleted LIMIT $1 FOR UPDATE OF d SKIP LOCKED
), attempts AS (
	DELETE FROM webhook_queue.attempts a USING old WHERE a.endpoint_id = old.endpoint_id AND a.position = old.position
)
DELETE FROM webhook_queue.deliveries d USING old WHERE d.endpoint_id = old.endpoint_id AND d.position = old.position`
	pruneEndpointsSQL = `
DELETE FROM webhook_queue.endpoints e WHERE deleted AND leased_until < $1
	AND NOT EXISTS (SELECT FROM webhook_queue.deliveries d WHERE d.endpoint_id = e.id)`
	pruneAtOnce = 1000
)

// Prune implements delivery.Queue.
func (q *Queue) Prune(ctx context.Context, before time.Time) (bool, error) {
	old, err := q.pool.Exec(ctx, pruneSQL, before, pruneAtOnce)
	if err != nil {
		return false, err
	}
	deleted, err := q.pool.Exec(ctx, pruneDeletedSQL, pruneAtOnce)
	if err != nil {
		return false, err
	}
	if old.RowsAffected() == pruneAtOnce || deleted.RowsAffected() == pruneAtOnce {
		return true, nil
	}
	_, err = q.pool.Exec(ctx, pruneEndpointsSQL, before)
	return false, err
}

// endpoint is what the feeder needs to know of a webhook.
type endpoint struct {
	id      kernel.WebhookID
	types   webhook.Filter
	tables  []kernel.TableID
	enabled bool
}

// wants reports whether the event is for the webhook.
func (q *Queue) wants(ctx context.Context, e endpoint, r eventstore.Recorded) (bool, error) {
	if own(r.Type) || !q.encoder.Policy().Leaves(r.Type, r.Data) || !e.types.Chooses(r.Type) {
		return false, nil
	}
	if len(e.tables) == 0 {
		return true, nil
	}
	id, err := q.tables.Of(ctx, r)
	if err != nil || id == "" {
		return false, err
	}
	for _, t := range e.tables {
		if t == id {
			return true, nil
		}
	}
	return false, nil
}

// own reports the events that ask for deliveries; of them only a test is sent, to the webhook that it tests.
func own(eventType string) bool {
	switch eventType {
	case webhook.TestRequested{}.EventType(), webhook.RedeliveryRequested{}.EventType(), webhook.ReplayRequested{}.EventType():
		return true
	default:
		return false
	}
}
