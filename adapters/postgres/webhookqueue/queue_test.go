package webhookqueue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/webhooksend"
	"github.com/morket/morket/commands/webhookcmd"
	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

const edited = "table.cells_edited.v1"

func verify(t *testing.T, secret string, c call) error {
	t.Helper()
	wh, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	return wh.Verify(c.body, c.header)
}

func TestAnEventIsPostedSignedAsStandardWebhooksSays(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	hook := w.create(webhook.Settings{URL: r.URL + "/hook", Types: webhook.Filter{"table.*"}})
	w.put("credit.debited.v1", 1)
	w.put("user.registered.v1", 1)
	at := w.put(edited, 1)[0]
	w.work()
	w.eventually("the event is taken", func() bool { return w.states(hook.ID)[webhookflow.Delivered] == 1 })
	require.Len(t, r.all(), 1, "what the filter doesn't choose is not sent")
	c := r.all()[0]
	e := c.event(t)
	require.Equal(t, edited, e.Type)
	require.Equal(t, fmt.Sprint(at), e.Position) //nolint:perfsprint // shorter
	require.Equal(t, e.ID, c.id, "the dedupe key is the same everywhere")
	require.NoError(t, verify(t, hook.Secret, c))
	c.body = append(slices.Clone(c.body), ' ')
	require.Error(t, verify(t, hook.Secret, c))

	d, attempts, ok, err := w.queue.Attempts(t.Context(), hook.ID, at)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, 204, d.Status)
	require.Len(t, attempts, 1)
	require.Equal(t, "v1,••••", attempts[0].Request[webhookflow.HeaderSignature])
	require.Equal(t, "••••", attempts[0].Response["Set-Cookie"])
}

func TestBothSecretsSignDuringTheOverlap(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	hook := w.create(webhook.Settings{URL: r.URL})
	res, err := w.handlers.Rotate(t.Context(), w.meta, webhookcmd.Rotate{ID: hook.ID, Overlap: time.Hour})
	require.NoError(t, err)
	require.NotEqual(t, hook.Secret, res.Value.Secret)
	w.work()
	w.put(edited, 1)
	w.eventually("it is taken", func() bool { return w.states(hook.ID)[webhookflow.Delivered] >= 2 })
	last := r.all()[len(r.all())-1]
	require.NoError(t, verify(t, hook.Secret, last))
	require.NoError(t, verify(t, res.Value.Secret, last))
	w.pass(2 * time.Hour)
	w.put(edited, 1)
	w.eventually("it is taken", func() bool { return w.states(hook.ID)[webhookflow.Delivered] >= 3 })
	last = r.all()[len(r.all())-1]
	require.Len(t, strings.Fields(last.header.Get(webhookflow.HeaderSignature)), 1)
	wh, err := standardwebhooks.NewWebhook(res.Value.Secret)
	require.NoError(t, err)
	require.NoError(t, wh.VerifyIgnoringTimestamp(last.body, last.header))
}

func TestASecretIsWrappedAnewUnderANewMasterKey(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	hook := w.create(webhook.Settings{URL: r.URL, Types: webhook.Filter{"table.*"}})
	w.useKeys(masterKey(2), masterKey(1))
	stop := w.work()
	w.put(edited, 1)
	w.eventually("it is taken", func() bool { return w.states(hook.ID)[webhookflow.Delivered] == 1 })
	stop()
	w.feed()
	w.useKeys(masterKey(2)) // the old one is gone
	w.work()
	w.put(edited, 1)
	w.eventually("it is taken", func() bool { return w.states(hook.ID)[webhookflow.Delivered] == 2 })
	require.NoError(t, verify(t, hook.Secret, r.all()[1]))
}

