// Package membus is the bus within one process. Each subscriber has a bounded ring of messages; a publisher never waits:
// when a subscriber is slow, its oldest messages give way, and it reads what it missed from the log. Messages of one
// publisher arrive in order. Acks are not waited for and a nacked message doesn't come again.
package membus

import (
	"context"
	"errors"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/morket/morket/eventstore/logmsg"
)

// DefaultSize is how many messages a subscriber's ring holds, and MaxBytes how many bytes of payload: a slow subscriber keeps
// no more than that, and the events beside it, from being freed. One message of any size is held.
const (
	DefaultSize = 256
	MaxBytes    = 4 << 20
)

// ErrClosed is the answer of a bus that was closed.
var ErrClosed = errors.New("the bus is closed")

// Bus is a Watermill publisher and subscriber. It is safe for concurrent use.
type Bus struct {
	size   int
	mu     sync.Mutex
	closed bool
	rings  map[string][]*ring // by topic
	pumps  sync.WaitGroup
}

var (
	_ message.Publisher  = (*Bus)(nil)
	_ message.Subscriber = (*Bus)(nil)
)

// New makes a bus whose subscribers' rings hold size messages; 0 takes DefaultSize.
func New(size int) *Bus {
	if size <= 0 {
		size = DefaultSize
	}
	return &Bus{size: size, rings: map[string][]*ring{}}
}

// Publish hands copies of the messages to each subscriber of the topic. A decoded batch in a message's context goes along.
func (b *Bus) Publish(topic string, messages ...*message.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return ErrClosed
	}
	for _, r := range b.rings[topic] {
		for _, m := range messages {
			r.push(m)
		}
	}
	return nil
}

// Subscribe returns the topic's messages from now on. The channel is closed when ctx ends or the bus is closed.
func (b *Bus) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, ErrClosed
	}
	r := &ring{buf: make([]*message.Message, b.size), filled: make(chan struct{}, 1), done: make(chan struct{})}
	b.rings[topic] = append(b.rings[topic], r)
	out := make(chan *message.Message)
	b.pumps.Go(func() {
		defer close(out)
		defer b.remove(topic, r)
		r.pump(ctx, out)
	})
	return out, nil
}

func (b *Bus) remove(topic string, gone *ring) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var rest []*ring
	for _, r := range b.rings[topic] {
		if r != gone {
			rest = append(rest, r)
		}
	}
	b.rings[topic] = rest
}

// Close ends all subscriptions and waits until their channels are closed. It may be called more than once.
func (b *Bus) Close() error {
	b.mu.Lock()
	if !b.closed {
		b.closed = true
		for _, rings := range b.rings {
			for _, r := range rings {
				close(r.done)
			}
		}
	}
	b.mu.Unlock()
	b.pumps.Wait()
	return nil
}

// ring holds the newest messages that a subscriber hasn't taken.
type ring struct {
	mu     sync.Mutex
	buf    []*message.Message
	head   int // of the oldest
	n      int
	bytes  int
	filled chan struct{} // holds one element when there may be something
	done   chan struct{}
}

func (r *ring) push(m *message.Message) {
	r.mu.Lock()
	r.bytes += len(m.Payload)
	for r.n == len(r.buf) || r.n > 0 && r.bytes > MaxBytes {
		r.removeOldest()
	}
	r.buf[(r.head+r.n)%len(r.buf)] = m
	r.n++
	r.mu.Unlock()
	select {
	case r.filled <- struct{}{}:
	default:
	}
}

func (r *ring) pop() *message.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n == 0 {
		return nil
	}
	return r.removeOldest()
}

// removeOldest removes the oldest message; there is one, and the caller holds the lock.
func (r *ring) removeOldest() *message.Message {
	m := r.buf[r.head]
	r.buf[r.head] = nil
	r.head = (r.head + 1) % len(r.buf)
	r.n--
	r.bytes -= len(m.Payload)
	return m
}

// pump hands messages out until ctx ends or the bus is closed.
func (r *ring) pump(ctx context.Context, out chan<- *message.Message) {
	for {
		m := r.pop()
		if m == nil {
			select {
			case <-r.filled:
				continue
			case <-ctx.Done():
				return
			case <-r.done:
				return
			}
		}
		select {
		case out <- forSubscriber(ctx, m):
		case <-ctx.Done():
			return
		case <-r.done:
			return
		}
	}
}

// forSubscriber copies a message, so that each subscriber acks its own; the payload and the decoded batch are shared.
func forSubscriber(ctx context.Context, m *message.Message) *message.Message {
	c := message.NewMessage(m.UUID, m.Payload)
	for k, v := range m.Metadata {
		c.Metadata.Set(k, v)
	}
	if batch, ok := logmsg.FromContext(m.Context()); ok { //nolint:contextcheck // a message has a context of its own
		ctx = logmsg.WithBatch(ctx, batch)
	}
	c.SetContext(ctx)
	return c
}
