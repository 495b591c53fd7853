// Package enrichmentread keeps the runs' read model in Postgres and answers queries over it.
package enrichmentread

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/enrichmentview"
)

var (
	//go:embed schema.sql
	schema string
	//go:embed expand.sql
	expand string
)

// Model is the shape of the read model.
func Model() postgres.Model {
	return postgres.Model{Name: enrichmentview.Name, DDL: schema, Expand: expand, Policies: map[string]string{
		"records":    `EXISTS (SELECT FROM jobs j WHERE j.run_id = records.run_id)`,
		"job_shares": `EXISTS (SELECT FROM jobs j WHERE j.run_id = job_shares.run_id)`,
	}}
}

// Open is for enrichmentview.New.
func Open(tx projections.Tx) (enrichmentview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t}, err
}

type writer struct{ tx *postgres.Tx }

const jobColumns = `run_id, workspace_id, table_id, columns, state, cancelling, round, total, done,
  succeeded, not_found, failed, skipped, cached, spent, reserved,
  estimate, scope, over, reason, started_by, auto, created_at, started_at, finished_at, position`

// Jobs implements enrichmentview.Writer.
func (w writer) Jobs(ctx context.Context, ids []kernel.RunID) ([]enrichmentview.Job, error) {
	rows, err := w.tx.Query(ctx, `SELECT `+jobColumns+` FROM jobs WHERE run_id = ANY($1)`, ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanJob)
}

func scanJob(row pgx.CollectableRow) (enrichmentview.Job, error) {
	var j enrichmentview.Job
	var scope string // stands in Over too
	var estimate, over []byte
	c := &j.Counts
	err := row.Scan(&j.ID, &j.Workspace, &j.Table, &j.Columns, &j.State, &j.Cancelling, &j.Round, &c.Total, &c.Done, &c.Succeeded, &c.NotFound,
		&c.Failed, &c.Skipped, &c.Cached,
		&j.Spent, &j.Reserved, &estimate, &scope, &over, &j.Reason, &j.StartedBy, &j.Auto, &j.CreatedAt, &j.StartedAt, &j.FinishedAt, &j.Position)
	if err != nil {
		return j, err
	}
	if err := json.Unmarshal(estimate, &j.Estimate); err != nil {
		return j, fmt.Errorf("estimate of %s: %w", j.ID, err)
	}
	if err := json.Unmarshal(over, &j.Over); err != nil {
		return j, fmt.Errorf("selection of %s: %w", j.ID, err)
	}
	return j, nil
}

const selectDays = `SELECT d.workspace_id, d.provider, d.day, asked, hits, failed, calls, credits, latency FROM provider_days d
JOIN unnest($1::text[], $2::text[], $3::date[]) AS k(workspace_id, provider, day) USING (workspace_id, provider, day)`

// Days implements enrichmentview.Writer.
func (w writer) Days(ctx context.Context, keys []enrichmentview.DayKey) ([]enrichmentview.Day, error) {
	var workspaces, providers []string
	var days []time.Time
	for _, k := range keys {
		workspaces, providers, days = append(workspaces, string(k.Workspace)), append(providers, k.Provider), append(days, k.Day)
	}
	rows, err := w.tx.Query(ctx, selectDays, workspaces, providers, days)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (enrichmentview.Day, error) {
		var d enrichmentview.Day
		var latency []int64
		err := row.Scan(&d.Workspace, &d.Provider, &d.Day, &d.Asked, &d.Hits, &d.Failed, &d.Calls, &d.Credits, &latency)
		copy(d.Latency[:], latency)
		return d, err
	})
}

const upsertJob = `INSERT INTO jobs (` + jobColumns + `)
VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26)
ON CONFLICT (run_id) DO UPDATE SET state = excluded.state, cancelling = excluded.cancelling, round = excluded.round,
  total = excluded.total, done = excluded.done, succeeded = excluded.succeeded,
  not_found = excluded.not_found, failed = excluded.failed, skipped = excluded.skipped, cached = excluded.cached,
  spent = excluded.spent, reserved = excluded.reserved, reason = excluded.reason, started_at = excluded.started_at,
  finished_at = excluded.finished_at, position = excluded.position`

