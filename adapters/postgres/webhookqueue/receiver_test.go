package webhookqueue_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/webhookcmd"
	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/eventstore"
)

func TestAReceiverThatIsGoneIsTurnedOffAtOnceWithAMail(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	hook := w.create(webhook.Settings{URL: r.URL + "/services/CANARY", Ordered: true, Types: webhook.Filter{"table.*"}})
	r.set(func(call, int) int { return 410 })
	w.put(edited, 3)
	stop := w.work()
	var off eventstore.Recorded
	w.eventually("it is turned off", func() bool {
		events, err := w.log.ReadStream(t.Context(), eventstore.Stream("webhook", string(hook.ID)), 1, 10)
		require.NoError(t, err)
		if len(events) > 0 {
			off = events[0]
		}
		return len(events) > 0
	})
	stop()
	w.feed()
	require.Len(t, r.all(), 1, "nothing more is sent to it")
	require.Contains(t, string(off.Data), `"reason":"gone"`)
	m := &mails{}
	n := webhookcmd.Notifier{Mailer: m, Recipients: m, PublicURL: "https://morket.test"}
	require.NoError(t, n.Handle(t.Context(), off))
	require.Len(t, m.all, 2)
	require.Contains(t, m.all[0], "410 Gone")
	require.Contains(t, m.all[0], r.URL)
	require.NotContains(t, m.all[0], "CANARY")
	require.Equal(t, 3, w.states(hook.ID)[webhookflow.Waiting], "what waits is kept")
}

func TestRetryAfterLetsTheWholeReceiverBe(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]func() string{
		"seconds": func() string { return "600" },
		"a date":  func() string { return time.Now().Add(10 * time.Minute).UTC().Format(http.TimeFormat) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, r := newWorld(t), newReceiver(t)
			hook := w.create(webhook.Settings{URL: r.URL, Types: webhook.Filter{"table.*"}})
			r.set(func(call, int) int { return 429 })
			r.header("Retry-After", header())
			w.put(edited, 1)
			w.work()
			w.eventually("it is tried", func() bool { return len(r.all()) == 1 })
			r.set(nil)
			w.eventually("the queue is released", func() bool {
				health, err := w.queue.Health(t.Context(), "ws_1")
				require.NoError(t, err)
				before := health[hook.ID].NotBefore
				return before != nil && time.Until(*before) > 9*time.Minute
			})
			w.put(edited, 1) // another event for the same receiver
			w.pass(9 * time.Minute)
			require.Len(t, r.all(), 1)
			w.pass(2 * time.Minute)
			w.eventually("both are taken", func() bool { return w.states(hook.ID)[webhookflow.Delivered] == 2 })
		})
	}
}
