package commentread

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/commentview"
)

// Queries answers questions about comments.
type Queries struct {
	db   postgres.Reader
	keys auth.Opener
}

// NewQueries reads through a pool or within a scope, and opens texts with their authors' keys.
func NewQueries(db postgres.Reader, keys auth.Opener) *Queries { return &Queries{db, keys} }

// maxPage is how many bytes of texts an answer holds: it ends before the thread with which there would be more, but for the first one.
const maxPage = 1 << 20

const threadsSQL = `SELECT id, table_id, row_id, column_id, resolved_by, resolved_at, created_at, updated_at,
	(SELECT coalesce(sum(octet_length(sealed)), 0) FROM rm_comment.comments WHERE thread_id = t.id)
FROM rm_comment.threads t WHERE workspace_id = $1 AND table_id = $2 AND ($3 = '' OR row_id = $3)
  AND ($4::boolean IS NULL OR (resolved_at IS NOT NULL) = $4)
	AND ($5 = '' OR id < $5) ORDER BY id DESC LIMIT $6`

// Threads returns the threads about a table or one of its rows, newest first, from the one after the cursor on; resolved, if it is not
// nil, chooses those that are or that aren't. more says that there are others.
func (q *Queries) Threads(
	ctx context.Context, ws kernel.WorkspaceID, table kernel.TableID, row kernel.RowID, resolved *bool, cursor kernel.ThreadID, limit int,
) (list []commentview.Thread, more bool, err error) {
	rows, err := q.db.Query(ctx, threadsSQL, ws, table, row, resolved, cursor, limit+1)
	if err != nil {
		return nil, false, fmt.Errorf("list threads: %w", err)
	}
	var t commentview.Thread
	var bytes, sum int64
	into := []any{&t.ID, &t.Table, &t.Row, &t.Column, &t.ResolvedBy, &t.ResolvedAt, &t.CreatedAt, &t.UpdatedAt, &bytes}
	_, err = pgx.ForEachRow(rows, into, func() error {
		if sum += bytes; more || len(list) == limit || sum > maxPage && len(list) > 0 {
			more = true
			return nil
		}
		t.Resolved = t.ResolvedAt != nil
		t.ResolvedAt, t.CreatedAt, t.UpdatedAt = kernel.UTC(t.ResolvedAt), t.CreatedAt.UTC(), t.UpdatedAt.UTC()
		list = append(list, t)
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("list threads: %w", err)
	}
	return list, more, q.fill(ctx, ws, list)
}

const commentsSQL = `SELECT thread_id, id, author, sealed, created_at, edited_at FROM rm_comment.comments
	WHERE workspace_id = $1 AND thread_id = ANY($2) ORDER BY thread_id, id`

// fill adds the comments to the threads.
func (q *Queries) fill(ctx context.Context, ws kernel.WorkspaceID, list []commentview.Thread) error {
	if len(list) == 0 {
		return nil
	}
	at, ids := map[kernel.ThreadID]*commentview.Thread{}, make([]kernel.ThreadID, len(list))
	for i := range list {
		at[list[i].ID], ids[i] = &list[i], list[i].ID
	}
	rows, err := q.db.Query(ctx, commentsSQL, ws, ids)
	if err != nil {
		return fmt.Errorf("list comments: %w", err)
	}
	type line struct {
		Thread kernel.ThreadID
		sealedComment
	}
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l line, err error) {
		err = row.Scan(&l.Thread, &l.ID, &l.Author, &l.sealed, &l.CreatedAt, &l.EditedAt)
		return l, err
	})
	if err != nil {
		return fmt.Errorf("list comments: %w", err)
	}
	for _, l := range lines {
		c, err := q.open(ctx, l.sealedComment)
		if err != nil {
			return err
		}
		at[l.Thread].Comments = append(at[l.Thread].Comments, c)
	}
	return nil
}

type sealedComment struct {
	commentview.Comment

	sealed []byte
}

func (q *Queries) open(ctx context.Context, c sealedComment) (commentview.Comment, error) {
	plain, ok, err := q.keys.Open(ctx, auth.PersonKey(c.Author), c.sealed)
	if err != nil {
		return c.Comment, fmt.Errorf("open the comment %s: %w", c.ID, err)
	}
	c.Text, c.Erased = string(plain), !ok
	c.CreatedAt, c.EditedAt = c.CreatedAt.UTC(), kernel.UTC(c.EditedAt)
	return c.Comment, nil
}

