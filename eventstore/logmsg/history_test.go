package logmsg_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/eventstore/logmsg"
)

// broker keeps what is published until somebody subscribes.
type broker struct{ kept []*message.Message }

func (b *broker) Publish(_ string, messages ...*message.Message) error {
	b.kept = append(b.kept, messages...)
	return nil
}

func (b *broker) Subscribe(context.Context, string) (<-chan *message.Message, error) {
	out := make(chan *message.Message, len(b.kept))
	for _, m := range b.kept {
		out <- m
	}
	close(out)
	return out, nil
}

func (*broker) Close() error { return nil }

// in is a log that is in the history.
func in(history string) func() string { return func() string { return history } }

func TestMessagesOfAnotherHistoryAreLeftOut(t *testing.T) {
	t.Parallel()
	b := &broker{}
	publish := func(p message.Publisher, name string) {
		require.NoError(t, p.Publish(logmsg.Topic, message.NewMessage(name, nil)))
	}
	publish(b, "of a publisher from before histories")
	publish(logmsg.InHistory(b, in("lost")), "lost 1")
	publish(logmsg.InHistory(b, in("present")), "present 1")
	publish(logmsg.InHistory(b, in("lost")), "lost 2")
	publish(logmsg.InHistory(b, in("present")), "present 2")

	messages, err := logmsg.OfHistory(b, in("present"), slog.New(slog.DiscardHandler)).Subscribe(t.Context(), logmsg.Topic)
	require.NoError(t, err)
	var got []string
	for m := range messages {
		got = append(got, m.UUID)
		m.Ack()
	}
	require.Equal(t, []string{"of a publisher from before histories", "present 1", "present 2"}, got)
	for _, m := range b.kept {
		select {
		case <-m.Acked():
		default:
			t.Errorf("%s stays with the broker", m.UUID)
		}
	}
}
