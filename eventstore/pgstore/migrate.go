package pgstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrationLock is the advisory lock that lets one process migrate at a time; the number has no meaning.
const migrationLock = 7326180145098641

// LogSchema is the schema of the log.
func LogSchema() Schema { return Schema{Name: "log", Migrations: migrations} }

// Migrate brings the log's schema up to date. Any number of processes may call it at once.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return MigrateSchema(ctx, pool, LogSchema())
}

// Schema is a schema of Postgres with the numbered migrations that make it: files NNNNN_name.sql in goose's form, in the folder
// "migrations". Which of them have run is in the schema's own table "migrations".
type Schema struct {
	Name       string
	Migrations fs.FS
}

// MigrateSchema brings a schema up to date. Any number of processes may call it at once: all of them wait for one lock, whichever
// schema they migrate. The first migration of a schema that was made before it had any must do nothing to what is there.
func MigrateSchema(ctx context.Context, pool *pgxpool.Pool, s Schema) error {
	return MigrateSchemaTo(ctx, pool, s, math.MaxInt64)
}

// MigrateSchemaTo is MigrateSchema up to a version only, for data that was taken at that version: further migrations then find it
// as they would have found it there.
func MigrateSchemaTo(ctx context.Context, pool *pgxpool.Pool, s Schema, version int64) (err error) {
	db := stdlib.OpenDB(*pool.Config().ConnConfig)
	defer func() { err = errors.Join(err, db.Close()) }()
	unlock, err := s.lock(ctx, db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	p, err := s.provider(db)
	if err != nil {
		return err
	}
	if err := s.refuseNewer(ctx, p); err != nil {
		return err
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return fmt.Errorf("migrate the schema %s: %w", s.Name, err)
	}
	return nil
}

// NewerError says that a later version of the program has migrated the schema: this one does not know what it would write to.
type NewerError struct {
	Schema       string
	Found, Known int64
}

// Error says what to do.
func (e *NewerError) Error() string {
	return fmt.Sprintf("the database was upgraded by a later version of Morket (schema %s is at %d, this version knows up to %d): start "+
		"that version, "+
		"or restore a backup from before the upgrade; nothing was changed", e.Schema, e.Found, e.Known)
}

func (s Schema) refuseNewer(ctx context.Context, p *goose.Provider) error {
	found, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("look at the schema %s: %w", s.Name, err)
	}
	known := newest(p)
	if found > known {
		return &NewerError{Schema: s.Name, Found: found, Known: known}
	}
	return nil
}

// Newest is the version that the schema's migrations lead to.
func (s Schema) Newest() (version int64, err error) {
	names, err := fs.Glob(s.Migrations, "migrations/*.sql")
	for _, name := range names {
		v, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("read the migrations of %s: %w", s.Name, err)
		}
		version = max(version, v)
	}
	return version, err
}

// newest is the version that the migrations lead to.
func newest(p *goose.Provider) (version int64) {
	for _, m := range p.ListSources() {
		version = max(version, m.Version)
	}
	return version
}

func (s Schema) provider(db *sql.DB) (*goose.Provider, error) {
	dir, err := fs.Sub(s.Migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("read the migrations of %s: %w", s.Name, err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, dir,
		goose.WithTableName(s.Name+".migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("prepare the migrations of %s: %w", s.Name, err)
	}
	return p, nil
}

// lock waits for the advisory lock, and makes the schema that goose's own table lives in. goose has a lock, too, but takes it
// later than that table is made, and polls for it. The lock goes with the connection when db is closed.
func (s Schema) lock(ctx context.Context, db *sql.DB) (unlock func() error, err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to migrate %s: %w", s.Name, err)
	}
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return nil, errors.Join(fmt.Errorf("wait for other migrations: %w", err), conn.Close())
	}
	if _, err := conn.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{s.Name}.Sanitize()); err != nil {
		return nil, errors.Join(fmt.Errorf("create the schema %s: %w", s.Name, err), conn.Close())
	}
	return conn.Close, nil
}
