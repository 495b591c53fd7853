package politeness

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2"

	"github.com/morket/morket/domain/kernel"
)

const (
	breakerWindow   = 10 // requests looked back on
	breakerFailures = 5  // among them that open it
	breakerRest     = 2 * time.Minute
	maxBreakers     = 20_000
)

// breakers keeps the breakers of those that have been asked lately.
type breakers struct {
	clock kernel.Clock
	mu    sync.Mutex
	kept  *lru.Cache[string, *breaker]
}

func newBreakers(clock kernel.Clock) (*breakers, error) {
	kept, err := lru.New[string, *breaker](maxBreakers)
	return &breakers{clock: clock, kept: kept}, err
}

func (b *breakers) of(key string) *breaker {
	b.mu.Lock()
	defer b.mu.Unlock()
	one, ok := b.kept.Get(key)
	if !ok {
		one = &breaker{clock: b.clock}
		b.kept.Add(key, one)
	}
	return one
}

// breaker opens after five failures among the last ten requests, rests, then lets one through, which decides.
type breaker struct {
	clock   kernel.Clock
	mu      sync.Mutex
	era     int // grows whenever it opens, probes or closes: what was begun before counts no more
	recent  [breakerWindow]bool
	n       int
	opened  time.Time // zero: closed
	probing bool
}

// allow returns how long the rest still is; 0 lets the request through, and done or drop must follow.
func (b *breaker) allow() (era int, rest time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened.IsZero() {
		return b.era, 0
	}
	now, until := b.clock.Now(), b.opened.Add(breakerRest)
	if !kernel.Due(now, until, breakerRest) {
		return 0, until.Sub(now)
	}
	if b.probing {
		return 0, time.Second // the probe ends soon
	}
	b.probing = true
	b.era++
	return b.era, 0
}

func (b *breaker) done(era int, failed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case era != b.era:
	case b.probing:
		b.probing, b.n, b.opened = false, 0, time.Time{}
		b.era++
		if failed {
			b.opened = b.clock.Now()
		}
	case b.opened.IsZero():
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
}

func (b *breaker) drop(era int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if era == b.era && b.probing {
		b.probing = false
		b.era++
	}
}
