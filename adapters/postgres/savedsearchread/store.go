// Package savedsearchread keeps saved searches in Postgres.
package savedsearchread

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/savedsearchview"
)

const ddl = `CREATE TABLE saved (
    id           text PRIMARY KEY COLLATE "C",
    workspace_id text        NOT NULL COLLATE "C",
    name         text        NOT NULL,
    query        text        NOT NULL, -- JSON
    shared       boolean     NOT NULL,
    owner        text        NOT NULL,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL
);
CREATE INDEX saved_workspace ON saved (workspace_id, id);

-- The last request of each workspace to make the index anew.
CREATE TABLE reindexes (
    workspace_id text PRIMARY KEY COLLATE "C",
    requested_by text        NOT NULL,
    requested_at timestamptz NOT NULL,
    finished_at  timestamptz,
    position     bigint      NOT NULL,
    error        text        NOT NULL
);`

// Model is the shape of the read model.
func Model() postgres.Model { return postgres.Model{Name: savedsearchview.Name, DDL: ddl} }

// Open is for savedsearchview.New.
func Open(tx projections.Tx) (savedsearchview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t}, err
}

type writer struct{ tx *postgres.Tx }

func (w writer) exec(ctx context.Context, sql string, args ...any) error {
	_, err := w.tx.Exec(ctx, sql, args...)
	return err
}

// Save implements savedsearchview.Writer.
func (w writer) Save(ctx context.Context, s savedsearchview.Saved) error {
	return w.exec(ctx, `INSERT INTO saved (id, workspace_id, name, query, shared, owner, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, query = excluded.query, shared = excluded.shared, updated_at = excluded.updated_at`,
		s.ID, s.Workspace, s.Name, string(s.Query), s.Shared, s.Owner, s.CreatedAt, s.UpdatedAt)
}

// Delete implements savedsearchview.Writer.
func (w writer) Delete(ctx context.Context, id kernel.SavedSearchID) error {
	return w.exec(ctx, `DELETE FROM saved WHERE id = $1`, id)
}

// Request implements savedsearchview.Writer.
func (w writer) Request(ctx context.Context, r savedsearchview.Reindex) error {
	return w.exec(ctx, `INSERT INTO reindexes (workspace_id, requested_by, requested_at, position, error) VALUES ($1, $2, $3, 0, '')
ON CONFLICT (workspace_id) DO UPDATE SET requested_by = excluded.requested_by, requested_at = excluded.requested_at,
  finished_at = NULL, position = 0, error = ''`,
		r.Workspace, r.By, r.RequestedAt)
}

// Finish implements savedsearchview.Writer.
func (w writer) Finish(ctx context.Context, r savedsearchview.Reindex) error {
	return w.exec(ctx, `UPDATE reindexes SET finished_at = $3, position = $4, error = $5 WHERE workspace_id = $1 AND requested_at = $2`,
		r.Workspace, r.RequestedAt, r.FinishedAt, r.Position, r.Error)
}

// Queries answers questions about saved searches.
type Queries struct{ db postgres.Reader }

// NewQueries reads through a pool or within a scope.
func NewQueries(db postgres.Reader) *Queries { return &Queries{db} }

const selectSaved = `SELECT id, workspace_id, name, query, shared, owner, created_at, updated_at FROM rm_saved_search.saved
WHERE workspace_id = $1 AND (owner = $2 OR shared) `

// List returns the searches that the person may run, oldest first, from the one behind after on.
func (q *Queries) List(
	ctx context.Context, ws kernel.WorkspaceID, owner string, after kernel.SavedSearchID, limit int,
) ([]savedsearchview.Saved, error) {
	rows, err := q.db.Query(ctx, selectSaved+`AND id > $3 ORDER BY id LIMIT $4`, ws, owner, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list saved searches: %w", err)
	}
	return pgx.CollectRows(rows, scan)
}

func scan(row pgx.CollectableRow) (savedsearchview.Saved, error) {
	var s savedsearchview.Saved
	var query string
	err := row.Scan(&s.ID, &s.Workspace, &s.Name, &query, &s.Shared, &s.Owner, &s.CreatedAt, &s.UpdatedAt)
	s.Query, s.CreatedAt, s.UpdatedAt = []byte(query), s.CreatedAt.UTC(), s.UpdatedAt.UTC()
	return s, err
}

const selectReindex = `SELECT workspace_id, requested_by, requested_at, finished_at, position, error FROM rm_saved_search.reindexes
	WHERE workspace_id = $1`

// Reindex returns the workspace's last request to make the index anew, nil if there was none.
func (q *Queries) Reindex(ctx context.Context, ws kernel.WorkspaceID) (*savedsearchview.Reindex, error) {
	var r savedsearchview.Reindex
	err := q.db.QueryRow(ctx, selectReindex, ws).Scan(&r.Workspace, &r.By, &r.RequestedAt, &r.FinishedAt, &r.Position, &r.Error)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // no request is no error
	}
	if err != nil {
		return nil, fmt.Errorf("read the last reindex: %w", err)
	}
	return &r, nil
}
