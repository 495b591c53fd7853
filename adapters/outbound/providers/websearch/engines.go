package websearch

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/enrichment"
)

// The vendors.
const (
	Serper = "serper"
	Brave  = "brave_search"
)

func serper() vendor {
	return vendor{
		slug:    "serper_search",
		public:  "https://google.serper.dev",
		results: []string{"organic"},
		link:    "link",
		snippet: "snippet",
		trouble: serperTrouble,
		about: enrichment.Provider{
			Name: "Google results (Serper)", Description: "Searches the web for a text with columns, and answers the first pages that Google finds.",
			Terms:  "What is searched for goes to Serper (serper.dev), under your agreement with it. It charges a credit for each search.",
			Limits: enrichment.RateLimits{PerSecond: 40, Concurrency: 10},
		},
		kind: enrichment.CredentialKind{
			Kind:   Serper,
			Name:   "Serper",
			Fields: []enrichment.CredentialField{{Name: "api_key", Label: "API key"}},
			Hosts:  []string{"google.serper.dev"},
			How:    "Sign in at serper.dev and copy the key under API key. New accounts have free searches.",
			URL:    "https://serper.dev/api-key",
		},
		request: func(ctx context.Context, e *Engine, ask enrichment.Request, query, country string) (*http.Request, error) {
			body := map[string]any{"q": query, "num": maxResults}
			if country != "" {
				body["gl"] = country
			}
			text, err := json.Marshal(body)
			if err != nil {
				return nil, enrichment.Fail(enrichment.CallBadInput, "the inputs make no request")
			}
			req, key, err := e.Request(ctx, ask, http.MethodPost, "/search", text)
			if err != nil {
				return nil, err
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("X-Api-Key", key)
			return req, nil
		},
	}
}

// serperTrouble: Serper says by 400 that the credits are used up, and by 403 that it does not know the key.
func serperTrouble(c *wire.Client, a wire.Answer) *enrichment.CallError {
	if a.Status == http.StatusBadRequest && strings.Contains(strings.ToLower(said(a, "message")), "credits") {
		return enrichment.Fail(enrichment.CallExhausted, "Serper says that the account's credits are used up")
	}
	return c.Trouble("Serper", a)
}

func brave() vendor {
	return vendor{
		slug:     "brave_search",
		public:   "https://api.search.brave.com",
		results:  []string{"web", "results"},
		link:     "url",
		snippet:  "description",
		trouble:  braveTrouble,
		noRecord: true,
		about: enrichment.Provider{
			Name: "Brave Search", Description: "Searches the web for a text with columns, and answers the first pages of Brave's own index.",
			Terms: "What is searched for goes to Brave (search.brave.com), under your agreement with it, whose ordinary plans don't allow " +
				"keeping its answers: they are not recorded for reuse.",
			Limits: enrichment.RateLimits{PerSecond: 1, Concurrency: 2}, Ceiling: enrichment.RateLimits{PerSecond: 50, Concurrency: 10},
		},
		kind: enrichment.CredentialKind{
			Kind:   Brave,
			Name:   "Brave Search",
			Fields: []enrichment.CredentialField{{Name: "api_key", Label: "Subscription token"}},
			Hosts:  []string{"api.search.brave.com"},
			How:    "Sign in at api-dashboard.search.brave.com, subscribe to a plan, which the free one needs too, and make a key under API keys.",
			URL:    "https://api-dashboard.search.brave.com/app/keys",
		},
		request: func(ctx context.Context, e *Engine, ask enrichment.Request, query, country string) (*http.Request, error) {
			q := url.Values{"q": {query}, "count": {strconv.Itoa(maxResults)}}
			if country != "" {
				q.Set("country", country)
			}
			req, key, err := e.Request(ctx, ask, http.MethodGet, "/res/v1/web/search?"+q.Encode(), nil)
			if err != nil {
				return nil, err
			}
			req.Header.Set("X-Subscription-Token", key)
			return req, nil
		},
	}
}

// braveTrouble: Brave refuses a key by 422, and has one status for too often and for used up, told apart by the code.
func braveTrouble(c *wire.Client, a wire.Answer) *enrichment.CallError {
	code := strings.ToUpper(said(a, "error", "code"))
	switch {
	case a.Status == http.StatusUnprocessableEntity && strings.Contains(code, "TOKEN"):
		return enrichment.Fail(enrichment.CallUnauthorized, "Brave Search refuses the key (422)")
	case a.Status == http.StatusPaymentRequired, a.Status == http.StatusTooManyRequests &&
		(strings.Contains(code, "QUOTA") || strings.Contains(code, "USAGE")):
		return enrichment.Fail(enrichment.CallExhausted, "Brave Search says that the plan's searches are used up")
	}
	return c.Trouble("Brave Search", a)
}

func said(a wire.Answer, names ...string) string {
	o, err := a.Object()
	if err != nil {
		return ""
	}
	return wire.Text(o, names...)
}

// perSecond reads the limits of Brave's windows, "1, 15000": the first is of a second, the second of a month. Serper sends none.
func perSecond(h http.Header) enrichment.RateLimits {
	first, _, _ := strings.Cut(h.Get("X-Ratelimit-Limit"), ",")
	n, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || n < 1 || n > 1000 {
		return enrichment.RateLimits{}
	}
	return enrichment.RateLimits{PerSecond: n}
}
