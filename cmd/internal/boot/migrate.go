package boot

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/adapters/pgquota"
	"github.com/morket/morket/adapters/pgread"
	"github.com/morket/morket/adapters/pgread/authread"
	"github.com/morket/morket/adapters/pgread/webhookqueue"
	"github.com/morket/morket/adapters/vault"
	"github.com/morket/morket/eventstore/pgstore"
)

// migrate brings every schema up to date that is not a read model: those are made by their projections, and made anew when
// their shape changes.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	for _, schema := range []func(context.Context, *pgxpool.Pool) error{
		pgstore.Migrate, pgread.Migrate, vault.Migrate, authread.MigrateSignals, pgquota.Migrate, webhookqueue.Migrate,
	} {
		if err := schema(ctx, pool); err != nil {
			return err
		}
	}
	return nil
}
