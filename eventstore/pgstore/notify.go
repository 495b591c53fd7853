package pgstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel is what processes notify each other on.
const channel = "morket_log"

// listenRetry is the pause before the listener connects again.
const listenRetry = time.Second

func newInstance() string { return rand.Text() }

// millis writes a duration as Postgres settings take it.
func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// dial opens a connection outside the pool, so that what must not wait for the pool does not.
func (s *Store) dial(ctx context.Context, name string) (*pgx.Conn, error) {
	cfg := s.pool.Config().ConnConfig
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("connect to the log: %w", err)
	}
	if _, err := conn.Exec(ctx, `SELECT set_config('application_name', $1, false)`, name); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return conn, nil
}

// The notification is a transaction of its own, after the append's. It need not be durable, so it waits for no disk.
const notifySQL = `SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)`

// runNotifier tells other processes that the log has grown: at once after a pause, and at most every NotifyEvery.
func (s *Store) runNotifier(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.notify:
		}
		if _, err := s.pool.Exec(ctx, notifySQL, channel, s.instance); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "other processes were not notified; they find out by polling", "error", err)
		}
		pause(ctx, s.cfg.NotifyEvery)
	}
}

// runListener hears what other processes append.
func (s *Store) runListener(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.listen(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "the log's notifications were interrupted", "error", err)
			pause(ctx, listenRetry)
		}
	}
}

func (s *Store) listen(ctx context.Context) error {
	conn, err := s.dial(ctx, "morket log listener")
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := conn.Close(ctx); err != nil {
			s.log.DebugContext(ctx, "close the listener's connection", "error", err)
		}
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s.appended.Fire() // for what was missed while nobody listened
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("wait for a notification: %w", err)
		}
		if n.Payload != s.instance {
			s.appended.Fire()
		}
	}
}
