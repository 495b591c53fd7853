package pgstore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// ErrClosed is the answer to an append after Close.
var ErrClosed = kernel.E(kernel.KindUnavailable, "LOG_CLOSED", "the log is shutting down; try again")

// pending is a chain of appends on its way; mostly it has one link.
type pending struct {
	links  []link
	bytes  int
	state  atomic.Int32
	answer chan answer // has room for the one answer
}

type link struct {
	eventstore.Append
	metadata []byte
}

// answer is what AppendChain answers.
type answer struct {
	done []eventstore.Appended
	err  error
}

// States of a pending append. It is taken into a batch, or left by its caller, whichever comes first.
const (
	stateWaiting int32 = iota
	stateTaken
	stateLeft
)

func (s *Store) newPending(ctx context.Context, chain []eventstore.Append) (*pending, error) {
	if err := eventstore.CheckChain(chain); err != nil {
		return nil, err
	}
	p := &pending{links: make([]link, len(chain)), answer: make(chan answer, 1)}
	for i, a := range chain {
		if len(a.Result) == 0 {
			a.Result = kernel.Null()
		}
		metadata, err := s.encodeMeta(ctx, a.Meta)
		if err != nil {
			return nil, fmt.Errorf("encode the metadata: %w", err)
		}
		if problem := eventstore.CheckJSON(metadata); problem != "" {
			return nil, kernel.Invalid("metadata", "%s", problem)
		}
		p.links[i] = link{a, metadata}
		p.bytes += len(a.Result) + len(metadata)
		for _, s := range a.Streams {
			for _, e := range s.Events {
				p.bytes += len(e.Data)
			}
		}
	}
	return p, nil
}

// claim claims it for a batch; false means that its caller has left.
func (p *pending) claim() bool { return p.state.CompareAndSwap(stateWaiting, stateTaken) }

// leave gives it up; false means that it is too late for that.
func (p *pending) leave() bool { return p.state.CompareAndSwap(stateWaiting, stateLeft) }

// largeBytes is the size from which an append is large, as those of imports and runs are. They wait apart from the small ones, those of
// people: an edit that went into one batch with them would take as long as they do.
const largeBytes = 64 << 10

// queue holds the appends that wait, up to a number and an amount of bytes.
type queue struct {
	small    chan *pending
	large    chan *pending
	bytes    atomic.Int64
	maxBytes int64

	mu     sync.RWMutex // keeps put and close apart
	closed bool
}

func newQueue(items int, bytes int64) *queue {
	return &queue{small: make(chan *pending, items), large: make(chan *pending, items), maxBytes: bytes}
}

// enqueue adds an append, or answers ErrBusy at once. One append is taken however big it is.
func (q *queue) enqueue(p *pending) error {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if q.closed {
		return ErrClosed
	}
	if total := q.bytes.Add(int64(p.bytes)); total > q.maxBytes && total > int64(p.bytes) {
		q.bytes.Add(int64(-p.bytes))
		return eventstore.ErrBusy
	}
	select {
	case q.of(p) <- p:
		return nil
	default:
		q.bytes.Add(int64(-p.bytes))
		return eventstore.ErrBusy
	}
}

// done gives back the room of an append that has been answered or left.
func (q *queue) done(p *pending) { q.bytes.Add(int64(-p.bytes)) }

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		close(q.small)
		close(q.large)
	}
}

// of is where an append waits.
func (q *queue) of(p *pending) chan *pending {
	if p.bytes >= largeBytes {
		return q.large
	}
	return q.small
}

// next waits for an append, a large one first if that is its turn. It answers false when the queue is closed and nothing is left.
func (q *queue) next(largeFirst bool) (*pending, bool) {
	first, second := q.small, q.large
	if largeFirst {
		first, second = second, first
	}
	select {
	case p, open := <-first:
		if open {
			return p, true
		}
	default:
	}
	select {
	case p, open := <-first:
		if !open { // so are both
			p, open = <-second
		}
		return p, open
	case p, open := <-second:
		if !open {
			p, open = <-first
		}
		return p, open
	}
}
