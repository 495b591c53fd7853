package postgres

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/projections"
)

// Store keeps read models, checkpoints and parked streams in one Postgres database. It is a projections.Store. The
// connection's user owns the schemas.
type Store struct {
	pool    *pgxpool.Pool
	models  map[string]Model
	process string // empty: attempts are nobody's
}

var _ projections.Store = (*Store)(nil)

// modelName is what a projection may be called: it becomes part of a schema's name. No double underscore, which sets off
// the slot; short enough that no name is cut off by Postgres (63 bytes).
var modelName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)

// NewStore makes the store of the given read models. Migrate must have run.
func NewStore(pool *pgxpool.Pool, models ...Model) (*Store, error) {
	s := &Store{pool: pool, models: make(map[string]Model, len(models))}
	for _, m := range models {
		if !modelName.MatchString(m.Name) || len(m.Name) > 40 {
			return nil, fmt.Errorf("%q can't be the name of a read model", m.Name)
		}
		if _, ok := s.models[m.Name]; ok {
			return nil, fmt.Errorf("read model %s is defined twice", m.Name)
		}
		s.models[m.Name] = m
	}
	return s, nil
}

const checkpointSQL = `SELECT version, position, revision FROM projection.checkpoints WHERE place = $1`

// Checkpoint implements projections.Checkpoints.
func (s *Store) Checkpoint(ctx context.Context, location projections.Location) (projections.Checkpoint, bool, error) {
	c, ok, err := checkpoint(ctx, s.pool, checkpointSQL, location)
	if err != nil {
		return c, false, fmt.Errorf("checkpoint of %s: %w", location, err)
	}
	return c, ok, nil
}

type queryer interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func checkpoint(ctx context.Context, q queryer, sql string, location projections.Location) (projections.Checkpoint, bool, error) {
	c := projections.Checkpoint{Location: location}
	err := q.QueryRow(ctx, sql, location.String()).Scan(&c.Version, &c.Position, &c.Revision)
	if errors.Is(err, pgx.ErrNoRows) {
		return projections.Checkpoint{}, false, nil
	}
	return c, err == nil, err
}

const (
	// A step is not waited for until it is on the disk: after a crash of the database it is made again from the log, which is.
	// The checkpoint belongs to the same transaction, so both are lost or neither.
	sessionSQL = `SELECT set_config('search_path', $1, true), set_config('synchronous_commit', 'off', true)`
	// The compare-and-set comes first: it locks the row, so of two runners the second waits and then finds it moved.
	advanceSQL = `
UPDATE projection.checkpoints SET position = $5, revision = $6
WHERE place = $1 AND version = $2 AND position = $3 AND revision = $4`
)

