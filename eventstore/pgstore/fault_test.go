package pgstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
)

const (
	patience = 20 * time.Second
	tick     = 5 * time.Millisecond
)

func one(stream eventstore.StreamID, key, typ string) eventstore.Append {
	return eventstore.Append{
		Meta: kernel.Meta{Actor: kernel.System(), Workspace: "ws_1", IdempotencyKey: key, Fingerprint: "f"},
		Streams: []eventstore.StreamAppend{{
			Stream: stream, Expected: eventstore.Any, Events: []eventstore.EventData{{Type: typ, Data: json.RawMessage(`{"n":1}`)}},
		}},
	}
}

// holdHead takes the head's lock as a slow append elsewhere would, until the returned function is called.
func holdHead(t *testing.T, pool *pgxpool.Pool) (release func()) {
	t.Helper()
	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `SELECT 1 FROM log.head FOR UPDATE`)
	require.NoError(t, err)
	var once sync.Once
	release = func() { once.Do(func() { require.NoError(t, tx.Rollback(context.WithoutCancel(t.Context()))) }) }
	t.Cleanup(release)
	return release
}

// blocked waits until an appender waits for the head.
func blocked(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	require.Eventually(t, func() bool {
		var n int
		err := pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'morket log append' AND wait_event_type = 'Lock'`).Scan(&n)
		return err == nil && n > 0
	}, patience, tick, "no append waits for the head")
}

func killAppenders(ctx context.Context, pool *pgxpool.Pool) error {
	_, err := pool.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = 'morket log append'`)
	return err
}

func requireSound(t *testing.T, s *pgstore.Store, head int64) {
	t.Helper()
	got, err := s.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, head, got)
	problems, err := s.Verify(t.Context())
	require.NoError(t, err)
	require.Empty(t, problems)
}

type result struct {
	done eventstore.Appended
	err  error
}

// start appends in the background.
func start(ctx context.Context, s *pgstore.Store, a eventstore.Append) <-chan result {
	ch := make(chan result, 1)
	go func() {
		done, err := s.Append(ctx, a)
		ch <- result{done, err}
	}()
	return ch
}

func TestConnectionKilledWhileWaiting(t *testing.T) {
	t.Parallel()
	s, pool := openBoth(t, pgstore.Config{})
	release := holdHead(t, pool)
	answer := start(t.Context(), s, one("a-1", "k", "t.v1"))
	blocked(t, pool)
	require.NoError(t, killAppenders(t.Context(), pool))
	require.ErrorIs(t, (<-answer).err, eventstore.ErrUnknownOutcome)
	release()
	_, err := s.Append(t.Context(), one("a-1", "k", "t.v1"))
	require.NoError(t, err, "the store connects again by itself")
	requireSound(t, s, 1)
}

// TestConnectionsKilledAtRandom has callers repeat their key until they know: each acts exactly once.
func TestConnectionsKilledAtRandom(t *testing.T) {
	t.Parallel()
	s, pool := openBoth(t, pgstore.Config{})
	const callers, each = 16, 25
	var wg, killer sync.WaitGroup
	errs := make([]error, callers)
	unknown := make([]int, callers)
	for i := range callers {
		wg.Go(func() {
			for n := 0; n < each; {
				_, err := s.Append(t.Context(), one(eventstore.Stream("a", strconv.Itoa(i%4)), fmt.Sprintf("%d-%d", i, n), "t.v1"))
				switch {
				case err == nil:
					n++
				case errors.Is(err, eventstore.ErrUnknownOutcome):
					unknown[i]++
				default:
					errs[i] = err
					return
				}
			}
		})
	}
	finished := make(chan struct{})
	kills := 0
	killer.Go(func() {
		for signal := s.Appended(); ; signal = s.Appended() {
			select {
			case <-finished:
				return
			case <-signal: // something was committed, so something else is on its way
			}
			if kills++; kills%10 == 0 {
				if err := killAppenders(t.Context(), pool); err != nil {
					errs[0] = err
				}
			}
		}
	})
	wg.Wait()
	close(finished)
	killer.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	t.Logf("unknown outcomes by caller: %v", unknown)
	requireSound(t, s, callers*each)
}

func TestPoisonFailsAlone(t *testing.T) {
	t.Parallel()
	s, pool := openBoth(t, pgstore.Config{})
	_, err := pool.Exec(t.Context(), `ALTER TABLE log.events ADD CONSTRAINT no_poison CHECK (type <> 'poison.v1')`)
	require.NoError(t, err)
	release := holdHead(t, pool)
	first := start(t.Context(), s, one("a-0", "", "t.v1"))
	blocked(t, pool) // what comes now waits together and makes one batch
	var good, bad []<-chan result
	for i := range 10 {
		good = append(good, start(t.Context(), s, one("a-1", strconv.Itoa(i), "t.v1")))
		if i%3 == 0 {
			bad = append(bad, start(t.Context(), s, one("a-1", "", "poison.v1")))
		}
	}
	release()
	require.NoError(t, (<-first).err)
	for _, ch := range good {
		require.NoError(t, (<-ch).err)
	}
	for _, ch := range bad {
		require.ErrorContains(t, (<-ch).err, "no_poison")
	}
	requireSound(t, s, 11)
}

