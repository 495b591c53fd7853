// Package consumers_test runs the sample consumers against a real RabbitMQ that is restarted, are killed themselves, and get messages
// twice: each must have acted on every event once.
package consumers_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/bus/amqpbus"
	"github.com/morket/morket/adapters/servers/rabbitchild"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/eventstore/logmsg"
	"github.com/morket/morket/eventstore/relay"
)

const doneWithin = 5 * time.Minute

// sample is one of the consumers.
type sample struct {
	name  string
	state string
	argv  []string
	env   []string
	cmd   *exec.Cmd
}

func (s *sample) queue() string { return "sample-" + s.name }

// start runs the consumer; it ends with the test.
func (s *sample) start(t *testing.T, url string) {
	t.Helper()
	s.cmd = exec.Command(s.argv[0], s.argv[1:]...)
	s.cmd.Env = append(append(os.Environ(), "AMQP_URL="+url, "STATE="+s.state, "QUEUE="+s.queue()), s.env...)
	log, err := os.OpenFile(s.state+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	require.NoError(t, err)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	require.NoError(t, s.cmd.Start())
	require.NoError(t, log.Close())
}

// kill is kill -9.
func (s *sample) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// ids are the events that the consumer has acted on, as often as it did.
func (s *sample) ids(t *testing.T) []string {
	t.Helper()
	var out []string
	if s.name == "python" {
		const list = `import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute("SELECT stream || '/' || version FROM events"): print(row[0])`
		b, err := exec.CommandContext(context.WithoutCancel(t.Context()), "python3", "-c", list, s.state).CombinedOutput()
		require.NoError(t, err, "%s", b)
		return strings.Fields(string(b))
	}
	b, err := os.ReadFile(s.state)
	if !errors.Is(err, os.ErrNotExist) {
		require.NoError(t, err)
	}
	for line := range strings.Lines(string(b)) {
		var e cloudevent.Event
		if strings.HasSuffix(line, "\n") && json.Unmarshal([]byte(line), &e) == nil {
			out = append(out, e.ID)
		}
	}
	return out
}

func samples(t *testing.T) []*sample {
	t.Helper()
	dir := t.TempDir()
	bin := filepath.Join(dir, "consumer")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./go").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, made := range []string{"python/.packages/pika", "typescript/dist/consumer.js", "typescript/node_modules/amqplib"} {
		_, err := os.Stat(made)
		require.NoError(t, err, "the samples' packages are missing: run make infra/consumers/.ready")
	}
	packages, err := filepath.Abs("python/.packages")
	require.NoError(t, err)
	list := []*sample{
		{name: "go", argv: []string{bin}},
		{name: "python", argv: []string{"python3", "python/consumer.py"}, env: []string{"PYTHONPATH=" + packages}},
		{name: "typescript", argv: []string{"node", "typescript/dist/consumer.js"}},
	}
	for _, s := range list {
		s.state = filepath.Join(dir, s.name)
	}
	return list
}

// publish publishes as the relay does: what was not confirmed is sent again.
func publish(t *testing.T, p message.Publisher, messages []*message.Message) {
	t.Helper()
	require.Eventually(t, func() bool {
		err := p.Publish(relay.EventsTopic, messages...)
		var partial *logmsg.PartialError
		if errors.As(err, &partial) {
			messages = messages[partial.Confirmed:]
		}
		return err == nil
	}, doneWithin, 100*time.Millisecond, "the messages are confirmed")
}

// events makes the messages of n events of one stream from the version on.
func events(t *testing.T, version, n int) (messages []*message.Message, ids []string) {
	t.Helper()
	enc := cloudevent.NewEncoder("https://morket.test", cloudevent.Policy{"thing.said.v1": {Action: "hear"}})
	for i := range n {
		r := eventstore.Recorded{
			Position: int64(version + i), Stream: "thing-1", Version: int64(version + i), Workspace: "ws_1", Type: "thing.said.v1",
			Data: json.RawMessage(`{}`), Metadata: json.RawMessage(`{}`), RecordedAt: time.Now(),
		}
		body, ok, err := enc.Encode(r)
		require.NoError(t, err)
		require.True(t, ok)
		m := message.NewMessage(cloudevent.ID(r), body)
		m.Metadata.Set(logmsg.ContentTypeKey, cloudevent.ContentType)
		m.Metadata.Set(logmsg.RoutingKey, cloudevent.RoutingKey(r))
		messages, ids = append(messages, m), append(ids, m.UUID)
	}
	return messages, ids
}

