// Package breaker gives a server that keeps failing a rest, after which one probe decides. It is ours rather than sony/gobreaker, which
// reads the machine's clock, doesn't say until when it is open (a slice puts its cells off until then), lets those that come during a
// probe fail instead of waiting for what it finds, and counts failures by time or in a row, not among the last calls.
package breaker

import (
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
)

const (
	window = 10 // calls looked back on
	// Failures is how many among them open a breaker.
	Failures = 5
)

// Breaker is of one server. It is safe for concurrent use.
type Breaker struct {
	clock  kernel.Clock
	rest   time.Duration
	mu     sync.Mutex
	era    int          // grows when it opens, probes or closes: a call is counted in its own era only
	recent [window]bool // true: failed
	n      int
	opened time.Time     // zero: closed
	why    string        // the last failure, in words
	probe  chan struct{} // closed when the probe under way has ended; nil without one
}

// New makes a closed breaker, which rests so long when it opens.
func New(clock kernel.Clock, rest time.Duration) *Breaker { return &Breaker{clock: clock, rest: rest} }

// Refusal is why a breaker does not let a call through.
type Refusal struct {
	Until time.Time       // when the next probe may be made
	Probe <-chan struct{} // ends when the probe under way has; nil without one
	Why   string          // the last failure
}

// Allow reports whether a call may be made; Done or Drop must follow with the era if so. Else it says why not.
func (b *Breaker) Allow() (era int, no *Refusal) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened.IsZero() {
		return b.era, nil
	}
	if until := b.opened.Add(b.rest); b.probe != nil || !kernel.Due(b.clock.Now(), until, b.rest) {
		return 0, &Refusal{Until: until, Probe: b.probe, Why: b.why}
	}
	b.probe = make(chan struct{})
	b.era++
	return b.era, nil
}

// Done counts a call's end; why is the failure in words, empty for a server that is well.
func (b *Breaker) Done(era int, why string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	failed := why != ""
	if era != b.era { // begun before it opened or closed
		return
	}
	if failed {
		b.why = why
	}
	switch {
	case b.probe != nil:
		b.endProbe()
		b.opened, b.n = time.Time{}, 0
		if failed {
			b.opened = b.clock.Now()
		}
	case b.opened.IsZero():
		b.count(failed)
	}
}

func (b *Breaker) endProbe() {
	close(b.probe)
	b.probe = nil
	b.era++
}

func (b *Breaker) count(failed bool) {
	b.recent[b.n%window] = failed
	b.n++
	found := 0
	for _, f := range b.recent[:min(b.n, window)] {
		if f {
			found++
		}
	}
	if found >= Failures {
		b.opened = b.clock.Now()
		b.era++
	}
}

// Drop says that an allowed call was not made, or that its end says nothing about the server.
func (b *Breaker) Drop(era int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if era == b.era && b.probe != nil {
		b.endProbe()
	}
}

// Open reports whether calls are refused, or a probe is under way.
func (b *Breaker) Open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.opened.IsZero()
}
