package systemtest_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

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

// TestPeopleDecideOnRowsAlsoAfterACrash: rows wait for people over a crash of the server, and go on by the way that is chosen for them.
func TestPeopleDecideOnRowsAlsoAfterACrash(t *testing.T) {
	t.Parallel()
	a := newAutomating(t, 4)
	g := map[string]any{
		"nodes": []any{
			step("go", "manual", map[string]any{}), step("rows", "table_rows", map[string]any{"table_id": a.table.ID}),
			step("ok", "approval", map[string]any{"seconds": 3600}), a.marks("approved"),
		},
		"edges": []any{
			map[string]any{"from": "go", "to": "rows"},
			map[string]any{"from": "rows", "to": "ok"},
			map[string]any{"from": "ok", "port": "approved", "to": "mark"},
		},
	}
	flow := in[column](a.c, http.StatusCreated, http.MethodPost, "/workflows", map[string]any{"name": "Ask", "graph": g}).ID
	run := in[workflowRun](a.c, http.StatusCreated, http.MethodPost, "/workflows/"+flow+"/run", map[string]any{}).ID
	type pending struct {
		Run  string `json:"run_id"`
		Name string `json:"workflow"`
	}
	waits := func() []pending { return in[[]pending](a.c, http.StatusOK, http.MethodGet, "/workflow-approvals", nil) }
	a.s.eventually(doneWithin, "the rows wait", func() bool { return len(waits()) == 1 })
	a.s.kill()
	a.s.start()
	require.Equal(t, []pending{{run, "Ask"}}, waits())
	at := "/workflow-runs/" + run
	list := in[[]struct {
		Waiting int `json:"waiting"`
		Rows    []struct {
			ID string `json:"id"`
		} `json:"rows"`
	}](a.c, http.StatusOK, http.MethodGet, at+"/approvals", nil)
	require.Equal(t, 4, list[0].Waiting)
	decide := func(body map[string]any) {
		body["node_id"] = "ok"
		a.c.call(http.StatusOK, http.MethodPost, a.c.ws+at+"/decide", body)
	}
	decide(map[string]any{"approve": true, "row_ids": []string{list[0].Rows[0].ID}})
	a.s.eventually(doneWithin, "the approved row goes on", func() bool { return a.marked("approved") == 1 })
	decide(map[string]any{"approve": false})
	require.Equal(t, "completed", a.await(run).State)
	require.Equal(t, 1, a.marked("approved"))
	require.Empty(t, waits())
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
