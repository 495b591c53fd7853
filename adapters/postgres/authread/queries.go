package authread

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/authview"
)

// Queries answers questions about sessions.
type Queries struct{ db postgres.Reader }

// NewQueries reads through a pool or within a scope.
func NewQueries(db postgres.Reader) *Queries { return &Queries{db} }

const sessionsSQL = `SELECT id, created_at, last_used_at, client FROM rm_auth.sessions
WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY id DESC`

// Sessions lists a person's open sessions, newest first. There are auth.MaxSessions at most.
func (q *Queries) Sessions(ctx context.Context, user kernel.UserID, now time.Time) ([]authview.Session, error) {
	rows, err := q.db.Query(ctx, sessionsSQL, user, now)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (authview.Session, error) {
		var s authview.Session
		err := r.Scan(&s.ID, &s.CreatedAt, &s.LastUsedAt, &s.Client)
		s.CreatedAt, s.LastUsedAt = s.CreatedAt.UTC(), s.LastUsedAt.UTC()
		return s, err
	})
}

const expiredSQL = `SELECT id FROM rm_auth.sessions WHERE ended_at IS NULL AND expires_at <= $1 ORDER BY expires_at, id LIMIT $2`

// Expired lists sessions of anybody whose last refresh token has run out and that were not closed, the oldest first.
func (q *Queries) Expired(ctx context.Context, now time.Time, limit int) ([]kernel.SessionID, error) {
	rows, err := q.db.Query(ctx, expiredSQL, now, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[kernel.SessionID])
}
