package enrichmentflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/adapters/secrets/vault/vaulttest"
	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/commands/creditcmd/ledgertest"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentcmd/recordedtest"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

const workspace = kernel.WorkspaceID("ws_01JV0000000000000000000000")

// fake is a provider that answers with its question.
type fake struct {
	enrichment.Provider
	mu    sync.Mutex
	asked map[string]int
	do    func(ctx context.Context, req enrichment.Request) (enrichment.Reply, error)
}

func newFake(slug string, price kernel.Credits) *fake {
	return &fake{
		Provider: enrichment.Provider{
			Slug: slug, Name: slug, Category: "test", Terms: "none", Price: price, Auth: enrichment.AuthNone, Idempotent: true,
			Inputs:  []enrichment.Field{{Name: "q", Label: "Question", Type: enrichment.FieldText, Required: true}},
			Outputs: []enrichment.Field{{Name: "a", Label: "Answer", Type: enrichment.FieldText}},
			Limits:  enrichment.RateLimits{Concurrency: 64},
		},
		asked: map[string]int{},
		do: func(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
			return enrichment.Reply{Outputs: map[string]any{"a": "re: " + req.Inputs["q"]}}, nil
		},
	}
}

func (f *fake) Describe() enrichment.Provider { return f.Provider }

func (f *fake) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	f.mu.Lock()
	f.asked[req.Inputs["q"]]++
	f.mu.Unlock()
	return f.do(ctx, req)
}

func (f *fake) calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, c := range f.asked {
		n += c
	}
	return n
}

// rows is a row source in memory.
type rows struct {
	mu   sync.Mutex
	rows []enrichmentcmd.Row
}

func (r *rows) Page(_ context.Context, q enrichmentcmd.RowQuery) ([]enrichmentcmd.Row, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []enrichmentcmd.Row
	for _, row := range r.rows {
		if row.ID <= q.After || q.Through != "" && row.ID > q.Through || q.IDs != nil && !slices.Contains(q.IDs, row.ID) {
			continue
		}
		if out = append(out, row); len(out) == q.Limit {
			break
		}
	}
	return out, nil
}

func (r *rows) Count(_ context.Context, q enrichmentcmd.RowQuery) (int64, error) {
	q.Limit = -1
	page, err := r.Page(context.Background(), q)
	return int64(len(page)), err
}

func (r *rows) Last(context.Context, kernel.WorkspaceID, kernel.TableID, int64) (last kernel.RowID, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, row := range r.rows {
		last = max(last, row.ID)
	}
	return last, nil
}

type noRates struct{}

func (noRates) HitRates(context.Context, kernel.WorkspaceID) (map[string]float64, error) {
	return nil, nil
}

// rig is everything that a run needs, in memory.
type rig struct {
	t        *testing.T
	store    eventstore.Store
	codec    *eventstore.Codec
	ids      *kernel.IDs
	clock    kernel.Clock
	engine   *waterfall.Engine
	rows     *rows
	ledger   *creditcmd.Ledger
	handlers *enrichmentcmd.Handlers
	runner   *enrichmentflow.Runner
	table    kernel.TableID
	question kernel.ColumnID
	answers  []kernel.ColumnID
	ring     *vault.Ring
	prices   map[string]kernel.Credits // the installation's own
	sleep    waterfall.Sleep
	quotas   waterfall.Quotas // nil: in memory
	latest   kernel.RunID     // started
}

func codec(t *testing.T) *eventstore.Codec {
	t.Helper()
	c, err := eventstore.NewCodec(enrichment.Events(), credit.Events(), table.Events(), dataops.Events())
	require.NoError(t, err)
	return c
}

func newRig(t *testing.T, n int, limits enrichmentflow.Limits, callers ...enrichment.Caller) *rig {
	t.Helper()
	clock := kernel.SystemClock{}
	r := &rig{t: t, store: memstore.New(clock), codec: codec(t), clock: clock, ids: kernel.NewIDs(clock), rows: &rows{}, ring: vaulttest.Ring(t, clock)}
	r.build(limits, callers...)
	r.makeTable()
	for i := range n {
		r.addRow(fmt.Sprintf("q%d", i))
	}
	return r
}

