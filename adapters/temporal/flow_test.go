package temporal_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/enrichmentread"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/adapters/servers/temporalchild"
	"github.com/morket/morket/adapters/temporal"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/enrichmentview"
	"github.com/morket/morket/projections/gridview"
)

const (
	workspace = kernel.WorkspaceID("ws_01JZZZZZZZZZZZZZZZZZZZZZZA")
	envWorker = "MORKET_TEST_FLOW_WORKER" // "<database url> <temporal address>": this process is a worker
	envRecord = "MORKET_TEST_RECORD"      // a folder: histories are written there for the replay test
)

// world is the rest of the product, in the test's process.
type world struct {
	*app
	t        testing.TB
	dsn      string
	temporal *temporalchild.Server
	client   *temporal.Client
	reactor  *projections.Reactor
	table    kernel.TableID
	rows     []kernel.RowID
	columns  []kernel.ColumnID
}

func newWorld(t *testing.T, rows int) *world {
	t.Helper()
	log, pool := pgtest.Log(t)
	require.NoError(t, postgres.Migrate(t.Context(), pool))
	a, err := newApp(log, pool)
	require.NoError(t, err)
	w := &world{app: a, t: t, dsn: address(pool)}
	w.temporal, err = temporalchild.Start(t.Context(), temporalchild.Config{Fast: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.temporal.Stop()) }) // the one that runs by then
	w.client, err = temporal.Open(temporal.Config{Address: w.temporal.Address(), Logger: logger()})
	require.NoError(t, err)
	t.Cleanup(w.client.Close)
	react := enrichmentflow.NewReactor(w.client, log, a.codec)
	w.reactor, err = projections.NewReactor(projections.ReactorConfig{
		Name: enrichmentflow.ReactorName, Types: react.Types(), Handle: react.Handle, Log: log, Store: a.reads, Clock: kernel.SystemClock{}, Logger: logger(),
	})
	require.NoError(t, err)
	w.serve(log)
	w.fill(rows, "test_echo")
	return w
}

// address is the URL of the pool's database.
func address(pool *pgxpool.Pool) string {
	c := pool.Config().ConnConfig
	return fmt.Sprintf("postgres://%s@%s:%d/%s?sslmode=disable", c.User, c.Host, c.Port, c.Database)
}

func (w *world) serve(log projections.Log) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, p := range []projections.Projector{gridview.New(w.codec, gridread.NewStructures().NewWriter), enrichmentview.New(enrichmentread.Open)} {
		r, err := projections.NewRunner(projections.RunnerConfig{Projector: p, Log: log, Store: w.reads, Clock: kernel.SystemClock{}, Logger: logger()})
		require.NoError(w.t, err)
		w.position.Add(r)
		running.Go(func() { _ = r.Run(ctx) })
	}
	running.Go(func() { _ = w.reactor.Run(ctx) })
	w.t.Cleanup(func() { cancel(); running.Wait() })
}

func meta() kernel.Meta {
	return kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Workspace: workspace}
}

