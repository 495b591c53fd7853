package webhookqueue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/projections"
)

// FeederName names the feeder's checkpoint.
const FeederName = "webhook_queue"

// Types are the events that the feeder wants: all that leave the product, and all of webhooks.
func (q *Queue) Types() []string {
	out := q.encoder.Policy().Types()
	for _, e := range webhook.Events() {
		if !slices.Contains(out, e.EventType()) {
			out = append(out, e.EventType())
		}
	}
	return out
}

// Apply puts events into the queue, in the transaction that moves the feeder's checkpoint. It goes by what the webhooks were at each
// event's position: an event is for a webhook that was there, on, and chose it then.
func (q *Queue) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	t, err := postgres.From(tx)
	if err != nil {
		return err
	}
	f := feeding{Queue: q, tx: t}
	if err := f.load(ctx, events); err != nil {
		return err
	}
	for _, r := range events {
		if err := f.feed(ctx, r); err != nil {
			return fmt.Errorf("event %d: %w", r.Position, err)
		}
	}
	return f.flush(ctx)
}

// feeding is one batch of events on its way into the queue.
type feeding struct {
	*Queue
	tx        pgx.Tx
	endpoints map[kernel.WorkspaceID][]endpoint

	ids       []string // of what flush adds
	positions []int64
	types     []string
}

// load reads the webhooks of the workspaces that the events are of.
func (f *feeding) load(ctx context.Context, events []eventstore.Recorded) error {
	var workspaces []string
	seen := map[kernel.WorkspaceID]bool{}
	for _, r := range events {
		if !seen[r.Workspace] {
			seen[r.Workspace] = true
			workspaces = append(workspaces, string(r.Workspace))
		}
	}
	f.endpoints = map[kernel.WorkspaceID][]endpoint{}
	rows, err := f.tx.Query(ctx, `SELECT workspace_id, id, types, tables, enabled FROM webhook_queue.endpoints WHERE workspace_id = ANY ($1)
		AND NOT deleted`, workspaces)
	if err != nil {
		return err
	}
	var ws kernel.WorkspaceID
	var e endpoint
	var types []string
	_, err = pgx.ForEachRow(rows, []any{&ws, &e.id, &types, &e.tables, &e.enabled}, func() error {
		e.types = webhook.Filter(slices.Clone(types))
		e.tables = slices.Clone(e.tables)
		f.endpoints[ws] = append(f.endpoints[ws], e)
		return nil
	})
	return err
}

func (f *feeding) feed(ctx context.Context, r eventstore.Recorded) error {
	for _, e := range f.endpoints[r.Workspace] {
		if !e.enabled {
			continue
		}
		ok, err := f.wants(ctx, e, r)
		if err != nil {
			return err
		}
		if ok {
			f.add(e.id, r.Position, r.Type)
		}
	}
	if r.Stream.Category() != "webhook" {
		return nil
	}
	e, err := f.codec.Decode(r)
	if err != nil {
		return err
	}
	return f.own(ctx, r, e)
}

func (f *feeding) add(id kernel.WebhookID, position int64, eventType string) {
	f.ids, f.positions, f.types = append(f.ids, string(id)), append(f.positions, position), append(f.types, eventType)
}

