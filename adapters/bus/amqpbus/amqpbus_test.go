package amqpbus_test

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/bus/amqpbus"
	"github.com/morket/morket/adapters/bus/bustest"
	"github.com/morket/morket/adapters/servers/childtest"
	"github.com/morket/morket/adapters/servers/rabbitchild"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/logmsg"
)

// broker is the RabbitMQ of these tests: the one at MORKET_TEST_AMQP_URL, else a child, started once. Tests keep apart by
// the prefix of their exchanges.
//
//nolint:gochecknoglobals // one server per test process is the point
var broker = childtest.Share("MORKET_TEST_AMQP_URL", func(dir string) (string, func() error, error) {
	s, err := rabbitchild.Start(context.Background(), rabbitchild.Config{Dir: dir})
	if err != nil {
		return "", nil, err
	}
	return s.URL(), s.Stop, nil
})

func TestMain(m *testing.M) { os.Exit(broker.Run(m)) }

// prefix returns one for a test and removes what was made under it at the end.
func prefix(t *testing.T, url string) string {
	t.Helper()
	p := "test." + strings.ToLower(rand.Text()) + "."
	t.Cleanup(func() {
		c, err := amqp.Dial(url)
		require.NoError(t, err)
		defer func() { _ = c.Close() }()
		ch, err := c.Channel()
		require.NoError(t, err)
		for _, group := range []string{"g", "one", "two", "slow", "fast"} {
			_, err := ch.QueueDelete(p+logmsg.Topic+"."+group, false, false, false)
			require.NoError(t, err)
		}
		require.NoError(t, ch.ExchangeDelete(p+logmsg.Topic, false, false))
	})
	return p
}

func publisher(t *testing.T, cfg amqpbus.PublisherConfig) *amqpbus.Publisher {
	t.Helper()
	p := amqpbus.NewPublisher(cfg)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

func subscriber(t *testing.T, cfg amqpbus.SubscriberConfig) *amqpbus.Subscriber {
	t.Helper()
	cfg.BackoffMax = 500 * time.Millisecond
	s := amqpbus.NewSubscriber(cfg)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestBus(t *testing.T) {
	t.Parallel()
	url := broker.URL(t)
	for name, mandatory := range map[string]bool{"mandatory": true, "not mandatory": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bustest.Run(t, bustest.Features{Keeps: true, Groups: true, Redelivers: true}, func(t *testing.T) bustest.Bus {
				t.Helper()
				p := prefix(t, url)
				return bustest.Bus{
					Publisher: publisher(t, amqpbus.PublisherConfig{URL: url, Prefix: p, Mandatory: mandatory}),
					Subscriber: func(t *testing.T, group string) message.Subscriber {
						t.Helper()
						return subscriber(t, amqpbus.SubscriberConfig{URL: url, Prefix: p, Group: group, MaxLength: 100, Prefetch: 10})
					},
				}
			})
		})
	}
}

func TestAMandatoryMessageThatNobodyTakesIsNotConfirmed(t *testing.T) {
	t.Parallel()
	url := broker.URL(t)
	pub := publisher(t, amqpbus.PublisherConfig{URL: url, Prefix: prefix(t, url), Mandatory: true, Window: 3})
	err := pub.Publish(logmsg.Topic, bustest.Messages(t, bustest.Events(1, 10), 1)...)
	require.ErrorIs(t, err, amqpbus.ErrReturned)
	var partial *logmsg.PartialError
	require.ErrorAs(t, err, &partial)
	require.Zero(t, partial.Confirmed)
}

func TestAnUnreachableBrokerIsAnErrorAtOnce(t *testing.T) {
	t.Parallel()
	pub := publisher(t, amqpbus.PublisherConfig{URL: "amqp://127.0.0.1:1/"})
	var partial *logmsg.PartialError
	require.ErrorAs(t, pub.Publish(logmsg.Topic, bustest.Messages(t, bustest.Events(1, 1), 1)...), &partial)
	require.Zero(t, partial.Confirmed)
	sub := subscriber(t, amqpbus.SubscriberConfig{URL: "amqp://127.0.0.1:1/", Group: "g"})
	messages, err := sub.Subscribe(t.Context(), logmsg.Topic)
	require.NoError(t, err, "a subscriber keeps trying")
	require.NoError(t, sub.Close())
	_, ok := <-messages
	require.False(t, ok)
}

