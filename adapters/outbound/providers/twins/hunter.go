package twins

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// HunterPlan is what a key of Hunter's may do.
type HunterPlan struct {
	Searches      int // that are left; a negative number is no limit
	Verifications int
}

// Hunter is the twin of Hunter's API v2. It knows two of three people.
type Hunter struct {
	*Twin
	mu       sync.Mutex
	plans    map[string]*HunterPlan
	used     used
	working  map[string]bool // verifications that were begun, by address
	objected map[string]bool // people who objected, by address
}

// NewHunter makes the twin with plans by key.
func NewHunter(now func() time.Time, plans map[string]HunterPlan) *Hunter {
	h := &Hunter{plans: map[string]*HunterPlan{}, working: map[string]bool{}, objected: map[string]bool{}}
	for key, p := range plans {
		h.plans[key] = &p
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v2/account", h.guarded(h.account, nil))
	search := []window{{time.Second, 15}, {time.Minute, 500}}
	mux.HandleFunc("GET /v2/email-finder", h.guarded(h.find, search))
	mux.HandleFunc("GET /v2/domain-search", h.guarded(h.search, search))
	mux.HandleFunc("GET /v2/email-verifier", h.guarded(h.verify, []window{{time.Second, 10}, {time.Minute, 300}}))
	h.Twin = &Twin{name: "hunter", now: now, inner: mux}
	return h
}

// Object notes that the person of the address has objected.
func (h *Hunter) Object(email string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.objected[strings.ToLower(email)] = true
}

func hunterError(w http.ResponseWriter, status int, id, details string) {
	answer(w, status, object{"errors": []object{{"id": id, "code": status, "details": details}}})
}

// guarded looks at the key and the rate. Too often is a 403 at Hunter, without a word on when to come back.
func (h *Hunter) guarded(do func(http.ResponseWriter, *http.Request, *HunterPlan), windows []window) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("X-Api-Key")
		if key == "" {
			key = r.URL.Query().Get("api_key")
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		plan, ok := h.plans[key]
		if !ok {
			hunterError(w, http.StatusUnauthorized, "authentication_failed", "No user found for the API key supplied")
			return
		}
		if full, _ := h.used.take(h.now(), key+r.URL.Path, windows); full.limit > 0 {
			hunterError(w, http.StatusForbidden, "too_many_requests", "You have reached the rate limit")
			return
		}
		do(w, r, plan)
	}
}

// charge takes one off what is left. Nothing left is a 429 at Hunter.
func charge(w http.ResponseWriter, left *int) bool {
	if *left == 0 {
		hunterError(w, http.StatusTooManyRequests, "too_many_requests", "You have reached your monthly usage limit")
		return false
	}
	if *left > 0 {
		*left--
	}
	return true
}

func (h *Hunter) account(w http.ResponseWriter, _ *http.Request, p *HunterPlan) {
	answer(w, http.StatusOK, object{"data": object{
		"plan_name": "Twin",
		"requests": object{
			"searches":      object{"used": 0, "available": p.Searches},
			"verifications": object{"used": 0, "available": p.Verifications},
		},
	}})
}

func (h *Hunter) find(w http.ResponseWriter, r *http.Request, p *HunterPlan) {
	q := r.URL.Query()
	domain, first, last := q.Get("domain"), q.Get("first_name"), q.Get("last_name")
	if full := q.Get("full_name"); full != "" {
		first, last = split(full)
	}
	switch {
	case domain == "" && q.Get("company") == "":
		hunterError(w, http.StatusBadRequest, "wrong_params", "You are missing the domain parameter")
		return
	case first == "" || last == "":
		hunterError(w, http.StatusBadRequest, "wrong_params", "You are missing the first_name and last_name parameters")
		return
	}
	email := addressOf(first, last, domain)
	if h.objected[email] {
		hunterError(w, http.StatusUnavailableForLegalReasons, "claimed_email", "The person asked us not to process their data")
		return
	}
	known := share("hunter "+email) < 66 && email != ""
	if known && !charge(w, &p.Searches) {
		return
	}
	data := object{
		"first_name":   first,
		"last_name":    last,
		"email":        nil,
		"score":        nil,
		"domain":       domain,
		"position":     nil,
		"company":      company(domain),
		"verification": object{"date": nil, "status": nil},
		"sources":      []any{},
	}
	if known {
		score := 70 + share("score "+email)%30
		status := "accept_all"
		if score >= 85 {
			status = "valid"
		}
		data["email"], data["score"], data["position"] = email, score, "Manager"
		data["verification"] = object{"date": h.now().UTC().Format(time.DateOnly), "status": status}
		data["sources"] = []object{{"domain": domain, "uri": "https://" + domain + "/team", "extracted_on": "2026-01-01", "still_on_page": true}}
	}
	answer(w, http.StatusOK, object{"data": data, "meta": object{"params": object{"domain": domain, "first_name": first, "last_name": last}}})
}

