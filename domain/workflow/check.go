package workflow

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/morket/morket/domain/kernel"
)

// Problem is what keeps a graph from running.
type Problem struct {
	NodeID  NodeID `json:"node_id,omitempty" doc:"The node that it is about; none if it is about the graph."`
	Field   string `json:"field,omitempty" doc:"Of the node's config."`
	Message string `json:"message"`
}

// Catalogue knows what graphs refer to. Its errors are for people.
type Catalogue interface {
	Table(id kernel.TableID) error
	View(id kernel.TableID, view kernel.ViewID) error
	Filter(id kernel.TableID, filter json.RawMessage) error
	Column(id kernel.TableID, column kernel.ColumnID) error
	Enrichment(id kernel.TableID, column kernel.ColumnID) error
	Value(id kernel.TableID, column kernel.ColumnID, value json.RawMessage) error
	Webhook(id kernel.WebhookID, table kernel.TableID) error
	// Reference says whether a text in double braces names a column.
	Reference(table kernel.TableID, ref string) error
	// Credential says whether the key may be sent to the address.
	Credential(id kernel.CredentialID, url string) error
	// Key says whether rows can be found by the column.
	Key(id kernel.TableID, column kernel.ColumnID) error
}

// Check says what is wrong with a graph that keeps to its bounds.
func (g Graph) Check(c Catalogue) []Problem {
	k := &checker{graph: g, tables: g.tables(), catalogue: c}
	k.triggers()
	k.edges()
	if _, ok := g.Order(); !ok {
		k.circle()
		return k.found // what comes from where is not known
	}
	k.reach()
	for _, n := range g.Nodes {
		k.node(n)
	}
	return k.found
}

// Refusal is problems as an error; nil without any.
func Refusal(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	e := kernel.E(kernel.KindInvalid, "WORKFLOW_INVALID", "the workflow can't run yet: %s", problems[0].Message)
	for _, p := range problems {
		at := "graph"
		if p.NodeID != "" {
			at = "nodes." + string(p.NodeID)
		}
		if p.Field != "" {
			at += ".config." + p.Field
		}
		e.Details = append(e.Details, kernel.Detail{Field: at, Message: p.Message})
	}
	return e
}

type checker struct {
	graph     Graph
	tables    map[NodeID]kernel.TableID
	catalogue Catalogue
	found     []Problem
}

func (k *checker) add(id NodeID, field, format string, args ...any) {
	k.found = append(k.found, Problem{id, field, fmt.Sprintf(format, args...)})
}

// told adds an error, if it is one.
func (k *checker) told(n Node, field string, err error) {
	if err != nil {
		k.add(n.ID, field, "%s: %s", n.Label(), err)
	}
}

func (k *checker) triggers() {
	seen := false
	for _, n := range k.graph.Nodes {
		if !n.Kind.Trigger() {
			continue
		}
		if seen {
			k.add(n.ID, "", "%s: a workflow has one trigger; remove this one or the other", n.Label())
		}
		seen = true
	}
	if !seen {
		k.add("", "", "add a trigger: it says when the workflow runs")
	}
}

func (k *checker) edges() {
	seen := map[Edge]bool{}
	for _, e := range k.graph.Edges {
		from, _ := k.graph.Node(e.From)
		to, _ := k.graph.Node(e.To)
		switch {
		case seen[e]:
			k.add(to.ID, "", "%s is connected twice with %s", to.Label(), from.Label())
		case to.Kind.Trigger():
			k.add(to.ID, "", "%s is a trigger: nothing leads into it", to.Label())
		case !slices.Contains(from.Kind.Ports(), e.Port):
			k.add(from.ID, "", "%s has no output %q", from.Label(), kernel.Shorten(e.Port))
		case from.Kind.Gives() != to.Kind.In():
			k.add(to.ID, "", "%s takes %s, and %s gives %s", to.Label(), told(to.Kind.In()), from.Label(), told(from.Kind.Gives()))
		}
		seen[e] = true
	}
}

func told(f Flow) string {
	if f == Start {
		return "a start"
	}
	return "rows"
}

func (k *checker) circle() {
	order, _ := k.graph.Order()
	placed := map[NodeID]bool{}
	for _, n := range order {
		placed[n.ID] = true
	}
	for _, n := range k.graph.Nodes {
		if !placed[n.ID] && k.graph.leadsTo(n.ID, n.ID) {
			k.add(n.ID, "", "%s leads back to itself; remove one of the connections of the circle", n.Label())
			return
		}
	}
}

func (g Graph) leadsTo(from, to NodeID) bool {
	return slices.ContainsFunc(g.Edges, func(e Edge) bool { return e.To == to && g.After(from)[e.From] })
}

