// Package webhookqueue is the queue of what is sent to webhooks, in Postgres. The feeder fills it from the log in the transaction that
// moves its checkpoint, so each event is in it once; workers of any number of processes empty it.
package webhookqueue

import (
	"context"
	"crypto/rand"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/eventstore/pgstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Schema is the schema webhook_queue.
func Schema() pgstore.Schema { return pgstore.Schema{Name: "webhook_queue", Migrations: migrations} }

// Migrate brings the schema webhook_queue up to date.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return pgstore.MigrateSchema(ctx, pool, Schema())
}

// Log is what the queue reads of the log.
type Log interface {
	eventstore.WorkspaceReader
	cloudevent.StreamReader
	ReadPositions(ctx context.Context, positions []int64) ([]eventstore.Recorded, error)
}

// Queue is a webhookflow.Queue.
type Queue struct {
	pool    *pgxpool.Pool
	log     Log
	codec   *eventstore.Codec
	encoder *cloudevent.Encoder
	tables  *cloudevent.Tables
	process string

	mu   sync.Mutex
	held map[kernel.WebhookID]string // the endpoint queues that workers of this process have, with their leases
}

var _ webhookflow.Queue = (*Queue)(nil)

// Config is what a Queue needs.
type Config struct {
	Pool    *pgxpool.Pool
	Log     Log
	Codec   *eventstore.Codec
	Encoder *cloudevent.Encoder
	Process string // whose the endpoint queues are: a postgres.Presence's ID. One that isn't seen gets none
}

// Open brings the tables up to date and opens the queue.
func Open(ctx context.Context, cfg Config) (*Queue, error) {
	if err := Migrate(ctx, cfg.Pool); err != nil {
		return nil, err
	}
	return &Queue{
		pool:    cfg.Pool,
		log:     cfg.Log,
		codec:   cfg.Codec,
		encoder: cfg.Encoder,
		process: cfg.Process,
		held:    map[kernel.WebhookID]string{},
		tables:  cloudevent.NewTables(cfg.Log),
	}, nil
}

// All times are this server's: no two workers' clocks need agree. What is put off for longer than anything is was put off by a clock that
// was wrong then, and is due; $1 is webhookflow.MaxPause.
//
// A process has the endpoint queues ($5) that its workers have, not one that they could not give back. One that a worker of the process has
// is not taken although another process had it meanwhile: the worker may be about to send.
//
// The worker that takes an endpoint queue leaves the time in not_before: when it is gone as the endpoint queue is given back, a person has
// wanted it tried at once.
const claimSQL = `
WITH free AS (
	SELECT id, lease <> '' AS lost FROM webhook_queue.endpoints
	WHERE enabled AND NOT deleted AND projection.is_alive($2)
		AND NOT (due_at > statement_timestamp() AND due_at <= statement_timestamp() + $1) AND due_at IS NOT NULL
		AND NOT (not_before > statement_timestamp() AND not_before <= statement_timestamp() + $1)
		AND id <> ALL ($5) AND CASE WHEN held_by = $2 THEN true WHEN held_by <> '' THEN NOT projection.is_alive(held_by)
			ELSE NOT (leased_until > statement_timestamp() AND leased_until <= statement_timestamp() + interval '5 min') END
	ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
UPDATE webhook_queue.endpoints e SET lease = $4, held_by = $2, leased_until = statement_timestamp() + interval '1 min',
  not_before = statement_timestamp()
FROM free WHERE e.id = free.id
RETURNING e.id, e.workspace_id, e.url, e.ordered, e.secrets, e.lease, free.lost, statement_timestamp(), e.failures,
  e.failing_since, e.last_success_at, e.sealed_url`

// Claim implements webhookflow.Queue.
func (q *Queue) Claim(ctx context.Context, n int) ([]webhookflow.EndpointQueue, error) {
	q.mu.Lock() // so that no two workers of the process take one endpoint queue
	defer q.mu.Unlock()
	held := slices.Collect(maps.Keys(q.held))
	rows, err := q.pool.Query(ctx, claimSQL, webhookflow.MaxPause(), q.process, n, rand.Text(), append([]kernel.WebhookID{}, held...))
	if err != nil {
		return nil, err
	}
	endpoints, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (webhookflow.EndpointQueue, error) {
		var l webhookflow.EndpointQueue
		var secrets []byte
		if err := row.Scan(&l.ID, &l.Workspace, &l.URL, &l.Ordered, &secrets, &l.Lease, &l.Lost, &l.Taken, &l.Failures, &l.FailingSince,
			&l.LastSuccess, &l.SealedURL); err != nil {
			return l, err
		}
		return l, json.Unmarshal(secrets, &l.Secrets)
	})
	if err != nil {
		return nil, err
	}
	for _, l := range endpoints {
		q.held[l.ID] = l.Lease
	}
	return endpoints, nil
}

const (
	itemColumns = `position, round, attempts, lost, created_at`
	// $4 is the lease of the worker that asks.
	holdSQL = `EXISTS (SELECT FROM webhook_queue.endpoints WHERE id = $1 AND lease = $4)`
	// Two ranges of the index: what is due, and what is put off for longer than anything is ($2).
	dueSQL = `
SELECT ` + itemColumns + `, true FROM (
	(SELECT * FROM webhook_queue.deliveries WHERE endpoint_id = $1 AND state = 'waiting' AND due_at <= statement_timestamp()
	ORDER BY due_at, position LIMIT $3)
	UNION ALL
	(SELECT * FROM webhook_queue.deliveries WHERE endpoint_id = $1 AND state = 'waiting' AND due_at > statement_timestamp() + $2
	ORDER BY due_at, position LIMIT $3)
) d WHERE ` + holdSQL + ` ORDER BY due_at, position LIMIT $3`
	// In order means by position: what comes after one that is not due has to wait, and so has what a replay has yet to put before it.
	dueInOrderSQL = `
SELECT ` + itemColumns + `, NOT (due_at > statement_timestamp() AND due_at <= statement_timestamp() + $2) FROM webhook_queue.deliveries
WHERE endpoint_id = $1 AND state = 'waiting' AND ` + holdSQL + `
	AND position <= coalesce((SELECT min(at) FROM webhook_queue.replays WHERE endpoint_id = $1), 9223372036854775807)
ORDER BY position LIMIT $3`
)

