// Package commentread keeps comments in Postgres. Their texts stay sealed by their authors' keys.
package commentread

import (
	"context"
	"fmt"
	"time"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/commentview"
)

const ddl = `CREATE TABLE threads (
    id           text PRIMARY KEY COLLATE "C",
    workspace_id text        NOT NULL COLLATE "C",
    table_id     text        NOT NULL COLLATE "C",
    row_id       text        NOT NULL COLLATE "C",
    column_id    text        NOT NULL COLLATE "C", -- empty: about the row
    resolved_by  text        NOT NULL, -- empty while it is open
    resolved_at  timestamptz,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL
);
CREATE INDEX threads_table ON threads (table_id, id);
CREATE INDEX threads_open ON threads (table_id, row_id, column_id) WHERE resolved_at IS NULL;
CREATE INDEX threads_row ON threads (table_id, row_id, id);

CREATE TABLE comments (
    id           text PRIMARY KEY COLLATE "C",
    workspace_id text        NOT NULL COLLATE "C",
    thread_id    text        NOT NULL COLLATE "C" REFERENCES threads ON DELETE CASCADE,
    author       text        NOT NULL,
    sealed       bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    edited_at    timestamptz
);
CREATE INDEX comments_thread ON comments (thread_id, id);

CREATE TABLE mentions (
    comment_id   text   NOT NULL COLLATE "C" REFERENCES comments ON DELETE CASCADE,
    user_id      text   NOT NULL COLLATE "C",
    workspace_id text   NOT NULL COLLATE "C",
    table_id     text   NOT NULL COLLATE "C",
    position     bigint NOT NULL, -- of the log, at which the comment came to mention the person
    PRIMARY KEY (comment_id, user_id)
);
CREATE INDEX mentions_user ON mentions (workspace_id, user_id, position);

-- How far each person has seen what mentions them.
CREATE TABLE seen (
    workspace_id text   NOT NULL COLLATE "C",
    user_id      text   NOT NULL COLLATE "C",
    position     bigint NOT NULL,
    PRIMARY KEY (workspace_id, user_id)
);

-- The tables in the trash, about which nothing is told.
CREATE TABLE trashed (
    table_id     text PRIMARY KEY COLLATE "C",
    workspace_id text NOT NULL COLLATE "C"
);`

// Model is the shape of the read model.
func Model() postgres.Model { return postgres.Model{Name: commentview.Name, DDL: ddl} }

// Open is for commentview.New.
func Open(tx projections.Tx) (commentview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t}, err
}

type writer struct{ tx *postgres.Tx }

func (w writer) exec(ctx context.Context, sql string, args ...any) error {
	_, err := w.tx.Exec(ctx, sql, args...)
	return err
}

const (
	threadSQL = `INSERT INTO threads (id, workspace_id, table_id, row_id, column_id, resolved_by, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, '', $6, $6) ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at`
	commentSQL = `INSERT INTO comments (id, workspace_id, thread_id, author, sealed, created_at) VALUES ($1, $2, $3, $4, $5, $6)`
	// People don't have to be told of what they wrote themselves.
	mentionSQL = `INSERT INTO mentions (comment_id, user_id, workspace_id, table_id, position)
SELECT c.id, u, $2, $3, $4 FROM comments c, unnest($5::text[]) u WHERE c.id = $1 AND u <> c.author ON CONFLICT DO NOTHING`
)

// Add implements commentview.Writer.
func (w writer) Add(ctx context.Context, c commentview.Written) error {
	if err := w.exec(ctx, threadSQL, c.Thread, c.Workspace, c.Table, c.Row, c.Column, c.At); err != nil {
		return fmt.Errorf("write the thread: %w", err)
	}
	if err := w.exec(ctx, commentSQL, c.ID, c.Workspace, c.Thread, c.Author, c.Sealed, c.At); err != nil {
		return fmt.Errorf("write the comment: %w", err)
	}
	return w.mention(ctx, c)
}

func (w writer) mention(ctx context.Context, c commentview.Written) error {
	if len(c.Mentions) == 0 {
		return nil
	}
	return w.exec(ctx, mentionSQL, c.ID, c.Workspace, c.Table, c.Position, c.Mentions)
}

// Edit implements commentview.Writer.
func (w writer) Edit(ctx context.Context, c commentview.Written) error {
	if err := w.exec(ctx, `UPDATE comments SET sealed = $2, edited_at = $3 WHERE id = $1`, c.ID, c.Sealed, c.At); err != nil {
		return err
	}
	gone := `DELETE FROM mentions WHERE comment_id = $1 AND user_id <> ALL($2)`
	if err := w.exec(ctx, gone, c.ID, append([]kernel.UserID{}, c.Mentions...)); err != nil {
		return err
	}
	return w.mention(ctx, c)
}

// Delete implements commentview.Writer.
func (w writer) Delete(ctx context.Context, thread kernel.ThreadID, id kernel.CommentID) error {
	if err := w.exec(ctx, `DELETE FROM comments WHERE id = $1`, id); err != nil {
		return err
	}
	return w.exec(ctx, `DELETE FROM threads WHERE id = $1 AND NOT EXISTS (SELECT FROM comments WHERE thread_id = $1)`, thread)
}

// Resolve implements commentview.Writer.
func (w writer) Resolve(ctx context.Context, thread kernel.ThreadID, by kernel.UserID, at time.Time) error {
	return w.exec(ctx, `UPDATE threads SET resolved_by = $2, resolved_at = CASE WHEN $2 = '' THEN NULL ELSE $3::timestamptz END WHERE id = $1`,
		thread, by, at)
}

// See implements commentview.Writer.
func (w writer) See(ctx context.Context, ws kernel.WorkspaceID, user kernel.UserID, position int64) error {
	return w.exec(ctx, `INSERT INTO seen (workspace_id, user_id, position) VALUES ($1, $2, $3)
ON CONFLICT (workspace_id, user_id) DO UPDATE SET position = excluded.position`, ws, user, position)
}

// Trash implements commentview.Writer.
func (w writer) Trash(ctx context.Context, ws kernel.WorkspaceID, table kernel.TableID, trashed bool) error {
	if trashed {
		return w.exec(ctx, `INSERT INTO trashed (table_id, workspace_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, table, ws)
	}
	return w.exec(ctx, `DELETE FROM trashed WHERE table_id = $1`, table)
}

// Purge implements commentview.Writer.
func (w writer) Purge(ctx context.Context, table kernel.TableID, rows []kernel.RowID, column kernel.ColumnID) error {
	switch {
	case rows != nil:
		return w.exec(ctx, `DELETE FROM threads WHERE table_id = $1 AND row_id = ANY($2)`, table, rows)
	case column != "":
		return w.exec(ctx, `DELETE FROM threads WHERE table_id = $1 AND column_id = $2`, table, column)
	}
	if err := w.exec(ctx, `DELETE FROM threads WHERE table_id = $1`, table); err != nil {
		return err
	}
	return w.exec(ctx, `DELETE FROM trashed WHERE table_id = $1`, table)
}
