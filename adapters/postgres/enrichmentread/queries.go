package enrichmentread

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/enrichmentview"
)

// Queries answers questions about runs and providers.
type Queries struct {
	db    postgres.Reader
	clock kernel.Clock
	keys  Opener
	cache Cache // may be nil
}

// Opener opens what was sealed for a subject; false means that the subject's key was destroyed.
type Opener interface {
	Open(ctx context.Context, subject string, sealed []byte) (plain []byte, ok bool, err error)
}

// NewQueries reads through a pool or within a scope and opens kept answers with the keys.
func NewQueries(db postgres.Reader, clock kernel.Clock, keys Opener) *Queries {
	return &Queries{db: db, clock: clock, keys: keys}
}

// outputs opens what is kept of an answer; null when nothing is, or when its key was destroyed because its time is over.
func (q *Queries) outputs(ctx context.Context, kept enrichmentview.Kept) (json.RawMessage, error) {
	body, _, err := q.open(ctx, kept)
	return kernel.OrNull(body.Outputs), err
}

// Job returns a job of the workspace; a kernel.KindNotFound error if there is none.
func (q *Queries) Job(ctx context.Context, ws kernel.WorkspaceID, id kernel.RunID) (enrichmentview.Job, error) {
	rows, err := q.db.Query(ctx, `SELECT `+jobColumns+` FROM rm_enrichment.jobs WHERE workspace_id = $1 AND run_id = $2`, ws, id)
	if err != nil {
		return enrichmentview.Job{}, err
	}
	j, err := pgx.CollectExactlyOneRow(rows, scanJob)
	if errors.Is(err, pgx.ErrNoRows) {
		return j, kernel.NotFound("job", string(id))
	}
	return j, err
}

const selectJobs = `SELECT ` + jobColumns + ` FROM rm_enrichment.jobs
WHERE workspace_id = $1 AND ($2 = '' OR table_id = $2) AND ($3 = '' OR state = $3) AND ($4 = '' OR run_id < $4)
AND (cardinality($5::text[]) = 0 OR table_id = ANY($5))
ORDER BY run_id DESC LIMIT $6`

// Jobs returns jobs of the workspace, newest first.
func (q *Queries) Jobs(ctx context.Context, ws kernel.WorkspaceID, f enrichmentview.JobFilter) ([]enrichmentview.Job, error) {
	tables := make([]string, len(f.Tables))
	for i, t := range f.Tables {
		tables[i] = string(t)
	}
	rows, err := q.db.Query(ctx, selectJobs, ws, f.Table, f.State, f.Before, tables, f.Limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanJob)
}

// Unfinished names a run that has not ended.
type Unfinished struct {
	Workspace kernel.WorkspaceID
	Run       kernel.RunID
	Round     int
	Position  int64 // of its last event
}

const selectUnfinished = `SELECT workspace_id, run_id, round, position FROM rm_enrichment.jobs
WHERE state IN ('pending', 'running', 'paused') AND run_id > $1 ORDER BY run_id LIMIT $2`

// Unfinished lists runs of all workspaces that have not ended, those after the given one.
func (q *Queries) Unfinished(ctx context.Context, after kernel.RunID, limit int) ([]Unfinished, error) {
	rows, err := q.db.Query(ctx, selectUnfinished, after, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Unfinished])
}

const selectRecords = `SELECT r.row_id, r.column_id, r.state, r.message, r.input, r.attempts, r.answer, r.kept, r.kept_for, r.provider,
  r.credits, r.latency_ms, r.confidence, r.verified_by, r.source_url, r.cached, r.at, r.position
FROM rm_enrichment.records r JOIN rm_enrichment.jobs j USING (run_id)
WHERE j.workspace_id = $1 AND r.run_id = $2 AND ($3 = '' OR r.state = $3) AND ($7 = '' OR r.message = $7) AND ($8 = '' OR r.row_id = $8)
AND (r.row_id, r.column_id) > ($4, $5)
ORDER BY r.row_id, r.column_id LIMIT $6`

