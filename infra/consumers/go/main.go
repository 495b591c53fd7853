// Command go is a sample consumer of Morket's events over RabbitMQ. It has a durable queue of its own with a dead-letter queue, connects
// again by itself, and acts on each event once: what it does and which event it did it for are one line of one file.
//
//	AMQP_URL=amqp://… STATE=./events.jsonl go run ./infra/consumers/go
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	prefetch      = 50
	deliveryLimit = 5 // after which RabbitMQ puts a message that is never acknowledged into the dead-letter queue
	retry         = time.Second
)

func main() {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := consumer{
		url: os.Getenv("AMQP_URL"), exchange: cmp.Or(os.Getenv("EXCHANGE"), "morket.events"),
		queue: cmp.Or(os.Getenv("QUEUE"), "sample-go"), binding: cmp.Or(os.Getenv("BINDING"), "ws.#"), log: log,
	}
	if err := c.open(cmp.Or(os.Getenv("STATE"), "events.jsonl")); err != nil {
		log.Error("open the state", "error", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
	for ctx.Err() == nil {
		err := c.consume(ctx)
		log.WarnContext(ctx, "connecting again", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(retry):
		}
	}
}

type consumer struct {
	url, exchange, queue, binding string
	log                           *slog.Logger
	state                         *os.File
	seen                          map[string]bool // stream/version
}

// event is what this consumer needs of a CloudEvent.
type event struct {
	ID       string `json:"id"` // stream/version: the same event always has the same id
	Type     string `json:"type"`
	Position string `json:"position"`
}

// open reads which events were dealt with. A line that a crash cut off was not written: it is cut away.
func (c *consumer) open(path string) error {
	var err error
	c.state, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644) //nolint:gosec // where the state is kept is the operator's to say
	if err != nil {
		return err
	}
	c.seen = map[string]bool{}
	whole := int64(0)
	for lines := bufio.NewReader(c.state); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			break
		}
		var e event
		if json.Unmarshal(line, &e) != nil {
			break
		}
		c.seen[e.ID] = true
		whole += int64(len(line))
	}
	if err := c.state.Truncate(whole); err != nil {
		return err
	}
	_, err = c.state.Seek(whole, 0)
	return err
}

// handle does the work for an event, and notes the event in the same write. A database would do both in one transaction.
func (c *consumer) handle(e event) error {
	if c.seen[e.ID] {
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := c.state.Write(append(line, '\n')); err != nil {
		return err
	}
	c.seen[e.ID] = true
	return c.state.Sync()
}

// declare makes the queues, if they are not there: this consumer's own, and the one for what it can't read.
func (c *consumer) declare(ch *amqp.Channel) error {
	dead := c.queue + ".dead"
	_, err := ch.QueueDeclare(dead, true, false, false, false, amqp.Table{"x-queue-type": "quorum"})
	return errors.Join(err,
		ch.ExchangeDeclare(c.exchange, amqp.ExchangeTopic, true, false, false, false, nil),
		second(ch.QueueDeclare(c.queue, true, false, false, false, amqp.Table{
			"x-queue-type": "quorum", "x-delivery-limit": int64(deliveryLimit),
			"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead,
			// Else a message is gone if the dead-letter queue can't take it just then. RabbitMQ wants to be allowed to refuse for it.
			"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish",
		})),
		ch.QueueBind(c.queue, c.binding, c.exchange, false, nil), ch.Qos(prefetch, 0, false))
}

func second[T any](_ T, err error) error { return err }

// consume handles events until the connection is lost.
func (c *consumer) consume(ctx context.Context) error {
	conn, err := amqp.DialConfig(c.url, amqp.Config{Heartbeat: 10 * time.Second, Properties: amqp.Table{"connection_name": c.queue}})
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // it may be lost
	ch, err := conn.Channel()
	if err != nil {
		return err
	}
	if err := c.declare(ch); err != nil {
		return err
	}
	deliveries, err := ch.ConsumeWithContext(ctx, c.queue, "", false, false, false, false, nil)
	if err != nil {
		return err
	}
	for d := range deliveries {
		var e event
		if err := json.NewDecoder(bytes.NewReader(d.Body)).Decode(&e); err != nil || e.ID == "" {
			c.log.WarnContext(ctx, "not an event, into the dead-letter queue", "message", d.MessageId)
			if err := d.Reject(false); err != nil {
				return err
			}
			continue
		}
		if err := c.handle(e); err != nil {
			return fmt.Errorf("handle %s: %w", e.ID, err) // unacknowledged, so it comes again
		}
		if err := d.Ack(false); err != nil {
			return err
		}
	}
	return errors.New("the connection was lost")
}