// build makes the engine, the handlers and the runner, as a process that starts does.
func (r *rig) build(limits enrichmentflow.Limits, callers ...enrichment.Caller) {
	r.t.Helper()
	reg, err := enrichment.NewRegistry(callers...)
	require.NoError(r.t, err)
	reg, err = reg.WithPrices(r.prices)
	require.NoError(r.t, err)
	r.engine, err = waterfall.New(waterfall.Config{Registry: reg, Clock: r.clock, Jitter: func() float64 { return 0 }, Sleep: r.sleep, Quotas: r.quotas})
	require.NoError(r.t, err)
	r.ledger = creditcmd.NewLedger(r.store, r.codec, ledgertest.Keys())
	r.handlers, err = enrichmentcmd.New(enrichmentcmd.Config{
		Store: r.store, Codec: r.codec, IDs: r.ids, Clock: r.clock, Engine: r.engine, Rows: r.rows, Ledger: r.ledger, Rates: noRates{}, Recorded: r.recorded(),
	})
	require.NoError(r.t, err)
	r.runner, err = enrichmentflow.NewRunner(enrichmentflow.Config{
		Store: r.store, Codec: r.codec, IDs: r.ids, Clock: r.clock, Engine: r.engine, Rows: r.rows, Failures: r, Ledger: r.ledger, Sealer: r.ring, Recorded: r.recorded(),
		Logger: slog.New(slog.DiscardHandler), Limits: limits,
	})
	require.NoError(r.t, err)
}

func (r *rig) recorded() recordedtest.Log {
	return recordedtest.Log{Store: r.store, Keys: r.ring}
}

func meta() kernel.Meta {
	return kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Workspace: workspace}
}

func (r *rig) makeTable() {
	r.t.Helper()
	r.table = kernel.TableID(r.ids.New(kernel.PrefixTable))
	tbl, err := table.New(table.Maker{IDs: r.ids, Clock: r.clock}, r.table, workspace, "", "Leads", []table.Draft{{Name: "Question", Type: table.Text}})
	require.NoError(r.t, err)
	r.append(eventstore.Stream("table", string(r.table)), eventstore.NoStream, tbl.Pending()...)
	r.question = tbl.Schema().Columns[0].ID
}

func (r *rig) append(stream eventstore.StreamID, expected eventstore.Expected, events ...kernel.Event) {
	r.t.Helper()
	req, err := r.codec.Append(meta(), nil, eventstore.At(stream, expected, events...))
	require.NoError(r.t, err)
	_, err = r.store.Append(r.t.Context(), req)
	require.NoError(r.t, err)
}

func (r *rig) addRow(question string) kernel.RowID {
	id := kernel.RowID(r.ids.New(kernel.PrefixRow))
	r.rows.mu.Lock()
	defer r.rows.mu.Unlock()
	q, err := json.Marshal(question)
	require.NoError(r.t, err)
	r.rows.rows = append(r.rows.rows, enrichmentcmd.Row{ID: id, Cells: map[kernel.ColumnID]json.RawMessage{r.question: q}})
	return id
}

func (r *rig) addColumn(name string, slugs ...string) kernel.ColumnID {
	r.t.Helper()
	var cfg enrichment.Config
	for _, s := range slugs {
		cfg.Steps = append(cfg.Steps, enrichment.Step{Provider: s, Inputs: map[string]enrichment.Input{"q": {Column: r.question}}, Output: "a"})
	}
	res, err := r.handlers.AddColumn(r.t.Context(), meta(), enrichmentcmd.AddColumn{Workspace: workspace, Table: r.table, Name: name, Type: table.Text, Config: cfg})
	require.NoError(r.t, err)
	r.answers = append(r.answers, res.Value.ID)
	return res.Value.ID
}

func (r *rig) grant(amount kernel.Credits) {
	r.t.Helper()
	_, err := r.ledger.Commit(r.t.Context(), meta(), workspace, nil, func(a *credit.Account) error {
		return a.Grant(credit.KindGrant, amount, "", r.clock.Now())
	})
	require.NoError(r.t, err)
}

func (r *rig) start(change func(*enrichmentcmd.Start)) enrichmentcmd.Job {
	r.t.Helper()
	cmd := enrichmentcmd.Start{Workspace: workspace, Table: r.table, Columns: r.answers, Scope: enrichment.ScopeAll}
	if change != nil {
		change(&cmd)
	}
	res, err := r.handlers.Start(r.t.Context(), meta(), cmd)
	require.NoError(r.t, err)
	r.latest = res.Value.ID
	return res.Value
}

func input(id kernel.RunID) enrichmentflow.Input {
	return enrichmentflow.Input{Workspace: workspace, Run: id}
}

