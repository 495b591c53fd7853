package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/morket/morket/projections"
)

// isBroken reports whether a connection ended in the middle.
func isBroken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, pgx.ErrTxClosed)
}

const (
	locationLockSQL = `SELECT pg_advisory_xact_lock(hashtextextended('morket.projection.' || $1, 0))`
	createSQL       = `INSERT INTO projection.checkpoints (place, version, position) VALUES ($1, $2, 0) RETURNING version, position, revision`
)

// Create implements projections.Epochs. A reactor's location has no schema.
func (s *Store) Create(ctx context.Context, location projections.Location, version int) (projections.Checkpoint, error) {
	model, ok := s.models[location.Projection]
	if !ok && location.Copy != projections.Reacted {
		return projections.Checkpoint{}, fmt.Errorf("no read model is defined for projection %s", location.Projection)
	}
	keep := location.Copy == projections.Live || location.Copy == projections.Reacted
	if !keep {
		if err := s.Drop(ctx, location); err != nil {
			return projections.Checkpoint{}, err
		}
	}
	var c projections.Checkpoint
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
		if err := exec(ctx, tx, locationLockSQL, location.String()); err != nil {
			return err
		}
		if keep {
			var found bool
			if c, found, err = checkpoint(ctx, tx, checkpointSQL, location); err != nil || found {
				return err
			}
		}
		c, err = s.create(ctx, tx, location, version, model)
		return err
	})
	if err != nil {
		return projections.Checkpoint{}, fmt.Errorf("create the read model %s: %w", location, err)
	}
	return c, nil
}

func (s *Store) create(
	ctx context.Context, tx pgx.Tx, location projections.Location, version int, model Model,
) (projections.Checkpoint, error) {
	c := projections.Checkpoint{Location: location}
	if err := exec(ctx, tx, forgetSQL, location.String()); err != nil { // of a process that creates the same location at the same time
		return c, err
	}
	if err := tx.QueryRow(ctx, createSQL, location.String(), version).Scan(&c.Version, &c.Position, &c.Revision); err != nil {
		return c, err
	}
	if location.Copy == projections.Reacted {
		return c, nil
	}
	schema := quote(SchemaOf(location))
	if err := exec(ctx, tx, "DROP SCHEMA IF EXISTS "+schema+" CASCADE; CREATE SCHEMA "+schema); err != nil {
		return c, err
	}
	ddl := model.DDL
	if location.Copy == projections.Live {
		ddl += ";\n" + model.Indexes
	}
	if err := execIn(ctx, tx, location, ddl); err != nil {
		return c, err
	}
	return c, protect(ctx, tx, location, model, refused)
}

// Expand makes a live read model of an earlier version fit to be asked by this version, while others may still write it. One of
// this version is left alone: a change of a table waits for all its readers.
func (s *Store) Expand(ctx context.Context, projection string, version int) error {
	model, location := s.models[projection], projections.LiveOf(projection)
	if model.Expand == "" {
		return nil
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := exec(ctx, tx, locationLockSQL, location.String()); err != nil {
			return err
		}
		if at, found, err := checkpoint(ctx, tx, checkpointSQL, location); err != nil || !found || at.Version >= version {
			return err
		}
		if err := execIn(ctx, tx, location, model.Expand); err != nil {
			return err
		}
		return protect(ctx, tx, location, model, closed)
	})
	if err != nil {
		return fmt.Errorf("expand the read model %s: %w", location, err)
	}
	return nil
}

// execIn runs statements in the location's schema.
func execIn(ctx context.Context, tx pgx.Tx, location projections.Location, sql string) error {
	if _, err := tx.Exec(ctx, sessionSQL, SchemaOf(location)+", public"); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, sql)
	return err
}

// Finish implements projections.Epochs.
func (s *Store) Finish(ctx context.Context, location projections.Location) error {
	model := s.models[location.Projection]
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		return execIn(ctx, tx, location, model.Indexes)
	})
	if err != nil {
		return fmt.Errorf("finish the read model %s: %w", location, err)
	}
	return s.analyze(ctx, location)
}

// analyze lets the planner know the full tables before readers see them.
func (s *Store) analyze(ctx context.Context, location projections.Location) error {
	tables, err := s.tables(ctx, s.pool, SchemaOf(location))
	if err != nil {
		return err
	}
	for _, t := range tables {
		if _, err := s.pool.Exec(ctx, "ANALYZE "+quote(SchemaOf(location), t)); err != nil {
			return fmt.Errorf("analyze %s: %w", t, err)
		}
	}
	return nil
}

const (
	lockSQL = `SELECT version, position, revision FROM projection.checkpoints WHERE place = $1 FOR UPDATE`
	// The swapped location gets a revision that neither location has had, so a runner of either finds its checkpoint moved.
	renameSQL = `
UPDATE projection.checkpoints SET place = $2, revision = nextval('projection.revisions') WHERE place = $1
RETURNING version, position, revision`
	forgetSQL = `DELETE FROM projection.checkpoints WHERE place = $1`
)

