// Package webhookread keeps the list of webhooks in Postgres.
package webhookread

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/webhookview"
)

const ddl = `CREATE TABLE webhooks (
    id             text PRIMARY KEY,
    workspace_id   text        NOT NULL,
    url            text        NOT NULL,
    description    text        NOT NULL,
    types          text[]      NOT NULL,
    tables         text[]      NOT NULL,
    ordered        boolean     NOT NULL,
    enabled        boolean     NOT NULL,
    reason         text        NOT NULL,
    off_at         timestamptz,
    off_position   bigint      NOT NULL,
    secret_version integer     NOT NULL,
    old_until      timestamptz,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    sealed_url     jsonb
);
CREATE INDEX webhooks_workspace ON webhooks (workspace_id, id);`

// Model is the shape of the read model.
func Model() postgres.Model {
	return postgres.Model{Name: webhookview.Name, DDL: ddl, Expand: `ALTER TABLE webhooks ADD COLUMN IF NOT EXISTS sealed_url jsonb`}
}

// Open is for webhookview.New.
func Open(tx projections.Tx) (webhookview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t}, err
}

const columns = `id, workspace_id, url, description, types, tables, ordered, enabled, reason, off_at,
  off_position, secret_version, old_until, created_at, updated_at, sealed_url`

type writer struct{ tx *postgres.Tx }

// Get implements webhookview.Writer.
func (w writer) Get(ctx context.Context, id kernel.WebhookID) (webhookview.Webhook, error) {
	rows, err := w.tx.Query(ctx, `SELECT `+columns+` FROM webhooks WHERE id = $1`, id)
	if err != nil {
		return webhookview.Webhook{}, err
	}
	return pgx.CollectExactlyOneRow(rows, scan)
}

// Put implements webhookview.Writer.
func (w writer) Put(ctx context.Context, l webhookview.Webhook) error {
	_, err := w.tx.Exec(ctx, `INSERT INTO webhooks (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
ON CONFLICT (id) DO UPDATE SET url = excluded.url, description = excluded.description, types = excluded.types,
  tables = excluded.tables, ordered = excluded.ordered,
	enabled = excluded.enabled, reason = excluded.reason, off_at = excluded.off_at, off_position = excluded.off_position,
	secret_version = excluded.secret_version, old_until = excluded.old_until, updated_at = excluded.updated_at,
	sealed_url = excluded.sealed_url`,
		l.ID, l.Workspace, l.URL, l.Description, append([]string{}, l.Types...), append([]kernel.TableID{}, l.Tables...), l.Ordered, l.Enabled,
		l.Reason, l.OffAt,
		l.OffPosition, l.SecretVersion, l.OldUntil, l.CreatedAt, l.UpdatedAt, l.SealedURL)
	return err
}

// Delete implements webhookview.Writer.
func (w writer) Delete(ctx context.Context, id kernel.WebhookID) error {
	_, err := w.tx.Exec(ctx, `DELETE FROM webhooks WHERE id = $1`, id)
	return err
}

func scan(row pgx.CollectableRow) (webhookview.Webhook, error) {
	var l webhookview.Webhook
	var types []string
	err := row.Scan(&l.ID, &l.Workspace, &l.URL, &l.Description, &types, &l.Tables, &l.Ordered, &l.Enabled, &l.Reason, &l.OffAt,
		&l.OffPosition,
		&l.SecretVersion, &l.OldUntil, &l.CreatedAt, &l.UpdatedAt, &l.SealedURL)
	l.Types = webhook.Filter(types)
	return l, err
}

// Queries answers questions about webhooks.
type Queries struct{ db postgres.Reader }

// NewQueries reads through a pool or within a scope.
func NewQueries(db postgres.Reader) *Queries { return &Queries{db} }

// List returns the workspace's webhooks, oldest first; there are webhook.MaxPerSpace at most, give or take those made at one moment.
func (q *Queries) List(ctx context.Context, ws kernel.WorkspaceID) ([]webhookview.Webhook, error) {
	rows, err := q.db.Query(ctx, `SELECT `+columns+` FROM rm_webhook.webhooks WHERE workspace_id = $1 ORDER BY id`, ws)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

// Webhook returns a webhook of the workspace, false if there is none.
func (q *Queries) Webhook(ctx context.Context, ws kernel.WorkspaceID, id kernel.WebhookID) (webhookview.Webhook, bool, error) {
	rows, err := q.db.Query(ctx, `SELECT `+columns+` FROM rm_webhook.webhooks WHERE workspace_id = $1 AND id = $2`, ws, id)
	if err != nil {
		return webhookview.Webhook{}, false, err
	}
	l, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, false, nil
	}
	return l, err == nil, err
}

// Count implements webhookcmd.Counter.
func (q *Queries) Count(ctx context.Context, ws kernel.WorkspaceID) (int, error) {
	var n int
	err := q.db.QueryRow(ctx, `SELECT count(*) FROM rm_webhook.webhooks WHERE workspace_id = $1`, ws).Scan(&n)
	return n, err
}
