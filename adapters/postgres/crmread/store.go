// Package crmread keeps connections to CRMs, syncs, their runs and links in Postgres.
package crmread

import (
	"context"
	"encoding/json"
	"time"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/crmview"
)

const ddl = `CREATE TABLE connections (
    id           text PRIMARY KEY COLLATE "C",
    workspace_id text        NOT NULL COLLATE "C",
    vendor       text        NOT NULL,
    state        text        NOT NULL,
    account      text        NOT NULL, -- JSON
    by_id        text        NOT NULL COLLATE "C",
    error        text        NOT NULL DEFAULT '',
    connected_at timestamptz NOT NULL
);
CREATE INDEX connections_workspace ON connections (workspace_id, id);

CREATE TABLE syncs (
    id           text PRIMARY KEY COLLATE "C",
    workspace_id text        NOT NULL COLLATE "C",
    table_id     text        NOT NULL COLLATE "C",
    definition   text        NOT NULL, -- JSON
    updated_at   timestamptz NOT NULL,
    pull_every   int         NOT NULL, -- minutes; 0: never by itself
    pull_since   timestamptz NOT NULL  -- from when on that counts
);
CREATE INDEX syncs_pulling ON syncs (id) WHERE pull_every > 0;
CREATE INDEX syncs_workspace ON syncs (workspace_id, id);
CREATE INDEX syncs_table ON syncs (table_id);

CREATE TABLE runs (
    id           text PRIMARY KEY COLLATE "C",
    sync_id      text        NOT NULL COLLATE "C",
    workspace_id text        NOT NULL COLLATE "C",
    table_id     text        NOT NULL COLLATE "C",
    name         text        NOT NULL,
    vendor       text        NOT NULL,
    object       text        NOT NULL,
    kind         text        NOT NULL,
    dry          boolean     NOT NULL,
    of_id        text        NOT NULL COLLATE "C",
    archive      boolean     NOT NULL,
    state        text        NOT NULL,
    total        int         NOT NULL,
    created      int         NOT NULL DEFAULT 0,
    updated      int         NOT NULL DEFAULT 0,
    archived     int         NOT NULL DEFAULT 0,
    unchanged    int         NOT NULL DEFAULT 0,
    skipped      int         NOT NULL DEFAULT 0,
    failed       int         NOT NULL DEFAULT 0,
    conflicts    int         NOT NULL DEFAULT 0,
    unknown      int         NOT NULL DEFAULT 0,
    gone         int         NOT NULL DEFAULT 0,
    fields       int         NOT NULL DEFAULT 0,
    waits        text        NOT NULL DEFAULT '',
    reason       text        NOT NULL DEFAULT '',
    started_at   timestamptz NOT NULL,
    ended_at     timestamptz
);
CREATE INDEX runs_workspace ON runs (workspace_id, id);
CREATE INDEX runs_table ON runs (table_id);
CREATE INDEX runs_unfinished ON runs (id) WHERE state = 'running';

CREATE TABLE links (
    connection_id text NOT NULL COLLATE "C",
    object        text NOT NULL COLLATE "C",
    record_id     text NOT NULL COLLATE "C",
    row_id        text NOT NULL COLLATE "C",
    workspace_id  text NOT NULL COLLATE "C",
    table_id      text NOT NULL COLLATE "C",
    gone          boolean NOT NULL,
    marks         jsonb NOT NULL, -- by mapping
    PRIMARY KEY (connection_id, object, record_id)
);
CREATE INDEX links_row ON links (connection_id, object, row_id);
CREATE INDEX links_table ON links (table_id);

CREATE TABLE conflicts (
    sync_id      text        NOT NULL COLLATE "C",
    record_id    text        NOT NULL COLLATE "C",
    workspace_id text        NOT NULL COLLATE "C",
    table_id     text        NOT NULL COLLATE "C",
    row_id       text        NOT NULL COLLATE "C",
    fields       text[]      NOT NULL,
    run_id       text        NOT NULL COLLATE "C",
    version      bigint      NOT NULL,
    entry        int         NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (sync_id, record_id)
);
CREATE INDEX conflicts_table ON conflicts (table_id);`

