// Package stripetwin is a stand-in of Stripe: customers, prices, payment pages, the portal, subscriptions with schedules, invoices and
// payments, kept in memory and moved by a clock that can be advanced. It behaves as Stripe's documents say where the product can see it,
// and tells of changes by signed webhooks, which its user may deliver late, twice and in any order. It is for tests and for trying Morket
// without an account; product code can't import it.
package stripetwin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Config is what a twin is made from.
type Config struct {
	Key    string           // that it takes
	Secret string           // that signs its webhooks
	Base   string           // its own address, in the links to its pages; without a slash at its end
	Now    func() time.Time // time.Now in a program
}

// Twin is the stand-in.
type Twin struct {
	cfg Config
	mux *http.ServeMux

	mu        sync.Mutex
	ahead     time.Duration // of Now
	last      int           // number of ids
	birth     string        // in ids, so that those of one twin are not those of another
	customers map[string]*customer
	prices    map[string]*price
	sessions  map[string]*session
	subs      map[string]*subscription
	schedules map[string]*schedule
	invoices  map[string]*invoice
	payments  map[string]*payment
	endpoints []endpoint
	kept      map[string]reply // by idempotency key
	events    []Event
	calls     []string
	faults    []Fault
	told      chan struct{} // one that is waiting is woken by each event
}

// Fault is what becomes of the next request that changes something.
type Fault struct {
	Status int  // answered in place of the twin's own, which does nothing
	Lost   bool // the work is done, but the connection breaks before the answer
}

type reply struct {
	sum    string
	status int
	body   []byte
}

type endpoint struct{ id, url, version string }

// New makes a twin.
func New(cfg Config) *Twin {
	t := &Twin{
		cfg: cfg, customers: map[string]*customer{}, prices: map[string]*price{}, sessions: map[string]*session{},
		subs: map[string]*subscription{}, schedules: map[string]*schedule{}, invoices: map[string]*invoice{}, payments: map[string]*payment{},
		kept: map[string]reply{}, told: make(chan struct{}, 1), birth: strconv.FormatInt(cfg.Now().UnixMilli(), 36),
	}
	t.mux = http.NewServeMux()
	t.routes()
	return t
}

// Script adds faults for the requests that come next.
func (t *Twin) Script(faults ...Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = append(t.faults, faults...)
}

// Calls are the requests that changed something, as method and path.
func (t *Twin) Calls() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.calls...)
}

// now is the twin's time, in whole seconds as Stripe's. The lock is held.
func (t *Twin) now() time.Time { return t.cfg.Now().Add(t.ahead).UTC().Truncate(time.Second) }

// id makes the next id. The lock is held.
func (t *Twin) id(prefix string) string {
	t.last++
	return fmt.Sprintf("%s_twin%s%06d", prefix, t.birth, t.last)
}

// failure is an error in Stripe's form.
type failure struct {
	status               int
	kind, code, msg, par string
}

func (f *failure) Error() string { return f.msg }

func invalid(code, param, format string, args ...any) *failure {
	return &failure{http.StatusBadRequest, "invalid_request_error", code, fmt.Sprintf(format, args...), param}
}

func missing(what, id string) *failure {
	return &failure{http.StatusNotFound, "invalid_request_error", "resource_missing", fmt.Sprintf("No such %s: '%s'", what, id), "id"}
}

// call is a request's parameters; each has to be asked for, since Stripe refuses those that it does not know.
type call struct {
	*http.Request
	form  url.Values
	asked map[string]bool
}

func (c *call) get(name string) string {
	c.asked[name] = true
	return c.form.Get(name)
}

func (c *call) number(name string) int64 {
	n, _ := strconv.ParseInt(c.get(name), 10, 64)
	return n
}

// meta are the members of metadata under the name.
func (c *call) meta(name string) map[string]string {
	out := map[string]string{}
	for k := range c.form {
		if rest, ok := strings.CutPrefix(k, name+"["); ok {
			out[strings.TrimSuffix(rest, "]")] = c.get(k)
		}
	}
	return out
}

