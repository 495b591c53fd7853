// Package webhookflowtest holds the memory twin of webhookflow.Queue and the suite that every Queue passes.
package webhookflowtest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/domain/kernel"
)

// Memory keeps what waits for webhooks in memory. It forgets nothing, and events are put into it by hand.
type Memory struct {
	// Free, when set, decides instead of the queue whether a process may have an endpoint queue: the queue would have said free, and a
	// worker of the process holder ("" for none) had it last without giving it back.
	Free func(process, holder string, free bool) bool

	mu        sync.Mutex
	clock     kernel.Clock
	alive     func(process string) bool
	endpoints []*endpoint
	leases    int
}

// endpoint is a webhook with what waits for it. Zero times have always come.
type endpoint struct {
	webhookflow.EndpointQueue
	holder    string
	notBefore time.Time // zero while it is held: somebody has wanted it tried at once
	items     map[int64]*Delivery
	waiting   []*Delivery // by position
}

// Delivery is an event for a webhook, and what has become of it.
type Delivery struct {
	webhookflow.Item
	State webhookflow.State
	Due   time.Time
}

// NewMemory makes an empty queue with its clock. Alive says which processes give signs of life.
func NewMemory(clock kernel.Clock, alive func(process string) bool) *Memory {
	return &Memory{clock: clock, alive: alive}
}

// Add adds a webhook that nothing waits for.
func (m *Memory) Add(e webhookflow.EndpointQueue) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.endpoints = append(m.endpoints, &endpoint{EndpointQueue: e, items: map[int64]*Delivery{}})
}

// Feed puts events into the queue of the webhook. One that is there already stays as it is.
func (m *Memory) Feed(id kernel.WebhookID, positions ...int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, now := m.endpoint(id), m.clock.Now()
	for _, p := range positions {
		if l.items[p] == nil {
			l.add(&Delivery{Item: webhookflow.Item{Position: p, Round: 1, CreatedAt: now}, State: webhookflow.Waiting, Due: now})
		}
	}
}

// Again begins a further round of an event, which is tried at once.
func (m *Memory) Again(id kernel.WebhookID, position int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, now := m.endpoint(id), m.clock.Now()
	round := 1
	if old := l.items[position]; old != nil {
		round = old.Round + 1
		l.end(old)
	}
	l.add(&Delivery{Item: webhookflow.Item{Position: position, Round: round, CreatedAt: now}, State: webhookflow.Waiting, Due: now})
	l.notBefore = time.Time{}
}

// Delivery returns what has become of an event; false if it is not in the queue.
func (m *Memory) Delivery(id kernel.WebhookID, position int64) (Delivery, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.endpoint(id).items[position]
	if d == nil {
		return Delivery{}, false
	}
	return *d, true
}

// Waiting returns how many events wait for the webhook, and the position of the first of them.
func (m *Memory) Waiting(id kernel.WebhookID) (n int, first int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.endpoint(id)
	if len(l.waiting) == 0 {
		return 0, 0
	}
	return len(l.waiting), l.waiting[0].Position
}

// Process returns the queue as a process reaches it. Call, when not nil, carries the calls of the store out.
func (m *Memory) Process(id string, call func(ctx context.Context, op, which string, do func() error) error) *Process {
	if call == nil {
		call = func(_ context.Context, _, _ string, do func() error) error { return do() }
	}
	return &Process{m: m, id: id, reach: call, held: map[kernel.WebhookID]string{}}
}

func (m *Memory) endpoint(id kernel.WebhookID) *endpoint {
	i := slices.IndexFunc(m.endpoints, func(l *endpoint) bool { return l.ID == id })
	if i < 0 {
		panic("no webhook " + id)
	}
	return m.endpoints[i]
}

func byPosition(d *Delivery, position int64) int { return cmp.Compare(d.Position, position) }

func (l *endpoint) add(d *Delivery) {
	l.items[d.Position] = d
	i, _ := slices.BinarySearchFunc(l.waiting, d.Position, byPosition)
	l.waiting = slices.Insert(l.waiting, i, d)
}

// end takes a delivery from those that wait.
func (l *endpoint) end(d *Delivery) {
	if i, found := slices.BinarySearchFunc(l.waiting, d.Position, byPosition); found {
		l.waiting = slices.Delete(l.waiting, i, i+1)
	}
}

func due(now, at time.Time) bool { return kernel.Due(now, at, webhookflow.MaxPause()) }

// due reports whether something of the endpoint queue is due, and it is not let be.
func (l *endpoint) due(now time.Time) bool {
	if len(l.waiting) == 0 || !due(now, l.notBefore) {
		return false
	}
	if l.Ordered {
		return due(now, l.waiting[0].Due)
	}
	return slices.ContainsFunc(l.waiting, func(d *Delivery) bool { return due(now, d.Due) })
}

// Process is a webhookflow.Queue.
type Process struct {
	m     *Memory
	id    string
	reach func(ctx context.Context, op, which string, do func() error) error

	mu   sync.Mutex
	held map[kernel.WebhookID]string // the endpoint queues that workers of this process have, with their leases
}

var _ webhookflow.Queue = (*Process)(nil)

func (p *Process) call(ctx context.Context, op string, id kernel.WebhookID, do func(l *endpoint, now time.Time) error) error {
	return p.reach(ctx, op, string(id), func() error {
		p.m.mu.Lock()
		defer p.m.mu.Unlock()
		return do(p.m.endpoint(id), p.m.clock.Now())
	})
}

