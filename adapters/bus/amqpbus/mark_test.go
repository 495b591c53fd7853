package amqpbus_test

import (
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/bus/amqpbus"
	"github.com/morket/morket/adapters/bus/bustest"
	"github.com/morket/morket/eventstore/logmsg"
)

// lastMark is what a broker says was published last; "" if it was told nothing.
func lastMark(t *testing.T, url, exchange string, forget bool) (last, history, event string) {
	t.Helper()
	require.NoError(t, amqpbus.LastMark(t.Context(), url, exchange, func(m message.Metadata) (bool, error) {
		last, history, event = m.Get(logmsg.LastKey), m.Get(logmsg.HistoryKey), m.Get(logmsg.LastEventKey)
		return forget, nil
	}))
	return last, history, event
}

func TestTheBrokerKeepsWhatItWasToldLast(t *testing.T) {
	t.Parallel()
	url := broker.URL(t)
	p := prefix(t, url)
	exchange := p + logmsg.Topic
	t.Cleanup(func() {
		c, err := amqp.Dial(url)
		require.NoError(t, err)
		defer func() { _ = c.Close() }()
		ch, err := c.Channel()
		require.NoError(t, err)
		_, err = ch.QueueDelete(exchange+".mark", false, false, false)
		require.NoError(t, err)
	})
	last, _, _ := lastMark(t, url, exchange, false)
	require.Empty(t, last)
	sub := subscriber(t, amqpbus.SubscriberConfig{URL: url, Prefix: p, Group: "g"})
	require.NoError(t, sub.SubscribeInitialize(logmsg.Topic))
	pub := logmsg.InHistory(publisher(t, amqpbus.PublisherConfig{URL: url, Prefix: p, Mandatory: true, Mark: true}), func() string { return "h1" })
	messages, err := sub.Subscribe(t.Context(), logmsg.Topic)
	require.NoError(t, err)
	events := bustest.Events(1, 100)
	for _, n := range []int{40, 60} {
		require.NoError(t, pub.Publish(logmsg.Topic, bustest.Messages(t, events[:n], 10)...))
		for range n / 10 {
			m := <-messages
			require.NotEmpty(t, m.Payload)
			m.Ack()
		}
		events = events[n:]
	}
	for range 30 { // more often than a quorum queue of RabbitMQ 4 delivers by itself
		last, history, event := lastMark(t, url, exchange, false)
		require.Equal(t, "100", last, "also when every consumer has taken everything")
		require.Equal(t, "h1", history)
		require.Equal(t, logmsg.Fingerprint(bustest.Events(100, 1)[0]), event)
	}
	last, _, _ = lastMark(t, url, exchange, true)
	require.Equal(t, "100", last)
	last, _, _ = lastMark(t, url, exchange, false)
	require.Empty(t, last, "it was forgotten")
}
