package waterfall

import (
	"crypto/sha256"
	"encoding/hex"
	"sort"
	"strings"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/morket/morket/domain/enrichment"
)

// memoSize is how many answers a session remembers; those that were needed longest ago are forgotten first.
const memoSize = 4096

// memo shares answers between the rows of a run: the first to ask a question asks, the others wait for its answer. A question that is
// being asked is never forgotten, however many others are remembered meanwhile: it would be asked, and paid, twice. Their number is
// bounded by the rows asked at once. The map of what is being asked is ours rather than singleflight, whose call ends before its answer
// could be put into the cache: in between the question would be asked again.
type memo struct {
	mu      sync.Mutex
	asking  map[string]*remembered
	answers *simplelru.LRU[string, *remembered]
}

type remembered struct {
	key    string
	done   chan struct{}
	ok     bool // reply is an answer; else the waiting callers ask themselves
	reply  enrichment.Reply
	cached bool // it came from an earlier run
	mu     sync.Mutex
	paid   bool
}

func newMemo(size int) *memo {
	answers, err := simplelru.NewLRU[string, *remembered](max(size, 1), nil)
	if err != nil {
		panic(err) // only of a size below 1
	}
	return &memo{asking: map[string]*remembered{}, answers: answers}
}

// lead returns the entry of a question and whether the caller is the one to ask it; then settle must follow.
func (m *memo) lead(key string) (*remembered, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.asking[key]; ok {
		return r, false
	}
	if r, ok := m.answers.Get(key); ok {
		return r, false
	}
	r := &remembered{key: key, done: make(chan struct{})}
	m.asking[key] = r
	return r, true
}

// resolve gives the answer to the waiting callers. Without one the question is open again.
func (m *memo) resolve(r *remembered, reply enrichment.Reply, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.reply, r.ok = reply, ok
	delete(m.asking, r.key)
	if ok {
		m.answers.Add(r.key, r)
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

// hashInputs names a question: the provider, the step's config and the inputs in any order.
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
