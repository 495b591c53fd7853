package waterfall

import (
	"container/list"
	"crypto/sha256"
	"encoding/hex"
	"sort"
	"strings"
	"sync"

	"github.com/morket/morket/domain/enrichment"
)

// memoSize is how many answers a session remembers; those that were needed longest ago are forgotten first.
const memoSize = 4096

// memo shares answers between the rows of a run: the first to ask a question asks, the others wait for its answer. A question that is
// being asked is never forgotten, whatever else is remembered meanwhile: it would be asked, and paid, twice. Their number is
// bounded by the rows asked at once. It is ours rather than singleflight beside a cache, because between the two an answer must be
// in neither or both.
type memo struct {
	mu      sync.Mutex
	size    int
	asking  map[string]*remembered
	answers map[string]*list.Element // of *remembered
	recent  list.List                // the answer used last in front
}

type remembered struct {
	key    string
	done   chan struct{}
	ok     bool // reply is an answer; else those who wait ask themselves
	reply  enrichment.Reply
	cached bool // it came from an earlier run
	mu     sync.Mutex
	paid   bool
}

func newMemo(size int) *memo {
	return &memo{size: size, asking: map[string]*remembered{}, answers: map[string]*list.Element{}}
}

// lead returns the entry of a question and whether the caller is the one to ask it; then settle must follow.
func (m *memo) lead(key string) (*remembered, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.asking[key]; ok {
		return r, false
	}
	if at, ok := m.answers[key]; ok {
		m.recent.MoveToFront(at)
		r, _ := at.Value.(*remembered)
		return r, false
	}
	r := &remembered{key: key, done: make(chan struct{})}
	m.asking[key] = r
	return r, true
}

// settle gives the answer to those who wait. Without one the question is open again.
func (m *memo) settle(r *remembered, reply enrichment.Reply, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.reply, r.ok = reply, ok
	delete(m.asking, r.key)
	if ok {
		m.answers[r.key] = m.recent.PushFront(r)
	}
	if len(m.answers) > m.size {
		oldest, _ := m.recent.Remove(m.recent.Back()).(*remembered)
		delete(m.answers, oldest.key)
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
