package enrichmentread

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/enrichmentview"
)

// Recorded implements enrichmentcmd.Recorded.
type Recorded struct {
	queries   *Queries
	positions projections.Positions
}

var _ enrichmentcmd.Recorded = (*Recorded)(nil)

// NewRecorded finds recorded replies, waiting for the read model to have come far enough.
func NewRecorded(q *Queries, p projections.Positions) *Recorded { return &Recorded{q, p} }

// Await implements enrichmentcmd.Recorded.
func (r *Recorded) Await(ctx context.Context, position int64) error {
	return await(ctx, r.positions, position)
}

// await waits for the read model of runs.
func await(ctx context.Context, p projections.Positions, position int64) error {
	wait, cancel := context.WithTimeout(ctx, recordsWait)
	defer cancel()
	if reached, ok := p.Wait(wait, enrichmentview.Name, position); !ok {
		return kernel.E(kernel.KindUnavailable, "STALE", "the read model of runs has come to %d, not to %d yet", reached, position)
	}
	return nil
}

const selectReplies = `SELECT r.provider, r.question, c.kept, c.kept_for FROM rm_enrichment.replies r
JOIN rm_enrichment.records c USING (run_id, row_id, column_id)
WHERE r.workspace_id = $1 AND (r.provider, r.question) IN (SELECT * FROM unnest($2::text[], $3::text[]))`

// Replies implements enrichmentcmd.Recorded. Accepted answers from before all replies were recorded stand in for those that are missing.
func (r *Recorded) Replies(
	ctx context.Context, ws kernel.WorkspaceID, list []enrichment.Question,
) (map[enrichment.Question]enrichment.RecordedReply, error) {
	out := make(map[enrichment.Question]enrichment.RecordedReply, len(list))
	if len(list) == 0 {
		return out, nil
	}
	kept, err := r.kept(ctx, selectReplies, ws, list)
	if err != nil {
		return nil, fmt.Errorf("read recorded replies: %w", err)
	}
	for _, k := range kept {
		body, ok, err := r.queries.open(ctx, k.kept)
		if err != nil {
			return nil, err
		}
		if reply, has := body.Find(k.Question); ok && has {
			out[k.Question] = reply
		}
	}
	var missing []enrichment.Question
	for _, q := range list {
		if _, ok := out[q]; !ok {
			missing = append(missing, q)
		}
	}
	return out, r.answers(ctx, ws, missing, out)
}

const selectAnswers = `SELECT a.provider, a.input_hash, a.kept, a.kept_for, a.confidence, a.verified_by, a.source_url
	FROM rm_enrichment.answers a
WHERE a.workspace_id = $1 AND (a.provider, a.input_hash) IN (SELECT * FROM unnest($2::text[], $3::text[]))`

func (r *Recorded) answers(
	ctx context.Context, ws kernel.WorkspaceID, list []enrichment.Question, out map[enrichment.Question]enrichment.RecordedReply,
) error {
	if len(list) == 0 {
		return nil
	}
	providers, hashes := columnsOf(list)
	rows, err := r.queries.db.Query(ctx, selectAnswers, ws, providers, hashes)
	if err != nil {
		return fmt.Errorf("read kept answers: %w", err)
	}
	type answer struct {
		enrichment.RecordedReply
		kept enrichmentview.Kept
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (a answer, err error) {
		err = row.Scan(&a.Provider, &a.Hash, &a.kept.Body, &a.kept.For, &a.Confidence, &a.VerifiedBy, &a.SourceURL)
		return a, err
	})
	if err != nil {
		return fmt.Errorf("read kept answers: %w", err)
	}
	for _, a := range found {
		outputs, err := r.queries.outputs(ctx, a.kept)
		if err != nil {
			return err
		}
		if a.Outputs = outputs; !kernel.IsNull(outputs) {
			out[a.Question] = a.RecordedReply
		}
	}
	return nil
}

// keptReply is a question with the sealed body in which its reply is.
type keptReply struct {
	enrichment.Question
	kept enrichmentview.Kept
}

func (r *Recorded) kept(ctx context.Context, sql string, ws kernel.WorkspaceID, list []enrichment.Question) ([]keptReply, error) {
	providers, hashes := columnsOf(list)
	rows, err := r.queries.db.Query(ctx, sql, ws, providers, hashes)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (k keptReply, err error) {
		err = row.Scan(&k.Provider, &k.Hash, &k.kept.Body, &k.kept.For)
		return k, err
	})
}

func columnsOf(list []enrichment.Question) (providers, hashes []string) {
	for _, q := range list {
		providers, hashes = append(providers, q.Provider), append(hashes, q.Hash)
	}
	return providers, hashes
}

const selectGiven = `SELECT DISTINCT ON (c.row_id) c.row_id, c.state, c.message, c.answer, c.kept, c.kept_for FROM rm_enrichment.records c
JOIN rm_enrichment.jobs j USING (run_id)
WHERE j.workspace_id = $1 AND c.column_id = $2 AND c.row_id = ANY($3)
ORDER BY c.row_id, c.position DESC`

// Given implements enrichmentcmd.Recorded.
func (r *Recorded) Given(
	ctx context.Context, ws kernel.WorkspaceID, column kernel.ColumnID, list []kernel.RowID,
) (map[kernel.RowID]enrichmentcmd.Given, error) {
	rows, err := r.queries.db.Query(ctx, selectGiven, ws, column, list)
	if err != nil {
		return nil, fmt.Errorf("read what runs gave: %w", err)
	}
	type given struct {
		enrichmentcmd.Given
		row  kernel.RowID
		kept enrichmentview.Kept
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (g given, err error) {
		err = row.Scan(&g.row, &g.State, &g.Message, (*[]byte)(&g.Value), &g.kept.Body, &g.kept.For)
		return g, err
	})
	if err != nil {
		return nil, fmt.Errorf("read what runs gave: %w", err)
	}
	out := make(map[kernel.RowID]enrichmentcmd.Given, len(found))
	for _, g := range found {
		outputs, err := r.queries.outputs(ctx, g.kept)
		if err != nil {
			return nil, err
		}
		if !kernel.IsNull(outputs) {
			if g.Outputs, err = enrichment.DecodeOutputs(outputs); err != nil {
				return nil, fmt.Errorf("the kept answer of row %s: %w", g.row, err)
			}
		}
		out[g.row] = g.Given
	}
	return out, nil
}

// open opens what is kept of a cell; false when its key was destroyed or nothing is kept.
func (q *Queries) open(ctx context.Context, kept enrichmentview.Kept) (body enrichment.AnswerBody, ok bool, err error) {
	if kept.For == "" {
		body.Outputs = kept.Body
		return body, len(kept.Body) > 0, nil
	}
	plain, ok, err := q.keys.Open(ctx, kept.For, kept.Body)
	if err != nil || !ok {
		return body, false, err
	}
	if err := json.Unmarshal(plain, &body); err != nil {
		return body, false, fmt.Errorf("read a kept answer: %w", err)
	}
	return body, true, nil
}
