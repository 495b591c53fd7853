package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/morket/morket/adapters/httpapi/workflowapi"
	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/commands/workflowflow"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/workflow"
)

const (
	workflowRate   = 5000 // rows a second
	workflowEvents = 0.02 // of Temporal, a row
	parted         = 50_000
)

// workflows measures a run of a graph of six nodes, none of which costs anything, over the table of the step import: each row is taken,
// filtered, sent one of two ways and changed.
func (b *serverBench) workflows(ctx context.Context) ([]Ratio, error) {
	if err := b.prepareGrid(ctx); err != nil {
		return nil, err
	}
	rows := min(b.size, workflow.MaxRows)
	stop, err := b.run.profile(StepWorkflow)
	if err != nil {
		return nil, err
	}
	run, took, err := b.workflowRun(ctx, b.sixNodes(), rows)
	err = errors.Join(err, stop())
	if err != nil {
		return nil, err
	}
	events, err := b.flowEvents(ctx, workflowflow.Underway(run.ID).ID)
	if err != nil {
		return nil, err
	}
	rate, perRow := float64(rows)/took.Seconds(), float64(events)/float64(rows)
	return b.sheet.titled([]Ratio{
		{
			Name: "workflow", Value: rate, Limit: workflowRate, Ratio: rate / workflowRate, Unit: "rows/s", AtLeast: workflowRate,
			Failed: run.State != workflow.Completed || run.Rows != int64(rows),
			Note:   "through six nodes, two of which change cells, from the request to the last cell in the grid; limit: a fixed figure",
		},
		{
			Name: "workflow, Temporal events", Value: perRow, Limit: workflowEvents, Ratio: perRow / workflowEvents, Unit: "a row",
			AtMost: workflowEvents, Note: "limit: a fixed figure",
		},
	}), nil
}

// sixNodes is a graph that changes every row.
func (b *serverBench) sixNodes() workflow.Graph {
	filter := func(op table.Op, than int) workflow.Config {
		return workflow.Config{Filter: asJSON(map[string]any{"column": b.columns[b.sheet.number].ID, "op": op, "value": than})}
	}
	set := func(value string) workflow.Config {
		return workflow.Config{Set: map[kernel.ColumnID]json.RawMessage{b.columns[b.sheet.edited].ID: asJSON(value)}}
	}
	return workflow.Graph{
		Nodes: []workflow.Node{
			{ID: "start", Kind: workflow.Manual},
			{ID: "rows", Kind: workflow.TableRows, Config: workflow.Config{TableID: b.table}},
			{ID: "all", Kind: workflow.Filter, Config: filter(table.GreaterEq, 0)},
			{ID: "large", Kind: workflow.Branch, Config: filter(table.Greater, parted)},
			{ID: "yes", Kind: workflow.UpdateCells, Config: set(wentOneWay)},
			{ID: "no", Kind: workflow.UpdateCells, Config: set(wentOtherWay)},
		},
		Edges: []workflow.Edge{
			{From: "start", To: "rows"},
			{From: "rows", To: "all"},
			{From: "all", To: "large"},
			{From: "large", Port: workflow.Yes, To: "yes"},
			{From: "large", Port: workflow.No, To: "no"},
		},
	}
}

// What the graph writes into a cell of each row.
const (
	wentOneWay   = "went one way"
	wentOtherWay = "went the other way"
)

func asJSON(v any) json.RawMessage {
	b, _ := json.Marshal(v) //nolint:errchkjson // of plain values
	return b
}

// workflowRun runs a graph until it has ended and the grid has the cells of so many rows.
func (b *serverBench) workflowRun(
	ctx context.Context, g workflow.Graph, rows int,
) (run workflowapi.WorkflowRunDetail, took time.Duration, err error) {
	var made workflowcmd.Saved
	if _, err := b.send(ctx, http.MethodPost, b.workspace+"/workflows", map[string]any{"name": "Six nodes", "graph": g}, &made); err != nil {
		return run, 0, err
	}
	if len(made.Problems) > 0 {
		return run, 0, workflow.Refusal(made.Problems)
	}
	var begun workflowcmd.Begun
	start := time.Now()
	position, err := b.send(ctx, http.MethodPost, b.workspace+"/workflows/"+string(made.ID)+"/run", map[string]any{}, &begun)
	if err != nil {
		return run, 0, err
	}
	filter := asJSON(map[string]any{
		"column": b.columns[b.sheet.edited].ID, "op": table.In, "value": []string{wentOneWay, wentOtherWay},
	})
	var there struct{ Count int64 }
	for {
		if err := b.get(ctx, fmt.Sprintf("%s/workflow-runs/%s?min_position=%d", b.workspace, begun.ID, position), &run); err != nil {
			return run, 0, err
		}
		if run.State.Final() {
			if run.State != workflow.Completed {
				return run, 0, errors.New("the run is " + string(run.State) + ": " + run.Reason)
			}
			if err := b.get(ctx, b.path("/rows:count?filter="+url.QueryEscape(string(filter))), &there); err != nil || there.Count == int64(rows) {
				return run, time.Since(start), err
			}
		}
		select {
		case <-ctx.Done():
			return run, 0, fmt.Errorf("the run is %s with %d cells: %w", run.State, there.Count, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}
