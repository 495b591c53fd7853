package workflow_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/domaintest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
)

// Ids as graphs hold them. The catalogue knows the first two tables.
const (
	t1       = kernel.TableID("tbl_01JZZZZZZZZZZZZZZZZZZZZZZ1")
	t2       = kernel.TableID("tbl_01JZZZZZZZZZZZZZZZZZZZZZZ2")
	t3       = kernel.TableID("tbl_01JZZZZZZZZZZZZZZZZZZZZZZ3")
	ask      = kernel.ColumnID("col_01JZZZZZZZZZZZZZZZZZZZZZZA")
	other    = kernel.ColumnID("col_01JZZZZZZZZZZZZZZZZZZZZZZB")
	badCol   = kernel.ColumnID("col_01JZZZZZZZZZZZZZZZZZZZZZZW")
	badView  = kernel.ViewID("viw_01JZZZZZZZZZZZZZZZZZZZZZZW")
	badHook  = kernel.WebhookID("whk_01JZZZZZZZZZZZZZZZZZZZZZZW")
	badParts = `{"column":"wrong"}`
)

// catalogue refuses what is called wrong.
type catalogue struct{}

func wrong(is bool) error {
	if is {
		return errors.New("is wrong")
	}
	return nil
}

func (catalogue) Table(id kernel.TableID) error                { return wrong(id != t1 && id != t2) }
func (catalogue) View(_ kernel.TableID, v kernel.ViewID) error { return wrong(v == badView) }
func (catalogue) Filter(_ kernel.TableID, f json.RawMessage) error {
	return wrong(string(f) == badParts)
}

func (catalogue) Column(_ kernel.TableID, c kernel.ColumnID) error { return wrong(c == badCol) }

func (catalogue) Key(_ kernel.TableID, c kernel.ColumnID) error { return wrong(c == badCol) }

func (catalogue) Webhook(id kernel.WebhookID, _ kernel.TableID) error { return wrong(id == badHook) }

func (catalogue) Reference(_ kernel.TableID, ref string) error { return wrong(ref == "Nothing") }

func (catalogue) Credential(_ kernel.CredentialID, url string) error {
	return wrong(!strings.HasPrefix(url, "https://api.example.com/"))
}

func (catalogue) Enrichment(_ kernel.TableID, c kernel.ColumnID) error { return wrong(c == badCol) }

func (catalogue) Value(_ kernel.TableID, c kernel.ColumnID, _ json.RawMessage) error {
	return wrong(c == badCol)
}

func node(id workflow.NodeID, kind workflow.Kind, c workflow.Config) workflow.Node {
	return workflow.Node{ID: id, Kind: kind, OnError: workflow.Stop, Config: c}
}

func edge(from, to workflow.NodeID) workflow.Edge {
	return workflow.Edge{From: from, Port: workflow.Out, To: to}
}

func only(f string) workflow.Config { return workflow.Config{Filter: json.RawMessage(f)} }

// simple is trigger → rows of t1 → filter → enrichment.
func simple() workflow.Graph {
	return workflow.Graph{
		Nodes: []workflow.Node{
			node("go", workflow.Manual, workflow.Config{}), node("rows", workflow.TableRows, workflow.Config{TableID: t1}),
			node("some", workflow.Filter, only(`{"column":"a"}`)), node("ask", workflow.Enrich, workflow.Config{ColumnID: ask}),
		},
		Edges: []workflow.Edge{edge("go", "rows"), edge("rows", "some"), edge("some", "ask")},
	}
}

// delivered is a graph that begins with what comes to an address.
func delivered(c workflow.Config) workflow.Graph {
	g := simple()
	g.Nodes[0], g.Nodes[1] = node("rows", workflow.Webhook, c), g.Nodes[2]
	g.Nodes = append(g.Nodes[:2:2], g.Nodes[3])
	g.Edges = g.Edges[1:]
	return g
}

