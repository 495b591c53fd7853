package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/bus/membus"
	"github.com/morket/morket/adapters/leader/pgleader"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/eventstore/relay"
	"github.com/morket/morket/projections"
)

// counts is a projector of one row per stream and one per event. An event of type "thing.bad.v1" breaks a constraint of the
// table until the projector is mended.
type counts struct {
	version int
	mended  bool
}

func (counts) Name() string    { return "counts" }
func (c counts) Version() int  { return max(1, c.version) }
func (counts) Types() []string { return []string{"thing.said.v1", "thing.bad.v1"} }

func (c counts) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	pg, err := postgres.From(tx)
	if err != nil {
		return err
	}
	perStream := map[string]int{}
	rows := make([][]any, len(events))
	for i, e := range events {
		said := 1
		if e.Type == "thing.bad.v1" && !c.mended {
			said = -1
		}
		perStream[string(e.Stream)]++
		rows[i] = []any{e.Position, string(e.Stream), said}
	}
	if _, err := pg.CopyFrom(ctx, pg.Table(tableIn(c.version)), []string{"position", "stream", "said"}, pgx.CopyFromRows(rows)); err != nil {
		return err
	}
	var batch pgx.Batch
	for stream, n := range perStream {
		batch.Queue(`INSERT INTO streams AS s (stream, n) VALUES ($1, $2) ON CONFLICT (stream) DO UPDATE SET n = s.n + EXCLUDED.n`, stream, n)
	}
	return pg.SendBatch(ctx, &batch).Close()
}

//nolint:gochecknoglobals // constant but for the language
var countsModel = postgres.Model{
	Name: "counts",
	DDL: `CREATE TABLE events (position bigint PRIMARY KEY, stream text NOT NULL, said integer NOT NULL CHECK (said > 0));
CREATE TABLE streams (stream text PRIMARY KEY, n integer NOT NULL)`,
	Indexes:  `CREATE INDEX ON events (stream)`,
	Policies: map[string]string{"events": postgres.Nobodys, "streams": postgres.Nobodys},
}

// world is a log in Postgres, a relay, a bus and a read model.
type world struct {
	log   *pgstore.Store
	pool  *pgxpool.Pool
	store *postgres.Store
	bus   *membus.Bus
}

func newWorld(t *testing.T) *world {
	t.Helper()
	log, pool := pgtest.Log(t)
	require.NoError(t, postgres.Migrate(t.Context(), pool))
	store, err := postgres.NewStore(pool, countsModel)
	require.NoError(t, err)
	w := &world{log: log, pool: pool, store: store, bus: membus.New(16)}
	t.Cleanup(func() { require.NoError(t, w.bus.Close()) })
	return w
}

func run(t *testing.T, fn func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- fn(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		assert.ErrorIs(t, <-ended, context.Canceled)
	})
	t.Cleanup(stop)
	return stop
}

func (w *world) relay(t *testing.T) (stop func()) {
	t.Helper()
	r, err := relay.New(relay.Config{
		Log: w.log, Leadership: pgleader.New(w.pool, "relay"), Publisher: w.bus, Logger: slog.New(slog.DiscardHandler), PageEvents: 50,
	})
	require.NoError(t, err)
	return run(t, r.Run)
}

func (w *world) config(p counts) projections.RunnerConfig {
	return projections.RunnerConfig{
		Projector: p, Log: w.log, Subscriber: w.bus, Store: w.store, Clock: kernel.SystemClock{},
		Logger: slog.New(slog.DiscardHandler), Limits: projections.Limits{PollMax: 50 * time.Millisecond, RetryFirst: 50 * time.Millisecond},
	}
}

func (w *world) runner(t *testing.T, p counts) (r *projections.Runner, stop func()) {
	t.Helper()
	r, err := projections.NewRunner(w.config(p))
	require.NoError(t, err)
	return r, run(t, r.Run)
}

func (w *world) say(tb testing.TB, stream, typ string, n int) int64 {
	tb.Helper()
	events := make([]eventstore.EventData, n)
	for i := range events {
		events[i] = eventstore.EventData{Type: typ, Data: json.RawMessage(`{"word":"some small event"}`)}
	}
	done, err := w.log.Append(context.Background(), eventstore.Append{
		Meta:    kernel.Meta{Actor: kernel.System()},
		Streams: []eventstore.StreamAppend{{Stream: eventstore.Stream("thing", stream), Expected: eventstore.Any, Events: events}},
	})
	require.NoError(tb, err)
	return done.Last
}

func (w *world) count(t *testing.T, sql string) (n int64) {
	t.Helper()
	require.NoError(t, w.pool.QueryRow(context.Background(), sql).Scan(&n))
	return n
}

func wait(t *testing.T, r *projections.Runner, position int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	require.NoError(t, r.Wait(ctx, position))
}

