package auditread

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/auditview"
)

func userID(s string) kernel.UserID { return kernel.UserID(s) }

// Queries answers questions about what was done.
type Queries struct{ db postgres.Reader }

// NewQueries reads through a pool or within a scope.
func NewQueries(db postgres.Reader) *Queries { return &Queries{db} }

// Filter chooses lines; zero fields choose all.
type Filter struct {
	Activity bool          // the list of activity; else the whole audit log
	Actor    kernel.UserID // the person behind it
	Action   string        // an action, or the part before its dot
	Thing    string        // a kind of thing
	ID       string        // of a thing
	From, To time.Time
	Before   int64 // only lines with a smaller first position
	Limit    int   // 0 is all
}

// Line is a line with the present name of its thing.
type Line struct {
	auditview.Entry
	Name string
}

// What belongs to no workspace is a member's own signing in and out, from the day on which he joined.
const linesSQL = `
SELECT e.first, e.last, e.workspace_id, e.stream_id, e.at, e.actor_kind, e.actor_id, e.user_id, e.person_id, e.action, e.thing, e.thing_id, e.says, e.n,
  e.before, e.after, e.client, e.agent, e.request, e.activity, coalesce(f.value #>> '{}', '')
FROM (
  SELECT * FROM rm_audit.entries WHERE workspace_id = $1 AND (NOT $2 OR activity)
  UNION ALL
  SELECT own.* FROM rm_workspace.members m JOIN rm_audit.entries own
    ON (CASE WHEN own.person_id = '' THEN own.user_id ELSE own.person_id END) = m.user_id AND own.workspace_id = '' AND own.at >= m.joined_at
  WHERE m.workspace_id = $1 AND NOT $2
) e LEFT JOIN rm_audit.facts f ON f.thing = e.thing AND f.thing_id = e.thing_id AND f.name = 'name'
WHERE ($3 = '' OR e.user_id = $3) AND ($4 = '' OR e.action = $4 OR starts_with(e.action, $4 || '.'))
  AND ($5 = '' OR e.thing = $5) AND ($6 = '' OR e.thing_id = $6)
  AND ($7::timestamptz IS NULL OR e.at >= $7) AND ($8::timestamptz IS NULL OR e.at < $8) AND ($9 = 0 OR e.first < $9)
ORDER BY e.first DESC LIMIT $10`

// Lines calls fn for each line, newest first, without holding them all in memory.
func (q *Queries) Lines(ctx context.Context, ws kernel.WorkspaceID, f Filter, fn func(Line) error) error {
	if f.Limit == 0 { // an export
		ctx = postgres.Unhurried(ctx)
		return postgres.InPages(func(limit int) ([]Line, error) {
			f.Limit = limit
			page, err := q.lines(ctx, ws, f)
			if len(page) > 0 {
				f.Before = page[len(page)-1].First
			}
			return page, err
		}, fn)
	}
	page, err := q.lines(ctx, ws, f)
	if err != nil {
		return err
	}
	for _, l := range page {
		if err := fn(l); err != nil {
			return err
		}
	}
	return nil
}

func (q *Queries) lines(ctx context.Context, ws kernel.WorkspaceID, f Filter) ([]Line, error) {
	rows, err := q.db.Query(ctx, linesSQL, string(ws), f.Activity, string(f.Actor), f.Action, f.Thing, f.ID, moment(f.From), moment(f.To), f.Before, f.Limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Line, error) {
		var l Line
		var user string
		err := row.Scan(&l.First, &l.Last, &l.Workspace, &l.Stream, &l.At, &l.Actor.Kind, &l.Actor.ID, &user, &l.Person, &l.Action, &l.Thing, &l.ID, &l.Says, &l.N,
			&l.Before, &l.After, &l.Client, &l.Agent, &l.Request, &l.Activity, &l.Name)
		l.At = l.At.UTC()
		if user != l.Actor.ID {
			l.Actor.OnBehalfOf = kernel.UserID(user)
		}
		return l, err
	})
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
