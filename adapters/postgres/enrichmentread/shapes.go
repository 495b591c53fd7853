package enrichmentread

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/enrichmentview"
)

const selectShapes = `SELECT s.workspace_id, s.provider, s.question, s.shape FROM shapes s
JOIN unnest($1::text[], $2::text[], $3::text[]) AS k(workspace_id, provider, question) USING (workspace_id, provider, question)`

// Shapes implements enrichmentview.Writer.
func (w writer) Shapes(ctx context.Context, keys []enrichmentview.ShapeKey) ([]enrichmentview.Shape, error) {
	var columns [3][]string
	for _, k := range keys {
		columns[0], columns[1], columns[2] = append(columns[0], string(k.Workspace)), append(columns[1], k.Provider), append(columns[2], k.Of)
	}
	rows, err := w.tx.Query(ctx, selectShapes, columns[0], columns[1], columns[2])
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s enrichmentview.Shape, err error) {
		var shape []byte
		if err = row.Scan(&s.Workspace, &s.Provider, &s.Of, &shape); err != nil {
			return s, err
		}
		return s, json.Unmarshal(shape, &s.Shape)
	})
}

const upsertShape = `INSERT INTO shapes (workspace_id, provider, question, shape, alerted_at) VALUES ($1,$2,$3,$4,$5)
ON CONFLICT (workspace_id, provider, question) DO UPDATE SET shape = excluded.shape, alerted_at = excluded.alerted_at`

func (w writer) shapes(list []enrichmentview.Shape, q *pgx.Batch) error {
	for _, s := range list {
		shape, err := json.Marshal(s.Shape)
		if err != nil {
			return fmt.Errorf("write the shape of replies of %s: %w", s.Provider, err)
		}
		var alerted *time.Time
		if n := len(s.Alerts); n > 0 {
			alerted = &s.Alerts[n-1].At
		}
		q.Queue(upsertShape, s.Workspace, s.Provider, s.Of, shape, alerted)
	}
	return nil
}

const selectDrifts = `SELECT provider, shape->'alerts' FROM rm_enrichment.shapes WHERE workspace_id = $1 AND alerted_at >= $2`

// Drifts returns what has lately changed in the replies of the workspace's providers, the newest first.
func (q *Queries) Drifts(ctx context.Context, ws kernel.WorkspaceID) ([]enrichmentview.Drift, error) {
	since := q.clock.Now().AddDate(0, 0, -enrichmentview.DriftDays)
	rows, err := q.db.Query(ctx, selectDrifts, ws, since)
	if err != nil {
		return nil, err
	}
	out := []enrichmentview.Drift{}
	var provider string
	var alerts []byte
	_, err = pgx.ForEachRow(rows, []any{&provider, &alerts}, func() error {
		var list []enrichment.Drift
		if err := json.Unmarshal(alerts, &list); err != nil {
			return err
		}
		for _, d := range list {
			if !d.At.Before(since) {
				out = append(out, enrichmentview.Drift{Provider: provider, Drift: d})
			}
		}
		return nil
	})
	slices.SortStableFunc(out, func(a, b enrichmentview.Drift) int { return b.At.Compare(a.At) })
	return out, err
}

const countDrifting = `SELECT provider, count(*) FROM rm_enrichment.shapes WHERE alerted_at >= $1 GROUP BY provider`

// Drifting returns, by provider, for how many workspaces and kinds of questions its replies have changed in the last day.
func (q *Queries) Drifting(ctx context.Context) (map[string]int64, error) {
	rows, err := q.db.Query(kernel.AsSystem(ctx, "provider drift"), countDrifting, q.clock.Now().AddDate(0, 0, -1))
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	var provider string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&provider, &n}, func() error {
		out[provider] = n
		return nil
	})
	return out, err
}
