// Package findread keeps searches for rows and their runs in Postgres.
package findread

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/find"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/findview"
)

const ddl = `CREATE TABLE sources (
    id           text PRIMARY KEY COLLATE "C",
    workspace_id text        NOT NULL COLLATE "C",
    table_id     text        NOT NULL COLLATE "C",
    definition   text        NOT NULL, -- JSON
    updated_at   timestamptz NOT NULL
);
CREATE INDEX sources_workspace ON sources (workspace_id, id);
CREATE INDEX sources_table ON sources (table_id);

CREATE TABLE runs (
    id           text PRIMARY KEY COLLATE "C",
    source_id    text        NOT NULL COLLATE "C",
    workspace_id text        NOT NULL COLLATE "C",
    table_id     text        NOT NULL COLLATE "C",
    state        text        NOT NULL,
    page         int         NOT NULL DEFAULT 0,
    found        bigint      NOT NULL DEFAULT 0,
    total        bigint      NOT NULL DEFAULT 0,
    cost         int         NOT NULL, -- of a page
    credits      int         NOT NULL DEFAULT 0,
    reason       text        NOT NULL DEFAULT '',
    unknown      boolean     NOT NULL DEFAULT false,
    import_id    text        NOT NULL DEFAULT '' COLLATE "C",
    started_at   timestamptz NOT NULL,
    ended_at     timestamptz
);
CREATE INDEX runs_workspace ON runs (workspace_id, id);
CREATE INDEX runs_table ON runs (table_id);
CREATE INDEX runs_unfinished ON runs (id) WHERE state = 'running';`

// Model is the shape of the read model.
func Model() postgres.Model { return postgres.Model{Name: findview.Name, DDL: ddl} }

// Open is for findview.New.
func Open(tx projections.Tx) (findview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t}, err
}

type writer struct{ tx *postgres.Tx }

func (w writer) exec(ctx context.Context, sql string, args ...any) error {
	_, err := w.tx.Exec(ctx, sql, args...)
	return err
}

// Save implements findview.Writer.
func (w writer) Save(ctx context.Context, s findview.Source) error {
	definition, err := json.Marshal(s.Definition)
	if err != nil {
		return err
	}
	return w.exec(ctx, `INSERT INTO sources (id, workspace_id, table_id, definition, updated_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET table_id = excluded.table_id, definition = excluded.definition, updated_at = excluded.updated_at`,
		s.ID, s.Workspace, s.Definition.TableID, string(definition), s.UpdatedAt)
}

// Delete implements findview.Writer.
func (w writer) Delete(ctx context.Context, id kernel.SourceID) error {
	return w.exec(ctx, `DELETE FROM sources WHERE id = $1`, id)
}

