package simulator_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/commands/webhookflow/webhookflowtest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/projectionstest"
)

// feeder is the reactor that fills the webhooks' queue in the transaction that moves its checkpoint.
const feeder = "webhook_queue"

// fedTable has what the feeder has put into the queue.
const fedTable = "fed"

func feed(_ context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	t := tx.(*projectionstest.Tx)
	for _, e := range events {
		key := fmt.Sprintf("%09d", e.Position)
		if t.Get(fedTable, key) != "" {
			return fmt.Errorf("the event %s is in the queue already", key)
		}
		t.Set(fedTable, key, cloudevent.ID(e))
	}
	return nil
}

// hooks is the queue of what is sent to webhooks, and the receivers.
type hooks struct {
	w         *world
	queue     *webhookflowtest.Memory
	mu        sync.Mutex
	receivers []*receiver
	known     int // of what was fed
}

// receiver is the other side of a webhook.
type receiver struct {
	id      kernel.WebhookID
	ordered bool
	taken   []int64 // positions, in the order in which it took them for the first time
	has     map[int64]bool
	givenUp map[int64]bool
	flight  *sending
}

// sending is a call of a receiver under way.
type sending struct{ by *process }

func newHooks(w *world) *hooks {
	h := &hooks{w: w}
	h.queue = webhookflowtest.NewMemory(w, w.seen)
	h.queue.Free = w.mutant.free
	for i := range w.profile.hooks {
		r := &receiver{id: kernel.WebhookID("whk_" + strconv.Itoa(i)), ordered: i == 0, has: map[int64]bool{}, givenUp: map[int64]bool{}}
		h.receivers = append(h.receivers, r)
		h.queue.Add(webhookflow.EndpointQueue{ID: r.id, Workspace: workspace, URL: string(r.id), Ordered: r.ordered, Secrets: []webhook.Secret{{Version: 1}}})
	}
	return h
}

// take puts what was fed since the last look into the queue.
func (h *hooks) take() {
	h.mu.Lock()
	defer h.mu.Unlock()
	fed := h.w.views.Tables(projections.Location{Projection: feeder, Copy: projections.Reacted})[fedTable]
	if len(fed) == h.known {
		return
	}
	h.known = len(fed)
	for _, key := range slices.Sorted(maps.Keys(fed)) {
		position, _ := strconv.ParseInt(key, 10, 64)
		for _, r := range h.receivers {
			h.queue.Feed(r.id, position)
		}
	}
}

func (h *hooks) receiver(id kernel.WebhookID) *receiver {
	return h.receivers[slices.IndexFunc(h.receivers, func(r *receiver) bool { return r.id == id })]
}

// hookQueue is the queue, the webhooks' events and secrets and their receivers as a process reaches them.
type hookQueue struct {
	*webhookflowtest.Process
	p *process
}

func newHookQueue(p *process) hookQueue {
	return hookQueue{p.w.hooks.queue.Process(p.id, func(ctx context.Context, op, which string, do func() error) error {
		return p.call(ctx, op, which, func() error {
			p.w.hooks.take()
			return do()
		})
	}), p}
}

// Record notes what is given up without having been sent.
func (q hookQueue) Record(ctx context.Context, endpoint webhookflow.EndpointQueue, outcomes []webhookflow.Outcome) error {
	h := q.p.w.hooks
	h.mu.Lock()
	for _, o := range outcomes {
		if o.State == webhookflow.Failed && o.Unsent && o.Item.Lost >= quarantine.MostKills {
			h.receiver(endpoint.ID).givenUp[o.Item.Position] = true
		}
	}
	h.mu.Unlock()
	return q.Process.Record(ctx, endpoint, outcomes)
}

// Body implements webhookflow.Events.
func (q hookQueue) Body(ctx context.Context, position int64) (string, []byte, bool, error) {
	events, err := q.p.log.ReadPositions(ctx, []int64{position})
	if err != nil || len(events) == 0 {
		return "", nil, false, err
	}
	body, ok, err := q.p.w.encoder.Encode(events[0])
	return strconv.FormatInt(position, 10), body, ok, err
}

// Address implements webhookflow.Secrets.
func (hookQueue) Address(_ context.Context, _ kernel.WorkspaceID, _ kernel.WebhookID, plain string, _ *webhook.Sealed) (string, error) {
	return plain, nil
}

// Open implements webhookflow.Secrets.
func (hookQueue) Open(context.Context, kernel.WorkspaceID, kernel.WebhookID, []webhook.Secret) ([]string, error) {
	return []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, nil
}

// GiveUp implements webhookflow.Stopper.
func (q hookQueue) GiveUp(_ context.Context, _ kernel.WorkspaceID, id kernel.WebhookID, since time.Time) error {
	q.p.w.wrong("the webhook %s is given up, since it has failed since %s", id, since)
	return nil
}

// Gone implements webhookflow.Stopper.
func (q hookQueue) Gone(context.Context, kernel.WorkspaceID, kernel.WebhookID, time.Time) error {
	return nil
}

