// Package salesforcetwin is Salesforce's stand-in: contacts, leads and accounts that are kept in memory, its OAuth with rotation, queries,
// collections, duplicate rules, locks of rows, limits and errors.
package salesforcetwin

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/morket/morket/adapters/crm/crmtwin"
)

const (
	orgID = "00D000000000042AAA"

	maxRecords = 500_000
	maxBatch   = 200
	maxRead    = 2_000
)

// The kinds of duplicate rules.
const (
	Alerts = "alert" // allowSave writes over it
	Blocks = "block"
)

// Config is what the twin is made of.
type Config struct {
	Now                    func() time.Time
	ClientID, ClientSecret string // empty takes any
	// Base is the address that tokens name as the organisation's; empty is the one that was asked.
	Base string
	// Daily is how many calls a day has; 0 is no limit.
	Daily int
	// Rotates says that a refresh token is good for once.
	Rotates bool
	// Duplicates is the rule for contacts and leads with the same e-mail address; empty for none.
	Duplicates string
}

// Twin is Salesforce's stand-in.
type Twin struct {
	*crmtwin.Twin
	cfg Config

	mu     sync.Mutex
	oauth  crmtwin.OAuth
	used   crmtwin.Used
	kinds  map[string]*kind // by Salesforce's name
	lastID int64
	locked map[string]int  // how often writes to an account's children still fail
	busy   map[string]bool // refresh tokens that are being used
	hold   chan struct{}
	held   chan struct{}
}

// kind holds the records of an object.
type kind struct {
	name    string
	prefix  string
	fields  map[string]Field
	order   []string
	records map[string]*record
	by      map[string]string // ids by the external id
}

type record struct {
	id      string
	values  map[string]string
	created time.Time
	updated time.Time
	deleted bool
	into    string
}

// sobject is Salesforce's name of an object of the connector's.
func sobject(object string) string {
	return map[string]string{"contacts": "Contact", "leads": "Lead", "accounts": "Account"}[object]
}

// New makes the twin, empty.
func New(cfg Config) *Twin {
	t := &Twin{cfg: cfg, kinds: map[string]*kind{}, locked: map[string]int{}, busy: map[string]bool{}}
	t.oauth = crmtwin.OAuth{ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret, Rotates: cfg.Rotates, Prefix: "sf-"}
	for _, k := range []*kind{{name: "Contact", prefix: "003"}, {name: "Lead", prefix: "00Q"}, {name: "Account", prefix: "001"}} {
		k.records, k.by, k.fields = map[string]*record{}, map[string]string{}, map[string]Field{}
		for _, f := range fields(k.name) {
			k.fields[strings.ToLower(f.Name)] = f
			k.order = append(k.order, strings.ToLower(f.Name))
		}
		t.kinds[k.name] = k
	}
	t.Twin = crmtwin.New(cfg.Now, t.routes())
	return t
}

// now is the time in the precision that Salesforce keeps.
func (t *Twin) now() time.Time { return t.cfg.Now().UTC().Truncate(time.Second) }

func (t *Twin) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /services/oauth2/authorize", func(w http.ResponseWriter, r *http.Request) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.oauth.Authorize(w, r, t.now())
	})
	mux.HandleFunc("POST /services/oauth2/token", t.token)
	mux.HandleFunc("POST /services/oauth2/revoke", t.revoke)
	mux.HandleFunc("GET /services/oauth2/userinfo", t.guarded(func(c call) {
		crmtwin.Answer(c.w, http.StatusOK, crmtwin.Object{"organization_id": orgID, "preferred_username": "ada@stand-in.example"})
	}))
	const data = "/services/data/{version}"
	mux.HandleFunc("GET "+data+"/query", t.guarded(t.query))
	mux.HandleFunc("GET "+data+"/queryAll", t.guarded(t.query))
	mux.HandleFunc("GET "+data+"/sobjects/{kind}/describe", t.guarded(t.describe))
	mux.HandleFunc("POST "+data+"/composite/sobjects", t.guarded(t.collection))
	mux.HandleFunc("PATCH "+data+"/composite/sobjects", t.guarded(t.collection))
	mux.HandleFunc("DELETE "+data+"/composite/sobjects", t.guarded(t.remove))
	mux.HandleFunc("POST "+data+"/composite/sobjects/{kind}", t.guarded(t.read))
	mux.HandleFunc("PATCH "+data+"/composite/sobjects/{kind}/{field}", t.guarded(t.collection))
	return mux
}

// failed answers an error in Salesforce's form, a list of one.
func failed(w http.ResponseWriter, status int, code, message string) {
	crmtwin.Answer(w, status, []crmtwin.Object{{"message": message, "errorCode": code}})
}

