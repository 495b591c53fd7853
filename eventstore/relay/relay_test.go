package relay_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/eventstore/logmsg"
	"github.com/morket/morket/eventstore/memstore"
	"github.com/morket/morket/eventstore/relay"
)

var errDown = errors.New("the bus is down")

// recorder is a publisher that keeps what it confirmed. fail, when set, is asked how many of the messages to confirm.
type recorder struct {
	mu   sync.Mutex
	got  []*message.Message
	fail func(n int) (confirmed int, err error)
}

func (p *recorder) Publish(_ string, messages ...*message.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, err := len(messages), error(nil)
	if p.fail != nil {
		n, err = p.fail(n)
	}
	p.got = append(p.got, messages[:n]...)
	if err != nil {
		return &logmsg.PartialError{Confirmed: n, Err: err}
	}
	return nil
}

func (*recorder) Close() error { return nil }

func (p *recorder) messages() []*message.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

// positions returns the positions in the order in which they were confirmed.
func (p *recorder) positions(t tb) []int64 {
	t.Helper()
	var out []int64
	for _, m := range p.messages() {
		b, err := logmsg.Decode(m)
		require.NoError(t, err)
		for _, e := range b.Events {
			out = append(out, e.Position)
		}
	}
	return out
}

// memLeadership is a Leadership in memory with a checkpoint that outlives terms.
type memLeadership struct {
	mu       sync.Mutex
	epoch    int
	position int64
	fail     func() error // asked at each Advance
}

type memTerm struct {
	*memLeadership
	epoch int
	from  int64
}

func (s *memLeadership) Lead(context.Context) (relay.Term, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	return &memTerm{s, s.epoch, s.position}, nil
}

func (r *memTerm) Position() int64 { return r.from }

func (r *memTerm) Advance(_ context.Context, from, to int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		if err := r.fail(); err != nil {
			return err
		}
	}
	if r.epoch != r.memLeadership.epoch || r.position != from {
		return relay.ErrDeposed
	}
	r.position = to
	return nil
}

func (*memTerm) Resign(context.Context) {}

func (s *memLeadership) checkpoint() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.position
}

func say(t tb, log *memstore.Store, n int) {
	t.Helper()
	for i := range n {
		_, err := log.Append(context.Background(), eventstore.Append{
			Meta: kernel.Meta{Actor: kernel.System(), Workspace: "ws_1", CorrelationID: "req_1"},
			Streams: []eventstore.StreamAppend{{
				Stream: "thing-1", Expected: eventstore.Any,
				Events: []eventstore.EventData{{Type: "thing.said.v1", Data: json.RawMessage(fmt.Sprintf(`{"n":%d}`, i))}},
			}},
		})
		require.NoError(t, err)
	}
}

func newLog() *memstore.Store {
	return memstore.New(kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)))
}

func config(log *memstore.Store, lead relay.Leadership, pub message.Publisher) relay.Config {
	return relay.Config{
		Log: log, Leadership: lead, Publisher: pub, Encoder: cloudevent.NewEncoder("/here", policy()), Logger: slog.New(slog.DiscardHandler), PageEvents: 10,
		PollMin: time.Hour, PollMax: time.Hour, BackoffMin: time.Millisecond, BackoffMax: 2 * time.Millisecond,
	}
}

