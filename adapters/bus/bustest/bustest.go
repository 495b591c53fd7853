// Package bustest is the suite that every bus passes: what the relay and the consumers of the log rely on.
package bustest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/logmsg"
)

// Features says what a bus does beyond what all do.
type Features struct {
	// Keeps: a group that has subscribed once gets later what is published while it is away.
	Keeps bool
	// Groups: of several subscribers of one group, one at a time gets the messages.
	Groups bool
	// Redelivers: a message that is nacked, or not acked when its consumer ends, comes again.
	Redelivers bool
}

// Bus is a fresh bus under test.
type Bus struct {
	Publisher message.Publisher
	// Subscriber makes a subscriber of the group. Its queue holds at most about 100 messages.
	Subscriber func(t *testing.T, group string) message.Subscriber
}

const patience = 20 * time.Second

// Run runs the suite; open makes a bus for each test.
func Run(t *testing.T, f Features, open func(t *testing.T) Bus) {
	t.Helper()
	tests := map[string]func(*testing.T, Bus){
		"messages arrive whole and in order":          testOrder,
		"each group gets everything":                  testGroups,
		"a slow consumer holds nobody up":             testSlow,
		"a consumer that comes back misses nothing":   testRestart,
		"duplicates are seen through":                 testDuplicates,
		"a subscription ends with its context":        testContext,
		"close ends everything":                       testClose,
		"publishing to nobody is fine or says it not": testNobody,
	}
	if f.Keeps {
		tests["messages wait for a group that is away"] = testKeeps
	}
	if f.Groups {
		tests["one of a group is active and another takes over"] = testTakeover
	}
	if f.Redelivers {
		tests["a nacked message comes again"] = testNack
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// Events makes a piece of a log, from position first.
func Events(first int64, n int) []eventstore.Recorded {
	out := make([]eventstore.Recorded, n)
	for i := range out {
		p := first + int64(i)
		out[i] = eventstore.Recorded{
			Position: p, Stream: "thing-1", Version: p, Workspace: "ws_1", Type: "thing.said.v1",
			Data: json.RawMessage(fmt.Sprintf(`{"n":%d}`, p)), Metadata: json.RawMessage(`{"actor":{"kind":"system"}}`),
			RecordedAt: time.Unix(p, 0).UTC(),
		}
	}
	return out
}

// Messages makes one message for every per events.
func Messages(t testing.TB, events []eventstore.Recorded, per int) []*message.Message {
	t.Helper()
	var out []*message.Message
	for rest := events; len(rest) > 0; rest = rest[min(per, len(rest)):] {
		m, err := logmsg.Encode(logmsg.BatchOf(rest[:min(per, len(rest))]))
		require.NoError(t, err)
		out = append(out, m)
	}
	return out
}

// Subscribe subscribes the group to the log and returns once messages are kept for it.
func Subscribe(ctx context.Context, t testing.TB, s message.Subscriber) <-chan *message.Message {
	t.Helper()
	if init, ok := s.(message.SubscribeInitializer); ok {
		require.NoError(t, init.SubscribeInitialize(logmsg.Topic))
	}
	messages, err := s.Subscribe(ctx, logmsg.Topic)
	require.NoError(t, err)
	return messages
}

// Next returns the next message, acked.
func Next(t testing.TB, messages <-chan *message.Message) logmsg.Batch {
	t.Helper()
	m := take(t, messages)
	b, err := logmsg.Decode(m)
	require.NoError(t, err)
	m.Ack()
	return b
}

func take(t testing.TB, messages <-chan *message.Message) *message.Message {
	t.Helper()
	select {
	case m, ok := <-messages:
		require.True(t, ok, "the subscription has ended")
		return m
	case <-time.After(patience):
		require.FailNow(t, "no message came")
		return nil
	}
}

// Consumer follows messages as a projection does: what it knows it leaves out, what it missed it takes from the log.
type Consumer struct {
	Log  []eventstore.Recorded // Log[i] is at position i+1
	Last int64
	Read int // events taken from the log
}

// Receive consumes a message and requires that its events are those of the log.
func (c *Consumer) Receive(t testing.TB, b logmsg.Batch) {
	t.Helper()
	if b.First > c.Last+1 {
		c.Read += int(b.First - c.Last - 1)
		c.Last = b.First - 1
	}
	for _, e := range b.After(c.Last) {
		require.Equal(t, c.Log[c.Last], e)
		c.Last++
	}
}

// Until consumes messages until the position.
func (c *Consumer) Until(t testing.TB, messages <-chan *message.Message, position int64) {
	t.Helper()
	for c.Last < position {
		c.Receive(t, Next(t, messages))
	}
}

func testOrder(t *testing.T, b Bus) {
	messages := Subscribe(t.Context(), t, b.Subscriber(t, "g"))
	log := Events(1, 90)
	require.NoError(t, b.Publisher.Publish(logmsg.Topic, Messages(t, log[:60], 3)...))
	require.NoError(t, b.Publisher.Publish(logmsg.Topic, Messages(t, log[60:], 1)...))
	c := Consumer{Log: log}
	c.Until(t, messages, 90)
	require.Zero(t, c.Read, "nothing was missed")
}

func testGroups(t *testing.T, b Bus) {
	one := Subscribe(t.Context(), t, b.Subscriber(t, "one"))
	two := Subscribe(t.Context(), t, b.Subscriber(t, "two"))
	log := Events(1, 20)
	require.NoError(t, b.Publisher.Publish(logmsg.Topic, Messages(t, log, 1)...))
	for _, messages := range []<-chan *message.Message{one, two} {
		c := Consumer{Log: log}
		c.Until(t, messages, 20)
		require.Zero(t, c.Read)
	}
}

func testSlow(t *testing.T, b Bus) {
	slow := Subscribe(t.Context(), t, b.Subscriber(t, "slow"))
	fast := Subscribe(t.Context(), t, b.Subscriber(t, "fast"))
	const n = 2000
	log := Events(1, n)
	messages := Messages(t, log, 1)
	published := make(chan error, 1)
	go func() { published <- b.Publisher.Publish(logmsg.Topic, messages...) }()
	c := Consumer{Log: log}
	c.Until(t, fast, n)
	select {
	case err := <-published:
		require.NoError(t, err)
	case <-time.After(patience):
		require.FailNow(t, "the slow consumer holds the publisher up")
	}
	c = Consumer{Log: log}
	c.Until(t, slow, n)
	require.Positive(t, c.Read, "what the slow consumer's queue can't hold is dropped")
}

func testRestart(t *testing.T, b Bus) {
	log := Events(1, 60)
	ctx, leave := context.WithCancel(t.Context())
	messages := Subscribe(ctx, t, b.Subscriber(t, "g"))
	require.NoError(t, b.Publisher.Publish(logmsg.Topic, Messages(t, log[:20], 1)...))
	c := Consumer{Log: log}
	c.Until(t, messages, 10)
	leave()
	drain(t, messages)
	_ = b.Publisher.Publish(logmsg.Topic, Messages(t, log[20:40], 1)...) // to nobody, on a bus that doesn't keep
	messages = Subscribe(t.Context(), t, b.Subscriber(t, "g"))
	require.NoError(t, b.Publisher.Publish(logmsg.Topic, Messages(t, log[40:], 1)...))
	c.Until(t, messages, 60)
}

// drain waits until the subscription has ended.
func drain(t testing.TB, messages <-chan *message.Message) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case _, ok := <-messages:
			if !ok {
				return
			}
		case <-deadline:
			require.FailNow(t, "the subscription doesn't end")
		}
	}
}

