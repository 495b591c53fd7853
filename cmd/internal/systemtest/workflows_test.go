package systemtest_test

import (
	"fmt"
	"maps"
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

// TestInboundLeadsAreRoutedAndResumedWithoutAskingAgain: the template of inbound leads is begun by what is posted to its address, fails at
// its last node, is made better and resumed. The provider is asked once for each lead.
func TestInboundLeadsAreRoutedAndResumedWithoutAskingAgain(t *testing.T) {
	t.Parallel()
	a := newAutomating(t, 1)
	graph := a.template("inbound-leads", map[string]map[string]any{
		"trigger": {"table_id": a.table.ID, "column_id": a.table.column("Key"), "fields": map[string]any{
			a.table.column("Key"): "lead.key", a.table.column("Fit"): "lead.fit",
		}},
		"enrich": {"column_id": a.ask}, "branch": a.fits(),
		"good":  {"set": map[string]any{a.table.column("Mark"): "good"}},
		"other": {"set": map[string]any{a.table.column("Mark"): "other"}},
		"send":  {"webhook_id": a.hook, "columns": []string{a.table.column("Key")}},
	})
	saved := in[struct {
		ID       string `json:"id"`
		Problems []any  `json:"problems"`
	}](a.c, http.StatusCreated, http.MethodPost, "/workflows", map[string]any{"name": "Inbound", "graph": graph})
	require.Empty(t, saved.Problems)
	flow := "/workflows/" + saved.ID
	path := in[struct{ Path string }](a.c, http.StatusCreated, http.MethodPost, flow+"/hook", map[string]any{}).Path
	require.Equal(t, http.StatusConflict, a.post(path, "early", `{"lead":{"key":"l0","fit":"yes"}}`), "not published yet")
	sample := in[struct {
		Sample []struct{ Path, Value string } `json:"sample"`
	}](a.c, http.StatusOK, http.MethodGet, flow+"/hook", nil).Sample
	require.Contains(t, sample, struct{ Path, Value string }{"lead.key", "l0"})
	a.c.call(http.StatusOK, http.MethodPost, a.c.ws+flow+"/publish", map[string]any{"version": 1})

	for _, key := range []string{"d1", "d1", "d2"} { // the sender sends the first one again
		require.Equal(t, http.StatusAccepted, a.post(path, key, `[{"lead":{"key":"`+key+`a","fit":"yes"}},{"lead":{"key":"`+key+`b","fit":"no"}}]`))
	}
	require.Equal(t, http.StatusNotFound, a.post(path+"x", "d3", `{}`))
	runs := a.ended(flow, 4)
	keys, questions := a.counts()
	require.Equal(t, 4, keys)
	require.Equal(t, 4, questions)
	for _, run := range runs {
		require.Equal(t, "failed", run.State)
		require.Equal(t, "send", run.Node)
	}

	a.mu.Lock()
	a.open = true
	a.mu.Unlock()
	nodes, _ := graph["nodes"].([]any)
	better, _ := nodes[3].(map[string]any)
	better["config"] = map[string]any{"set": map[string]any{a.table.column("Mark"): "best"}}
	a.c.call(http.StatusCreated, http.MethodPost, a.c.ws+flow+"/versions", map[string]any{"name": "Inbound", "graph": graph, "after": 1})
	for _, run := range runs {
		a.c.call(http.StatusOK, http.MethodPost, a.c.ws+"/workflow-runs/"+run.ID+"/resume", map[string]any{"version": 2})
		at := a.await(run.ID)
		require.Equal(t, "completed", at.State, at.Reason)
		require.Equal(t, 2, at.Version)
	}
	_, again := a.counts()
	require.Equal(t, questions, again, "nobody was asked again")
	a.s.eventually(doneWithin, "the rows are marked", func() bool { return a.marked("best") == 2 && a.marked("other") == 2 })
	require.Equal(t, len(runs), a.received())
	require.Len(t, a.c.rows(a.table.ID, "limit=100"), 5, "a repeat makes no second row")
	a.s.verify()
}

// template is the graph of a template with the nodes set.
func (a *automating) template(slug string, configs map[string]map[string]any) map[string]any {
	a.c.t.Helper()
	for _, t := range in[[]struct {
		Slug  string         `json:"slug"`
		Graph map[string]any `json:"graph"`
	}](a.c, http.StatusOK, http.MethodGet, "/workflow-templates", nil) {
		if t.Slug != slug {
			continue
		}
		nodes, _ := t.Graph["nodes"].([]any)
		for _, n := range nodes {
			n, _ := n.(map[string]any)
			config, _ := n["config"].(map[string]any)
			id, _ := n["id"].(string)
			maps.Copy(config, configs[id])
		}
		return t.Graph
	}
	require.Fail(a.c.t, "there is no template "+slug)
	return nil
}

// post sends something to a workflow's address as another system does, and answers the status.
func (a *automating) post(path, key, body string) int {
	a.c.t.Helper()
	req, err := http.NewRequestWithContext(a.c.t.Context(), http.MethodPost, a.s.url+path, strings.NewReader(body))
	require.NoError(a.c.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", key)
	res, err := http.DefaultClient.Do(req)
	require.NoError(a.c.t, err)
	require.NoError(a.c.t, res.Body.Close())
	return res.StatusCode
}

// ended waits until runs with so many rows have ended, and answers them.
func (a *automating) ended(flow string, rows int64) (list []workflowRun) {
	a.c.t.Helper()
	a.s.eventually(doneWithin, "the runs' end", func() bool {
		list = in[[]workflowRun](a.c, http.StatusOK, http.MethodGet, flow+"/runs", nil)
		n := int64(0)
		for _, r := range list {
			if r.State == "running" {
				return false
			}
			n += r.Rows
		}
		return n == rows
	})
	return list
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
