// Package scraperead keeps in Postgres which jobs of the scraper are under way.
package scraperead

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/scrape"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/scrapeview"
)

const ddl = `CREATE TABLE jobs (
    id           text PRIMARY KEY COLLATE "C",
    workspace_id text        NOT NULL COLLATE "C",
    pages_left   int         NOT NULL,
    callback     boolean     NOT NULL,
    requested_at timestamptz NOT NULL
);
CREATE INDEX jobs_workspace ON jobs (workspace_id, id);`

// Model is the shape of the read model.
func Model() postgres.Model { return postgres.Model{Name: scrapeview.Name, DDL: ddl} }

// Open is for scrapeview.New.
func Open(tx projections.Tx) (scrapeview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t}, err
}

type writer struct{ tx *postgres.Tx }

func (w writer) exec(ctx context.Context, sql string, args ...any) error {
	_, err := w.tx.Exec(ctx, sql, args...)
	return err
}

// Begin implements scrapeview.Writer.
func (w writer) Begin(ctx context.Context, j scrapeview.Job) error {
	return w.exec(ctx, `INSERT INTO jobs (id, workspace_id, pages_left, callback, requested_at) VALUES ($1, $2, $3, $4, $5)`, j.ID,
		j.Workspace, j.Left, j.Callback, j.At)
}

// Read implements scrapeview.Writer.
func (w writer) Read(ctx context.Context, id scrape.JobID) error {
	return w.exec(ctx, `UPDATE jobs SET pages_left = pages_left - 1 WHERE id = $1`, id)
}

// End implements scrapeview.Writer.
func (w writer) End(ctx context.Context, id scrape.JobID) error {
	if err := w.exec(ctx, `DELETE FROM jobs WHERE id = $1 AND NOT callback`, id); err != nil {
		return err
	}
	return w.exec(ctx, `UPDATE jobs SET pages_left = 0 WHERE id = $1`, id)
}

// Remove implements scrapeview.Writer.
func (w writer) Remove(ctx context.Context, id scrape.JobID) error {
	return w.exec(ctx, `DELETE FROM jobs WHERE id = $1`, id)
}

// Queries answers questions about jobs under way.
type Queries struct{ db postgres.Reader }

// NewQueries reads through a pool or within a scope.
func NewQueries(db postgres.Reader) *Queries { return &Queries{db} }

// Waiting is how many pages have yet to be read, in all workspaces.
func (q *Queries) Waiting(ctx context.Context) (n int, err error) {
	if err = q.db.QueryRow(ctx, `SELECT coalesce(sum(pages_left), 0)::int FROM rm_scrape.jobs`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the pages that wait: %w", err)
	}
	return n, nil
}

// Unfinished lists jobs of all workspaces with something left to do, those after the given one.
func (q *Queries) Unfinished(ctx context.Context, after scrape.JobID, limit int) ([]scrape.JobID, error) {
	rows, err := q.db.Query(ctx, `SELECT id FROM rm_scrape.jobs WHERE id > $1 ORDER BY id LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list jobs of the scraper: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[scrape.JobID])
}
