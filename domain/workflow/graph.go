// Package workflow is automation: a graph of nodes that rows of tables go through, its versions, and how far each run has come.
package workflow

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"

	"github.com/invopop/validation"

	"github.com/morket/morket/domain/kernel"
)

// Bounds of a graph.
const (
	MaxNodes       = 50
	MaxEdges       = 100
	MaxName        = 100     // characters
	MaxAt          = 100_000 // of a node's x and y, on either side of 0
	MaxConfigBytes = 20_000  // of a node's filter or values
	MaxSet         = 10      // columns that one node sets
	MaxSent        = 50      // columns that one node sends
	MaxWait        = 30 * 24 * 3600
	MinApproval    = 600
	MaxFields      = 50 // columns that a delivery fills
)

// NodeID names a node within its graph. The canvas chooses it, and it stays when the node changes.
type NodeID string

// Kind is what a node does.
type Kind string

// The kinds. The first four are triggers.
const (
	Manual      Kind = "manual"
	Schedule    Kind = "schedule"
	RowsChanged Kind = "rows_changed"
	Webhook     Kind = "webhook"
	TableRows   Kind = "table_rows"
	Filter      Kind = "filter"
	Branch      Kind = "branch"
	Enrich      Kind = "enrichment"
	UpdateCells Kind = "update_cells"
	Wait        Kind = "wait"
	Approval    Kind = "approval"
	Send        Kind = "send"
	Call        Kind = "http"
)

// Kinds lists all of them.
func Kinds() []Kind {
	return []Kind{Manual, Schedule, RowsChanged, Webhook, TableRows, Filter, Branch, Enrich, UpdateCells, Wait, Approval, Send, Call}
}

// Trigger reports whether nodes of the kind begin runs.
func (k Kind) Trigger() bool { return k == Manual || k == Schedule || k == RowsChanged || k == Webhook }

// Source reports whether nodes of the kind bring rows into a run.
func (k Kind) Source() bool { return k == RowsChanged || k == Webhook || k == TableRows }

// Flow is what goes through a port.
type Flow string

// The flows: the bare start of a run, or rows of one table.
const (
	Start Flow = "start"
	Rows  Flow = "rows"
)

// Names of ports.
const (
	Out = "out"
	Yes = "yes" // of a branch
	No  = "no"
)

// In is what nodes of the kind take; empty for triggers.
func (k Kind) In() Flow {
	switch {
	case k.Trigger():
		return ""
	case k == TableRows:
		return Start
	default:
		return Rows
	}
}

// Gives is what leaves nodes of the kind.
func (k Kind) Gives() Flow {
	if k == Manual || k == Schedule {
		return Start
	}
	return Rows
}

// Ports are the names of the kind's outputs.
func (k Kind) Ports() []string {
	switch k {
	case Branch:
		return []string{Yes, No}
	case Approval:
		return []string{Approved, Rejected, Late}
	default:
		return []string{Out}
	}
}

// OnError says what becomes of a run when a node fails.
type OnError string

// The policies.
const (
	Stop     OnError = "stop"     // the run ends; it can be resumed
	Continue OnError = "continue" // the node's rows leave the run, the others go on
)

// Node is one step.
type Node struct {
	ID      NodeID  `json:"id" pattern:"^[A-Za-z0-9_-]{1,40}$"`
	Kind    Kind    `json:"kind" enum:"manual,schedule,rows_changed,webhook,table_rows,filter,branch,enrichment,update_cells,wait,approval,send,http"`
	Name    string  `json:"name,omitempty" doc:"How people call it; its kind if it has none."`
	X       int     `json:"x"`
	Y       int     `json:"y"`
	OnError OnError `json:"on_error,omitempty" enum:"stop,continue" doc:"Stop if it is left out."`
	Config  Config  `json:"config"`
}

// Edge leads what leaves a node into another one.
type Edge struct {
	From NodeID `json:"from"`
	Port string `json:"port,omitempty" doc:"Yes or no of a branch; out if it is left out."`
	To   NodeID `json:"to"`
}

// Graph is what a workflow does.
type Graph struct {
	Nodes []Node `json:"nodes" maxItems:"50"`
	Edges []Edge `json:"edges" maxItems:"100"`
}

