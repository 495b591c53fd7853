package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/projectionstest"
	"github.com/morket/morket/projections/sidestore"
	"github.com/morket/morket/projections/sidestore/sidestoretest"
)

// A store beside Postgres passes the same suite, with its checkpoints and marks here.
func TestExternalReadModel(t *testing.T) {
	t.Parallel()
	projectionstest.Run(t, func(t *testing.T) projectionstest.Subject {
		t.Helper()
		base, pool := open(t, postgres.External("suite"))
		store, err := sidestore.New(sidestore.Config{
			Base: base, Marks: postgres.NewMarks(pool), Engine: sidestoretest.NewMemory(), Name: "Memory",
			Head:  func(context.Context) (int64, error) { return 1 << 40, nil },
			Clock: kernel.SystemClock{}, Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		return projectionstest.Subject{
			Store: store,
			Set: func(_ context.Context, tx projections.Tx, key, row string) error {
				tx.(*sidestoretest.Batch).Set("rows", key, row, 0)
				return nil
			},
			Break: func() error { return fmt.Errorf("write: %w", sidestoretest.ErrDown) },
		}
	})
}
