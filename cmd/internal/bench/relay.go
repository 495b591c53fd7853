package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/morket/morket/adapters/bus/amqpbus"
	"github.com/morket/morket/adapters/servers/rabbitchild"
	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/eventstore/relay"
)

const (
	relayEvents = 10_000 // published in one measurement
	relayWindow = 1_000  // unconfirmed messages at a time, as the relay's publisher has them
	relayBar    = 0.6
)

// Relay measures how fast events reach RabbitMQ, on a broker of its own in dir and a database of its own on the server of dsn: the rate
// of the relay against a plain loop of amqp091 that sends the same messages to the same kind of queue.
func Relay(ctx context.Context, dsn, dir string) ([]Ratio, error) {
	return measureRelay(ctx, dsn, dir, effort{rounds: 5})
}

func measureRelay(ctx context.Context, dsn, dir string, e effort) (ratios []Ratio, err error) {
	pool, store, drop, err := scratchLog(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	broker, err := rabbitchild.Start(ctx, rabbitchild.Config{Dir: dir, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, broker.Kill()) }() // its data goes with it
	conn, err := amqp.Dial(broker.URL())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // the broker is gone by then
	b := &relayBench{
		logBench: &logBench{effort: e, pool: pool, store: store},
		url:      broker.URL(),
		encoder:  cloudevent.NewEncoder("https://morket.example.com", boot.Published()),
	}
	if b.channel, err = conn.Channel(); err != nil {
		return nil, err
	}
	if err := b.queues(); err != nil {
		return nil, err
	}
	rate, err := b.pair(ctx, Ratio{
		Name: "relay to RabbitMQ",
		Unit: "events/s",
		Bar:  relayBar,
		Note: "limit: a plain amqp091 loop of the same messages",
	}, b.relayed, b.plain)
	return []Ratio{rate}, err
}

type relayBench struct {
	*logBench
	url     string
	encoder *cloudevent.Encoder
	channel *amqp.Channel
}

// The exchange and queue of the limit.
const (
	plainName = "bench.plain"
	benchName = "bench.events"
)

// queues makes a quorum queue for the relay's messages and one for the limit's.
func (b *relayBench) queues() error {
	for name, exchange := range map[string]string{benchName: relay.EventsTopic, plainName: plainName} {
		err := b.channel.ExchangeDeclare(exchange, amqp.ExchangeTopic, true, false, false, false, nil)
		if err == nil {
			_, err = b.channel.QueueDeclare(name, true, false, false, false, amqp.Table{"x-queue-type": "quorum"})
		}
		if err == nil {
			err = b.channel.QueueBind(name, "ws.#", exchange, false, nil)
		}
		if err != nil {
			return fmt.Errorf("make the queue %s: %w", name, err)
		}
	}
	return nil
}

// fill appends the events of a measurement and returns the position before them.
func (b *relayBench) fill(ctx context.Context) (from int64, err error) {
	if from, err = b.store.Head(ctx); err != nil {
		return 0, err
	}
	const at = 500
	for range relayEvents / at {
		if err := b.appendMany(ctx, b.stream("cells"), edit(), at); err != nil {
			return 0, err
		}
	}
	return from, nil
}

// leader is the leadership of a relay that begins at a position, and tells when it has come to another.
type leader struct {
	from, to int64
	done     chan struct{}
}

func (l *leader) Lead(context.Context) (relay.Term, error) { return l, nil }
func (l *leader) Position() int64                          { return l.from }
func (l *leader) Resign(context.Context)                   {}
func (l *leader) Advance(_ context.Context, from, to int64) error {
	l.from = to
	if from < l.to && to >= l.to {
		close(l.done)
	}
	return nil
}

// start runs a relay until stop is called.
func (b *relayBench) start(ctx context.Context, l relay.Leadership) (stop func() error, err error) {
	log := amqpbus.NewPublisher(amqpbus.PublisherConfig{URL: b.url})
	events := amqpbus.NewPublisher(amqpbus.PublisherConfig{URL: b.url, Kind: amqpbus.Topic})
	r, err := relay.New(relay.Config{
		Log:        b.store,
		Leadership: l,
		Publisher:  log,
		Events:     events,
		Encoder:    b.encoder,
		Logger:     slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	return func() error {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			return err
		}
		return errors.Join(log.Close(), events.Close())
	}, nil
}

// relayed is the relay's rate.
func (b *relayBench) relayed(ctx context.Context) (rate float64, err error) {
	from, err := b.fill(ctx)
	if err != nil {
		return 0, err
	}
	l := &leader{from: from, to: from + relayEvents, done: make(chan struct{})}
	begin := time.Now()
	stop, err := b.start(ctx, l)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	select {
	case <-l.done:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	rate = relayEvents / time.Since(begin).Seconds()
	_, err = b.channel.QueuePurge(benchName, false)
	return rate, err
}

// plain is the rate of a loop that sends the same messages, which are made beforehand.
func (b *relayBench) plain(ctx context.Context) (float64, error) {
	from, err := b.fill(ctx)
	if err != nil {
		return 0, err
	}
	var messages []amqp.Publishing
	for len(messages) < relayEvents {
		events, err := b.store.ReadAll(ctx, from, relayEvents-len(messages))
		if err != nil {
			return 0, err
		}
		for _, e := range events {
			body, _, err := b.encoder.Encode(e)
			if err != nil {
				return 0, err
			}
			messages = append(messages, amqp.Publishing{
				ContentType:  cloudevent.ContentType,
				DeliveryMode: amqp.Persistent,
				MessageId:    cloudevent.ID(e),
				Body:         body,
			})
			from = e.Position
		}
	}
	conn, err := amqp.Dial(b.url)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }() // everything is confirmed by then
	begin := time.Now()
	if err := send(ctx, conn, messages); err != nil {
		return 0, err
	}
	rate := relayEvents / time.Since(begin).Seconds()
	_, err = b.channel.QueuePurge(plainName, false)
	return rate, err
}

func send(ctx context.Context, conn *amqp.Connection, messages []amqp.Publishing) error {
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	if err := ch.Confirm(false); err != nil {
		return err
	}
	var waiting []*amqp.DeferredConfirmation
	for i := range messages {
		if len(waiting) == relayWindow {
			if ok, err := waiting[0].WaitContext(ctx); err != nil || !ok {
				return errors.Join(err, errors.New("a message was not confirmed"))
			}
			waiting = waiting[1:]
		}
		c, err := ch.PublishWithDeferredConfirmWithContext(ctx, plainName, "ws.bench.table.cells_edited", false, false, messages[i])
		if err != nil {
			return err
		}
		waiting = append(waiting, c)
	}
	for _, c := range waiting {
		if ok, err := c.WaitContext(ctx); err != nil || !ok {
			return errors.Join(err, errors.New("a message was not confirmed"))
		}
	}
	return nil
}
