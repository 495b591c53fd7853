package boot

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/morket/morket/adapters/bus/amqpbus"
	"github.com/morket/morket/adapters/bus/membus"
	"github.com/morket/morket/adapters/leader/pgleader"
	"github.com/morket/morket/eventstore/logmsg"
	"github.com/morket/morket/eventstore/relay"
)

// bus is how the log reaches its consumers.
type bus struct {
	log        message.Publisher
	events     message.Publisher // for integrators; nil without a broker
	leadership relay.Leadership
	// subscribe makes the subscriber of a consumer group; an empty group sees everything in each process.
	subscribe func(group string) message.Subscriber
	// presence and presences pass on by whom which table is open; each process sees all of it.
	presence  message.Publisher
	presences message.Subscriber
	// drop deletes the queues of the consumer groups, and says how many messages were in them; nil without a broker.
	drop    func(ctx context.Context) (int64, error)
	closers []func() error
}

// ringSize is how many batches a slow consumer in this process may fall behind before it reads the log instead.
const ringSize = 1024

// presenceWait is for the broker's confirm of what nobody misses for long.
const presenceWait = 2 * time.Second

func newBus(c *core) *bus {
	if !c.cfg.AMQPURL.IsSet() {
		b := membus.New(ringSize)
		return &bus{
			log:        b,
			leadership: relay.Alone(c.store),
			subscribe:  func(string) message.Subscriber { return b },
			presence:   b,
			presences:  b,
			closers:    []func() error{b.Close},
		}
	}
	url, prefix := c.cfg.AMQPURL.Reveal(), c.cfg.AMQPPrefix
	log := amqpbus.NewPublisher(amqpbus.PublisherConfig{URL: url, Prefix: prefix, Mandatory: true, Mark: true})
	events := amqpbus.NewPublisher(amqpbus.PublisherConfig{URL: url, Prefix: prefix, Kind: amqpbus.Topic})
	presence := amqpbus.NewPublisher(amqpbus.PublisherConfig{URL: url, Prefix: prefix, Timeout: presenceWait})
	presences := amqpbus.NewSubscriber(amqpbus.SubscriberConfig{URL: url, Prefix: prefix, MaxLength: ringSize, Logger: c.log})
	named := func(to message.Publisher) message.Publisher {
		return &comparedPublisher{logmsg.InHistory(to, c.history.ID), c.history}
	}
	out := &bus{
		log:        named(log),
		events:     named(events),
		leadership: pgleader.New(c.pool, "relay"),
		presence:   presence,
		presences:  presences,
		closers:    []func() error{log.Close, events.Close, presence.Close, presences.Close},
	}
	var groups []string
	out.drop = func(ctx context.Context) (int64, error) {
		return amqpbus.DropQueues(ctx, url, prefix, logmsg.Topic, groups)
	}
	out.subscribe = func(group string) message.Subscriber {
		if group != "" {
			groups = append(groups, group) // while the process is put together, before anything runs
		}
		s := amqpbus.NewSubscriber(amqpbus.SubscriberConfig{URL: url, Prefix: prefix, Group: group, Logger: c.log})
		out.closers = append(out.closers, s.Close)
		return logmsg.OfHistory(&comparedSubscriber{s, c.history}, c.history.ID, c.log.With("consumer", group))
	}
	return out
}

func (b *bus) close(log *slog.Logger) {
	var errs []error
	for i := len(b.closers) - 1; i >= 0; i-- {
		errs = append(errs, b.closers[i]())
	}
	if err := errors.Join(errs...); err != nil {
		log.Warn("close the bus", "error", err)
	}
}

func newRelay(c *core, b *bus) (*relay.Relay, error) {
	return relay.New(relay.Config{
		Log:        c.tail,
		Leadership: b.leadership,
		Publisher:  b.log,
		Events:     b.events,
		Encoder:    c.encoder,
		Logger:     c.log.With("part", "relay"),
		Follow:     c.tracing.Follow(),
	})
}
