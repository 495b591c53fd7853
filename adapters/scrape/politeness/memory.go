package politeness

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2"

	"github.com/morket/morket/domain/kernel"
)

// Memory counts for this process.
type Memory struct {
	clock kernel.Clock
	mu    sync.Mutex
	kept  *lru.Cache[string, *moments]
}

// moments are a domain's: when its next request would be due if requests came evenly, and until when it is slowed or left alone.
type moments struct{ next, slow, rest time.Time }

// maxDomains is how many are remembered: some 10 MB. A domain that is pushed out is asked at its full rate again; made-up names alone could
// do that, and each of them costs a look-up first.
const maxDomains = 50_000

// NewMemory makes a counter without history.
func NewMemory(clock kernel.Clock) (*Memory, error) {
	kept, err := lru.New[string, *moments](maxDomains)
	return &Memory{clock: clock, kept: kept}, err
}

func (m *Memory) of(domain string) *moments {
	one, ok := m.kept.Get(domain)
	if !ok {
		one = &moments{}
		m.kept.Add(domain, one)
	}
	return one
}

// Take implements Counter by the generic cell rate algorithm (ITU-T I.371): one moment is all that has to be remembered.
func (m *Memory) Take(_ context.Context, domain string, r Rate, most time.Duration) (time.Duration, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, d := m.clock.Now(), m.of(domain)
	every := r.Every
	if !kernel.Due(now, d.slow, slowFor) {
		every *= 2
	}
	first := now
	if !kernel.Due(now, d.rest, longestRest) {
		first = d.rest
	}
	at := first
	if d.next.After(at) {
		at = d.next
	}
	allowed := at.Add(-time.Duration(r.Burst-1) * every)
	if first.After(allowed) {
		allowed = first
	}
	wait := allowed.Sub(now)
	if wait > most {
		return wait, false
	}
	d.next = at.Add(every)
	return wait, true
}

// Slow implements Counter.
func (m *Memory) Slow(_ context.Context, domain string, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(domain).slow = m.clock.Now().Add(d)
}

// Rest implements Counter.
func (m *Memory) Rest(_ context.Context, domain string, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if until := m.clock.Now().Add(d); until.After(m.of(domain).rest) {
		m.of(domain).rest = until
	}
}
