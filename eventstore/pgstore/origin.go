package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// originSQL are the parts of an origin: initdb makes a system identifier, a recovery or a promotion a timeline, and CREATE DATABASE an oid
// (PostgreSQL's manual: System Information Functions, and Continuous Archiving, Timelines).
func originSQL() []string {
	return []string{
		`SELECT system_identifier::text FROM pg_control_system()`,
		`SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)`,
		`SELECT oid::text FROM pg_database WHERE datname = current_database()`,
	}
}

// Origin names where the log lies. It is another one after a point in time recovery, in a database that pg_restore has filled, and after
// a failover, which may have lost the last events; it is the same in a folder that was copied as it lay.
func Origin(ctx context.Context, pool *pgxpool.Pool) (string, error) {
	parts := make([]string, 0, len(originSQL()))
	for _, sql := range originSQL() {
		var part string
		err := pool.QueryRow(ctx, sql).Scan(&part)
		var refused *pgconn.PgError
		if errors.As(err, &refused) && (strings.HasPrefix(refused.Code, "42") || refused.Code == "0A000") {
			part, err = "-", nil // a hosted Postgres may not say it
		}
		if err != nil {
			return "", fmt.Errorf("ask Postgres where the log lies: %w", err)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "/"), nil
}

// Reconcile sees that the log is in a history of the place where it lies. One that was brought here by other means than a backup of ours
// begins a new history; moved reports that. It is called before anything is appended.
func Reconcile(ctx context.Context, pool *pgxpool.Pool) (moved bool, err error) {
	here, err := Origin(ctx, pool)
	if err != nil {
		return false, err
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT FROM log.head FOR UPDATE`); err != nil { // of several processes one sees it
			return err
		}
		var was string
		switch err := tx.QueryRow(ctx, `SELECT name FROM log.origin`).Scan(&was); {
		case errors.Is(err, pgx.ErrNoRows):
			_, err = tx.Exec(ctx, `INSERT INTO log.origin (name) VALUES ($1)`, here)
			return err
		case err != nil || was == here:
			return err
		}
		moved = true
		if _, err := tx.Exec(ctx, `UPDATE log.origin SET name = $1`, here); err != nil {
			return err
		}
		_, err := beginHistory(ctx, tx,
			begin{reason: "Postgres was restored, moved or failed over: the log lay at " + was + ", and now at " + here})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("see where the log lies: %w", err)
	}
	return moved, nil
}
