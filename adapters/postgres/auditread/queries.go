package auditread

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/auditview"
)

// Log tells what the events of lines say beside their data.
type Log interface {
	// ReadHeads returns the events at the positions (ascending) without their data.
	ReadHeads(ctx context.Context, positions []int64) ([]eventstore.Recorded, error)
}

// Queries answers questions about what was done.
type Queries struct {
	db    postgres.Reader
	log   Log
	rules map[string]auditview.Rule
	shape *postgres.Shape
}

// NewQueries reads the lines through a pool or within a scope, and the rest from the log.
func NewQueries(db postgres.Reader, log Log) *Queries {
	return &Queries{db: db, log: log, rules: auditview.Rules(), shape: postgres.NewShape(db, "rm_audit.lines")}
}

const (
	lineColumns = `e.first, e.last, e.at, e.person, e.action, e.thing, e.thing_id, e.says, e.n, e.before, e.after, e.activity`
	// What belongs to no workspace is a member's own signing in and out, from the day of joining.
	linesSQL = `
SELECT ` + lineColumns + `, coalesce(f.value #>> '{}', '')
FROM (
  SELECT first, first + more AS last, at, coalesce(person_id, '') AS person, action, thing, thing_id, coalesce(says, '') AS says,
  n, before, after, activity, by_user
  FROM rm_audit.lines WHERE workspace = hashtextextended($1, 0) AND activity
  UNION ALL
  SELECT first, first + more AS last, at, coalesce(person_id, '') AS person, action, thing, thing_id, coalesce(says, '') AS says,
  n, before, after, activity, by_user
  FROM rm_audit.lines WHERE workspace = hashtextextended($1, 0) AND NOT activity AND NOT $2
  UNION ALL
  SELECT own.first, own.first + own.more AS last, own.at, coalesce(own.person_id, '') AS person, own.action, own.thing,
  own.thing_id, coalesce(own.says, '') AS says,
    own.n, own.before, own.after, own.activity, own.by_user
  FROM rm_workspace.members m JOIN rm_audit.lines own ON own.whose = m.user_id AND own.at >= m.joined_at
  WHERE m.workspace_id = $1 AND NOT $2
) e LEFT JOIN rm_audit.facts f ON f.thing = e.thing AND f.thing_id = e.thing_id AND f.name = 'name'
WHERE ($3 = '' OR e.by_user = hashtextextended($3, 0)) AND ` + chosen
	// earlierSQL asks a copy of version 6, which serves until that of version 7 is made.
	earlierSQL = `
SELECT ` + lineColumns + `, coalesce(f.value #>> '{}', '')
FROM (
  SELECT *, person_id AS person FROM rm_audit.entries WHERE workspace_id = $1 AND (NOT $2 OR activity)
  UNION ALL
  SELECT own.*, own.person_id AS person FROM rm_workspace.members m JOIN rm_audit.entries own
    ON (CASE WHEN own.person_id = '' THEN own.user_id ELSE own.person_id END) = m.user_id AND own.workspace_id = ''
AND own.at >= m.joined_at
  WHERE m.workspace_id = $1 AND NOT $2
) e LEFT JOIN rm_audit.facts f ON f.thing = e.thing AND f.thing_id = e.thing_id AND f.name = 'name'
WHERE ($3 = '' OR e.user_id = $3) AND ` + chosen
	chosen = `($4 = '' OR e.action = $4 OR starts_with(e.action, $4 || '.'))
  AND ($5 = '' OR e.thing = $5) AND ($6 = '' OR e.thing_id = $6)
  AND ($7::timestamptz IS NULL OR e.at >= $7) AND ($8::timestamptz IS NULL OR e.at < $8) AND ($9::bigint = 0 OR e.first < $9)
ORDER BY e.first DESC LIMIT $10`
)

// Lines calls fn for each line, newest first, without holding them all in memory.
func (q *Queries) Lines(ctx context.Context, ws kernel.WorkspaceID, f auditview.Filter, fn func(auditview.Line) error) error {
	if f.Limit == 0 { // an export
		ctx = postgres.Unhurried(ctx)
		return postgres.InPages(func(limit int) ([]auditview.Line, error) {
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

func (q *Queries) lines(ctx context.Context, ws kernel.WorkspaceID, f auditview.Filter) ([]auditview.Line, error) {
	rows, err := q.shape.Query(ctx, linesSQL, earlierSQL, string(ws), f.Activity, string(f.Actor), f.Action, f.Thing, f.ID, moment(f.From),
		moment(f.To), f.Before, f.Limit)
	if err != nil {
		return nil, err
	}
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (auditview.Line, error) {
		var l auditview.Line
		err := row.Scan(&l.First, &l.Last, &l.At, &l.Person, &l.Action, &l.Thing, &l.ID, &l.Says, &l.N, &l.Before, &l.After, &l.Activity, &l.Name)
		l.At = l.At.UTC()
		return l, err
	})
	if err != nil || len(lines) == 0 {
		return lines, err
	}
	return lines, q.complete(ctx, lines)
}

// complete adds what the lines' first events tell.
func (q *Queries) complete(ctx context.Context, lines []auditview.Line) error {
	at := make(map[int64]*auditview.Line, len(lines))
	positions := make([]int64, len(lines))
	for i := range lines {
		positions[i], at[lines[i].First] = lines[i].First, &lines[i]
	}
	slices.Sort(positions)
	heads, err := q.log.ReadHeads(ctx, positions)
	if err != nil {
		return fmt.Errorf("read the events of the audit log: %w", err)
	}
	if len(heads) != len(at) {
		return fmt.Errorf("the log has %d of the %d events that the audit log tells of", len(heads), len(at))
	}
	for _, h := range heads {
		meta, err := h.Meta()
		if err != nil {
			return err
		}
		l := at[h.Position]
		l.Workspace, l.Stream = h.Workspace, h.Stream
		l.Actor, l.Client, l.Agent, l.Request = meta.Actor, meta.Client, meta.Agent, meta.CorrelationID
		if l.Says == "" {
			l.Says = q.rules[h.Type].Says
		}
	}
	return nil
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