// Model is the shape of the read model.
func Model() postgres.Model { return postgres.Model{Name: crmview.Name, DDL: ddl} }

// Open is for crmview.New.
func Open(tx projections.Tx) (crmview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t}, err
}

type writer struct{ tx *postgres.Tx }

func (w writer) exec(ctx context.Context, sql string, args ...any) error {
	_, err := w.tx.Exec(ctx, sql, args...)
	return err
}

// Connect implements crmview.Writer.
func (w writer) Connect(ctx context.Context, c crmview.Connection) error {
	account, err := json.Marshal(c.Account)
	if err != nil {
		return err
	}
	return w.exec(ctx, `INSERT INTO connections (id, workspace_id, vendor, state, account, by_id, connected_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, account = excluded.account, by_id = excluded.by_id, error = '',
	connected_at = excluded.connected_at`, c.ID, c.Workspace, c.Vendor, c.State, string(account), c.By, c.ConnectedAt)
}

// Trouble implements crmview.Writer.
func (w writer) Trouble(ctx context.Context, id kernel.ConnectionID, reason string, denied bool) error {
	return w.exec(ctx, `UPDATE connections SET error = $2, state = CASE WHEN $3 THEN $4 ELSE state END WHERE id = $1`,
		id, reason, denied, crm.ConnectionDenied)
}

// Disconnect implements crmview.Writer.
func (w writer) Disconnect(ctx context.Context, id kernel.ConnectionID) error {
	if err := w.exec(ctx, `DELETE FROM connections WHERE id = $1`, id); err != nil {
		return err
	}
	return w.exec(ctx, `DELETE FROM links WHERE connection_id = $1`, id)
}

// Save implements crmview.Writer.
func (w writer) Save(ctx context.Context, s crmview.Sync) error {
	definition, err := json.Marshal(s.Definition)
	if err != nil {
		return err
	}
	return w.exec(ctx, `INSERT INTO syncs AS s (id, workspace_id, table_id, definition, updated_at, pull_every, pull_since)
VALUES ($1, $2, $3, $4, $5, $6, $5)
ON CONFLICT (id) DO UPDATE SET table_id = excluded.table_id, definition = excluded.definition, updated_at = excluded.updated_at,
	pull_since = CASE WHEN s.pull_every = excluded.pull_every THEN s.pull_since ELSE excluded.pull_since END,
	pull_every = excluded.pull_every`,
		s.ID, s.Workspace, s.Definition.TableID, string(definition), s.UpdatedAt, s.Definition.PullEvery)
}

// Pulled implements crmview.Writer.
func (w writer) Pulled(ctx context.Context, id kernel.SyncID, due time.Time) error {
	return w.exec(ctx, `UPDATE syncs SET pull_since = $2 WHERE id = $1`, id, due)
}

// Delete implements crmview.Writer.
func (w writer) Delete(ctx context.Context, id kernel.SyncID) error {
	if err := w.exec(ctx, `DELETE FROM conflicts WHERE sync_id = $1`, id); err != nil {
		return err
	}
	return w.exec(ctx, `DELETE FROM syncs WHERE id = $1`, id)
}

