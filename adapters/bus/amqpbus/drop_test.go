package amqpbus_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/bus/amqpbus"
	"github.com/morket/morket/adapters/bus/bustest"
	"github.com/morket/morket/eventstore/logmsg"
)

// A queue that is dropped loses what it holds, and its consumer goes on with a new one.
func TestAConsumerGoesOnAfterItsQueueWasDropped(t *testing.T) {
	t.Parallel()
	url := broker.URL(t)
	p := prefix(t, url)
	idle := subscriber(t, amqpbus.SubscriberConfig{URL: url, Prefix: p, Group: "idle"})
	require.NoError(t, idle.SubscribeInitialize(logmsg.Topic))
	sub := subscriber(t, amqpbus.SubscriberConfig{URL: url, Prefix: p, Group: "g"})
	require.NoError(t, sub.SubscribeInitialize(logmsg.Topic))
	messages, err := sub.Subscribe(t.Context(), logmsg.Topic)
	require.NoError(t, err)
	pub := publisher(t, amqpbus.PublisherConfig{URL: url, Prefix: p, Mandatory: true})
	require.NoError(t, pub.Publish(logmsg.Topic, bustest.Messages(t, bustest.Events(1, 10), 10)...))
	m := <-messages
	m.Ack()
	n, err := amqpbus.DropQueues(t.Context(), url, p, logmsg.Topic, []string{"g", "idle", "nobody"})
	require.NoError(t, err)
	require.EqualValues(t, 1, n, "what the idle group had not taken")
	require.Eventually(t, func() bool { // until the queue is there again a message that must be queued is refused
		return pub.Publish(logmsg.Topic, bustest.Messages(t, bustest.Events(11, 10), 10)...) == nil
	}, 30*time.Second, 20*time.Millisecond)
	m = <-messages
	require.NotEmpty(t, m.Payload)
	m.Ack()
}
