package twins

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ApolloKey is what a key of Apollo's may do. A window's limit of 0 is none.
type ApolloKey struct {
	PerMinute, PerHour, PerDay int
	Credits                    int      // that are left; a negative number is no limit
	Endpoints                  []string // paths that it may use; nil is all
}

// Apollo is the twin of Apollo's API. It knows half of all people.
type Apollo struct {
	*Twin
	mu   sync.Mutex
	keys map[string]*ApolloKey
	used used
}

// NewApollo makes the twin with keys.
func NewApollo(now func() time.Time, keys map[string]ApolloKey) *Apollo {
	a := &Apollo{keys: map[string]*ApolloKey{}}
	for key, k := range keys {
		a.keys[key] = &k
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/users/api_profile", a.guarded(a.profile))
	mux.HandleFunc("POST /api/v1/people/match", a.guarded(a.match))
	mux.HandleFunc("GET /api/v1/organizations/enrich", a.guarded(a.enrich))
	mux.HandleFunc("POST /api/v1/mixed_people/api_search", a.guarded(a.searchPeople))
	mux.HandleFunc("POST /api/v1/mixed_companies/search", a.guarded(a.searchCompanies))
	a.Twin = &Twin{name: "apollo", now: now, inner: mux}
	return a
}

// guarded looks at the key, its rights and its three windows, which count by key and endpoint. The headers are on authorised answers only,
// and a window without a limit has an empty one.
func (a *Apollo) guarded(do func(http.ResponseWriter, *http.Request, *ApolloKey)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("X-Api-Key")
		a.mu.Lock()
		defer a.mu.Unlock()
		k, ok := a.keys[key]
		endpoint := strings.TrimPrefix(r.URL.Path, "/")
		if !ok {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprint(w, "Invalid API key. See https://docs.apollo.io/docs/create-api-key")
			return
		}
		if !k.may(endpoint) {
			answer(w, http.StatusForbidden, object{
				"error":      "This API key is not authorized to access " + endpoint + ".",
				"error_code": "API_INACCESSIBLE",
			})
			return
		}
		windows := []window{{time.Minute, k.PerMinute}, {time.Hour, k.PerHour}, {24 * time.Hour, k.PerDay}}
		full, wait := a.used.take(a.now(), key+endpoint, windows)
		for i, name := range []string{"minute", "hourly", "24-hour"} {
			w.Header()["X-Rate-Limit-"+http.CanonicalHeaderKey(name)] = []string{""}
			if windows[i].limit > 0 {
				n, left := a.used.of(key+endpoint, windows[i])
				w.Header().Set("x-rate-limit-"+name, strconv.Itoa(windows[i].limit))
				w.Header().Set("x-"+name+"-usage", strconv.Itoa(n))
				w.Header().Set("x-"+name+"-requests-left", strconv.Itoa(left))
			}
		}
		if full.limit > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds()+1)))
			unit := map[time.Duration]string{time.Minute: "minute", time.Hour: "hour", 24 * time.Hour: "day"}[full.length]
			answer(w, http.StatusTooManyRequests, object{"message": fmt.Sprintf("The maximum number of api calls allowed for %s is %d times per "+
				"%s. Please upgrade your plan.", endpoint, full.limit, unit)})
			return
		}
		do(w, r, k)
	}
}

func (k *ApolloKey) may(endpoint string) bool {
	if k.Endpoints == nil {
		return true
	}
	for _, e := range k.Endpoints {
		if strings.HasSuffix(endpoint, e) {
			return true
		}
	}
	return false
}

// charge takes a credit; false has answered that there is none.
func (k *ApolloKey) charge(w http.ResponseWriter) bool {
	if k.Credits == 0 {
		answer(w, http.StatusUnprocessableEntity, object{"error": "You have insufficient credits, upgrade your plan to get more."})
		return false
	}
	if k.Credits > 0 {
		k.Credits--
	}
	return true
}

func (a *Apollo) profile(w http.ResponseWriter, _ *http.Request, k *ApolloKey) {
	answer(w, http.StatusOK, object{"id": "64a7ff0cc4dfae00013df1a5", "team_id": "64a7ff0cc4dfae00013df1a4", "credits_left": k.Credits})
}

