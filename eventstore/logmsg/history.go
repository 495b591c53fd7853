package logmsg

import (
	"context"
	"log/slog"

	"github.com/ThreeDotsLabs/watermill/message"
)

// HistoryKey is the key of a message's metadata that names the history of the log that it is of.
const HistoryKey = "history"

// InHistory makes a publisher whose messages name the log's history. A broker may hold messages from before a restore, whose positions
// the restored log fills with other events.
func InHistory(p message.Publisher, history func() string) message.Publisher {
	return &publisher{p, history}
}

type publisher struct {
	message.Publisher
	history func() string
}

// Publish implements message.Publisher.
func (p *publisher) Publish(topic string, messages ...*message.Message) error {
	history := p.history()
	for _, m := range messages {
		m.Metadata.Set(HistoryKey, history)
	}
	return p.Publisher.Publish(topic, messages...)
}

// OfHistory makes a subscriber that hands over messages of the log's history only; others are acknowledged and forgotten. A message that
// names none is of a publisher from before histories.
func OfHistory(s message.Subscriber, history func() string, log *slog.Logger) message.Subscriber {
	return &subscriber{s, history, log}
}

type subscriber struct {
	message.Subscriber
	history func() string
	log     *slog.Logger
}

// Subscribe implements message.Subscriber.
func (s *subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	in, err := s.Subscriber.Subscribe(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	go s.pass(ctx, in, out)
	return out, nil
}

func (s *subscriber) pass(ctx context.Context, in <-chan *message.Message, out chan<- *message.Message) {
	defer close(out)
	foreign := 0
	for m := range in {
		if h := m.Metadata.Get(HistoryKey); h != "" && h != s.history() {
			if foreign++; foreign == 1 {
				s.log.WarnContext(ctx, "messages of a history that the log is not in are left out", "history", h, "log", s.history())
			}
			m.Ack()
			continue
		}
		select {
		case out <- m:
		case <-ctx.Done():
			return // not acknowledged: it comes again
		}
	}
}
