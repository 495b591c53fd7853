package workflowcmd

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
)

// SampleRows is how many rows a dry run takes at most.
const SampleRows = 10

// DryRun is what a run would do, tried on a few rows without any effect.
type DryRun struct {
	Version int       `json:"version"`
	Rows    int64     `json:"rows" doc:"That a run begun now would take, or that could begin one."`
	Likely  int64     `json:"likely_mc" doc:"What such a run would likely cost, in thousandths of a credit."`
	Nodes   []DryNode `json:"nodes"`
}

// DryNode is what a node would do to the sample.
type DryNode struct {
	NodeID workflow.NodeID `json:"node_id"`
	In     int             `json:"rows_in"`
	Out    map[string]int  `json:"rows_out" doc:"By output."`
	Likely int64           `json:"likely_mc,omitempty" doc:"What the sample would likely cost here."`
	Says   string          `json:"says" doc:"In words."`
}

// DryRun tries a version on up to ten rows: conditions are looked at, and what would have an effect is told instead of done. 0 is the
// newest version.
func (h *Handlers) DryRun(ctx context.Context, meta kernel.Meta, id kernel.WorkflowID, number int) (DryRun, error) {
	v, err := h.runnable(ctx, meta.Workspace, id, number)
	if err != nil {
		return DryRun{}, err
	}
	head, err := h.cfg.Store.Head(ctx)
	if err != nil {
		return DryRun{}, err
	}
	d := &dry{h: h, meta: meta, graph: v.Graph, head: head, leave: map[workflow.NodeID]map[string][]kernel.RowID{}}
	d.out.Version, d.out.Nodes = v.Number, []DryNode{}
	order, _ := v.Graph.Order()
	for _, n := range order {
		if err := d.node(ctx, n); err != nil {
			return DryRun{}, err
		}
	}
	if d.sample > 0 {
		d.out.Likely = d.likely * d.out.Rows / int64(d.sample)
	}
	return d.out, nil
}

type dry struct {
	h      *Handlers
	meta   kernel.Meta
	graph  workflow.Graph
	head   int64
	leave  map[workflow.NodeID]map[string][]kernel.RowID
	sample int
	likely int64
	out    DryRun
}

func (d *dry) query(n workflow.Node, q Query) Query {
	q.Workspace, q.Table, q.Position = d.meta.Workspace, d.graph.TableOf(n.ID), d.head
	return q
}

// node tries one node.
func (d *dry) node(ctx context.Context, n workflow.Node) error {
	var in []kernel.RowID
	for _, e := range d.graph.Into(n.ID) {
		in = append(in, d.leave[e.From][e.Port]...)
	}
	in = slices.Compact(slices.Sorted(slices.Values(in)))
	out := map[string][]kernel.RowID{}
	res := DryNode{NodeID: n.ID, In: len(in), Out: map[string]int{}}
	var err error
	switch {
	case n.Kind.Source():
		out[workflow.Out], err = d.source(ctx, n)
		res.Says = fmt.Sprintf("takes %d rows; the sample has %d of them", d.out.Rows, len(out[workflow.Out]))
	case n.Kind.Trigger():
		res.Says = "begins the run"
	case len(in) == 0:
		res.Says = "gets none of the sample's rows"
	default:
		res.Says, err = d.rows(ctx, n, in, out, &res)
	}
	if err != nil {
		return err
	}
	d.leave[n.ID] = out
	for _, port := range n.Kind.Ports() {
		res.Out[port] = len(out[port])
	}
	d.out.Nodes = append(d.out.Nodes, res)
	return nil
}

func (d *dry) source(ctx context.Context, n workflow.Node) ([]kernel.RowID, error) {
	filter, err := d.h.sourceFilter(ctx, d.meta.Workspace, n)
	if err != nil {
		return nil, err
	}
	total, err := d.h.cfg.Grid.Count(ctx, d.query(n, Query{Filter: filter}))
	if err != nil {
		return nil, err
	}
	rows, err := d.h.cfg.Grid.Page(ctx, d.query(n, Query{Filter: filter, Limit: SampleRows}))
	d.out.Rows += min(total, workflow.MaxRows)
	d.sample += len(rows)
	return idsOf(rows), err
}

// rows tries a node on rows of the sample.
func (d *dry) rows(
	ctx context.Context, n workflow.Node, in []kernel.RowID, out map[string][]kernel.RowID, res *DryNode,
) (says string, err error) {
	switch n.Kind {
	case workflow.Filter, workflow.Branch:
		meet, err := d.h.cfg.Grid.Page(ctx, d.query(n, Query{Filter: n.Config.Filter, IDs: in, Limit: len(in)}))
		yes := idsOf(meet)
		if n.Kind == workflow.Filter {
			out[workflow.Out] = yes
			return fmt.Sprintf("lets %d of %d rows through, as they are now", len(yes), len(in)), err
		}
		out[workflow.Yes] = yes
		out[workflow.No] = slices.DeleteFunc(slices.Clone(in), func(id kernel.RowID) bool { return slices.Contains(yes, id) })
		return fmt.Sprintf("sends %d rows one way and %d the other, as they are now", len(yes), len(in)-len(yes)), err
	case workflow.Enrich:
		out[workflow.Out] = in
		likely, err := d.h.cfg.Enrichments.Estimate(ctx, d.meta, Ask{
			Table: d.graph.TableOf(n.ID), Column: n.Config.ColumnID, Rows: in, OnlyEmpty: n.Config.OnlyEmpty, MaxCredits: n.Config.MaxCredits,
		})
		res.Likely = int64(likely)
		d.likely += res.Likely
		return fmt.Sprintf("would ask for %d rows", len(in)), err
	case workflow.UpdateCells:
		set, err := json.Marshal(n.Config.Set)
		out[workflow.Out] = in
		return fmt.Sprintf("would set %s in %d rows", kernel.Shorten(string(set)), len(in)), err
	case workflow.Wait:
		out[workflow.Out] = in
		return fmt.Sprintf("would wait for %s", time.Duration(n.Config.Seconds)*time.Second), nil
	case workflow.Approval:
		out[workflow.Approved] = in
		return fmt.Sprintf("would ask people about %d rows; the sample goes on as approved", len(in)), nil
	case workflow.Send:
		out[workflow.Out] = in
		return fmt.Sprintf("would send %d rows", len(in)), nil
	case workflow.Call:
		out[workflow.Out] = in
		return d.call(ctx, n, in)
	default:
		return "", nil
	}
}

// call says what would be asked, by the first row.
func (d *dry) call(ctx context.Context, n workflow.Node, in []kernel.RowID) (string, error) {
	columns, err := d.h.referred(ctx, d.graph.TableOf(n.ID), n.Config)
	if err != nil {
		return "", err
	}
	rows, err := d.h.cfg.Grid.Page(ctx, d.query(n, Query{Columns: idsOfColumns(columns), IDs: in[:1], Limit: 1}))
	if err != nil || len(rows) == 0 {
		return "gets none of the sample's rows", err
	}
	asked, err := called(n.Config, columns, rows[0])
	if err != nil {
		return fmt.Sprintf("would fail on the sample's first row: %s", err), nil
	}
	says := fmt.Sprintf("would call for %d rows, the first one: %s %s", len(in), asked.Method, asked.URL)
	if asked.Body != "" {
		says += " with " + kernel.Shorten(asked.Body)
	}
	return says, nil
}