func TestAGraphIsCheckedWithItsNodesNamed(t *testing.T) {
	t.Parallel()
	with := func(change func(*workflow.Graph)) workflow.Graph {
		g := simple()
		change(&g)
		return g
	}
	add := func(n workflow.Node, edges ...workflow.Edge) workflow.Graph {
		return with(func(g *workflow.Graph) { g.Nodes, g.Edges = append(g.Nodes, n), append(g.Edges, edges...) })
	}
	for name, c := range map[string]struct {
		graph   workflow.Graph
		node    workflow.NodeID
		problem string
	}{
		"nothing":         {workflow.Graph{}, "", "add a trigger"},
		"two triggers":    {add(node("again", workflow.Manual, workflow.Config{})), "again", "one trigger"},
		"a circle":        {with(func(g *workflow.Graph) { g.Edges = append(g.Edges, edge("ask", "some")) }), "some", "leads back to itself"},
		"not reached":     {add(node("alone", workflow.Wait, workflow.Config{Seconds: 5})), "alone", "not reached"},
		"start into rows": {with(func(g *workflow.Graph) { g.Edges = append(g.Edges, edge("go", "ask")) }), "ask", "takes rows"},
		"no such port": {
			add(node("w", workflow.Wait, workflow.Config{Seconds: 5}), workflow.Edge{From: "some", Port: workflow.Yes, To: "w"}), "some",
			"has no output",
		},
		"connected twice": {with(func(g *workflow.Graph) { g.Edges = append(g.Edges, edge("some", "ask")) }), "ask", "connected twice"},
		"into a trigger":  {with(func(g *workflow.Graph) { g.Edges = append(g.Edges, edge("rows", "go")) }), "go", "nothing leads into it"},
		"other tables": {
			add(node("other", workflow.TableRows, workflow.Config{TableID: t2}), edge("go", "other"), edge("other", "ask")), "ask",
			"different tables",
		},
		"no table":                   {with(func(g *workflow.Graph) { g.Nodes[1].Config.TableID = "" }), "rows", "choose a table"},
		"a table gone":               {with(func(g *workflow.Graph) { g.Nodes[1].Config.TableID = t3 }), "rows", "is wrong"},
		"a wrong view":               {with(func(g *workflow.Graph) { g.Nodes[1].Config.ViewID = badView }), "rows", "is wrong"},
		"no condition":               {with(func(g *workflow.Graph) { g.Nodes[2].Config.Filter = nil }), "some", "by a condition"},
		"a wrong filter":             {with(func(g *workflow.Graph) { g.Nodes[2].Config.Filter = json.RawMessage(badParts) }), "some", "is wrong"},
		"no column":                  {with(func(g *workflow.Graph) { g.Nodes[3].Config.ColumnID = "" }), "ask", "choose an enrichment"},
		"a wrong column":             {with(func(g *workflow.Graph) { g.Nodes[3].Config.ColumnID = badCol }), "ask", "is wrong"},
		"nothing to set":             {add(node("u", workflow.UpdateCells, workflow.Config{}), edge("some", "u")), "u", "choose a column"},
		"waits for ever":             {add(node("w", workflow.Wait, workflow.Config{Seconds: 1e9}), edge("some", "w")), "w", "30 days"},
		"sends nowhere":              {add(node("s", workflow.Send, workflow.Config{}), edge("some", "s")), "s", "choose a webhook"},
		"a wrong schedule":           {with(func(g *workflow.Graph) { g.Nodes[0] = node("go", workflow.Schedule, workflow.Config{Cron: "x"}) }), "go", "five fields"},
		"found by nothing":           {delivered(workflow.Config{TableID: t1}), "rows", "by whose value a row is found"},
		"found by what can't":        {delivered(workflow.Config{TableID: t1, ColumnID: badCol}), "rows", "is wrong"},
		"the key comes from nowhere": {delivered(workflow.Config{TableID: t1, ColumnID: ask}), "rows", "say where the value stands"},
		"fills what can't be filled": {
			delivered(workflow.Config{TableID: t1, ColumnID: ask, Fields: map[kernel.ColumnID]string{ask: "a", badCol: "b"}}), "rows", "is wrong",
		},
		"changes of what": {
			with(func(g *workflow.Graph) {
				g.Nodes[0], g.Edges = node("go", workflow.RowsChanged, workflow.Config{TableID: t1}), []workflow.Edge{edge("go", "some"), edge("some", "ask")}
			}), "go", "added rows, changed rows",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, c.graph.Validate(), "a draft may be unfinished")
			problems := c.graph.Check(catalogue{})
			require.NotEmpty(t, problems)
			found := false
			for _, p := range problems {
				found = found || p.NodeID == c.node && says(p.Message, c.problem)
			}
			require.True(t, found, "%+v", problems)
			require.ErrorContains(t, workflow.Refusal(problems), "can't run yet")
		})
	}
	require.Empty(t, simple().Check(catalogue{}))
	fields := map[kernel.ColumnID]string{ask: "contact.email"}
	require.Empty(t, delivered(workflow.Config{TableID: t1, ColumnID: ask, Fields: fields}).Check(catalogue{}))
	require.NoError(t, workflow.Refusal(nil))
}

