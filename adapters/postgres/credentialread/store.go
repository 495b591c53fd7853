// Package credentialread keeps the list of credentials in Postgres.
package credentialread

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/credentialview"
)

const ddl = `CREATE TABLE credentials (
    id           text PRIMARY KEY,
    workspace_id text        NOT NULL,
    provider     text        NOT NULL,
    name         text        NOT NULL,
    masked       text        NOT NULL,
    version      integer     NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    hosts        text[]      NOT NULL DEFAULT '{}'
);
CREATE INDEX credentials_workspace ON credentials (workspace_id, id);`

// expand gives a copy of version 1, which is asked until its successor is filled, what the list asks for.
const expand = `ALTER TABLE credentials ADD COLUMN IF NOT EXISTS hosts text[] NOT NULL DEFAULT '{}'`

// Model is the shape of the read model.
func Model() postgres.Model {
	return postgres.Model{Name: credentialview.Name, DDL: ddl, Expand: expand}
}

// Open is for credentialview.New.
func Open(tx projections.Tx) (credentialview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t}, err
}

type writer struct{ tx *postgres.Tx }

// Insert implements credentialview.Writer.
func (w writer) Insert(ctx context.Context, c credentialview.Credential) error {
	_, err := w.tx.Exec(ctx, `INSERT INTO credentials (id, workspace_id, provider, name, masked, version, created_at, updated_at, hosts)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		c.ID, c.Workspace, c.Provider, c.Name, c.Masked, c.Version, c.CreatedAt, c.UpdatedAt, append([]string{}, c.Hosts...))
	return err
}

// Rotate implements credentialview.Writer.
func (w writer) Rotate(ctx context.Context, id kernel.CredentialID, masked string, version int, at time.Time) error {
	_, err := w.tx.Exec(ctx, `UPDATE credentials SET masked = $2, version = $3, updated_at = $4 WHERE id = $1`, id, masked, version, at)
	return err
}

// Use implements credentialview.Writer.
func (w writer) Use(ctx context.Context, id kernel.CredentialID, at time.Time) error {
	_, err := w.tx.Exec(ctx, `UPDATE credentials SET last_used_at = $2 WHERE id = $1`, id, at)
	return err
}

// ChangeHosts implements credentialview.Writer.
func (w writer) ChangeHosts(ctx context.Context, id kernel.CredentialID, hosts []string, at time.Time) error {
	_, err := w.tx.Exec(ctx, `UPDATE credentials SET hosts = $2, updated_at = $3 WHERE id = $1`, id, append([]string{}, hosts...), at)
	return err
}

// Delete implements credentialview.Writer.
func (w writer) Delete(ctx context.Context, id kernel.CredentialID) error {
	_, err := w.tx.Exec(ctx, `DELETE FROM credentials WHERE id = $1`, id)
	return err
}

// Queries answers questions about credentials.
type Queries struct{ db postgres.Reader }

// NewQueries reads through a pool or within a scope.
func NewQueries(db postgres.Reader) *Queries { return &Queries{db} }

const list = `SELECT id, workspace_id, provider, name, masked, version, created_at, updated_at, last_used_at, hosts
FROM rm_credential.credentials WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3`

// List returns the workspace's credentials after the given one, oldest first.
func (q *Queries) List(
	ctx context.Context, ws kernel.WorkspaceID, after kernel.CredentialID, limit int,
) ([]credentialview.Credential, error) {
	rows, err := q.db.Query(ctx, list, ws, after, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (credentialview.Credential, error) {
		var c credentialview.Credential
		err := row.Scan(&c.ID, &c.Workspace, &c.Provider, &c.Name, &c.Masked, &c.Version, &c.CreatedAt, &c.UpdatedAt, &c.LastUsed, &c.Hosts)
		return c, err
	})
}
