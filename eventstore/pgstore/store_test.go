package pgstore_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/eventstoretest"
	"github.com/morket/morket/eventstore/pgstore"
)

func TestStore(t *testing.T) {
	t.Parallel()
	eventstoretest.Run(t, func(t *testing.T) eventstore.Store {
		t.Helper()
		s, _ := pgtest.Log(t)
		return s
	})
}

// open opens a store on a database of its own.
func open(tb testing.TB, cfg pgstore.Config) *pgstore.Store {
	tb.Helper()
	return reopen(tb, database(tb), cfg)
}

// database makes a database with the log's schema.
func database(tb testing.TB) *pgxpool.Pool {
	tb.Helper()
	pool := pgtest.Pool(tb)
	require.NoError(tb, pgstore.Migrate(tb.Context(), pool))
	return pool
}

func reopen(tb testing.TB, pool *pgxpool.Pool, cfg pgstore.Config) *pgstore.Store {
	tb.Helper()
	cfg.Pool = pool
	s, err := pgstore.Open(tb.Context(), cfg)
	require.NoError(tb, err)
	tb.Cleanup(s.Close)
	return s
}
