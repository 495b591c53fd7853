// Package dedupread keeps what scans for duplicates have found, and which rows are merged, in Postgres.
package dedupread

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/dedupview"
)

const ddl = `CREATE TABLE jobs (
    id           text PRIMARY KEY COLLATE "C",
    workspace_id text        NOT NULL COLLATE "C",
    table_id     text        NOT NULL COLLATE "C",
    kind         text        NOT NULL,
    state        text        NOT NULL,
    of_id        text        NOT NULL COLLATE "C",
    definition   text        NOT NULL, -- JSON
    by_user      text        NOT NULL COLLATE "C",
    rows         int         NOT NULL DEFAULT 0,
    pairs        int         NOT NULL DEFAULT 0,
    groups       int         NOT NULL DEFAULT 0,
    left_count   int         NOT NULL DEFAULT 0,
    left_some    jsonb       NOT NULL DEFAULT '[]',
    reason       text        NOT NULL DEFAULT '',
    told         text        NOT NULL DEFAULT '', -- JSON
    started_at   timestamptz NOT NULL,
    ended_at     timestamptz
);
CREATE INDEX jobs_table ON jobs (table_id, id);
CREATE INDEX jobs_unfinished ON jobs (id) WHERE state = 'running';

-- Groups that scans have found.
CREATE TABLE groups (
    scan_id      text   NOT NULL COLLATE "C",
    n            int    NOT NULL,
    workspace_id text   NOT NULL COLLATE "C",
    table_id     text   NOT NULL COLLATE "C",
    rows         text[] NOT NULL COLLATE "C",
    score        float8 NOT NULL,
    pairs        text   NOT NULL, -- JSON
    decision     text   NOT NULL DEFAULT 'open',
    PRIMARY KEY (scan_id, n)
);
CREATE INDEX groups_table ON groups (table_id);

-- Rows of which a person has said that they are not the same; a before b.
CREATE TABLE distinct_pairs (
    scan_id      text NOT NULL COLLATE "C",
    n            int  NOT NULL,
    workspace_id text NOT NULL COLLATE "C",
    table_id     text NOT NULL COLLATE "C",
    a            text NOT NULL COLLATE "C",
    b            text NOT NULL COLLATE "C",
    PRIMARY KEY (scan_id, n, a, b)
);
CREATE INDEX distinct_pairs_table ON distinct_pairs (table_id);

-- Groups that merges have merged, and their rows: those that went into the survivor, and whether they are hidden now.
CREATE TABLE merged (
    merge_id     text        NOT NULL COLLATE "C",
    n            int         NOT NULL,
    workspace_id text        NOT NULL COLLATE "C",
    table_id     text        NOT NULL COLLATE "C",
    scan_id      text        NOT NULL COLLATE "C",
    survivor     text        NOT NULL COLLATE "C",
    rows         text[]      NOT NULL COLLATE "C",
    position     bigint      NOT NULL,
    at           timestamptz NOT NULL,
    hidden       int         NOT NULL DEFAULT 0, -- how many of the rows are hidden by this merge now
    PRIMARY KEY (merge_id, n)
);
CREATE INDEX merged_table ON merged (table_id, position, n);
CREATE INDEX merged_scan ON merged (scan_id, n);
CREATE INDEX merged_survivor ON merged (survivor);
CREATE TABLE merged_rows (
    row_id       text NOT NULL COLLATE "C",
    merge_id     text NOT NULL COLLATE "C",
    n            int  NOT NULL,
    workspace_id text NOT NULL COLLATE "C",
    table_id     text NOT NULL COLLATE "C",
    PRIMARY KEY (row_id, merge_id)
);
CREATE INDEX merged_rows_table ON merged_rows (table_id);`

// Model is the shape of the read model.
func Model() postgres.Model { return postgres.Model{Name: dedupview.Name, DDL: ddl} }

// Open is for dedupview.New.
func Open(tx projections.Tx) (dedupview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t}, err
}

type writer struct{ tx *postgres.Tx }

func (w writer) exec(ctx context.Context, sql string, args ...any) error {
	_, err := w.tx.Exec(ctx, sql, args...)
	return err
}

