package historyread

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/projections/historyview"
)

const (
	stepsAtQuery = `SELECT l.position, f.step, coalesce(f.kind, '` + usualKind + `'), coalesce(f.label, '` + usualLabel + `')
FROM rm_history.lines l JOIN rm_history.lines f ON f.position = coalesce(l.first, l.position) WHERE l.position = ANY($1)`
	stepsAtQuery1 = `SELECT c.position, s.step, s.kind, s.label FROM rm_history.changes c
JOIN rm_history.steps s ON s.table_id = c.table_id AND s.step = c.step WHERE c.position = ANY($1)`
)

// Types are the event types that the history tells of.
func (q *Queries) Types() []string { return historyview.New(q.codec, nil).Types() }

// StepsAt tells of the events at the positions (ascending) to which steps they belong, and whose they are. What the history doesn't have
// yet is left out.
func (q *Queries) StepsAt(ctx context.Context, positions []int64) ([]historyview.StepAt, error) {
	if len(positions) == 0 {
		return nil, nil
	}
	rows, err := q.shape.Query(ctx, stepsAtQuery, stepsAtQuery1, positions)
	if err != nil {
		return nil, fmt.Errorf("read steps by their events: %w", err)
	}
	by := make(map[int64]historyview.StepAt, len(positions))
	var s historyview.StepAt
	_, err = pgx.ForEachRow(rows, []any{&s.Position, &s.Step, &s.Kind, &s.Label}, func() error { by[s.Position] = s; return nil })
	if err != nil {
		return nil, fmt.Errorf("read steps by their events: %w", err)
	}
	heads, err := q.log.ReadHeads(ctx, positions)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	out := make([]historyview.StepAt, 0, len(heads))
	for _, h := range heads {
		s, ok := by[h.Position]
		if !ok {
			continue
		}
		meta, err := h.Meta()
		if err != nil {
			return nil, err
		}
		s.At = h.RecordedAt
		s.Actor = historyview.Actor{Kind: meta.Actor.Kind, ID: meta.Actor.ID, User: meta.Actor.User()}
		out = append(out, s)
	}
	return out, nil
}
