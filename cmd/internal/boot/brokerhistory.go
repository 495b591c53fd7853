package boot

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/morket/morket/adapters/bus/amqpbus"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/logmsg"
)

// mark is what a broker was told last; without a position it was told nothing.
type mark struct {
	history, event string
	last           int64
}

// lastPublished asks RabbitMQ.
func lastPublished(cfg config.Config) func(context.Context, func(mark) (bool, error)) error {
	return func(ctx context.Context, look func(mark) (bool, error)) error {
		return amqpbus.LastMark(ctx, cfg.AMQPURL.Reveal(), cfg.AMQPPrefix+logmsg.Topic, func(m message.Metadata) (bool, error) {
			last, err := strconv.ParseInt(m.Get(logmsg.LastKey), 10, 64)
			if err != nil {
				return false, nil //nolint:nilerr // nothing was told, or nothing that says how far
			}
			return look(mark{history: m.Get(logmsg.HistoryKey), event: m.Get(logmsg.LastEventKey), last: last})
		})
	}
}

// ask compares once what the broker was told last with what the log has there. A broker that was told more, or other events, stands
// beside a log that was restored: a new history begins, so that what its queues hold of the old one is left out by every reader.
func (h *history) ask(ctx context.Context) error {
	h.asking.Lock()
	defer h.asking.Unlock()
	if h.asked || h.broker == nil {
		return nil
	}
	err := h.broker(ctx, func(m mark) (forget bool, err error) {
		if err := h.read(ctx); err != nil {
			return false, err
		}
		since, reason, err := h.against(ctx, m)
		if err != nil || reason == "" {
			return false, err
		}
		if reason == forgotten {
			return true, nil
		}
		return true, h.begin(ctx, since, reason) // forgotten, else each start until the next message would begin another one
	})
	h.asked = err == nil
	return err
}

// forgotten is the reason to forget a mark without a new history: the present one has begun after it, and nothing is in it yet.
const forgotten = "forgotten"

// against says why the mark shows that the log was restored, "" if it doesn't, and up to which position the log is what it was.
func (h *history) against(ctx context.Context, m mark) (since int64, reason string, err error) {
	head, err := h.log.Head(ctx)
	if err != nil {
		return 0, "", err
	}
	now := h.now.Load()
	if m.history != now.ID {
		known, err := h.log.Knows(ctx, m.history)
		switch {
		case err != nil || known || m.history == "": // left behind, by the log too
			return 0, "", err
		case head == now.Since:
			return 0, forgotten, nil
		default:
			return h.found, fmt.Sprintf("RabbitMQ was told of position %d in the history %.64s, which the log has lost", m.last, m.history), nil
		}
	}
	if m.last > head {
		return h.found, fmt.Sprintf("RabbitMQ was told of position %d, the log ended at %d", m.last, h.found), nil
	}
	events, err := h.log.ReadPositions(ctx, []int64{m.last})
	if err != nil || len(events) == 1 && logmsg.Fingerprint(events[0]) == m.event {
		return 0, "", err
	}
	return min(now.Since, m.last), fmt.Sprintf("RabbitMQ was told of another event at position %d than the log has there", m.last), nil
}

// untilAsked waits until the broker could be asked.
func (h *history) untilAsked(ctx context.Context) error {
	const first, most = 50 * time.Millisecond, 5 * time.Second
	for wait := first; ; wait = min(2*wait, most) {
		err := h.ask(ctx)
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		h.lines.WarnContext(ctx, "what RabbitMQ holds waits: it can't be asked what it was told last", "error", err)
		if err := kernel.Pause(ctx, wait); err != nil {
			return err
		}
	}
}

// comparedSubscriber hands over what a broker holds once it was compared with the log.
type comparedSubscriber struct {
	message.Subscriber

	history *history
}

// Subscribe implements message.Subscriber.
func (s *comparedSubscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	in, err := s.Subscriber.Subscribe(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		if s.history.untilAsked(ctx) != nil {
			return
		}
		for m := range in {
			select {
			case out <- m:
			case <-ctx.Done():
				return // not acknowledged: it comes again
			}
		}
	}()
	return out, nil
}

// comparedPublisher publishes once what the broker holds was compared with the log: after that it is told of something else.
type comparedPublisher struct {
	message.Publisher

	history *history
}

// Publish implements message.Publisher.
func (p *comparedPublisher) Publish(topic string, messages ...*message.Message) error {
	ctx, cancel := context.WithTimeout(context.Background(), askWithin)
	defer cancel()
	if err := p.history.ask(ctx); err != nil {
		return fmt.Errorf("ask RabbitMQ what it was told last: %w", err)
	}
	return p.Publisher.Publish(topic, messages...)
}
