package amqpbus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/morket/morket/eventstore/logmsg"
)

// PublisherConfig is what a Publisher needs.
type PublisherConfig struct {
	URL    string
	Prefix string // before the names of exchanges; tests keep apart by it
	Kind   Kind   // of the exchanges published to; default Fanout
	// Mandatory makes a message that no queue takes a failure. Use it where a queue must exist.
	Mandatory bool
	// Mark keeps what the last message says of itself, without its payload, in a queue of its own that nobody consumes, for LastMark.
	Mark    bool
	Window  int           // unconfirmed messages at a time; default 1,000
	Timeout time.Duration // for a confirm; default 10 s
}

// ErrReturned says that no queue took a mandatory message.
var ErrReturned = errors.New("no queue takes the message")

// ErrClosed is the answer of a publisher or subscriber that was closed.
var ErrClosed = errors.New("the bus is closed")

// Publisher sends messages with confirms. It is safe for concurrent use; calls take turns.
type Publisher struct {
	cfg PublisherConfig

	mu       sync.Mutex
	closed   bool
	conn     *amqp.Connection
	wire     net.Conn // under conn
	channel  *amqp.Channel
	returns  chan amqp.Return
	returned map[string]amqp.Return // by message id, since the connection was made
	declared map[string]bool
}

var _ message.Publisher = (*Publisher)(nil)

// NewPublisher makes a publisher. It connects at the first Publish.
func NewPublisher(cfg PublisherConfig) *Publisher {
	cfg.Kind = cmp.Or(cfg.Kind, Fanout)
	cfg.Window = cmp.Or(cfg.Window, 1000)
	cfg.Timeout = cmp.Or(cfg.Timeout, 10*time.Second)
	return &Publisher{cfg: cfg}
}

// Publish sends the messages to the topic's exchange and returns when the broker has confirmed all of them, or with a
// *logmsg.PartialError. After a failure the next call connects anew; the caller decides how soon.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	confirmed, err := p.publish(p.cfg.Prefix+topic, messages)
	if err == nil {
		return nil
	}
	p.disconnect()
	return &logmsg.PartialError{Confirmed: confirmed, Err: err}
}

func (p *Publisher) publish(exchange string, messages []*message.Message) (confirmed int, err error) {
	if err := p.connect(exchange); err != nil {
		return 0, err
	}
	// A broker that is short of memory stops reading, and then a write to it waits for ever.
	wire := p.wire
	watchdog := time.AfterFunc(2*p.cfg.Timeout, func() { _ = wire.Close() })
	defer watchdog.Stop()
	waiting := make([]*amqp.DeferredConfirmation, 0, min(len(messages), p.cfg.Window))
	settle := func() error {
		if err := p.confirm(waiting[0], messages[confirmed].UUID); err != nil {
			return err
		}
		waiting = waiting[1:]
		confirmed++
		watchdog.Reset(2 * p.cfg.Timeout)
		return nil
	}
	if p.cfg.Mark && len(messages) > 0 { // before the messages, so that no queue has one that the mark does not tell of
		mark, err := p.mark(exchange, messages[len(messages)-1])
		if err != nil {
			return 0, err
		}
		defer func() {
			if err == nil {
				err = p.confirm(mark, "mark")
			}
		}()
	}
	for _, m := range messages {
		if len(waiting) == p.cfg.Window {
			if err := settle(); err != nil {
				return confirmed, err
			}
		}
		c, err := p.send(exchange, m)
		if err != nil { // those before it may still be confirmed
			for len(waiting) > 0 && settle() == nil {
				continue
			}
			return confirmed, err
		}
		waiting = append(waiting, c)
	}
	for len(waiting) > 0 {
		if err := settle(); err != nil {
			return confirmed, err
		}
	}
	return confirmed, nil
}

func headersOf(m *message.Message) amqp.Table {
	headers := amqp.Table{}
	for k, v := range m.Metadata {
		if k != logmsg.ContentTypeKey && k != logmsg.RoutingKey {
			headers[k] = v
		}
	}
	return headers
}

func (p *Publisher) send(exchange string, m *message.Message) (*amqp.DeferredConfirmation, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(m.Context()), p.cfg.Timeout)
	defer cancel()
	c, err := p.channel.PublishWithDeferredConfirmWithContext(ctx, exchange, m.Metadata.Get(logmsg.RoutingKey), p.cfg.Mandatory, false,
		amqp.Publishing{
			Headers: headersOf(m), ContentType: cmp.Or(m.Metadata.Get(logmsg.ContentTypeKey), "application/octet-stream"),
			DeliveryMode: amqp.Persistent, MessageId: m.UUID, AppId: "morket", Body: m.Payload,
		})
	if err != nil {
		return nil, fmt.Errorf("publish on %s: %w", exchange, err)
	}
	return c, nil
}

// confirm waits until the broker has confirmed the message. A mandatory message that no queue took is returned *before* it
// is confirmed (AMQP 0-9-1, basic.return; RabbitMQ, "Publisher Confirms"), so by then the return is here.
func (p *Publisher) confirm(c *amqp.DeferredConfirmation, id string) error {
	timer := time.NewTimer(p.cfg.Timeout)
	defer timer.Stop()
	select {
	case <-c.Done():
	case <-timer.C:
		return fmt.Errorf("message %s: no confirm within %v", id, p.cfg.Timeout)
	}
	if !c.Acked() { // refused, or the channel was closed
		return fmt.Errorf("message %s was not taken by the broker", id)
	}
	for {
		select {
		case r, ok := <-p.returns:
			if ok {
				p.returned[r.MessageId] = r
				continue
			}
		default:
		}
		break
	}
	if r, ok := p.returned[id]; ok {
		return fmt.Errorf("message %s: %w (%d %s)", id, ErrReturned, r.ReplyCode, r.ReplyText)
	}
	return nil
}

// connect makes sure of a channel in confirm mode and of the exchange.
func (p *Publisher) connect(exchange string) error {
	if p.conn == nil || p.conn.IsClosed() || p.channel.IsClosed() {
		p.disconnect()
		if err := p.open(); err != nil {
			p.disconnect()
			return err
		}
	}
	if p.declared[exchange] {
		return nil
	}
	if err := declareExchange(p.channel, exchange, p.cfg.Kind); err != nil {
		return err
	}
	if p.cfg.Mark {
		if err := declareMark(p.conn, markQueue(exchange)); err != nil {
			return err
		}
	}
	p.declared[exchange] = true
	return nil
}

func (p *Publisher) open() (err error) {
	if p.conn, p.wire, err = dial(p.cfg.URL, "morket publisher"); err != nil {
		return err
	}
	if p.channel, err = p.conn.Channel(); err != nil {
		return fmt.Errorf("open a channel: %w", err)
	}
	if err = p.channel.Confirm(false); err != nil {
		return fmt.Errorf("ask for confirms: %w", err)
	}
	// Room for every message of a window, so that the connection's reader never waits for us.
	p.returns = p.channel.NotifyReturn(make(chan amqp.Return, p.cfg.Window))
	p.declared, p.returned = map[string]bool{}, map[string]amqp.Return{}
	return nil
}

// disconnect drops the connection without a goodbye, for which a broker that hangs could keep us waiting.
func (p *Publisher) disconnect() {
	if p.wire != nil {
		_ = p.wire.Close() // it may be long dead
	}
	p.conn, p.wire, p.channel = nil, nil, nil
}

// Close ends the connection. It may be called more than once.
func (p *Publisher) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.conn != nil && !p.conn.IsClosed() {
		_ = p.channel.Close() // a goodbye, so that the broker logs no lost client
	}
	p.disconnect()
	return nil
}