func testDuplicates(t *testing.T, b Bus) {
	messages := Subscribe(t.Context(), t, b.Subscriber(t, "g"))
	log := Events(1, 30)
	for range 2 { // a relay that died before it noted what it had published
		require.NoError(t, b.Publisher.Publish(logmsg.Topic, Messages(t, log[:20], 4)...))
	}
	require.NoError(t, b.Publisher.Publish(logmsg.Topic, Messages(t, log[15:], 5)...))
	c := Consumer{Log: log}
	c.Until(t, messages, 30)
	require.Zero(t, c.Read)
}

func testContext(t *testing.T, b Bus) {
	ctx, leave := context.WithCancel(t.Context())
	s := b.Subscriber(t, "g")
	messages := Subscribe(ctx, t, s)
	leave()
	drain(t, messages)
	again := Subscribe(t.Context(), t, s)
	require.NoError(t, b.Publisher.Publish(logmsg.Topic, Messages(t, Events(1, 1), 1)...))
	Next(t, again)
}

func testClose(t *testing.T, b Bus) {
	s := b.Subscriber(t, "g")
	messages := Subscribe(t.Context(), t, s)
	require.NoError(t, s.Close())
	drain(t, messages)
	require.NoError(t, s.Close())
	_, err := s.Subscribe(t.Context(), logmsg.Topic)
	require.Error(t, err)
	require.NoError(t, b.Publisher.Close())
	require.NoError(t, b.Publisher.Close())
	require.Error(t, b.Publisher.Publish(logmsg.Topic, Messages(t, Events(1, 1), 1)...))
}

