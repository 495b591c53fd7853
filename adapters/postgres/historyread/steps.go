package historyread

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Queries reads the history. Its callers have checked that the table is in the caller's workspace.
type Queries struct {
	db    postgres.Reader
	log   eventstore.Reader
	codec *eventstore.Codec
}

// NewQueries reads the index from the pool's database and the events from the log.
func NewQueries(db postgres.Reader, log eventstore.Reader, codec *eventstore.Codec) *Queries {
	return &Queries{db, log, codec}
}

// MaxSteps is how many steps of a user can be undone or redone.
const MaxSteps = 200

const stepColumns = `step, position, label, at, actor, cells, row_count, kind, money, undone, effective`

const (
	undoQuery = `SELECT ` + stepColumns + ` FROM rm_history.steps WHERE table_id = $1 AND user_id = $2 AND root = step AND NOT undone ORDER BY changed DESC LIMIT $3`
	// What was undone can be redone until its user does something new.
	redoQuery = `SELECT ` + stepColumns + ` FROM rm_history.steps s WHERE table_id = $1 AND user_id = $2 AND root = step AND undone
AND changed > COALESCE((SELECT max(position) FROM rm_history.steps n WHERE n.table_id = $1 AND n.user_id = $2 AND n.root = n.step AND NOT n.undone AND n.changed = n.position), 0)
ORDER BY changed DESC LIMIT $3`
	stepQuery      = `SELECT ` + stepColumns + ` FROM rm_history.steps WHERE table_id = $1 AND step = $2 AND root = step`
	positionsQuery = `SELECT position FROM rm_history.changes WHERE table_id = $1 AND step = $2 ORDER BY position`
)

func scanStep(row pgx.CollectableRow) (tablecmd.StepRecord, error) {
	var s tablecmd.StepRecord
	err := row.Scan(&s.ID, &s.Position, &s.Label, &s.At, &s.Actor, &s.Cells, &s.Rows, &s.Kind, &s.Money, &s.Undone, &s.Effective)
	return s, err
}

// Stack returns the user's steps that can be undone and those that can be redone, the next one first.
func (q *Queries) Stack(ctx context.Context, id kernel.TableID, user kernel.UserID) (undo, redo []tablecmd.StepRecord, err error) {
	if undo, err = q.list(ctx, undoQuery, id, user, MaxSteps); err != nil {
		return nil, nil, err
	}
	redo, err = q.list(ctx, redoQuery, id, user, MaxSteps)
	return undo, redo, err
}

func (q *Queries) list(ctx context.Context, sql string, args ...any) ([]tablecmd.StepRecord, error) {
	rows, err := q.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list steps: %w", err)
	}
	out, err := pgx.CollectRows(rows, scanStep)
	if err != nil {
		return nil, fmt.Errorf("list steps: %w", err)
	}
	return out, nil
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
	rows, err := q.db.Query(ctx, positionsQuery, id, step)
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
	if step == "" {
		sql, what := undoQuery, "undo"
		if redo {
			sql, what = redoQuery, "redo"
		}
		list, err := q.list(ctx, sql, id, user, 1)
		if err == nil && len(list) == 0 {
			err = kernel.E(kernel.KindConflict, "NOTHING_TO_"+map[bool]string{false: "UNDO", true: "REDO"}[redo], "there is nothing to %s", what)
		}
		if err != nil {
			return tablecmd.StepRecord{}, err
		}
		return list[0], nil
	}
	rows, err := q.db.Query(ctx, stepQuery, id, step)
	if err != nil {
		return tablecmd.StepRecord{}, fmt.Errorf("read a step: %w", err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, scanStep)
	if errors.Is(err, pgx.ErrNoRows) {
		return found, kernel.NotFound("step", step)
	}
	if err != nil {
		return found, fmt.Errorf("read a step: %w", err)
	}
	return found, nil
}

const changedQuery = `SELECT DISTINCT t.row_id FROM rm_history.touches t JOIN rm_history.changes c USING (position)
JOIN rm_history.steps s ON s.table_id = c.table_id AND s.step = c.step JOIN rm_history.steps r ON r.table_id = s.table_id AND r.step = s.root
WHERE t.row_id = ANY($1) AND t.position > $2 AND c.table_id = $3 AND c.cols <> '{}' AND ($5 = '' OR c.cols @> ARRAY[$5]) AND NOT r.undone
AND r.position > (SELECT position FROM rm_history.steps WHERE table_id = $3 AND step = $4)`

// Changed implements tablecmd.History. A step that was first done before the given one is no change since, even if it was undone
// and redone meanwhile.
func (q *Queries) Changed(ctx context.Context, id kernel.TableID, rows []kernel.RowID, col kernel.ColumnID, after int64, step string) (map[kernel.RowID]bool, error) {
	out := map[kernel.RowID]bool{}
	if len(rows) == 0 {
		return out, nil
	}
	keys, err := rowKeys(rows)
	if err != nil {
		return nil, err
	}
	res, err := q.db.Query(ctx, changedQuery, keys, after, id, step, string(col))
	if err != nil {
		return nil, fmt.Errorf("find rows changed since: %w", err)
	}
	var key [16]byte
	if _, err := pgx.ForEachRow(res, []any{&key}, func() error { out[kernel.RowKey(key).RowID()] = true; return nil }); err != nil {
		return nil, fmt.Errorf("find rows changed since: %w", err)
	}
	return out, nil
}
