package livestream

import (
	"sync"

	"github.com/morket/morket/domain/kernel"
)

// patchOverhead is about what a waiting patch takes beside its data.
const patchOverhead = 100

// client is one open stream: the patches that wait for it, bounded in bytes, since one patch may be of a cell or of a thousand rows.
type client struct {
	table   kernel.TableID
	reached []kernel.TableID // the tables that its lookups look into, directly or through others
	most    int
	rings   chan struct{} // holds one when there is something to take

	mu    sync.Mutex
	shown []byte // who has the table open, if that has changed: the latest counts
	queue []Patch
	bytes int
	ended bool // nothing comes any more
	slow  bool // what should have come was too much: the client has to reload
}

func newClient(most int) *client { return &client{most: most, rings: make(chan struct{}, 1)} }

// push adds a patch; false when the client has fallen too far behind.
func (c *client) push(p Patch) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	size := len(p.Data) + patchOverhead
	if c.ended || len(c.queue) > 0 && c.bytes+size > c.most {
		c.slow = c.slow || !c.ended
		return false
	}
	c.queue, c.bytes = append(c.queue, p), c.bytes+size
	c.ring()
	return true
}

// show replaces the list of people that the stream is to tell of.
func (c *client) show(people []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended && people != nil {
		c.shown = people
		c.ring()
	}
}

// people returns the list of people that the stream is to tell of, nil if it is told already.
func (c *client) people() (people []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	people, c.shown = c.shown, nil
	return people
}

// end says that nothing comes any more. What waits is dropped when the client was too slow for it.
func (c *client) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.slow {
		c.queue, c.bytes = nil, 0
	}
	c.ring()
}

func (c *client) ring() {
	select {
	case c.rings <- struct{}{}:
	default:
	}
}

// drain returns what waits, and what has become of the stream after it.
func (c *client) drain() (queue []Patch, ended, slow bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	queue, c.queue, c.bytes = c.queue, nil, 0
	return queue, c.ended, c.slow
}