// Claim implements webhookflow.Queue.
func (p *Process) Claim(ctx context.Context, n int) (out []webhookflow.EndpointQueue, err error) {
	err = p.reach(ctx, "claim", "endpoints", func() error {
		p.m.mu.Lock()
		defer p.m.mu.Unlock()
		now := p.m.clock.Now()
		for _, l := range p.m.endpoints {
			if len(out) == n || !p.m.alive(p.id) || !l.due(now) || !p.free(l) {
				continue
			}
			p.m.leases++
			l.Lost = l.Lease != ""
			l.Lease, l.holder, l.notBefore, l.Taken = fmt.Sprint(p.id, "/", p.m.leases), p.id, now, now
			out = append(out, l.EndpointQueue)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range out {
		p.held[l.ID] = l.Lease
	}
	return out, nil
}

// free reports whether the process may have the endpoint queue.
func (p *Process) free(l *endpoint) bool {
	p.mu.Lock()
	_, working := p.held[l.ID]
	p.mu.Unlock()
	free := !working && (l.holder == "" || l.holder == p.id || !p.m.alive(l.holder))
	if p.m.Free != nil {
		return p.m.Free(p.id, l.holder, free)
	}
	return free
}

// Due implements webhookflow.Queue.
func (p *Process) Due(ctx context.Context, worker webhookflow.EndpointQueue, limit int) (out []webhookflow.Item, err error) {
	err = p.call(ctx, "due", worker.ID, func(l *endpoint, now time.Time) error {
		if l.Lease != worker.Lease {
			return nil
		}
		for _, d := range l.inTurn() {
			if is := due(now, d.Due); !is && l.Ordered || len(out) == limit {
				break
			} else if is {
				out = append(out, d.Item)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// inTurn are the deliveries that wait, in the order in which they are tried.
func (l *endpoint) inTurn() []*Delivery {
	if l.Ordered {
		return l.waiting
	}
	out := slices.Clone(l.waiting)
	slices.SortStableFunc(out, func(a, b *Delivery) int { return a.Due.Compare(b.Due) })
	return out
}

// Hold implements webhookflow.Queue.
func (p *Process) Hold(ctx context.Context, worker webhookflow.EndpointQueue) error {
	return p.call(ctx, "hold", worker.ID, func(l *endpoint, _ time.Time) error { return l.heldBy(worker) })
}

func (l *endpoint) heldBy(worker webhookflow.EndpointQueue) error {
	if l.Lease != worker.Lease {
		return webhookflow.ErrLost
	}
	return nil
}

// Mark implements webhookflow.Queue.
func (p *Process) Mark(ctx context.Context, worker webhookflow.EndpointQueue, item webhookflow.Item, lost int) error {
	return p.call(ctx, "mark", worker.ID, func(l *endpoint, _ time.Time) error {
		if err := l.heldBy(worker); err != nil {
			return err
		}
		if d := l.items[item.Position]; d.Round == item.Round {
			d.Lost = lost
		}
		return nil
	})
}

// Record implements webhookflow.Queue.
func (p *Process) Record(ctx context.Context, worker webhookflow.EndpointQueue, outcomes []webhookflow.Outcome) error {
	return p.call(ctx, "record", worker.ID, func(l *endpoint, now time.Time) error {
		if slices.ContainsFunc(outcomes, func(o webhookflow.Outcome) bool { return o.Hasten }) {
			l.hasten(now)
		}
		lost := l.heldBy(worker)
		for _, o := range outcomes {
			l.fares(o, now)
			l.record(o, now, lost == nil)
		}
		return lost
	})
}

// hasten makes what has come since the receiver took something last due now.
func (l *endpoint) hasten(now time.Time) {
	for _, d := range l.waiting {
		if d.Attempts > 0 && (l.LastSuccess == nil || !d.CreatedAt.Before(*l.LastSuccess)) {
			d.Attempts = 0
			if d.Due.After(now) {
				d.Due = now
			}
		}
	}
}

// fares keeps what an outcome says about the receiver.
func (l *endpoint) fares(o webhookflow.Outcome, now time.Time) {
	switch {
	case o.State == webhookflow.Delivered:
		l.Failures, l.FailingSince, l.LastSuccess = 0, nil, &now
	case !o.Unsent:
		if l.Failures++; l.FailingSince == nil {
			l.FailingSince = &now
		}
	}
}

func (l *endpoint) record(o webhookflow.Outcome, now time.Time, held bool) {
	d := l.items[o.Item.Position]
	if d.Round != o.Item.Round || o.State != webhookflow.Delivered && (!held || d.State != webhookflow.Waiting) {
		return
	}
	d.State, d.Attempts, d.Lost = o.State, o.Item.Attempts, 0
	if o.State == webhookflow.Waiting {
		d.Due = now.Add(o.Pause)
		return
	}
	l.end(d)
}

// Release implements webhookflow.Queue.
func (p *Process) Release(ctx context.Context, worker webhookflow.EndpointQueue, pause time.Duration) error {
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.held[worker.ID] == worker.Lease {
			delete(p.held, worker.ID)
		}
	}()
	return p.call(ctx, "release", worker.ID, func(l *endpoint, now time.Time) error {
		if l.Lease != worker.Lease {
			return nil
		}
		if l.Lease, l.holder = "", ""; !l.notBefore.IsZero() {
			l.notBefore = now.Add(pause)
		}
		return nil
	})
}

// Replay implements webhookflow.Queue: there is nothing to replay.
func (*Process) Replay(context.Context) (bool, error) { return false, nil }

// Prune implements webhookflow.Queue: nothing is forgotten.
func (*Process) Prune(context.Context, time.Duration) (bool, error) { return false, nil }
