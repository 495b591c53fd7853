package waterfall

import (
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
)

const (
	breakerWindow   = 10 // calls looked back on
	breakerFailures = 5  // among them that open it
	breakerRest     = time.Minute
)

// breaker gives a server that keeps failing a rest: open for a minute, then one probe decides. It is ours rather than sony/gobreaker,
// which reads the machine's clock, doesn't say until when it is open (a slice puts its cells off until then), lets those that come
// during a probe fail instead of waiting for what it finds, and counts failures by time or in a row, not among the last calls.
type breaker struct {
	clock  kernel.Clock
	mu     sync.Mutex
	era    int                 // grows when it opens, probes or closes: a call is counted in its own era only
	recent [breakerWindow]bool // true: failed
	n      int
	opened time.Time     // zero: closed
	why    string        // the last failure, in words
	probe  chan struct{} // closed when the probe under way has ended; nil without one
}

// closed is why a breaker does not let a call through.
type closed struct {
	until time.Time     // when the next probe may be made
	probe chan struct{} // ends when the probe under way has; nil without one
	why   string        // the last failure
}

// allow reports whether a call may be made; done or drop must follow with the era if so. Else it says why not.
func (b *breaker) allow() (era int, no *closed) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened.IsZero() {
		return b.era, nil
	}
	if until := b.opened.Add(breakerRest); b.probe != nil || !kernel.Due(b.clock.Now(), until, breakerRest) {
		return 0, &closed{until: until, probe: b.probe, why: b.why}
	}
	b.probe = make(chan struct{})
	b.era++
	return b.era, nil
}

// done counts a call's end; why is the failure in words, empty for a server that is well.
func (b *breaker) done(era int, why string) {
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

func (b *breaker) endProbe() {
	close(b.probe)
	b.probe = nil
	b.era++
}

func (b *breaker) count(failed bool) {
	b.recent[b.n%breakerWindow] = failed
	b.n++
	failures := 0
	for _, f := range b.recent[:min(b.n, breakerWindow)] {
		if f {
			failures++
		}
	}
	if failures >= breakerFailures {
		b.opened = b.clock.Now()
		b.era++
	}
}

// drop says that an allowed call was not made, or that its end says nothing about the server.
func (b *breaker) drop(era int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if era == b.era && b.probe != nil {
		b.endProbe()
	}
}

func (b *breaker) open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.opened.IsZero()
}