func TestADraftKeepsToItsBounds(t *testing.T) {
	t.Parallel()
	many := workflow.Graph{}
	for range workflow.MaxNodes + 1 {
		many.Nodes = append(many.Nodes, node("a", workflow.Manual, workflow.Config{}))
	}
	for name, g := range map[string]workflow.Graph{
		"too many nodes": many,
		"a strange id":   {Nodes: []workflow.Node{node("a b", workflow.Manual, workflow.Config{})}},
		"a strange kind": {Nodes: []workflow.Node{node("a", "magic", workflow.Config{})}},
		"far away":       {Nodes: []workflow.Node{{ID: "a", Kind: workflow.Manual, X: 1e6}}},
		"leads nowhere":  {Nodes: []workflow.Node{node("a", workflow.Manual, workflow.Config{})}, Edges: []workflow.Edge{edge("a", "b")}},
	} {
		require.Error(t, g.Validate(), name)
	}
}

func TestTheHashIsOfWhatANodeDoes(t *testing.T) {
	t.Parallel()
	n := node("a", workflow.Enrich, workflow.Config{ColumnID: ask, MaxCredits: 5})
	same := n
	same.Name, same.X, same.OnError, same.Config.MaxCredits, same.Config.Seconds = "other", 9, workflow.Continue, 7, 3
	require.Equal(t, n.Hash(), same.Hash())
	other := n
	other.Config.ColumnID = badCol
	require.NotEqual(t, n.Hash(), other.Hash())
	a, b := node("f", workflow.Filter, only(`{"column":"a"}`)), node("f", workflow.Filter, only(`{ "column" : "a" }`))
	require.Equal(t, a.Hash(), b.Hash())
	hook := node("h", workflow.Webhook, workflow.Config{TableID: t1, ColumnID: ask, Fields: map[kernel.ColumnID]string{ask: "a"}})
	remapped := hook
	remapped.Config.Fields = map[kernel.ColumnID]string{ask: "b"}
	require.Equal(t, hook.Hash(), remapped.Hash(), "rows are made before a run takes them")
	b.Kind = workflow.Branch
	require.NotEqual(t, a.Hash(), b.Hash())
}

func TestTheDifferenceIsTold(t *testing.T) {
	t.Parallel()
	to := simple()
	to.Nodes[3].Config.ColumnID, to.Nodes[3].X = other, 300
	to.Nodes = append(to.Nodes, node("w", workflow.Wait, workflow.Config{Seconds: 60}))
	to.Edges = append(to.Edges[:2:2], edge("some", "w"), edge("w", "ask"))
	require.Equal(t, []string{
		`~ Enrichment: column id "` + string(ask) + `" → "` + string(other) + `"`, "+ Wait", "− Filter → Enrichment", "+ Filter → Wait", "+ Wait → Enrichment",
	}, simple().Diff(to))
	require.Empty(t, simple().Diff(simple()))
}

func TestVersionsAreKept(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	saved := workflow.Saved{WorkflowID: "wfl_1", Workspace: "ws_1", Version: 1, Name: "A", Graph: simple(), By: "usr_1", At: now}
	draft := workflow.Draft{Name: " A ", Graph: simple(), By: "usr_1", At: now}
	save := func(d workflow.Draft) func(*workflow.Workflow) error {
		return func(w *workflow.Workflow) error { return w.Save("wfl_1", "ws_1", d) }
	}
	domaintest.Given(t, workflow.New()).When(save(draft)).Then(saved)
	domaintest.Given(t, workflow.New(), saved).When(save(draft)).ThenRefused("NEWER_VERSION")
	draft.After, draft.Of = 1, 1
	second := saved
	second.Version, second.Of = 2, 1
	w := domaintest.Given(t, workflow.New(), saved).When(save(draft)).Then(second)
	require.Equal(t, 2, w.Latest().Number)
	publish := func(w *workflow.Workflow) error { return w.Publish(1, simple(), now) }
	published := workflow.Published{WorkflowID: "wfl_1", Version: 1, Trigger: workflow.Trigger{Kind: workflow.Manual}, At: now}
	domaintest.Given(t, workflow.New(), saved).When(publish).Then(published)
	domaintest.Given(t, workflow.New(), saved, published).When(publish).ThenNothing()
	draft.Name = ""
	domaintest.Given(t, workflow.New(), saved).When(save(draft)).ThenRefused("VALIDATION_FAILED")
}