func TestRetriesFollowTheScheduleUnderOneID(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	hook := w.create(webhook.Settings{URL: r.URL, Types: webhook.Filter{"table.*"}})
	bad := w.put(edited, 1)[0]
	r.set(func(c call, _ int) int {
		if strings.Contains(string(c.body), `"`+edited+`"`) {
			return 500
		}
		return 200
	})
	w.work()
	for i, pause := range []time.Duration{0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour} {
		w.eventually("the time for it comes", func() bool { return w.rested(pause) })
		w.eventually("the next attempt is made", func() bool {
			d, _, _, err := w.queue.Attempts(t.Context(), hook.ID, bad)
			require.NoError(t, err)
			return d.Attempts == i+1
		})
		if i == 1 { // it takes others, so it is not down
			w.put("table.renamed.v1", 1)
			w.eventually("the other event is taken", func() bool { return w.states(hook.ID)[webhookflow.Delivered] == 1 })
		}
	}
	require.Equal(t, map[webhookflow.State]int{webhookflow.Failed: 1, webhookflow.Delivered: 1}, w.states(hook.ID))
	ids := r.ids()
	require.Len(t, ids, 9)
	require.Len(t, slices.Compact(slices.DeleteFunc(ids, func(id string) bool { return id != ids[0] })), 1)
	_, attempts, _, err := w.queue.Attempts(t.Context(), hook.ID, bad)
	require.NoError(t, err)
	require.Equal(t, "the receiver's words", attempts[0].Body)
	require.Equal(t, "the receiver answered 500 Internal Server Error", attempts[0].Error)
}

func TestAReceiverThatWasDownGetsEverythingInOrderOnceItIsBack(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{true, false} {
		t.Run(fmt.Sprint("ordered ", ordered), func(t *testing.T) {
			t.Parallel()
			w, r := newWorld(t), newReceiver(t)
			hook := w.create(webhook.Settings{URL: r.URL, Ordered: ordered, Types: webhook.Filter{"table.*"}})
			var down atomic.Bool
			down.Store(true)
			r.set(func(call, int) int {
				if down.Load() {
					return 503
				}
				return 200
			})
			w.work()
			var want []string
			for range 40 { // hours: longer than the schedule
				for range w.put(edited, 5) {
					want = append(want, fmt.Sprintf("cells-%s/%d", table1, len(want)+1))
				}
				w.eventually("it is tried", func() bool { return len(r.all()) > 0 })
				w.pass(time.Hour)
			}
			require.Less(t, len(r.all()), 400, "one that is down is let be between its failures")
			down.Store(false)
			failed := len(r.all())
			w.pass(11 * time.Hour) // longer than any pause
			w.eventually("everything is taken", func() bool {
				w.pass(time.Second) // whoever still had it as the clock was turned lets it rest from then on
				return w.states(hook.ID)[webhookflow.Delivered] == len(want)
			})
			var got []string // without what came twice, since the clock ran away from a lease
			for _, id := range r.ids()[failed:] {
				if !slices.Contains(got, id) {
					got = append(got, id)
				}
			}
			if !ordered {
				slices.Sort(got)
				slices.Sort(want)
			}
			require.Equal(t, want, got)
		})
	}
}

// one answers 500 to the event of the type while it is bad, and 200 to everything else.
func one(typ string, bad *atomic.Bool) func(call, int) int {
	return func(c call, _ int) int {
		if bad.Load() && strings.Contains(string(c.body), `"`+typ+`"`) {
			return 500
		}
		return 200
	}
}

func TestWhatAnOutageUsedUpDoesNotCount(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	hook := w.create(webhook.Settings{URL: r.URL, Types: webhook.Filter{"table.*"}})
	good := w.put(edited, 1)[0]
	r.set(func(call, int) int { return 503 })
	w.work()
	attempts := func() webhookflow.Item {
		d, _, _, err := w.queue.Attempts(t.Context(), hook.ID, good)
		require.NoError(t, err)
		return webhookflow.Item{Attempts: d.Attempts}
	}
	w.eventually("it is tried as often as it may be, and more", func() bool {
		w.rested(time.Hour)
		return attempts().Attempts > webhookflow.MaxAttempts()
	})
	// It is back, but not well yet: it takes the newer event, and this one only later.
	var bad atomic.Bool
	bad.Store(true)
	r.set(one(edited, &bad))
	w.put("table.renamed.v1", 1)
	w.eventually("the other event is taken", func() bool { w.rested(time.Minute); return w.states(hook.ID)[webhookflow.Delivered] == 1 })
	w.eventually("the first one has its tries anew", func() bool { w.rested(time.Second); return attempts().Attempts == 2 })
	bad.Store(false)
	w.eventually("its time comes again", func() bool { return w.rested(6 * time.Minute) })
	w.eventually("and is taken", func() bool { return w.states(hook.ID)[webhookflow.Delivered] == 2 })
}

