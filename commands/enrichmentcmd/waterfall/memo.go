package waterfall

import (
	"crypto/sha256"
	"encoding/hex"
	"sort"
	"strings"
	"sync"

	"github.com/morket/morket/domain/enrichment"
)

// memoSize is how many answers a session remembers; the oldest are forgotten first.
const memoSize = 4096

// memo shares answers between the rows of a run: the first to ask a question asks, the others wait for its answer.
type memo struct {
	mu      sync.Mutex
	size    int
	entries map[string]*remembered
	order   []string
}

type remembered struct {
	done   chan struct{}
	ok     bool // reply is an answer; else whoever waits asks by himself
	reply  enrichment.Reply
	cached bool // it came from an earlier run
	mu     sync.Mutex
	paid   bool
}

func newMemo(size int) *memo { return &memo{size: size, entries: map[string]*remembered{}} }

// lead returns the entry of a question and whether the caller is the one to ask it; then settle must follow.
func (m *memo) lead(key string) (*remembered, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.entries[key]; ok {
		return r, false
	}
	r := &remembered{done: make(chan struct{})}
	m.entries[key] = r
	m.order = append(m.order, key)
	if len(m.order) > m.size {
		delete(m.entries, m.order[0])
		m.order = m.order[1:]
	}
	return r, true
}

// settle gives the answer to those who wait. Without one the question is open again.
func (m *memo) settle(key string, r *remembered, reply enrichment.Reply, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.reply, r.ok = reply, ok
	if !ok && m.entries[key] == r {
		delete(m.entries, key)
	}
	close(r.done)
}

// pay reports whether this is the first time that the answer is accepted, and so to be paid.
func (r *remembered) pay() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := !r.paid && !r.cached
	r.paid = true
	return first
}

// hashInputs names a question: the provider, the step's config and the inputs, whatever their order.
func hashInputs(provider string, config []byte, inputs map[string]string) string {
	names := make([]string, 0, len(inputs))
	for n := range inputs {
		names = append(names, n)
	}
	sort.Strings(names)
	h := sha256.New()
	part := func(s string) {
		var size [8]byte
		for i, n := 0, len(s); i < 8; i, n = i+1, n>>8 {
			size[i] = byte(n)
		}
		h.Write(size[:])
		h.Write([]byte(s))
	}
	part(provider)
	part(string(config))
	for _, n := range names {
		part(n)
		part(inputs[n])
	}
	return hex.EncodeToString(h.Sum(nil))
}

func trim(s string) string { return strings.TrimSpace(s) }
