// Package memlimit counts requests in one process, in bounded memory.
package memlimit

import (
	"container/heap"
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/morket/morket/domain/kernel"
)

// maxBuckets is how many keys a Limiter remembers: some 10 MB.
const maxBuckets = 50_000

// Limiter counts for one process: for each key a bucket (x/time/rate) that holds a minute's budget and refills evenly. A bucket that
// is full need not be remembered. Which are remembered is ours: when there are too many, those that will be full the soonest are
// forgotten first, so that made-up keys push out each other and not the ones that were used up, as in an LRU they would.
type Limiter struct {
	clock   kernel.Clock
	max     int
	mu      sync.Mutex
	buckets map[string]*bucket
	order   byFull
}

type bucket struct {
	key   string
	rate  *rate.Limiter
	full  time.Time // when it will be full again
	index int       // in the heap
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
	b, known := l.buckets[key]
	if !known {
		b = &bucket{key: key, rate: rate.NewLimiter(perSecond(perMinute), perMinute)}
	} else if b.rate.Burst() != perMinute {
		b.rate.SetLimitAt(now, perSecond(perMinute))
		b.rate.SetBurstAt(now, perMinute)
	}
	ok, wait := b.rate.AllowN(now, 1), time.Duration(0)
	if !ok {
		wait = b.until(now, 1)
	}
	b.full = now.Add(b.until(now, perMinute))
	if known {
		heap.Fix(&l.order, b.index)
	} else {
		l.buckets[key] = b
		heap.Push(&l.order, b)
	}
	return ok, wait
}

func perSecond(perMinute int) rate.Limit { return rate.Limit(float64(perMinute) / 60) }

// until is how long it takes until the bucket holds so many; exact to the nanosecond, and rounded up, so that one is there then.
func (b *bucket) until(now time.Time, tokens int) time.Duration {
	missing := float64(tokens) - b.rate.TokensAt(now)
	return time.Duration(math.Ceil(missing / float64(b.rate.Limit()) * float64(time.Second)))
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
