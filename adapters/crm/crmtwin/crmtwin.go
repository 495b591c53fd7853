// Package crmtwin is what stand-ins of CRMs have in common: a script of faults, a journal of what they were asked, OAuth and limits in
// windows. They are for tests and for trying Morket without an account; product code can't import them.
package crmtwin

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Call is one request that a twin was asked, as its journal has it. Tokens are not in it.
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
	Path   string            `json:"path,omitempty"` // only to a path that ends so; empty to any
	Status int               `json:"status"`
	Header map[string]string `json:"header,omitempty"`
	Body   string            `json:"body,omitempty"`
	Cut    bool              `json:"cut,omitempty"`  // break the connection within the answer
	Lost   bool              `json:"lost,omitempty"` // do the work, then break the connection instead of answering
	Hang   bool              `json:"hang,omitempty"` // answer nothing until the caller goes
	Times  int               `json:"times,omitempty"`
}

const (
	maxJournal = 100_000
	maxScript  = 10_000
	maxBody    = 8 << 20
	keptBody   = 4_000 // bytes of a request in the journal
)

// Twin is a CRM's stand-in.
type Twin struct {
	now   func() time.Time
	inner http.Handler

	mu      sync.Mutex
	journal []Call
	script  []Fault
}

// New makes a twin that answers by inner where no fault is scripted.
func New(now func() time.Time, inner http.Handler) *Twin { return &Twin{now: now, inner: inner} }

// Script adds faults, each for the next request that it is for.
func (t *Twin) Script(faults ...Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.script = append(t.script, faults...)
	t.script = t.script[:min(len(t.script), maxScript)]
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
		if f.Path != "" && !strings.HasSuffix(path, f.Path) {
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
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "too long", http.StatusRequestEntityTooLarge)
		return
	}
	w.Header().Set("Date", t.now().UTC().Format(http.TimeFormat))
	c := Call{At: t.now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery}
	if !strings.Contains(r.URL.Path, "/oauth") { // what is sent there is secret
		c.Body = string(body[:min(len(body), keptBody)])
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	fault, faulty := t.next(r.URL.Path)
	if faulty && !fault.Lost {
		c.Status, c.Scripted = fault.Status, true
		t.note(c)
		fault.answer(w, r)
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
	_, _ = w.Write(got.body.Bytes())
}

func (f Fault) answer(w http.ResponseWriter, r *http.Request) {
	if f.Hang {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	for name, value := range f.Header {
		w.Header().Set(name, value)
	}
	if f.Cut {
		w.Header().Set("Content-Length", strconv.Itoa(len(f.Body)+1))
	}
	w.WriteHeader(max(f.Status, http.StatusOK))
	_, _ = io.WriteString(w, f.Body)
	if f.Cut {
		_ = http.NewResponseController(w).Flush() // so that it is an answer that is cut, and not a connection that broke
		panic(http.ErrAbortHandler)
	}
}

// control answers the journal and takes faults: GET /twin/journal, POST /twin/script, POST /twin/forget.
func (t *Twin) control(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + r.URL.Path {
	case "GET /twin/journal":
		Answer(w, http.StatusOK, t.Calls())
	case "POST /twin/script":
		var faults []Fault
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&faults); err != nil {
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
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) { r.status = status }

// Write implements http.ResponseWriter.
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// Object is a JSON object.
type Object = map[string]any

// Answer writes a value as JSON.
func Answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	if v == nil {
		return
	}
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(http.ErrAbortHandler) // what reads it is gone
	}
}

// Window is a fixed window that the first request opens. Calls of 0 is no limit.
type Window struct {
	Name   string
	Length time.Duration
	Calls  int
}

// Used counts requests in windows, of which there are a few.
type Used struct {
	began map[string]time.Time
	count map[string]int
}

// Take counts a request in each of the windows. Where one is full nothing is counted, and it is answered.
func (u *Used) Take(now time.Time, windows ...Window) (full Window, ok bool) {
	if u.began == nil {
		u.began, u.count = map[string]time.Time{}, map[string]int{}
	}
	for _, w := range windows {
		if began, ok := u.began[w.Name]; !ok || now.Sub(began) >= w.Length {
			u.began[w.Name], u.count[w.Name] = now, 0
		}
		if w.Calls > 0 && u.count[w.Name] >= w.Calls {
			return w, false
		}
	}
	for _, w := range windows {
		u.count[w.Name]++
	}
	return Window{}, true
}

// Count is how many requests the window has.
func (u *Used) Count(w Window) int { return u.count[w.Name] }
