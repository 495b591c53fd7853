// Package hubspottwin is HubSpot's stand-in: contacts, companies and deals that are kept in memory, its OAuth, limits, merges, errors and
// search index that lags, by the dated paths and by v3.
package hubspottwin

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/morket/morket/adapters/crm/crmtwin"
)

// hub is the account's id.
const hub = 4_242_424

// maxRecords bounds what is kept.
const maxRecords = 500_000

// Limits are those of an account. 0 is none.
type Limits struct {
	Burst  int // calls in 10 seconds
	Daily  int
	Search int // searches in a second
}

// Config is what the twin is made of.
type Config struct {
	Now                    func() time.Time
	ClientID, ClientSecret string // empty takes any
	Limits                 Limits
	// Whole says that an upsert fails as a whole for one value that is wrong.
	Whole bool
	// Lag is how long a change takes to reach the search.
	Lag time.Duration
	// Life of an access token; half an hour when 0.
	Life time.Duration
}

// Twin is HubSpot's stand-in.
type Twin struct {
	*crmtwin.Twin
	cfg Config

	mu     sync.Mutex
	oauth  crmtwin.OAuth
	used   crmtwin.Used
	kinds  map[string]*kind
	lastID int64
}

// kind holds the records of an object.
type kind struct {
	name       string
	modified   string
	unique     string // a property that only one record may have a value of
	properties map[string]Property
	order      []string
	records    map[int64]*record
	by         map[string]int64 // ids by the unique property
}

type record struct {
	id       int64
	props    map[string]string
	created  time.Time
	updated  time.Time
	archived time.Time
	into     int64 // the record that took this one over
	before   *record
}

// New makes the twin, empty.
func New(cfg Config) *Twin {
	const life, first = 30 * time.Minute, 100
	if cfg.Life == 0 {
		cfg.Life = life
	}
	t := &Twin{cfg: cfg, lastID: first, kinds: map[string]*kind{}}
	t.oauth = crmtwin.OAuth{ClientID: cfg.ClientID, ClientSecret: cfg.ClientSecret, Life: cfg.Life, Prefix: "hs-"}
	for _, k := range []*kind{
		{name: "contacts", modified: "lastmodifieddate", unique: "email"},
		{name: "companies", modified: "hs_lastmodifieddate"},
		{name: "deals", modified: "hs_lastmodifieddate"},
	} {
		k.records, k.by, k.properties = map[int64]*record{}, map[string]int64{}, map[string]Property{}
		for _, p := range properties(k.name) {
			k.properties[p.Name] = p
			k.order = append(k.order, p.Name)
		}
		t.kinds[k.name] = k
	}
	t.Twin = crmtwin.New(cfg.Now, t.routes())
	return t
}

// now is the time in the precision that HubSpot keeps.
func (t *Twin) now() time.Time { return t.cfg.Now().UTC().Truncate(time.Millisecond) }

func (t *Twin) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /oauth/authorize", func(w http.ResponseWriter, r *http.Request) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.oauth.Authorize(w, r, t.now())
	})
	for _, version := range []string{"2026-03", "v1"} {
		mux.HandleFunc("POST /oauth/"+version+"/token", t.form(t.token))
		mux.HandleFunc("POST /oauth/"+version+"/token/introspect", t.form(t.introspect))
		mux.HandleFunc("POST /oauth/"+version+"/token/revoke", t.form(t.revoke))
	}
	for _, at := range []string{"/crm/objects/2026-09/{kind}", "/crm/v3/objects/{kind}"} {
		mux.HandleFunc("GET "+at, t.guarded(t.list))
		mux.HandleFunc("POST "+at+"/batch/{verb}", t.guarded(t.batch))
		mux.HandleFunc("POST "+at+"/search", t.guarded(t.search))
		mux.HandleFunc("POST "+at+"/merge", t.guarded(t.merge))
	}
	for _, at := range []string{"/crm/properties/2026-09/{kind}", "/crm/v3/properties/{kind}"} {
		mux.HandleFunc("GET "+at, t.guarded(t.describe))
	}
	return mux
}

// failed answers an error in HubSpot's form.
func failed(w http.ResponseWriter, status int, category, message string, more ...crmtwin.Object) {
	o := crmtwin.Object{"status": "error", "message": message, "category": category, "correlationId": "2f1f6a2e-0000-4000-8000-000000000000"}
	for _, m := range more {
		for name, v := range m {
			o[name] = v
		}
	}
	crmtwin.Answer(w, status, o)
}

// call is a request for an object's records.
type call struct {
	*kind
	w http.ResponseWriter
	r *http.Request
}

