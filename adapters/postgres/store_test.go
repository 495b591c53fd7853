package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/projectionstest"
)

//nolint:gochecknoglobals // constant but for the language
var suiteModel = postgres.Model{
	Name:     "suite",
	DDL:      `CREATE TABLE rows (key text PRIMARY KEY, row text NOT NULL)`,
	Indexes:  `CREATE INDEX ON rows (row)`,
	Policies: map[string]string{"rows": postgres.Nobodys},
}

func set(ctx context.Context, tx projections.Tx, key, row string) error {
	pg, err := postgres.From(tx)
	if err != nil {
		return err
	}
	_, err = pg.Exec(ctx, `INSERT INTO rows (key, row) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET row = EXCLUDED.row`, key, row)
	return err
}

func open(t *testing.T, models ...postgres.Model) (*postgres.Store, *pgxpool.Pool) {
	t.Helper()
	pool := pgtest.Pool(t)
	require.NoError(t, postgres.Migrate(t.Context(), pool))
	require.NoError(t, postgres.Migrate(t.Context(), pool), "migrating twice is harmless")
	store, err := postgres.NewStore(pool, models...)
	require.NoError(t, err)
	return store, pool
}

func TestAnEarlierCopyServesThisVersionsQueries(t *testing.T) {
	t.Parallel()
	earlier, pool := open(t, suiteModel)
	later := suiteModel
	later.DDL = `CREATE TABLE rows (key text PRIMARY KEY, row text NOT NULL, note text NOT NULL DEFAULT '')`
	later.Expand = `ALTER TABLE rows ADD COLUMN IF NOT EXISTS note text NOT NULL DEFAULT ''`
	store, err := postgres.NewStore(pool, later)
	require.NoError(t, err)
	require.NoError(t, store.Expand(t.Context(), "suite", 2), "there is no copy yet")

	from, err := earlier.Create(t.Context(), projections.LiveOf("suite"), 1)
	require.NoError(t, err)
	write := func(key string) {
		from, err = earlier.Advance(t.Context(), from, projections.Step{To: from.Position + 1, Apply: func(ctx context.Context, tx projections.Tx) error { return set(ctx, tx, key, "a") }})
		require.NoError(t, err)
	}
	write("before")
	require.NoError(t, store.Expand(t.Context(), "suite", 2))
	require.NoError(t, store.Expand(t.Context(), "suite", 2), "twice is harmless")
	write("after")
	var n int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM rm_suite.rows WHERE note = ''`).Scan(&n))
	require.Equal(t, 2, n)
}

func TestStore(t *testing.T) {
	t.Parallel()
	projectionstest.Run(t, func(t *testing.T) projectionstest.Subject {
		t.Helper()
		store, pool := open(t, suiteModel)
		return projectionstest.Subject{Store: store, Set: set, Break: func() error {
			conn, err := pool.Acquire(context.Background())
			if err != nil {
				return err
			}
			defer conn.Release()
			_, err = conn.Exec(context.Background(), `SELECT pg_terminate_backend(pg_backend_pid())`)
			return fmt.Errorf("write rows: %w", err)
		}}
	})
}

func TestTransientByCode(t *testing.T) {
	t.Parallel()
	store, err := postgres.NewStore(nil)
	require.NoError(t, err)
	for code, want := range map[string]bool{
		"40001": true, "40P01": true, "08006": true, "57P01": true, "57014": true, "53300": true, "53100": true, "55P03": true,
		"25006": true, "42501": true, "58030": true, "23505": false, "22P02": false, "42P01": false, "42703": false, "P0001": false, "XX000": false,
	} {
		require.Equal(t, want, store.Transient(fmt.Errorf("x: %w", &pgconn.PgError{Code: code})), code)
	}
}

func TestReadModelIsUnderItsOwnSchema(t *testing.T) {
	t.Parallel()
	store, pool := open(t, suiteModel)
	at, err := store.Create(t.Context(), projections.LiveOf("suite"), 1)
	require.NoError(t, err)
	_, err = store.Advance(t.Context(), at, projections.Step{To: 1, Apply: func(ctx context.Context, tx projections.Tx) error {
		pg, err := postgres.From(tx)
		require.NoError(t, err)
		_, err = pg.CopyFrom(ctx, pg.Table("rows"), []string{"key", "row"}, copied{})
		return err
	}})
	require.NoError(t, err)
	var n int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM rm_suite.rows`).Scan(&n))
	require.Equal(t, 0, n)
	var path string
	require.NoError(t, pool.QueryRow(t.Context(), `SHOW search_path`).Scan(&path))
	require.NotContains(t, path, "rm_suite", "the search path ends with the transaction")
}