func (w *world) fill(n int, provider string) {
	w.t.Helper()
	clock := kernel.SystemClock{}
	w.table = kernel.TableID(w.ids.New(kernel.PrefixTable))
	tbl, err := table.New(table.Maker{IDs: w.ids, Clock: clock}, w.table, workspace, "", "Leads", []table.Draft{{Name: "Question", Type: table.Text}})
	require.NoError(w.t, err)
	q := tbl.Schema().Columns[0].ID
	changes := []eventstore.Change{eventstore.At(eventstore.Stream("table", string(w.table)), eventstore.NoStream, tbl.Pending()...)}
	for len(w.rows) < n {
		chunk := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
		for range min(1000, n-len(w.rows)) {
			chunk.Cols[q] = append(chunk.Cols[q], fmt.Appendf(nil, `"q%d"`, len(w.rows)))
			w.rows = append(w.rows, kernel.RowID(w.ids.New(kernel.PrefixRow)))
			chunk.Rows = append(chunk.Rows, w.rows[len(w.rows)-1])
		}
		changes = append(changes, eventstore.At(eventstore.Stream("cells", string(w.table)), eventstore.Any, table.RowsInserted{TableID: w.table, Chunk: chunk}))
	}
	req, err := w.codec.Append(meta(), nil, changes...)
	require.NoError(w.t, err)
	done, err := w.store.Append(w.t.Context(), req)
	require.NoError(w.t, err)
	for _, name := range []string{gridview.Name, enrichmentview.Name} {
		_, ok := w.position.Wait(w.t.Context(), name, done.Last)
		require.True(w.t, ok)
	}
	_, err = w.ledger.Commit(w.t.Context(), meta(), workspace, nil, func(a *credit.Account) error {
		return a.Grant(credit.KindGrant, 100_000_000, "", clock.Now())
	})
	require.NoError(w.t, err)
	res, err := w.handlers.AddColumn(w.t.Context(), meta(), enrichmentcmd.AddColumn{Workspace: workspace, Table: w.table, Name: "Answer", Type: table.Text, Config: enrichment.Config{
		Steps: []enrichment.Step{{Provider: provider, Inputs: map[string]enrichment.Input{"q": {Column: q}}, Output: "a"}},
	}})
	require.NoError(w.t, err)
	w.columns = []kernel.ColumnID{res.Value.ID}
}

// worker starts a worker process; the returned function kills it as kill -9 does.
func (w *world) worker() (kill func()) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), envWorker+"="+w.dsn+" "+w.temporal.Address())
	cmd.Stderr = os.Stderr
	require.NoError(w.t, cmd.Start())
	var once sync.Once
	kill = func() {
		once.Do(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
	}
	w.t.Cleanup(kill)
	return kill
}

func (w *world) start() kernel.RunID {
	w.t.Helper()
	res, err := w.handlers.Start(w.t.Context(), meta(), enrichmentcmd.Start{Workspace: workspace, Table: w.table, Columns: w.columns, Scope: enrichment.ScopeAll})
	require.NoError(w.t, err)
	return res.Value.ID
}

func (w *world) run(id kernel.RunID) *enrichment.Run {
	w.t.Helper()
	run, _, err := eventstore.NewRepo("run", w.store, w.codec, enrichment.NewRun).Load(w.t.Context(), string(id))
	require.NoError(w.t, err)
	return run
}

func (w *world) until(id kernel.RunID, what string, ok func(*enrichment.Run) bool) {
	w.t.Helper()
	require.Eventually(w.t, func() bool { return ok(w.run(id)) }, 2*time.Minute, 50*time.Millisecond, what)
}

// requireEachOnce demands one outcome and one debit for each row, and a ledger that adds up.
func (w *world) requireEachOnce(id kernel.RunID) {
	w.t.Helper()
	marks, debits := map[kernel.RowID]int{}, map[kernel.RowID]int{}
	for after := int64(0); ; {
		page, err := w.store.ReadAll(w.t.Context(), after, 1000)
		require.NoError(w.t, err)
		if len(page) == 0 {
			break
		}
		for _, rec := range page {
			after = rec.Position
			e, err := w.codec.Decode(rec)
			require.NoError(w.t, err)
			switch e := e.(type) {
			case enrichment.RunAnswersRecorded:
				for _, m := range e.Marks {
					require.Equal(w.t, enrichment.MarkValue, m.State, m.Message)
					marks[m.RowID]++
				}
			case credit.Debited:
				for _, l := range e.Lines {
					debits[l.Row]++
				}
			}
		}
	}
	for _, row := range w.rows {
		require.Equal(w.t, 1, marks[row], "outcomes of %s", row)
		require.Equal(w.t, 1, debits[row], "debits of %s", row)
	}
	acct, err := w.ledger.Account(w.t.Context(), workspace)
	require.NoError(w.t, err)
	require.Zero(w.t, acct.Reserved())
	require.Equal(w.t, kernel.Credits(100_000_000-1000*len(w.rows)), acct.Available())
	require.Equal(w.t, enrichment.RunCompleted, w.run(id).State())
}

