package pgstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the advisory lock that lets one process migrate at a time; the number has no meaning.
const migrationLock = 7326180145098641

// Migrate brings the log's schema up to date. Any number of processes may call it at once.
func Migrate(ctx context.Context, pool *pgxpool.Pool) (err error) {
	db := stdlib.OpenDB(*pool.Config().ConnConfig)
	defer func() { err = errors.Join(err, db.Close()) }()
	unlock, err := lockMigrations(ctx, db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("read the log's migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, dir,
		goose.WithTableName("log.migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("prepare the log's migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate the log: %w", err)
	}
	return nil
}

// lockMigrations waits for the advisory lock, and makes the schema that goose's own table lives in. goose has a lock, too,
// but takes it later than that table is made, and polls for it. The lock goes with the connection when db is closed.
func lockMigrations(ctx context.Context, db *sql.DB) (unlock func() error, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to migrate the log: %w", err)
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return nil, errors.Join(fmt.Errorf("wait for other migrations: %w", err), conn.Close())
	}
	if _, err := conn.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS log"); err != nil {
		return nil, errors.Join(fmt.Errorf("create the schema log: %w", err), conn.Close())
	}
	return conn.Close, nil
}