// verify answers a 202 to the first question about one in ten addresses; asking again counts once.
func (h *Hunter) verify(w http.ResponseWriter, r *http.Request, p *HunterPlan) {
	email := strings.ToLower(r.URL.Query().Get("email"))
	if !strings.Contains(email, "@") {
		hunterError(w, http.StatusBadRequest, "wrong_params", "You are missing the email parameter")
		return
	}
	if h.objected[email] {
		hunterError(w, http.StatusUnavailableForLegalReasons, "claimed_email", "The person asked us not to process their data")
		return
	}
	if !h.working[email] {
		if !charge(w, &p.Verifications) {
			return
		}
		if share("slow "+email) < 10 {
			h.working[email] = true
			answer(w, http.StatusAccepted, object{"message": "The verification is still in progress."})
			return
		}
	}
	delete(h.working, email)
	_, domain, _ := strings.Cut(email, "@")
	all := share("all "+domain) < 20
	status, score := "valid", 90+share(email)%10
	switch {
	case all:
		status, score = "accept_all", 60
	case share("dead "+email) < 15:
		status, score = "invalid", 5
	}
	answer(w, http.StatusOK, object{"data": object{
		"status":      status,
		"result":      map[string]string{"valid": "deliverable", "invalid": "undeliverable", "accept_all": "risky"}[status],
		"score":       score,
		"email":       email,
		"regexp":      true,
		"gibberish":   false,
		"disposable":  false,
		"webmail":     false,
		"mx_records":  true,
		"smtp_server": true,
		"smtp_check":  status != "invalid",
		"accept_all":  all,
		"block":       false,
		"sources":     []any{},
	}, "meta": object{"params": object{"email": email}}})
}

func (h *Hunter) search(w http.ResponseWriter, r *http.Request, p *HunterPlan) {
	q := r.URL.Query()
	domain := q.Get("domain")
	limit, err := strconv.Atoi(q.Get("limit"))
	if q.Get("limit") == "" {
		limit, err = 10, nil
	}
	switch {
	case domain == "":
		hunterError(w, http.StatusBadRequest, "wrong_params", "You are missing the domain parameter")
		return
	case err != nil || limit < 1 || limit > 100:
		hunterError(w, http.StatusBadRequest, "pagination_error", "limit is not a number from 1 to 100")
		return
	}
	emails := []object{}
	if share("hunter domain "+domain) < 80 {
		if !charge(w, &p.Searches) {
			return
		}
		for i, name := range []string{"Ada Lovelace", "Alan Turing", "Grace Hopper"}[:1+share(domain)%3] {
			first, last := split(name)
			emails = append(emails, object{
				"value":        addressOf(first, last, domain),
				"type":         "personal",
				"confidence":   95 - 10*i,
				"first_name":   first,
				"last_name":    last,
				"position":     "Engineer",
				"seniority":    "senior",
				"department":   "it",
				"sources":      []object{{"domain": domain, "uri": "https://" + domain + "/team"}},
				"verification": object{"date": nil, "status": nil},
			})
		}
	}
	data := object{
		"domain":       domain,
		"disposable":   false,
		"webmail":      false,
		"accept_all":   share("all "+domain) < 20,
		"pattern":      nil,
		"organization": nil,
		"emails":       emails,
	}
	if len(emails) > 0 {
		data["pattern"], data["organization"] = pattern(domain), company(domain)
	}
	answer(w, http.StatusOK, object{"data": data, "meta": object{"results": len(emails), "limit": limit, "offset": 0}})
}