// call is a request for records; kind is nil where the path names none.
type call struct {
	*kind
	w http.ResponseWriter
	r *http.Request
}

// guarded looks at the token and the limit, which each answer tells, and finds the object.
func (t *Twin) guarded(do func(call)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !t.oauth.Good(r, t.now()) {
			failed(w, http.StatusUnauthorized, "INVALID_SESSION_ID", "Session expired or invalid")
			return
		}
		const day, shown = 24 * time.Hour, 100_000
		window := crmtwin.Window{Name: "daily", Length: day, Calls: t.cfg.Daily}
		_, ok := t.used.Take(t.now(), window)
		most := t.cfg.Daily
		if most == 0 {
			most = shown
		}
		w.Header().Set("Sforce-Limit-Info", fmt.Sprintf("api-usage=%d/%d", min(t.used.Count(window), most), most))
		if !ok {
			failed(w, http.StatusForbidden, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
			return
		}
		var k *kind
		if name := r.PathValue("kind"); name != "" {
			if k = t.kinds[name]; k == nil {
				failed(w, http.StatusNotFound, "NOT_FOUND", "The requested resource does not exist")
				return
			}
		}
		do(call{k, w, r})
	}
}

func refused(w http.ResponseWriter, name, words string) {
	crmtwin.Answer(w, http.StatusBadRequest, crmtwin.Object{"error": name, "error_description": words})
}

// token makes tokens. A refresh token that is being used is refused by the same error as a dead one, in other words.
func (t *Twin) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		refused(w, "invalid_request", "not a form")
		return
	}
	form := r.PostForm
	if form.Get("grant_type") == "refresh_token" && !t.enter(w, r, form.Get("refresh_token")) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.busy, form.Get("refresh_token"))
	var access, refresh, why string
	switch form.Get("grant_type") {
	case "authorization_code":
		access, refresh, why = t.oauth.Exchange(form, t.now())
	case "refresh_token":
		access, refresh, why = t.oauth.Refresh(form, t.now())
	default:
		refused(w, "unsupported_grant_type", "grant type not supported")
		return
	}
	switch why {
	case crmtwin.BadClient:
		refused(w, "invalid_client", "invalid client credentials")
		return
	case crmtwin.BadCode:
		refused(w, "invalid_grant", "expired authorization code")
		return
	case crmtwin.BadRefresh:
		refused(w, "invalid_grant", "expired access/refresh token")
		return
	}
	t.granted(w, r, access, refresh)
}

func (t *Twin) granted(w http.ResponseWriter, r *http.Request, access, refresh string) {
	base := t.cfg.Base
	if base == "" {
		base = (&url.URL{Scheme: "http", Host: r.Host}).String()
	}
	o := crmtwin.Object{
		"access_token": access, "instance_url": base, "id": base + "/id/" + orgID + "/005000000000001AAA", "token_type": "Bearer",
		"issued_at": strconv.FormatInt(t.now().UnixMilli(), 10), "signature": "c2lnbmF0dXJl", "scope": "api refresh_token",
	}
	if refresh != "" {
		o["refresh_token"] = refresh
	}
	crmtwin.Answer(w, http.StatusOK, o)
}

// enter begins the use of a refresh token, and waits while refreshes are held.
func (t *Twin) enter(w http.ResponseWriter, r *http.Request, token string) bool {
	t.mu.Lock()
	if t.busy[token] {
		t.mu.Unlock()
		refused(w, "invalid_grant", "token request is already being processed")
		return false
	}
	hold, held := t.hold, t.held
	if hold != nil {
		t.busy[token] = true
	}
	t.mu.Unlock()
	if hold == nil {
		return true
	}
	select {
	case held <- struct{}{}:
	default:
	}
	select {
	case <-hold:
	case <-r.Context().Done():
	}
	return true
}

// HoldRefresh makes refreshes wait until release is called. Each that waits is told on held.
func (t *Twin) HoldRefresh() (held <-chan struct{}, release func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	hold := make(chan struct{})
	t.hold, t.held = hold, make(chan struct{}, 1)
	return t.held, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.hold = nil
		close(hold)
	}
}

func (t *Twin) revoke(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := r.ParseForm(); err != nil || !t.oauth.Revoke(r.PostForm.Get("token")) {
		refused(w, "unsupported_token_type", "this token type is not supported")
		return
	}
	w.WriteHeader(http.StatusOK)
}

// Expire ends all access tokens.
func (t *Twin) Expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.oauth.Expire()
}

// Disconnect ends all tokens, as an administrator does who removes the app.
func (t *Twin) Disconnect() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.oauth.Disconnect()
}
