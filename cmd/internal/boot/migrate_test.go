package boot

import (
	"context"
	"encoding/json"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/projections"
)

type name struct{ Schema, Table string }

func (n name) String() string { return pgx.Identifier{n.Schema, n.Table}.Sanitize() }

func outside(t *testing.T, pool *pgxpool.Pool) []name {
	t.Helper()
	rows, err := pool.Query(t.Context(), outsideSQL)
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowToStructByPos[name])
	require.NoError(t, err)
	return names
}

func rowsOf(t *testing.T, pool *pgxpool.Pool, n name) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), "SELECT to_jsonb(t)::text FROM "+n.String()+" t ORDER BY 1")
	require.NoError(t, err)
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return out
}

func columnsOf(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT concat_ws(' ', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, attcollation, pg_get_expr(adbin, adrelid))
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'i') AND n.nspname IN ('projection', 'webhook_queue', 'auth_signals', 'vault', 'provider_quotas')
ORDER BY 1`)
	require.NoError(t, err)
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return out
}

func TestMigrationsMakeEverySchemaThatIsNoReadModel(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		wg.Go(func() { errs[i] = migrate(t.Context(), pool) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	schemas := map[string]bool{}
	for _, n := range outside(t, pool) {
		schemas[n.Schema] = true
	}
	for _, schema := range []string{"log", "projection", "vault", "auth_signals", "provider_quotas", "webhook_queue"} {
		require.True(t, schemas[schema], schema)
		delete(schemas, schema)
	}
	require.Empty(t, schemas, "a schema that this test doesn't know: has it migrations, and is it backed up?")
	require.NotEmpty(t, versions(t, pool, "vault"))
}

// A table that nobody has thought of would be missing after a restore.
func TestABackupKnowsEveryTableThatIsNoReadModel(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	require.NoError(t, migrate(t.Context(), pool))
	var there, known []string
	for _, n := range outside(t, pool) {
		there = append(there, n.Schema+"."+n.Table)
	}
	for _, k := range kept() {
		known = append(known, k.Name)
	}
	require.ElementsMatch(t, there, append(known, remade()...), "each table is either in a backup (kept) or made again (remade)")
	require.NoError(t, refuseUnknown(t.Context(), pool))
	_, err := pool.Exec(t.Context(), "CREATE TABLE vault.later (x int)")
	require.NoError(t, err)
	require.ErrorContains(t, refuseUnknown(t.Context(), pool), "vault.later")
}

func versions(t *testing.T, pool *pgxpool.Pool, schema string) []int64 {
	t.Helper()
	rows, err := pool.Query(t.Context(), "SELECT version_id FROM "+schema+".migrations WHERE version_id > 0 ORDER BY 1")
	require.NoError(t, err)
	out, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	require.NoError(t, err)
	return out
}

// An installation of the release before has these schemas with data and without migrations.
func TestWhatWasThereBeforeMigrationsIsAdopted(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	before, err := os.ReadFile("testdata/unmigrated.sql")
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), string(before))
	require.NoError(t, err)
	was := map[name][]string{}
	for _, n := range outside(t, pool) {
		was[n] = rowsOf(t, pool, n)
		require.Len(t, was[n], 1, n)
	}
	require.Len(t, was, 11)
	require.NoError(t, migrate(t.Context(), pool))
	for n, rows := range was {
		for i, now := range rowsOf(t, pool, n) {
			require.Subset(t, members(t, now), members(t, rows[i]), "later columns may have come, nothing else: %v", n)
		}
		require.Len(t, rowsOf(t, pool, n), len(rows), n)
		require.NotEmpty(t, versions(t, pool, n.Schema), n.Schema)
	}
	fresh := pgtest.Pool(t)
	require.NoError(t, migrate(context.WithoutCancel(t.Context()), fresh))
	require.Equal(t, columnsOf(t, fresh), columnsOf(t, pool), "adopted or made from nothing, the tables are the same")
}

// members are a row's columns with their values.
func members(t *testing.T, row string) map[string]any {
	t.Helper()
	var out map[string]any
	require.NoError(t, json.Unmarshal([]byte(row), &out))
	return out
}

// earlier is a projector as the version before had it.
type earlier struct{ projections.Projector }

func (e earlier) Version() int { return e.Projector.Version() - 1 }

func TestAReadModelOfALaterVersionIsRefused(t *testing.T) {
	t.Parallel()
	w := newWalled(t)
	for _, pr := range projectors(w.codec) {
		require.NoError(t, refuseNewer(t.Context(), w.store, pr), pr.Name())
		require.ErrorContains(t, refuseNewer(t.Context(), w.store, earlier{pr}), "the read model "+pr.Name()+" was made by a later version of Morket")
	}
}
