package workflowcmd

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
)

// approve waits until people have decided on the rows, or the time to do so is over. What comes later than the first rows has the time that
// is left.
func (w *work) approve(ctx context.Context, s workflow.Step) error {
	now := w.h.cfg.Clock.Now()
	lasts := time.Duration(s.Node.Config.Seconds) * time.Second
	until, begun := w.run.WaitsUntil(s.Node)
	if !begun {
		until = now.Add(lasts)
		if err := w.append(ctx, func(r *workflow.Run) error { return r.AskApproval(s, until) }); err != nil {
			return err
		}
	}
	if !kernel.Due(now, until, lasts) {
		w.wait = min(until.Sub(now), longestWait)
		return errWait
	}
	var out []workflow.Result
	for _, p := range s.Pieces {
		out = append(out, workflow.Result{Batch: p.Batch, Rows: p.Rows, Out: map[string]workflow.Mask{workflow.Late: p.Rows}})
	}
	return w.append(ctx, func(r *workflow.Run) error { return r.Do(s, out, 0, "nobody decided in time") })
}

// Decide says what becomes of rows that wait for people.
type Decide struct {
	Run     kernel.WorkflowRunID
	Node    workflow.NodeID
	Rows    []kernel.RowID // all that wait if it is empty
	Approve bool
}

// Settled is the answer to a Decide.
type Settled struct {
	Rows int `json:"rows" doc:"That were decided on."`
}

// Decide carries out a Decide. The flow is woken by what it appends.
func (h *Handlers) Decide(ctx context.Context, meta kernel.Meta, c Decide) (commands.Result[Settled], error) {
	var none commands.Result[Settled]
	if err := kernel.Check(kernel.Field("node_id", c.Node, c.Node.Formed())); err != nil {
		return none, err
	}
	if _, err := h.loadRun(ctx, meta.Workspace, c.Run); err != nil {
		return none, err
	}
	d := workflow.Decision{Node: c.Node, Approve: c.Approve, By: meta.Actor.User(), At: h.cfg.Clock.Now()}
	if len(c.Rows) > 0 {
		d.Rows = c.Rows
	}
	var out Settled
	done, err := h.runs.Update(ctx, meta.As("workflow.decide"), string(c.Run), func(r *workflow.Run) (any, error) {
		n, err := r.Decide(d)
		out.Rows = n
		return out, err
	})
	if err != nil {
		return none, err
	}
	return commands.Reply(done, out)
}

const (
	shownRows    = 50 // of an approval
	shownColumns = 5  // where the node names none
)

// Waiting is an approval of a run, with the first rows that wait for it.
type Waiting struct {
	NodeID  workflow.NodeID `json:"node_id"`
	Name    string          `json:"name"`
	TableID kernel.TableID  `json:"table_id"`
	Until   time.Time       `json:"until"`
	Total   int             `json:"waiting" doc:"Rows that wait."`
	Columns []MessageColumn `json:"columns"`
	Rows    []MessageRow    `json:"rows" doc:"The first 50 of them."`
}

// Waiting lists the approvals of a run that wait for a decision.
func (h *Handlers) Waiting(ctx context.Context, ws kernel.WorkspaceID, id kernel.WorkflowRunID) ([]Waiting, error) {
	run, err := h.loadRun(ctx, ws, id)
	if err != nil {
		return nil, err
	}
	out := []Waiting{}
	for _, n := range run.Graph().Nodes {
		s, ok := run.Awaiting(n.ID)
		if !ok {
			continue
		}
		one, err := h.shown(ctx, ws, run, s)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// shown is an approval as people see it. Rows that are gone are not shown, but wait all the same.
func (h *Handlers) shown(ctx context.Context, ws kernel.WorkspaceID, run *workflow.Run, s workflow.Step) (Waiting, error) {
	until, _ := run.WaitsUntil(s.Node)
	out := Waiting{
		NodeID: s.Node.ID, Name: s.Node.Label(), TableID: s.Table, Until: until, Columns: []MessageColumn{}, Rows: []MessageRow{},
	}
	t, _, err := h.tables.Load(ctx, string(s.Table))
	if err != nil || t.In(ws, s.Table) != nil { // a table that is gone has nothing to show
		return out, err
	}
	var wanted []kernel.ColumnID
	for _, c := range t.Schema().Columns {
		if slices.Contains(s.Node.Config.Columns, c.ID) || len(s.Node.Config.Columns) == 0 && len(wanted) < shownColumns {
			wanted, out.Columns = append(wanted, c.ID), append(out.Columns, MessageColumn{c.ID, c.Name})
		}
	}
	var ids []kernel.RowID
	for _, p := range s.Pieces {
		rows := run.Batches()[p.Batch].Pick(p.Rows)
		out.Total += len(rows)
		ids = append(ids, rows[:min(len(rows), shownRows-len(ids))]...)
	}
	rows, err := h.cfg.Grid.Page(ctx, Query{Workspace: ws, Table: s.Table, Columns: wanted, IDs: ids, Limit: len(ids)})
	for _, row := range rows {
		line := MessageRow{ID: row.ID, Cells: map[kernel.ColumnID]json.RawMessage{}}
		for _, c := range wanted {
			line.Cells[c] = kernel.OrNull(row.Cells[c])
		}
		out.Rows = append(out.Rows, line)
	}
	return out, err
}
