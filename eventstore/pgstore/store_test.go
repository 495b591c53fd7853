package pgstore_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/pgtest"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/eventstoretest"
	"github.com/morket/morket/eventstore/pgstore"
)

func TestStore(t *testing.T) {
	t.Parallel()
	eventstoretest.Run(t, func(t *testing.T) eventstore.Store {
		t.Helper()
		return open(t, pgstore.Config{})
	})
}

// open opens a store on a database of its own.
func open(t testing.TB, cfg pgstore.Config) *pgstore.Store {
	t.Helper()
	return reopen(t, database(t), cfg)
}

func database(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool := pgtest.Pool(t)
	require.NoError(t, pgstore.Migrate(t.Context(), pool))
	return pool
}

func reopen(t testing.TB, pool *pgxpool.Pool, cfg pgstore.Config) *pgstore.Store {
	t.Helper()
	cfg.Pool = pool
	s, err := pgstore.Open(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}