func start(t tb, cfg relay.Config) (r *relay.Relay, stop func()) {
	t.Helper()
	r, err := relay.New(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
	return r, stop
}

// tb is what *testing.T and *rapid.T have in common.
type tb interface {
	require.TestingT
	Helper()
}

func sequence(n int) []int64 {
	var out []int64
	for i := range n {
		out = append(out, int64(i+1))
	}
	return out
}

func until(t tb, s *memLeadership, position int64) {
	t.Helper()
	require.Eventually(t, func() bool { return s.checkpoint() == position }, 10*time.Second, time.Millisecond)
}

func TestRelayPublishesTheLogAndWakesWhenItGrows(t *testing.T) {
	t.Parallel()
	log, pub, s := newLog(), &recorder{}, &memLeadership{}
	say(t, log, 25)
	r, stop := start(t, config(log, s, pub))
	t.Cleanup(stop)
	until(t, s, 25)
	say(t, log, 1)
	until(t, s, 26)
	require.Equal(t, sequence(26), pub.positions(t))
	require.True(t, r.Leading())
	require.EqualValues(t, 26, r.Position())
	stop()
	require.False(t, r.Leading())
}

func TestRelayNeedsItsParts(t *testing.T) {
	t.Parallel()
	_, err := relay.New(relay.Config{})
	require.Error(t, err)
}

func TestRelayNotesOnlyTheConfirmedPrefix(t *testing.T) {
	t.Parallel()
	log, s := newLog(), &memLeadership{}
	events := &recorder{fail: func(n int) (int, error) { return min(n, 3), errDown }}
	pub := &recorder{}
	say(t, log, 8)
	cfg := config(log, s, pub)
	cfg.Events = events
	cfg.BackoffMin, cfg.BackoffMax = time.Hour, time.Hour
	_, stop := start(t, cfg)
	t.Cleanup(stop)
	until(t, s, 3)
	require.Len(t, events.messages(), 3)
}

func TestRelayWaitsForABusThatIsDown(t *testing.T) {
	t.Parallel()
	log, s := newLog(), &memLeadership{}
	calls := 0
	pub := &recorder{fail: func(n int) (int, error) {
		if calls++; calls < 5 {
			return 0, errDown
		}
		return n, nil
	}}
	say(t, log, 5)
	_, stop := start(t, config(log, s, pub))
	t.Cleanup(stop)
	say(t, log, 5) // writes don't depend on it
	until(t, s, 10)
	require.Equal(t, sequence(10), pub.positions(t))
}

func TestRelayKilledBetweenPublishAndCheckpointRepeats(t *testing.T) {
	t.Parallel()
	log, s, pub := newLog(), &memLeadership{}, &recorder{}
	died := false
	s.fail = func() error {
		if !died {
			died = true
			return errors.New("connection lost")
		}
		return nil
	}
	say(t, log, 5)
	_, stop := start(t, config(log, s, pub))
	t.Cleanup(stop)
	until(t, s, 5)
	require.Equal(t, append(sequence(5), sequence(5)...), pub.positions(t))
}

func TestADeposedRelayCannotMoveTheCheckpoint(t *testing.T) {
	t.Parallel()
	log, s, pub := newLog(), &memLeadership{}, &recorder{}
	term, err := s.Lead(t.Context())
	require.NoError(t, err)
	say(t, log, 5)
	_, stop := start(t, config(log, s, pub))
	t.Cleanup(stop)
	until(t, s, 5)
	require.ErrorIs(t, term.Advance(t.Context(), 0, 3), relay.ErrDeposed)
	require.EqualValues(t, 5, s.checkpoint())
}

// Whatever fails and whoever leads, every position is confirmed at least once before the checkpoint passes it.
func TestRelayLosesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		log, s := newLog(), &memLeadership{}
		var mu sync.Mutex
		dice := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 30).Draw(t, "dice")
		roll := func() int {
			mu.Lock()
			defer mu.Unlock()
			if len(dice) == 0 {
				return 9
			}
			d := dice[0]
			dice = dice[1:]
			return d
		}
		pub := &recorder{fail: func(n int) (int, error) {
			if d := roll(); d < 4 {
				return min(d, n), errDown
			}
			return n, nil
		}}
		s.fail = func() error {
			if roll() < 3 {
				return errDown
			}
			return nil
		}
		n := rapid.IntRange(1, 40).Draw(t, "n")
		cfg := config(log, s, pub)
		_, stopOne := start(t, cfg)
		say(t, log, n)
		_, stopTwo := start(t, cfg)
		if rapid.Bool().Draw(t, "kill") {
			stopOne()
		}
		until(t, s, int64(n))
		stopOne()
		stopTwo()
		seen := map[int64]bool{}
		for _, p := range pub.positions(t) {
			seen[p] = true
		}
		require.Len(t, seen, n)
	})
}

func TestAloneBeginsAtTheEnd(t *testing.T) {
	t.Parallel()
	log, pub := newLog(), &recorder{}
	say(t, log, 3)
	r, stop := start(t, config(log, relay.Alone(log), pub))
	t.Cleanup(stop)
	require.Eventually(t, r.Leading, 5*time.Second, time.Millisecond)
	say(t, log, 2)
	require.Eventually(t, func() bool { return r.Position() == 5 }, 5*time.Second, time.Millisecond)
	require.Equal(t, []int64{4, 5}, pub.positions(t))
}

// policy publishes what things say and keeps what they think.
func policy() cloudevent.Policy {
	return cloudevent.Policy{"thing.said.v1": {Action: "things.hear"}, "thing.thought.v1": {}}
}

func TestWhatStaysInsideIsNotPublishedToIntegratorsAndHoldsNothingUp(t *testing.T) {
	t.Parallel()
	log, s, pub, events := newLog(), &memLeadership{}, &recorder{}, &recorder{}
	think := func() {
		_, err := log.Append(t.Context(), eventstore.Append{Meta: kernel.Meta{Actor: kernel.System()}, Streams: []eventstore.StreamAppend{{
			Stream: "thing-2", Expected: eventstore.Any, Events: []eventstore.EventData{{Type: "thing.thought.v1", Data: json.RawMessage(`{"secret":1}`)}},
		}}})
		require.NoError(t, err)
	}
	think()
	say(t, log, 2)
	think()
	say(t, log, 1)
	think()
	cfg := config(log, s, pub)
	cfg.Events = events
	failed := false
	events.fail = func(n int) (int, error) { // the second one said is refused once
		if !failed {
			failed = true
			return 1, errDown
		}
		return n, nil
	}
	_, stop := start(t, cfg)
	t.Cleanup(stop)
	until(t, s, 6)
	var ids []string
	for _, m := range events.messages() {
		ids = append(ids, m.UUID)
		require.NotContains(t, string(m.Payload), "secret")
	}
	require.Equal(t, []string{"thing-1/1", "thing-1/2", "thing-1/3"}, ids)
	require.Subset(t, pub.positions(t), sequence(6), "the product's own consumers get everything")
	m := events.messages()[0]
	require.Equal(t, "ws.ws_1.thing.said", m.Metadata.Get(logmsg.RoutingKey))
	require.Equal(t, cloudevent.ContentType, m.Metadata.Get(logmsg.ContentTypeKey))
}
