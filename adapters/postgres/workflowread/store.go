// Package workflowread keeps workflows and their runs in Postgres.
package workflowread

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/workflowview"
)

const ddl = `CREATE TABLE workflows (
    id           text PRIMARY KEY COLLATE "C",
    workspace_id text        NOT NULL COLLATE "C",
    name         text        NOT NULL,
    version      int         NOT NULL,
    tables       text[]      NOT NULL,
    published    int         NOT NULL DEFAULT 0,
    kind         text        NOT NULL DEFAULT '',
    table_id     text        NOT NULL DEFAULT '' COLLATE "C", -- of the trigger in force
    cron         text        NOT NULL DEFAULT '',
    time_zone    text        NOT NULL DEFAULT '',
    since        bigint      NOT NULL DEFAULT 0,
    published_at timestamptz,
    passed       text        NOT NULL DEFAULT '',
    updated_at   timestamptz NOT NULL
);
CREATE INDEX workflows_workspace ON workflows (workspace_id, id);
CREATE INDEX workflows_changes ON workflows (table_id) WHERE kind = 'rows_changed';
CREATE INDEX workflows_schedules ON workflows (id) WHERE kind = 'schedule';

CREATE TABLE runs (
    id           text PRIMARY KEY COLLATE "C",
    workflow_id  text        NOT NULL COLLATE "C",
    workspace_id text        NOT NULL COLLATE "C",
    version      int         NOT NULL,
    round        int         NOT NULL DEFAULT 0,
    cause        text        NOT NULL,
    missed       int         NOT NULL,
    state        text        NOT NULL,
    node         text        NOT NULL DEFAULT '',
    reason       text        NOT NULL DEFAULT '',
    taken        bigint      NOT NULL DEFAULT 0,
    spent        bigint      NOT NULL DEFAULT 0,
    by_user      text        NOT NULL,
    started_at   timestamptz NOT NULL,
    ended_at     timestamptz
);
CREATE INDEX runs_workflow ON runs (workspace_id, workflow_id, id);
CREATE INDEX runs_unfinished ON runs (id) WHERE state IN ('running', 'paused');

CREATE TABLE nodes (
    run_id text   NOT NULL COLLATE "C",
    node   text   NOT NULL COLLATE "C",
    workspace_id text NOT NULL COLLATE "C",
    hash   text   NOT NULL,
    done   bigint NOT NULL,
    failed bigint NOT NULL,
    outs   text   NOT NULL, -- JSON: rows by output
    spent  bigint NOT NULL,
    state  text   NOT NULL,
    says   text   NOT NULL,
    until  timestamptz,
    PRIMARY KEY (run_id, node)
);
CREATE INDEX nodes_approving ON nodes (workspace_id, until) WHERE state = 'approving';`

// Model is the shape of the read model.
func Model() postgres.Model { return postgres.Model{Name: workflowview.Name, DDL: ddl} }

// Open is for workflowview.New.
func Open(tx projections.Tx) (workflowview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t}, err
}

type writer struct{ tx *postgres.Tx }

func (w writer) exec(ctx context.Context, sql string, args ...any) error {
	_, err := w.tx.Exec(ctx, sql, args...)
	return err
}

// Save implements workflowview.Writer.
func (w writer) Save(ctx context.Context, e workflow.Saved) error {
	return w.exec(ctx, `INSERT INTO workflows (id, workspace_id, name, version, tables, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, version = excluded.version, tables = excluded.tables,
	updated_at = excluded.updated_at`, e.WorkflowID, e.Workspace, e.Name, e.Version, append([]kernel.TableID{}, e.Graph.Tables()...), e.At)
}

// Publish implements workflowview.Writer.
func (w writer) Publish(ctx context.Context, e workflow.Published, position int64) error {
	return w.exec(ctx, `UPDATE workflows SET published = $2, kind = $3, table_id = $4, cron = $5, time_zone = $6, since = $7,
	published_at = $8, passed = '' WHERE id = $1`, e.WorkflowID, e.Version, e.Trigger.Kind,
		e.Trigger.TableID, e.Trigger.Cron, e.Trigger.TimeZone,
		position, e.At)
}

