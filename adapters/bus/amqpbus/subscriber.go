package amqpbus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/logmsg"
)

// SubscriberConfig is what a Subscriber needs. Zero numbers and durations take the defaults.
type SubscriberConfig struct {
	URL    string
	Prefix string // before the names of exchanges and queues; tests keep apart by it
	Kind   Kind   // of the exchange; default Fanout
	// Group names the consumer group: its members share one queue, and one of them at a time gets the messages. Empty makes
	// each subscription a queue of its own that goes when it ends, for what every process must see (live streams).
	Group    string
	Binding  string // of a topic exchange; default "#", everything
	Prefetch int    // messages handed out and not acked; default 64

	MaxLength      int           // messages in the queue; default 10,000
	MaxLengthBytes int64         // default 256 MB
	Timeout        time.Duration // for the broker's answer to a consumer; default 10 s
	BackoffMin     time.Duration // between attempts to connect; default 100 ms, doubling to
	BackoffMax     time.Duration // default 5 s
	Logger         *slog.Logger
}

// Subscriber receives a consumer group's messages. A message that isn't acked comes again, to this or another consumer of
// the group, and so does a nacked one; that breaks the order, which consumers of the log notice by the positions.
type Subscriber struct {
	cfg     SubscriberConfig
	close   context.CancelFunc
	closing context.Context //nolint:containedctx // the subscriber's life, which each subscription's ends with
	running sync.WaitGroup
	mu      sync.Mutex // guards adding to running against Close
}

var (
	_ message.Subscriber           = (*Subscriber)(nil)
	_ message.SubscribeInitializer = (*Subscriber)(nil)
)

// NewSubscriber makes a subscriber. It connects when it is subscribed.
func NewSubscriber(cfg SubscriberConfig) *Subscriber {
	cfg.Kind = cmp.Or(cfg.Kind, Fanout)
	cfg.Binding = cmp.Or(cfg.Binding, "#")
	cfg.Prefetch = cmp.Or(cfg.Prefetch, 64)
	cfg.MaxLength = cmp.Or(cfg.MaxLength, 10_000)
	cfg.MaxLengthBytes = cmp.Or(cfg.MaxLengthBytes, 256<<20)
	cfg.Timeout = cmp.Or(cfg.Timeout, 10*time.Second)
	cfg.BackoffMin = cmp.Or(cfg.BackoffMin, 100*time.Millisecond)
	cfg.BackoffMax = cmp.Or(cfg.BackoffMax, 5*time.Second)
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Subscriber{cfg: cfg}
	s.closing, s.close = context.WithCancel(context.Background()) //nolint:forbidigo // Close ends it
	return s
}

func (s *Subscriber) queue(topic string) queue {
	q := queue{
		exchange: s.cfg.Prefix + topic, kind: s.cfg.Kind, binding: s.cfg.Binding, private: s.cfg.Group == "",
		maxLength: s.cfg.MaxLength, maxBytes: s.cfg.MaxLengthBytes,
	}
	if q.private {
		q.name = s.cfg.Prefix + topic + ".private." + uniqueName()
	} else {
		q.name = groupQueue(s.cfg.Prefix, topic, s.cfg.Group)
	}
	return q
}

func groupQueue(prefix, topic, group string) string { return prefix + topic + "." + group }

// SubscribeInitialize declares the group's queue, so that messages are kept for it from now on.
func (s *Subscriber) SubscribeInitialize(topic string) error {
	if s.cfg.Group == "" {
		return errors.New("a private queue can't be there before its subscription")
	}
	conn, wire, err := dial(s.cfg.URL, "morket "+s.cfg.Group)
	if err != nil {
		return err
	}
	defer func() { _ = wire.Close() }()
	return s.queue(topic).declare(conn)
}

// Subscribe returns the topic's messages until ctx ends or the subscriber is closed; the channel is then closed. It connects
// in the background and whenever the connection is lost, so a broker that is down is no error.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing.Err() != nil {
		return nil, ErrClosed
	}
	out := make(chan *message.Message)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.closing, cancel) //nolint:contextcheck // the subscriber's life ends the subscription's
	s.running.Go(func() {
		defer close(out)
		defer cancel()
		defer stop()
		s.keepConsuming(ctx, s.queue(topic), out)
	})
	return out, nil
}

func (s *Subscriber) keepConsuming(ctx context.Context, q queue, out chan<- *message.Message) {
	pauses := kernel.Doubling(s.cfg.BackoffMin, s.cfg.BackoffMax)
	for ctx.Err() == nil {
		err := s.consume(ctx, q, out, pauses.Reset)
		if ctx.Err() != nil {
			return
		}
		wait := pauses.NextBackOff()
		s.cfg.Logger.WarnContext(ctx, "the bus is away", "queue", q.name, "error", err, "pause", wait)
		if kernel.Pause(ctx, wait) != nil {
			return
		}
	}
}

