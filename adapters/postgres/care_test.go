package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/projections"
)

// envLethal makes the test's own program a process with a consumer that an event takes with it: "<consumer> <database>".
const envLethal = "MORKET_TEST_LETHAL"

const (
	lethalType = "thing.lethal.v1"
	killed     = 3 // what the process ends with
)

func strike(events []eventstore.Recorded) {
	for _, e := range events {
		if e.Type == lethalType {
			os.Exit(killed)
		}
	}
}

// lethal is counts, but for what it does to its process.
type lethal struct{ counts }

func (lethal) Types() []string { return append(counts{}.Types(), lethalType) }

func (l lethal) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	strike(events)
	return l.counts.Apply(ctx, tx, events)
}

// consumers are the ways to consume the log, each with its location. beside is a consumer in the same process that is not to blame.
func consumers(cfg projections.RunnerConfig) (map[string]func() (consumer, error), error) {
	cfg.Projector = lethal{}
	reactor := func(name string, set func(*projections.ReactorConfig)) func() (consumer, error) {
		return func() (consumer, error) {
			rc := projections.ReactorConfig{
				Name: name, Types: lethal{}.Types(), Log: cfg.Log, Store: cfg.Store, Clock: cfg.Clock, Logger: cfg.Logger, Limits: cfg.Limits, Ward: quarantine.NewWard(),
			}
			set(&rc)
			return projections.NewReactor(rc)
		}
	}
	return map[string]func() (consumer, error){
		"counts": func() (consumer, error) { return projections.NewRunner(cfg) },
		"handle": reactor("handle", func(c *projections.ReactorConfig) {
			c.Handle = func(_ context.Context, e eventstore.Recorded) error { strike([]eventstore.Recorded{e}); return nil }
		}),
		"batch": reactor("batch", func(c *projections.ReactorConfig) {
			c.HandleBatch = func(_ context.Context, events []eventstore.Recorded) error { strike(events); return nil }
		}),
		"apply": reactor("apply", func(c *projections.ReactorConfig) {
			c.Apply = func(_ context.Context, _ projections.Tx, events []eventstore.Recorded) error {
				strike(events)
				return nil
			}
		}),
		"beside": reactor("beside", func(c *projections.ReactorConfig) {
			c.HandleBatch = func(context.Context, []eventstore.Recorded) error { return nil }
		}),
	}, nil
}

type consumer interface {
	Run(ctx context.Context) error
	Wait(ctx context.Context, position int64) error
}

func locationOf(name string) projections.Location {
	if name == "counts" {
		return projections.LiveOf(name)
	}
	return projections.Location{Projection: name, Copy: projections.Reacted}
}

// consume runs the consumer and the one beside it until they are where the log ends and a stream that was to be tried again goes on.
func consume(name, dsn string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	log, err := pgstore.Open(ctx, pgstore.Config{Pool: pool})
	if err != nil {
		return err
	}
	defer log.Close()
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	presence, err := postgres.Join(ctx, postgres.PresenceConfig{Pool: pool, Logger: logger, Patience: 300 * time.Millisecond})
	if err != nil {
		return err
	}
	store, err := postgres.NewStore(pool, countsModel)
	if err != nil {
		return err
	}
	store = store.In(presence)
	made, err := consumers(projections.RunnerConfig{
		Log: log, Store: store, Clock: kernel.SystemClock{}, Logger: logger, Ward: quarantine.NewWard(),
		Limits: projections.Limits{PollMax: 20 * time.Millisecond, BackoffMax: 50 * time.Millisecond},
	})
	if err != nil {
		return err
	}
	head, err := log.Head(ctx)
	if err != nil {
		return err
	}
	retries, err := store.Parked(ctx, locationOf(name))
	if err != nil {
		return err
	}
	for _, each := range []string{name, "beside"} {
		c, err := made[each]()
		if err != nil {
			return err
		}
		go func() { _ = c.Run(ctx) }()
		defer func() { _ = c.Wait(ctx, head) }()
		if each == "beside" {
			continue
		}
		if err := c.Wait(ctx, head); err != nil {
			return err
		}
		if len(retries) > 0 && !retries[0].RetryAt.IsZero() {
			if err := awaitReplay(ctx, store, locationOf(each)); err != nil {
				return err
			}
		}
	}
	return presence.Leave(ctx)
}