// nodeIDs are what a node may be called.
func nodeIDs() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`) }

// Formed checks the id's form: whether a graph has such a node is another question.
func (id NodeID) Formed() validation.Rule {
	return kernel.Holds(nodeIDs().MatchString(string(id)), "an id has 1 to 40 letters, digits, - and _")
}

// Validate checks what holds for a draft too: the graph's bounds, and that its edges lead between its nodes.
func (g Graph) Validate() error {
	fields := []kernel.Checked{
		kernel.Field("nodes", g.Nodes, kernel.Sized(0, MaxNodes, "a workflow has at most %d nodes", MaxNodes)),
		kernel.Field("edges", g.Edges, kernel.Sized(0, MaxEdges, "a workflow has at most %d connections", MaxEdges)),
	}
	ids := map[NodeID]bool{}
	for _, n := range g.Nodes {
		at := "nodes." + kernel.Shorten(string(n.ID))
		fields = append(fields, kernel.Field(at, n.ID, n.ID.Formed(), kernel.Holds(!ids[n.ID], "two nodes have this id")))
		fields = append(fields, n.bounds(at)...)
		ids[n.ID] = true
	}
	for _, e := range g.Edges {
		at := "edges." + kernel.Shorten(string(e.From)+"-"+string(e.To))
		there := kernel.Holds(ids[e.From] && ids[e.To], "leads from or to a node that is not there")
		fields = append(fields, kernel.Field(at, e.From, there), kernel.Field(at, e.Port, short(e.Port)))
	}
	return kernel.Check(fields...)
}

func (n Node) bounds(at string) []kernel.Checked {
	within := n.X >= -MaxAt && n.X <= MaxAt && n.Y >= -MaxAt && n.Y <= MaxAt
	return append(n.Config.form(at),
		kernel.Field(at+".kind", n.Kind, kernel.OneOf(Kinds(), "there is no node of this kind")),
		kernel.Field(at+".name", n.Name, short(n.Name)),
		kernel.Field(at+".on_error", n.OnError, kernel.OneOf([]OnError{"", Stop, Continue}, "must be stop or continue")),
		kernel.Field(at, n.X, kernel.Holds(within, "x and y must be at most %d from 0", MaxAt)),
	)
}

// Clean drops what is not the kind's and names every port.
func (g Graph) Clean() Graph {
	out := Graph{Nodes: slices.Clone(g.Nodes), Edges: slices.Clone(g.Edges)}
	for i, n := range out.Nodes {
		if n.OnError == "" {
			out.Nodes[i].OnError = Stop
		}
		out.Nodes[i].Config = n.clean()
	}
	for i, e := range out.Edges {
		if e.Port == "" {
			out.Edges[i].Port = Out
		}
	}
	return out
}

// Hash stands for what the node does to a row. Where it lies, what it is called, what becomes of its errors and what it may spend are not
// in it: with another name or a higher limit nothing is done again.
func (n Node) Hash() string {
	c := n.clean()
	c.MaxCredits = 0
	switch n.Kind {
	case Webhook: // rows are made of deliveries before a run takes them
		c.ColumnID, c.Fields = "", nil
	case Approval: // what was decided stays so, whatever else would be shown, and for however long
		c.Seconds, c.Columns = 0, nil
	case Call: // with another key, or more slowly, the same is asked
		c.CredentialID, c.Auth, c.AuthName, c.PerMinute = "", "", "", 0
	default:
	}
	if c.Filter != nil {
		var compact bytes.Buffer
		if json.Compact(&compact, c.Filter) == nil {
			c.Filter = compact.Bytes()
		}
	}
	b, err := json.Marshal(struct {
		Kind   Kind
		Config Config
	}{n.Kind, c})
	if err != nil { // a filter or value that is no JSON, which no graph that runs has
		b = []byte(n.ID)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// Label is how people are told of the node.
func (n Node) Label() string {
	if n.Name != "" {
		return n.Name
	}
	return map[Kind]string{
		Manual: "Manual start", Schedule: "Schedule", RowsChanged: "Rows added or changed", Webhook: "Webhook received",
		TableRows: "Rows of a table", Filter: "Filter",
		Branch: "Branch", Enrich: "Enrichment", UpdateCells: "Update cells", Wait: "Wait", Approval: "Approval", Send: "Send to webhook",
		Call: "HTTP request",
	}[n.Kind]
}

// Node is the node with the id.
func (g Graph) Node(id NodeID) (Node, bool) {
	i := slices.IndexFunc(g.Nodes, func(n Node) bool { return n.ID == id })
	if i < 0 {
		return Node{}, false
	}
	return g.Nodes[i], true
}

// Trigger is the node that begins runs; false if there is none.
func (g Graph) Trigger() (Node, bool) {
	i := slices.IndexFunc(g.Nodes, func(n Node) bool { return n.Kind.Trigger() })
	if i < 0 {
		return Node{}, false
	}
	return g.Nodes[i], true
}

// Into are the edges that lead into the node.
func (g Graph) Into(id NodeID) []Edge {
	var out []Edge
	for _, e := range g.Edges {
		if e.To == id {
			out = append(out, e)
		}
	}
	return out
}

// After are the node and all that come after it.
func (g Graph) After(id NodeID) map[NodeID]bool {
	out := map[NodeID]bool{id: true}
	for again := true; again; {
		again = false
		for _, e := range g.Edges {
			if out[e.From] && !out[e.To] {
				out[e.To], again = true, true
			}
		}
	}
	return out
}

// Order lists the nodes so that each comes after those that lead into it, else as they are written; ok is false for a graph with a circle,
// whose nodes are missing.
func (g Graph) Order() (order []Node, ok bool) {
	placed := map[NodeID]bool{}
	for range g.Nodes {
		i := slices.IndexFunc(g.Nodes, func(n Node) bool {
			return !placed[n.ID] && !slices.ContainsFunc(g.Into(n.ID), func(e Edge) bool { return !placed[e.From] })
		})
		if i < 0 {
			return order, false
		}
		placed[g.Nodes[i].ID] = true
		order = append(order, g.Nodes[i])
	}
	return order, true
}

// Tables are the tables that the graph names, each once.
func (g Graph) Tables() []kernel.TableID {
	var out []kernel.TableID
	for _, n := range g.Nodes {
		if t := n.clean().TableID; t != "" && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return out
}

// TableOf is the table whose rows leave the node; empty if that is not clear.
func (g Graph) TableOf(id NodeID) kernel.TableID { return g.tables()[id] }

// tables are the tables whose rows leave the nodes; a node of which that is not clear has none.
func (g Graph) tables() map[NodeID]kernel.TableID {
	out := map[NodeID]kernel.TableID{}
	order, _ := g.Order()
	for _, n := range order {
		if n.Kind.Source() {
			out[n.ID] = n.Config.TableID
			continue
		}
		for i, e := range g.Into(n.ID) {
			if i > 0 && out[n.ID] != out[e.From] {
				out[n.ID] = ""
				break
			}
			out[n.ID] = out[e.From]
		}
	}
	return out
}