type copied struct{}

func (copied) Next() bool             { return false }
func (copied) Values() ([]any, error) { return nil, nil }
func (copied) Err() error             { return nil }

func TestASchemaOfManyTablesIsDropped(t *testing.T) {
	t.Parallel()
	var ddl strings.Builder
	for i := range 450 {
		fmt.Fprintf(&ddl, "CREATE TABLE t_%d (id int);\n", i)
	}
	store, pool := open(t, postgres.Model{Name: "many", DDL: ddl.String(), Apart: func(string) bool { return true }})
	location := projections.LiveOf("many")
	_, err := store.Create(t.Context(), location, 1)
	require.NoError(t, err)
	_, sums, err := store.Checksums(t.Context(), location)
	require.NoError(t, err)
	require.Len(t, sums, 450)
	require.NoError(t, store.Drop(t.Context(), location))
	var n int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_namespace WHERE nspname = 'rm_many'`).Scan(&n))
	require.Zero(t, n)
}

func TestNamesAreChecked(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "Credit", "a__b", "1a", "a-b", strings.Repeat("a", 41), `a"b`} {
		_, err := postgres.NewStore(nil, postgres.Model{Name: bad})
		require.Error(t, err, bad)
	}
	_, err := postgres.NewStore(nil, postgres.Model{Name: "a"}, postgres.Model{Name: "a"})
	require.Error(t, err)
	_, err = postgres.From("not a transaction")
	require.Error(t, err)
}

// A read model of an earlier version, from before there was row-level security, may have tables that this one's policies don't fit.
func TestTablesOfAnEarlierVersionAreClosedToRequests(t *testing.T) {
	t.Parallel()
	earlier, pool := open(t, postgres.Model{
		Name: "suite", DDL: `CREATE TABLE rows (key text); CREATE TABLE gone (key text); CREATE TABLE mine (workspace_id text)`,
		Policies: map[string]string{"rows": postgres.Nobodys, "gone": postgres.Nobodys},
	})
	_, err := earlier.Create(t.Context(), projections.LiveOf("suite"), 1)
	require.NoError(t, err)
	for _, table := range []string{"rows", "gone", "mine"} {
		_, err := pool.Exec(t.Context(), fmt.Sprintf(`ALTER TABLE rm_suite.%[1]s DISABLE ROW LEVEL SECURITY; DROP POLICY owner ON rm_suite.%[1]s; DROP POLICY workspace ON rm_suite.%[1]s`, table))
		require.NoError(t, err)
	}
	later := postgres.Model{
		Name: "suite", DDL: `CREATE TABLE rows (key text); CREATE TABLE lines (key text); CREATE TABLE mine (workspace_id text)`,
		Policies: map[string]string{"rows": `EXISTS (SELECT FROM lines)`, "lines": `true`},
	}
	store, err := postgres.NewStore(pool, later)
	require.NoError(t, err)
	require.NoError(t, store.Protect(t.Context()))
	require.NoError(t, store.Protect(t.Context()), "once is enough")
	ask := func(table string) error {
		return pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `SET LOCAL ROLE morket_app`)
			require.NoError(t, err)
			_, err = tx.Exec(t.Context(), `SELECT FROM rm_suite.`+table)
			return err
		})
	}
	require.NoError(t, ask("mine"))
	for _, table := range []string{"rows", "gone"} {
		require.ErrorContains(t, ask(table), "permission denied", table)
	}
	_, err = store.Create(t.Context(), projections.Location{Projection: "suite", Copy: projections.Next}, 2)
	require.NoError(t, err)
	delete(later.Policies, "lines")
	_, err = store.Create(t.Context(), projections.Location{Projection: "suite", Copy: projections.Next}, 2)
	require.ErrorContains(t, err, "the model doesn't say whose the rows of rm_suite__next.lines are", "a table of this version must be thought of")
}