func TestABadEventIsNotTriedWithEachGoodOne(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	hook := w.create(webhook.Settings{URL: r.URL, Types: webhook.Filter{"table.*"}})
	var bad atomic.Bool
	bad.Store(true)
	r.set(one(edited, &bad))
	w.put("table.renamed.v1", 1)
	w.work()
	w.eventually("the receiver takes something", func() bool { return w.states(hook.ID)[webhookflow.Delivered] == 1 })
	w.pass(time.Second)
	refused := w.put(edited, 1)[0]
	for i := range 12 { // two hours; the schedule has four tries in them, and the one anew after the first minutes
		w.pass(10 * time.Minute)
		w.put("table.renamed.v1", 1)
		w.eventually("a good event is taken", func() bool { return w.states(hook.ID)[webhookflow.Delivered] == i+2 })
	}
	d, _, _, err := w.queue.Attempts(t.Context(), hook.ID, refused)
	require.NoError(t, err)
	require.LessOrEqual(t, d.Attempts, 5)
	require.Equal(t, webhookflow.Waiting, d.State)
}

// dying is a queue whose worker dies after the n-th post, before it can record it.
type dying struct {
	webhookflow.Queue
	left atomic.Int64
	dead atomic.Bool
}

var errKilled = errors.New("killed")

func (d *dying) Record(ctx context.Context, l webhookflow.EndpointQueue, o []webhookflow.Outcome) error {
	if d.left.Add(-1) < 0 {
		d.dead.Store(true)
	}
	if d.dead.Load() {
		return errKilled
	}
	return d.Queue.Record(ctx, l, o)
}

func (d *dying) Release(ctx context.Context, l webhookflow.EndpointQueue, pause time.Duration) error {
	if d.dead.Load() {
		return errKilled
	}
	return d.Queue.Release(ctx, l, pause)
}

func (d *dying) Claim(ctx context.Context, n int) ([]webhookflow.EndpointQueue, error) {
	if d.dead.Load() {
		return nil, errKilled
	}
	return d.Queue.Claim(ctx, n)
}

func TestAWorkerThatIsKilledLosesNothing(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	hook := w.create(webhook.Settings{URL: r.URL, Ordered: true, Types: webhook.Filter{"table.*"}})
	w.put(edited, 30)
	q := &dying{Queue: w.queue}
	q.left.Store(10)
	w.work(func(c *webhookflow.Config) { c.Queue = q })
	w.eventually("the first worker dies", q.dead.Load)
	second := w.process("second")
	endpoints, err := second.Claim(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, endpoints, "the queue is the first one's as long as it gives signs of life")
	w.end("first")
	w.work(func(c *webhookflow.Config) { c.Queue = second })
	w.eventually("the second one goes on", func() bool { return w.states(hook.ID)[webhookflow.Delivered] == 30 })
	ids := r.ids()
	require.Len(t, ids, 31, "what was posted and not recorded is posted again")
	require.Equal(t, ids[10], ids[11], "under the same id")
	require.Len(t, slices.Compact(ids), 30)
}

func TestSeveralWorkersShareTheQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var hooks []kernel.WebhookID
	var receivers []*receiver
	for i := range 6 {
		r := newReceiver(t)
		receivers = append(receivers, r)
		hooks = append(hooks, w.create(webhook.Settings{URL: r.URL, Ordered: i%2 == 0, Types: webhook.Filter{"table.*"}}).ID)
	}
	for range 3 {
		w.work(func(c *webhookflow.Config) { c.Turn = 7 })
	}
	const n = 50
	for range n / 10 {
		w.put(edited, 10)
	}
	for i, id := range hooks {
		w.eventually("everything is taken", func() bool { return w.states(id)[webhookflow.Delivered] == n })
		ids := receivers[i].ids()
		require.Len(t, ids, n, "nothing is sent twice")
		if i%2 == 0 {
			for k, got := range ids {
				require.Equal(t, fmt.Sprintf("cells-%s/%d", table1, k+1), got)
			}
		}
	}
}