func awaitReplay(ctx context.Context, store *postgres.Store, location projections.Location) error {
	for {
		list, err := store.Parked(ctx, location)
		if err != nil || len(list) == 0 {
			return err
		}
		if err := kernel.Pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

// deaths starts the process until one ends in order, and returns how many didn't.
func (w *world) deaths(t *testing.T, name string) int {
	t.Helper()
	for n := range 20 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s", envLethal, name, w.dsn()))
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == killed {
			continue
		}
		require.NoError(t, err, string(out))
		return n
	}
	t.Fatal("the event ends each process")
	return 0
}

func TestAnEventThatEndsItsProcessIsParkedAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"counts", "handle", "batch", "apply"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for _, stream := range []string{"a", "b", "c"} {
				w.say(t, stream, "thing.said.v1", 5)
			}
			bad := w.say(t, "b", lethalType, 1)
			for _, stream := range []string{"a", "b", "c"} {
				w.say(t, stream, "thing.said.v1", 5)
			}
			require.LessOrEqual(t, w.deaths(t, name), 4, "one unnoticed, one over the batch, two over the event")
			location := locationOf(name)
			list, err := w.store.Parked(t.Context(), location)
			require.NoError(t, err)
			require.Len(t, list, 1)
			require.Equal(t, bad, list[0].Position)
			require.Equal(t, "the program ended 2 times while this event was applied", list[0].Error)
			require.Zero(t, list[0].RetryAt, "nobody but a person has it tried again")
			if name == "counts" {
				require.EqualValues(t, 25, w.count(t, `SELECT count(*) FROM rm_counts.events`), "all but what comes after it in its stream")
			}
			beside, err := w.store.Parked(t.Context(), locationOf("beside"))
			require.NoError(t, err)
			require.Empty(t, beside, "another consumer is not to blame")

			found, err := w.store.Retry(t.Context(), location, list[0].Stream, "", time.Now())
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, 1, w.deaths(t, name), "a person's retry ends one process")
			list, err = w.store.Parked(t.Context(), location)
			require.NoError(t, err)
			require.Len(t, list, 1)
			require.Equal(t, "the program ended while the stream was tried again", list[0].Error)

			_, err = w.store.Retry(t.Context(), location, list[0].Stream, "it is lethal", time.Now())
			require.NoError(t, err)
			require.Zero(t, w.deaths(t, name))
			list, err = w.store.Parked(t.Context(), location)
			require.NoError(t, err)
			require.Empty(t, list)
		})
	}
}

// While a process of an earlier release lives, nothing is written that it can't read.
func TestWhatAllProcessesCanReadIsKnown(t *testing.T) {
	t.Parallel()
	_, pool := open(t, suiteModel)
	_, err := pool.Exec(t.Context(), `INSERT INTO projection.processes (id, seen_at, patience) VALUES ('earlier', clock_timestamp(), '1 hour')`)
	require.NoError(t, err)
	p, err := postgres.Join(t.Context(), postgres.PresenceConfig{Pool: pool, Logger: slog.New(slog.DiscardHandler), Patience: 100 * time.Millisecond})
	require.NoError(t, err)
	require.False(t, p.AllReadShort())
	_, err = pool.Exec(t.Context(), `DELETE FROM projection.processes WHERE id = 'earlier'`)
	require.NoError(t, err)
	require.Eventually(t, p.AllReadShort, time.Minute, time.Millisecond)
	require.NoError(t, p.Leave(t.Context()))
}

func TestAProcessIsThereUntilItLeavesOrFallsSilent(t *testing.T) {
	t.Parallel()
	store, pool := open(t, suiteModel)
	location := projections.LiveOf("suite")
	_, err := store.Create(t.Context(), location, 1)
	require.NoError(t, err)
	a, err := postgres.Join(t.Context(), postgres.PresenceConfig{Pool: pool, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	b, err := postgres.Join(t.Context(), postgres.PresenceConfig{Pool: pool, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.NoError(t, store.In(a).Attempt(t.Context(), projections.Attempt{Location: location, First: 1, Last: 1}))
	owner := func(s *postgres.Store) projections.Owner {
		at, ok, err := s.Attempted(t.Context(), location)
		require.NoError(t, err)
		require.True(t, ok)
		return at.Owner
	}
	require.Equal(t, projections.Ours, owner(store.In(a)))
	require.Equal(t, projections.Theirs, owner(store.In(b)))
	for _, ago := range []string{"11 s", "-1 day"} { // a clock that was ahead for a moment keeps nobody alive
		_, err = pool.Exec(t.Context(), `INSERT INTO projection.processes VALUES ('old', clock_timestamp() - $1::interval, '10 s')
ON CONFLICT (id) DO UPDATE SET seen_at = EXCLUDED.seen_at`, ago)
		require.NoError(t, err)
		var alive, young bool
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT projection.is_alive('old'), clock_timestamp() < pg_postmaster_start_time() + interval '10 s'`).Scan(&alive, &young))
		require.Equal(t, young, alive, ago)
	}
	require.NoError(t, a.Leave(t.Context()))
	require.Equal(t, projections.Gone, owner(store.In(b)))
	require.NoError(t, b.Leave(t.Context()))
}

// A machine whose clock is wrong, or is set while it runs, takes the database's time.
func TestTheProcessesShareTheDatabasesClock(t *testing.T) {
	t.Parallel()
	_, pool := open(t, suiteModel)
	clock := kernel.NewManualClock(time.Now().Add(24 * time.Hour))
	p, err := postgres.Join(t.Context(), postgres.PresenceConfig{Pool: pool, Logger: slog.New(slog.DiscardHandler), Clock: clock, Patience: 100 * time.Millisecond})
	require.NoError(t, err)
	near := func() bool {
		var now time.Time
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT clock_timestamp()`).Scan(&now))
		return p.Now().Sub(now).Abs() < 5*time.Second
	}
	require.True(t, near())
	before := p.Now()
	clock.Advance(time.Second)
	require.LessOrEqual(t, before.Sub(p.Now()).Abs(), 5*time.Second, "time passes by the machine's clock in between")
	clock.Advance(31 * 24 * time.Hour)
	require.Eventually(t, near, 10*time.Second, time.Millisecond)
	require.NoError(t, p.Leave(t.Context()))
}