// work runs slices until the run ends or is paused.
func (r *rig) work(in enrichmentflow.Input) enrichmentflow.Next {
	r.t.Helper()
	for {
		res, err := r.runner.Slice(r.t.Context(), in, enrichmentflow.Try{})
		require.NoError(r.t, err)
		if res.Next != enrichmentflow.More {
			return res.Next
		}
	}
}

func (r *rig) run(id kernel.RunID) *enrichment.Run {
	r.t.Helper()
	run, _, err := eventstore.NewRepo("run", r.store, r.codec, enrichment.NewRun).Load(r.t.Context(), string(id))
	require.NoError(r.t, err)
	return run
}

func (r *rig) account() *credit.Account {
	r.t.Helper()
	a, err := r.ledger.Account(r.t.Context(), workspace)
	require.NoError(r.t, err)
	return a
}

// outcome is what the log says of one cell.
type outcome struct {
	marks []enrichment.Mark
	paid  kernel.Credits
	value string
	prov  enrichment.Provenance
}

// outcomes reads everything that the run's stream says of cells, and the debits that the ledger has for them.
func (r *rig) outcomes(id kernel.RunID) map[enrichment.Cell]*outcome {
	r.t.Helper()
	out := map[enrichment.Cell]*outcome{}
	of := func(row kernel.RowID, col kernel.ColumnID) *outcome {
		c := enrichment.Cell{Row: row, Column: col}
		if out[c] == nil {
			out[c] = &outcome{}
		}
		return out[c]
	}
	for after := int64(0); ; {
		page, err := r.store.ReadAll(r.t.Context(), after, 1000)
		require.NoError(r.t, err)
		if len(page) == 0 {
			return out
		}
		for _, rec := range page {
			after = rec.Position
			e, err := r.codec.Decode(rec)
			require.NoError(r.t, err)
			switch e := e.(type) {
			case enrichment.RunAnswersRecorded:
				if e.RunID != id {
					continue
				}
				require.NoError(r.t, e.Chunk.Check())
				for i, m := range e.Marks {
					o := of(m.RowID, m.ColumnID)
					o.marks = append(o.marks, m)
					o.prov = e.Provenance[i]
				}
				for col, vs := range e.Chunk.Cols {
					for i, v := range vs {
						of(e.Chunk.Rows[i], col).value = string(v)
					}
				}
			case credit.Debited:
				if e.Run != id {
					continue
				}
				for _, l := range e.Lines {
					require.Zero(r.t, of(l.Row, l.Column).paid, "one debit per accepted answer")
					of(l.Row, l.Column).paid = l.Amount
				}
			}
		}
	}
}

// Failed implements enrichmentflow.Failures by reading the log.
func (r *rig) Failed(_ context.Context, _ kernel.WorkspaceID, run kernel.RunID, message string, after kernel.RowID, limit int, _ int64) ([]enrichment.Cell, error) {
	var out []enrichment.Cell
	for c, o := range r.outcomes(run) {
		if len(o.marks) == 0 || c.Row <= after {
			continue
		}
		if last := o.marks[len(o.marks)-1]; last.State == enrichment.MarkError && (message == "" || last.Message == message) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b enrichment.Cell) int {
		if a.Row != b.Row {
			return slices.Compare([]byte(a.Row), []byte(b.Row))
		}
		return slices.Compare([]byte(a.Column), []byte(b.Column))
	})
	return out[:min(len(out), limit)], nil
}

// requireEachOnce demands that every row has exactly one outcome in each column, of which values are those that the ledger paid.
func (r *rig) requireEachOnce(id kernel.RunID, price kernel.Credits) {
	r.t.Helper()
	outs := r.outcomes(id)
	require.Len(r.t, outs, len(r.rows.rows)*len(r.answers), "no cell missing")
	for c, o := range outs {
		require.Len(r.t, o.marks, 1, "%v", c)
		if o.marks[0].State == enrichment.MarkValue {
			require.NotEmpty(r.t, o.value, "%v", c)
			if !o.prov.Cached {
				require.Equal(r.t, price, o.paid, "%v", c)
			}
		} else {
			require.Zero(r.t, o.paid, "%v", c)
		}
	}
}

func fast() enrichmentflow.Limits {
	return enrichmentflow.Limits{PageRows: 50, FlushEvery: 5 * time.Millisecond, Look: 10 * time.Millisecond}
}