// consume hands out messages until the connection, the queue or ctx ends.
func (s *Subscriber) consume(ctx context.Context, q queue, out chan<- *message.Message, connected func()) error {
	conn, wire, err := dial(s.cfg.URL, "morket "+s.cfg.Group)
	if err != nil {
		return err
	}
	// Without a goodbye: the broker hands what is unacked to the next consumer at once.
	defer func() { _ = wire.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = wire.Close() })
	defer stop()
	if err := q.declare(conn); err != nil {
		return err
	}
	deliveries, err := s.deliveries(conn, wire, q)
	if err != nil {
		return err
	}
	connected()
	var settling sync.WaitGroup
	defer settling.Wait()
	defer func(wire net.Conn) { _ = wire.Close() }(wire) // before settling.Wait: acks then fail instead of waiting
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case d, ok := <-deliveries:
			if !ok {
				return errors.New("the queue or the connection ended")
			}
			m := received(ctx, d)
			select {
			case out <- m:
			case <-ctx.Done():
				return ctx.Err()
			}
			settling.Go(func() { s.acknowledge(ctx, d, m) })
		}
	}
}

// deliveries begins to consume the queue. A quorum queue that was declared seconds before a crash of the broker can be left
// without a leader (RabbitMQ 3.10): it never answers a consumer, nor confirms what is published, which holds the
// publisher up. Such a queue is deleted, and the next attempt declares it anew.
func (s *Subscriber) deliveries(conn *amqp.Connection, wire net.Conn, q queue) (<-chan amqp.Delivery, error) {
	ch, err := conn.Channel()
	if err != nil {
		return nil, fmt.Errorf("open a channel: %w", err)
	}
	if err := ch.Qos(s.cfg.Prefetch, 0, false); err != nil {
		return nil, fmt.Errorf("set the prefetch: %w", err)
	}
	silent := time.AfterFunc(s.cfg.Timeout, func() { _ = wire.Close() })
	deliveries, err := ch.Consume(q.name, "", false, false, false, false, nil)
	if err == nil && silent.Stop() {
		return deliveries, nil
	}
	if silent.Stop() && !isInternal(err) {
		return nil, fmt.Errorf("consume %s: %w", q.name, err)
	}
	s.cfg.Logger.Warn("the broker can't serve the queue, it is deleted to be declared anew", "queue", q.name, "error", err)
	return nil, errors.Join(fmt.Errorf("consume %s: no answer within %v: %w", q.name, s.cfg.Timeout, err), s.remove(q))
}

func isInternal(err error) bool {
	var refused *amqp.Error
	return errors.As(err, &refused) && refused.Code == amqp.InternalError
}

// remove deletes the queue over a connection of its own.
func (s *Subscriber) remove(q queue) error {
	conn, wire, err := dial(s.cfg.URL, "morket "+s.cfg.Group)
	if err != nil {
		return err
	}
	defer func() { _ = wire.Close() }()
	silent := time.AfterFunc(3*s.cfg.Timeout, func() { _ = wire.Close() })
	defer silent.Stop()
	return onChannel(conn, func(ch *amqp.Channel) error {
		if _, err := ch.QueueDelete(q.name, false, false, false); err != nil {
			return fmt.Errorf("delete queue %s: %w", q.name, err)
		}
		return nil
	})
}

func metadataOf(d amqp.Delivery) message.Metadata {
	out := message.Metadata{}
	for k, v := range d.Headers {
		if text, ok := v.(string); ok {
			out.Set(k, text)
		}
	}
	return out
}

func received(ctx context.Context, d amqp.Delivery) *message.Message {
	m := message.NewMessage(d.MessageId, d.Body)
	m.Metadata = metadataOf(d)
	m.Metadata.Set(logmsg.ContentTypeKey, d.ContentType)
	m.Metadata.Set(logmsg.RoutingKey, d.RoutingKey)
	m.SetContext(ctx)
	return m
}

// acknowledge tells the broker what became of a message. An answer that doesn't get through means that it comes again.
func (s *Subscriber) acknowledge(ctx context.Context, d amqp.Delivery, m *message.Message) {
	var err error
	select {
	case <-m.Acked():
		err = d.Ack(false)
	case <-m.Nacked():
		err = d.Nack(false, true)
	case <-ctx.Done():
	}
	if err != nil {
		s.cfg.Logger.DebugContext(ctx, "a message comes again", "message", m.UUID, "error", err)
	}
}

// Close ends all subscriptions and waits until their channels are closed. It may be called more than once.
func (s *Subscriber) Close() error {
	s.mu.Lock()
	s.close()
	s.mu.Unlock()
	s.running.Wait()
	return nil
}
