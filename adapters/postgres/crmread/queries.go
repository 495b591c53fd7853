package crmread

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/commands/crmcmd"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/crmview"
)

// Queries answers questions about connections, syncs, runs and links.
type Queries struct{ db postgres.Reader }

// NewQueries reads through a pool or within a scope.
func NewQueries(db postgres.Reader) *Queries { return &Queries{db} }

const mostConnections = 100

// Connections lists those of the workspace, newest first.
func (q *Queries) Connections(ctx context.Context, ws kernel.WorkspaceID) ([]crmview.Connection, error) {
	rows, err := q.db.Query(ctx, `SELECT id, workspace_id, vendor, state, account, by_id, error, connected_at FROM rm_crm.connections
WHERE workspace_id = $1 ORDER BY id DESC LIMIT $2`, ws, mostConnections)
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c crmview.Connection, err error) {
		var account string
		if err := row.Scan(&c.ID, &c.Workspace, &c.Vendor, &c.State, &account, &c.By, &c.Error, &c.ConnectedAt); err != nil {
			return c, err
		}
		c.ConnectedAt = c.ConnectedAt.UTC()
		return c, json.Unmarshal([]byte(account), &c.Account)
	})
}

// OfAccount implements crmcmd.Links.
func (q *Queries) OfAccount(ctx context.Context, ws kernel.WorkspaceID, vendor, account string) (kernel.ConnectionID, error) {
	list, err := q.Connections(ctx, ws)
	for _, c := range list {
		if c.Vendor == vendor && c.Account.ID == account {
			return c.ID, err
		}
	}
	return "", err
}

const selectSyncs = `SELECT id, workspace_id, definition, updated_at, pull_since FROM rm_crm.syncs
WHERE workspace_id = $1 AND ($2 = '' OR table_id = $2) AND (cardinality($3::text[]) = 0 OR table_id = ANY($3)) AND ($4 = '' OR id < $4)
ORDER BY id DESC LIMIT $5`

// Syncs lists syncs of the workspace, newest first, from before the given one on: of one table if it is named, and of those only if there
// are any.
func (q *Queries) Syncs(
	ctx context.Context, ws kernel.WorkspaceID, table kernel.TableID, only []kernel.TableID, before kernel.SyncID, limit int,
) ([]crmview.Sync, error) {
	rows, err := q.db.Query(ctx, selectSyncs, ws, table, append([]kernel.TableID{}, only...), before, limit)
	if err != nil {
		return nil, fmt.Errorf("list syncs: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s crmview.Sync, err error) {
		var definition string
		var since time.Time
		if err := row.Scan(&s.ID, &s.Workspace, &definition, &s.UpdatedAt, &since); err != nil {
			return s, err
		}
		s.UpdatedAt = s.UpdatedAt.UTC()
		if err := json.Unmarshal([]byte(definition), &s.Definition); err != nil {
			return s, err
		}
		if every := s.Definition.PullEvery; every > 0 {
			next := since.UTC().Add(time.Duration(every) * time.Minute)
			s.NextPull = &next
		}
		return s, nil
	})
}

// DuePulls implements crmcmd.Schedules.
func (q *Queries) DuePulls(ctx context.Context, now time.Time, after kernel.SyncID, limit int) ([]crmcmd.DuePull, error) {
	rows, err := q.db.Query(ctx, `SELECT workspace_id, id FROM rm_crm.syncs
WHERE pull_every > 0 AND pull_since + make_interval(mins => pull_every) <= $1 AND id > $2 ORDER BY id LIMIT $3`, now, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list pulls that are due: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[crmcmd.DuePull])
}

const runColumns = `SELECT id, sync_id, workspace_id, table_id, name, vendor, object, kind, dry, of_id,
	archive, state, total, created, updated,
	archived, unchanged, skipped, failed, conflicts, unknown, gone, fields, waits, reason, started_at, ended_at FROM rm_crm.runs `

const selectRuns = runColumns + `WHERE workspace_id = $1 AND ($2 = '' OR sync_id = $2)
	AND (cardinality($3::text[]) = 0 OR table_id = ANY($3))
	AND ($4 = '' OR id < $4) ORDER BY id DESC LIMIT $5`

func scanRun(row pgx.CollectableRow) (r crmview.Run, err error) {
	c := &r.Counts
	err = row.Scan(&r.ID, &r.Sync, &r.Workspace, &r.Table, &r.Name, &r.Vendor, &r.Object, &r.Kind, &r.Dry, &r.Of, &r.Archive,
		&r.State, &r.Total,
		&c.Created, &c.Updated, &c.Archived, &c.Unchanged, &c.Skipped, &c.Failed, &c.Conflicts, &c.Unknown, &c.Gone, &c.Fields,
		&r.Waits, &r.Reason,
		&r.StartedAt, &r.EndedAt)
	r.StartedAt = r.StartedAt.UTC()
	if r.EndedAt != nil {
		*r.EndedAt = r.EndedAt.UTC()
	}
	return r, err
}

// Runs lists runs of the workspace, newest first, from before the given one on: of one sync if it is named, and of those tables only if
// there are any.
func (q *Queries) Runs(
	ctx context.Context, ws kernel.WorkspaceID, sync kernel.SyncID, only []kernel.TableID, before kernel.SyncRunID, limit int,
) ([]crmview.Run, error) {
	rows, err := q.db.Query(ctx, selectRuns, ws, sync, append([]kernel.TableID{}, only...), before, limit)
	if err != nil {
		return nil, fmt.Errorf("list runs of syncs: %w", err)
	}
	return pgx.CollectRows(rows, scanRun)
}