// history reads what Temporal has written down of the run's flow.
func (w *world) history(id kernel.RunID, name string) *history.History {
	w.t.Helper()
	out := &history.History{}
	it := w.client.SDK().GetWorkflowHistory(w.t.Context(), enrichmentflow.FlowID(id, 0), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for it.HasNext() {
		e, err := it.Next()
		require.NoError(w.t, err)
		out.Events = append(out.Events, e)
	}
	if dir := os.Getenv(envRecord); dir != "" {
		b, err := protojson.MarshalOptions{Multiline: true}.Marshal(out)
		require.NoError(w.t, err)
		require.NoError(w.t, os.WriteFile(filepath.Join(dir, name), append(b, '\n'), 0o600))
	}
	return out
}

// A worker that is killed in the middle of a run and started again: no row is missing or double, and none is paid twice.
func TestAWorkerIsKilledMidRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 6000)
	kill := w.worker()
	id := w.start()
	w.until(id, "the run gets going", func(r *enrichment.Run) bool { return r.Counts().Done > 500 })
	kill()
	done := w.run(id).Counts().Done
	require.Less(t, done, int64(6000), "the worker died in the middle")
	w.worker()
	w.until(id, "the run ends", func(r *enrichment.Run) bool { return r.State().Final() })
	w.requireEachOnce(id)
	require.Eventually(t, func() bool {
		h := w.history(id, "run_completed.json")
		return h.Events[len(h.Events)-1].EventType == enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED
	}, 20*time.Second, 100*time.Millisecond)
	events := len(w.history(id, "run_completed.json").Events)
	t.Logf("%d of 6000 done when the worker was killed; %d Temporal events, %.4f a record", done, events, float64(events)/6000)
	require.Less(t, events, 60, "less than a hundredth of an event a record")
}

// A record that takes its worker with it twice has failed, with the reason, and the run ends.
func TestARecordThatKillsItsWorkerTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 30)
	w.rows = nil
	w.fill(30, "test_lethal")
	died := make(chan struct{}, 16)
	ctx, stop := context.WithCancel(context.Background())
	var keeper sync.WaitGroup
	t.Cleanup(func() { stop(); keeper.Wait() })
	keeper.Go(func() { // as whoever supervises a service does
		for ctx.Err() == nil {
			cmd := exec.CommandContext(ctx, os.Args[0])
			cmd.Env = append(os.Environ(), envWorker+"="+w.dsn+" "+w.temporal.Address())
			_ = cmd.Run()
			died <- struct{}{}
		}
	})
	id := w.start()
	w.until(id, "the run ends", func(r *enrichment.Run) bool { return r.State().Final() })
	require.Len(t, died, 2, "the third worker lives")
	run := w.run(id)
	require.EqualValues(t, 30, run.Counts().Done)
	require.Positive(t, run.Counts().Failed)
}

// emptied kills Temporal and starts another one, which knows of nothing, at the same address.
func (w *world) emptied() {
	w.t.Helper()
	port := w.temporal.Port()
	w.temporal.Kill()
	require.NoError(w.t, w.temporal.Stop()) // removes its data
	var err error
	w.temporal, err = temporalchild.Start(w.t.Context(), temporalchild.Config{Fast: true, Port: port})
	require.NoError(w.t, err)
}

// reconciling compares the log with Temporal again and again, and returns what makes it compare at once.
func (w *world) reconciling() (wake func()) {
	w.t.Helper()
	r, err := reconcile.New(reconcile.Config{
		Flows: w.client, Logger: logger(), Every: time.Hour, Retry: 50 * time.Millisecond,
		Away: func(err error) bool { var wait *projections.WaitError; return errors.As(err, &wait) },
		Sources: []reconcile.Source{func(ctx context.Context, each func(reconcile.Flow) error) error {
			list, err := w.runs.Unfinished(ctx, "", 100)
			for _, u := range list {
				if err := each(enrichmentflow.Underway(enrichmentflow.Input{Workspace: u.Workspace, Run: u.Run, Round: u.Round, Position: u.Position})); err != nil {
					return err
				}
			}
			return err
		}},
	})
	require.NoError(w.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = r.Run(ctx) })
	w.t.Cleanup(func() { cancel(); running.Wait() })
	return r.Wake
}