// Begin implements findview.Writer.
func (w writer) Begin(ctx context.Context, r findview.Run) error {
	return w.exec(ctx, `INSERT INTO runs (id, source_id, workspace_id, table_id, state, cost, started_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		r.ID, r.Source, r.Workspace, r.Table, r.State, r.Cost, r.StartedAt)
}

// Found implements findview.Writer.
func (w writer) Found(ctx context.Context, p findview.Page) error {
	return w.exec(ctx, `UPDATE runs SET page = $2, found = found + $3, total = $4, credits = credits + cost WHERE id = $1`,
		p.Run, p.Page, p.Rows, p.Total)
}

// Stop implements findview.Writer.
func (w writer) Stop(ctx context.Context, id kernel.FindID, reason string, unknown bool) error {
	return w.exec(ctx, `UPDATE runs SET reason = $2, unknown = $3, credits = credits + CASE WHEN $3 THEN cost ELSE 0 END WHERE id = $1`,
		id, reason, unknown)
}

// Gather implements findview.Writer.
func (w writer) Gather(ctx context.Context, id kernel.FindID, imp kernel.ImportID) error {
	return w.exec(ctx, `UPDATE runs SET import_id = $2 WHERE id = $1`, id, imp)
}

// End implements findview.Writer.
func (w writer) End(ctx context.Context, id kernel.FindID, state find.State, reason string, at time.Time) error {
	return w.exec(ctx, `UPDATE runs SET state = $2, reason = $3, ended_at = $4 WHERE id = $1`, id, state, reason, at)
}

// Forget implements findview.Writer.
func (w writer) Forget(ctx context.Context, id kernel.TableID) error {
	if err := w.exec(ctx, `DELETE FROM sources WHERE table_id = $1`, id); err != nil {
		return err
	}
	return w.exec(ctx, `DELETE FROM runs WHERE table_id = $1 AND state <> 'running'`, id)
}

// Queries answers questions about sources and runs.
type Queries struct{ db postgres.Reader }

// NewQueries reads through a pool or within a scope.
func NewQueries(db postgres.Reader) *Queries { return &Queries{db} }

const selectSources = `SELECT id, workspace_id, definition, updated_at FROM rm_find.sources
WHERE workspace_id = $1 AND ($2 = '' OR table_id = $2) AND (cardinality($3::text[]) = 0 OR table_id = ANY($3)) AND ($4 = '' OR id < $4)
ORDER BY id DESC LIMIT $5`

// Sources lists sources of the workspace, newest first, from before the given one on: of one table if it is named, and of those only if
// there are any.
func (q *Queries) Sources(
	ctx context.Context, ws kernel.WorkspaceID, table kernel.TableID, only []kernel.TableID, before kernel.SourceID, limit int,
) ([]findview.Source, error) {
	rows, err := q.db.Query(ctx, selectSources, ws, table, append([]kernel.TableID{}, only...), before, limit)
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s findview.Source, err error) {
		var definition string
		if err := row.Scan(&s.ID, &s.Workspace, &definition, &s.UpdatedAt); err != nil {
			return s, err
		}
		s.UpdatedAt = s.UpdatedAt.UTC()
		return s, json.Unmarshal([]byte(definition), &s.Definition)
	})
}

const selectRuns = `SELECT id, source_id, workspace_id, table_id, state, page, found, total, cost, credits, reason, unknown, import_id,
	started_at, ended_at FROM rm_find.runs
WHERE workspace_id = $1 AND ($2 = '' OR source_id = $2) AND (cardinality($3::text[]) = 0 OR table_id = ANY($3)) AND ($4 = '' OR id < $4)
ORDER BY id DESC LIMIT $5`

// Runs lists runs of the workspace, newest first, from before the given one on: of one source if it is named, and of those tables only if
// there are any.
func (q *Queries) Runs(
	ctx context.Context, ws kernel.WorkspaceID, source kernel.SourceID, only []kernel.TableID, before kernel.FindID, limit int,
) ([]findview.Run, error) {
	rows, err := q.db.Query(ctx, selectRuns, ws, source, append([]kernel.TableID{}, only...), before, limit)
	if err != nil {
		return nil, fmt.Errorf("list runs of sources: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r findview.Run, err error) {
		err = row.Scan(&r.ID, &r.Source, &r.Workspace, &r.Table, &r.State, &r.Page, &r.Rows, &r.Total, &r.Cost, &r.Credits, &r.Reason,
			&r.Unknown, &r.Import, &r.StartedAt, &r.EndedAt)
		r.StartedAt = r.StartedAt.UTC()
		if r.EndedAt != nil {
			*r.EndedAt = r.EndedAt.UTC()
		}
		return r, err
	})
}

// Unfinished lists runs of all workspaces that are under way, those after the given one.
func (q *Queries) Unfinished(ctx context.Context, after kernel.FindID, limit int) ([]kernel.FindID, error) {
	rows, err := q.db.Query(ctx, `SELECT id FROM rm_find.runs WHERE state = 'running' AND id > $1 ORDER BY id LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list runs of sources that are under way: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[kernel.FindID])
}
