package boot

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/jackc/pgx/v5/pgxpool"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/bus/amqpbus"
	"github.com/morket/morket/adapters/servers/childtest"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/adapters/servers/rabbitchild"
	"github.com/morket/morket/adapters/servers/toxictest"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/eventstore/logmsg"
	"github.com/morket/morket/eventstore/pgstore"
)

// broker is the RabbitMQ of these tests: the one at MORKET_TEST_AMQP_URL, else a child, started once.
//
//nolint:gochecknoglobals // one server per test process is the point
var broker = childtest.Share("MORKET_TEST_AMQP_URL", func(dir string) (string, func() error, error) {
	s, err := rabbitchild.Start(context.Background(), rabbitchild.Config{Dir: dir})
	if err != nil {
		return "", nil, err
	}
	return s.URL(), s.Stop, nil
})

func TestMain(m *testing.M) { os.Exit(broker.Run(m)) }

const group = "readers"

// besideBroker is an installation's log, and the RabbitMQ that outlives its restores.
type besideBroker struct {
	t      *testing.T
	pool   *pgxpool.Pool
	url    string // as the installation reaches it
	prefix string
}

// listening is what of a process knows the history and the bus.
type listening struct {
	*core

	bus *bus
}

func newBesideBroker(t *testing.T) *besideBroker {
	t.Helper()
	w := &besideBroker{t: t, pool: pgtest.Pool(t), url: broker.URL(t), prefix: "test." + strings.ToLower(rand.Text()) + "."}
	require.NoError(t, migrate(t.Context(), w.pool))
	t.Cleanup(func() {
		c, err := amqp.Dial(broker.URL(t))
		require.NoError(t, err)
		defer func() { _ = c.Close() }()
		ch, err := c.Channel()
		require.NoError(t, err)
		for _, queue := range []string{"." + group, ".mark"} {
			_, err := ch.QueueDelete(w.prefix+logmsg.Topic+queue, false, false, false)
			require.NoError(t, err)
		}
		require.NoError(t, ch.ExchangeDelete(w.prefix+logmsg.Topic, false, false))
	})
	return w
}

func (w *besideBroker) start() *listening {
	w.t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	log, err := pgstore.Open(w.t.Context(), pgstore.Config{Pool: w.pool, Logger: quiet})
	require.NoError(w.t, err)
	w.t.Cleanup(log.Close)
	c := &core{
		base:    &base{cfg: config.Config{AMQPPrefix: w.prefix}, log: quiet, clock: kernel.SystemClock{}, pool: w.pool},
		history: &history{log: log, pool: w.pool, lines: quiet}, encoder: cloudevent.NewEncoder("https://morket.test", nil),
	}
	require.NoError(w.t, c.cfg.AMQPURL.UnmarshalText([]byte(w.url)))
	require.NoError(w.t, findHistory(w.t.Context(), c, nil))
	out := &listening{core: c, bus: newBus(c)}
	w.t.Cleanup(func() { out.bus.close(quiet) })
	return out
}

// grow appends n events and publishes them, as the relay does.
func (w *besideBroker) grow(p *listening, n int, word string) {
	w.t.Helper()
	w.publish(p, w.append(p, n, word))
}

func (w *besideBroker) append(p *listening, n int, word string) []eventstore.Recorded {
	w.t.Helper()
	before, err := p.history.log.Head(w.t.Context())
	require.NoError(w.t, err)
	for i := range n {
		_, err := p.history.log.Append(w.t.Context(), eventstore.Append{
			Meta: kernel.Meta{Actor: kernel.System(), Workspace: "ws_1", IdempotencyKey: fmt.Sprint(word, before, i)},
			Streams: []eventstore.StreamAppend{{
				Stream: "thing-1", Expected: eventstore.Any, Events: []eventstore.EventData{{Type: "thing.said.v1", Data: []byte(`{"word":"` + word + `"}`)}},
			}},
		})
		require.NoError(w.t, err)
	}
	events, err := p.history.log.ReadAll(w.t.Context(), before, n)
	require.NoError(w.t, err)
	require.Len(w.t, events, n)
	return events
}

func (w *besideBroker) publish(p *listening, events []eventstore.Recorded) {
	w.t.Helper()
	var out []*message.Message
	for _, e := range events {
		m, err := logmsg.Encode(logmsg.BatchOf([]eventstore.Recorded{e}))
		require.NoError(w.t, err)
		out = append(out, m)
	}
	require.NoError(w.t, p.bus.log.Publish(logmsg.Topic, out...))
}

// restore sets the log back to the position, as Postgres' own means do, while nothing runs.
func (w *besideBroker) restore(to int64) {
	w.t.Helper()
	for _, sql := range []string{
		`DELETE FROM log.events WHERE position > $1`, `DELETE FROM log.commands WHERE last_position > $1`,
		`UPDATE log.streams SET version = $1, last_position = $1`, `UPDATE log.head SET position = $1`,
	} {
		_, err := w.pool.Exec(w.t.Context(), sql, to)
		require.NoError(w.t, err)
	}
}