// Temporal's files are lost in the middle of a run: the log says that the run is under way, so it gets a new flow and ends.
func TestTemporalIsEmptiedMidRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 6000)
	w.worker()
	wake := w.reconciling()
	id := w.start()
	w.until(id, "the run gets going", func(r *enrichment.Run) bool { return r.Counts().Done > 500 })
	w.emptied()
	require.Less(t, w.run(id).Counts().Done, int64(6000), "in the middle")
	wake()
	w.until(id, "the run ends", func(r *enrichment.Run) bool { return r.State().Final() })
	w.requireEachOnce(id)
}

// A run that is cancelled after its flow was lost ends, and holds no credits.
func TestCancelEndsARunWithoutAFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 100)
	id := w.start()
	require.Eventually(t, func() bool {
		_, err := w.client.SDK().DescribeWorkflowExecution(t.Context(), enrichmentflow.FlowID(id, 0), "")
		return err == nil
	}, time.Minute, 20*time.Millisecond, "its flow waits for a worker")
	w.emptied()
	_, err := w.handlers.Control(t.Context(), meta(), enrichmentcmd.Control{Workspace: workspace, Run: id, Verb: enrichmentcmd.Cancel})
	require.NoError(t, err)
	w.worker()
	w.until(id, "the run ends", func(r *enrichment.Run) bool { return r.State() == enrichment.RunCancelled })
	acct, err := w.ledger.Account(t.Context(), workspace)
	require.NoError(t, err)
	require.Zero(t, acct.Reserved())
}

func TestPauseAndResumeReachTheFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4000)
	w.worker()
	id := w.start()
	control := func(v enrichmentcmd.Verb) {
		_, err := w.handlers.Control(t.Context(), meta(), enrichmentcmd.Control{Workspace: workspace, Run: id, Verb: v})
		require.NoError(t, err)
	}
	w.until(id, "the run gets going", func(r *enrichment.Run) bool { return r.Counts().Done > 200 })
	control(enrichmentcmd.Pause)
	w.until(id, "the page is left in order", func(r *enrichment.Run) bool { return r.Calm() || len(r.Open()) == 0 })
	done := w.run(id).Counts().Done
	require.Less(t, done, int64(4000))
	control(enrichmentcmd.Resume)
	w.until(id, "the run ends", func(r *enrichment.Run) bool { return r.State().Final() })
	w.requireEachOnce(id)
	require.Eventually(t, func() bool {
		h := w.history(id, "run_paused_resumed.json")
		return h.Events[len(h.Events)-1].EventType == enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED
	}, 20*time.Second, 100*time.Millisecond)
}

// Temporal is away when a run is asked for: the run waits, and begins when Temporal is back.
func TestTemporalIsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 100)
	gone, err := temporal.Open(temporal.Config{Address: "127.0.0.1:1", Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer gone.Close()
	_, err = gone.Start(t.Context(), "run-x", enrichmentflow.WorkflowName, enrichmentflow.Input{})
	var wait *projections.WaitError
	require.ErrorAs(t, err, &wait)
	require.Equal(t, "temporal", wait.For)
	require.True(t, gone.Down())

	for _, first := range []bool{true, false} {
		started, err := w.client.Start(t.Context(), "run-twice", "nobody.knows", nil)
		require.NoError(t, err)
		require.Equal(t, first, started, "a repeat starts nothing and is no error")
	}
	found, err := w.client.Signal(t.Context(), "run-twice", "control")
	require.NoError(t, err)
	require.True(t, found)
	require.NoError(t, w.client.SDK().TerminateWorkflow(t.Context(), "run-twice", "", "by hand"))
	found, err = w.client.Signal(t.Context(), "run-twice", "control")
	require.NoError(t, err)
	require.False(t, found, "a flow that has ended hears nothing")
	started, err := w.client.Start(t.Context(), "run-twice", "nobody.knows", nil)
	require.NoError(t, err)
	require.True(t, started, "the log decides whether there is something left to do")
}