func TestADeletedQueueIsDeclaredAgain(t *testing.T) {
	t.Parallel()
	url := broker.URL(t)
	p := prefix(t, url)
	pub := publisher(t, amqpbus.PublisherConfig{URL: url, Prefix: p, Mandatory: true})
	messages := bustest.Subscribe(t.Context(), t, subscriber(t, amqpbus.SubscriberConfig{URL: url, Prefix: p, Group: "g"}))
	log := bustest.Events(1, 20)
	require.NoError(t, pub.Publish(logmsg.Topic, bustest.Messages(t, log[:5], 1)...))
	c := bustest.Consumer{Log: log}
	c.Until(t, messages, 5)

	conn, err := amqp.Dial(url)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	ch, err := conn.Channel()
	require.NoError(t, err)
	_, err = ch.QueueDelete(p+logmsg.Topic+".g", false, false, false)
	require.NoError(t, err)

	require.Eventually(t, func() bool {
		return pub.Publish(logmsg.Topic, bustest.Messages(t, log[5:], 1)...) == nil
	}, 20*time.Second, 20*time.Millisecond)
	c.Until(t, messages, 20)
}

func TestAQueueWithOtherLimitsIsUsedAsItIs(t *testing.T) {
	t.Parallel()
	url := broker.URL(t)
	p := prefix(t, url)
	old := subscriber(t, amqpbus.SubscriberConfig{URL: url, Prefix: p, Group: "g", MaxLength: 10})
	require.NoError(t, old.SubscribeInitialize(logmsg.Topic))
	messages := bustest.Subscribe(t.Context(), t, subscriber(t, amqpbus.SubscriberConfig{URL: url, Prefix: p, Group: "g", MaxLength: 20}))
	pub := publisher(t, amqpbus.PublisherConfig{URL: url, Prefix: p, Mandatory: true})
	require.NoError(t, pub.Publish(logmsg.Topic, bustest.Messages(t, bustest.Events(1, 1), 1)...))
	require.EqualValues(t, 1, bustest.Next(t, messages).First)
}

func TestWithoutAGroupEachSubscriptionSeesEverything(t *testing.T) {
	t.Parallel()
	url := broker.URL(t)
	p := prefix(t, url)
	pub := publisher(t, amqpbus.PublisherConfig{URL: url, Prefix: p, Mandatory: true})
	s := subscriber(t, amqpbus.SubscriberConfig{URL: url, Prefix: p})
	require.Error(t, s.SubscribeInitialize(logmsg.Topic))
	var all []<-chan *message.Message
	for range 2 {
		messages, err := s.Subscribe(t.Context(), logmsg.Topic)
		require.NoError(t, err)
		all = append(all, messages)
	}
	for _, messages := range all { // one position after the other, until both queues are there
		position := int64(0)
		require.Eventually(t, func() bool {
			position++
			_ = pub.Publish(logmsg.Topic, bustest.Messages(t, bustest.Events(position, 1), 1)...)
			select {
			case m := <-messages:
				m.Ack()
				return true
			case <-time.After(50 * time.Millisecond):
				return false
			}
		}, 20*time.Second, time.Millisecond)
	}
}

func TestRoutingKeysAndContentTypesTravel(t *testing.T) {
	t.Parallel()
	url := broker.URL(t)
	p := prefix(t, url)
	pub := publisher(t, amqpbus.PublisherConfig{URL: url, Prefix: p, Kind: amqpbus.Topic})
	s := subscriber(t, amqpbus.SubscriberConfig{URL: url, Prefix: p, Kind: amqpbus.Topic, Group: "g", Binding: "ws.1.#"})
	messages := bustest.Subscribe(t.Context(), t, s)
	for _, key := range []string{"ws.2.table.made", "ws.1.table.made"} {
		m := message.NewMessage(key, []byte(`{}`))
		m.Metadata.Set(logmsg.RoutingKey, key)
		m.Metadata.Set(logmsg.ContentTypeKey, "application/json")
		m.Metadata.Set("other", "header")
		require.NoError(t, pub.Publish(logmsg.Topic, m))
	}
	m := <-messages
	m.Ack()
	require.Equal(t, "ws.1.table.made", m.UUID)
	require.Equal(t, message.Metadata{logmsg.RoutingKey: "ws.1.table.made", logmsg.ContentTypeKey: "application/json", "other": "header"}, m.Metadata)
}