type mails struct{ all []string }

func (m *mails) Send(_ context.Context, to, subject, text string) error {
	m.all = append(m.all, to+"\n"+subject+"\n"+text)
	return nil
}

func (*mails) Managers(context.Context, kernel.WorkspaceID) ([]string, error) {
	return []string{"ann@example.com", "bob@example.com"}, nil
}

func TestOneThatTakesNothingForFiveDaysIsTurnedOffWithAMailAndLosesNothing(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	hook := w.create(webhook.Settings{URL: r.URL, Types: webhook.Filter{"table.*"}})
	w.put(edited, 2)
	r.set(func(call, int) int { return 500 })
	stop := w.work()
	var off eventstore.Recorded
	w.eventually("it is turned off", func() bool {
		w.rested(20 * time.Minute)
		events, err := w.log.ReadStream(t.Context(), eventstore.Stream("webhook", string(hook.ID)), 1, 10)
		require.NoError(t, err)
		if len(events) > 0 {
			off = events[0]
		}
		return len(events) > 0
	})
	stop()
	w.feed()
	require.Equal(t, webhook.Disabled{}.EventType(), off.Type)
	at, err := off.Meta()
	require.NoError(t, err)
	require.Equal(t, kernel.ActorSystem, at.Actor.Kind)
	m := &mails{}
	n := webhookcmd.Notifier{Mailer: m, Recipients: m, PublicURL: "https://morket.test"}
	require.NoError(t, n.Handle(t.Context(), off))
	require.Len(t, m.all, 2)
	require.Contains(t, m.all[0], r.URL)
	require.Contains(t, m.all[0], "https://morket.test/w/ws_1/settings/webhooks")

	missed := w.put(edited, 1)[0]
	calls := len(r.all())
	r.set(nil)
	yes := true
	_, err = w.handlers.Change(t.Context(), w.meta, webhookcmd.Change{ID: hook.ID, Enabled: &yes})
	require.NoError(t, err)
	w.feed()
	w.work()
	w.eventually("what waited is taken", func() bool { return w.states(hook.ID)[webhookflow.Delivered] == 2 })
	require.Len(t, r.all(), calls+2)
	_, err = w.handlers.Replay(t.Context(), w.meta, hook.ID, missed-1)
	require.NoError(t, err)
	w.feed()
	w.eventually("what it missed is taken", func() bool { return w.states(hook.ID)[webhookflow.Delivered] == 3 })
}

// The clock stands still from the sixth attempt on, so that nothing that rests or is put off would ever be tried.
func TestAReceiverThatIsTurnedOnWhileAnAttemptIsUnderWayDoesNotRest(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	hook := w.create(webhook.Settings{URL: r.URL, Types: webhook.Filter{"table.*"}})
	const items = 6
	w.put(edited, items)
	calls, sixth, goOn := 0, make(chan struct{}), make(chan struct{})
	r.set(func(call, int) int {
		calls++
		if calls == 6 { // five failures in a row have let the receiver rest before
			close(sixth)
			<-goOn
		}
		if calls > 6 {
			return 204
		}
		return 500
	})
	w.work(func(c *webhookflow.Config) { c.PerEndpoint = 1 })
	w.eventually("the sixth attempt is under way", func() bool {
		select {
		case <-sixth:
			return true
		default:
			w.rested(time.Minute)
			return false
		}
	})
	for _, enabled := range []bool{false, true} {
		_, err := w.handlers.Change(t.Context(), w.meta, webhookcmd.Change{ID: hook.ID, Enabled: &enabled})
		require.NoError(t, err)
	}
	w.feed()
	close(goOn)
	w.eventually("everything is taken", func() bool { return w.states(hook.ID)[webhookflow.Delivered] == items })
}

