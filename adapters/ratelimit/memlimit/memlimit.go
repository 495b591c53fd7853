// Package memlimit counts requests in one process, in bounded memory.
package memlimit

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// maxBuckets is how many keys a Limiter remembers: some 10 MB.
const maxBuckets = 50_000

// Limiter counts for one process: for each key a bucket that holds a minute's budget and refills evenly. A bucket that is
// full need not be remembered. When there are too many, those that will be full the soonest are forgotten first, so that made-up
// keys push out each other and not the ones that were used up.
type Limiter struct {
	clock   kernel.Clock
	max     int
	mu      sync.Mutex
	buckets map[string]*bucket
	order   byFull
}

type bucket struct {
	key    string
	tokens float64
	at     time.Time
	full   time.Time // when it will be full again
	index  int       // in the heap
}

// New returns a limiter without history.
func New(clock kernel.Clock) *Limiter { return NewBounded(clock, maxBuckets) }

// NewBounded returns a limiter that remembers at most so many keys.
func NewBounded(clock kernel.Clock, most int) *Limiter {
	return &Limiter{clock: clock, max: max(most, 1), buckets: map[string]*bucket{}}
}

// Len returns how many keys are remembered.
func (l *Limiter) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.buckets)
}

// Allow takes one from the budget of the key and says when to come back if it is used up.
func (l *Limiter) Allow(_ context.Context, key string, perMinute int) (bool, time.Duration) {
	if perMinute <= 0 {
		return true, 0
	}
	now := l.clock.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(now)
	perSecond, size := float64(perMinute)/60, float64(perMinute)
	b, known := l.buckets[key]
	if !known {
		b = &bucket{key: key, tokens: size, at: now}
	}
	b.tokens = min(size, b.tokens+max(0, now.Sub(b.at).Seconds())*perSecond)
	b.at = now
	ok, wait := b.tokens >= 1, time.Duration(0)
	if ok {
		b.tokens--
	} else {
		wait = time.Duration((1 - b.tokens) / perSecond * float64(time.Second))
	}
	b.full = now.Add(time.Duration((size - b.tokens) / perSecond * float64(time.Second)))
	if known {
		heap.Fix(&l.order, b.index)
	} else {
		l.buckets[key] = b
		heap.Push(&l.order, b)
	}
	return ok, wait
}

// forget drops buckets that are full, and makes room for one more.
func (l *Limiter) forget(now time.Time) {
	for len(l.order) > 0 && (!l.order[0].full.After(now) || len(l.order) >= l.max) {
		b, _ := heap.Pop(&l.order).(*bucket)
		delete(l.buckets, b.key)
	}
}

// byFull orders buckets by when they will be full; it is a heap.
type byFull []*bucket

func (o byFull) Len() int           { return len(o) }
func (o byFull) Less(i, j int) bool { return o[i].full.Before(o[j].full) }
func (o byFull) Swap(i, j int)      { o[i], o[j] = o[j], o[i]; o[i].index, o[j].index = i, j }

// Push implements heap.Interface.
func (o *byFull) Push(x any) {
	b, _ := x.(*bucket)
	b.index = len(*o)
	*o = append(*o, b)
}

// Pop implements heap.Interface.
func (o *byFull) Pop() any {
	last := len(*o) - 1
	b := (*o)[last]
	(*o)[last] = nil
	*o = (*o)[:last]
	return b
}