// The broker is killed and started again on its files, first seconds after the queue was declared, when the crash leaves it
// without a leader, then while messages are published. Both sides come back by themselves, and the consumer has every event
// once, from the bus or the log.
func TestABrokerThatCrashes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start := func(port int) *rabbitchild.Server {
		s, err := rabbitchild.Start(t.Context(), rabbitchild.Config{Dir: dir, Port: port})
		require.NoError(t, err, "the tests need RabbitMQ")
		return s
	}
	b := start(0)
	defer func() { require.NoError(t, b.Stop()) }()
	pub := publisher(t, amqpbus.PublisherConfig{URL: b.URL(), Mandatory: true, Timeout: 2 * time.Second})
	sub := subscriber(t, amqpbus.SubscriberConfig{URL: b.URL(), Group: "g", Prefetch: 5, Timeout: 3 * time.Second})
	messages := bustest.Subscribe(t.Context(), t, sub)
	log := bustest.Events(1, 3000)
	require.NoError(t, pub.Publish(logmsg.Topic, bustest.Messages(t, log[:20], 1)...))
	c := bustest.Consumer{Log: log}
	c.Until(t, messages, 10)

	require.NoError(t, b.Kill())
	require.Error(t, pub.Publish(logmsg.Topic, bustest.Messages(t, log[20:30], 1)...))
	b = start(b.Port())
	publishUntil(t, pub, log[20:40], messages, &c)

	ended := make(chan struct{})
	go func() {
		defer close(ended)
		publishAll(t, pub, log[40:])
	}()
	c.Until(t, messages, 500)
	require.NoError(t, b.Kill())
	b = start(b.Port())
	for done := false; !done; {
		select {
		case m := <-messages:
			take(t, &c, m)
		case <-ended:
			done = true
		}
	}
	publishUntil(t, pub, log[len(log)-10:], messages, &c)
}

// publishUntil publishes the events again and again until the consumer has them. The broker confirms what it has put into a
// queue that is then deleted; a real consumer sees that the log has grown, this one only what comes after.
func publishUntil(t *testing.T, pub *amqpbus.Publisher, log []eventstore.Recorded, messages <-chan *message.Message, c *bustest.Consumer) {
	t.Helper()
	want := log[len(log)-1].Position
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for c.Last < want {
		select {
		case m := <-messages:
			take(t, c, m)
		case <-tick.C:
			publishAll(t, pub, log)
		case <-deadline:
			require.FailNow(t, "the consumer doesn't come back")
		}
	}
}

func take(t *testing.T, c *bustest.Consumer, m *message.Message) {
	t.Helper()
	batch, err := logmsg.Decode(m)
	require.NoError(t, err)
	c.Receive(t, batch)
	m.Ack()
}

// publishAll publishes as the relay does: after a failure it goes on from what is confirmed.
func publishAll(t *testing.T, pub *amqpbus.Publisher, log []eventstore.Recorded) {
	t.Helper()
	for len(log) > 0 && t.Context().Err() == nil {
		n := min(200, len(log))
		err := pub.Publish(logmsg.Topic, bustest.Messages(t, log[:n], 1)...)
		if err != nil {
			var partial *logmsg.PartialError
			if !assert.ErrorAs(t, err, &partial) {
				return
			}
			n = partial.Confirmed
		}
		log = log[n:]
	}
}

func BenchmarkPublish(b *testing.B) {
	url := broker.URL(b)
	p := "bench." + strings.ToLower(rand.Text()) + "."
	s := amqpbus.NewSubscriber(amqpbus.SubscriberConfig{URL: url, Prefix: p, Group: "g"})
	defer func() { _ = s.Close() }()
	messages := bustest.Subscribe(b.Context(), b, s)
	go func() {
		for m := range messages {
			m.Ack()
		}
	}()
	pub := amqpbus.NewPublisher(amqpbus.PublisherConfig{URL: url, Prefix: p, Mandatory: true})
	defer func() { _ = pub.Close() }()
	all := bustest.Messages(b, bustest.Events(1, b.N), 1)
	b.ResetTimer()
	require.NoError(b, pub.Publish(logmsg.Topic, all...))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