// own carries out what an event of a webhook says.
func (f *feeding) own(ctx context.Context, r eventstore.Recorded, e kernel.Event) error {
	id := kernel.WebhookID(r.Stream.ID())
	switch e := e.(type) {
	case webhook.Created:
		return f.create(ctx, e)
	case webhook.Changed:
		f.update(r.Workspace, id, func(m *endpoint) { m.types, m.tables = e.Types, e.Tables })
		return f.exec(ctx, `UPDATE webhook_queue.endpoints
			SET url = $2, types = $3, tables = $4, ordered = $5, sealed_url = $6, not_before = '-infinity' WHERE id = $1`,
			id, e.URL, append([]string{}, e.Types...), append([]kernel.TableID{}, e.Tables...), e.Ordered, e.SealedURL)
	case webhook.SecretRotated:
		return f.secrets(ctx, id, func(s []webhook.Secret) []webhook.Secret { return webhook.Rotated(s, e) })
	case webhook.SecretRewrapped:
		if e.Version == webhook.URLVersion {
			return f.exec(ctx, `UPDATE webhook_queue.endpoints SET sealed_url = $2 WHERE id = $1`, id, e.Sealed)
		}
		return f.secrets(ctx, id, func(s []webhook.Secret) []webhook.Secret { return webhook.Rewrapped(s, e) })
	case webhook.Disabled:
		f.update(r.Workspace, id, func(m *endpoint) { m.enabled = false })
		return f.exec(ctx, `UPDATE webhook_queue.endpoints SET enabled = false WHERE id = $1`, id)
	case webhook.Enabled:
		f.update(r.Workspace, id, func(m *endpoint) { m.enabled = true })
		return errors.Join(f.exec(ctx, `UPDATE webhook_queue.endpoints
			SET enabled = true, failures = 0, failing_since = NULL, not_before = '-infinity', due_at = statement_timestamp() WHERE id = $1`, id),
			f.exec(ctx, hastenSQL, id))
	case webhook.Deleted:
		f.update(r.Workspace, id, func(m *endpoint) { m.enabled = false })
		return f.exec(ctx, `UPDATE webhook_queue.endpoints SET deleted = true, secrets = '[]', sealed_url = NULL WHERE id = $1`, id)
	case webhook.TestRequested:
		return f.again(ctx, id, []int64{r.Position}, []string{r.Type})
	case webhook.RedeliveryRequested:
		return f.redeliver(ctx, id, e.Position)
	case webhook.ReplayRequested:
		return f.exec(ctx, `INSERT INTO webhook_queue.replays (id, endpoint_id, at, until) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING`,
			r.Position, id, e.After, e.Until)
	default:
		return fmt.Errorf("unknown event %s", r.Type)
	}
}

func (f *feeding) exec(ctx context.Context, sql string, args ...any) error {
	_, err := f.tx.Exec(ctx, sql, args...)
	return err
}

// update changes the webhook as the events after this one see it.
func (f *feeding) update(ws kernel.WorkspaceID, id kernel.WebhookID, fn func(*endpoint)) {
	for i := range f.endpoints[ws] {
		if f.endpoints[ws][i].id == id {
			fn(&f.endpoints[ws][i])
		}
	}
}

func (f *feeding) create(ctx context.Context, e webhook.Created) error {
	secrets, err := json.Marshal([]webhook.Secret{{Version: 1, Sealed: e.Sealed}})
	if err != nil {
		return err
	}
	f.endpoints[e.Workspace] = append(f.endpoints[e.Workspace], endpoint{id: e.ID, types: e.Types, tables: e.Tables, enabled: true})
	return f.exec(ctx, `INSERT INTO webhook_queue.endpoints (id, workspace_id, url, types, tables, ordered, secrets, enabled, sealed_url)
		VALUES ($1, $2, $3, $4, $5, $6, $7, true, $8)
ON CONFLICT (id) DO NOTHING`, e.ID, e.Workspace, e.URL, append([]string{}, e.Types...), append([]kernel.TableID{}, e.Tables...), e.Ordered,
		secrets, e.SealedURL)
}

func (f *feeding) secrets(ctx context.Context, id kernel.WebhookID, fn func([]webhook.Secret) []webhook.Secret) error {
	var raw []byte
	if err := f.tx.QueryRow(ctx, `SELECT secrets FROM webhook_queue.endpoints WHERE id = $1`, id).Scan(&raw); err != nil {
		return err
	}
	var list []webhook.Secret
	if err := json.Unmarshal(raw, &list); err != nil {
		return err
	}
	raw, err := json.Marshal(fn(list))
	if err != nil {
		return err
	}
	return f.exec(ctx, `UPDATE webhook_queue.endpoints SET secrets = $2 WHERE id = $1`, id, raw)
}

func (f *feeding) redeliver(ctx context.Context, id kernel.WebhookID, position int64) error {
	events, err := f.log.ReadPositions(ctx, []int64{position})
	if err != nil || len(events) == 0 || !f.encoder.Policy().Leaves(events[0]) {
		return err
	}
	return f.again(ctx, id, []int64{position}, []string{events[0].Type})
}

