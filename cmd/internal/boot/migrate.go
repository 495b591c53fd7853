package boot

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/authread"
	"github.com/morket/morket/adapters/postgres/webhookqueue"
	"github.com/morket/morket/adapters/ratelimit/pgquota"
	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/cmd/internal/backup"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/projections"
)

// migrated are the schemas that are not read models: those are made by their projections, and made anew when their shape changes.
func migrated() []pgstore.Schema {
	return []pgstore.Schema{
		pgstore.LogSchema(), postgres.Schema(), vault.Schema(), authread.SignalsSchema(), pgquota.Schema(), webhookqueue.Schema(),
	}
}

// migrate brings every schema up to date that is not a read model.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	if err := postgres.EnsureRole(ctx, pool); err != nil { // that requests read as
		return err
	}
	for _, schema := range migrated() {
		if err := pgstore.MigrateSchema(ctx, pool, schema); err != nil {
			return err
		}
	}
	return postgres.GrantCheckpoints(ctx, pool)
}

// kept are the tables that a backup has: what is in no event or can't be made again without doing something twice. Those that others
// refer to come first.
func kept() []backup.Table {
	reactors := `place LIKE '%\_\_` + string(projections.Reacted) + `'`
	return []backup.Table{
		{Name: "log.head"},
		{Name: "log.histories"},
		{Name: "log.events", OrderBy: "position"},
		{Name: "log.streams"},
		{Name: "log.words"},
		{Name: "log.commands"},
		{Name: "log.redactions"},
		{Name: "vault.keys"},
		{Name: "auth_signals.attempts"},
		{Name: "auth_signals.key_uses"},
		{Name: "provider_quotas.used"},
		{Name: "webhook_queue.endpoints"},
		{Name: "webhook_queue.deliveries"},
		{Name: "webhook_queue.attempts"},
		{Name: "webhook_queue.replays"},
		// A reactor that began again would send every mail and delivery of the log again. Revisions are a database's own.
		{Name: "projection.checkpoints", Columns: []string{"place", "version", "position"}, Where: reactors},
		{Name: "projection.parked", Where: reactors},
		{Name: "projection.leaders"}, // how far the relay has published
	}
}

// remade are the tables of the same schemas that a backup does not have.
func remade() []string {
	return []string{
		"log.partitions",       // made for the events that come
		"log.snapshots",        // folded from the log
		"log.origin",           // where this log lies
		"projection.processes", // of processes that live now
		"projection.attempts",
		"projection.moments", // of tables as they were, from the log
	}
}
