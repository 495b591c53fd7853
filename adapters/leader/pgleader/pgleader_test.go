package pgleader_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/leader/leadertest"
	"github.com/morket/morket/adapters/leader/pgleader"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/eventstore/relay"
)

func TestInPostgres(t *testing.T) {
	t.Parallel()
	leadertest.Run(t, func(t *testing.T) leadertest.Seat {
		t.Helper()
		pool := pgtest.Pool(t)
		require.NoError(t, postgres.Migrate(t.Context(), pool))
		return leadertest.Seat{
			Join: func() relay.Leadership { return pgleader.New(pool, "relay") },
			Depose: func(t *testing.T) {
				t.Helper()
				_, err := pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks
					WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
				require.NoError(t, err)
			},
		}
	})
}

func TestNamesAreLedApartAndTheirPositionsAreShown(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	require.NoError(t, postgres.Migrate(t.Context(), pool))
	for name, to := range map[string]int64{"relay": 7, "another": 2} { // both at once
		term, err := pgleader.New(pool, name).Lead(t.Context())
		require.NoError(t, err)
		t.Cleanup(func() { term.Resign(context.Background()) })
		require.NoError(t, term.Advance(t.Context(), 0, to))
		position, err := pgleader.New(pool, name).Position(t.Context())
		require.NoError(t, err)
		require.Equal(t, to, position)
	}
	position, err := pgleader.New(pool, "nobody").Position(t.Context())
	require.NoError(t, err)
	require.Zero(t, position)
}
