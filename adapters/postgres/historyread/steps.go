package historyread

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Log is the log, with the reading of events without their data.
type Log interface {
	eventstore.Reader
	// ReadHeads returns the events at the positions (ascending) without their data.
	ReadHeads(ctx context.Context, positions []int64) ([]eventstore.Recorded, error)
}

// Queries reads the history. Its callers have checked that the table is in the caller's workspace.
type Queries struct {
	shape *postgres.Shape
	log   Log
	codec *eventstore.Codec
}

// NewQueries reads the index from the pool's database and the events from the log.
func NewQueries(db postgres.Reader, log Log, codec *eventstore.Codec) *Queries {
	return &Queries{postgres.NewShape(db, "rm_history.lines"), log, codec}
}

// MaxSteps is how many steps of a user can be undone or redone.
const MaxSteps = 200

func scanStep(row pgx.CollectableRow) (tablecmd.StepRecord, error) {
	var s tablecmd.StepRecord
	err := row.Scan(&s.ID, &s.Position, &s.Label, &s.Cells, &s.Rows, &s.Kind, &s.Money, &s.Undone, &s.Effective)
	return s, err
}

// Stack returns the user's steps that can be undone and those that can be redone, the next one first.
func (q *Queries) Stack(ctx context.Context, id kernel.TableID, user kernel.UserID) (undo, redo []tablecmd.StepRecord, err error) {
	if undo, err = q.list(ctx, undoQuery, undoQuery1, id, user, MaxSteps); err != nil {
		return nil, nil, err
	}
	redo, err = q.list(ctx, redoQuery, redoQuery1, id, user, MaxSteps)
	return undo, redo, err
}

func (q *Queries) list(ctx context.Context, sql, before string, args ...any) ([]tablecmd.StepRecord, error) {
	rows, err := q.shape.Query(ctx, sql, before, args...)
	if err != nil {
		return nil, fmt.Errorf("list steps: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanStep)
	if err != nil {
		return nil, fmt.Errorf("list steps: %w", err)
	}
	return out, q.complete(ctx, out)
}

// complete adds actor and time of the steps from their first events.
func (q *Queries) complete(ctx context.Context, steps []tablecmd.StepRecord) error {
	if len(steps) == 0 {
		return nil
	}
	at := make(map[int64]*tablecmd.StepRecord, len(steps))
	for i := range steps {
		at[steps[i].Position] = &steps[i]
	}
	heads, err := q.log.ReadHeads(ctx, slices.Sorted(maps.Keys(at)))
	if err != nil {
		return fmt.Errorf("read the events of steps: %w", err)
	}
	if len(heads) != len(at) {
		return fmt.Errorf("the log has %d of the %d events that began steps", len(heads), len(at))
	}
	for _, h := range heads {
		meta, err := h.Meta()
		if err != nil {
			return err
		}
		s := at[h.Position]
		s.At, s.Actor = h.RecordedAt, string(meta.Actor.Kind)+":"+meta.Actor.ID
	}
	return nil
}

// Step implements tablecmd.History.
func (q *Queries) Step(ctx context.Context, id kernel.TableID, step string, user kernel.UserID, redo bool) (tablecmd.StepRecord, error) {
	found, err := q.find(ctx, id, step, user, redo)
	if err != nil {
		return found, err
	}
	found.Positions, err = q.Positions(ctx, id, found.Effective)
	return found, err
}

// Positions implements tablecmd.History.
func (q *Queries) Positions(ctx context.Context, id kernel.TableID, step string) ([]int64, error) {
	rows, err := q.shape.Query(ctx, positionsQuery, positionsQuery1, id, step)
	if err != nil {
		return nil, fmt.Errorf("read a step: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("read a step: %w", err)
	}
	return out, nil
}

func (q *Queries) find(ctx context.Context, id kernel.TableID, step string, user kernel.UserID, redo bool) (tablecmd.StepRecord, error) {
	sql, before, args := stepQuery, stepQuery1, []any{id, step}
	if step == "" {
		args = []any{id, user, 1}
		if sql, before = undoQuery, undoQuery1; redo {
			sql, before = redoQuery, redoQuery1
		}
	}
	list, err := q.list(ctx, sql, before, args...)
	switch {
	case err != nil:
		return tablecmd.StepRecord{}, err
	case len(list) > 0:
		return list[0], nil
	case step != "":
		return tablecmd.StepRecord{}, kernel.NotFound("step", step)
	case redo:
		return tablecmd.StepRecord{}, kernel.E(kernel.KindConflict, "NOTHING_TO_REDO", "there is nothing to redo")
	default:
		return tablecmd.StepRecord{}, kernel.E(kernel.KindConflict, "NOTHING_TO_UNDO", "there is nothing to undo")
	}
}

// Changed implements tablecmd.History. A step that was first done before the given one is no change since, even if it was undone
// and redone meanwhile.
func (q *Queries) Changed(
	ctx context.Context, id kernel.TableID, rows []kernel.RowID, col kernel.ColumnID, after int64, step string,
) (map[kernel.RowID]bool, error) {
	out := map[kernel.RowID]bool{}
	if len(rows) == 0 {
		return out, nil
	}
	keys, err := rowKeys(rows)
	if err != nil {
		return nil, err
	}
	res, err := q.shape.Query(ctx, changedQuery, changedQuery1, keys, after, id, step, string(col))
	if err != nil {
		return nil, fmt.Errorf("find rows changed since: %w", err)
	}
	var key [16]byte
	if _, err := pgx.ForEachRow(res, []any{&key}, func() error { out[kernel.RowKey(key).RowID()] = true; return nil }); err != nil {
		return nil, fmt.Errorf("find rows changed since: %w", err)
	}
	return out, nil
}