const marksSQL = `SELECT row_id, column_id, count(*) FROM rm_comment.threads WHERE workspace_id = $1
	AND table_id = $2 AND resolved_at IS NULL
	AND (row_id, column_id) > ($3, $4) GROUP BY row_id, column_id ORDER BY row_id, column_id LIMIT $5`

// Marks counts the open threads of the rows and cells of a table, in the order of their ids, from the one after the place on.
func (q *Queries) Marks(
	ctx context.Context, ws kernel.WorkspaceID, table kernel.TableID, row kernel.RowID, col kernel.ColumnID, limit int,
) ([]commentview.Mark, error) {
	rows, err := q.db.Query(ctx, marksSQL, ws, table, row, col, limit)
	if err != nil {
		return nil, fmt.Errorf("count threads: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (m commentview.Mark, err error) {
		err = row.Scan(&m.Row, &m.Column, &m.Open)
		return m, err
	})
}

// Counter implements commentcmd.Counter.
type Counter struct{ db postgres.Reader }

// NewCounter reads through a pool or within a scope.
func NewCounter(db postgres.Reader) Counter { return Counter{db} }

// Threads implements commentcmd.Counter.
func (c Counter) Threads(ctx context.Context, ws kernel.WorkspaceID, table kernel.TableID, row kernel.RowID) (n int, err error) {
	const countSQL = `SELECT count(*) FROM rm_comment.threads WHERE workspace_id = $1 AND table_id = $2 AND row_id = $3`
	err = c.db.QueryRow(ctx, countSQL, ws, table, row).Scan(&n)
	return n, err
}

const (
	shown = ` FROM rm_comment.mentions m WHERE m.workspace_id = $1 AND m.user_id = $2
	AND NOT EXISTS (SELECT FROM rm_comment.trashed x WHERE x.workspace_id = $1 AND x.table_id = m.table_id)`
	mentionsSQL = `SELECT t.id, t.table_id, t.row_id, t.column_id, t.resolved_at IS NOT NULL, c.id, c.author,
  c.sealed, c.created_at, c.edited_at, m.position
FROM (SELECT m.comment_id, m.position` + shown + ` AND m.position < $3 ORDER BY m.position DESC LIMIT $4) m
JOIN rm_comment.comments c ON c.id = m.comment_id AND c.workspace_id = $1
JOIN rm_comment.threads t ON t.id = c.thread_id AND t.workspace_id = $1
ORDER BY m.position DESC`
	seenSQL   = `SELECT coalesce((SELECT position FROM rm_comment.seen WHERE workspace_id = $1 AND user_id = $2), 0)`
	unreadSQL = `SELECT count(*) FROM (SELECT` + shown + ` AND m.position > $3 LIMIT $4) n`
)

// Mentions returns the comments that mention a person, the newest first, from those before a position on.
func (q *Queries) Mentions(
	ctx context.Context, ws kernel.WorkspaceID, user kernel.UserID, before int64, limit int,
) ([]commentview.Mention, error) {
	rows, err := q.db.Query(ctx, mentionsSQL, ws, user, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list mentions: %w", err)
	}
	type line struct {
		commentview.Mention

		sealed []byte
	}
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l line, err error) {
		c := &l.Comment
		err = row.Scan(&l.Thread, &l.Table, &l.Row, &l.Column, &l.Resolved, &c.ID, &c.Author, &l.sealed, &c.CreatedAt, &c.EditedAt, &l.Position)
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("list mentions: %w", err)
	}
	out := make([]commentview.Mention, len(lines))
	for i, l := range lines {
		out[i] = l.Mention
		if out[i].Comment, err = q.open(ctx, sealedComment{l.Comment, l.sealed}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Unread tells how far a person has seen what mentions them, and how much is newer, up to most.
func (q *Queries) Unread(ctx context.Context, ws kernel.WorkspaceID, user kernel.UserID, most int) (n int, seen int64, err error) {
	if err := q.db.QueryRow(ctx, seenSQL, ws, user).Scan(&seen); err != nil {
		return 0, 0, fmt.Errorf("read what was seen: %w", err)
	}
	if err := q.db.QueryRow(ctx, unreadSQL, ws, user, seen, most).Scan(&n); err != nil {
		return 0, 0, fmt.Errorf("count mentions: %w", err)
	}
	return n, seen, nil
}
