package clickhouse_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/clickhouse"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/projectionstest"
	"github.com/morket/morket/projections/sidestore"
	"github.com/morket/morket/projections/sidestore/sidestoretest"
)

// unreachable returns an error of a connection to nowhere.
func unreachable(t *testing.T) func() error {
	t.Helper()
	c, err := clickhouse.Open("http://127.0.0.1:1/x")
	require.NoError(t, err)
	return func() error { return c.Ping(context.Background()) }
}

func TestEngine(t *testing.T) {
	t.Parallel()
	sidestoretest.Run(t, func(t *testing.T) sidestoretest.Subject {
		t.Helper()
		return sidestoretest.Subject{
			Engine: clickhouse.NewEngine(client(t), clickhouse.SuiteModel()), Projection: "suite",
			Set: func(ctx context.Context, b sidestore.Batch, key, row string, position int64) error {
				return clickhouse.SetRow(ctx, b, key, row, position)
			},
			Break: unreachable(t),
		}
	})
}

func TestStore(t *testing.T) {
	t.Parallel()
	projectionstest.Run(t, func(t *testing.T) projectionstest.Subject {
		t.Helper()
		var position atomic.Int64 // the suite's writes come one after the other, before any step's position
		position.Store(-1 << 40)
		return projectionstest.Subject{
			Store: sideStore(t, clickhouse.NewEngine(client(t), clickhouse.SuiteModel()), "suite", func(context.Context) (int64, error) { return 1 << 40, nil }),
			Set: func(ctx context.Context, tx projections.Tx, key, row string) error {
				return clickhouse.SetRow(ctx, tx, key, row, position.Add(1))
			},
			Break: unreachable(t),
		}
	})
}

// sideStore keeps checkpoints in a Postgres database of the test's own.
func sideStore(t *testing.T, engine sidestore.Engine, projection string, head func(context.Context) (int64, error)) *sidestore.Store {
	t.Helper()
	pool := pgtest.Pool(t)
	require.NoError(t, postgres.Migrate(t.Context(), pool))
	base, err := postgres.NewStore(pool, postgres.External(projection))
	require.NoError(t, err)
	store, err := sidestore.New(sidestore.Config{
		Base: base, Marks: postgres.NewMarks(pool), Engine: engine, Name: "ClickHouse", Head: head, Clock: kernel.SystemClock{}, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return store
}
