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

// breaker gives a provider that keeps failing a rest: open for a minute, then one probe decides. It counts calls, not
// time, and reads the injected clock.
type breaker struct {
	clock  kernel.Clock
	mu     sync.Mutex
	era    int                 // grows when it opens, probes or closes: a call is counted in its own era only
	recent [breakerWindow]bool // true: failed
	n      int
	opened time.Time // zero: closed
	probe  bool      // a probe is under way
}

// allow reports whether a call may be made; done or drop must follow with the era if so.
func (b *breaker) allow() (era int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened.IsZero() {
		return b.era, true
	}
	if b.probe || b.clock.Now().Sub(b.opened) < breakerRest {
		return 0, false
	}
	b.probe = true
	b.era++
	return b.era, true
}

// done counts a call's end.
func (b *breaker) done(era int, failed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case era != b.era: // begun before it opened or closed
	case b.probe && failed:
		b.probe, b.opened = false, b.clock.Now()
		b.era++
	case b.probe:
		b.probe, b.opened, b.n = false, time.Time{}, 0
		b.era++
	case b.opened.IsZero():
		b.count(failed)
	}
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

// drop says that an allowed call was not made, or that its end says nothing about the provider.
func (b *breaker) drop(era int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if era == b.era && b.probe {
		b.probe = false
		b.era++
	}
}

func (b *breaker) open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.opened.IsZero()
}