// Due implements webhookflow.Queue.
func (q *Queue) Due(ctx context.Context, endpoint webhookflow.EndpointQueue, limit int) ([]webhookflow.Item, error) {
	sql := dueSQL
	if endpoint.Ordered {
		sql = dueInOrderSQL
	}
	rows, err := q.pool.Query(ctx, sql, endpoint.ID, webhookflow.MaxPause(), limit, endpoint.Lease)
	if err != nil {
		return nil, err
	}
	var out []webhookflow.Item
	var item webhookflow.Item
	var due bool
	blocked := false
	_, err = pgx.ForEachRow(rows, []any{&item.Position, &item.Round, &item.Attempts, &item.Lost, &item.CreatedAt, &due}, func() error {
		if blocked = blocked || !due; !blocked {
			out = append(out, item)
		}
		return nil
	})
	return out, err
}

const (
	heldSQL = `SELECT lease = $2 FROM webhook_queue.endpoints WHERE id = $1`
	markSQL = `
WITH hold AS (SELECT FROM webhook_queue.endpoints WHERE id = $1 AND lease = $2 FOR UPDATE),
	marked AS (UPDATE webhook_queue.deliveries SET lost = $5 WHERE endpoint_id = $1 AND position = $3 AND round = $4 AND EXISTS (SELECT
	FROM hold))
SELECT EXISTS (SELECT FROM hold)`
)

// Hold implements webhookflow.Queue.
func (q *Queue) Hold(ctx context.Context, endpoint webhookflow.EndpointQueue) error {
	if err := holds(q.pool.QueryRow(ctx, heldSQL, endpoint.ID, endpoint.Lease)); err != nil {
		return fmt.Errorf("ask whose an endpoint queue is: %w", err)
	}
	return nil
}

// Mark implements webhookflow.Queue.
func (q *Queue) Mark(ctx context.Context, endpoint webhookflow.EndpointQueue, item webhookflow.Item, lost int) error {
	if err := holds(q.pool.QueryRow(ctx, markSQL, endpoint.ID, endpoint.Lease, item.Position, item.Round, lost)); err != nil {
		return fmt.Errorf("mark a delivery: %w", err)
	}
	return nil
}

// holds makes ErrLost of an answer that says no, or of none: the webhook is not there any more.
func holds(answer pgx.Row) error {
	yes := false
	if err := answer.Scan(&yes); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if !yes {
		return webhookflow.ErrLost
	}
	return nil
}

const (
	lockSQL         = `SELECT FROM webhook_queue.endpoints WHERE id = $1 FOR UPDATE`
	lockEndpointSQL = `SELECT ordered FROM webhook_queue.endpoints WHERE id = $1 AND lease = $2 FOR UPDATE`
	// The endpoint queue is due when the first of its items is. It is asked after the endpoint queue is locked, so that nothing that the
	// feeder adds at the same moment is overlooked: the feeder locks the endpoint queue, too.
	releaseSQL = `
UPDATE webhook_queue.endpoints SET lease = '', held_by = '', leased_until = '-infinity',
	not_before = CASE WHEN not_before = '-infinity' THEN not_before ELSE statement_timestamp() + $2 END, due_at = CASE WHEN ordered
	THEN (SELECT due_at FROM webhook_queue.deliveries WHERE endpoint_id = $1 AND state = 'waiting' ORDER BY position LIMIT 1)
	ELSE (SELECT min(due_at) FROM webhook_queue.deliveries WHERE endpoint_id = $1 AND state = 'waiting') END
WHERE id = $1`
)

// Release implements webhookflow.Queue.
func (q *Queue) Release(ctx context.Context, endpoint webhookflow.EndpointQueue, pause time.Duration) error {
	defer func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.held[endpoint.ID] == endpoint.Lease {
			delete(q.held, endpoint.ID)
		}
	}()
	return pgx.BeginFunc(ctx, q.pool, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, lockEndpointSQL, endpoint.ID, endpoint.Lease)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		_, err = tx.Exec(ctx, releaseSQL, endpoint.ID, pause)
		return err
	})
}

// Body implements webhookflow.Events.
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
	SELECT endpoint_id, position FROM webhook_queue.deliveries WHERE state <> 'waiting' AND ended_at < statement_timestamp() - $1::interval
	LIMIT $2 FOR UPDATE SKIP LOCKED
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
DELETE FROM webhook_queue.endpoints e WHERE deleted AND (held_by = '' OR NOT projection.is_alive(held_by))
	AND NOT EXISTS (SELECT FROM webhook_queue.deliveries d WHERE d.endpoint_id = e.id)`
	pruneAtOnce = 1000
)

// Prune implements webhookflow.Queue.
func (q *Queue) Prune(ctx context.Context, keep time.Duration) (bool, error) {
	old, err := q.pool.Exec(ctx, pruneSQL, keep, pruneAtOnce)
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
	_, err = q.pool.Exec(ctx, pruneEndpointsSQL)
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
	if own(r.Type) || !q.encoder.Policy().Leaves(r) || !e.types.Chooses(r.Type) {
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
