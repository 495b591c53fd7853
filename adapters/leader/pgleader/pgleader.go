// Package pgleader makes one process the leader at something by a Postgres session lock, and keeps a checkpoint of it under a fencing
// epoch: a leader that lost its lock without noticing can't move the checkpoint any more.
package pgleader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/eventstore/relay"
)

// Leadership implements relay.Leadership over the tables that postgres.Migrate makes.
type Leadership struct {
	pool *pgxpool.Pool
	name string
	try  time.Duration
}

var _ relay.Leadership = (*Leadership)(nil)

// tryEvery is how often a process that doesn't lead tries to.
const tryEvery = 500 * time.Millisecond

// New makes the leadership of that name. A leading process holds one connection of its own beside the pool.
func New(pool *pgxpool.Pool, name string) *Leadership {
	return &Leadership{pool: pool, name: name, try: tryEvery}
}

const (
	// A leader whose machine is gone is noticed by the server within half a minute, not after the two hours that TCP waits.
	keepaliveSQL = `SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3`
	lockSQL      = `SELECT pg_try_advisory_lock(hashtextextended('morket.leader.' || $1, 0))`
	beginSQL     = `
INSERT INTO projection.leaders AS l (name, epoch, position) VALUES ($1, 1, 0)
ON CONFLICT (name) DO UPDATE SET epoch = l.epoch + 1 RETURNING epoch, position`
	advanceSQL = `UPDATE projection.leaders SET position = $4 WHERE name = $1 AND epoch = $2 AND position = $3`
)

// Lead implements relay.Leadership.
func (l *Leadership) Lead(ctx context.Context) (relay.Term, error) {
	conn, err := pgx.ConnectConfig(ctx, l.pool.Config().ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("connect to lead %s: %w", l.name, err)
	}
	t := &term{conn: conn, name: l.name}
	if err := l.win(ctx, t); err != nil {
		t.Resign(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("lead %s: %w", l.name, err)
	}
	return t, nil
}

func (l *Leadership) win(ctx context.Context, t *term) error {
	if _, err := t.conn.Exec(ctx, keepaliveSQL); err != nil {
		return err
	}
	tick := time.NewTicker(l.try)
	defer tick.Stop()
	for {
		var won bool
		if err := t.conn.QueryRow(ctx, lockSQL, l.name).Scan(&won); err != nil {
			return err
		}
		if won {
			return t.conn.QueryRow(ctx, beginSQL, l.name).Scan(&t.epoch, &t.position)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// term is the time for which the connection holds the lock.
type term struct {
	conn            *pgx.Conn
	name            string
	epoch, position int64
}

// Position implements relay.Term.
func (t *term) Position() int64 { return t.position }

// Advance implements relay.Term. It uses the connection that holds the lock, so a lost lock is an error too.
func (t *term) Advance(ctx context.Context, from, to int64) error {
	tag, err := t.conn.Exec(ctx, advanceSQL, t.name, t.epoch, from, to)
	if err != nil {
		return err
	}
	if tag.RowsAffected() != 1 {
		return relay.ErrDeposed
	}
	return nil
}

// closeWithin bounds the goodbye to a server that may be gone.
const closeWithin = 2 * time.Second

// Resign implements relay.Term: the lock ends with the connection.
func (t *term) Resign(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, closeWithin)
	defer cancel()
	if err := t.conn.Close(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return // the connection is closed on our side either way
	}
}

// Position returns the checkpoint that the leadership's relay has reached, for status pages.
func (l *Leadership) Position(ctx context.Context) (int64, error) {
	var position int64
	err := l.pool.QueryRow(ctx, `SELECT position FROM projection.leaders WHERE name = $1`, l.name).Scan(&position)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("position of %s: %w", l.name, err)
	}
	return position, nil
}