// flush adds what was gathered. An event that is in the queue already stays as it is.
func (f *feeding) flush(ctx context.Context) error {
	if len(f.ids) == 0 {
		return nil
	}
	endpoints := slices.Clone(f.ids)
	slices.Sort(endpoints)
	if err := f.exec(ctx, dueNowSQL, slices.Compact(endpoints)); err != nil { // first: it locks the endpoint queues
		return err
	}
	return f.exec(ctx, `
INSERT INTO webhook_queue.deliveries (endpoint_id, position, type, state, due_at, created_at)
SELECT u.id, u.position, u.type, 'waiting', statement_timestamp(), statement_timestamp()
FROM unnest($1::text[], $2::bigint[], $3::text[]) u(id, position, type)
ON CONFLICT (endpoint_id, position) DO NOTHING`, f.ids, f.positions, f.types)
}

// again adds events, or begins another round of those that are in the queue, which are tried at once.
func (f *feeding) again(ctx context.Context, id kernel.WebhookID, positions []int64, types []string) error {
	return again(ctx, f.tx, id, positions, types)
}

const (
	dueNowSQL = `UPDATE webhook_queue.endpoints SET due_at = least(due_at, statement_timestamp()) WHERE id = ANY ($1)`
	againSQL  = `
INSERT INTO webhook_queue.deliveries (endpoint_id, position, type, state, due_at, created_at)
SELECT $1, u.position, u.type, 'waiting', statement_timestamp(), statement_timestamp()
FROM unnest($2::bigint[], $3::text[]) u(position, type)
ON CONFLICT (endpoint_id, position) DO UPDATE SET state = 'waiting', round = deliveries.round + 1, attempts = 0, lost = 0,
  due_at = EXCLUDED.due_at, created_at = EXCLUDED.created_at, ended_at = NULL`
	unrestSQL = `UPDATE webhook_queue.endpoints SET due_at = least(due_at, statement_timestamp()), not_before = '-infinity' WHERE id = $1`
)

func again(ctx context.Context, tx pgx.Tx, id kernel.WebhookID, positions []int64, types []string) error {
	if len(positions) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, unrestSQL, id); err != nil { // first: it locks the endpoint queue
		return err
	}
	_, err := tx.Exec(ctx, againSQL, id, positions, types)
	return err
}

const (
	replayPage = 500
	replaySQL  = `
SELECT r.id, r.at, r.until, e.id, e.workspace_id, e.types, e.tables, e.deleted FROM webhook_queue.replays r
JOIN webhook_queue.endpoints e ON e.id = r.endpoint_id
ORDER BY r.id LIMIT 1 FOR UPDATE OF r SKIP LOCKED`
)

// Replay implements delivery.Queue: one page of the oldest replay that no other worker has.
func (q *Queue) Replay(ctx context.Context) (more bool, err error) {
	err = pgx.BeginFunc(ctx, q.pool, func(tx pgx.Tx) error {
		var r replay
		err := tx.QueryRow(ctx, replaySQL).Scan(&r.id, &r.at, &r.until, &r.to.id, &r.workspace, (*[]string)(&r.to.types), &r.to.tables,
			&r.deleted)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		more = true
		if r.deleted {
			_, err = tx.Exec(ctx, `DELETE FROM webhook_queue.replays WHERE id = $1`, r.id)
			return err
		}
		return q.replay(pgstore.Within(ctx, tx), tx, r)
	})
	return more, err
}

// replay is what somebody wants sent once more, as far as it is not in the queue yet.
type replay struct {
	id, at, until int64
	workspace     kernel.WorkspaceID
	to            endpoint
	deleted       bool
}

func (q *Queue) replay(ctx context.Context, tx pgx.Tx, r replay) error {
	events, err := q.log.ReadWorkspace(ctx, r.workspace, r.at, replayPage)
	if err != nil {
		return err
	}
	var positions []int64
	var types []string
	next := r.until
	for i, e := range events {
		if e.Position > r.until {
			break
		}
		if i == len(events)-1 {
			next = e.Position
		}
		ok, err := q.wants(ctx, r.to, e)
		if err != nil {
			return err
		}
		if ok {
			positions, types = append(positions, e.Position), append(types, e.Type)
		}
	}
	if _, err := tx.Exec(ctx, unrestSQL, r.to.id); err != nil { // also for what had to wait for the replay
		return err
	}
	if err := again(ctx, tx, r.to.id, positions, types); err != nil {
		return err
	}
	if next >= r.until {
		_, err = tx.Exec(ctx, `DELETE FROM webhook_queue.replays WHERE id = $1`, r.id)
	} else {
		_, err = tx.Exec(ctx, `UPDATE webhook_queue.replays SET at = $2 WHERE id = $1`, r.id, next)
	}
	return err
}
