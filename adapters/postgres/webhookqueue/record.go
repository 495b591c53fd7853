package webhookqueue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/commands/webhookflow"
)

const (
	// What is lost with a crash of the server is sent again, under the same id.
	unhurriedSQL = `SET LOCAL synchronous_commit = off`
	attemptSQL   = `
INSERT INTO webhook_queue.attempts (endpoint_id, position, at, took_us, status, error, request, response, body, body_cut)
SELECT $1, a.* FROM unnest($2::bigint[], $3::timestamptz[], $4::bigint[], $5::integer[], $6::text[], $7::jsonb[],
  $8::jsonb[], $9::text[], $10::boolean[]) a`
	// Of another round than the one that was sent: somebody has asked for it once more meanwhile. A delivery is a fact from any worker; what
	// else is said counts only from whom the endpoint queue is ($7), of what still waits.
	outcomeSQL = `
UPDATE webhook_queue.deliveries d SET state = o.state, attempts = o.attempts, lost = 0,
	due_at = CASE WHEN o.state = 'waiting' THEN statement_timestamp() + o.pause ELSE d.due_at END,
	ended_at = CASE WHEN o.state <> 'waiting' THEN statement_timestamp() END
FROM unnest($2::bigint[], $3::integer[], $4::text[], $5::integer[], $6::interval[]) o(position, round, state, attempts, pause)
WHERE d.endpoint_id = $1 AND d.position = o.position AND d.round = o.round
	AND (o.state = 'delivered' OR d.state = 'waiting' AND EXISTS (SELECT FROM webhook_queue.endpoints WHERE id = $1 AND lease = $7))`
	// A further round, so that the outcome of what is under way doesn't put it off.
	hastenSQL = `
UPDATE webhook_queue.deliveries SET due_at = statement_timestamp(), round = round + 1, attempts = 0, lost = 0 WHERE endpoint_id = $1
AND state = 'waiting'`
	// What the receiver refused while it took other things is not hastened: it would be tried with each of them.
	backSQL = `
UPDATE webhook_queue.deliveries d SET due_at = LEAST(d.due_at, statement_timestamp()), attempts = 0 FROM webhook_queue.endpoints e
WHERE e.id = $1 AND d.endpoint_id = $1 AND d.state = 'waiting' AND d.attempts > 0
AND d.created_at >= COALESCE(e.last_success_at, '-infinity')`
	// $2 tells that something was taken, $3 how many were refused after that, $4 that any were.
	healthChangeSQL = `
UPDATE webhook_queue.endpoints SET failures = CASE WHEN $2 THEN $3 ELSE failures + $3 END,
	failing_since = CASE WHEN $3 = 0 AND $2 THEN NULL WHEN $3 = 0 THEN failing_since
		WHEN $2 THEN statement_timestamp() ELSE coalesce(failing_since, statement_timestamp()) END,
	last_success_at = CASE WHEN $2 THEN statement_timestamp() ELSE last_success_at END,
	last_failure_at = CASE WHEN $4 THEN statement_timestamp() ELSE last_failure_at END
WHERE id = $1 RETURNING lease = $5`
)

// Record implements webhookflow.Queue.
func (q *Queue) Record(ctx context.Context, endpoint webhookflow.EndpointQueue, outcomes []webhookflow.Outcome) error {
	r, err := recordOf(outcomes)
	if err != nil {
		return err
	}
	lost := error(nil)
	var b pgx.Batch // one transaction, which locks the endpoint queue before its deliveries, as all do
	b.Queue(unhurriedSQL)
	if r.hasten { // before the endpoint queue's last success is this one
		b.Queue(lockSQL, endpoint.ID)
		b.Queue(backSQL, endpoint.ID)
	}
	b.Queue(healthChangeSQL, endpoint.ID, r.taken, r.refusedAfter, r.refused, endpoint.Lease).QueryRow(func(row pgx.Row) error {
		if lost = holds(row); errors.Is(lost, webhookflow.ErrLost) {
			return nil
		}
		return lost
	})
	b.Queue(attemptSQL, endpoint.ID, r.positions, r.at, r.took, r.status, r.errors, r.requests, r.responses, r.bodies, r.cut)
	b.Queue(outcomeSQL, endpoint.ID, r.positions, r.rounds, r.states, r.attempts, r.pauses, endpoint.Lease)
	if err := q.pool.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("record a delivery: %w", err)
	}
	return lost
}

// record is outcomes by columns.
type record struct {
	positions, took          []int64
	rounds, attempts, status []int
	at                       []time.Time
	states, errors, bodies   []string
	requests, responses      [][]byte
	cut                      []bool
	pauses                   []time.Duration
	hasten, taken, refused   bool
	refusedAfter             int // the last one that was taken
}

func recordOf(outcomes []webhookflow.Outcome) (record, error) {
	var r record
	for _, o := range outcomes {
		a := o.Attempt
		request, err := json.Marshal(a.Request)
		if err != nil {
			return r, err
		}
		response, err := json.Marshal(a.Response)
		if err != nil {
			return r, err
		}
		r.positions, r.took, r.rounds = append(r.positions,
			o.Item.Position), append(r.took, a.Took.Microseconds()), append(r.rounds, o.Item.Round)
		r.attempts, r.status, r.at = append(r.attempts, o.Item.Attempts), append(r.status, a.Status), append(r.at, a.At)
		r.states, r.errors, r.bodies = append(r.states, string(o.State)), append(r.errors, a.Error), append(r.bodies, a.Body)
		r.requests, r.responses = append(r.requests, request), append(r.responses, response)
		r.cut, r.pauses = append(r.cut, a.BodyCut), append(r.pauses, o.Pause)
		switch {
		case o.State == webhookflow.Delivered:
			r.taken, r.refusedAfter = true, 0
		case !o.Unsent:
			r.refused = true
			r.refusedAfter++
		}
		r.hasten = r.hasten || o.Hasten
	}
	return r, nil
}
