package research_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/llm"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/providers/research"
	"github.com/morket/morket/adapters/outbound/providers/twins"
	"github.com/morket/morket/adapters/outbound/providers/websearch"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// library is a Reader of pages in memory, which notes what it was asked for.
type library struct {
	mu    sync.Mutex
	pages map[string]scrape.Outcome
	asked []string
}

// Read implements research.Reader.
func (l *library) Read(_ context.Context, _ kernel.WorkspaceID, t scrape.Task) scrape.Outcome {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, t.URL)
	if out, ok := l.pages[t.URL]; ok {
		return out
	}
	return scrape.Outcome{Fault: &scrape.Fault{Reason: scrape.ReasonStatus, Message: "the site answers 404"}}
}

func (l *library) put(url, text string, links ...string) {
	var list []any
	for _, at := range links {
		list = append(list, map[string]any{"url": at, "text": "a link"})
	}
	l.pages[url] = scrape.Outcome{Page: &scrape.Page{URL: url}, Extract: &scrape.Extract{Fields: map[string]any{"title": "Title of the page", "text": text, "links": list}}}
}

type world struct {
	model  *twins.LLM
	search *twins.Search
	pages  *library
	p      *research.Provider
	url    string
}

const (
	home  = "https://acme.com/"
	about = "https://acme.com/about"
	text  = "Acme makes anvils for cartoons.\nEmployees: 1,200\nCity: Springfield"
)

func start(t *testing.T, known ...twins.Page) world {
	t.Helper()
	w := world{pages: &library{pages: map[string]scrape.Outcome{}}}
	if known == nil {
		known = []twins.Page{{URL: home, Title: "Acme", Text: text}}
	}
	for _, k := range known {
		w.pages.put(k.URL, k.Text, about, "https://evil.example/collect")
	}
	w.model = twins.NewLLM(time.Now, providertest.Canary)
	w.search = twins.NewSearch(time.Now, map[string]int{searchKey: -1}, known...)
	w.url = providertest.Start(t, w.model)
	engines := websearch.New(providertest.Wire(), map[string]string{websearch.Serper: providertest.Start(t, w.search)})
	w.p = research.New(providertest.Wire(), engines, w.pages, kernel.SystemClock{})
	return w
}

const searchKey = "search-canary-0123456789abcdef"

func (w world) config(t *testing.T, more map[string]any) json.RawMessage {
	t.Helper()
	c := map[string]any{
		"base_url": w.url + "/v1", "model": "twin-1", "question": "How many employees does {{Company}} have, and in which city?", "cells": []string{"{{Revenue}}"},
		"outputs": map[string]any{"employees": map[string]any{"type": "number"}, "city": map[string]any{}}, "price_in": 1, "price_out": 4,
	}
	for name, v := range more {
		c[name] = v
	}
	b, err := json.Marshal(c)
	require.NoError(t, err)
	_, err = w.p.CheckConfig(b)
	require.NoError(t, err)
	return b
}

func request(config json.RawMessage) enrichment.Request {
	return enrichment.Request{
		Config: config, Inputs: map[string]string{"Company": "Acme", "Revenue": "confidential4711 million"},
		Further: map[string]enrichment.Access{"search": {Secret: map[string]string{"api_key": searchKey}, Hosts: []string{"127.0.0.1"}}},
	}
}

func (w world) ask(t *testing.T, config json.RawMessage) (enrichment.Reply, error) {
	t.Helper()
	return w.p.Call(t.Context(), providertest.Local(request(config)))
}