// Records returns what became of the run's cells by row and column, as the filter says.
func (q *Queries) Records(
	ctx context.Context, ws kernel.WorkspaceID, run kernel.RunID, f enrichmentview.RecordFilter,
) ([]enrichmentview.Record, error) {
	rows, err := q.db.Query(ctx, selectRecords, ws, run, f.State, f.After.Row, f.After.Column, f.Limit, f.Message, f.Row)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (enrichmentview.Record, error) {
		r := enrichmentview.Record{Run: run}
		var attempts []byte
		err := row.Scan(&r.Row, &r.Column, &r.State, &r.Message, (*[]byte)(&r.Input), &attempts, (*[]byte)(&r.Answer), &r.Kept.Body, &r.Kept.For,
			&r.Provider, &r.Credits, &r.LatencyMS, &r.Confidence, &r.VerifiedBy,
			&r.SourceURL, &r.Cached, &r.At, &r.Position)
		if err != nil {
			return r, err
		}
		return r, json.Unmarshal(attempts, &r.Attempts)
	})
	if err != nil {
		return nil, err
	}
	for i := range list {
		body, _, err := q.open(ctx, list[i].Kept)
		if err != nil {
			return nil, err
		}
		list[i].Outputs, list[i].Exchanges = kernel.OrNull(body.Outputs), body.Exchanges
	}
	return list, nil
}

const selectKept = `SELECT r.kept, r.kept_for FROM rm_enrichment.records r JOIN rm_enrichment.jobs j USING (run_id)
WHERE j.workspace_id = $1 AND r.run_id = $2 AND r.row_id = $3 AND r.column_id = $4`

// Stories returns the stories of a cell's attempts, by the attempt's index; none when their key was destroyed because their time is over.
// It is a kernel.KindNotFound error if the run has no record of the cell.
func (q *Queries) Stories(
	ctx context.Context, ws kernel.WorkspaceID, run kernel.RunID, cell enrichment.Cell,
) (map[int]enrichment.Story, error) {
	var kept enrichmentview.Kept
	err := q.db.QueryRow(ctx, selectKept, ws, run, cell.Row, cell.Column).Scan(&kept.Body, &kept.For)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, kernel.NotFound("record", string(cell.Row))
	}
	if err != nil {
		return nil, err
	}
	body, _, err := q.open(ctx, kept)
	return body.Stories, err
}

const selectShares = `SELECT s.run_id, s.provider, s.asked, s.hits, s.failed, s.calls, s.credits, s.cost
FROM rm_enrichment.job_shares s JOIN rm_enrichment.jobs j USING (run_id) WHERE j.workspace_id = $1 AND s.run_id = $2
ORDER BY s.asked DESC, s.provider`

