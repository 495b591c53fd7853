package pgread

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// migrateLock is the advisory lock under which the schema is made, so that processes that start together don't collide.
const migrateLock = 0x6d6f726b65740001

const migrations = `
CREATE SCHEMA IF NOT EXISTS projection;

-- A new place starts at a revision that no place has had, so nobody mistakes it for one of the same name before it.
CREATE SEQUENCE IF NOT EXISTS projection.revisions INCREMENT BY 1000000;

CREATE TABLE IF NOT EXISTS projection.checkpoints (
	place    text PRIMARY KEY,
	version  integer NOT NULL,
	position bigint NOT NULL,
	revision bigint NOT NULL DEFAULT nextval('projection.revisions')
) WITH (fillfactor = 50);

CREATE TABLE IF NOT EXISTS projection.parked (
	place       text NOT NULL REFERENCES projection.checkpoints (place) ON DELETE CASCADE ON UPDATE CASCADE,
	stream_id   text NOT NULL,
	position    bigint NOT NULL,
	version     bigint NOT NULL,
	event_type  text NOT NULL,
	error       text NOT NULL,
	attempts    integer NOT NULL,
	retry_at    timestamptz,
	skip_reason text NOT NULL DEFAULT '',
	PRIMARY KEY (place, stream_id)
);

CREATE TABLE IF NOT EXISTS projection.leaders (
	name     text PRIMARY KEY,
	epoch    bigint NOT NULL,
	position bigint NOT NULL
) WITH (fillfactor = 50);
`

// Migrate makes the schema "projection", which holds checkpoints, parked streams and the relay's checkpoint. It may run at
// every start.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(migrateLock)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, migrations)
		return err
	})
	if err != nil {
		return fmt.Errorf("migrate the schema projection: %w", err)
	}
	return nil
}
