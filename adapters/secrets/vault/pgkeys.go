package vault

import (
	"context"
	"embed"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/eventstore/pgstore"
)

// PostgresKeys keeps keys in the schema "vault". They are primary data: a backup without them is one without all that they seal.
type PostgresKeys struct{ pool *pgxpool.Pool }

var _ Keys = (*PostgresKeys)(nil)

//go:embed migrations/*.sql
var migrations embed.FS

// Schema is the schema vault.
func Schema() pgstore.Schema { return pgstore.Schema{Name: "vault", Migrations: migrations} }

// Migrate brings the schema vault up to date. Its keys are in no event and can't be made again.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return pgstore.MigrateSchema(ctx, pool, Schema())
}

// OpenPostgresKeys brings the schema up to date and opens it. Any number of processes may do so at once.
func OpenPostgresKeys(ctx context.Context, pool *pgxpool.Pool) (*PostgresKeys, error) {
	if err := Migrate(ctx, pool); err != nil {
		return nil, err
	}
	return &PostgresKeys{pool}, nil
}

const (
	keyColumns = `subject, master, nonce, wrapped, created_at, destroyed_at`
	addKey     = `INSERT INTO vault.keys (subject, master, nonce, wrapped, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (subject) DO NOTHING`
	findKey    = `SELECT ` + keyColumns + ` FROM vault.keys WHERE subject = $1`
	destroyKey = `INSERT INTO vault.keys AS k (subject, master, nonce, wrapped, created_at, destroyed_at) VALUES ($1, '', '', '', $2, $2)
ON CONFLICT (subject) DO UPDATE SET master = '', nonce = '', wrapped = '', destroyed_at = COALESCE(k.destroyed_at, $2)`
	destroyOlder = `UPDATE vault.keys SET master = '', nonce = '', wrapped = '', destroyed_at = $3
WHERE destroyed_at IS NULL AND subject LIKE $1 AND created_at < $2`
	otherwise = `SELECT ` + keyColumns + ` FROM vault.keys WHERE destroyed_at IS NULL AND master <> $1 ORDER BY subject LIMIT $2`
	rewrap    = `UPDATE vault.keys SET master = $3, nonce = $4, wrapped = $5 WHERE subject = $1 AND wrapped = $2 AND destroyed_at IS NULL`
)

// Add implements Keys.
func (p *PostgresKeys) Add(ctx context.Context, k Key) (Key, error) {
	if _, err := p.pool.Exec(ctx, addKey, k.Subject, k.Master, k.Nonce, k.Wrapped, k.CreatedAt); err != nil {
		return k, err
	}
	there, _, err := p.Find(ctx, k.Subject)
	return there, err
}

// Find implements Keys.
func (p *PostgresKeys) Find(ctx context.Context, subject string) (Key, bool, error) {
	rows, err := p.pool.Query(ctx, findKey, subject)
	if err != nil {
		return Key{}, false, err
	}
	k, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Key])
	if errors.Is(err, pgx.ErrNoRows) {
		return Key{}, false, nil
	}
	return k, err == nil, err
}

// Destroy implements Keys.
func (p *PostgresKeys) Destroy(ctx context.Context, subject string, at time.Time) error {
	_, err := p.pool.Exec(ctx, destroyKey, subject, at)
	return err
}

// DestroyOlder implements Keys.
func (p *PostgresKeys) DestroyOlder(ctx context.Context, prefix string, before, at time.Time) (int64, error) {
	like := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(prefix) + "%"
	done, err := p.pool.Exec(ctx, destroyOlder, like, before, at)
	return done.RowsAffected(), err
}

// WrappedOtherwise implements Keys.
func (p *PostgresKeys) WrappedOtherwise(ctx context.Context, master string, limit int) ([]Key, error) {
	rows, err := p.pool.Query(ctx, otherwise, master, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Key])
}

// Rewrap implements Keys.
func (p *PostgresKeys) Rewrap(ctx context.Context, from, to Key) error {
	_, err := p.pool.Exec(ctx, rewrap, from.Subject, from.Wrapped, to.Master, to.Nonce, to.Wrapped)
	return err
}
