package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// reclaimWait is how long a table's lock is waited for.
const reclaimWait = 10 * time.Second

// Reclaim writes tables anew, so that their files keep nothing of rows that were changed or deleted. A table is closed while that lasts. Of
// tables that belong to the server itself it writes those that the role may.
func Reclaim(ctx context.Context, pool *pgxpool.Pool, tables ...pgx.Identifier) error {
	c, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	defer func() { _, _ = c.Exec(context.WithoutCancel(ctx), `RESET lock_timeout; RESET statement_timeout`) }()
	if _, err := c.Exec(ctx, fmt.Sprintf(`SET lock_timeout = %d; SET statement_timeout = 0`, reclaimWait.Milliseconds())); err != nil {
		return fmt.Errorf("reclaim space: %w", err)
	}
	for _, t := range tables {
		if _, err := c.Exec(ctx, "VACUUM (FULL) "+t.Sanitize()); err != nil && !denied(err) {
			return fmt.Errorf("reclaim the space of %s: %w", t.Sanitize(), err)
		}
	}
	return nil
}

// Segments of the server's log that are made ready ahead still hold what stood in them when they were used before; a switch overwrites one.
const (
	readySQL  = `SELECT count(*) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' AND name >= pg_walfile_name(pg_current_wal_insert_lsn())`
	switchSQL = `SELECT pg_logical_emit_message(false, 'morket', ''), pg_switch_wal()`
	mostReady = 256
)

// ForgetWAL has the server's write-ahead log begin anew, so that its files keep nothing of what was written before: what replication, an
// archive or wal_keep_size still needs stays until they have it. It answers false where the role may not; then the server's own settings
// say how long the files stay.
func ForgetWAL(ctx context.Context, pool *pgxpool.Pool) (done bool, err error) {
	c, err := pool.Acquire(ctx)
	if err != nil {
		return false, err
	}
	defer c.Release()
	run := func(sql string) {
		if err == nil {
			_, err = c.Exec(ctx, sql)
		}
	}
	run(`SET statement_timeout = 0`)
	defer func() { _, _ = c.Exec(context.WithoutCancel(ctx), `RESET statement_timeout`) }()
	// Segments are removed instead of being used again, which would keep them as they are until they are written over.
	run(`ALTER SYSTEM SET wal_recycle = off`)
	run(`SELECT pg_reload_conf()`)
	var ready int
	if err == nil {
		err = c.QueryRow(ctx, readySQL).Scan(&ready)
	}
	for range min(ready, mostReady) {
		run(switchSQL)
	}
	run(`CHECKPOINT`)
	run(`SELECT pg_switch_wal()`)
	run(`CHECKPOINT`)
	if denied(err) {
		return false, nil
	}
	after := context.WithoutCancel(ctx)
	_, reset := c.Exec(after, `ALTER SYSTEM RESET wal_recycle`)
	_, reload := c.Exec(after, `SELECT pg_reload_conf()`)
	if err = errors.Join(err, reset, reload); err != nil {
		return false, fmt.Errorf("begin the server's log anew: %w", err)
	}
	return true, nil
}
