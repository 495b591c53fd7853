package simulator_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/morket/morket/commands/webhookflow"
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

// hooks is the queue of what is sent to webhooks, as webhookqueue keeps it, and the receivers.
type hooks struct {
	w         *world
	mu        sync.Mutex
	endpoints []*endpoint
	known     int // of what was fed
}

// endpoint is a webhook with what waits for it.
type endpoint struct {
	id        kernel.WebhookID
	ordered   bool
	lease     string
	holder    *process
	notBefore time.Time
	items     map[int64]*hookItem
	failures  int
	failing   *time.Time
	success   *time.Time
	leases    int

	taken  []int64 // positions, in the order in which the receiver took them for the first time
	has    map[int64]bool
	flight *sending
}

type hookItem struct {
	webhookflow.Item
	state webhookflow.State
	due   time.Time
}

// sending is a call of a receiver under way.
type sending struct{ by *process }

func newHooks(w *world) *hooks {
	h := &hooks{w: w}
	for i := range w.profile.hooks {
		h.endpoints = append(h.endpoints, &endpoint{
			id: kernel.WebhookID("whk_" + strconv.Itoa(i)), ordered: i == 0, items: map[int64]*hookItem{}, has: map[int64]bool{},
		})
	}
	return h
}

// take puts what was fed since the last look into the endpoints; the caller holds the lock.
func (h *hooks) take() {
	fed := h.w.views.Tables(projections.Location{Projection: feeder, Copy: projections.Reacted})[fedTable]
	if len(fed) == h.known {
		return
	}
	h.known = len(fed)
	now := h.w.Now()
	for key := range fed {
		position, _ := strconv.ParseInt(key, 10, 64)
		for _, l := range h.endpoints {
			if l.items[position] == nil {
				l.items[position] = &hookItem{Item: webhookflow.Item{Position: position, CreatedAt: now}, state: webhookflow.Waiting, due: now}
			}
		}
	}
}

// waiting are the endpoint's items that wait, by position.
func (l *endpoint) waiting() []*hookItem {
	var out []*hookItem
	for _, i := range l.items {
		if i.state == webhookflow.Waiting {
			out = append(out, i)
		}
	}
	slices.SortFunc(out, func(a, b *hookItem) int { return cmp.Compare(a.Position, b.Position) })
	return out
}

func due(now, at time.Time) bool { return kernel.Due(now, at, webhookflow.MaxPause()) }

func (l *endpoint) due(now time.Time) bool {
	list := l.waiting()
	if l.ordered && len(list) > 0 {
		list = list[:1]
	}
	return due(now, l.notBefore) && slices.ContainsFunc(list, func(i *hookItem) bool { return due(now, i.due) })
}

// hookQueue is the queue as a process reaches it.
type hookQueue struct {
	p    *process
	mu   *sync.Mutex
	held map[kernel.WebhookID]string
}

var _ webhookflow.Queue = hookQueue{}

func (q hookQueue) call(ctx context.Context, op, which string, do func(*hooks) error) error {
	return q.p.call(ctx, op, which, func() error {
		h := q.p.w.hooks
		h.mu.Lock()
		defer h.mu.Unlock()
		return do(h)
	})
}

func (h *hooks) endpoint(id kernel.WebhookID) *endpoint {
	return h.endpoints[slices.IndexFunc(h.endpoints, func(l *endpoint) bool { return l.id == id })]
}

