package waterfall

import (
	"context"
	"sync"

	"github.com/morket/morket/domain/kernel"
)

// owner is whose turn it is: workspaces take turns, and within one its runs.
type owner struct {
	workspace kernel.WorkspaceID
	run       kernel.RunID
}

// fairSemaphore lets at most capacity callers through at once. Waiting callers are let in by turns of workspaces and runs, so
// that a run with many records waiting can't keep out one with few.
type fairSemaphore struct {
	mu       sync.Mutex
	capacity int
	inside   int
	waiting  int
	ring     []*workspaceQueue
	at       int
}

type workspaceQueue struct {
	id   kernel.WorkspaceID
	runs []*runQueue
	at   int
}

type runQueue struct {
	id      kernel.RunID
	waiters []*waiter
}

type waiter struct {
	ready chan struct{}
	gone  bool
}

func newFairSemaphore(capacity int) *fairSemaphore { return &fairSemaphore{capacity: max(1, capacity)} }

// enter waits for a place; leave must follow unless it answers an error.
func (t *fairSemaphore) enter(ctx context.Context, who owner) error {
	t.mu.Lock()
	if err := ctx.Err(); err != nil {
		t.mu.Unlock()
		return err
	}
	if t.inside < t.capacity && t.waiting == 0 {
		t.inside++
		t.mu.Unlock()
		return nil
	}
	w := &waiter{ready: make(chan struct{})}
	t.enqueue(who, w)
	t.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-w.ready: // let in at the same moment: the place goes to the next one
		t.inside--
		t.admit()
	default:
		w.gone = true
		t.waiting--
	}
	return ctx.Err()
}

func (t *fairSemaphore) enqueue(who owner, w *waiter) {
	t.waiting++
	var ws *workspaceQueue
	for _, q := range t.ring {
		if q.id == who.workspace {
			ws = q
		}
	}
	if ws == nil {
		ws = &workspaceQueue{id: who.workspace}
		t.ring = append(t.ring, ws)
	}
	for _, q := range ws.runs {
		if q.id == who.run {
			q.waiters = append(q.waiters, w)
			return
		}
	}
	ws.runs = append(ws.runs, &runQueue{id: who.run, waiters: []*waiter{w}})
}

func (t *fairSemaphore) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inside--
	t.admit()
}

// resize changes the capacity; those inside beyond a smaller one leave in their own time.
func (t *fairSemaphore) resize(capacity int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.capacity = max(1, capacity)
	t.admit()
}

func (t *fairSemaphore) admit() {
	for t.inside < t.capacity {
		w := t.next()
		if w == nil {
			return
		}
		t.waiting--
		t.inside++
		close(w.ready)
	}
}

// next takes the waiter whose turn it is, nil if nobody waits.
func (t *fairSemaphore) next() *waiter {
	for len(t.ring) > 0 {
		t.at %= len(t.ring)
		ws := t.ring[t.at]
		w := ws.next()
		if len(ws.runs) == 0 {
			t.ring = append(t.ring[:t.at], t.ring[t.at+1:]...)
		} else {
			t.at++
		}
		if w != nil {
			return w
		}
	}
	return nil
}

func (q *workspaceQueue) next() *waiter {
	for len(q.runs) > 0 {
		q.at %= len(q.runs)
		r := q.runs[q.at]
		for len(r.waiters) > 0 && r.waiters[0].gone {
			r.waiters = r.waiters[1:]
		}
		if len(r.waiters) == 0 {
			q.runs = append(q.runs[:q.at], q.runs[q.at+1:]...)
			continue
		}
		w := r.waiters[0]
		r.waiters = r.waiters[1:]
		if len(r.waiters) == 0 {
			q.runs = append(q.runs[:q.at], q.runs[q.at+1:]...)
		} else {
			q.at++
		}
		return w
	}
	return nil
}

func (t *fairSemaphore) queued() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.waiting
}
