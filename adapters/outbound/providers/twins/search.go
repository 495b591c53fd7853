package twins

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Page is a page that the twins of search engines know.
type Page struct{ URL, Title, Text string }

// Search is the twin of the search engines' APIs: Serper's under POST /search, Brave's under GET /res/v1/web/search. It finds the pages
// that share the most words with what is searched for.
type Search struct {
	*Twin
	mu    sync.Mutex
	left  map[string]int // searches that a key has left; a negative number is no limit
	pages []Page
}

// NewSearch makes the twin with the searches that each key has left, and the pages that there are.
func NewSearch(now func() time.Time, left map[string]int, pages ...Page) *Search {
	s := &Search{left: map[string]int{}, pages: pages}
	for key, n := range left {
		s.left[key] = n
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /search", s.serper)
	mux.HandleFunc("GET /res/v1/web/search", s.brave)
	s.Twin = &Twin{name: "search", now: now, inner: mux}
	return s
}

// take counts a search of the key.
func (s *Search) take(key string) (known, left bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, known := s.left[key]
	if n > 0 {
		s.left[key]--
	}
	return known, n != 0
}

func (s *Search) serper(w http.ResponseWriter, r *http.Request) {
	known, left := s.take(r.Header.Get("X-Api-Key"))
	var in struct {
		Q   string `json:"q"`
		Num int    `json:"num"`
	}
	err := json.NewDecoder(io.LimitReader(r.Body, maxBody)).Decode(&in)
	switch {
	case !known:
		answer(w, http.StatusForbidden, object{"message": "Unauthorized.", "statusCode": 403})
	case err != nil || in.Q == "":
		answer(w, http.StatusBadRequest, object{"message": "Missing query parameter", "statusCode": 400})
	case !left:
		answer(w, http.StatusBadRequest, object{"message": "Not enough credits", "statusCode": 400})
	default:
		organic := []object{}
		for i, p := range s.find(in.Q, in.Num) {
			organic = append(organic, object{"title": p.Title, "link": p.URL, "snippet": snippetOf(p.Text), "position": i + 1})
		}
		answer(w, http.StatusOK, object{"searchParameters": object{"q": in.Q, "type": "search"}, "organic": organic, "credits": 1})
	}
}

func (s *Search) brave(w http.ResponseWriter, r *http.Request) {
	known, left := s.take(r.Header.Get("X-Subscription-Token"))
	fail := func(status int, code, detail string) {
		answer(w, status, object{"type": "ErrorResponse", "error": object{"id": "twin", "status": status, "code": code, "detail": detail}})
	}
	count, err := strconv.Atoi(r.URL.Query().Get("count"))
	q := r.URL.Query().Get("q")
	switch {
	case !known:
		fail(http.StatusUnprocessableEntity, "SUBSCRIPTION_TOKEN_INVALID", "The provided subscription token is invalid.")
	case q == "" || len([]rune(q)) > 400 || err != nil || count > 20:
		fail(http.StatusUnprocessableEntity, "VALIDATION", "Unable to validate request parameter(s)")
	case !left:
		fail(http.StatusTooManyRequests, "QUOTA_LIMITED", "Request quota limit exceeded for plan.")
	default:
		w.Header().Set("X-RateLimit-Limit", "20, 15000")
		results := []object{}
		for _, p := range s.find(q, count) {
			results = append(results, object{"title": p.Title, "url": p.URL, "description": snippetOf(p.Text)})
		}
		answer(w, http.StatusOK, object{"type": "search", "query": object{"original": q}, "web": object{"type": "search", "results": results}})
	}
}

func snippetOf(text string) string { return text[:min(len(text), 150)] }

// find ranks the pages by how many of the words they have.
func (s *Search) find(query string, most int) []Page {
	type hit struct {
		page  Page
		words int
	}
	var hits []hit
	for _, p := range s.pages {
		text, n := strings.ToLower(p.URL+" "+p.Title+" "+p.Text), 0
		for word := range strings.FieldsSeq(strings.ToLower(query)) {
			if word = strings.Trim(word, `.,;:!?"'()`); len(word) > 2 && strings.Contains(text, word) {
				n++
			}
		}
		if n > 0 {
			hits = append(hits, hit{p, n})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return b.words - a.words })
	out := make([]Page, 0, len(hits))
	for _, h := range hits[:min(len(hits), max(most, 0))] {
		out = append(out, h.page)
	}
	return out
}
