package workflowcmd_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

const (
	ws    = kernel.WorkspaceID("ws_01JZZZZZZZZZZZZZZZZZZZZZZZ")
	tbl   = kernel.TableID("tbl_01JZZZZZZZZZZZZZZZZZZZZZZZ")
	hook  = kernel.WebhookID("whk_01JZZZZZZZZZZZZZZZZZZZZZZZ")
	kind  = kernel.ColumnID("col_01JZZZZZZZZZZZZZZZZZZZZZZA")
	mark  = kernel.ColumnID("col_01JZZZZZZZZZZZZZZZZZZZZZZB")
	score = kernel.ColumnID("col_01JZZZZZZZZZZZZZZZZZZZZZZC")
)

// world is a table with rows, in memory, and all that a workflow does to it.
type world struct {
	t      *testing.T
	store  *memstore.Store
	codec  *eventstore.Codec
	clock  *kernel.ManualClock
	ids    *kernel.IDs
	h      *workflowcmd.Handlers
	runner *workflowcmd.Runner
	rows   []kernel.RowID
	cells  map[kernel.RowID]map[kernel.ColumnID]json.RawMessage

	asked  map[kernel.RowID]int // questions to the provider, by row
	price  kernel.Credits       // of an answer
	hold   bool                 // enrichments are asked and not answered
	starts map[string]kernel.RunID
	sent   []string // ids of messages
	sendOK func() (bool, error)
	full   bool // no more is taken from outside
	calls  outside
	erased string // whom nothing may bring back
}

type cache map[string][]byte

func (c cache) Get(_ context.Context, key string) ([]byte, bool) { v, ok := c[key]; return v, ok }

func (c cache) Set(_ context.Context, key string, value []byte, _ time.Duration) { c[key] = value }

// In implements workflowcmd.KeptOut.
func (w *world) In(context.Context, kernel.WorkspaceID) (func(string) bool, error) {
	if w.erased == "" {
		return nil, nil //nolint:nilnil // nobody
	}
	return func(text string) bool { return strings.Contains(text, w.erased) }, nil
}

// Allow implements workflowcmd.Limiter.
func (w *world) Allow(context.Context, string, int) (bool, time.Duration) {
	return !w.full, time.Second
}

// Upsert implements workflowcmd.Rows.
func (w *world) Upsert(
	ctx context.Context, meta kernel.Meta, id kernel.TableID, key kernel.ColumnID, list []map[string]json.RawMessage,
) (out []kernel.RowID, err error) {
	if s, _ := kernel.ScopeOf(ctx); s.Workspace != ws {
		return nil, errors.New("rows of no workspace can't be read")
	}
	for _, cells := range list {
		row := kernel.RowID("")
		for _, have := range w.rows {
			if string(w.cells[have][key]) == string(cells[string(key)]) {
				row = have
			}
		}
		if row == "" {
			row = kernel.RowID(w.ids.New(kernel.PrefixRow))
			w.rows, w.cells[row] = append(w.rows, row), map[kernel.ColumnID]json.RawMessage{}
		}
		values := map[kernel.ColumnID]json.RawMessage{}
		for col, v := range cells {
			values[kernel.ColumnID(col)] = v
		}
		out = append(out, row)
		err = errors.Join(err, w.Set(ctx, meta, id, []kernel.RowID{row}, values))
	}
	return out, err
}

func newWorld(t *testing.T, rows int) *world {
	t.Helper()
	w := &world{
		t: t, clock: kernel.NewManualClock(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)), cells: map[kernel.RowID]map[kernel.ColumnID]json.RawMessage{},
		asked: map[kernel.RowID]int{}, starts: map[string]kernel.RunID{},
	}
	w.ids = kernel.NewIDs(w.clock)
	w.store = memstore.New(w.clock)
	var err error
	w.codec, err = eventstore.NewCodec(table.Events(), workflow.Events(), enrichment.Events(), dataops.Events(), webhook.Events(), credential.Events())
	require.NoError(t, err)
	w.h, err = workflowcmd.New(workflowcmd.Config{
		Store: w.store, Codec: w.codec, IDs: w.ids, Clock: w.clock, Grid: w, Cells: w, Enrichments: w, Sender: w, Caller: w, Rows: w, Cache: cache{},
		Limiter: w, KeptOut: w,
	})
	require.NoError(t, err)
	w.runner, err = workflowcmd.NewRunner(workflowcmd.RunnerConfig{
		Handlers: w.h, Logger: slog.New(slog.DiscardHandler), Sleep: func(context.Context, time.Duration) error { return nil },
	})
	require.NoError(t, err)
	column := func(id kernel.ColumnID, name string, k table.Kind, cfg string) table.Column {
		return table.Column{ID: id, Name: name, Type: table.Text, Kind: k, Enrichment: json.RawMessage(cfg)}
	}
	w.append(kernel.Meta{Actor: kernel.System(), Workspace: ws}, eventstore.Stream("table", string(tbl)), table.Created{
		TableID: tbl, WorkspaceID: ws, Name: "Leads", Columns: []table.Column{
			column(kind, "Kind", table.Data, ""), column(mark, "Mark", table.Data, ""), column(score, "Score", table.Enrichment, `{"steps":[]}`),
		},
	})
	w.append(kernel.Meta{Actor: kernel.System(), Workspace: ws}, eventstore.Stream("webhook", string(hook)), webhook.Created{ID: hook, Workspace: ws})
	for i := range rows {
		id := kernel.RowID(w.ids.New(kernel.PrefixRow))
		w.rows = append(w.rows, id)
		w.cells[id] = map[kernel.ColumnID]json.RawMessage{kind: json.RawMessage([]string{`"good"`, `"bad"`}[i%2])}
	}
	return w
}

