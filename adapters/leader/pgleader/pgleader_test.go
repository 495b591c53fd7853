package pgleader_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/leader/pgleader"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/eventstore/relay"
)

func lead(t *testing.T, l *pgleader.Leadership) relay.Term {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	term, err := l.Lead(ctx)
	require.NoError(t, err)
	t.Cleanup(func() { term.Resign(context.Background()) })
	return term
}

func TestOneLeadsAndTheNextGoesOnFromItsCheckpoint(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	require.NoError(t, postgres.Migrate(t.Context(), pool))
	l := pgleader.New(pool, "relay")
	first := lead(t, l)
	require.Zero(t, first.Position())
	require.NoError(t, first.Advance(t.Context(), 0, 7))
	require.ErrorIs(t, first.Advance(t.Context(), 3, 9), relay.ErrDeposed, "compare-and-set")

	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := l.Lead(soon)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	lead(t, pgleader.New(pool, "another")) // names don't get into each other's way

	first.Resign(t.Context())
	second := lead(t, l)
	require.EqualValues(t, 7, second.Position())
	position, err := l.Position(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 7, position)
	position, err = pgleader.New(pool, "nobody").Position(t.Context())
	require.NoError(t, err)
	require.Zero(t, position)
}

func TestALeaderThatLostItsConnectionIsDeposed(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	require.NoError(t, postgres.Migrate(t.Context(), pool))
	l := pgleader.New(pool, "relay")
	first := lead(t, l)
	_, err := pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks
		WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	require.NoError(t, err)
	second := lead(t, l)
	require.NoError(t, second.Advance(t.Context(), 0, 2))
	require.Error(t, first.Advance(t.Context(), 0, 5))
	position, err := l.Position(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, position)
}