// Advance implements projections.Checkpoints.
func (s *Store) Advance(ctx context.Context, from projections.Checkpoint, step projections.Step) (projections.Checkpoint, error) {
	next := from
	next.Position = step.To
	if len(step.Park)+len(step.Unpark) > 0 {
		next.Revision++
	}
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return from, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := claim(ctx, tx, from, next); err != nil {
		return from, err
	}
	if step.Apply != nil {
		if err := step.Apply(pgstore.Within(ctx, tx), &Tx{Tx: tx, Schema: SchemaOf(from.Location)}); err != nil {
			return from, err
		}
	}
	if next.Revision != from.Revision {
		if err := writeParked(ctx, tx, from.Location, step); err != nil {
			return from, err
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return from, err
	}
	return next, nil
}

// claim moves the checkpoint and points unqualified names at the location's schema, in one round trip.
func claim(ctx context.Context, tx pgx.Tx, from, next projections.Checkpoint) error {
	var batch pgx.Batch
	batch.Queue(advanceSQL, from.Location.String(), from.Version, from.Position, from.Revision, next.Position, next.Revision)
	batch.Queue(sessionSQL, SchemaOf(from.Location)+", public")
	res := tx.SendBatch(ctx, &batch)
	tag, err := res.Exec()
	if err == nil {
		_, err = res.Exec()
	}
	if err := errors.Join(err, res.Close()); err != nil {
		return fmt.Errorf("move the checkpoint of %s: %w", from.Location, err)
	}
	if tag.RowsAffected() != 1 {
		return projections.ErrMoved
	}
	return nil
}

const (
	parkSQL = `
INSERT INTO projection.parked (place, stream_id, position, version, event_type, error, attempts, retry_at, skip_reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (place, stream_id) DO UPDATE SET position = EXCLUDED.position, version = EXCLUDED.version,
	event_type = EXCLUDED.event_type, error = EXCLUDED.error, attempts = EXCLUDED.attempts,
	retry_at = EXCLUDED.retry_at, skip_reason = EXCLUDED.skip_reason`
	unparkSQL = `DELETE FROM projection.parked WHERE place = $1 AND stream_id = $2`
)

func writeParked(ctx context.Context, tx pgx.Tx, location projections.Location, step projections.Step) error {
	var batch pgx.Batch
	for _, p := range step.Park {
		batch.Queue(parkSQL, location.String(), string(p.Stream), p.Position, p.Version, p.EventType, p.Error, p.Attempts,
			nullable(p.RetryAt), p.SkipReason)
	}
	for _, stream := range step.Unpark {
		batch.Queue(unparkSQL, location.String(), string(stream))
	}
	// The projections' own table is qualified, so the projector's search path doesn't matter.
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("park streams of %s: %w", location, err)
	}
	return nil
}

func nullable(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

const parkedSQL = `
SELECT stream_id, position, version, event_type, error, attempts, retry_at, skip_reason
FROM projection.parked WHERE place = $1 ORDER BY position, stream_id`

// Parked implements projections.DeadLetters.
func (s *Store) Parked(ctx context.Context, location projections.Location) ([]projections.Parked, error) {
	rows, err := s.pool.Query(ctx, parkedSQL, location.String())
	if err != nil {
		return nil, fmt.Errorf("parked streams of %s: %w", location, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (projections.Parked, error) {
		p := projections.Parked{Location: location}
		var at *time.Time
		err := row.Scan(&p.Stream, &p.Position, &p.Version, &p.EventType, &p.Error, &p.Attempts, &at, &p.SkipReason)
		if at != nil {
			p.RetryAt = at.UTC()
		}
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("parked streams of %s: %w", location, err)
	}
	return list, nil
}

const retrySQL = `
UPDATE projection.parked SET retry_at = $3, attempts = 0, skip_reason = $4 WHERE place = $1 AND stream_id = $2`

// Retry implements projections.DeadLetters.
func (s *Store) Retry(
	ctx context.Context, location projections.Location, stream eventstore.StreamID, skipReason string, at time.Time,
) (bool, error) {
	tag, err := s.pool.Exec(ctx, retrySQL, location.String(), string(stream), at, skipReason)
	if err != nil {
		return false, fmt.Errorf("retry %s in %s: %w", stream, location, err)
	}
	return tag.RowsAffected() == 1, nil
}

// Transient implements projections.Checkpoints: a lost connection, a clash with another transaction, a timeout, or a server
// that is short of something, read only or shutting down. Everything else an event's own content can bring about.
func (s *Store) Transient(err error) bool {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return notFromServer(err)
	}
	switch pg.Code[:2] {
	case "08", "53", "57", "58": // connection, resources, operator, system
		return true
	}
	switch pg.Code {
	case "40001", "40P01", "55P03", "25006", "42501": // serialization, deadlock, lock timeout, read only, privilege
		return true
	}
	return false
}

// notFromServer tells an error of the connection from one that the projector made. pgx marks the former in several ways.
func notFromServer(err error) bool {
	var connect *pgconn.ConnectError
	var network interface{ Timeout() bool }
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || isBroken(err)
}
