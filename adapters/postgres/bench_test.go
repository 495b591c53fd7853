package postgres_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/projections"
)

// nothing is a projector that wants every event and does nothing with it.
type nothing struct{ counts }

func (nothing) Apply(context.Context, projections.Tx, []eventstore.Recorded) error { return nil }

// BenchmarkCatchUp compares a runner's catch-up with what bounds it: the ordered read of the log, for a projector without
// work, and the same with a projector that copies each event into a table.
func BenchmarkCatchUp(b *testing.B) {
	log, pool := pgtest.Log(b)
	require.NoError(b, postgres.Migrate(b.Context(), pool))
	w := &world{log: log, pool: pool}
	const n = 100_000
	for range n / 1000 {
		w.say(b, "a", "thing.said.v1", 1000)
	}
	rate := func(b *testing.B) {
		b.Helper()
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	}
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			for after := int64(0); after < n; {
				events, err := log.ReadAll(b.Context(), after, 2000)
				require.NoError(b, err)
				after = events[len(events)-1].Position
			}
		}
		rate(b)
	})
	b.Run("runner", func(b *testing.B) { catchUp(b, w, nothing{}, log); rate(b) })
	b.Run("runner with copy", func(b *testing.B) { catchUp(b, w, counts{}, log); rate(b) })
}

func catchUp(b *testing.B, w *world, p projections.Projector, log *pgstore.Store) {
	b.Helper()
	store, err := postgres.NewStore(w.pool, countsModel)
	require.NoError(b, err)
	for b.Loop() {
		_, err := projections.Rebuild(b.Context(), projections.RebuildConfig{RunnerConfig: projections.RunnerConfig{
			Projector: p, Log: log, Store: store, Clock: kernel.SystemClock{}, Logger: slog.New(slog.DiscardHandler),
		}})
		require.NoError(b, err)
	}
}

// BenchmarkCopy is the bound of a projector that copies: the same rows into the same table, 2,000 to a transaction.
func BenchmarkCopy(b *testing.B) {
	pool := pgtest.Pool(b)
	_, err := pool.Exec(b.Context(), countsModel.DDL)
	require.NoError(b, err)
	const n = 100_000
	for b.Loop() {
		_, err := pool.Exec(b.Context(), `TRUNCATE events`)
		require.NoError(b, err)
		for first := 0; first < n; first += 2000 {
			_, err := pool.CopyFrom(b.Context(), pgx.Identifier{"events"}, []string{"position", "stream", "said"},
				pgx.CopyFromSlice(2000, func(i int) ([]any, error) { return []any{first + i, "thing-a", 1}, nil }))
			require.NoError(b, err)
		}
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