func (w *world) append(meta kernel.Meta, stream eventstore.StreamID, events ...kernel.Event) {
	w.t.Helper()
	require.NoError(w.t, w.add(meta, stream, events...))
}

func (w *world) add(meta kernel.Meta, stream eventstore.StreamID, events ...kernel.Event) error {
	req, err := w.codec.Append(meta, nil, eventstore.At(stream, eventstore.Any, events...))
	if err == nil {
		_, err = w.store.Append(context.Background(), req)
	}
	return err
}

func person() kernel.Meta {
	return kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Workspace: ws}
}

// Page implements workflowcmd.Grid, with filters of one condition.
func (w *world) Page(ctx context.Context, q workflowcmd.Query) ([]workflowcmd.Row, error) {
	schema := table.Schema{Columns: []table.Column{{ID: kind, Name: "Kind", Type: table.Text}, {ID: mark, Name: "Mark", Type: table.Text}, {ID: score, Name: "Score", Type: table.Text}}}
	f, err := table.ParseFilter(q.Filter, schema)
	if err != nil {
		return nil, err
	}
	var out []workflowcmd.Row
	for _, id := range w.rows {
		cells, there := w.cells[id]
		if !there || id <= q.After || q.IDs != nil && !slices.Contains(q.IDs, id) || !meets(f, cells) {
			continue
		}
		if out = append(out, workflowcmd.Row{ID: id, Cells: cells}); len(out) == q.Limit {
			break
		}
	}
	return out, ctx.Err()
}

func meets(f table.Filter, cells map[kernel.ColumnID]json.RawMessage) bool {
	if f.Cond == nil {
		return true
	}
	v := cells[f.Cond.Column.ID]
	if f.Cond.Op == table.Empty {
		return kernel.IsNull(v)
	}
	return string(v) == string(f.Cond.Values[0])
}

// Count implements workflowcmd.Grid.
func (w *world) Count(ctx context.Context, q workflowcmd.Query) (int64, error) {
	q.Limit = 0
	rows, err := w.Page(ctx, q)
	return int64(len(rows)), err
}

// Set implements workflowcmd.Cells and records the edit as the product does.
func (w *world) Set(_ context.Context, meta kernel.Meta, id kernel.TableID, rows []kernel.RowID, values map[kernel.ColumnID]json.RawMessage) error {
	chunk := kernel.Chunk{Rows: rows, Cols: map[kernel.ColumnID][]json.RawMessage{}}
	for col, v := range values {
		for _, row := range rows {
			w.cells[row][col] = v
			chunk.Cols[col] = append(chunk.Cols[col], v)
		}
	}
	meta.IdempotencyKey = ""
	return w.add(meta, eventstore.Stream("cells", string(id)), table.CellsEdited{TableID: id, Chunk: chunk})
}

// Estimate implements workflowcmd.Enrichments.
func (w *world) Estimate(_ context.Context, _ kernel.Meta, a workflowcmd.Ask) (kernel.Credits, error) {
	return w.price * kernel.Credits(len(a.Rows)), nil
}

// Start implements workflowcmd.Enrichments: the run is answered at once unless it is held.
func (w *world) Start(_ context.Context, meta kernel.Meta, a workflowcmd.Ask) (kernel.RunID, error) {
	if meta.IdempotencyKey == "" {
		return "", errors.New("a run without a key could be paid twice")
	}
	if id := w.starts[meta.IdempotencyKey]; id != "" {
		return id, nil
	}
	id := kernel.RunID(w.ids.New(kernel.PrefixRun))
	w.starts[meta.IdempotencyKey] = id
	e := enrichment.RunStarted{RunID: id, TableID: a.Table, Plans: []enrichment.Plan{{ColumnID: a.Column}}, Selection: enrichment.Selection{Rows: a.Rows}}
	meta.IdempotencyKey = ""
	if err := w.add(meta, eventstore.Stream("run", string(id)), e); err != nil {
		return "", err
	}
	if w.hold {
		return id, nil
	}
	return id, w.answer(id, a, len(a.Rows), enrichment.RunCompleted)
}

