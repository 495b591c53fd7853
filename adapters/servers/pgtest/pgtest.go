// Package pgtest gives each test a Postgres database of its own, made from a template and dropped at the end. Tests that
// use it may all run in parallel, also in several processes.
//
// The server is the one at MORKET_TEST_DATABASE_URL (its user must be allowed to create databases), else the test process
// starts one of its own. A test that needs Postgres and finds none fails; it never skips.
package pgtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// EnvURL names the environment variable with the server's URL.
const EnvURL = "MORKET_TEST_DATABASE_URL"

// poolSize keeps a hundred parallel tests within a server's usual hundred connections; most tests use two or three.
const poolSize = 6

const timeout = time.Minute

// Pool returns a pool on a fresh, empty database.
func Pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return database(t, "template0")
}

func database(t testing.TB, template string) *pgxpool.Pool {
	t.Helper()
	name := "t_" + random(t)
	admin(t, fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template))
	pool := connect(context.Background(), t, name)
	t.Cleanup(func() {
		pool.Close()
		admin(t, fmt.Sprintf("DROP DATABASE IF EXISTS %s WITH (FORCE)", name))
	})
	return pool
}

func connect(ctx context.Context, t testing.TB, database string) *pgxpool.Pool {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(serverURL(t))
	if err != nil {
		t.Fatalf("%s: %v", EnvURL, err)
	}
	cfg.ConnConfig.Database = database
	cfg.MaxConns = poolSize
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		t.Fatalf("open the test database: %v", err)
	}
	return pool
}

// admin runs one statement on the server, outside any test's database.
func admin(t testing.TB, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	c, err := pgx.Connect(ctx, serverURL(t))
	if err != nil {
		t.Fatalf("the tests need Postgres: %v", err)
	}
	defer func() { _ = c.Close(ctx) }()
	if _, err := c.Exec(ctx, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func serverURL(t testing.TB) string {
	t.Helper()
	if url := os.Getenv(EnvURL); url != "" {
		return url
	}
	url, err := child()
	if err != nil {
		t.Fatalf("the tests need Postgres: set %s, or: %v", EnvURL, err)
	}
	return url
}

func random(t testing.TB) string {
	t.Helper()
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(b[:])
}