// The whole way from an append to a row, with a small bus that drops, relays and runners that are killed, connections that are
// cut, and a rebuild in between: in the end every event is in the read model once.
func TestFromTheLogToTheReadModel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stopRelay := w.relay(t)
	_, stopOne := w.runner(t, counts{})
	two, _ := w.runner(t, counts{})
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for range 50 {
				w.say(t, strconv.Itoa(i), "thing.said.v1", 5)
				w.say(t, strconv.Itoa(i), "thing.other.v1", 1)
			}
		})
	}
	stopRelay()
	w.relay(t)
	_, err := w.pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND query LIKE '%projection.checkpoints%' AND pid <> pg_backend_pid()`)
	require.NoError(t, err)
	stopOne()
	require.EventuallyWithT(t, func(c *assert.CollectT) { // a first try may be given one of the connections that were cut
		_, err := projections.Rebuild(t.Context(), projections.RebuildConfig{RunnerConfig: w.config(counts{}), Compare: true, Resume: true})
		require.NoError(c, err)
	}, 20*time.Second, 10*time.Millisecond)
	writers.Wait()
	head, err := w.log.Head(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 4*50*6, head)
	wait(t, two, head)
	require.EqualValues(t, 1000, w.count(t, `SELECT count(*) FROM rm_counts.events`))
	require.EqualValues(t, 1000, w.count(t, `SELECT sum(n) FROM rm_counts.streams`))
	found, err := projections.Verify(t.Context(), projections.RebuildConfig{RunnerConfig: w.config(counts{})})
	require.NoError(t, err)
	require.Empty(t, found.Differs)
	require.Equal(t, []string{"events", "streams"}, found.Tables)
	require.Zero(t, w.count(t, `SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'rm\_counts\_\_%'`), "nothing is left behind")
	require.EqualValues(t, 3, w.count(t, `SELECT count(*) FROM pg_indexes WHERE schemaname = 'rm_counts'`))
}

func TestAStreamWithAPoisonEventIsParkedAndMended(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.relay(t)
	r, stop := w.runner(t, counts{})
	w.say(t, "good", "thing.said.v1", 3)
	w.say(t, "bad", "thing.said.v1", 2)
	w.say(t, "bad", "thing.bad.v1", 1)
	w.say(t, "bad", "thing.said.v1", 2)
	wait(t, r, w.say(t, "good", "thing.said.v1", 3))
	stop()
	require.EqualValues(t, 6, w.count(t, `SELECT n FROM rm_counts.streams WHERE stream = 'thing-good'`))
	require.EqualValues(t, 2, w.count(t, `SELECT n FROM rm_counts.streams WHERE stream = 'thing-bad'`))
	parked, err := w.store.Parked(t.Context(), projections.LiveOf("counts"))
	require.NoError(t, err)
	require.Len(t, parked, 1)
	require.Contains(t, parked[0].Error, "events_said_check")

	w.runner(t, counts{mended: true})
	ok, err := w.store.Retry(t.Context(), projections.LiveOf("counts"), "thing-bad", "", time.Now())
	require.NoError(t, err)
	require.True(t, ok)
	require.Eventually(t, func() bool {
		parked, err := w.store.Parked(context.Background(), projections.LiveOf("counts"))
		return err == nil && len(parked) == 0
	}, 20*time.Second, 10*time.Millisecond)
	require.EqualValues(t, 5, w.count(t, `SELECT n FROM rm_counts.streams WHERE stream = 'thing-bad'`))
}

func TestReadersSeeTheOldOrTheNewReadModelDuringASwap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, _ := w.runner(t, counts{})
	wait(t, r, w.say(t, "a", "thing.said.v1", 500))
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				ended <- nil
				return
			default:
			}
			var n int
			err := w.pool.QueryRow(context.Background(), `SELECT count(*) FROM rm_counts.events`).Scan(&n)
			if err == nil && n != 500 {
				err = fmt.Errorf("%d of 500 rows", n)
			}
			if err != nil {
				ended <- err
				return
			}
		}
	}()
	for range 5 {
		_, err := projections.Rebuild(t.Context(), projections.RebuildConfig{RunnerConfig: w.config(counts{})})
		require.NoError(t, err)
	}
	close(stop)
	require.NoError(t, <-ended)
}

func TestANewVersionIsRebuiltAtStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, stop := w.runner(t, counts{})
	wait(t, r, w.say(t, "a", "thing.said.v1", 10))
	stop()
	one, _ := w.runner(t, counts{version: 2})
	two, _ := w.runner(t, counts{version: 2}) // both start a rebuild at once
	last := w.say(t, "a", "thing.said.v1", 10)
	wait(t, one, last)
	wait(t, two, last)
	require.EqualValues(t, 20, w.count(t, `SELECT count(*) FROM rm_counts.events`))
	require.EqualValues(t, 2, w.count(t, `SELECT version FROM projection.checkpoints WHERE place = 'counts'`))
}
