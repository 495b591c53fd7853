package amqpbus

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/ThreeDotsLabs/watermill/message"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/morket/morket/eventstore/logmsg"
)

// A mark says what was published last, although every consumer may have taken it: a broker can be asked whether it has been told more
// than the log holds.
func markQueue(exchange string) string { return exchange + ".mark" }

// declareMark makes the queue of marks, which holds one. Its marks come back each time that they are looked at, so that the limit of
// deliveries, 20 from RabbitMQ 4 on, must not count.
func declareMark(c *amqp.Connection, name string) error {
	err := onChannel(c, func(ch *amqp.Channel) error {
		_, err := ch.QueueDeclare(name, true, false, false, false, amqp.Table{
			"x-queue-type": "quorum", "x-max-length": int64(1), "x-overflow": "drop-head", "x-delivery-limit": int64(math.MaxInt32),
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("declare queue %s: %w", name, err)
	}
	return nil
}

func (p *Publisher) mark(exchange string, m *message.Message) (*amqp.DeferredConfirmation, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(m.Context()), p.cfg.Timeout)
	defer cancel()
	c, err := p.channel.PublishWithDeferredConfirmWithContext(ctx, "", markQueue(exchange), true, false,
		amqp.Publishing{Headers: headersOf(m), DeliveryMode: amqp.Persistent, MessageId: "mark", AppId: "morket"})
	if err != nil {
		return nil, fmt.Errorf("mark %s: %w", exchange, err)
	}
	return c, nil
}

// LastMark hands what was last published on the topic to look, nil if nothing was. If look says so, it is forgotten.
func LastMark(ctx context.Context, url, exchange string, look func(message.Metadata) (forget bool, err error)) error {
	conn, wire, err := dial(url, "morket mark")
	if err != nil {
		return err
	}
	defer func() { _ = wire.Close() }() // without a goodbye: what was looked at comes back
	stop := context.AfterFunc(ctx, func() { _ = wire.Close() })
	defer stop()
	queue := markQueue(exchange)
	if err := declareMark(conn, queue); err != nil {
		return err
	}
	ch, err := conn.Channel()
	if err != nil {
		return fmt.Errorf("open a channel: %w", err)
	}
	mark, tag, err := newest(ch, queue)
	if err != nil {
		return fmt.Errorf("look into queue %s: %w", queue, err)
	}
	forget, err := look(mark)
	switch {
	case err != nil || mark == nil:
		return err
	case !forget:
		return ch.Nack(tag, true, true)
	}
	if err := ch.Ack(tag, true); err != nil {
		return fmt.Errorf("forget a mark: %w", err)
	}
	return ch.Close() // waits until the broker has heard it
}

// newest takes what is in the queue, two marks at most while one is being written, and returns the one that tells of more.
func newest(ch *amqp.Channel, queue string) (mark message.Metadata, tag uint64, err error) {
	last := int64(-1)
	for {
		d, ok, err := ch.Get(queue, false)
		if err != nil || !ok {
			return mark, tag, err
		}
		m := metadataOf(d)
		tag = d.DeliveryTag
		if at, err := strconv.ParseInt(m.Get(logmsg.LastKey), 10, 64); err == nil && at > last {
			mark, last = m, at
		}
	}
}