// look returns what the broker knows of the queue; false if there is none yet.
func look(url, queue string) (amqp.Queue, bool) {
	conn, err := amqp.Dial(url)
	if err != nil {
		return amqp.Queue{}, false
	}
	defer conn.Close()
	ch, err := conn.Channel()
	if err != nil {
		return amqp.Queue{}, false
	}
	q, err := ch.QueueDeclarePassive(queue, true, false, false, false, nil)
	return q, err == nil
}

// depth returns how many messages wait in the queue, -1 if there is none yet.
func depth(url, queue string) int {
	if q, ok := look(url, queue); ok {
		return q.Messages
	}
	return -1
}

// listens reports whether a consumer has the queue, which is after it has bound it: what is published before is not for it.
func listens(url, queue string) bool {
	q, ok := look(url, queue)
	return ok && q.Consumers > 0
}

func TestEachConsumerActsOnEveryEventOnce(t *testing.T) {
	t.Parallel()
	list := samples(t)
	cfg := rabbitchild.Config{Dir: filepath.Join(t.TempDir(), "broker"), Logger: slog.New(slog.DiscardHandler)}
	require.NoError(t, os.MkdirAll(cfg.Dir, 0o755))
	broker, err := rabbitchild.Start(context.Background(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = broker.Kill() })
	cfg.Port = broker.Port()
	url := broker.URL()
	pub := amqpbus.NewPublisher(amqpbus.PublisherConfig{URL: url, Kind: amqpbus.Topic})
	t.Cleanup(func() { _ = pub.Close() })
	for _, s := range list {
		s.start(t, url)
		t.Cleanup(s.kill)
	}
	for _, s := range list {
		require.Eventually(t, func() bool { return listens(url, s.queue()) }, doneWithin, 100*time.Millisecond, "%s listens to its queue", s.name)
	}

	first, want := events(t, 1, 100)
	publish(t, pub, first)
	for _, s := range list {
		s.kill() // wherever it is
	}
	// The broker takes back what they had. RabbitMQ 3.10 that is stopped before it has done so keeps it from everybody until it is started once more.
	for _, s := range list {
		require.Eventually(t, func() bool { return depth(url, s.queue())+len(s.ids(t)) >= len(want) }, doneWithin, 100*time.Millisecond, "what %s had is in its queue again", s.name)
	}
	second, more := events(t, 101, 100)
	want = append(want, more...)
	publish(t, pub, append(slices.Clone(first[50:]), second...)) // a relay that died says some twice
	for _, s := range list {
		s.start(t, url)
	}
	require.NoError(t, broker.Stop())
	broker, err = rabbitchild.Start(context.Background(), cfg)
	require.NoError(t, err)
	junk := message.NewMessage("junk", []byte("no event"))
	junk.Metadata.Set(logmsg.RoutingKey, "ws.ws_1.thing.said")
	third, more := events(t, 201, 100)
	want = append(want, more...)
	publish(t, pub, append([]*message.Message{junk}, third...))

	slices.Sort(want)
	for _, s := range list {
		t.Cleanup(func() {
			if t.Failed() {
				log, err := os.ReadFile(s.state + ".log")
				has := s.ids(t)
				missing := slices.DeleteFunc(slices.Clone(want), func(id string) bool { return slices.Contains(has, id) })
				t.Logf("%s has %d of %d and not %v; %d wait in its queue; it said %v:\n%s", s.name, len(has), len(want), missing, depth(url, s.queue()), err, log)
			}
		})
		require.Eventually(t, func() bool { return len(s.ids(t)) >= len(want) && depth(url, s.queue()) == 0 }, doneWithin, 200*time.Millisecond, "%s has everything", s.name)
		got := s.ids(t)
		slices.Sort(got)
		require.Equal(t, want, got, "%s acts on each event once", s.name)
		require.Eventually(t, func() bool { return depth(url, s.queue()+".dead") == 1 }, doneWithin, 100*time.Millisecond, "%s puts aside what is no event", s.name)
		log, err := os.ReadFile(s.state + ".log")
		require.NoError(t, err)
		require.Contains(t, string(log), "connecting again", s.name+" notices the restart")
	}
}
