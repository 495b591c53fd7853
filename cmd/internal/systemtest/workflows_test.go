package systemtest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// workflowRun is what the tests need of the API's WorkflowRunDetail.
type workflowRun struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	Version int    `json:"version"`
	Node    string `json:"failed_node"`
	Reason  string `json:"reason"`
	Rows    int64  `json:"rows"`
	Spent   int64  `json:"spent_mc"`
	Nodes   []struct {
		ID   string           `json:"node_id"`
		Done int64            `json:"rows_done"`
		Out  map[string]int64 `json:"rows_out"`
	} `json:"nodes"`
}

// oracle answers each key once for money, counts how often it is asked, and takes messages as long as it is open.
type oracle struct {
	*httptest.Server
	mu       sync.Mutex
	asked    map[string]int
	messages map[string]bool // by id
	open     bool
}

func newOracle(t *testing.T) *oracle {
	t.Helper()
	o := &oracle{asked: map[string]int{}, messages: map[string]bool{}}
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		defer o.mu.Unlock()
		if r.Method == http.MethodPost {
			if !o.open {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			o.messages[r.Header.Get("Webhook-Id")] = true
			return
		}
		key := r.URL.Query().Get("key")
		o.asked[key]++
		fmt.Fprintf(w, `{"answer":"about %s"}`, key)
	}))
	t.Cleanup(o.Close)
	return o
}

func (o *oracle) counts() (keys, questions int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, n := range o.asked {
		questions += n
	}
	return len(o.asked), questions
}

func (o *oracle) received() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.messages)
}

// automating is a workspace with a table whose rows an oracle can be asked about.
type automating struct {
	*oracle
	s     *server
	c     *client
	table tableInfo
	ask   string // the enrichment column
	hook  string
}

func newAutomating(t *testing.T, rows int) *automating {
	t.Helper()
	o := newOracle(t)
	s := newServer(t, "MORKET_PROVIDER_PRICES=http_api=0.5", "MORKET_DIAL_ALLOW=127.0.0.1/32")
	s.start()
	a := &automating{oracle: o, s: s, c: demo(t, s)}
	a.c.call(http.StatusCreated, http.MethodPost, a.c.ws+"/credits/grants", map[string]any{"amount_mc": 1_000_000, "note": "for the run"})
	a.table = in[tableInfo](a.c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "Leads", "columns": []any{
		map[string]any{"name": "Key", "type": "text"}, map[string]any{"name": "Fit", "type": "text"}, map[string]any{"name": "Mark", "type": "text"},
	}})
	a.insert(0, rows)
	step := map[string]any{
		"provider": "http_api", "output": "answer", "inputs": map[string]any{"key": map[string]any{"column": a.table.column("Key")}},
		"config": map[string]any{"url": o.URL + "/?key={{key}}", "outputs": map[string]any{"answer": map[string]string{"path": "$.answer"}}},
	}
	a.ask = in[column](a.c, http.StatusCreated, http.MethodPost, "/tables/"+a.table.ID+"/enrichment-columns", map[string]any{
		"name": "Answer", "type": "text", "config": map[string]any{"steps": []any{step}},
	}).ID
	a.hook = in[column](a.c, http.StatusCreated, http.MethodPost, "/webhooks", map[string]any{
		"url": o.URL + "/", "description": "rows", "types": []string{"import.failed.v1"},
	}).ID
	return a
}

// insert adds rows; every second one fits.
func (a *automating) insert(from, n int) {
	a.c.t.Helper()
	ops := make([]any, n)
	for i := range ops {
		ops[i] = map[string]any{"op": "insert", "cells": map[string]any{"Key": fmt.Sprintf("k%d", from+i), "Fit": []string{"yes", "no"}[i%2]}}
	}
	a.c.call(http.StatusOK, http.MethodPost, a.c.ws+"/tables/"+a.table.ID+"/rows:batch", map[string]any{"operations": ops})
}

func step(id, kind string, config map[string]any) map[string]any {
	return map[string]any{"id": id, "kind": kind, "x": 0, "y": 0, "config": config}
}

// chained is a graph of nodes one after the other.
func chained(nodes ...map[string]any) map[string]any {
	edges := []any{}
	for i := 1; i < len(nodes); i++ {
		edges = append(edges, map[string]any{"from": nodes[i-1]["id"], "to": nodes[i]["id"]})
	}
	return map[string]any{"nodes": nodes, "edges": edges}
}

func (a *automating) marks(value string) map[string]any {
	return step("mark", "update_cells", map[string]any{"set": map[string]any{a.table.column("Mark"): value}})
}

// fits is the condition that a row fits.
func (a *automating) fits() map[string]any {
	return map[string]any{"filter": map[string]any{"column": a.table.column("Fit"), "op": "is", "value": "yes"}}
}

func (a *automating) await(run string) workflowRun {
	a.c.t.Helper()
	var at workflowRun
	a.s.eventually(doneWithin, "the run's end", func() bool {
		at = in[workflowRun](a.c, http.StatusOK, http.MethodGet, "/workflow-runs/"+run, nil)
		return at.State != "running" && at.State != "paused"
	})
	return at
}

