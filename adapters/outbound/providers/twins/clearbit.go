package twins

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// Clearbit is the twin of Clearbit's APIs, which have hosts of their own and share no path.
type Clearbit struct {
	*Twin
	mu      sync.Mutex
	left    map[string]int             // lookups that a key has left in the billing period; a negative number is no limit
	counted map[string]map[string]bool // what a key has asked in it
	queued  map[string]bool
}

// NewClearbit makes the twin with the lookups that each key has left.
func NewClearbit(now func() time.Time, left map[string]int) *Clearbit {
	c := &Clearbit{left: map[string]int{}, counted: map[string]map[string]bool{}, queued: map[string]bool{}}
	for key, n := range left {
		c.left[key], c.counted[key] = n, map[string]bool{}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v2/people/find", c.guarded("email", c.person))
	mux.HandleFunc("GET /v2/companies/find", c.guarded("domain", c.company))
	c.Twin = &Twin{name: "clearbit", now: now, inner: mux}
	return c
}

// Counted is how many lookups the key has been charged for.
func (c *Clearbit) Counted(key string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.counted[key])
}

func clearbitError(w http.ResponseWriter, status int, kind, message string) {
	answer(w, status, object{"error": object{"type": kind, "message": message}})
}

// guarded counts each subject once, with any answer: found, not known, or queued. One in ten is queued at first.
func (c *Clearbit) guarded(param string, do func(http.ResponseWriter, string)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key, _, _ := r.BasicAuth()
		subject := strings.ToLower(r.URL.Query().Get(param))
		c.mu.Lock()
		defer c.mu.Unlock()
		left, ok := c.left[key]
		switch {
		case !ok:
			clearbitError(w, http.StatusUnauthorized, "auth_invalid", "Invalid API key provided.")
			return
		case subject == "" || param == "email" && !strings.Contains(subject, "@"):
			// A list, as happens.
			answer(w, http.StatusUnprocessableEntity, object{"error": []object{{"type": param + "_invalid", "message": "Invalid " + param + "."}}})
			return
		case !c.counted[key][subject] && left >= 0 && len(c.counted[key]) >= left:
			clearbitError(w, http.StatusPaymentRequired, "over_quota", "Your account is over its quota.")
			return
		}
		c.counted[key][subject] = true
		if share("queued "+subject) < 10 && !c.queued[subject] {
			c.queued[subject] = true
			clearbitError(w, http.StatusAccepted, "queued", "Your request has been queued.")
			return
		}
		w.Header().Set("X-Api-Version", "2019-12-19")
		do(w, subject)
	}
}

func (c *Clearbit) person(w http.ResponseWriter, email string) {
	local, domain, _ := strings.Cut(email, "@")
	if share("clearbit "+email) >= 60 {
		clearbitError(w, http.StatusNotFound, "unknown_record", "Person not found")
		return
	}
	first, last, _ := strings.Cut(local, ".")
	answer(w, http.StatusOK, object{
		"id":         "d054cfea",
		"name":       object{"fullName": strings.TrimSpace(first + " " + last), "givenName": first, "familyName": last},
		"email":      email,
		"location":   "Berlin, DE",
		"employment": object{"domain": domain, "name": company(domain), "title": "Manager", "role": "operations", "seniority": "manager"},
		"linkedin":   object{"handle": "in/" + local},
	})
}

func (c *Clearbit) company(w http.ResponseWriter, domain string) {
	if share("clearbit "+domain) >= 70 {
		clearbitError(w, http.StatusNotFound, "unknown_record", "Company not found")
		return
	}
	answer(w, http.StatusOK, object{
		"id":          "c5a6a1b2",
		"name":        company(domain),
		"legalName":   company(domain) + " Inc.",
		"domain":      domain,
		"description": company(domain) + " makes things.",
		"location":    "Berlin, Germany",
		"category":    object{"sector": "Industrials", "industry": industry(domain)},
		"metrics":     object{"employees": 50 + 10*share(domain), "employeesRange": "51-250"},
		"foundedYear": 1950 + share(domain)%70,
		"tags":        []string{"B2B", industry(domain)},
		"tech":        []string{"nginx", "salesforce"},
		"phone":       nil,
	})
}
