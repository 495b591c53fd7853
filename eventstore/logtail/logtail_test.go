package logtail_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/eventstoretest"
	"github.com/morket/morket/eventstore/logtail"
	"github.com/morket/morket/eventstore/memstore"
)

// store is a store that is read through a tail.
type store struct {
	*memstore.Store
	tail *logtail.Tail
}

// ReadAll implements eventstore.Reader.
func (s store) ReadAll(ctx context.Context, after int64, limit int) ([]eventstore.Recorded, error) {
	return s.tail.ReadAll(ctx, after, limit)
}

func TestALogReadThroughATailIsTheLog(t *testing.T) {
	t.Parallel()
	for _, bytes := range []int{1, 1 << 10, 0} {
		t.Run(strconv.Itoa(bytes), func(t *testing.T) {
			t.Parallel()
			eventstoretest.Run(t, func(*testing.T) eventstore.Store {
				s := memstore.New(kernel.SystemClock{})
				return store{s, logtail.New(s, bytes)}
			})
		})
	}
}

// counting counts reads, and holds them while it is held.
type counting struct {
	*memstore.Store
	reads atomic.Int64
	hold  chan struct{} // may be nil
	err   error
}

func (c *counting) ReadAll(ctx context.Context, after int64, limit int) ([]eventstore.Recorded, error) {
	c.reads.Add(1)
	events, err := c.Store.ReadAll(ctx, after, limit)
	if c.hold != nil {
		select {
		case <-c.hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return events, errors.Join(err, c.err)
}

func add(t require.TestingT, s eventstore.Writer, n, bytes int) {
	events := make([]eventstore.EventData, n)
	for i := range events {
		events[i] = eventstore.EventData{Type: "test.sized.v1", Data: json.RawMessage(`{"s":"` + strings.Repeat("x", bytes) + `"}`)}
	}
	_, err := s.Append(context.Background(), eventstore.Append{
		Meta: kernel.Meta{Actor: kernel.System(), Command: "test", CorrelationID: "req_1"}, Streams: []eventstore.StreamAppend{{Stream: "a-1", Expected: eventstore.Any, Events: events}},
	})
	require.NoError(t, err)
}

func TestConsumersShareEachRead(t *testing.T) {
	t.Parallel()
	log := &counting{Store: memstore.New(kernel.SystemClock{})}
	shared := logtail.New(log, 0)
	const consumers, rounds = 16, 50
	at := make([]int64, consumers)
	for range rounds {
		add(t, log, 3, 10)
		for c := range at {
			events, err := shared.ReadAll(t.Context(), at[c], 100)
			require.NoError(t, err)
			at[c] = events[len(events)-1].Position
		}
	}
	require.EqualValues(t, rounds, log.reads.Load(), "%d consumers at the log's end", consumers)
	events, err := shared.ReadAll(t.Context(), 0, 1000)
	require.NoError(t, err)
	require.Len(t, events, 3*rounds, "a consumer that is behind gets one large page of the small reads")
	require.EqualValues(t, rounds, log.reads.Load())
}

func TestThoseWhoAskTogetherWaitForOneReadEach(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &counting{Store: memstore.New(kernel.SystemClock{}), hold: make(chan struct{})}
		shared := logtail.New(log, 0)
		var all sync.WaitGroup
		ask := func() {
			all.Go(func() {
				events, err := shared.ReadAll(t.Context(), 0, 10)
				require.NoError(t, err)
				require.Empty(t, events)
			})
		}
		for range 10 {
			ask()
		}
		synctest.Wait()
		require.EqualValues(t, 1, log.reads.Load())
		close(log.hold)
		all.Wait()
		require.LessOrEqual(t, log.reads.Load(), int64(2), "that the first read found nothing says nothing to those who came after it began; the second one does")
	})
}

// TestNothingAppendedBeforeIsMissed has a reader come while a read is under way that began before an append.
func TestNothingAppendedBeforeIsMissed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &counting{Store: memstore.New(kernel.SystemClock{}), hold: make(chan struct{})}
		shared := logtail.New(log, 0)
		var both sync.WaitGroup
		both.Go(func() { _, _ = shared.ReadAll(t.Context(), 0, 10) })
		synctest.Wait() // it has looked, and found nothing
		add(t, log, 1, 10)
		both.Go(func() {
			events, err := shared.ReadAll(t.Context(), 0, 10)
			require.NoError(t, err)
			require.Len(t, events, 1)
		})
		synctest.Wait()
		close(log.hold)
		both.Wait()
	})
}

func TestAReaderThatLeavesTakesNobodyAlong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &counting{Store: memstore.New(kernel.SystemClock{}), hold: make(chan struct{})}
		add(t, log, 1, 10)
		shared := logtail.New(log, 0)
		leaving, leave := context.WithCancel(t.Context())
		var both sync.WaitGroup
		both.Go(func() {
			_, err := shared.ReadAll(leaving, 0, 10)
			require.ErrorIs(t, err, context.Canceled)
		})
		synctest.Wait()
		both.Go(func() {
			events, err := shared.ReadAll(t.Context(), 0, 10)
			require.NoError(t, err)
			require.Len(t, events, 1)
		})
		synctest.Wait()
		leave()
		synctest.Wait()
		close(log.hold)
		both.Wait()
	})
}

func TestAReadThatFailsFailsAndTheNextOneReads(t *testing.T) {
	t.Parallel()
	log := &counting{Store: memstore.New(kernel.SystemClock{}), err: errors.New("no answer")}
	add(t, log, 1, 10)
	shared := logtail.New(log, 0)
	_, err := shared.ReadAll(t.Context(), 0, 10)
	require.ErrorIs(t, err, log.err)
	log.err = nil
	events, err := shared.ReadAll(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, events, 1)
}

// TestReadersAtAnyPlacesSeeTheLog has readers at all places while the log grows and old events are let go.
func TestReadersAtAnyPlacesSeeTheLog(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		log := memstore.New(kernel.SystemClock{})
		shared := logtail.New(log, rapid.IntRange(1, 3000).Draw(t, "bytes"))
		head := int64(0)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "append") {
				n := rapid.IntRange(1, 20).Draw(t, "events")
				add(t, log, n, rapid.IntRange(1, 100).Draw(t, "size"))
				head += int64(n)
				continue
			}
			after, limit := int64(rapid.IntRange(0, int(head)+2).Draw(t, "after")), rapid.IntRange(1, 30).Draw(t, "limit")
			events, err := shared.ReadAll(context.Background(), after, limit)
			require.NoError(t, err)
			require.Equal(t, head > after, len(events) > 0)
			require.LessOrEqual(t, len(events), limit)
			want, err := log.ReadPositions(context.Background(), between(after, len(events)))
			require.NoError(t, err)
			require.Equal(t, want, events)
		}
	})
}

func between(after int64, n int) (positions []int64) {
	for i := range n {
		positions = append(positions, after+int64(i)+1)
	}
	return positions
}