// Unpublish implements workflowview.Writer.
func (w writer) Unpublish(ctx context.Context, id kernel.WorkflowID) error {
	return w.exec(ctx, `UPDATE workflows SET published = 0, kind = '', table_id = '', passed = '' WHERE id = $1`, id)
}

// Delete implements workflowview.Writer. Its runs stay until their time is over.
func (w writer) Delete(ctx context.Context, id kernel.WorkflowID) error {
	return w.exec(ctx, `DELETE FROM workflows WHERE id = $1`, id)
}

// Pass implements workflowview.Writer.
func (w writer) Pass(ctx context.Context, id kernel.WorkflowID, reason string) error {
	return w.exec(ctx, `UPDATE workflows SET passed = $2 WHERE id = $1`, id, reason)
}

// Begin implements workflowview.Writer.
func (w writer) Begin(ctx context.Context, r workflowview.Run) error {
	return w.exec(ctx, `INSERT INTO runs (id, workflow_id, workspace_id, version, cause, missed, state, by_user, started_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, r.ID, r.Workflow, r.Workspace, r.Version, r.Cause, r.Missed, r.State, r.By, r.StartedAt)
}

// Resume implements workflowview.Writer.
func (w writer) Resume(ctx context.Context, e workflow.Resumed, forgotten []workflow.NodeID) error {
	err := w.exec(ctx, `UPDATE runs SET version = $2, round = $3, state = 'running', node = '', reason = '', ended_at = NULL
WHERE id = $1`, e.RunID, e.Version, e.Round)
	if err != nil {
		return err
	}
	if err := w.exec(ctx, `UPDATE nodes SET failed = 0, says = CASE WHEN state = 'failed' THEN '' ELSE says END,
	state = CASE WHEN state = 'failed' THEN '' ELSE state END WHERE run_id = $1`, e.RunID); err != nil {
		return err
	}
	return w.exec(ctx, `UPDATE nodes SET done = 0, outs = '{}', state = '', says = '', until = NULL WHERE run_id = $1 AND node = ANY($2)`,
		e.RunID, append([]workflow.NodeID{}, forgotten...))
}

// State implements workflowview.Writer.
func (w writer) State(ctx context.Context, id kernel.WorkflowRunID, s workflow.State) error {
	return w.exec(ctx, `UPDATE runs SET state = $2 WHERE id = $1`, id, s)
}

// End implements workflowview.Writer.
func (w writer) End(ctx context.Context, e workflow.Ended) error {
	return w.exec(ctx, `UPDATE runs SET state = $2, node = $3, reason = $4, ended_at = $5 WHERE id = $1`,
		e.RunID, e.State, e.Node, e.Reason, e.At)
}

// Count implements workflowview.Writer.
func (w writer) Count(ctx context.Context, c workflowview.NodeCount, rows int64) error {
	if err := w.exec(ctx, `UPDATE runs SET taken = taken + $2, spent = spent + $3 WHERE id = $1`, c.Run, rows, c.Spent); err != nil {
		return err
	}
	var hash, before string
	outs := map[string]int64{}
	err := w.tx.QueryRow(ctx, `SELECT hash, outs FROM nodes WHERE run_id = $1 AND node = $2`, c.Run, c.Node).Scan(&hash, &before)
	if err == nil && hash == c.Hash {
		err = json.Unmarshal([]byte(before), &outs)
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	for port, n := range c.Out {
		outs[port] += n
	}
	written, err := json.Marshal(outs)
	if err != nil {
		return err
	}
	return w.exec(ctx, `INSERT INTO nodes (run_id, node, workspace_id, hash, done, failed, outs, spent, state, says, until)
SELECT $1, $2, workspace_id, $3, $4, $5, $6, $7, $8, $9, $10 FROM runs WHERE id = $1
ON CONFLICT (run_id, node) DO UPDATE SET hash = excluded.hash, outs = excluded.outs, state = excluded.state, says = excluded.says,
	until = excluded.until, spent = nodes.spent + excluded.spent,
	done = CASE WHEN nodes.hash = excluded.hash THEN nodes.done + excluded.done ELSE excluded.done END,
	failed = CASE WHEN nodes.hash = excluded.hash THEN nodes.failed + excluded.failed ELSE excluded.failed END`,
		c.Run, c.Node, c.Hash, c.Done, c.Failed, string(written), c.Spent, c.State, c.Says, c.Until)
}