// match charges only where it finds something.
func (a *Apollo) match(w http.ResponseWriter, r *http.Request, k *ApolloKey) {
	in := map[string]string{}
	var body map[string]any
	if json.NewDecoder(r.Body).Decode(&body) == nil {
		for name, v := range body {
			if s, ok := v.(string); ok {
				in[name] = s
			}
		}
	}
	for name, v := range r.URL.Query() {
		in[name] = v[0]
	}
	first, last, domain := asked(in)
	email := addressOf(first, last, domain)
	if email == "" || in["id"] == "" && share("apollo "+email) >= 50 {
		answer(w, http.StatusOK, object{"person": nil})
		return
	}
	if !k.charge(w) {
		return
	}
	answer(w, http.StatusOK, object{"person": personOf(first, last, domain, email)})
}

// asked is the person whom a request means: by an id, by names, or by an address.
func asked(in map[string]string) (first, last, domain string) {
	first, last, domain = in["first_name"], in["last_name"], in["domain"]
	if i, ok := numberOf(in["id"]); ok {
		first, last, domain = searched(i)
	}
	if in["name"] != "" && first == "" {
		first, last = split(in["name"])
	}
	if at := in["email"]; at != "" && domain == "" {
		_, domain, _ = strings.Cut(at, "@")
		local, _, _ := strings.Cut(at, "@")
		if f, l, ok := strings.Cut(local, "."); ok && first == "" {
			first, last = f, l
		}
	}
	if domain == "" && in["organization_name"] != "" {
		domain = strings.ToLower(strings.ReplaceAll(in["organization_name"], " ", "")) + ".com"
	}
	return first, last, domain
}

func personOf(first, last, domain, email string) object {
	status := "verified"
	if share("apollo status "+email) < 20 {
		status = "guessed"
	}
	return object{
		"id":           "p" + strconv.Itoa(share(email)),
		"first_name":   first,
		"last_name":    last,
		"name":         first + " " + last,
		"email":        email,
		"email_status": status,
		"title":        "Head of Operations",
		"headline":     "Operations at " + company(domain),
		"seniority":    "head",
		"linkedin_url": "http://www.linkedin.com/in/" + strings.ToLower(first+"-"+last),
		"city":         "Berlin",
		"state":        "Berlin",
		"country":      "Germany",
		"organization": object{
			"name":                    company(domain),
			"primary_domain":          domain,
			"estimated_num_employees": 50 + 10*share(domain),
			"industry":                industry(domain),
		},
		"employment_history": []object{{
			"organization_name": company(domain),
			"title":             "Head of Operations",
			"current":           true,
		}, {"organization_name": "Initech", "title": "Analyst", "current": false}},
	}
}

func (a *Apollo) enrich(w http.ResponseWriter, r *http.Request, k *ApolloKey) {
	domain := r.URL.Query().Get("domain")
	if domain == "" {
		answer(w, http.StatusUnprocessableEntity, object{"error": "Required parameter 'domain' missing"})
		return
	}
	if share("apollo company "+domain) >= 85 {
		answer(w, http.StatusOK, object{"organization": nil})
		return
	}
	if !k.charge(w) {
		return
	}
	answer(w, http.StatusOK, object{"organization": object{
		"name":                    company(domain),
		"primary_domain":          domain,
		"website_url":             "http://www." + domain,
		"estimated_num_employees": 50 + 10*share(domain),
		"industry":                industry(domain),
		"founded_year":            1950 + share(domain)%70,
		"annual_revenue":          1000000 * (1 + share(domain)),
		"short_description":       company(domain) + " works in " + industry(domain) + ".",
		"city":                    "Berlin",
		"state":                   "Berlin",
		"country":                 "Germany",
		"phone":                   "+49 30 5550100",
		"linkedin_url":            "http://www.linkedin.com/company/" + strings.ToLower(company(domain)),
		"keywords":                []string{industry(domain)},
		"technology_names":        []string{"Nginx", "Salesforce"},
		"total_funding":           nil,
	}})
}
