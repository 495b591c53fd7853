package postgres

import (
	"context"
	"embed"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/eventstore/pgstore"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Schema is the schema projection.
func Schema() pgstore.Schema { return pgstore.Schema{Name: "projection", Migrations: migrations} }

// Migrate makes the schema "projection", which holds checkpoints, parked streams and the relay's checkpoint. It may run at
// every start. It also makes the role that requests read as, which is a RoleError where the pool's user may not.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	if err := EnsureRole(ctx, pool); err != nil {
		return err
	}
	if err := pgstore.MigrateSchema(ctx, pool, Schema()); err != nil {
		return err
	}
	return GrantCheckpoints(ctx, pool)
}
