package analyticsread_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/analyticsread"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/analyticsview"
	"github.com/morket/morket/projections/analyticsview/analyticsviewtest"
)

func TestQueries(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	require.NoError(t, postgres.Migrate(t.Context(), pool))
	store, err := postgres.NewStore(pool, analyticsread.Model())
	require.NoError(t, err)
	at, err := store.Create(t.Context(), projections.LiveOf(analyticsview.Name), 1)
	require.NoError(t, err)
	analyticsviewtest.Run(t, analyticsviewtest.Subject{
		Store: analyticsread.NewQueries(pool),
		Write: func(ctx context.Context, facts []analyticsview.Fact) (err error) {
			at, err = store.Advance(ctx, at, projections.Step{To: at.Position + 1, Apply: func(ctx context.Context, tx projections.Tx) error {
				w, err := analyticsread.Open(tx)
				require.NoError(t, err)
				return w.Write(ctx, facts)
			}})
			return err
		},
	})
}