// Send implements webhookflow.Sender: the receiver may take the event, refuse it, be slow, and its answer may be lost.
func (q hookQueue) Send(ctx context.Context, url string, headers map[string]string, _ []byte) webhookflow.Attempt {
	p, f := q.p, &q.p.w.profile
	p.mu.Lock()
	p.counts["send "+url]++
	n := p.counts["send "+url]
	p.mu.Unlock()
	r := p.w.dice.of(p.id, "send", url, headers[webhookflow.HeaderID], strconv.Itoa(n))
	calm := p.w.healed.Load()
	there, back := r.within(50*time.Millisecond), r.within(50*time.Millisecond)
	if !calm && r.chance(f.vendorSlow) {
		there += r.within(10 * time.Second)
	}
	position, err := strconv.ParseInt(headers[webhookflow.HeaderID], 10, 64)
	if err != nil {
		return webhookflow.Attempt{Error: err.Error()}
	}
	id := kernel.WebhookID(strings.TrimSpace(url))
	leave := p.w.hooks.enter(id, p)
	defer leave()
	if err := p.sleep(ctx, there); err != nil {
		return webhookflow.Attempt{Error: err.Error()}
	}
	if p.thaw(r); p.ended() {
		return webhookflow.Attempt{Error: errGone.Error()}
	}
	if !calm && r.chance(f.vendorFails) {
		p.w.happened(p.id, "send", url, headers[webhookflow.HeaderID]+" is refused")
		a := webhookflow.Attempt{Status: 503, Error: "the receiver answered 503"}
		if r.chance(0.2) {
			a.RetryAfter = r.within(time.Minute)
		}
		return a
	}
	p.w.hooks.got(id, position)
	p.w.happened(p.id, "send", url, headers[webhookflow.HeaderID]+" is taken")
	if err := p.sleep(ctx, back); err != nil || !calm && r.chance(f.vendorLoses) {
		return webhookflow.Attempt{Error: "there was no answer"}
	}
	return webhookflow.Attempt{Status: 204}
}

// enter notes that a receiver is being called. One that wants its events in order is called by one worker at a time. A process that was
// taken for dead may still send what it had in hand when it goes on: no lease can keep it from that.
func (h *hooks) enter(id kernel.WebhookID, p *process) (leave func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.receiver(id)
	if !l.ordered {
		return func() {}
	}
	if other := l.flight; other != nil && !other.by.ended() && !other.by.hushed.Load() && !p.hushed.Load() {
		h.w.wrong("the ordered webhook %s is called by %s while %s calls it", id, p.id, other.by.id)
	}
	mine := &sending{p}
	l.flight = mine
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if l.flight == mine {
			l.flight = nil
		}
	}
}

// got notes what a receiver takes. What was given up, since two processes were lost over it, may come late: from one of those, which was
// taken for dead and had it in hand when it went on.
func (h *hooks) got(id kernel.WebhookID, position int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.receiver(id)
	if !r.has[position] && !r.givenUp[position] {
		r.taken = append(r.taken, position)
	}
	r.has[position] = true
}

// unrest says what still waits to be sent.
func (h *hooks) unrest(head int64) string {
	h.take()
	for _, r := range h.receivers {
		if n, first := h.queue.Waiting(r.id); n > 0 {
			return fmt.Sprintf("%d events wait for the webhook %s, the first of them at %d", n, r.id, first)
		}
		if int64(h.known) != head {
			return fmt.Sprintf("the webhooks' queue has %d events of %d", h.known, head)
		}
	}
	return ""
}

// sent: each receiver has taken every event but those that were given up for having ended two processes, and in order where it asks for that.
func (c *checks) sent() {
	for _, r := range c.hooks.receivers {
		for _, e := range c.log {
			if !r.has[e.Position] && !r.givenUp[e.Position] {
				d, _ := c.hooks.queue.Delivery(r.id, e.Position)
				c.wrong("the webhook %s never took the event %d, which is %s after %d attempts", r.id, e.Position, d.State, d.Attempts)
			}
		}
		if r.ordered && !slices.IsSorted(r.taken) {
			c.wrong("the ordered webhook %s took the events in the order %v", r.id, r.taken)
		}
	}
}

// deliver starts the feeder and the worker.
func (p *process) deliver() {
	w := p.w
	if w.profile.hooks == 0 {
		return
	}
	q := newHookQueue(p)
	worker, err := webhookflow.NewWorker(webhookflow.Config{
		Queue: q, Events: q, Secrets: q, Sender: q, Stopper: q, Clock: p, Jitter: w.dice.of("delivery", p.id).float, Logger: w.logger, Poll: 6 * time.Second,
	})
	if err != nil {
		w.wrong("delivery: %v", err)
		return
	}
	var types []string
	for _, e := range w.codec.Types() {
		types = append(types, e.Type)
	}
	p.reactor(projections.ReactorConfig{Name: feeder, Types: types, Apply: feed, Applied: func([]eventstore.Recorded) { worker.Wake() }})
	p.work("delivery", worker.Run)
}