// Begin implements crmview.Writer.
func (w writer) Begin(ctx context.Context, r crmview.Run) error {
	return w.exec(ctx, `INSERT INTO runs (id, sync_id, workspace_id, table_id, name, vendor, object, kind, dry,
	of_id, archive, state, total, started_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		r.ID, r.Sync, r.Workspace, r.Table, r.Name, r.Vendor, r.Object, r.Kind, r.Dry, r.Of, r.Archive, r.State, r.Total, r.StartedAt)
}

// Settle implements crmview.Writer.
func (w writer) Settle(ctx context.Context, id kernel.SyncRunID, c crm.Counts) error {
	return w.exec(ctx, `UPDATE runs SET created = created + $2, updated = updated + $3, archived = archived + $4, unchanged = unchanged + $5,
	skipped = skipped + $6, failed = failed + $7, conflicts = conflicts + $8, unknown = unknown + $9,
	fields = fields + $10, gone = gone + $11, waits = ''
WHERE id = $1`, id, c.Created, c.Updated, c.Archived, c.Unchanged, c.Skipped, c.Failed, c.Conflicts, c.Unknown, c.Fields, c.Gone)
}

// Wait implements crmview.Writer.
func (w writer) Wait(ctx context.Context, id kernel.SyncRunID, reason string) error {
	return w.exec(ctx, `UPDATE runs SET waits = $2 WHERE id = $1`, id, reason)
}

// End implements crmview.Writer.
func (w writer) End(ctx context.Context, id kernel.SyncRunID, state crm.RunState, reason string, at time.Time) error {
	return w.exec(ctx, `UPDATE runs SET state = $2, reason = $3, ended_at = $4, waits = '' WHERE id = $1`, id, state, reason, at)
}

// Link implements crmview.Writer. The marks of a record that stays with its row are kept beside new ones.
func (w writer) Link(ctx context.Context, l crmview.Links) error {
	var rows, records, none, marks []string
	var gone []bool
	for _, one := range l.Links {
		if one.RowID == "" {
			none = append(none, one.ID)
			continue
		}
		raw, err := json.Marshal(one.Marks)
		if err != nil {
			return err
		}
		if one.Marks == nil {
			raw = []byte("{}")
		}
		rows, records, gone, marks = append(rows, string(one.RowID)), append(records, one.ID), append(gone, one.Gone), append(marks, string(raw))
	}
	if err := w.exec(ctx, `DELETE FROM links WHERE connection_id = $1 AND object = $2 AND (record_id = ANY($3)
	OR row_id = ANY($4) AND NOT record_id = ANY($5))`, l.Connection, l.Object, none, rows, records); err != nil {
		return err
	}
	return w.exec(ctx, `INSERT INTO links AS l (connection_id, object, record_id, row_id, workspace_id, table_id, gone, marks)
SELECT DISTINCT ON (record_id) $1, $2, record_id, row_id, $5, $6, gone, marks::jsonb
FROM unnest($3::text[], $4::text[], $7::boolean[], $8::text[]) AS n (record_id, row_id, gone, marks)
ON CONFLICT (connection_id, object, record_id) DO UPDATE SET row_id = excluded.row_id, table_id = excluded.table_id, gone = excluded.gone,
	marks = CASE WHEN l.row_id = excluded.row_id THEN l.marks || excluded.marks ELSE excluded.marks END`,
		l.Connection, l.Object, records, rows, l.Workspace, l.Table, gone, marks)
}

// Decide implements crmview.Writer.
func (w writer) Decide(ctx context.Context, id kernel.SyncID, records []string, open []crmview.Conflict) error {
	if err := w.exec(ctx, `DELETE FROM conflicts WHERE sync_id = $1 AND record_id = ANY($2)`, id, records); err != nil {
		return err
	}
	for _, c := range open {
		if err := w.exec(ctx, `INSERT INTO conflicts (sync_id, record_id, workspace_id, table_id, row_id, fields, run_id, version, entry, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, c.Sync, c.Record, c.Workspace, c.Table, c.Row, c.Fields, c.Run, c.Version, c.Entry,
			c.At); err != nil {
			return err
		}
	}
	return nil
}

// Forget implements crmview.Writer.
func (w writer) Forget(ctx context.Context, id kernel.TableID) error {
	for _, sql := range []string{
		`DELETE FROM syncs WHERE table_id = $1`, `DELETE FROM links WHERE table_id = $1`, `DELETE FROM conflicts WHERE table_id = $1`,
		`DELETE FROM runs WHERE table_id = $1 AND state <> 'running'`,
	} {
		if err := w.exec(ctx, sql, id); err != nil {
			return err
		}
	}
	return nil
}