// guarded looks at the token and the limits, and finds the object.
func (t *Twin) guarded(do func(call)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer hs-access-") {
			const malformed = 530
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(malformed)
			_, _ = fmt.Fprint(w, "<html><title>error code: 1016</title></html>")
			return
		}
		if !t.oauth.Good(r, t.now()) {
			failed(w, http.StatusUnauthorized, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired")
			return
		}
		if !t.admitted(w, strings.HasSuffix(r.URL.Path, "/search")) {
			return
		}
		k, ok := t.kinds[r.PathValue("kind")]
		if !ok {
			failed(w, http.StatusBadRequest, "VALIDATION_ERROR", "Unable to infer object type from: "+r.PathValue("kind"))
			return
		}
		do(call{k, w, r})
	}
}

// admitted counts the call. Each answer tells the limits; a refusal names its window and no time to come back.
func (t *Twin) admitted(w http.ResponseWriter, search bool) bool {
	const burst, day = 10 * time.Second, 24 * time.Hour
	windows := []crmtwin.Window{
		{Name: "DAILY", Length: day, Calls: t.cfg.Limits.Daily}, {Name: "TEN_SECONDLY_ROLLING", Length: burst, Calls: t.cfg.Limits.Burst},
	}
	if search {
		windows = append(windows, crmtwin.Window{Name: "SECONDLY", Length: time.Second, Calls: t.cfg.Limits.Search})
	}
	full, ok := t.used.Take(t.now(), windows...)
	if !search { // a search's answers say nothing of limits
		w.Header().Set("X-HubSpot-RateLimit-Interval-Milliseconds", strconv.Itoa(int(burst/time.Millisecond)))
		for name, window := range map[string]crmtwin.Window{"X-HubSpot-RateLimit-Daily": windows[0], "X-HubSpot-RateLimit": windows[1]} {
			if window.Calls > 0 {
				w.Header().Set(strings.TrimSuffix(name, "-Max"), strconv.Itoa(window.Calls))
				w.Header().Set(name+"-Remaining", strconv.Itoa(max(0, window.Calls-t.used.Count(window))))
			}
		}
	}
	if ok {
		return true
	}
	failed(w, http.StatusTooManyRequests, "RATE_LIMITS", "You have reached your "+strings.ToLower(full.Name)+" limit.",
		crmtwin.Object{"errorType": "RATE_LIMIT", "policyName": full.Name})
	return false
}

// form reads a form before it answers.
func (t *Twin) form(do func(http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if err := r.ParseForm(); err != nil {
			failed(w, http.StatusBadRequest, "VALIDATION_ERROR", "not a form")
			return
		}
		do(w, r)
	}
}

func (t *Twin) token(w http.ResponseWriter, r *http.Request) {
	var access, refresh, refused string
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		access, refresh, refused = t.oauth.Exchange(r.PostForm, t.now())
	case "refresh_token":
		access, refresh, refused = t.oauth.Refresh(r.PostForm, t.now())
		if refresh == "" {
			refresh = r.PostForm.Get("refresh_token")
		}
	default:
		refused = crmtwin.BadCode
	}
	if refused != "" {
		status := map[string]string{
			crmtwin.BadClient: "BAD_CLIENT_ID", crmtwin.BadCode: "BAD_AUTH_CODE", crmtwin.BadRefresh: "BAD_REFRESH_TOKEN",
		}[refused]
		crmtwin.Answer(w, http.StatusBadRequest, crmtwin.Object{"status": status, "message": "missing or invalid " + refused})
		return
	}
	crmtwin.Answer(w, http.StatusOK, crmtwin.Object{
		"access_token": access, "refresh_token": refresh, "expires_in": int(t.cfg.Life.Seconds()), "token_type": "bearer",
		"hub_id": hub, "user_id": 1, "scopes": []string{"oauth", "crm.objects.contacts.read", "crm.objects.contacts.write"},
		"token_use": "access_token",
	})
}

func (t *Twin) introspect(w http.ResponseWriter, r *http.Request) {
	if !t.oauth.Knows(r.PostForm.Get("token"), t.now()) {
		crmtwin.Answer(w, http.StatusOK, crmtwin.Object{"active": false})
		return
	}
	crmtwin.Answer(w, http.StatusOK, crmtwin.Object{
		"active": true, "hub_id": hub, "hub_domain": "stand-in.hubspot.example", "user": "ada@stand-in.example", "user_id": 1,
		"token_use": "access_token",
	})
}

func (t *Twin) revoke(w http.ResponseWriter, r *http.Request) {
	if !t.oauth.Revoke(r.PostForm.Get("token")) {
		failed(w, http.StatusNotFound, "OBJECT_NOT_FOUND", "no such token")
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