func TestRedeliveryReplayAndTest(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	earlier := w.put(edited, 3) // before there was a webhook
	hook := w.create(webhook.Settings{URL: r.URL, Ordered: true, Types: webhook.Filter{edited}})
	later := w.put(edited, 600) // more than a page of a replay
	w.work()
	w.eventually("everything is taken", func() bool { return w.states(hook.ID)[webhookflow.Delivered] == 600 })

	_, err := w.handlers.Redeliver(t.Context(), w.meta, hook.ID, later[0])
	require.NoError(t, err)
	_, err = w.handlers.Test(t.Context(), w.meta, hook.ID)
	require.NoError(t, err)
	w.feed()
	w.eventually("both are taken", func() bool { return len(r.all()) == 602 })
	require.Equal(t, r.ids()[0], r.ids()[600], "a redelivery has the id of the first one")
	require.Equal(t, webhook.TestRequested{}.EventType(), r.all()[601].event(t).Type, "a test is sent whatever the filter")
	require.NoError(t, verify(t, hook.Secret, r.all()[601]))

	_, err = w.handlers.Replay(t.Context(), w.meta, hook.ID, earlier[0])
	require.NoError(t, err)
	w.feed()
	w.eventually("all but the first are sent again", func() bool { return len(r.all()) == 602+2+600 })
	want := []string{}
	for i := range 602 {
		want = append(want, fmt.Sprintf("cells-%s/%d", table1, i+2))
	}
	require.Equal(t, want, r.ids()[602:], "in order")

	_, err = w.handlers.Redeliver(t.Context(), kernel.Meta{Workspace: "ws_2"}, hook.ID, later[0])
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	_, err = w.handlers.Replay(t.Context(), w.meta, hook.ID, 1<<40)
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(err))
}

func TestWhatMustNotBeReachedIsNot(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	r.set(func(call, int) int { return 302 })
	a := w.sender.Send(t.Context(), r.URL, nil, nil)
	require.Equal(t, 302, a.Status)
	require.Contains(t, a.Error, "redirects are not followed")
	for _, url := range []string{"https://10.0.0.1/", "https://169.254.169.254/latest", "https://[64:ff9b::a00:1]/"} {
		a := w.sender.Send(t.Context(), url, nil, nil)
		require.Zero(t, a.Status)
		require.Contains(t, a.Error, "not on the public internet", url)
		require.NotContains(t, a.Error, "latest")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	require.Equal(t, fmt.Sprintf("no answer within %v", webhooksend.Timeout), w.sender.Send(ctx, r.URL, nil, nil).Error)
}

func TestAnEventIsPutIntoTheQueueOnce(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	hook := w.create(webhook.Settings{URL: r.URL, Types: webhook.Filter{"table.*"}})
	before := w.at
	w.put(edited, 3)
	w.at = before // a second process that is behind
	events, err := w.log.ReadAll(t.Context(), before.Position, 10)
	require.NoError(t, err)
	_, err = w.store.Advance(t.Context(), before, projections.Step{To: before.Position + 3, Apply: func(ctx context.Context, tx projections.Tx) error {
		return w.queue.Apply(ctx, tx, events)
	}})
	require.ErrorIs(t, err, projections.ErrMoved)
	require.Equal(t, map[webhookflow.State]int{webhookflow.Waiting: 3}, w.states(hook.ID))
}

func TestADeletedWebhookGetsNothingMoreAndIsForgotten(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	hook := w.create(webhook.Settings{URL: r.URL})
	w.put(edited, 3)
	_, err := w.handlers.Delete(t.Context(), w.meta, hook.ID)
	require.NoError(t, err)
	w.put(edited, 1)
	w.work()
	more, err := w.queue.Prune(t.Context(), -time.Hour)
	require.NoError(t, err)
	require.False(t, more)
	require.Empty(t, w.states(hook.ID))
	require.Empty(t, r.all())
	var n int
	require.NoError(t, w.pool.QueryRow(t.Context(), `SELECT count(*) FROM webhook_queue.endpoints`).Scan(&n))
	require.Zero(t, n)
}
