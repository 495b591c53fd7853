package workflowcmd

import "github.com/morket/morket/domain/workflow"

// Template is a workflow to begin with. What it can't know, such as the table, is left open and shows as a problem of the node.
type Template struct {
	Slug        string         `json:"slug"`
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Graph       workflow.Graph `json:"graph"`
}

const (
	apart = 260 // between two nodes of a template
	down  = 140
)

// Templates lists the workflows to begin with.
func Templates() []Template {
	return []Template{
		{
			"enrich-new-rows", "Enrich new rows",
			"When rows are added to a table, ask for an enrichment column and send the rows to your systems.",
			line(
				workflow.Node{ID: "trigger", Kind: workflow.RowsChanged, Config: workflow.Config{On: []workflow.Change{workflow.Added}}},
				workflow.Node{ID: "enrich", Kind: workflow.Enrich, Config: workflow.Config{OnlyEmpty: true}},
				workflow.Node{ID: "send", Kind: workflow.Send},
			),
		},
		{
			"nightly-gaps", "Fill the gaps every night",
			"At two o'clock each night, go through a table and ask an enrichment for the rows that have no answer yet, within a limit of credits.",
			line(
				workflow.Node{ID: "trigger", Kind: workflow.Schedule, Config: workflow.Config{Cron: "0 2 * * *", TimeZone: "UTC"}},
				workflow.Node{ID: "rows", Kind: workflow.TableRows},
				workflow.Node{
					ID: "enrich", Kind: workflow.Enrich, OnError: workflow.Continue, Config: workflow.Config{OnlyEmpty: true, MaxCredits: 100_000},
				},
			),
		},
		routing(), inbound(), hygiene(),
		{
			"weekly-report", "Report every Monday",
			"On Monday mornings, send the rows of a view to another system: new customers of the week, open deals, whatever the view shows.",
			line(
				workflow.Node{ID: "trigger", Kind: workflow.Schedule, Config: workflow.Config{Cron: "0 8 * * 1", TimeZone: "UTC"}},
				workflow.Node{ID: "rows", Kind: workflow.TableRows},
				workflow.Node{ID: "send", Kind: workflow.Send},
			),
		},
		{
			"follow-up", "Follow up after three days",
			"When rows are added, wait three days, and send those that still meet a condition: nobody has answered, no owner is set.",
			line(
				workflow.Node{ID: "trigger", Kind: workflow.RowsChanged, Config: workflow.Config{On: []workflow.Change{workflow.Added}}},
				workflow.Node{ID: "wait", Kind: workflow.Wait, Config: workflow.Config{Seconds: 3 * 24 * 3600}},
				workflow.Node{ID: "still", Kind: workflow.Filter, Name: "Still open?"},
				workflow.Node{ID: "send", Kind: workflow.Send},
			),
		},
		{
			"watch-changes", "Tell another system what changed",
			"When a column of a table changes, wait five minutes for further edits and send the row to a webhook.",
			line(
				workflow.Node{ID: "trigger", Kind: workflow.RowsChanged, Config: workflow.Config{On: []workflow.Change{workflow.Changed}}},
				workflow.Node{ID: "wait", Kind: workflow.Wait, Config: workflow.Config{Seconds: 300}},
				workflow.Node{ID: "send", Kind: workflow.Send},
			),
		},
	}
}

// routing marks rows by a condition.
func routing() Template {
	at := func(id workflow.NodeID, kind workflow.Kind, x, y int, name string) workflow.Node {
		return workflow.Node{ID: id, Kind: kind, X: x, Y: y, Name: name}
	}
	return Template{
		"route-leads", "Route leads by a condition",
		"Split the rows of a table by a condition when you press Run, and mark each part with its own value.",
		workflow.Graph{
			Nodes: []workflow.Node{
				at("trigger", workflow.Manual, 0, down, ""), at("rows", workflow.TableRows, apart, down, ""),
				at("branch", workflow.Branch, 2*apart, down, "A good fit?"),
				at("good", workflow.UpdateCells, 3*apart, 0, "Mark as good"),
				at("other", workflow.UpdateCells, 3*apart, 2*down, "Mark as other"),
			},
			Edges: []workflow.Edge{
				{From: "trigger", Port: workflow.Out, To: "rows"},
				{From: "rows", Port: workflow.Out, To: "branch"},
				{From: "branch", Port: workflow.Yes, To: "good"},
				{From: "branch", Port: workflow.No, To: "other"},
			},
		}.Clean(),
	}
}

// stand is a node of a template at a place of its own.
func stand(id workflow.NodeID, kind workflow.Kind, column, row int, name string) workflow.Node {
	return workflow.Node{ID: id, Kind: kind, X: column * apart, Y: row * down, Name: name}
}

// inbound takes leads in from a form or another system.
func inbound() Template {
	enrich := stand("enrich", workflow.Enrich, 1, 1, "")
	enrich.Config.OnlyEmpty = true
	return Template{
		"inbound-leads", "Route inbound leads",
		"When a form or another system posts a lead, keep it as a row without doubling it, enrich it, and send good ones on at once.",
		workflow.Graph{
			Nodes: []workflow.Node{
				stand("trigger", workflow.Webhook, 0, 1, ""), enrich, stand("branch", workflow.Branch, 2, 1, "A good fit?"),
				stand("good", workflow.UpdateCells, 3, 0, "Mark as good"), stand("other", workflow.UpdateCells, 3, 2, "Mark as other"),
				stand("send", workflow.Send, 4, 0, "Send to sales"),
			},
			Edges: []workflow.Edge{
				{From: "trigger", To: "enrich"},
				{From: "enrich", To: "branch"},
				{From: "branch", Port: workflow.Yes, To: "good"},
				{From: "branch", Port: workflow.No, To: "other"},
				{From: "good", To: "send"},
			},
		}.Clean(),
	}
}

// hygiene looks through a table each night.
func hygiene() Template {
	trigger, enrich := stand("trigger", workflow.Schedule, 0, 1, ""), stand("enrich", workflow.Enrich, 2, 1, "")
	trigger.Config = workflow.Config{Cron: "0 3 * * *", TimeZone: "UTC"}
	enrich.OnError, enrich.Config = workflow.Continue, workflow.Config{OnlyEmpty: true, MaxCredits: 100_000}
	return Template{
		"nightly-hygiene", "Keep a table clean every night",
		"At three o'clock each night, check the rows of a table by an enrichment, within a limit of credits, and mark those that need a look.",
		workflow.Graph{
			Nodes: []workflow.Node{
				trigger, stand("rows", workflow.TableRows, 1, 1, ""), enrich, stand("branch", workflow.Branch, 3, 1, "Needs a look?"),
				stand("mark", workflow.UpdateCells, 4, 0, "Mark for a look"), stand("fine", workflow.UpdateCells, 4, 2, "Mark as fine"),
			},
			Edges: []workflow.Edge{
				{From: "trigger", To: "rows"},
				{From: "rows", To: "enrich"},
				{From: "enrich", To: "branch"},
				{From: "branch", Port: workflow.Yes, To: "mark"},
				{From: "branch", Port: workflow.No, To: "fine"},
			},
		}.Clean(),
	}
}

// line is a graph of nodes that come one after the other.
func line(nodes ...workflow.Node) workflow.Graph {
	g := workflow.Graph{Nodes: nodes}
	before := workflow.NodeID("")
	for i := range nodes {
		nodes[i].X = i * apart
		if before != "" {
			g.Edges = append(g.Edges, workflow.Edge{From: before, Port: workflow.Out, To: nodes[i].ID})
		}
		before = nodes[i].ID
	}
	return g.Clean()
}
