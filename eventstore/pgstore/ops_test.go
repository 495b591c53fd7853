package pgstore_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
)

func openBoth(t *testing.T, cfg pgstore.Config) (*pgstore.Store, *pgxpool.Pool) {
	t.Helper()
	pool := database(t)
	return reopen(t, pool, cfg), pool
}

func TestMigrateManyTimes(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() { errs[i] = pgstore.Migrate(t.Context(), pool) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	requireSound(t, reopen(t, pool, pgstore.Config{}), 0)
}

// A later version's schema is not written to, and a program says so before it does anything.
func TestTheSchemaOfALaterVersionIsRefused(t *testing.T) {
	t.Parallel()
	s, pool := openBoth(t, pgstore.Config{})
	at, err := s.LastTime(t.Context())
	require.NoError(t, err)
	require.Equal(t, time.Unix(0, 0).UTC(), at.UTC())
	_, err = pool.Exec(t.Context(), "INSERT INTO log.migrations (version_id, is_applied) VALUES (999, true)")
	require.NoError(t, err)
	err = pgstore.Migrate(t.Context(), pool)
	var newer *pgstore.NewerError
	require.ErrorAs(t, err, &newer)
	require.Equal(t, "log", newer.Schema)
	require.ErrorContains(t, err, "later version of Morket")
}

// A process of the release before calls log.append without chains until it is replaced.
func TestTheReleaseBeforeStillAppends(t *testing.T) {
	t.Parallel()
	s, pool := openBoth(t, pgstore.Config{})
	var head int64
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT head FROM log.append(NULL, 1, false, '{""}', '{""}', '{"null"}', '{false}', '{ws_1}', '{"{}"}',
		'{1}', '{1}', '{0}', '{a-1}', '{1}', '{1}', '{-1}', '{1}', '{0}', '{1}', '{1}', '{1}', '{1}', '{4}', '{t.v1}', '{"{}"}')`).Scan(&head))
	require.Zero(t, head)
	requireSound(t, s, 1)
}

func TestOpenWithoutSchema(t *testing.T) {
	t.Parallel()
	_, err := pgstore.Open(t.Context(), pgstore.Config{Pool: pgtest.Pool(t)})
	require.ErrorContains(t, err, "open the log")
	_, err = pgstore.Open(t.Context(), pgstore.Config{})
	require.ErrorContains(t, err, "Pool")
}

func TestCompression(t *testing.T) {
	t.Parallel()
	_, pool := openBoth(t, pgstore.Config{})
	var able bool
	require.NoError(t, pool.QueryRow(t.Context(),
		`SELECT 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression'`).Scan(&able))
	var n int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_attribute
		WHERE attrelid IN ('log.events'::regclass, 'log.events_1'::regclass) AND attname = 'data' AND attcompression = 'l'`).Scan(&n))
	if able {
		require.Equal(t, 2, n, "a partition has its parent's compression")
	} else {
		require.Zero(t, n)
	}
}

// TestPartitions fills many small partitions, one append being larger than several of them.
func TestPartitions(t *testing.T) {
	t.Parallel()
	const size = 10
	s, pool := openBoth(t, pgstore.Config{PartitionSize: size})
	for range 35 {
		_, err := s.Append(t.Context(), one("a-1", "", "t.v1"))
		require.NoError(t, err)
	}
	big := one("a-2", "", "t.v1")
	for range 64 {
		big.Streams[0].Events = append(big.Streams[0].Events, big.Streams[0].Events[0])
	}
	done, err := s.Append(t.Context(), big)
	require.NoError(t, err)
	require.Equal(t, int64(100), done.Last)
	requireSound(t, s, 100)

	all, err := s.ReadAll(t.Context(), 5, 90)
	require.NoError(t, err)
	require.Len(t, all, 90)
	require.Equal(t, int64(6), all[0].Position)
	stream, err := s.ReadStream(t.Context(), "a-2", 10, 30)
	require.NoError(t, err)
	require.Len(t, stream, 30)
	require.Equal(t, int64(46), stream[0].Position)
	require.Eventually(t, func() bool {
		var until int64
		err := pool.QueryRow(t.Context(), `SELECT max(until) FROM log.partitions`).Scan(&until)
		return err == nil && until > 100+size
	}, patience, tick, "a partition is made ahead")
}

// TestTwoProcesses has two stores on one database, as two processes have.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	a, pool := openBoth(t, pgstore.Config{PartitionSize: 50})
	b := reopen(t, pool, pgstore.Config{PartitionSize: 50})
	const callers, each = 8, 40
	var wg sync.WaitGroup
	errs := make([]error, 2*callers)
	for i := range 2 * callers {
		store := []*pgstore.Store{a, b}[i%2]
		wg.Go(func() {
			for n := range each { // each key is used in both processes
				req := one(eventstore.Stream("s", strconv.Itoa(n%5)), fmt.Sprintf("%d-%d", i/2, n), "t.v1")
				if _, err := store.Append(t.Context(), req); err != nil {
					errs[i] = err
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	requireSound(t, a, callers*each)
}

func TestOtherProcessIsNotified(t *testing.T) {
	t.Parallel()
	a, pool := openBoth(t, pgstore.Config{})
	b := reopen(t, pool, pgstore.Config{})
	require.Eventually(t, func() bool {
		var n int
		err := pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'morket log listener' AND query LIKE 'LISTEN%' AND state = 'idle'`).Scan(&n)
		return err == nil && n == 2
	}, patience, tick)
	for range 3 {
		signal := b.Appended()
		_, err := a.Append(t.Context(), one("a-1", "", "t.v1"))
		require.NoError(t, err)
		select {
		case <-signal:
		case <-time.After(patience):
			t.Fatal("the other process was not notified")
		}
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	s, pool := openBoth(t, pgstore.Config{Clock: clock})
	for i := range 3 {
		req := one("a-1", fmt.Sprintf("old-%d", i), "t.v1")
		req.KeepKey = i == 0
		_, err := s.Append(t.Context(), req)
		require.NoError(t, err)
	}
	_, err := pool.Exec(t.Context(), `INSERT INTO log.commands SELECT 'bulk-' || n, '', 0, 0, false, '2029-12-31', 'null' FROM generate_series(1, 1200) n`)
	require.NoError(t, err)
	clock.Advance(47 * time.Hour)
	_, err = s.Append(t.Context(), one("a-1", "young", "t.v1"))
	require.NoError(t, err)
	clock.Advance(2 * time.Hour)
	n, err := s.Prune(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1202), n)
	for key, want := range map[string]bool{"old-0": true, "old-1": false, "old-2": false, "young": true} {
		_, found, err := s.Command(t.Context(), key)
		require.NoError(t, err)
		require.Equal(t, want, found, key)
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	at := time.Date(2030, 1, 1, 0, 0, 0, 123456000, time.UTC)
	clock := kernel.NewManualClock(at)
	s, _ := openBoth(t, pgstore.Config{Clock: clock})
	for range 2 {
		_, err := s.Append(t.Context(), one("a-1", "", "t.v1"))
		require.NoError(t, err)
		clock.Advance(-time.Hour)
	}
	all, err := s.ReadAll(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Equal(t, at, all[0].RecordedAt)
	require.Equal(t, at, all[1].RecordedAt, "the log's time never goes back")
}

func TestVerifyFindsDamage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ sql, want string }{
		"a lost event":            {`DELETE FROM log.events WHERE position = 5`, "position 6 follows 4"},
		"the last event lost":     {`DELETE FROM log.events WHERE position = 10`, "the head is 10, the last event is 9"},
		"a version twice":         {`UPDATE log.events SET version = 1 WHERE position = 2`, "stream a-1"},
		"a version too high":      {`UPDATE log.streams SET version = 9 WHERE id = 'a-1'`, "log.streams has version 9"},
		"a stream forgotten":      {`DELETE FROM log.streams WHERE id = 'a-1'`, "stream a-1"},
		"a stream without any":    {`INSERT INTO log.streams VALUES ('a-9', 1, 1, 1)`, "stream a-9"},
		"outside its positions":   {`UPDATE log.streams SET first_position = 3 WHERE id = 'a-1'`, "positions 3 to"},
		"versions out of order":   {`UPDATE log.events SET version = CASE position WHEN 1 THEN 2 ELSE 1 END WHERE position IN (1, 2)`, "stream a-1: version 2 (position 1) follows version 1 (position 2)"},
		"a time that goes back":   {`UPDATE log.events SET recorded_at = '2000-01-01' WHERE position = 4`, "event 4 was recorded"},
		"a command of the future": {`INSERT INTO log.commands VALUES ('k', '', 11, 11, true, now(), 'null')`, "the command k"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, pool := openBoth(t, pgstore.Config{})
			for range 5 {
				_, err := s.Append(t.Context(), one("a-1", "", "t.v1"))
				require.NoError(t, err)
			}
			for range 5 {
				_, err := s.Append(t.Context(), one("a-2", "", "t.v1"))
				require.NoError(t, err)
			}
			requireSound(t, s, 10)
			_, err := pool.Exec(t.Context(), c.sql)
			require.NoError(t, err)
			problems, err := s.Verify(t.Context())
			require.NoError(t, err)
			require.Contains(t, fmt.Sprint(problems), c.want)
		})
	}
}
