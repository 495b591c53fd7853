package dedupread

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/commands/dedupcmd"
	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/dedupview"
)

// Queries answers questions about duplicates.
type Queries struct{ db postgres.Reader }

// NewQueries reads through a pool or within a scope.
func NewQueries(db postgres.Reader) *Queries { return &Queries{db} }

var _ dedupcmd.Known = (*Queries)(nil)

const jobColumns = `SELECT id, workspace_id, table_id, kind, state, of_id, definition, by_user,
	rows, pairs, groups, left_count, left_some::text,
	reason, told, started_at, ended_at FROM rm_dedup.jobs`

func scanJob(row pgx.CollectableRow) (j dedupview.Job, err error) {
	var definition, left, told string
	err = row.Scan(&j.ID, &j.Workspace, &j.Table, &j.Kind, &j.State, &j.Of, &definition, &j.By, &j.Rows, &j.Pairs, &j.Groups, &j.LeftCount,
		&left, &j.Reason, &told, &j.StartedAt, &j.EndedAt)
	if err != nil {
		return j, err
	}
	j.StartedAt = j.StartedAt.UTC()
	if j.EndedAt != nil {
		*j.EndedAt = j.EndedAt.UTC()
	}
	err = errors.Join(json.Unmarshal([]byte(definition), &j.Definition), json.Unmarshal([]byte(left), &j.Left))
	if told != "" {
		j.Told = &dedup.Told{}
		err = errors.Join(err, json.Unmarshal([]byte(told), j.Told))
	}
	return j, err
}

// Jobs lists jobs of a table, newest first, from before the given one on; of one kind if it is named.
func (q *Queries) Jobs(
	ctx context.Context, ws kernel.WorkspaceID, t kernel.TableID, kind dedup.Kind, before kernel.DedupID, limit int,
) ([]dedupview.Job, error) {
	rows, err := q.db.Query(ctx, jobColumns+` WHERE workspace_id = $1 AND table_id = $2 AND ($3 = '' OR kind = $3) AND ($4 = '' OR id < $4)
ORDER BY id DESC LIMIT $5`, ws, t, kind, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list dedup jobs: %w", err)
	}
	return pgx.CollectRows(rows, scanJob)
}

// Job is a job of a table.
func (q *Queries) Job(ctx context.Context, ws kernel.WorkspaceID, t kernel.TableID, id kernel.DedupID) (dedupview.Job, error) {
	rows, err := q.db.Query(ctx, jobColumns+` WHERE id = $1 AND workspace_id = $2 AND table_id = $3`, id, ws, t)
	if err != nil {
		return dedupview.Job{}, fmt.Errorf("read a dedup job: %w", err)
	}
	j, err := pgx.CollectExactlyOneRow(rows, scanJob)
	if errors.Is(err, pgx.ErrNoRows) {
		return j, kernel.NotFound("job", string(id))
	}
	return j, err
}

const (
	groupColumns = `SELECT g.scan_id, g.n, g.rows, g.score, g.pairs, g.decision,
EXISTS (SELECT FROM rm_dedup.merged m WHERE m.scan_id = g.scan_id AND m.n = g.n AND m.hidden > 0) AS merged FROM rm_dedup.groups g`
	groupsQuery = `SELECT * FROM (` + groupColumns + ` WHERE g.scan_id = $1 AND g.workspace_id = $2 AND g.table_id = $3 AND g.n > $4) x
WHERE $5 = '' OR CASE WHEN merged THEN 'merged' ELSE decision END = $5 ORDER BY n LIMIT $6`
	groupQuery = groupColumns + ` JOIN rm_dedup.jobs j ON j.id = g.scan_id AND j.state <> 'running' WHERE g.scan_id = $1 AND g.n = $2`
)

func scanGroup(row pgx.CollectableRow) (g dedupview.Group, err error) {
	var pairs string
	if err := row.Scan(&g.Scan, &g.Number, &g.Rows, &g.Score, &pairs, &g.Decision, &g.Merged); err != nil {
		return g, err
	}
	return g, json.Unmarshal([]byte(pairs), &g.Pairs)
}

// Groups lists groups of a scan by their numbers, the surest first, after the given one; in one state if it is named: open, skipped,
// distinct or merged.
func (q *Queries) Groups(
	ctx context.Context, ws kernel.WorkspaceID, t kernel.TableID, scan kernel.DedupID, state string, after, limit int,
) ([]dedupview.Group, error) {
	rows, err := q.db.Query(ctx, groupsQuery, scan, ws, t, after, state, limit)
	if err != nil {
		return nil, fmt.Errorf("list groups of duplicates: %w", err)
	}
	return pgx.CollectRows(rows, scanGroup)
}

const countQuery = `SELECT CASE
	WHEN EXISTS (SELECT FROM rm_dedup.merged m WHERE m.scan_id = g.scan_id AND m.n = g.n AND m.hidden > 0) THEN 'merged'
ELSE g.decision END AS state, count(*) FROM rm_dedup.groups g WHERE g.scan_id = $1 AND g.workspace_id = $2 AND g.table_id = $3 GROUP BY 1`

// Counts says how many groups of a scan are in each state.
func (q *Queries) Counts(ctx context.Context, ws kernel.WorkspaceID, t kernel.TableID, scan kernel.DedupID) (map[string]int, error) {
	rows, err := q.db.Query(ctx, countQuery, scan, ws, t)
	if err != nil {
		return nil, fmt.Errorf("count groups of duplicates: %w", err)
	}
	out := map[string]int{}
	var state string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&state, &n}, func() error {
		out[state] = n
		return nil
	})
	return out, err
}

