package workflowread

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/workflowview"
)

// Queries answers questions about workflows and runs.
type Queries struct{ db postgres.Reader }

// NewQueries reads through a pool or within a scope.
func NewQueries(db postgres.Reader) *Queries { return &Queries{db} }

const workflowColumns = `id, workspace_id, name, version, tables, published, kind, table_id, cron, time_zone, since, published_at, passed,
	updated_at`

// Workflows lists workflows of the workspace, newest first, from before the given one on.
func (q *Queries) Workflows(
	ctx context.Context, ws kernel.WorkspaceID, before kernel.WorkflowID, limit int,
) ([]workflowview.Workflow, error) {
	rows, err := q.db.Query(ctx, `SELECT `+workflowColumns+` FROM rm_workflow.workflows
WHERE workspace_id = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3`, ws, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list workflows: %w", err)
	}
	return pgx.CollectRows(rows, scanWorkflow)
}

func scanWorkflow(row pgx.CollectableRow) (w workflowview.Workflow, err error) {
	var at *time.Time
	err = row.Scan(&w.ID, &w.Workspace, &w.Name, &w.Version, &w.Tables, &w.Published, &w.Trigger.Kind, &w.Trigger.TableID, &w.Trigger.Cron,
		&w.Trigger.TimeZone, &w.Since, &at, &w.Passed, &w.UpdatedAt)
	w.UpdatedAt = w.UpdatedAt.UTC()
	if at != nil {
		w.At = at.UTC()
	}
	return w, err
}

const runColumns = `id, workflow_id, workspace_id, version, round, cause, missed, state, node, reason, taken, spent, by_user, started_at,
	ended_at`

// Runs lists runs of a workflow, newest first, from before the given one on.
func (q *Queries) Runs(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.WorkflowID, before kernel.WorkflowRunID, limit int,
) ([]workflowview.Run, error) {
	rows, err := q.db.Query(ctx, `SELECT `+runColumns+` FROM rm_workflow.runs
WHERE workspace_id = $1 AND workflow_id = $2 AND ($3 = '' OR id < $3) ORDER BY id DESC LIMIT $4`, ws, id, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list runs of workflows: %w", err)
	}
	return pgx.CollectRows(rows, scanRun)
}

func scanRun(row pgx.CollectableRow) (r workflowview.Run, err error) {
	err = row.Scan(&r.ID, &r.Workflow, &r.Workspace, &r.Version, &r.Round, &r.Cause, &r.Missed, &r.State, &r.Node, &r.Reason, &r.Rows,
		&r.Spent, &r.By, &r.StartedAt, &r.EndedAt)
	r.StartedAt = r.StartedAt.UTC()
	if r.EndedAt != nil {
		*r.EndedAt = r.EndedAt.UTC()
	}
	return r, err
}