// Run reads one.
func (q *Queries) Run(ctx context.Context, ws kernel.WorkspaceID, id kernel.SyncRunID) (crmview.Run, error) {
	rows, err := q.db.Query(ctx, runColumns+`WHERE workspace_id = $1 AND id = $2`, ws, id)
	if err != nil {
		return crmview.Run{}, fmt.Errorf("read a run of a sync: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanRun)
	if err == nil && len(list) == 0 {
		err = kernel.NotFound("run", string(id))
	}
	if err != nil {
		return crmview.Run{}, err
	}
	return list[0], nil
}

// Unfinished lists runs of all workspaces that are under way, those after the given one.
func (q *Queries) Unfinished(ctx context.Context, after kernel.SyncRunID, limit int) ([]kernel.SyncRunID, error) {
	rows, err := q.db.Query(ctx, `SELECT id FROM rm_crm.runs WHERE state = 'running' AND id > $1 ORDER BY id LIMIT $2`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list runs of syncs that are under way: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[kernel.SyncRunID])
}

// OfRows implements crmcmd.Links. Where a row has several records, as after a merge, the one that is there still is meant.
func (q *Queries) OfRows(
	ctx context.Context, ws kernel.WorkspaceID, c kernel.ConnectionID, object string, rows []kernel.RowID,
) (map[kernel.RowID]string, error) {
	out := map[kernel.RowID]string{}
	found, err := q.db.Query(ctx, `SELECT row_id, record_id FROM rm_crm.links
WHERE workspace_id = $1 AND connection_id = $2 AND object = $3 AND row_id = ANY($4) ORDER BY gone DESC, record_id`, ws, c, object, rows)
	if err != nil {
		return nil, fmt.Errorf("read links of rows: %w", err)
	}
	var row kernel.RowID
	var id string
	_, err = pgx.ForEachRow(found, []any{&row, &id}, func() error {
		out[row] = id
		return nil
	})
	return out, err
}

// Known implements crmcmd.Links.
func (q *Queries) Known(
	ctx context.Context, ws kernel.WorkspaceID, c kernel.ConnectionID, object string, ids []string,
) (map[string]crm.Tie, error) {
	out := map[string]crm.Tie{}
	found, err := q.db.Query(ctx, `SELECT record_id, row_id, gone, marks::text FROM rm_crm.links
WHERE workspace_id = $1 AND connection_id = $2 AND object = $3 AND record_id = ANY($4)`, ws, c, object, ids)
	if err != nil {
		return nil, fmt.Errorf("read links of records: %w", err)
	}
	var id, marks string
	var tie crm.Tie
	_, err = pgx.ForEachRow(found, []any{&id, &tie.RowID, &tie.Gone, &marks}, func() error {
		tie.Marks = nil
		if err := json.Unmarshal([]byte(marks), &tie.Marks); err != nil {
			return err
		}
		out[id] = tie
		return nil
	})
	return out, err
}

// Disputed implements crmcmd.Links.
func (q *Queries) Disputed(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.SyncID, only []string, after string, limit int,
) ([]string, error) {
	rows, err := q.db.Query(ctx, `SELECT record_id FROM rm_crm.conflicts WHERE workspace_id = $1 AND sync_id = $2
	AND (cardinality($3::text[]) = 0 OR record_id = ANY($3)) AND record_id > $4 ORDER BY record_id LIMIT $5`,
		ws, id, append([]string{}, only...), after, limit)
	if err != nil {
		return nil, fmt.Errorf("list records with conflicts: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Conflicts lists the open conflicts of a sync, by their records' ids from after the given one on.
func (q *Queries) Conflicts(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.SyncID, after string, limit int,
) ([]crmview.Conflict, error) {
	rows, err := q.db.Query(ctx, `SELECT sync_id, workspace_id, table_id, record_id, row_id, fields, run_id, version, entry, at
FROM rm_crm.conflicts WHERE workspace_id = $1 AND sync_id = $2 AND record_id > $3 ORDER BY record_id LIMIT $4`, ws, id, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list conflicts: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c crmview.Conflict, err error) {
		err = row.Scan(&c.Sync, &c.Workspace, &c.Table, &c.Record, &c.Row, &c.Fields, &c.Run, &c.Version, &c.Entry, &c.At)
		c.At = c.At.UTC()
		return c, err
	})
}

// Open counts the open conflicts of syncs.
func (q *Queries) Open(ctx context.Context, ws kernel.WorkspaceID, ids []kernel.SyncID) (map[kernel.SyncID]int, error) {
	out := map[kernel.SyncID]int{}
	rows, err := q.db.Query(ctx, `SELECT sync_id, count(*) FROM rm_crm.conflicts
	WHERE workspace_id = $1 AND sync_id = ANY($2) GROUP BY sync_id`,
		ws, ids)
	if err != nil {
		return nil, fmt.Errorf("count conflicts: %w", err)
	}
	var id kernel.SyncID
	var n int
	_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error {
		out[id] = n
		return nil
	})
	return out, err
}