// Group implements dedupcmd.Known. A scan that is under way has no groups yet.
func (q *Queries) Group(ctx context.Context, scan kernel.DedupID, number int) (dedupcmd.Found, bool, error) {
	rows, err := q.db.Query(ctx, groupQuery, scan, number)
	if err != nil {
		return dedupcmd.Found{}, false, fmt.Errorf("read a group of duplicates: %w", err)
	}
	g, err := pgx.CollectExactlyOneRow(rows, scanGroup)
	if errors.Is(err, pgx.ErrNoRows) {
		return dedupcmd.Found{}, false, nil
	}
	group := dedup.Group{Rows: g.Rows, Score: g.Score, Pairs: g.Pairs}
	return dedupcmd.Found{Number: g.Number, Group: group, Decision: g.Decision}, err == nil, err
}

// Apart implements dedupcmd.Known.
func (q *Queries) Apart(ctx context.Context, id kernel.TableID, fn func(a, b kernel.RowID)) error {
	rows, err := q.db.Query(ctx, `SELECT a, b FROM rm_dedup.distinct_pairs WHERE table_id = $1`, id)
	if err != nil {
		return fmt.Errorf("read what is not the same: %w", err)
	}
	var a, b kernel.RowID
	_, err = pgx.ForEachRow(rows, []any{&a, &b}, func() error {
		fn(a, b)
		return nil
	})
	return err
}

// InEffect implements dedupcmd.Known.
func (q *Queries) InEffect(ctx context.Context, merge kernel.DedupID, groups []int) (map[int]bool, error) {
	rows, err := q.db.Query(ctx, `SELECT n FROM rm_dedup.merged WHERE merge_id = $1 AND n = ANY($2) AND hidden > 0`, merge, groups)
	if err != nil {
		return nil, fmt.Errorf("read which groups are merged: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[int])
	out := make(map[int]bool, len(list))
	for _, n := range list {
		out[n] = true
	}
	return out, err
}

const supersededQuery = `WITH g AS (SELECT m.n, m.position, r.row FROM rm_dedup.merged m
CROSS JOIN LATERAL unnest(array_append(m.rows, m.survivor)) AS r(row)
WHERE m.merge_id = $1 AND m.n = ANY($2) AND m.hidden > 0)
SELECT DISTINCT ON (n) n, merge_id, later, survivor FROM (
SELECT g.n, l.merge_id, l.n AS later, l.survivor, l.position FROM g JOIN rm_dedup.merged l
ON l.survivor = g.row AND l.position > g.position AND l.hidden > 0
UNION ALL
SELECT g.n, l.merge_id, l.n, l.survivor, l.position FROM g JOIN rm_dedup.merged_rows r ON r.row_id = g.row
JOIN rm_dedup.merged l ON l.merge_id = r.merge_id AND l.n = r.n AND l.position > g.position AND l.hidden > 0
) x ORDER BY n, position DESC`

// Superseded implements dedupcmd.Known: the last of the later merges is told, which is the one that can be taken apart first.
func (q *Queries) Superseded(ctx context.Context, merge kernel.DedupID, groups []int) (map[int]dedupcmd.Later, error) {
	out := map[int]dedupcmd.Later{}
	if len(groups) == 0 {
		return out, nil
	}
	rows, err := q.db.Query(ctx, supersededQuery, merge, groups)
	if err != nil {
		return nil, fmt.Errorf("look for later merges: %w", err)
	}
	var n int
	var l dedupcmd.Later
	_, err = pgx.ForEachRow(rows, []any{&n, &l.Merge, &l.Group, &l.Into}, func() error {
		out[n] = l
		return nil
	})
	return out, err
}

const mergedQuery = `SELECT m.merge_id, m.n, m.survivor, m.rows, m.at, m.position, coalesce(j.by_user, '') FROM rm_dedup.merged m
LEFT JOIN rm_dedup.jobs j ON j.id = m.merge_id
WHERE m.workspace_id = $1 AND m.table_id = $2 AND m.hidden > 0 AND ($3 = 0 OR (m.position, m.n) < ($3, $4))
ORDER BY m.position DESC, m.n DESC LIMIT $5`

// Merged lists groups of rows of a table that are merged, those merged last first, from before a place on.
func (q *Queries) Merged(
	ctx context.Context, ws kernel.WorkspaceID, t kernel.TableID, before dedupview.Place, limit int,
) ([]dedupview.Merged, error) {
	rows, err := q.db.Query(ctx, mergedQuery, ws, t, before.Position, before.Group, limit)
	if err != nil {
		return nil, fmt.Errorf("list merged rows: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (m dedupview.Merged, err error) {
		err = row.Scan(&m.Merge, &m.Group, &m.Survivor, &m.Rows, &m.At, &m.Place.Position, &m.By)
		m.Place.Group, m.At = m.Group, m.At.UTC()
		return m, err
	})
}

// Unfinished lists jobs of all workspaces that are under way, those after the given one.
func (q *Queries) Unfinished(ctx context.Context, after kernel.DedupID, limit int) ([]kernel.DedupID, error) {
	rows, err := q.db.Query(ctx, `SELECT id FROM rm_dedup.jobs WHERE state = 'running' AND id > $1 ORDER BY id LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list dedup jobs that are under way: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[kernel.DedupID])
}