// Begin implements dedupview.Writer.
func (w writer) Begin(ctx context.Context, j dedupview.Job) error {
	definition, err := json.Marshal(j.Definition)
	if err != nil {
		return err
	}
	return w.exec(ctx, `INSERT INTO jobs (id, workspace_id, table_id, kind, state, of_id, definition, by_user, started_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, j.ID, j.Workspace, j.Table, j.Kind, j.State, j.Of, string(definition), j.By, j.StartedAt)
}

// Restart implements dedupview.Writer.
func (w writer) Restart(ctx context.Context, id kernel.DedupID) error {
	if err := w.exec(ctx, `DELETE FROM groups WHERE scan_id = $1`, id); err != nil {
		return err
	}
	return w.exec(ctx, `UPDATE jobs SET groups = 0 WHERE id = $1`, id)
}

// Progress implements dedupview.Writer.
func (w writer) Progress(ctx context.Context, e dedup.ScanProgressed) error {
	return w.exec(ctx, `UPDATE jobs SET rows = $2, pairs = $3 WHERE id = $1`, e.JobID, e.Rows, e.Pairs)
}

const insertGroup = `INSERT INTO groups (scan_id, n, workspace_id, table_id, rows, score, pairs)
SELECT id, $2, workspace_id, table_id, $3, $4, $5 FROM jobs WHERE id = $1`

// Found implements dedupview.Writer.
func (w writer) Found(ctx context.Context, e dedup.GroupsFound) error {
	for i, g := range e.Groups {
		pairs, err := json.Marshal(g.Pairs)
		if err != nil {
			return err
		}
		if err := w.exec(ctx, insertGroup, e.JobID, e.First+i, g.Rows, g.Score, string(pairs)); err != nil {
			return err
		}
	}
	return w.exec(ctx, `UPDATE jobs SET groups = groups + $2 WHERE id = $1`, e.JobID, len(e.Groups))
}

// Decide implements dedupview.Writer.
func (w writer) Decide(ctx context.Context, e dedup.GroupDecided) error {
	if err := w.exec(ctx, `UPDATE groups SET decision = $3 WHERE scan_id = $1 AND n = $2`, e.JobID, e.Group, e.Decision); err != nil {
		return err
	}
	err := w.exec(ctx, `DELETE FROM distinct_pairs WHERE scan_id = $1 AND n = $2`, e.JobID, e.Group)
	if err != nil || e.Decision != dedup.Distinct {
		return err
	}
	return w.exec(ctx, `INSERT INTO distinct_pairs (scan_id, n, workspace_id, table_id, a, b)
SELECT j.id, $2, j.workspace_id, j.table_id, x.a, y.b FROM jobs j CROSS JOIN unnest($3::text[]) AS x(a) JOIN unnest($3::text[]) AS y(b)
ON x.a COLLATE "C" < y.b WHERE j.id = $1`, e.JobID, e.Group, e.Rows)
}

// Join implements dedupview.Writer.
func (w writer) Join(ctx context.Context, e dedup.RowsMerged, position int64, at time.Time) error {
	hidden := 0
	for _, g := range e.Groups {
		hidden += len(g.Rows)
		if err := w.exec(ctx, `INSERT INTO merged (merge_id, n, workspace_id, table_id, scan_id, survivor, rows, position, at)
SELECT id, $2, workspace_id, table_id, of_id, $3, $4, $5, $6 FROM jobs WHERE id = $1`,
			e.JobID, g.Group, g.Survivor, g.Rows, position, at); err != nil {
			return err
		}
		if err := w.exec(ctx, `INSERT INTO merged_rows (row_id, merge_id, n, workspace_id, table_id)
SELECT r, id, $2, workspace_id, table_id FROM jobs CROSS JOIN unnest($3::text[]) AS r WHERE id = $1`,
			e.JobID, g.Group, g.Rows); err != nil {
			return err
		}
	}
	return w.count(ctx, e.JobID, len(e.Groups), hidden, e.Left)
}

// Part implements dedupview.Writer.
func (w writer) Part(ctx context.Context, e dedup.RowsParted) error {
	return w.count(ctx, e.JobID, len(e.Groups), 0, e.Left)
}

// leftShown is how many groups that were left are kept with their reasons.
const leftShown = 20

func (w writer) count(ctx context.Context, id kernel.DedupID, groups, rows int, left []dedup.Left) error {
	some, err := json.Marshal(append([]dedup.Left{}, left[:min(len(left), leftShown)]...))
	if err != nil {
		return err
	}
	return w.exec(ctx, `UPDATE jobs SET groups = groups + $2, rows = rows + $3, left_count = left_count + $4,
left_some = CASE WHEN jsonb_array_length(left_some) < $6 THEN left_some || $5::jsonb ELSE left_some END WHERE id = $1`,
		id, groups, rows, len(left), string(some), leftShown)
}

// End implements dedupview.Writer.
func (w writer) End(ctx context.Context, e dedup.Ended) error {
	told := ""
	if e.Told != nil {
		b, err := json.Marshal(e.Told)
		if err != nil {
			return err
		}
		told = string(b)
	}
	return w.exec(ctx, `UPDATE jobs SET state = $2, reason = $3, told = $4, ended_at = $5 WHERE id = $1`,
		e.JobID, e.State, e.Reason, told, e.At)
}

const hideRows = `WITH l AS (SELECT m.merge_id, m.n, count(*) AS c FROM unnest($1::text[], $2::text[]) AS x(row, merge)
JOIN merged_rows m ON m.row_id = x.row AND m.merge_id = x.merge GROUP BY m.merge_id, m.n)
UPDATE merged SET hidden = hidden + $3 * l.c FROM l WHERE merged.merge_id = l.merge_id AND merged.n = l.n`

// Hide implements dedupview.Writer.
func (w writer) Hide(ctx context.Context, rows []kernel.RowID, links []table.Link, hidden bool) error {
	sign := -1
	if hidden {
		sign = 1
	}
	var ids, merges []string
	for i, l := range links {
		if l.Merged() {
			ids, merges = append(ids, string(rows[i])), append(merges, string(l.Merge))
		}
	}
	return w.exec(ctx, hideRows, ids, merges, sign)
}

// Forget implements dedupview.Writer.
func (w writer) Forget(ctx context.Context, id kernel.TableID) error {
	for _, t := range []string{"groups", "distinct_pairs", "merged", "merged_rows"} {
		if err := w.exec(ctx, `DELETE FROM `+t+` WHERE table_id = $1`, id); err != nil {
			return fmt.Errorf("forget %s: %w", t, err)
		}
	}
	return w.exec(ctx, `DELETE FROM jobs WHERE table_id = $1 AND state <> 'running'`, id)
}