func (c *call) unknown() string {
	for name := range c.form {
		if !c.asked[name] && !strings.HasPrefix(name, "expand[") {
			return name
		}
	}
	return ""
}

func (c *call) expands(field string) bool {
	for name, values := range c.form {
		if strings.HasPrefix(name, "expand[") && values[0] == field {
			return true
		}
	}
	return false
}

const maxBody = 1 << 20

// ServeHTTP answers the API under /v1/, and its pages for people beside it.
func (t *Twin) ServeHTTP(w http.ResponseWriter, r *http.Request) { t.mux.ServeHTTP(w, r) }

// api adds an endpoint of the API, which is called with the lock held.
func (t *Twin) api(pattern string, do func(*call) (any, *failure)) {
	t.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		if err != nil {
			return
		}
		t.mu.Lock()
		status, out, lost := t.answer(r, string(body), do)
		t.mu.Unlock()
		if lost {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Request-Id", "req_twin")
		w.WriteHeader(status)
		_, _ = w.Write(out) //nolint:gosec // JSON of a stand-in
	})
}

func (t *Twin) answer(r *http.Request, body string, do func(*call) (any, *failure)) (status int, out []byte, lost bool) {
	if key, _, _ := r.BasicAuth(); key != t.cfg.Key && r.Header.Get("Authorization") != "Bearer "+t.cfg.Key {
		return failed(&failure{http.StatusUnauthorized, "invalid_request_error", "", "Invalid API Key provided: sk_****", ""})
	}
	form := r.URL.Query()
	var fault Fault
	if r.Method != http.MethodGet {
		t.calls = append(t.calls, r.Method+" "+r.URL.Path)
		form, _ = url.ParseQuery(body)
		if len(t.faults) > 0 {
			fault, t.faults = t.faults[0], t.faults[1:]
		}
	}
	if fault.Status != 0 {
		return failed(&failure{fault.Status, "api_error", "", "An unknown error occurred", ""})
	}
	key := r.Header.Get("Idempotency-Key")
	sum := sha256.Sum256([]byte(r.URL.Path + "\n" + body))
	if was, ok := t.kept[key]; ok && r.Method != http.MethodGet && key != "" {
		if was.sum != hex.EncodeToString(sum[:]) {
			return failed(&failure{
				http.StatusBadRequest, "idempotency_error", "",
				"Keys for idempotent requests can only be used with the same parameters they were first used with.", "",
			})
		}
		return was.status, was.body, fault.Lost
	}
	c := &call{Request: r, form: form, asked: map[string]bool{}}
	got, f := do(c)
	if name := c.unknown(); f == nil && name != "" {
		f = invalid("parameter_unknown", name, "Received unknown parameter: %s", name)
	}
	if f != nil {
		status, out, _ = failed(f)
	} else {
		status, out = http.StatusOK, encode(got)
	}
	if r.Method != http.MethodGet && key != "" {
		t.kept[key] = reply{hex.EncodeToString(sum[:]), status, out}
	}
	return status, out, fault.Lost
}

func failed(f *failure) (int, []byte, bool) {
	e := object{"type": f.kind, "message": f.msg}
	if f.code != "" {
		e["code"] = f.code
	}
	if f.par != "" {
		e["param"] = f.par
	}
	return f.status, encode(object{"error": e}), false
}

// object is one of Stripe's as JSON.
type object map[string]any

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil { // maps of texts and numbers always marshal
		return nil
	}
	return b
}

func list(path string, data ...any) object {
	if data == nil {
		data = []any{}
	}
	return object{"object": "list", "url": path, "has_more": false, "data": data}
}

// ref is a reference to another object, null if there is none.
func ref(id string) any {
	if id == "" {
		return nil
	}
	return id
}
