package amqpbus

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// Kind is the kind of an exchange.
type Kind string

// The kinds in use.
const (
	Fanout Kind = amqp.ExchangeFanout // every queue gets every message
	Topic  Kind = amqp.ExchangeTopic  // a queue gets the routing keys it is bound by
)

// queueLife is how long a group's queue lives without a consumer, so that the queues of groups that are no more go.
const queueLife = 7 * 24 * time.Hour

const (
	dialWithin = 5 * time.Second
	heartbeat  = 10 * time.Second
)

// dial connects under a name that the broker's administrator sees. It also returns the connection underneath, for cutting
// it off.
func dial(url, name string) (*amqp.Connection, net.Conn, error) {
	var wire net.Conn
	c, err := amqp.DialConfig(url, amqp.Config{
		Heartbeat: heartbeat, Properties: amqp.Table{"connection_name": name},
		Dial: func(network, address string) (conn net.Conn, err error) {
			wire, err = amqp.DefaultDial(dialWithin)(network, address)
			return wire, err
		},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("connect to RabbitMQ: %w", err)
	}
	return c, wire, nil
}

// Check is nil when the broker lets us in, for readiness. It waits no longer than ctx.
func Check(ctx context.Context, url string) error {
	done := make(chan error, 1)
	go func() {
		_, wire, err := dial(url, "morket readiness")
		if err == nil {
			_ = wire.Close() // nothing was said that would have to be heard
		}
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("connect to RabbitMQ: %w", ctx.Err())
	}
}

func declareExchange(ch *amqp.Channel, name string, kind Kind) error {
	if err := ch.ExchangeDeclare(name, string(kind), true, false, false, false, nil); err != nil {
		return fmt.Errorf("declare exchange %s: %w", name, err)
	}
	return nil
}

// queue is a consumer group's queue.
type queue struct {
	exchange, name string
	kind           Kind
	binding        string
	maxLength      int
	maxBytes       int64
	private        bool // of one connection, gone with it
}

func (q queue) arguments() amqp.Table {
	args := amqp.Table{"x-max-length": int64(q.maxLength), "x-max-length-bytes": q.maxBytes, "x-overflow": "drop-head"}
	if !q.private {
		args["x-queue-type"] = "quorum"
		args["x-single-active-consumer"] = true
		args["x-expires"] = queueLife.Milliseconds()
	}
	return args
}

// declare makes the exchange, the queue and the binding where they are missing. A queue that is there with other limits,
// those of another release, is used as it is: members of both releases may be consuming. Delete it and it is declared anew.
func (q queue) declare(c *amqp.Connection) error {
	if err := onChannel(c, func(ch *amqp.Channel) error { return declareExchange(ch, q.exchange, q.kind) }); err != nil {
		return err
	}
	err := onChannel(c, func(ch *amqp.Channel) error {
		_, err := ch.QueueDeclare(q.name, !q.private, q.private, q.private, false, q.arguments())
		return err
	})
	var refused *amqp.Error
	if err != nil && (!errors.As(err, &refused) || refused.Code != amqp.PreconditionFailed) {
		return fmt.Errorf("declare queue %s: %w", q.name, err)
	}
	err = onChannel(c, func(ch *amqp.Channel) error { return ch.QueueBind(q.name, q.binding, q.exchange, false, nil) })
	if err != nil {
		return fmt.Errorf("bind queue %s to %s: %w", q.name, q.exchange, err)
	}
	return nil
}

// onChannel runs fn on a channel of its own, since a refused declaration closes the channel.
func onChannel(c *amqp.Connection, fn func(*amqp.Channel) error) error {
	ch, err := c.Channel()
	if err != nil {
		return fmt.Errorf("open a channel: %w", err)
	}
	defer func() { _ = ch.Close() }()
	return fn(ch)
}

// uniqueName returns a name that nobody else has.
func uniqueName() string { return strings.ToLower(rand.Text()) }
