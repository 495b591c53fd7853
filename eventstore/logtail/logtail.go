// Package logtail keeps the newest events of the log in memory. The consumers of a process read them from there, so that the database hands
// each event out once and not once for every consumer that the bus has left behind.
package logtail

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// DefaultBytes is how many bytes of events a tail keeps.
const DefaultBytes = 16 << 20

// Log is what a tail reads.
type Log interface {
	eventstore.Notifier
	ReadAll(ctx context.Context, after int64, limit int) ([]eventstore.Recorded, error)
	ReadStream(ctx context.Context, stream eventstore.StreamID, after int64, limit int) ([]eventstore.Recorded, error)
	ReadWorkspace(ctx context.Context, workspace kernel.WorkspaceID, after int64, limit int) ([]eventstore.Recorded, error)
	Head(ctx context.Context) (int64, error)
}

// Tail is a log whose ReadAll has the newest events in memory. Everything else is read from the log itself. Readers share the events and
// must not change them. It is safe for concurrent use.
type Tail struct {
	Log
	max    int
	forget []string

	mu      sync.Mutex
	pages   []page // contiguous
	bytes   int
	begun   int64    // reads that have been begun
	reading *reading // the one under way at the end of the pages; nil for none
	nothing reading  // the last one that found nothing
}

// page is a run of events as it was read.
type page struct {
	events []eventstore.Recorded
	bytes  int
}

func (p page) first() int64 { return p.events[0].Position }
func (p page) last() int64  { return p.events[len(p.events)-1].Position }

// reading is a read of the log that others wait for.
type reading struct {
	number int64 // among the reads that have been begun
	after  int64
	done   chan struct{}
}

// New makes a tail that keeps so many bytes of events; 0 takes DefaultBytes.
func New(log Log, bytes int) *Tail {
	return &Tail{Log: log, max: cmp.Or(bytes, DefaultBytes)}
}

// ForgetsAt names the types of events that say that older ones have been changed: what is kept when one comes is read from the log again.
func (t *Tail) ForgetsAt(types ...string) *Tail {
	t.forget = types
	return t
}

// ReadAll returns events with position > after, in order and without a gap. What was appended before the call is never missed: of a
// read that began earlier only what it found counts, not that it found nothing.
func (t *Tail) ReadAll(ctx context.Context, after int64, limit int) ([]eventstore.Recorded, error) {
	if limit <= 0 {
		return nil, nil
	}
	after = max(after, 0)
	t.mu.Lock()
	before := t.begun
	for {
		if events := t.kept(after, limit); len(events) > 0 {
			t.mu.Unlock()
			return events, nil
		}
		if after < t.end() { // older than what is kept
			t.mu.Unlock()
			return t.Log.ReadAll(ctx, after, limit)
		}
		if t.nothing.after == after && t.nothing.number > before {
			t.mu.Unlock()
			return nil, nil
		}
		r := t.reading
		if r == nil {
			return t.read(ctx, after, limit)
		}
		t.mu.Unlock()
		select {
		case <-r.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		t.mu.Lock()
	}
}

// read reads the log after its known end and keeps what it finds. The lock is held by the caller and released.
func (t *Tail) read(ctx context.Context, after int64, limit int) (events []eventstore.Recorded, err error) {
	t.begun++
	r := &reading{number: t.begun, after: after, done: make(chan struct{})}
	t.reading = r
	t.mu.Unlock()
	ended := false
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		switch {
		case !ended || err != nil: // the waiting readers read for themselves
		case len(events) > 0:
			t.append(events)
		default:
			t.nothing = *r
		}
		t.reading = nil
		close(r.done)
	}()
	events, err = t.Log.ReadAll(ctx, after, limit)
	ended = true
	return events, err
}

// end is the position of the newest event that is kept.
func (t *Tail) end() int64 {
	if len(t.pages) == 0 {
		return 0
	}
	return t.pages[len(t.pages)-1].last()
}

// kept returns the events after the position that are in memory, as many as a read of the log would return.
func (t *Tail) kept(after int64, limit int) []eventstore.Recorded {
	if len(t.pages) == 0 || after < t.pages[0].first()-1 || after >= t.end() {
		return nil
	}
	i, _ := slices.BinarySearchFunc(t.pages, after, func(p page, after int64) int { return cmp.Compare(p.last(), after+1) })
	from := t.pages[i].events[after+1-t.pages[i].first():]
	if len(from) >= limit || i == len(t.pages)-1 || t.pages[i].bytes >= eventstore.MaxReadBytes {
		n := min(len(from), limit)
		return from[:n:n]
	}
	out := slices.Clone(from)
	size := t.pages[i].bytes
	for _, p := range t.pages[i+1:] {
		if size += p.bytes; size > eventstore.MaxReadBytes || len(out) == limit {
			break
		}
		out = append(out, p.events[:min(len(p.events), limit-len(out))]...)
	}
	return out
}

// append adds events and lets the oldest go. What doesn't follow on what is kept takes its place.
func (t *Tail) append(events []eventstore.Recorded) {
	if len(t.pages) > 0 && events[0].Position != t.end()+1 {
		t.pages, t.bytes = nil, 0
	}
	p := page{events: events}
	if len(t.forget) > 0 && slices.ContainsFunc(events, func(e eventstore.Recorded) bool { return slices.Contains(t.forget, e.Type) }) {
		t.pages, t.bytes = nil, 0 // these events were read after what the one among them tells of
	}
	for i := range events {
		p.bytes += len(events[i].Data) + len(events[i].Metadata)
	}
	t.pages, t.bytes = append(t.pages, p), t.bytes+p.bytes
	for len(t.pages) > 1 && t.bytes > t.max {
		t.bytes -= t.pages[0].bytes
		t.pages[0] = page{}
		t.pages = t.pages[1:]
	}
}