// keep has the broker keep messages for the group from now on, and tells it of a first event.
func (w *besideBroker) keep(p *listening) {
	w.t.Helper()
	s := amqpbus.NewSubscriber(amqpbus.SubscriberConfig{URL: w.url, Prefix: w.prefix, Group: group})
	require.NoError(w.t, s.SubscribeInitialize(logmsg.Topic))
	require.NoError(w.t, s.Close())
	w.grow(p, 1, "begin")
}

// read takes messages until the word comes, and returns what they say.
func (w *besideBroker) read(p *listening, until string) (words []string) {
	w.t.Helper()
	messages, err := p.bus.subscribe(group).Subscribe(w.t.Context(), logmsg.Topic)
	require.NoError(w.t, err)
	for m := range messages {
		b, err := logmsg.Decode(m)
		require.NoError(w.t, err)
		m.Ack()
		for _, e := range b.Events {
			words = append(words, strings.TrimSuffix(strings.TrimPrefix(string(e.Data), `{"word":"`), `"}`))
		}
		if slices.Contains(words, until) {
			return words
		}
	}
	return words
}

func (p *listening) histories(t *testing.T) (reasons []string) {
	t.Helper()
	rows, err := p.pool.Query(t.Context(), `SELECT reason FROM log.histories ORDER BY began_at`)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var r string
		require.NoError(t, rows.Scan(&r))
		reasons = append(reasons, r)
	}
	require.NoError(t, rows.Err())
	return reasons
}

// RabbitMQ alone knows more than a log that was set back by other means. However far the log has gone on before RabbitMQ is asked, what
// the queues hold of the lost events reaches no reader.
func TestAReaderTakesNothingThatTheLogHasLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		to, since int64
		behind    string // how RabbitMQ shows it
	}{
		"the log is behind":       {to: 3, since: 3, behind: "RabbitMQ was told of position 11"},
		"the log is empty":        {to: 0, since: 0, behind: "RabbitMQ was told of position 11"},
		"one event was lost":      {to: 10, since: 10, behind: "RabbitMQ was told of position 11"},
		"nothing was lost at all": {to: 11, since: 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newBesideBroker(t)
			first := w.start()
			w.keep(first)
			w.grow(first, 10, "lost")
			before := first.history.ID()
			if c.to < 11 {
				w.restore(c.to)
			}
			second := w.start()
			w.grow(second, 20, "present")
			w.grow(second, 1, "end")
			words := w.read(second, "end")
			reasons := second.histories(t)
			if c.behind == "" {
				require.Equal(t, before, second.history.ID())
				require.Len(t, words, 32, "everything that was kept")
				return
			}
			require.NotEqual(t, before, second.history.ID())
			require.Len(t, reasons, 2)
			require.Contains(t, reasons[1], c.behind)
			require.Equal(t, c.since, second.history.now.Load().Since)
			require.NotContains(t, words, "lost")
			require.Len(t, words, 21)
			third := w.start()
			require.Equal(t, second.history.ID(), third.history.ID(), "one restore is one new history")
		})
	}
}

// A broker that is away at the start is compared when it comes: until then nobody reads of it or publishes to it, but the log goes on.
func TestABrokerThatComesLateIsComparedBeforeAnybodyReads(t *testing.T) {
	t.Parallel()
	w := newBesideBroker(t)
	first := w.start()
	w.keep(first)
	w.grow(first, 10, "lost")
	w.restore(5)
	at, err := url.Parse(w.url)
	require.NoError(t, err)
	way := toxictest.New(t, at.Host)
	at.Host = way.Address()
	w.url = at.String()
	way.Cut()
	second := w.start()
	require.Equal(t, first.history.ID(), second.history.ID(), "nothing shows it yet")
	events := w.append(second, 15, "present") // further than the broker was told of
	m, err := logmsg.Encode(logmsg.BatchOf(events[:1]))
	require.NoError(t, err)
	require.Error(t, second.bus.log.Publish(logmsg.Topic, m))
	words := make(chan []string)
	go func() { words <- w.read(second, "end") }()
	way.Mend()
	w.publish(second, events)
	w.grow(second, 1, "end")
	require.NotContains(t, <-words, "lost")
	require.NotEqual(t, first.history.ID(), second.history.ID())
	require.LessOrEqual(t, second.history.now.Load().Since, int64(5), "what was appended meanwhile is of the new history")
	other := w.start()
	require.Equal(t, second.history.ID(), other.history.ID())
}

// A log may have been set back to before its present history began; RabbitMQ then names one that the log does not know.
func TestAHistoryThatTheLogHasLostIsNoticed(t *testing.T) {
	t.Parallel()
	w := newBesideBroker(t)
	first := w.start()
	w.keep(first)
	_, err := pgstore.BeginHistory(t.Context(), w.pool, "restored once")
	require.NoError(t, err)
	second := w.start()
	w.grow(second, 5, "lost")
	_, err = w.pool.Exec(t.Context(), `UPDATE log.head SET history = $1`, first.history.ID())
	require.NoError(t, err)
	_, err = w.pool.Exec(t.Context(), `DELETE FROM log.histories WHERE id = $1`, second.history.ID())
	require.NoError(t, err)
	w.restore(3)
	third := w.start()
	require.NotEqual(t, first.history.ID(), third.history.ID())
	reasons := third.histories(t)
	require.Contains(t, reasons[len(reasons)-1], "which the log has lost")
	require.Equal(t, third.history.ID(), w.start().history.ID(), "noticed once")
}