func (a *automating) marked(value string) (n int) {
	a.c.t.Helper()
	for _, r := range a.c.rows(a.table.ID, "limit=500") {
		if strings.Contains(string(r.Cells[a.table.column("Mark")]), value) {
			n++
		}
	}
	return n
}

// TestAWorkflowIsResumedUnderABetterGraphWithoutPayingTwice: a run fails at its last node, the server is killed, the workflow is made better,
// and the run goes on under it. The provider has been asked, and the credits taken, once for each row.
func TestAWorkflowIsResumedUnderABetterGraphWithoutPayingTwice(t *testing.T) {
	t.Parallel()
	const rows = 240
	a := newAutomating(t, rows)
	send := step("send", "send", map[string]any{"webhook_id": a.hook, "columns": []string{a.table.column("Key"), a.ask}})
	source := step("rows", "table_rows", map[string]any{"table_id": a.table.ID})
	asks := step("ask", "enrichment", map[string]any{"column_id": a.ask})
	first := chained(step("go", "manual", map[string]any{}), source, step("fit", "filter", a.fits()), asks, send)
	saved := in[struct {
		ID       string `json:"id"`
		Problems []any  `json:"problems"`
	}](a.c, http.StatusCreated, http.MethodPost, "/workflows", map[string]any{"name": "Qualify", "graph": first})
	require.Empty(t, saved.Problems)
	dry := in[struct {
		Rows   int64 `json:"rows"`
		Likely int64 `json:"likely_mc"`
	}](a.c, http.StatusOK, http.MethodPost, "/workflows/"+saved.ID+"/dry-run", map[string]any{})
	require.EqualValues(t, rows, dry.Rows)
	require.Positive(t, dry.Likely)
	keys, _ := a.counts()
	require.Zero(t, keys, "a dry run asks nobody")

	run := in[workflowRun](a.c, http.StatusCreated, http.MethodPost, "/workflows/"+saved.ID+"/run", map[string]any{}).ID
	a.s.eventually(doneWithin, "the enrichment is under way", func() bool {
		keys, _ := a.counts()
		return keys > 20
	})
	a.s.kill()
	a.s.start()
	at := a.await(run)
	require.Equal(t, "failed", at.State, at.Reason)
	require.Equal(t, "send", at.Node)
	keys, _ = a.counts()
	require.Equal(t, rows/2, keys)
	spent := at.Spent
	require.EqualValues(t, 500*rows/2, spent)

	better := chained(step("go", "manual", map[string]any{}), source, asks, send, a.marks("done"))
	a.c.call(http.StatusCreated, http.MethodPost, a.c.ws+"/workflows/"+saved.ID+"/versions", map[string]any{"name": "Qualify", "graph": better, "after": 1})
	lines := in[struct{ Lines []string }](a.c, http.StatusOK, http.MethodGet, "/workflows/"+saved.ID+"/diff?from=1&to=2", nil).Lines
	require.Contains(t, lines, "− Filter")
	a.mu.Lock()
	a.open = true
	a.mu.Unlock()
	_, before := a.counts()
	a.c.call(http.StatusOK, http.MethodPost, a.c.ws+"/workflow-runs/"+run+"/resume", map[string]any{"version": 2})
	at = a.await(run)
	require.Equal(t, "completed", at.State, at.Reason)
	keys, questions := a.counts()
	require.Equal(t, rows, keys)
	require.Equal(t, rows/2, questions-before, "only the other half was asked")
	require.EqualValues(t, 500*rows, at.Spent)
	a.s.eventually(doneWithin, "the rows are marked", func() bool { return a.marked("done") == rows })
	require.Equal(t, 3, a.received(), "a hundred rows a message")
	a.s.verify()
}

// TestRowsThatComeBeginAWorkflow: rows that are added begin one run together, and what it writes begins nothing.
func TestRowsThatComeBeginAWorkflow(t *testing.T) {
	t.Parallel()
	a := newAutomating(t, 2)
	config := a.fits()
	config["table_id"], config["on"] = a.table.ID, []string{"added", "changed"}
	flow := in[column](a.c, http.StatusCreated, http.MethodPost, "/workflows", map[string]any{
		"name": "Greet", "graph": chained(step("rows", "rows_changed", config), a.marks("new")),
	}).ID
	a.c.call(http.StatusOK, http.MethodPost, a.c.ws+"/workflows/"+flow+"/publish", map[string]any{"version": 1})
	a.insert(2, 10)
	var list []workflowRun
	a.s.eventually(doneWithin, "the rows are marked", func() bool { return a.marked("new") == 5 })
	a.s.eventually(doneWithin, "its own changes are passed", func() bool {
		for _, w := range in[[]struct {
			Passed string `json:"left_out"`
		}](a.c, http.StatusOK, http.MethodGet, "/workflows", nil) {
			if w.Passed != "" {
				return true
			}
		}
		return false
	})
	list = in[[]workflowRun](a.c, http.StatusOK, http.MethodGet, "/workflows/"+flow+"/runs", nil)
	require.Len(t, list, 1)
	require.EqualValues(t, 5, list[0].Rows)
}
