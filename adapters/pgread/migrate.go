package pgread

import (
	"context"
	"embed"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/eventstore/pgstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate makes the schema "projection", which holds checkpoints, parked streams and the relay's checkpoint. It may run at
// every start.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return pgstore.MigrateSchema(ctx, pool, pgstore.Schema{Name: "projection", Migrations: migrations})
}
