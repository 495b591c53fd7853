// Package twins are stand-ins for vendors: they behave as the vendors' documents say, with their errors, limits and odd shapes, keep state,
// follow a script of faults, and write down what they were asked. They are for tests and for trying Morket without an account; product code
// can't import them.
package twins

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Call is one request that a twin was asked, as its journal has it. Keys are not in it.
type Call struct {
	At       time.Time `json:"at"`
	Method   string    `json:"method"`
	Path     string    `json:"path"`
	Query    string    `json:"query,omitempty"`
	Body     string    `json:"body,omitempty"`
	Status   int       `json:"status"`
	Scripted bool      `json:"scripted,omitempty"`
}

// Fault is an answer that is given in place of the twin's own.
type Fault struct {
	Path   string            `json:"path,omitempty"` // only to this path; empty to any
	Status int               `json:"status"`
	Header map[string]string `json:"header,omitempty"`
	Body   string            `json:"body,omitempty"`
	Cut    bool              `json:"cut,omitempty"`  // break the connection within the answer
	Lost   bool              `json:"lost,omitempty"` // do the work, then break the connection instead of answering
	Times  int               `json:"times,omitempty"`
}

const (
	maxJournal = 100_000
	maxBody    = 1 << 20
	keptBody   = 2_000 // bytes of a request in the journal
)

// Twin is a vendor's stand-in.
type Twin struct {
	name  string
	now   func() time.Time
	inner http.Handler

	mu      sync.Mutex
	journal []Call
	script  []Fault
}

// Name is the vendor's.
func (t *Twin) Name() string { return t.name }

// Script adds faults, each for the next request that it is for.
func (t *Twin) Script(faults ...Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.script = append(t.script, faults...)
}

// Calls is the journal.
func (t *Twin) Calls() []Call {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Call{}, t.journal...)
}

// Forget empties the journal and the script.
func (t *Twin) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.journal, t.script = nil, nil
}

// next takes the fault for the path out of the script.
func (t *Twin) next(path string) (Fault, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range t.script {
		f := &t.script[i]
		if f.Path != "" && f.Path != path {
			continue
		}
		out := *f
		if f.Times--; f.Times <= 0 {
			t.script = append(t.script[:i:i], t.script[i+1:]...)
		}
		return out, true
	}
	return Fault{}, false
}

func (t *Twin) note(c Call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.journal) < maxJournal {
		t.journal = append(t.journal, c)
	}
}

// ServeHTTP answers as the vendor would. Under /twin/ it answers about itself.
func (t *Twin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/twin/") {
		t.control(w, r)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	c := Call{At: t.now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Body: string(body[:min(len(body), keptBody)])}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	fault, faulty := t.next(r.URL.Path)
	if faulty && !fault.Lost {
		c.Status, c.Scripted = fault.Status, true
		t.note(c)
		fault.answer(w)
		return
	}
	got := &recorder{header: http.Header{}, status: http.StatusOK}
	t.inner.ServeHTTP(got, r)
	c.Status, c.Scripted = got.status, faulty
	t.note(c)
	if faulty {
		panic(http.ErrAbortHandler)
	}
	for name, values := range got.header {
		w.Header()[name] = values
	}
	w.WriteHeader(got.status)
	_, _ = w.Write(got.body)
}

func (f Fault) answer(w http.ResponseWriter) {
	for name, value := range f.Header {
		w.Header().Set(name, value)
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	if f.Cut {
		w.Header().Set("Content-Length", strconv.Itoa(len(f.Body)+1))
	}
	w.WriteHeader(max(f.Status, http.StatusOK))
	_, _ = io.WriteString(w, f.Body)
	if f.Cut {
		panic(http.ErrAbortHandler)
	}
}

// control answers the journal and takes faults: GET /twin/journal, POST /twin/script, POST /twin/forget.
func (t *Twin) control(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + r.URL.Path {
	case "GET /twin/journal":
		answer(w, http.StatusOK, t.Calls())
	case "POST /twin/script":
		var faults []Fault
		if err := json.NewDecoder(io.LimitReader(r.Body, maxBody)).Decode(&faults); err != nil {
			http.Error(w, "not a list of faults", http.StatusBadRequest)
			return
		}
		t.Script(faults...)
		w.WriteHeader(http.StatusNoContent)
	case "POST /twin/forget":
		t.Forget()
		w.WriteHeader(http.StatusNoContent)
	default:
		http.NotFound(w, r)
	}
}

// recorder keeps an answer until it is known whether it is given.
type recorder struct {
	header http.Header
	status int
	body   []byte
}

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) {
	r.body = append(r.body, b...)
	return len(b), nil
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(http.ErrAbortHandler) // what reads it is gone
	}
}

// object is a JSON object.
type object = map[string]any

// window is a fixed window that the first request opens.
type window struct {
	length time.Duration
	limit  int // 0 is no limit
}

// used counts requests of keys in windows.
type used struct {
	began map[string]time.Time
	count map[string]int
}

// take counts a request in each of the windows. Where one is full nothing is counted, and the wait until it ends is answered.
func (u *used) take(now time.Time, key string, windows []window) (full window, wait time.Duration) {
	if u.began == nil {
		u.began, u.count = map[string]time.Time{}, map[string]int{}
	}
	name := func(w window) string { return key + "/" + w.length.String() }
	for _, w := range windows {
		k := name(w)
		if began, ok := u.began[k]; !ok || now.Sub(began) >= w.length {
			u.began[k], u.count[k] = now, 0
		}
		if w.limit > 0 && u.count[k] >= w.limit {
			return w, u.began[k].Add(w.length).Sub(now)
		}
	}
	for _, w := range windows {
		u.count[name(w)]++
	}
	return window{}, 0
}

// left is how many requests the key has used of a window, and how many are left.
func (u *used) of(key string, w window) (used, left int) {
	n := u.count[key+"/"+w.length.String()]
	return n, max(0, w.limit-n)
}

// share is a number from 0 to 99 that is always the same for the same text, so that a twin always knows the same people.
func share(text string) int {
	sum := sha256.Sum256([]byte(strings.ToLower(text)))
	return int(binary.BigEndian.Uint32(sum[:4]) % 100)
}