func (k *checker) reach() {
	reached := map[NodeID]bool{}
	for _, n := range k.graph.Nodes {
		if n.Kind.Trigger() {
			for id := range k.graph.After(n.ID) {
				reached[id] = true
			}
		}
	}
	for _, n := range k.graph.Nodes {
		if !reached[n.ID] && !n.Kind.Trigger() {
			k.add(n.ID, "", "%s is not reached from the trigger; connect it or remove it", n.Label())
		}
	}
}

func (k *checker) node(n Node) {
	c := n.Config
	table := k.tables[n.ID]
	if n.Kind.In() == Rows && table == "" && len(k.graph.Into(n.ID)) > 1 {
		k.add(n.ID, "", "%s gets rows of different tables", n.Label())
	}
	switch n.Kind {
	case Schedule:
		if _, err := NewSchedule(c.Cron, c.TimeZone); err != nil {
			k.told(n, "cron", err)
		}
	case RowsChanged:
		k.changes(n)
	case Webhook:
		k.delivered(n)
	case TableRows:
		k.table(n)
	case Filter, Branch:
		if kernel.IsNull(c.Filter) {
			k.add(n.ID, "filter", "%s: say by a condition which rows", n.Label())
		} else if table != "" {
			k.told(n, "filter", k.catalogue.Filter(table, c.Filter))
		}
	case Enrich:
		if c.MaxCredits < 0 {
			k.add(n.ID, "max_credits_mc", "%s: the limit must not be negative", n.Label())
		}
		if c.ColumnID == "" {
			k.add(n.ID, "column_id", "%s: choose an enrichment column", n.Label())
		} else if table != "" {
			k.told(n, "column_id", k.catalogue.Enrichment(table, c.ColumnID))
		}
	case UpdateCells:
		k.values(n, table)
	case Wait:
		if c.Seconds < 1 || c.Seconds > MaxWait {
			k.add(n.ID, "seconds", "%s: wait for 1 second to 30 days", n.Label())
		}
	case Approval:
		if c.Seconds < MinApproval || c.Seconds > MaxWait {
			k.add(n.ID, "seconds", "%s: give people from 10 minutes to 30 days to decide", n.Label())
		}
		k.columns(n, table)
	case Send:
		k.sending(n, table)
	case Call:
		k.calling(n, table)
	default:
	}
}

func (k *checker) table(n Node) {
	c := n.Config
	if c.TableID == "" {
		k.add(n.ID, "table_id", "%s: choose a table", n.Label())
		return
	}
	if err := k.catalogue.Table(c.TableID); err != nil {
		k.told(n, "table_id", err)
		return
	}
	if c.ViewID != "" {
		k.told(n, "view_id", k.catalogue.View(c.TableID, c.ViewID))
	}
	k.told(n, "filter", k.catalogue.Filter(c.TableID, c.Filter))
}

func (k *checker) changes(n Node) {
	k.table(n)
	c := n.Config
	if len(c.On) == 0 || slices.ContainsFunc(c.On, func(ch Change) bool { return ch != Added && ch != Changed }) {
		k.add(n.ID, "on", "%s: choose added rows, changed rows or both", n.Label())
	}
	if c.TableID == "" || k.catalogue.Table(c.TableID) != nil {
		return
	}
	for _, col := range c.Columns {
		k.told(n, "columns", k.catalogue.Column(c.TableID, col))
	}
}

func (k *checker) values(n Node, table kernel.TableID) {
	if len(n.Config.Set) == 0 {
		k.add(n.ID, "set", "%s: choose a column and its value", n.Label())
	}
	for _, col := range sortedColumns(n.Config.Set) {
		if table != "" {
			k.told(n, "set", k.catalogue.Value(table, col, n.Config.Set[col]))
		}
	}
}

func sortedColumns[V any](m map[kernel.ColumnID]V) []kernel.ColumnID {
	out := make([]kernel.ColumnID, 0, len(m))
	for id := range m {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

func (k *checker) sending(n Node, table kernel.TableID) {
	if n.Config.WebhookID == "" {
		k.add(n.ID, "webhook_id", "%s: choose a webhook", n.Label())
	} else {
		k.told(n, "webhook_id", k.catalogue.Webhook(n.Config.WebhookID, table))
	}
	if len(n.Config.Columns) == 0 {
		k.add(n.ID, "columns", "%s: choose the columns that are sent", n.Label())
	}
	k.columns(n, table)
}

func (k *checker) columns(n Node, table kernel.TableID) {
	for _, col := range n.Config.Columns {
		if table != "" {
			k.told(n, "columns", k.catalogue.Column(table, col))
		}
	}
}