// Run finds a run of the workspace with its nodes' counts; false if it is not there.
func (q *Queries) Run(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.WorkflowRunID,
) (workflowview.Run, []workflowview.NodeCount, bool, error) {
	rows, err := q.db.Query(ctx, `SELECT `+runColumns+` FROM rm_workflow.runs WHERE workspace_id = $1 AND id = $2`, ws, id)
	if err != nil {
		return workflowview.Run{}, nil, false, fmt.Errorf("find a run of a workflow: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanRun)
	if err != nil || len(found) == 0 {
		return workflowview.Run{}, nil, false, err
	}
	rows, err = q.db.Query(ctx, `SELECT run_id, node, hash, done, failed, outs, spent, state, says, until FROM rm_workflow.nodes
WHERE workspace_id = $1 AND run_id = $2 ORDER BY node`, ws, id)
	if err != nil {
		return found[0], nil, false, fmt.Errorf("count the nodes of a run: %w", err)
	}
	nodes, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (n workflowview.NodeCount, err error) {
		var outs string
		if err := row.Scan(&n.Run, &n.Node, &n.Hash, &n.Done, &n.Failed, &outs, &n.Spent, &n.State, &n.Says, &n.Until); err != nil {
			return n, err
		}
		if n.Until != nil {
			*n.Until = n.Until.UTC()
		}
		return n, json.Unmarshal([]byte(outs), &n.Out)
	})
	return found[0], nodes, err == nil, err
}

// mostPending is how many nodes that wait for people are listed.
const mostPending = 200

// Pending lists what waits for people in the workspace, what is due first at the head.
func (q *Queries) Pending(ctx context.Context, ws kernel.WorkspaceID) ([]workflowview.Pending, error) {
	rows, err := q.db.Query(ctx, `SELECT r.id, r.workflow_id, coalesce(w.name, ''), n.node, n.until FROM rm_workflow.nodes n
JOIN rm_workflow.runs r ON r.id = n.run_id AND r.state IN ('running', 'paused')
LEFT JOIN rm_workflow.workflows w ON w.id = r.workflow_id
WHERE n.workspace_id = $1 AND n.state = 'approving' ORDER BY n.until, n.run_id, n.node LIMIT $2`, ws, mostPending)
	if err != nil {
		return nil, fmt.Errorf("list what waits for a decision: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p workflowview.Pending, err error) {
		err = row.Scan(&p.Run, &p.Workflow, &p.Name, &p.Node, &p.Until)
		p.Until = p.Until.UTC()
		return p, err
	})
}

// Unfinished lists runs of all workspaces that have not ended, those after the given one.
func (q *Queries) Unfinished(ctx context.Context, after kernel.WorkflowRunID, limit int) ([]kernel.WorkflowRunID, error) {
	rows, err := q.db.Query(ctx, `SELECT id FROM rm_workflow.runs WHERE state IN ('running', 'paused') AND id > $1 ORDER BY id LIMIT $2`,
		after, limit)
	if err != nil {
		return nil, fmt.Errorf("list runs of workflows that are under way: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[kernel.WorkflowRunID])
}

// Waiter waits until a read model has reached a position; ok is false when it has not when ctx ends.
type Waiter interface {
	Wait(ctx context.Context, projection string, position int64) (reached int64, ok bool)
}

// Triggers finds the triggers of published workflows, of all workspaces.
type Triggers struct {
	*Queries
	waiter Waiter
}

var _ workflowcmd.Triggers = (*Triggers)(nil)

// NewTriggers finds triggers as of positions that it waits for.
func NewTriggers(q *Queries, w Waiter) *Triggers { return &Triggers{q, w} }

// triggersWait is how long it waits for the read model.
const triggersWait = 10 * time.Second

// OfTable implements workflowcmd.Triggers.
func (t *Triggers) OfTable(ctx context.Context, id kernel.TableID, position int64) ([]workflowcmd.Active, error) {
	wait, cancel := context.WithTimeout(ctx, triggersWait)
	defer cancel()
	if reached, ok := t.waiter.Wait(wait, workflowview.Name, position); !ok {
		return nil, kernel.E(kernel.KindUnavailable, "CATCHING_UP", "the workflows are catching up (at %d of %d)", reached, position)
	}
	return t.active(ctx, `SELECT `+workflowColumns+` FROM rm_workflow.workflows WHERE kind = 'rows_changed' AND table_id = $1 ORDER BY id`, id)
}

// Schedules implements workflowcmd.Triggers.
func (t *Triggers) Schedules(ctx context.Context, after kernel.WorkflowID, limit int) ([]workflowcmd.Active, error) {
	return t.active(ctx, `SELECT `+workflowColumns+` FROM rm_workflow.workflows WHERE kind = 'schedule' AND id > $1 ORDER BY id LIMIT $2`,
		after, limit)
}

func (t *Triggers) active(ctx context.Context, sql string, args ...any) ([]workflowcmd.Active, error) {
	rows, err := t.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list the triggers of workflows: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (workflowcmd.Active, error) {
		w, err := scanWorkflow(row)
		return workflowcmd.Active{
			Workspace: w.Workspace, Workflow: w.ID, Version: w.Published, Trigger: w.Trigger, Position: w.Since, At: w.At,
		}, err
	})
}