// Claim implements webhookflow.Queue.
func (q hookQueue) Claim(ctx context.Context, n int) (out []webhookflow.EndpointQueue, err error) {
	err = q.call(ctx, "claim", "endpoints", func(h *hooks) error {
		h.take()
		now := q.p.w.Now()
		for _, l := range h.endpoints {
			if len(out) == n || !l.due(now) || !q.p.w.mutant.free(q, l) {
				continue
			}
			l.leases++
			lost := l.lease != ""
			l.lease, l.holder, l.notBefore = fmt.Sprint(q.p.id, "/", l.leases), q.p, now
			out = append(out, webhookflow.EndpointQueue{
				ID: l.id, Workspace: workspace, URL: string(l.id), Ordered: l.ordered, Secrets: []webhook.Secret{{Version: 1}}, Lease: l.lease, Lost: lost, Taken: now,
				Failures: l.failures, FailingSince: l.failing, LastSuccess: l.success,
			})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, l := range out {
		q.held[l.ID] = l.Lease
	}
	return out, nil
}

// free reports whether the process may have the endpoint: nobody has it, or a process that is not seen any more, or this one without knowing.
func (q hookQueue) free(l *endpoint) bool {
	if l.holder == q.p {
		q.mu.Lock()
		defer q.mu.Unlock()
		return q.held[l.id] == ""
	}
	return l.holder == nil || !l.holder.seen()
}

// Due implements webhookflow.Queue.
func (q hookQueue) Due(ctx context.Context, endpoint webhookflow.EndpointQueue, limit int) (out []webhookflow.Item, err error) {
	err = q.call(ctx, "due", string(endpoint.ID), func(h *hooks) error {
		h.take()
		now := q.p.w.Now()
		for _, i := range h.endpoint(endpoint.ID).waiting() {
			if d := due(now, i.due); !d && endpoint.Ordered || len(out) == limit {
				break
			} else if d {
				out = append(out, i.Item)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Mark implements webhookflow.Queue.
func (q hookQueue) Mark(ctx context.Context, endpoint webhookflow.EndpointQueue, item webhookflow.Item, lost int) error {
	return q.call(ctx, "mark", string(endpoint.ID), func(h *hooks) error {
		if i := h.endpoint(endpoint.ID).items[item.Position]; i.Round == item.Round {
			i.Lost = lost
		}
		return nil
	})
}

// Record implements webhookflow.Queue.
func (q hookQueue) Record(ctx context.Context, endpoint webhookflow.EndpointQueue, outcomes []webhookflow.Outcome) error {
	return q.call(ctx, "record", string(endpoint.ID), func(h *hooks) error {
		l, now := h.endpoint(endpoint.ID), q.p.w.Now()
		for _, o := range outcomes {
			l.record(o, now)
		}
		if l.lease != endpoint.Lease {
			return webhookflow.ErrLost
		}
		return nil
	})
}

func (l *endpoint) record(o webhookflow.Outcome, now time.Time) {
	if o.Hasten {
		for _, i := range l.waiting() {
			if i.Attempts > 0 && (l.success == nil || !i.CreatedAt.Before(*l.success)) {
				i.Attempts = 0
				if i.due.After(now) {
					i.due = now
				}
			}
		}
	}
	switch {
	case o.State == webhookflow.Delivered:
		l.failures, l.failing, l.success = 0, nil, &now
	case !o.Unsent:
		if l.failures++; l.failing == nil {
			l.failing = &now
		}
	}
	i := l.items[o.Item.Position]
	if i.Round != o.Item.Round {
		return
	}
	i.state, i.Attempts, i.Lost = o.State, o.Item.Attempts, 0
	if o.State == webhookflow.Failed && o.Unsent {
		i.Lost = o.Item.Lost // it was given up for what it had cost
	}
	if o.State == webhookflow.Waiting {
		i.due = now.Add(o.Pause)
	}
}

// Release implements webhookflow.Queue.
func (q hookQueue) Release(ctx context.Context, endpoint webhookflow.EndpointQueue, pause time.Duration) error {
	defer func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.held[endpoint.ID] == endpoint.Lease {
			delete(q.held, endpoint.ID)
		}
	}()
	return q.call(ctx, "release", string(endpoint.ID), func(h *hooks) error {
		if l := h.endpoint(endpoint.ID); l.lease == endpoint.Lease {
			l.lease, l.holder, l.notBefore = "", nil, q.p.w.Now().Add(pause)
		}
		return nil
	})
}

// Replay implements webhookflow.Queue.
func (hookQueue) Replay(context.Context) (bool, error) { return false, nil }

// Prune implements webhookflow.Queue.
func (hookQueue) Prune(context.Context, time.Duration) (bool, error) { return false, nil }

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
	if p.thaw(); p.ended() {
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
	l := h.endpoint(id)
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

func (h *hooks) got(id kernel.WebhookID, position int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if l := h.endpoint(id); !l.has[position] {
		l.has[position] = true
		l.taken = append(l.taken, position)
	}
}

// unrest says what still waits to be sent.
func (h *hooks) unrest(head int64) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.take()
	for _, l := range h.endpoints {
		if list := l.waiting(); len(list) > 0 {
			return fmt.Sprintf("%d events wait for the webhook %s, the first of them at %d", len(list), l.id, list[0].Position)
		}
		if int64(len(l.items)) != head {
			return fmt.Sprintf("the queue of %s has %d events of %d", l.id, len(l.items), head)
		}
	}
	return ""
}

// hooks: each receiver has taken every event but those that were given up for having ended two processes, and in order where it asks for that.
func (c *checks) sent() {
	h := c.hooks
	for _, l := range h.endpoints {
		for _, e := range c.log {
			if i := l.items[e.Position]; !l.has[e.Position] && (i.state == webhookflow.Delivered || i.Lost == 0) {
				c.wrong("the webhook %s never took the event %d, which is %s after %d attempts", l.id, e.Position, i.state, i.Attempts)
			}
		}
		if l.ordered && !slices.IsSorted(l.taken) {
			c.wrong("the ordered webhook %s took the events in the order %v", l.id, l.taken)
		}
	}
}

// deliver starts the feeder and the worker.
func (p *process) deliver() {
	w := p.w
	if w.profile.hooks == 0 {
		return
	}
	q := hookQueue{p, &sync.Mutex{}, map[kernel.WebhookID]string{}}
	worker, err := webhookflow.NewWorker(webhookflow.Config{
		Queue: q, Events: q, Secrets: q, Sender: q, Stopper: q, Clock: p, Jitter: w.dice.of("delivery", p.id).float, Logger: w.logger, Poll: 3 * time.Second,
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