// Swap implements projections.Epochs. Readers wait for the length of a rename; the old tables are dropped afterwards.
func (s *Store) Swap(
	ctx context.Context, projection string, catchUp func(context.Context, projections.Checkpoint) error,
) (projections.Checkpoint, error) {
	live, next := projections.LiveOf(projection), projections.Location{Projection: projection, Copy: projections.Next}
	old := projections.Location{Projection: projection, Copy: "old"}
	if err := s.Drop(ctx, old); err != nil {
		return projections.Checkpoint{}, err
	}
	swapped := projections.Checkpoint{Location: live}
	// A connection of its own: catchUp needs one of the pool's while this one is held.
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return projections.Checkpoint{}, fmt.Errorf("connect to swap %s: %w", projection, err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// A runner may be making the live one at this moment, for the first time.
		if err := exec(ctx, tx, locationLockSQL, live.String()); err != nil {
			return err
		}
		was, hasLive, err := checkpoint(ctx, tx, lockSQL, live)
		if err != nil {
			return err
		}
		if hasLive {
			if err := catchUp(ctx, was); err != nil {
				return err
			}
		}
		is, hasNext, err := checkpoint(ctx, tx, lockSQL, next)
		if err != nil {
			return err
		}
		if !hasNext || is.Position < was.Position {
			return projections.ErrBehind
		}
		if hasLive {
			if err := exec(ctx, tx, "ALTER SCHEMA "+quote(SchemaOf(live))+" RENAME TO "+quote(SchemaOf(old))); err != nil {
				return err
			}
		}
		if err := exec(ctx, tx, "ALTER SCHEMA "+quote(SchemaOf(next))+" RENAME TO "+quote(SchemaOf(live))); err != nil {
			return err
		}
		if err := exec(ctx, tx, forgetSQL, live.String()); err != nil {
			return err
		}
		return tx.QueryRow(ctx, renameSQL, next.String(), live.String()).
			Scan(&swapped.Version, &swapped.Position, &swapped.Revision)
	})
	if err != nil {
		return projections.Checkpoint{}, fmt.Errorf("swap in the rebuilt read model %s: %w", projection, err)
	}
	return swapped, s.Drop(ctx, old)
}

func exec(ctx context.Context, tx pgx.Tx, sql string, args ...any) error {
	_, err := tx.Exec(ctx, sql, args...)
	return err
}

// dropAtOnce is how many tables are dropped in one transaction: each takes a few locks of a table of fixed size.
const dropAtOnce = 100

// Drop implements projections.Epochs.
func (s *Store) Drop(ctx context.Context, location projections.Location) error {
	schema := SchemaOf(location)
	if _, err := s.pool.Exec(ctx, forgetSQL, location.String()); err != nil {
		return fmt.Errorf("drop the checkpoint of %s: %w", location, err)
	}
	tables, err := s.tables(ctx, s.pool, schema)
	if err != nil {
		return err
	}
	for chunk := range slices.Chunk(tables, dropAtOnce) {
		for i, t := range chunk {
			chunk[i] = quote(schema, t)
		}
		if err := s.drop(ctx, "DROP TABLE IF EXISTS "+strings.Join(chunk, ", ")+" CASCADE"); err != nil {
			return fmt.Errorf("drop tables of %s: %w", location, err)
		}
	}
	if err := s.drop(ctx, "DROP SCHEMA IF EXISTS "+quote(schema)+" CASCADE"); err != nil {
		return fmt.Errorf("drop the read model %s: %w", location, err)
	}
	return nil
}

// A drop that clashes with users of the tables is tried again.
const (
	dropTries = 20
	dropPause = 100 * time.Millisecond
)

// drop runs a statement that takes the locks of several tables, in an order that a query on a swapped-out read model or the
// building of an index on it need not share: of two that wait for each other Postgres ends one (40P01), and an index that
// becomes valid at the same moment makes it give up (XX000, "tuple concurrently updated").
func (s *Store) drop(ctx context.Context, sql string) error {
	_, err := backoff.Retry(ctx, func() (pgconn.CommandTag, error) {
		done, err := s.pool.Exec(ctx, sql)
		var said *pgconn.PgError
		if clash := errors.As(err, &said) && (said.Code == "40P01" || said.Code == "XX000"); err != nil && !clash {
			return done, backoff.Permanent(err)
		}
		return done, err
	}, backoff.WithBackOff(backoff.NewConstantBackOff(dropPause)), backoff.WithMaxTries(dropTries))
	return err
}

func quote(parts ...string) string { return pgx.Identifier(parts).Sanitize() }

const tablesSQL = `
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`

type rowsQueryer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func (s *Store) tables(ctx context.Context, q rowsQueryer, schema string) ([]string, error) {
	rows, err := q.Query(ctx, tablesSQL, schema)
	if err != nil {
		return nil, fmt.Errorf("list the tables of %s: %w", schema, err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list the tables of %s: %w", schema, err)
	}
	return names, nil
}

// Checksums implements projections.Epochs: per table the row count and the sum of a 64-bit hash of each row as text.
func (s *Store) Checksums(
	ctx context.Context, location projections.Location,
) (projections.Checkpoint, map[string]projections.Checksum, error) {
	var at projections.Checkpoint
	sums := map[string]projections.Checksum{}
	opts := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err := pgx.BeginTxFunc(ctx, s.pool, opts, func(tx pgx.Tx) error {
		var ok bool
		var err error
		if at, ok, err = checkpoint(ctx, tx, checkpointSQL, location); err != nil || !ok {
			return errors.Join(err, missing(ok))
		}
		if unsettled, err := s.unsettled(ctx, tx, location); err != nil {
			return err
		} else if unsettled {
			return projections.ErrUnsettled
		}
		tables, err := s.tables(ctx, tx, SchemaOf(location))
		if err != nil {
			return err
		}
		for _, t := range tables {
			var sum projections.Checksum
			sql := "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM " + quote(SchemaOf(location), t) + " t"
			if err := tx.QueryRow(ctx, sql).Scan(&sum.Rows, &sum.Sum); err != nil {
				return fmt.Errorf("sum up %s: %w", t, err)
			}
			sums[t] = sum
		}
		return nil
	})
	if err != nil {
		return at, nil, fmt.Errorf("checksums of %s: %w", location, err)
	}
	return at, sums, nil
}

func missing(ok bool) error {
	if ok {
		return nil
	}
	return errors.New("there is no such read model")
}
