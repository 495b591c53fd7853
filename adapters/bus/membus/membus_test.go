package membus_test

import (
	"strconv"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/bus/bustest"
	"github.com/morket/morket/adapters/bus/membus"
	"github.com/morket/morket/eventstore/logmsg"
)

// view closes a subscriber of its own while the bus goes on, as the suite expects of a subscriber.
type view struct{ *membus.Bus }

func TestBus(t *testing.T) {
	t.Parallel()
	bustest.Run(t, bustest.Features{}, func(t *testing.T) bustest.Bus {
		t.Helper()
		b := membus.New(100)
		t.Cleanup(func() { require.NoError(t, b.Close()) })
		return bustest.Bus{Publisher: b, Subscriber: func(*testing.T, string) message.Subscriber { return view{b} }}
	})
}

func TestTheDecodedBatchRidesAlong(t *testing.T) {
	t.Parallel()
	b := membus.New(0)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	messages, err := b.Subscribe(t.Context(), logmsg.Topic)
	require.NoError(t, err)
	sent := bustest.Messages(t, bustest.Events(1, 3), 3)[0]
	require.NoError(t, b.Publish(logmsg.Topic, sent))
	got := <-messages
	batch, ok := logmsg.FromContext(got.Context())
	require.True(t, ok)
	want, _ := logmsg.FromContext(sent.Context())
	require.Same(t, &want.Events[0], &batch.Events[0], "shared, not decoded again")
	require.NotSame(t, sent, got)
}

func TestASlowSubscriberKeepsTheNewestMessagesUpToANumberOfBytes(t *testing.T) {
	t.Parallel()
	b := membus.New(0)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	messages, err := b.Subscribe(t.Context(), "topic")
	require.NoError(t, err)
	const n, size = 20, membus.MaxBytes / 4
	for i := range n {
		require.NoError(t, b.Publish("topic", message.NewMessage(strconv.Itoa(i), make([]byte, size))))
	}
	require.NoError(t, b.Publish("topic", message.NewMessage("big", make([]byte, 2*membus.MaxBytes))))
	var got []string
	for m := range messages {
		if got = append(got, m.UUID); m.UUID == "big" {
			break
		}
	}
	require.LessOrEqual(t, len(got), 2, "the one on its way out and the newest, which is held whatever its size: %v", got)
}
