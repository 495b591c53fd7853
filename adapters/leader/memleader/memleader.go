// Package memleader is leadership among the parts of one process, in memory.
package memleader

import (
	"context"
	"sync"

	"github.com/morket/morket/eventstore/relay"
)

// Leadership is one thing to lead at. Its checkpoint outlives terms.
type Leadership struct {
	seat chan struct{} // holds a token while nobody leads

	mu       sync.Mutex
	epoch    int
	position int64
}

var _ relay.Leadership = (*Leadership)(nil)

// New makes a leadership that nobody has.
func New() *Leadership {
	l := &Leadership{seat: make(chan struct{}, 1)}
	l.seat <- struct{}{}
	return l
}

// Lead implements relay.Leadership.
func (l *Leadership) Lead(ctx context.Context) (relay.Term, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.seat:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch++
	return &term{leadership: l, epoch: l.epoch, position: l.position}, nil
}

// Depose ends the present term, which its holder finds out by itself, as when a connection is lost.
func (l *Leadership) Depose() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.vacate()
}

// vacate ends the present term; l.mu is held.
func (l *Leadership) vacate() {
	l.epoch++
	select {
	case l.seat <- struct{}{}:
	default: // nobody leads
	}
}

type term struct {
	leadership *Leadership
	epoch      int
	position   int64
}

// Position implements relay.Term.
func (t *term) Position() int64 { return t.position }

// Advance implements relay.Term.
func (t *term) Advance(_ context.Context, from, to int64) error {
	l := t.leadership
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.epoch != t.epoch || l.position != from {
		return relay.ErrDeposed
	}
	l.position = to
	return nil
}

// Resign implements relay.Term. A term that has ended already is nobody's to give back.
func (t *term) Resign(context.Context) {
	l := t.leadership
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.epoch == t.epoch {
		l.vacate()
	}
}
