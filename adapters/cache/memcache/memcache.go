// Package memcache keeps answers that are dear to work out in this process's memory.
package memcache

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/morket/morket/domain/kernel"
)

// Cache keeps values for a while, and no more bytes than its limit.
type Cache struct {
	clock kernel.Clock
	limit int

	mu      sync.Mutex // golang-lru counts entries, this cache bytes: both change together
	size    int
	entries *simplelru.LRU[string, entry]
}

type entry struct {
	value []byte
	until time.Time
	life  time.Duration
}

// maxValue is the longest value that is kept, in bytes.
const maxValue = 1 << 20

// New makes a cache of at most limit bytes of values.
func New(clock kernel.Clock, limit int) *Cache {
	c := &Cache{clock: clock, limit: limit}
	entries, err := simplelru.NewLRU(math.MaxInt, func(_ string, e entry) { c.size -= len(e.value) })
	if err != nil {
		panic(err) // only of a size below 1
	}
	c.entries = entries
	return c
}

// Get returns what was kept under the key, false if it is not there any more.
func (c *Cache) Get(_ context.Context, key string) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries.Get(key)
	if ok && kernel.Due(c.clock.Now(), e.until, e.life) {
		c.entries.Remove(key)
		return nil, false
	}
	return slices.Clone(e.value), ok
}

// Set keeps the value for at most life. It may be gone sooner.
func (c *Cache) Set(_ context.Context, key string, value []byte, life time.Duration) {
	if len(value) > min(maxValue, c.limit) || life <= 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries.Remove(key)
	for c.size+len(value) > c.limit { // the least recently used goes first
		c.entries.RemoveOldest()
	}
	c.entries.Add(key, entry{slices.Clone(value), c.clock.Now().Add(life), life})
	c.size += len(value)
}