// answer has the provider asked for the first n rows, and ends the run.
func (w *world) answer(id kernel.RunID, a workflowcmd.Ask, n int, state enrichment.RunState) error {
	e := enrichment.RunAnswersRecorded{RunID: id, TableID: a.Table, Chunk: kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}}
	for _, row := range a.Rows[:n] {
		if a.OnlyEmpty && !kernel.IsNull(w.cells[row][a.Column]) {
			continue
		}
		w.asked[row]++
		w.cells[row][a.Column] = json.RawMessage(`"7"`)
		e.Chunk.Rows = append(e.Chunk.Rows, row)
		e.Chunk.Cols[a.Column] = append(e.Chunk.Cols[a.Column], json.RawMessage(`"7"`))
		e.Marks = append(e.Marks, enrichment.Mark{RowID: row, ColumnID: a.Column, State: enrichment.MarkValue})
		e.SpentMC += w.price
	}
	meta := kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorRun, ID: string(id)}, Workspace: ws, CorrelationID: string(id)}
	return w.add(meta, eventstore.Stream("run", string(id)), e, enrichment.RunFinished{RunID: id, TableID: a.Table, State: state, Reason: "as the test wants it"})
}

// Cancel implements workflowcmd.Enrichments.
func (w *world) Cancel(_ context.Context, meta kernel.Meta, id kernel.RunID) error {
	return w.add(meta, eventstore.Stream("run", string(id)), enrichment.RunCancelRequested{RunID: id},
		enrichment.RunFinished{RunID: id, TableID: tbl, State: enrichment.RunCancelled})
}

// Send implements workflowcmd.Sender.
func (w *world) Send(_ context.Context, _ kernel.WorkspaceID, _ kernel.WebhookID, message string, body []byte) (bool, error) {
	if w.sendOK != nil {
		if again, err := w.sendOK(); err != nil {
			return again, err
		}
	}
	var m workflowcmd.Message
	if err := json.Unmarshal(body, &m); err != nil {
		return false, err
	}
	w.sent = append(w.sent, fmt.Sprintf("%s: %d rows", message[:3], len(m.Rows)))
	return false, nil
}

// save saves a graph as a new version of a workflow.
func (w *world) save(id kernel.WorkflowID, after int, g workflow.Graph) workflowcmd.Saved {
	w.t.Helper()
	res, err := w.h.Save(w.t.Context(), person(), workflowcmd.Save{ID: id, Name: "Leads", Graph: g, After: after})
	require.NoError(w.t, err)
	return res.Value
}

// begin saves a graph and begins a run of it.
func (w *world) begin(g workflow.Graph) (kernel.WorkflowID, kernel.WorkflowRunID) {
	w.t.Helper()
	saved := w.save("", 0, g)
	require.Empty(w.t, saved.Problems)
	run, err := w.h.Start(w.t.Context(), person(), saved.ID, 0)
	require.NoError(w.t, err)
	return saved.ID, run.Value.ID
}

func (w *world) work(id kernel.WorkflowRunID) workflowcmd.Stand {
	w.t.Helper()
	at, err := w.runner.Run(w.t.Context(), id, func(string) {})
	require.NoError(w.t, err)
	return at
}

// run folds a run.
func (w *world) run(id kernel.WorkflowRunID) *workflow.Run {
	w.t.Helper()
	r, _, err := eventstore.NewRepo(workflow.RunStream, w.store, w.codec, workflow.NewRun).Load(w.t.Context(), string(id))
	require.NoError(w.t, err)
	return r
}

// marked is how many rows have the value in the column.
func (w *world) marked(col kernel.ColumnID, value string) (n int) {
	for _, cells := range w.cells {
		if string(cells[col]) == value {
			n++
		}
	}
	return n
}

func is(col kernel.ColumnID, value string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"column":%q,"op":"is","value":%q}`, col, value))
}

func node(id workflow.NodeID, k workflow.Kind, c workflow.Config) workflow.Node {
	return workflow.Node{ID: id, Kind: k, OnError: workflow.Stop, Config: c}
}

func set(value string) workflow.Config {
	return workflow.Config{Set: map[kernel.ColumnID]json.RawMessage{mark: json.RawMessage(value)}}
}

// chain is a graph of nodes one after the other, begun by hand with the table's rows.
func chain(nodes ...workflow.Node) workflow.Graph {
	g := workflow.Graph{Nodes: append([]workflow.Node{
		node("go", workflow.Manual, workflow.Config{}), node("rows", workflow.TableRows, workflow.Config{TableID: tbl}),
	}, nodes...)}
	for i := 1; i < len(g.Nodes); i++ {
		g.Edges = append(g.Edges, workflow.Edge{From: g.Nodes[i-1].ID, Port: workflow.Out, To: g.Nodes[i].ID})
	}
	return g
}