func turn(members map[string]any) string {
	b, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func answer(employees any, city any, sources ...map[string]any) string {
	if sources == nil {
		sources = []map[string]any{}
	}
	return turn(map[string]any{"action": "answer", "answer": map[string]any{"employees": employees, "city": city, "confidence": 80, "sources": sources}})
}

// script makes the model write the turns in their order; the last one is repeated.
func (w world) script(turns ...string) *[]string {
	var told []string
	w.model.Turns(func(all []string) (string, bool) {
		told = all
		return turns[min(len(all), len(turns))-1], true
	})
	return &told
}

func TestContract(t *testing.T) {
	t.Parallel()
	for api, path := range map[string]string{llm.OpenAI: "/v1/chat/completions", llm.Anthropic: "/v1/messages"} {
		t.Run(api, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.script(answer(12, "Springfield"))
			providertest.Contract(t, providertest.Vendor{Caller: w.p, Twin: w.model, Path: path, Ask: request(w.config(t, map[string]any{"api": api}))})
		})
	}
}

// TestResearch: the whole way over the twins, by both kinds of API. The model searches, reads and answers, and the page says it.
func TestResearch(t *testing.T) {
	t.Parallel()
	for _, api := range []string{llm.OpenAI, llm.Anthropic} {
		w := start(t)
		config := w.config(t, map[string]any{"api": api})
		reply, err := w.ask(t, config)
		require.NoError(t, err)
		require.Equal(t, json.Number("1200"), reply.Outputs["employees"])
		require.Equal(t, "Springfield", reply.Outputs["city"])
		require.Equal(t, []enrichment.Evidence{enrichment.ByPage}, reply.VerifiedBy)
		require.Equal(t, home, reply.SourceURL)
		require.Equal(t, []any{
			map[string]any{"field": "city", "url": home, "quote": "City: Springfield", "verified": true},
			map[string]any{"field": "employees", "url": home, "quote": "Employees: 1,200", "verified": true},
		}, reply.Outputs["sources"])
		fields, err := w.p.CheckConfig(config)
		require.NoError(t, err)
		require.NoError(t, enrichment.CheckReply(fields, reply.Outputs))

		require.Len(t, reply.Story, 3)
		require.Equal(t, []string{"search", "read", "answer"}, []string{reply.Story[0].Tool, reply.Story[1].Tool, reply.Story[2].Tool})
		require.Equal(t, home, reply.Story[1].Subject)
		require.Contains(t, reply.Story[1].Result, "Employees: 1,200")
		var sum enrichment.Bill
		for _, s := range reply.Story {
			require.Positive(t, s.TokensIn)
			sum.Add(s.Bill)
		}
		require.Equal(t, reply.Bill, sum, "each step tells what it cost")
		require.Positive(t, reply.Bill.Cost)
		require.Len(t, w.model.Calls(), 3)
		require.Len(t, w.search.Calls(), 1)

		again, err := w.p.Replay(t.Context(), config, request(nil).Inputs, reply.Story)
		require.NoError(t, err)
		require.Equal(t, reply.Outputs, again.Outputs)
		require.Equal(t, reply.Sureness(), again.Sureness())
		require.Len(t, w.model.Calls(), 3, "no call is made to go through it again")
		require.Len(t, w.search.Calls(), 1)
		require.Len(t, w.pages.asked, 1)
	}
}

// TestReplayWithAnotherSchema: the story shows what other outputs would have accepted.
func TestReplayWithAnotherSchema(t *testing.T) {
	t.Parallel()
	w := start(t)
	reply, err := w.ask(t, w.config(t, nil))
	require.NoError(t, err)
	_, err = w.p.Replay(t.Context(), w.config(t, map[string]any{"outputs": map[string]any{"city": map[string]any{}}}), request(nil).Inputs, reply.Story)
	require.ErrorContains(t, err, "story ends", "the model was told to mend what did not fit, which it never heard")
	cut := append(enrichment.Story{}, reply.Story...)
	cut[1].Cut = true
	_, err = w.p.Replay(t.Context(), w.config(t, nil), request(nil).Inputs, cut)
	require.ErrorContains(t, err, "not all of the story was kept")
}

