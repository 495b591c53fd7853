// Package websearch asks search engines that have an API and a key: Serper (serper.dev), which answers what Google finds, and Brave Search
// (api-dashboard.search.brave.com). Each is a provider of its own, and a tool of the research provider.
package websearch

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/enrichment"
)

const (
	maxQuery   = 400 // characters; Brave takes no more
	maxResults = 10
	maxAddress = 2000
)

// Result is one page that was found.
type Result struct {
	URL     string `json:"url"`
	Title   string `json:"title"`
	Snippet string `json:"snippet"`
}

// Engine is a search engine as a provider.
type Engine struct {
	wire.API
	vendor
}

// vendor is what engines differ in.
type vendor struct {
	slug     string
	about    enrichment.Provider // name, description, terms and limits
	kind     enrichment.CredentialKind
	public   string
	request  func(ctx context.Context, e *Engine, ask enrichment.Request, query, country string) (*http.Request, error)
	results  []string // where they are in the answer
	link     string   // what a result calls its address, and below its snippet
	snippet  string
	trouble  func(*wire.Client, wire.Answer) *enrichment.CallError
	noRecord bool // the vendor's terms forbid keeping what it answers
}

// New makes the engines. local are addresses of this machine for development, by vendor.
func New(client *wire.Client, local map[string]string) []*Engine {
	var out []*Engine
	for _, v := range []vendor{serper(), brave()} {
		out = append(out, &Engine{wire.API{Client: client, Place: wire.Place{Public: v.public, Local: local[v.kind.Kind]}}, v})
	}
	return out
}

// Vendors name the engines' credentials, and their addresses among the installation's own.
func Vendors() []string { return []string{Serper, Brave} }

// Kind is the kind of the engine's credentials.
func (e *Engine) Kind() string { return e.kind.Kind }

// NoRecord reports that what the engine answers must not be kept.
func (e *Engine) NoRecord() bool { return e.noRecord }

// Describe implements enrichment.Caller.
func (e *Engine) Describe() enrichment.Provider {
	p := e.about
	kind := e.kind
	p.Slug, p.Category, p.Auth, p.Credential, p.NoRecord = e.slug, "web", enrichment.AuthKey, &kind, e.noRecord
	p.Inputs = []enrichment.Field{
		{Name: "query", Label: "What to search for", Type: enrichment.FieldText, Required: true},
		{Name: "country", Label: "Country, two letters", Type: enrichment.FieldText},
	}
	p.Outputs = []enrichment.Field{
		{
			Name:  "url",
			Label: "Address of the first result",
			Type:  enrichment.FieldURL,
		},
		{Name: "title", Label: "Title of the first result", Type: enrichment.FieldText},
		{
			Name:  "snippet",
			Label: "Text of the first result",
			Type:  enrichment.FieldText,
		},
		{Name: "urls", Label: "Addresses", Type: enrichment.FieldList},
		{Name: "results", Label: "All results", Type: enrichment.FieldObject},
	}
	return p
}

// Call implements enrichment.Caller.
func (e *Engine) Call(ctx context.Context, ask enrichment.Request) (enrichment.Reply, error) {
	found, limits, err := e.find(ctx, ask, ask.Inputs["query"], ask.Inputs["country"])
	if err != nil {
		return enrichment.Reply{}, err
	}
	if len(found) == 0 {
		return enrichment.Reply{Missed: "nothing was found", Limits: limits}, nil
	}
	first, urls, results := found[0], make([]string, len(found)), make([]any, len(found))
	for i, r := range found {
		urls[i], results[i] = r.URL, map[string]any{"url": r.URL, "title": r.Title, "snippet": r.Snippet}
	}
	out := map[string]any{"results": results}
	wire.Put(out, "url", first.URL)
	wire.Put(out, "title", first.Title)
	wire.Put(out, "snippet", first.Snippet)
	wire.Put(out, "urls", urls)
	return enrichment.Reply{Outputs: out, SourceURL: first.URL, Limits: limits}, nil
}

// Find searches with a credential, once.
func (e *Engine) Find(ctx context.Context, with enrichment.Access, query string) ([]Result, error) {
	found, _, err := e.find(ctx, enrichment.Request{Secret: with.Secret, Hosts: with.Hosts}, query, "")
	return found, err
}

func (e *Engine) find(ctx context.Context, ask enrichment.Request, query, country string) ([]Result, enrichment.RateLimits, error) {
	query = strings.Join(strings.Fields(strings.ToValidUTF8(query, "")), " ")
	country = strings.ToLower(strings.TrimSpace(country))
	none := enrichment.RateLimits{}
	switch {
	case query == "":
		return nil, none, enrichment.Fail(enrichment.CallBadInput, "there is nothing to search for")
	case utf8.RuneCountInString(query) > maxQuery:
		return nil, none, enrichment.Fail(enrichment.CallBadInput, "what is searched for is longer than 400 characters")
	case country != "" && (len(country) != 2 || strings.Trim(country, "abcdefghijklmnopqrstuvwxyz") != ""):
		return nil, none, enrichment.Fail(enrichment.CallBadInput, "the country must be two letters, such as de")
	}
	req, err := e.request(ctx, e, ask, query, country)
	if err != nil {
		return nil, none, err
	}
	limits := none
	got, _, err := e.API.Find(req, func(a wire.Answer) *enrichment.CallError {
		limits = perSecond(a.Header)
		ce := e.trouble(e.Client, a)
		if ce != nil {
			ce.Limits = limits
		}
		return ce
	})
	if err != nil {
		return nil, limits, err
	}
	return e.read(got), limits, nil
}

// read takes the results that have an address of the web.
func (e *Engine) read(got map[string]any) []Result {
	list, _ := wire.Dig(got, e.results...).([]any)
	var out []Result
	for _, r := range list {
		at := wire.Text(r, e.link)
		if u, err := url.Parse(at); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(at) > maxAddress {
			continue
		}
		out = append(out, Result{URL: at, Title: wire.Text(r, "title"), Snippet: wire.Text(r, e.snippet)})
		if len(out) == maxResults {
			break
		}
	}
	return out
}