const upsertDay = `INSERT INTO provider_days (workspace_id, provider, day, asked, hits, failed, calls, credits, latency)
	VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)
ON CONFLICT (workspace_id, provider, day) DO UPDATE SET asked = excluded.asked, hits = excluded.hits, failed = excluded.failed,
  calls = excluded.calls, credits = excluded.credits, latency = excluded.latency`

const addShare = `INSERT INTO job_shares AS s (run_id, provider, asked, hits, failed, calls, credits, cost) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)
ON CONFLICT (run_id, provider) DO UPDATE SET asked = s.asked + excluded.asked, hits = s.hits + excluded.hits,
  failed = s.failed + excluded.failed,
  calls = s.calls + excluded.calls, credits = s.credits + excluded.credits, cost = s.cost + excluded.cost`

const addPattern = `INSERT INTO mail_patterns AS m (workspace_id, domain, pattern, count) VALUES ($1,$2,$3,$4)
ON CONFLICT (workspace_id, domain, pattern) DO UPDATE SET count = m.count + excluded.count`

// Save implements enrichmentview.Writer.
func (w writer) Save(ctx context.Context, b enrichmentview.Batch) error {
	var q pgx.Batch
	for _, j := range b.Jobs {
		estimate, err := json.Marshal(j.Estimate)
		if err != nil {
			return err
		}
		over, err := json.Marshal(j.Over)
		if err != nil {
			return err
		}
		c := j.Counts
		q.Queue(upsertJob, j.ID, j.Workspace, j.Table, j.Columns, j.State, j.Cancelling, j.Round, c.Total, c.Done, c.Succeeded, c.NotFound,
			c.Failed, c.Skipped, c.Cached,
			j.Spent, j.Reserved, estimate, j.Over.Scope, over, j.Reason, j.StartedBy, j.Auto, j.CreatedAt, j.StartedAt, j.FinishedAt, j.Position)
	}
	for _, d := range b.Days {
		q.Queue(upsertDay, d.Workspace, d.Provider, d.Day, d.Asked, d.Hits, d.Failed, d.Calls, d.Credits, d.Latency[:])
	}
	if err := w.records(ctx, b.Records, &q); err != nil {
		return fmt.Errorf("save records: %w", err)
	}
	w.answers(b.Answers, &q)
	w.replies(b.Replies, &q)
	if err := w.shapes(b.Shapes, &q); err != nil {
		return err
	}
	for _, s := range b.Shares {
		q.Queue(addShare, s.Run, s.Provider, s.Asked, s.Hits, s.Failed, s.Calls, s.Credits, s.Cost)
	}
	for _, p := range b.Patterns {
		q.Queue(addPattern, p.Workspace, p.Domain, p.Pattern, p.Count)
	}
	if err := w.tx.SendBatch(ctx, &q).Close(); err != nil {
		return fmt.Errorf("save jobs: %w", err)
	}
	return nil
}

const (
	forgetRecords = `DELETE FROM records WHERE run_id IN (SELECT run_id FROM jobs WHERE table_id = ANY($1))`
	forgetReplies = `DELETE FROM replies WHERE run_id IN (SELECT run_id FROM jobs WHERE table_id = ANY($1))`
)

// Forget implements enrichmentview.Writer.
func (w writer) Forget(ctx context.Context, tables []kernel.TableID) error {
	if _, err := w.tx.Exec(ctx, forgetRecords, tables); err != nil {
		return fmt.Errorf("forget records: %w", err)
	}
	if _, err := w.tx.Exec(ctx, forgetReplies, tables); err != nil {
		return fmt.Errorf("forget replies: %w", err)
	}
	return nil
}

func recordColumns() []string {
	return []string{
		"run_id", "row_id", "column_id", "state", "message", "input", "attempts", "answer", "kept", "kept_for",
		"provider", "credits", "latency_ms", "confidence", "verified_by", "source_url", "cached", "at", "position",
	}
}