func TestPoisonInAChainEndsIt(t *testing.T) {
	t.Parallel()
	s, pool := openBoth(t, pgstore.Config{})
	_, err := pool.Exec(t.Context(), `ALTER TABLE log.events ADD CONSTRAINT no_poison CHECK (type <> 'poison.v1')`)
	require.NoError(t, err)
	done, err := s.AppendChain(t.Context(), []eventstore.Append{one("a-1", "1", "t.v1"), one("a-1", "2", "poison.v1"), one("a-1", "3", "t.v1")})
	require.ErrorContains(t, err, "no_poison")
	require.Len(t, done, 1)
	requireSound(t, s, 1)
}

func TestAChainWhoseAnswerIsLostIsUnknown(t *testing.T) {
	t.Parallel()
	s, pool := openBoth(t, pgstore.Config{})
	release := holdHead(t, pool)
	answer := make(chan error, 1)
	go func() {
		_, err := s.AppendChain(t.Context(), []eventstore.Append{one("a-1", "1", "t.v1"), one("a-1", "2", "t.v1")})
		answer <- err
	}()
	blocked(t, pool)
	require.NoError(t, killAppenders(t.Context(), pool))
	require.ErrorIs(t, <-answer, eventstore.ErrUnknownOutcome)
	release()
	requireSound(t, s, 0)
}

func TestBusy(t *testing.T) {
	t.Parallel()
	const room = 3
	s, pool := openBoth(t, pgstore.Config{MaxWaiting: room, LockTimeout: time.Minute})
	release := holdHead(t, pool)
	accepted := start(t.Context(), s, one("a-1", "", "t.v1"))
	blocked(t, pool)
	ctx, cancel := context.WithCancel(t.Context())
	refused := make(chan result, room+1)
	for range room + 1 { // one more than there is room for
		go func() {
			done, err := s.Append(ctx, one("a-1", "", "t.v1"))
			refused <- result{done, err}
		}()
	}
	require.ErrorIs(t, (<-refused).err, eventstore.ErrBusy, "the one without room is told at once")
	cancel()
	for range room {
		require.ErrorIs(t, (<-refused).err, context.Canceled, "the others leave, and nothing of theirs is appended")
	}
	release()
	require.NoError(t, (<-accepted).err)
	require.Eventually(t, func() bool { // those who left keep their room until an appender comes by
		_, err := s.Append(t.Context(), one("a-1", "", "t.v1"))
		return err == nil
	}, patience, tick)
	requireSound(t, s, 2)
}

func TestBusyBytes(t *testing.T) {
	t.Parallel()
	s, pool := openBoth(t, pgstore.Config{MaxWaitingBytes: 400, LockTimeout: time.Minute})
	release := holdHead(t, pool)
	first := start(t.Context(), s, one("a-1", "", "t.v1"))
	blocked(t, pool)
	var err error
	for err == nil {
		ctx, cancel := context.WithTimeout(t.Context(), tick)
		if _, err = s.Append(ctx, one("a-1", "", "t.v1")); errors.Is(err, context.DeadlineExceeded) {
			err = nil // left while waiting; it keeps its room until an appender comes by
		}
		cancel()
	}
	require.ErrorIs(t, err, eventstore.ErrBusy)
	release()
	require.NoError(t, (<-first).err)
	requireSound(t, s, 1)
}

func TestLockTimeoutIsBusy(t *testing.T) {
	t.Parallel()
	s, pool := openBoth(t, pgstore.Config{LockTimeout: 20 * time.Millisecond})
	release := holdHead(t, pool)
	_, err := s.Append(t.Context(), one("a-1", "k", "t.v1"))
	require.ErrorIs(t, err, eventstore.ErrBusy)
	release()
	_, err = s.Append(t.Context(), one("a-1", "k", "t.v1"))
	require.NoError(t, err)
	requireSound(t, s, 1)
}

func TestCallerLeavesWhileOnItsWay(t *testing.T) {
	t.Parallel()
	s, pool := openBoth(t, pgstore.Config{})
	release := holdHead(t, pool)
	ctx, cancel := context.WithCancel(t.Context())
	answer := start(ctx, s, one("a-1", "k", "t.v1"))
	blocked(t, pool)
	cancel()
	err := (<-answer).err
	require.ErrorIs(t, err, eventstore.ErrUnknownOutcome)
	require.ErrorIs(t, err, context.Canceled)
	release()
	done, err := s.Append(t.Context(), one("a-1", "k", "t.v1"))
	require.NoError(t, err)
	require.True(t, done.Replayed, "the append went on without its caller")
	requireSound(t, s, 1)
}

func TestCloseAnswersWhatWaits(t *testing.T) {
	t.Parallel()
	s, pool := openBoth(t, pgstore.Config{})
	release := holdHead(t, pool)
	var waiting []<-chan result
	waiting = append(waiting, start(t.Context(), s, one("a-1", "", "t.v1")))
	blocked(t, pool)
	for range 5 {
		waiting = append(waiting, start(t.Context(), s, one("a-1", "", "t.v1")))
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		s.Close()
	}()
	require.Eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), tick)
		defer cancel()
		_, err := s.Append(ctx, one("a-1", "", "t.v1"))
		return errors.Is(err, pgstore.ErrClosed)
	}, patience, tick)
	release()
	<-closed
	for _, ch := range waiting {
		if err := (<-ch).err; err != nil { // started too late to be accepted
			require.ErrorIs(t, err, pgstore.ErrClosed)
		}
	}
}