func TestParts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Nothing to see here.\n", 400) + "City: Springfield"
	w := start(t, twins.Page{URL: home, Title: "Acme", Text: long})
	search, read := turn(map[string]any{"action": "search", "query": "Acme"}), func(part int) string {
		return turn(map[string]any{"action": "read", "url": home, "part": part})
	}
	w.script(search, read(1), read(2), read(9), answer(nil, "Springfield", map[string]any{"field": "city", "url": home, "quote": "City: Springfield"}))
	reply, err := w.ask(t, w.config(t, nil))
	require.NoError(t, err)
	require.Equal(t, []enrichment.Evidence{enrichment.ByPage}, reply.VerifiedBy, "what a later part says counts too")
	require.Equal(t, []string{home}, w.pages.asked, "a page is fetched once")
	require.Equal(t, "the page has no such part", reply.Story[3].Error)
	again, err := w.p.Replay(t.Context(), w.config(t, nil), request(nil).Inputs, reply.Story)
	require.NoError(t, err)
	require.Equal(t, reply.Outputs, again.Outputs)
}

// TestTroubleWithTheSearch: a key that is refused or used up ends the research, told as the search engine's; an answer is not made up instead.
func TestTroubleWithTheSearch(t *testing.T) {
	t.Parallel()
	for kind, fault := range map[enrichment.CallKind]twins.Fault{
		enrichment.CallUnauthorized: {Status: 403, Body: `{"message":"Unauthorized."}`}, enrichment.CallExhausted: {Status: 400, Body: `{"message":"Not enough credits"}`},
		enrichment.CallRateLimited: {Status: 429, Body: `{}`},
	} {
		w := start(t)
		w.search.Script(fault)
		_, err := w.ask(t, w.config(t, nil))
		ce := enrichment.AsCallError(err)
		require.Equal(t, kind, ce.Kind)
		require.Positive(t, ce.Bill.TokensIn, "the model was asked")
		require.Len(t, ce.Story, 1)
		require.NotEmpty(t, ce.Story[0].Error)
	}
	w := start(t)
	w.search.Script(twins.Fault{Status: 500, Body: "{}"})
	reply, err := w.ask(t, w.config(t, nil))
	require.NoError(t, err, "a search that fails is told to the model")
	require.Equal(t, "the model found no answer", reply.Missed)
	ask := request(w.config(t, nil))
	ask.Further = nil
	_, err = w.p.Call(t.Context(), providertest.Local(ask))
	require.ErrorContains(t, err, "no credential for its search engine")
}

func TestDescription(t *testing.T) {
	t.Parallel()
	w := start(t)
	require.Equal(t, "https://api.openai.com/v1", w.p.Destination(json.RawMessage(`{"model":"m"}`), nil))
	require.Equal(t, "https://google.serper.dev", w.p.FurtherDestination("search", json.RawMessage(`{}`), []string{"google.serper.dev"}))
	require.Empty(t, w.p.FurtherDestination("other", json.RawMessage(`{}`), nil))
	require.Equal(t, enrichment.Budgets{Record: 2_000}, w.p.BudgetOf(json.RawMessage(`{"row_budget":0.002}`)))
	for says, more := range map[string]map[string]any{
		"the question must":    {"question": " "},
		"must be one of":       {"search": "altavista"},
		"max_steps must":       {"max_steps": 99},
		"row_tokens must":      {"row_tokens": 5},
		"one {{Column}}":       {"cells": []string{"Revenue"}},
		"name 1 to 20 outputs": {"outputs": map[string]any{}},
		"every answer has":     {"outputs": map[string]any{"sources": map[string]any{}}},
		"name the model":       {"model": ""},
		"needs price_in":       {"row_budget": 1, "price_in": 0, "price_out": 0},
		"its schema says":      {"tools": []string{"shell"}},
	} {
		c := map[string]any{"model": "m", "question": "q", "outputs": map[string]any{"a": map[string]any{}}, "price_in": 1}
		for name, v := range more {
			c[name] = v
		}
		b, err := json.Marshal(c)
		require.NoError(t, err)
		_, err = w.p.CheckConfig(b)
		require.ErrorContains(t, err, says)
	}
}