const upsertRecord = `INSERT INTO records (run_id, row_id, column_id, state, message, input, attempts, answer, kept, kept_for, provider,
  credits, latency_ms, confidence, verified_by, source_url, cached, at, position)
VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19)
ON CONFLICT (run_id, row_id, column_id) DO UPDATE SET state = excluded.state, message = excluded.message, input = excluded.input,
  attempts = excluded.attempts, answer = excluded.answer, kept = excluded.kept, kept_for = excluded.kept_for,
  provider = excluded.provider, credits = excluded.credits, latency_ms = excluded.latency_ms,
  confidence = excluded.confidence, verified_by = excluded.verified_by, source_url = excluded.source_url, cached = excluded.cached,
  at = excluded.at, position = excluded.position`

// records copies what is new and queues what may replace an earlier record of a retry.
func (w writer) records(ctx context.Context, list []enrichmentview.Record, q *pgx.Batch) error {
	var fresh [][]any
	for _, r := range list {
		attempts, err := json.Marshal(r.Attempts)
		if err != nil {
			return err
		}
		row := []any{
			r.Run, r.Row, r.Column, r.State, r.Message, []byte(r.Input), attempts, []byte(r.Answer), r.Kept.Body, r.Kept.For, r.Provider, r.Credits,
			r.LatencyMS, r.Confidence, r.VerifiedBy, r.SourceURL, r.Cached, r.At, r.Position,
		}
		if r.Again {
			q.Queue(upsertRecord, row...)
			continue
		}
		fresh = append(fresh, row)
	}
	if len(fresh) == 0 {
		return nil
	}
	_, err := w.tx.CopyFrom(ctx, w.tx.Table("records"), recordColumns(), pgx.CopyFromRows(fresh))
	return err
}

const upsertAnswers = `INSERT INTO answers (workspace_id, provider, input_hash, kept, kept_for, confidence, verified_by, source_url, at)
SELECT w, p, h, k, f, c, string_to_array(v, ','), u, t
FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::text[], $6::double precision[], $7::text[], $8::text[],
  $9::timestamptz[]) AS a(w, p, h, k, f, c, v, u, t)
ON CONFLICT (workspace_id, provider, input_hash) DO UPDATE SET kept = excluded.kept, kept_for = excluded.kept_for,
  confidence = excluded.confidence, verified_by = excluded.verified_by, source_url = excluded.source_url, at = excluded.at`

func (w writer) answers(list []enrichmentview.Answer, q *pgx.Batch) {
	if len(list) == 0 {
		return
	}
	n := len(list)
	workspaces, providers, hashes, subjects, urls := make([]string,
		n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	bodies, confidences, evidence, times := make([][]byte, n), make([]*float64, n), make([]*string, n), make([]time.Time, n)
	for i, a := range list {
		workspaces[i], providers[i], hashes[i], subjects[i], urls[i] = string(a.Workspace), a.Provider, a.InputHash, a.Kept.For, a.SourceURL
		bodies[i], confidences[i], evidence[i], times[i] = a.Kept.Body, a.Confidence, joined(a.VerifiedBy), a.At
	}
	q.Queue(upsertAnswers, workspaces, providers, hashes, bodies, subjects, confidences, evidence, urls, times)
}

const upsertReplies = `INSERT INTO replies (workspace_id, provider, question, run_id, row_id, column_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
ON CONFLICT (workspace_id, provider, question) DO UPDATE SET run_id = excluded.run_id,
  row_id = excluded.row_id, column_id = excluded.column_id`

func (w writer) replies(list []enrichmentview.Reply, q *pgx.Batch) {
	if len(list) == 0 {
		return
	}
	var columns [6][]string
	for _, r := range list {
		for i, v := range [...]string{string(r.Workspace), r.Provider, r.Hash, string(r.Run), string(r.Row), string(r.Column)} {
			columns[i] = append(columns[i], v)
		}
	}
	q.Queue(upsertReplies, columns[0], columns[1], columns[2], columns[3], columns[4], columns[5])
}

// joined writes evidence as one text, nil where it is not known: a list of lists is no parameter.
func joined(by []enrichment.Evidence) *string {
	if by == nil {
		return nil
	}
	list := make([]string, len(by))
	for i, e := range by {
		list[i] = string(e)
	}
	text := strings.Join(list, ",")
	return &text
}
