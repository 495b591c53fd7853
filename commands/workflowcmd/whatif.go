package workflowcmd

import (
	"context"
	"slices"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
)

// whatIfBatches bounds what one question looks at, and with it how long it takes.
const whatIfBatches = 40

// WhatIf is what another version would have made of a run's rows.
type WhatIf struct {
	Version int          `json:"version" doc:"That was tried."`
	Of      int          `json:"run_version" doc:"That the run has gone by."`
	Rows    int          `json:"rows" doc:"Of the run that were looked at: the first 20,000."`
	Total   int          `json:"rows_total" doc:"That the run has."`
	Spent   int64        `json:"spent_mc" doc:"What the run has cost, in thousandths of a credit."`
	Likely  int64        `json:"likely_mc" doc:"What the version would likely cost more, for rows that have no answer yet."`
	Nodes   []WhatIfNode `json:"nodes"`
}

// WhatIfNode is a node of either version.
type WhatIfNode struct {
	NodeID workflow.NodeID `json:"node_id"`
	Name   string          `json:"name"`
	State  string          `json:"state" enum:"same,changed,added,removed"`
	Before int             `json:"rows_before" doc:"That came to it in the run."`
	After  int             `json:"rows_after" doc:"That would come to it."`
	Came   int             `json:"rows_came" doc:"That did not come to it in the run."`
	Left   int             `json:"rows_left" doc:"That would not come to it any more."`
	Fresh  int             `json:"rows_to_do" doc:"That it would do, having done them neither in the run nor with the same settings."`
	Likely int64           `json:"likely_mc,omitempty" doc:"What it would likely cost more."`
}

// WhatIf goes through the rows of a run that has ended under another version, without any effect: 0 is the newest one. What nodes have
// done that do the same in that version stands as it is recorded; new conditions look at rows as they are now.
func (h *Handlers) WhatIf(ctx context.Context, meta kernel.Meta, id kernel.WorkflowRunID, number int) (WhatIf, error) {
	run, err := h.loadRun(ctx, meta.Workspace, id)
	if err != nil {
		return WhatIf{}, err
	}
	v, err := h.runnable(ctx, meta.Workspace, run.Started().WorkflowID, number)
	if err != nil {
		return WhatIf{}, err
	}
	out := WhatIf{Version: v.Number, Of: run.Version(), Total: run.Rows(), Nodes: []WhatIfNode{}}
	old := run.Graph()
	for _, n := range old.Nodes {
		out.Spent += int64(run.Spent(n.ID))
	}
	trial, err := run.Try(v.Number, v.Graph, whatIfBatches, h.cfg.Clock.Now())
	if err != nil {
		return WhatIf{}, err
	}
	t := &trying{
		work:  &work{Runner: &Runner{h: h}, run: run},
		trial: trial, meta: meta, fresh: map[workflow.NodeID]int{}, likely: map[workflow.NodeID]int64{},
	}
	if err := t.all(ctx); err != nil {
		return WhatIf{}, err
	}
	out.Rows = trial.Rows()
	for _, p := range trial.Passages() {
		out.Likely += t.likely[p.Node.ID]
		out.Nodes = append(out.Nodes, WhatIfNode{
			NodeID: p.Node.ID, Name: p.Node.Label(), State: stateOf(old, p), Before: p.Before, After: p.After, Came: p.Came, Left: p.Left,
			Fresh: t.fresh[p.Node.ID], Likely: t.likely[p.Node.ID],
		})
	}
	return out, nil
}

// stateOf says what has become of a node between two versions.
func stateOf(old workflow.Graph, p workflow.Passage) string {
	was, ok := old.Node(p.Node.ID)
	switch {
	case p.Gone:
		return "removed"
	case !ok:
		return "added"
	case was.Hash() != p.Node.Hash():
		return "changed"
	default:
		return "same"
	}
}

// trying is a trial under way.
type trying struct {
	*work
	trial  *workflow.Trial
	meta   kernel.Meta
	fresh  map[workflow.NodeID]int
	likely map[workflow.NodeID]int64
}

// all tries step after step. Each does all its rows, so there is an end.
func (t *trying) all(ctx context.Context) (err error) {
	if t.head, err = t.h.cfg.Store.Head(ctx); err != nil {
		return err
	}
	for s, ok := t.run.Next(); ok; s, ok = t.run.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.Node.Kind.Source() {
			err = t.source(ctx, s)
		} else {
			err = t.rowsOf(ctx, s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// source lets those of the run's rows out that a source would take now.
func (t *trying) source(ctx context.Context, s workflow.Step) error {
	filter, err := t.h.sourceFilter(ctx, t.workspace(), s.Node)
	if err != nil {
		return err
	}
	var ids []kernel.RowID
	for part := range slices.Chunk(t.trial.Source(s.Table), together*workflow.BatchRows) {
		rows, err := t.h.cfg.Grid.Page(ctx, Query{
			Workspace: t.workspace(), Table: s.Table, Filter: filter, IDs: part, Limit: len(part), Position: t.head,
		})
		if err != nil {
			return err
		}
		ids = append(ids, idsOf(rows)...)
	}
	return t.run.Gather(s, ids, "", true)
}

// rowsOf tries a step on rows that the node has not done with the same settings.
func (t *trying) rowsOf(ctx context.Context, s workflow.Step) error {
	for pieces := range slices.Chunk(s.Pieces, together) {
		res, err := t.some(ctx, s, pieces)
		if err != nil {
			return err
		}
		if err := t.run.Do(s, res, 0, ""); err != nil {
			return err
		}
		for _, p := range pieces {
			t.fresh[s.Node.ID] += p.Rows.Count()
		}
	}
	return nil
}

func (t *trying) some(ctx context.Context, s workflow.Step, pieces []workflow.Piece) ([]workflow.Result, error) {
	switch s.Node.Kind {
	case workflow.Filter:
		return t.filter(ctx, s, pieces)
	case workflow.Branch:
		return t.branch(ctx, s, pieces)
	case workflow.Approval:
		out := passed(pieces)
		for i, p := range pieces {
			out[i].Out = map[string]workflow.Mask{workflow.Approved: p.Rows}
		}
		return out, nil
	case workflow.Enrich:
		c := s.Node.Config
		likely, err := t.h.cfg.Enrichments.Estimate(ctx, t.meta, Ask{
			Table: s.Table, Column: c.ColumnID, Rows: t.ids(pieces), OnlyEmpty: c.OnlyEmpty, MaxCredits: c.MaxCredits,
		})
		t.likely[s.Node.ID] += int64(likely)
		return passed(pieces), err
	default:
		return passed(pieces), nil
	}
}