// Shares returns what each provider has done in a job, the busiest first.
func (q *Queries) Shares(ctx context.Context, ws kernel.WorkspaceID, run kernel.RunID) ([]enrichmentview.Share, error) {
	rows, err := q.db.Query(ctx, selectShares, ws, run)
	if err != nil {
		return nil, fmt.Errorf("read the shares of a job: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[enrichmentview.Share])
}

const selectFailures = `SELECT r.message, count(*) FROM rm_enrichment.records r JOIN rm_enrichment.jobs j USING (run_id)
WHERE j.workspace_id = $1 AND r.run_id = $2 AND r.state = 'error' AND ($3::text IS NULL OR r.message = $3)
GROUP BY r.message ORDER BY count(*) DESC, r.message LIMIT $4`

// Failures returns why cells of a job failed, the commonest reasons first; only the given one, if it is not nil.
func (q *Queries) Failures(
	ctx context.Context, ws kernel.WorkspaceID, run kernel.RunID, message *string, limit int,
) ([]enrichmentview.Failure, error) {
	rows, err := q.db.Query(ctx, selectFailures, ws, run, message, limit)
	if err != nil {
		return nil, fmt.Errorf("read the failures of a job: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[enrichmentview.Failure])
}

// ratesDays is how far back hit rates look.
const ratesDays = 30

const selectRates = `SELECT provider, sum(hits)::float8 / sum(asked) FROM rm_enrichment.provider_days WHERE workspace_id = $1 AND day > $2
	GROUP BY provider HAVING sum(asked) >= 20`

// HitRates implements enrichmentcmd.HitRates: of the last 30 days, for providers asked at least 20 times.
func (q *Queries) HitRates(ctx context.Context, ws kernel.WorkspaceID) (map[string]float64, error) {
	rows, err := q.db.Query(ctx, selectRates, ws, q.clock.Now().AddDate(0, 0, -ratesDays))
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	var provider string
	var rate float64
	_, err = pgx.ForEachRow(rows, []any{&provider, &rate}, func() error {
		out[provider] = rate
		return nil
	})
	return out, err
}

const selectAnswer = `SELECT kept, kept_for, confidence, verified_by, source_url FROM rm_enrichment.answers WHERE workspace_id = $1
	AND provider = $2 AND input_hash = $3 AND at >= $4`

// Find implements waterfall.Cache.
func (q *Queries) Find(
	ctx context.Context, ws kernel.WorkspaceID, provider, inputHash string, since time.Time,
) (enrichment.Reply, bool, error) {
	var r enrichment.Reply
	var kept enrichmentview.Kept
	err := q.db.QueryRow(ctx, selectAnswer, ws, provider, inputHash,
		since).Scan(&kept.Body, &kept.For, &r.Confidence, &r.VerifiedBy, &r.SourceURL)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, err
	}
	outputs, err := q.outputs(ctx, kept)
	if err != nil || kernel.IsNull(outputs) {
		return r, false, err
	}
	if r.Outputs, err = enrichment.DecodeOutputs(outputs); err != nil {
		return r, false, fmt.Errorf("the kept answer of %s: %w", provider, err)
	}
	return r, true, nil
}

const selectPatterns = `SELECT pattern, count FROM rm_enrichment.mail_patterns WHERE workspace_id = $1 AND domain = $2`

// MailPatterns implements waterfall.Patterns.
func (q *Queries) MailPatterns(ctx context.Context, ws kernel.WorkspaceID, domain string) (map[enrichment.MailPattern]int64, error) {
	rows, err := q.db.Query(ctx, selectPatterns, ws, domain)
	if err != nil {
		return nil, fmt.Errorf("read patterns of addresses: %w", err)
	}
	out := map[enrichment.MailPattern]int64{}
	var pattern enrichment.MailPattern
	var count int64
	_, err = pgx.ForEachRow(rows, []any{&pattern, &count}, func() error {
		out[pattern] = count
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read patterns of addresses: %w", err)
	}
	return out, nil
}

// Failures implements enrichmentflow.Failures.
type Failures struct {
	queries   *Queries
	positions projections.Positions
}

// NewFailures lists failed records, waiting for the read model to have come far enough.
func NewFailures(q *Queries, p projections.Positions) *Failures { return &Failures{q, p} }

const selectFailed = `SELECT row_id, column_id FROM rm_enrichment.records r JOIN rm_enrichment.jobs j USING (run_id)
WHERE j.workspace_id = $1 AND r.run_id = $2 AND r.state = 'error' AND ($5 = '' OR r.message = $5) AND r.row_id IN (
  SELECT DISTINCT row_id FROM rm_enrichment.records WHERE run_id = $2 AND state = 'error' AND ($5 = '' OR message = $5) AND row_id > $3
ORDER BY row_id LIMIT $4)
ORDER BY row_id, column_id`

// recordsWait is how long a reader waits for the read model to come to its position.
const recordsWait = 30 * time.Second

// Failed returns failed cells of at most limit rows after the given one, those with the message if one is given.
func (f *Failures) Failed(
	ctx context.Context, ws kernel.WorkspaceID, run kernel.RunID, message string, after kernel.RowID, limit int, position int64,
) ([]enrichment.Cell, error) {
	if err := await(ctx, f.positions, position); err != nil {
		return nil, err
	}
	rows, err := f.queries.db.Query(ctx, selectFailed, ws, run, after, limit, message)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (enrichment.Cell, error) {
		var c enrichment.Cell
		err := row.Scan(&c.Row, &c.Column)
		return c, err
	})
}

const runsOfQuery = `SELECT run_id FROM rm_enrichment.jobs WHERE workspace_id = $1 AND table_id = $2 ORDER BY run_id`

// RunsOf lists the runs over a table, the oldest first.
func (q *Queries) RunsOf(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) ([]kernel.RunID, error) {
	rows, err := q.db.Query(ctx, runsOfQuery, ws, id)
	if err != nil {
		return nil, fmt.Errorf("list the runs of a table: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[kernel.RunID])
	if err != nil {
		return nil, fmt.Errorf("list the runs of a table: %w", err)
	}
	return out, nil
}
