package politeness

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/breaker"
)

const (
	breakerRest = 2 * time.Minute
	probeRest   = time.Second // while a probe is under way, which ends soon
	maxBreakers = 20_000
)

// breakers keeps the breakers of those that have been asked lately.
type breakers struct {
	clock kernel.Clock
	mu    sync.Mutex
	kept  *lru.Cache[string, *breaker.Breaker]
}

func newBreakers(clock kernel.Clock) (*breakers, error) {
	kept, err := lru.New[string, *breaker.Breaker](maxBreakers)
	return &breakers{clock: clock, kept: kept}, err
}

func (b *breakers) of(key string) *breaker.Breaker {
	b.mu.Lock()
	defer b.mu.Unlock()
	one, ok := b.kept.Get(key)
	if !ok {
		one = breaker.New(b.clock, breakerRest)
		b.kept.Add(key, one)
	}
	return one
}