// testNobody: a message that nobody takes may be refused, but it must not be a lasting failure.
func testNobody(t *testing.T, b Bus) {
	_ = b.Publisher.Publish(logmsg.Topic, Messages(t, Events(1, 1), 1)...)
	messages := Subscribe(t.Context(), t, b.Subscriber(t, "g"))
	require.NoError(t, b.Publisher.Publish(logmsg.Topic, Messages(t, Events(2, 1), 1)...))
	require.EqualValues(t, 2, Next(t, messages).First)
}

func testKeeps(t *testing.T, b Bus) {
	ctx, leave := context.WithCancel(t.Context())
	messages := Subscribe(ctx, t, b.Subscriber(t, "g"))
	leave()
	drain(t, messages)
	log := Events(1, 50)
	require.NoError(t, b.Publisher.Publish(logmsg.Topic, Messages(t, log, 1)...))
	c := Consumer{Log: log}
	c.Until(t, Subscribe(t.Context(), t, b.Subscriber(t, "g")), 50)
	require.Zero(t, c.Read)
}

func testTakeover(t *testing.T, b Bus) {
	log := Events(1, 60)
	ctx, die := context.WithCancel(t.Context())
	one := Subscribe(ctx, t, b.Subscriber(t, "g"))
	require.NoError(t, b.Publisher.Publish(logmsg.Topic, Messages(t, log[:1], 1)...))
	c := Consumer{Log: log}
	c.Until(t, one, 1) // the first is active now
	two := Subscribe(t.Context(), t, b.Subscriber(t, "g"))
	require.NoError(t, b.Publisher.Publish(logmsg.Topic, Messages(t, log[1:40], 1)...))
	c.Until(t, one, 30)
	select {
	case m := <-two:
		require.FailNow(t, "two of a group are active", m.UUID)
	case <-time.After(100 * time.Millisecond):
	}
	die()
	require.NoError(t, b.Publisher.Publish(logmsg.Topic, Messages(t, log[40:], 1)...))
	c.Until(t, two, 60)
	require.Zero(t, c.Read, "what the first had not acked came to the second")
}

func testNack(t *testing.T, b Bus) {
	messages := Subscribe(t.Context(), t, b.Subscriber(t, "g"))
	require.NoError(t, b.Publisher.Publish(logmsg.Topic, Messages(t, Events(1, 1), 1)...))
	m := take(t, messages)
	m.Nack()
	require.EqualValues(t, 1, Next(t, messages).First)
}
