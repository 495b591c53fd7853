package projections_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/logmsg"
	"github.com/morket/morket/eventstore/memstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/projectionstest"
)

const (
	wantedType = "thing.said.v1"
	otherType  = "thing.else.v1"
)

// said is the projector of the tests: it appends each event's word to the row of its stream. A word that begins with
// "poison" fails for as long as the projector is not cured.
type said struct {
	version int
	cured   func() bool
	fail    func() error // asked at each Apply
}

func (*said) Name() string    { return "said" }
func (s *said) Version() int  { return max(1, s.version) }
func (*said) Types() []string { return []string{wantedType} }

func (s *said) Apply(_ context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	if s.fail != nil {
		if err := s.fail(); err != nil {
			return err
		}
	}
	t := tx.(*projectionstest.Tx)
	for _, e := range events {
		var body struct{ Word string }
		if err := json.Unmarshal(e.Data, &body); err != nil {
			return err
		}
		if strings.HasPrefix(body.Word, "poison") && (s.cured == nil || !s.cured()) {
			return errors.New("poison")
		}
		t.Set("said", string(e.Stream), t.Get("said", string(e.Stream))+body.Word+" ")
	}
	return nil
}

// bus is a subscriber whose messages the test sends by hand.
type bus struct {
	messages   chan *message.Message
	subscribed chan struct{}
	once       sync.Once
}

func newBus() *bus {
	return &bus{messages: make(chan *message.Message, 1000), subscribed: make(chan struct{})}
}

func (b *bus) Subscribe(context.Context, string) (<-chan *message.Message, error) {
	b.once.Do(func() { close(b.subscribed) })
	return b.messages, nil
}

func (*bus) Close() error { return nil }

func (b *bus) send(t *testing.T, events []eventstore.Recorded) *message.Message {
	t.Helper()
	m := wire(t, events)
	b.messages <- m
	return m
}

// wire is a message with the events, without the sender's context, as from another process.
func wire(t *testing.T, events []eventstore.Recorded) *message.Message {
	t.Helper()
	m, err := logmsg.Encode(logmsg.BatchOf(events))
	require.NoError(t, err)
	return message.NewMessage(m.UUID, m.Payload)
}

// countingLog counts the reads of the log and can hide its growth, so that a test knows where events came from.
type countingLog struct {
	*memstore.Store
	mu    sync.Mutex
	reads int
	fail  error
}

func (l *countingLog) ReadAll(ctx context.Context, after int64, limit int) ([]eventstore.Recorded, error) {
	l.mu.Lock()
	l.reads++
	err := l.fail
	l.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return l.Store.ReadAll(ctx, after, limit)
}

func (l *countingLog) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reads
}

func (l *countingLog) breakWith(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fail = err
}

// fixture is one projection over a log in memory.
type fixture struct {
	log    *countingLog
	store  *projectionstest.Memory
	clock  *kernel.ManualClock
	limits projections.Limits
}

func newFixture() *fixture {
	clock := kernel.NewManualClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	return &fixture{
		log: &countingLog{Store: memstore.New(clock)}, store: projectionstest.NewMemory(), clock: clock,
		// Only what a test is about happens by itself: the log is polled rarely.
		limits: projections.Limits{PollMax: time.Hour, BackoffMin: time.Millisecond, BackoffMax: 5 * time.Millisecond},
	}
}

// say appends words, each "stream:word"; a word that begins with "-" is of a type that the projector doesn't want. It
// returns what was recorded.
func (f *fixture) say(tb testing.TB, words ...string) []eventstore.Recorded {
	tb.Helper()
	before, err := f.log.Head(context.Background())
	require.NoError(tb, err)
	require.NoError(tb, f.append(words...))
	events, err := f.log.Store.ReadAll(context.Background(), before, len(words))
	require.NoError(tb, err)
	require.Len(tb, events, len(words))
	return events
}

func (f *fixture) append(words ...string) error {
	for _, w := range words {
		stream, word, _ := strings.Cut(w, ":")
		typ := wantedType
		if strings.HasPrefix(word, "-") {
			typ = otherType
		}
		_, err := f.log.Append(context.Background(), eventstore.Append{
			Meta: kernel.Meta{Actor: kernel.System()},
			Streams: []eventstore.StreamAppend{{
				Stream: eventstore.Stream("thing", stream), Expected: eventstore.Any,
				Events: []eventstore.EventData{{Type: typ, Data: json.RawMessage(fmt.Sprintf(`{"Word":%q}`, word))}},
			}},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (f *fixture) config(p *said) projections.RunnerConfig {
	return projections.RunnerConfig{
		Projector: p, Log: f.log, Store: f.store, Clock: f.clock, Logger: slog.New(slog.DiscardHandler), Limits: f.limits,
	}
}

// start runs a runner until the test ends or stop is called.
func (f *fixture) start(t *testing.T, p *said, b *bus) (r *projections.Runner, stop func()) {
	t.Helper()
	cfg := f.config(p)
	if b != nil {
		cfg.Subscriber = b
	}
	r, err := projections.NewRunner(cfg)
	require.NoError(t, err)
	stop = run(t, r.Run)
	if b != nil {
		<-b.subscribed
	}
	return r, stop
}

// run runs fn until the test ends or stop is called, and requires that it ends because it was told to.
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

func (f *fixture) rows() map[string]string {
	return f.store.Tables(projections.LiveOf("said"))["said"]
}

func (f *fixture) checkpoint(t *testing.T) int64 {
	t.Helper()
	c, ok, err := f.store.Checkpoint(context.Background(), projections.LiveOf("said"))
	require.NoError(t, err)
	require.True(t, ok)
	return c.Position
}

func wait(t *testing.T, w interface {
	Wait(context.Context, int64) error
}, position int64,
) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(t, w.Wait(ctx, position))
}
