// Package memcache keeps answers that are dear to work out in this process's memory.
package memcache

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Cache keeps values for a while, and no more bytes than its limit.
type Cache struct {
	clock kernel.Clock
	limit int

	mu      sync.Mutex
	size    int
	entries map[string]entry
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
	return &Cache{clock: clock, limit: limit, entries: map[string]entry{}}
}

// Get returns what was kept under the key, false if it is not there any more.
func (c *Cache) Get(_ context.Context, key string) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if ok && kernel.Due(c.clock.Now(), e.until, e.life) {
		c.drop(key)
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
	c.drop(key)
	if c.size+len(value) > c.limit {
		c.makeRoom(len(value))
	}
	c.entries[key] = entry{slices.Clone(value), c.clock.Now().Add(life), life}
	c.size += len(value)
}

// makeRoom drops what is over and then, until there is room, whatever comes.
func (c *Cache) makeRoom(n int) {
	now := c.clock.Now()
	for k, e := range c.entries {
		if kernel.Due(now, e.until, e.life) {
			c.drop(k)
		}
	}
	for k := range c.entries {
		if c.size+n <= c.limit {
			return
		}
		c.drop(k)
	}
}

func (c *Cache) drop(key string) {
	c.size -= len(c.entries[key].value)
	delete(c.entries, key)
}
