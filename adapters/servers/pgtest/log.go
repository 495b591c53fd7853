package pgtest

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/eventstore/pgstore"
)

// Log returns an empty log in a database of its own, and that database for what else the test keeps there.
func Log(t testing.TB) (*pgstore.Store, *pgxpool.Pool) {
	t.Helper()
	pool := database(t, logTemplate(t))
	store, err := pgstore.Open(t.Context(), pgstore.Config{Pool: pool, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("open the log: %v", err)
	}
	t.Cleanup(store.Close)
	return store, pool
}

// templateLock is the advisory lock under which the template is made.
const templateLock = 0x6d6f726b65740002

// logTemplate returns the database with the log's schema that tests are copied from, after making it if there is none. It
// is named by the migrations' content, so it stays on the server until they change.
func logTemplate(t testing.TB) string {
	t.Helper()
	fingerprint, err := pgstore.Fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	name := "tpl_log_" + fingerprint
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	c, err := pgx.Connect(ctx, serverURL(t))
	if err != nil {
		t.Fatalf("the tests need Postgres: %v", err)
	}
	defer func() { _ = c.Close(ctx) }()
	var exists bool
	const existsSQL = `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`
	if err := c.QueryRow(ctx, existsSQL, name).Scan(&exists); err != nil || exists {
		fatal(t, "look for the template database", err)
		return name
	}
	_, err = c.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(templateLock)) // ends with the connection
	fatal(t, "lock the template database", err)
	fatal(t, "look for the template database", c.QueryRow(ctx, existsSQL, name).Scan(&exists))
	if exists {
		return name
	}
	makeTemplate(ctx, t, c, name)
	return name
}

// makeTemplate makes the database under another name first, so that nobody copies it half made.
func makeTemplate(ctx context.Context, t testing.TB, c *pgx.Conn, name string) {
	t.Helper()
	half := "tpl_" + random(t)
	_, err := c.Exec(ctx, "CREATE DATABASE "+half)
	fatal(t, "create the template database", err)
	pool := connect(ctx, t, half)
	err = pgstore.Migrate(ctx, pool)
	pool.Close()
	fatal(t, "migrate the template database", err)
	_, err = c.Exec(ctx, fmt.Sprintf("ALTER DATABASE %s RENAME TO %s", half, name))
	fatal(t, "name the template database", err)
}

func fatal(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}
