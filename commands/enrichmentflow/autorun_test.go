package enrichmentflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// autoRig is a table whose events are in the log, and the reactor that starts runs by itself.
type autoRig struct {
	*rig
	quiet   kernel.ColumnID // a text column
	reactor *enrichmentflow.AutoRuns
}

func newAutoRig(t *testing.T, callers ...enrichment.Caller) *autoRig {
	t.Helper()
	if len(callers) == 0 {
		callers = []enrichment.Caller{newFake("free", 0)}
	}
	r := &autoRig{rig: newRig(t, 0, fast(), callers...)}
	res, err := eventstore.NewRepo("table", r.store, r.codec, table.Blank).Update(t.Context(), meta(), string(r.table), func(tbl *table.Table) (any, error) {
		col, err := tbl.AddColumn(table.Maker{IDs: r.ids, Clock: r.clock}, table.Draft{Name: "Quiet", Type: table.Text}, "", table.Step{Step: "stp_0"})
		r.quiet = col.ID
		return nil, err
	})
	require.NoError(t, err)
	require.NotZero(t, res.Last)
	r.reactor = r.newReactor()
	return r
}

// newReactor makes the reactor as a process that starts does.
func (r *autoRig) newReactor() *enrichmentflow.AutoRuns {
	return enrichmentflow.NewAutoRuns(r.handlers, slog.New(slog.DiscardHandler))
}

// column adds an enrichment column that asks with the input columns, by itself if auto.
func (r *autoRig) column(name string, auto bool, change func(*enrichment.Config), inputs ...kernel.ColumnID) kernel.ColumnID {
	r.t.Helper()
	cfg := enrichment.Config{AutoRun: auto}
	provider := r.engine.Registry.Providers()[0].Slug
	for _, in := range inputs {
		cfg.Steps = append(cfg.Steps, enrichment.Step{Provider: provider, Inputs: map[string]enrichment.Input{"q": {Column: in}}, Output: "a"})
	}
	if change != nil {
		change(&cfg)
	}
	res, err := r.handlers.AddColumn(r.t.Context(), meta(), enrichmentcmd.AddColumn{Workspace: workspace, Table: r.table, Name: name, Type: table.Text, Config: cfg})
	require.NoError(r.t, err)
	return res.Value.ID
}

func (r *autoRig) configure(col kernel.ColumnID, cfg enrichment.Config) {
	r.t.Helper()
	_, err := r.handlers.Configure(r.t.Context(), meta(), enrichmentcmd.Configure{Workspace: workspace, Table: r.table, Column: col, Config: cfg})
	require.NoError(r.t, err)
}

func (r *autoRig) cells() eventstore.StreamID {
	return eventstore.Stream(table.CellStream, string(r.table))
}

// chunk is a block of cells with the same value in all rows, or a text for each row.
func chunk(rows []kernel.RowID, cols map[kernel.ColumnID]string) kernel.Chunk {
	c := kernel.Chunk{Rows: rows, Cols: map[kernel.ColumnID][]json.RawMessage{}}
	for col, text := range cols {
		for i := range rows {
			v := kernel.Null()
			if text != "" {
				v = json.RawMessage(fmt.Sprintf("%q", fmt.Sprintf(text, i)))
			}
			c.Cols[col] = append(c.Cols[col], v)
		}
	}
	return c
}

// newRows makes ids, and rows that the row source knows.
func (r *autoRig) newRows(n int) []kernel.RowID {
	ids := make([]kernel.RowID, n)
	for i := range ids {
		ids[i] = r.addRow(fmt.Sprintf("q%d", i))
	}
	return ids
}

func (r *autoRig) insert(n int) []kernel.RowID {
	r.t.Helper()
	ids := r.newRows(n)
	r.append(r.cells(), eventstore.Any, table.RowsInserted{TableID: r.table, Chunk: chunk(ids, map[kernel.ColumnID]string{r.question: "q%d"})})
	return ids
}

func (r *autoRig) edit(rows []kernel.RowID, col kernel.ColumnID, old, text string) {
	r.t.Helper()
	e := table.CellsEdited{TableID: r.table, Source: table.FromEdit, Chunk: chunk(rows, map[kernel.ColumnID]string{col: text}), Old: chunk(rows, map[kernel.ColumnID]string{col: old}).Cols}
	r.append(r.cells(), eventstore.Any, e)
}

// wanted reads the events after a position that the reactor wants.
func (r *autoRig) wanted(after int64) []eventstore.Recorded {
	var out []eventstore.Recorded
	for {
		page, err := r.store.ReadAll(context.Background(), after, 1000)
		require.NoError(r.t, err)
		if len(page) == 0 {
			return out
		}
		for _, e := range page {
			after = e.Position
			if slices.Contains(r.reactor.Types(), e.Type) {
				out = append(out, e)
			}
		}
	}
}

// react hands the reactor everything in the log at once, as after a crash, and returns the automatic runs that there are then.
func (r *autoRig) react() []enrichment.RunStarted {
	r.t.Helper()
	require.NoError(r.t, r.reactor.Handle(r.t.Context(), r.wanted(0)))
	return r.autoRuns()
}

// autoRuns are the runs that were started by themselves.
func (r *autoRig) autoRuns() []enrichment.RunStarted {
	var out []enrichment.RunStarted
	for after := int64(0); ; {
		page, err := r.store.ReadAll(context.Background(), after, 1000)
		require.NoError(r.t, err)
		if len(page) == 0 {
			return out
		}
		for _, rec := range page {
			after = rec.Position
			e, err := r.codec.Decode(rec)
			require.NoError(r.t, err)
			if e, ok := e.(enrichment.RunStarted); ok && e.Auto {
				m, err := rec.Meta()
				require.NoError(r.t, err)
				require.Equal(r.t, kernel.System(), m.Actor, "nobody asked")
				require.NotEmpty(r.t, m.CausationID)
				out = append(out, e)
			}
		}
	}
}

func columnsOf(e enrichment.RunStarted) []kernel.ColumnID {
	var out []kernel.ColumnID
	for _, p := range e.Plans {
		out = append(out, p.ColumnID)
	}
	return out
}

func TestAColumnAsksByItselfForNewAndChangedRowsOnly(t *testing.T) {
	t.Parallel()
	r := newAutoRig(t)
	off := r.column("Off", false, nil, r.question)
	before := r.insert(3)
	col := r.column("Answer", true, nil, r.question)
	require.Empty(t, r.react(), "the rows were there before the column was told to ask")

	fresh := r.insert(5)
	runs := r.react()
	require.Len(t, runs, 1, "one run, not one a row")
	require.Equal(t, fresh, runs[0].Selection.Rows)
	require.Equal(t, []kernel.ColumnID{col}, columnsOf(runs[0]))

	r.edit(before[:2], r.question, "q%d", "other%d")
	r.edit(before[2:], r.question, "q%d", "q%d")
	r.edit(fresh, r.quiet, "", "written by hand")
	runs = r.react()
	require.Len(t, runs, 2)
	require.Equal(t, before[:2], runs[1].Selection.Rows, "only where the input has another value")
	require.NotContains(t, columnsOf(runs[1]), off, "off by default")
	require.Len(t, r.react(), 2, "a repeat starts nothing")
}

func TestManyEditsBecomeOneRunForEachSetOfColumns(t *testing.T) {
	t.Parallel()
	r := newAutoRig(t)
	one := r.column("One", true, nil, r.question)
	two := r.column("Two", true, func(c *enrichment.Config) { c.Condition = `{{Quiet}} != "no"` }, r.question)
	rows := r.insert(300)
	require.Len(t, r.react(), 1, "both columns are asked by one run")
	for _, row := range rows {
		r.edit([]kernel.RowID{row}, r.question, "q%d", "again")
	}
	r.edit(rows[:10], r.quiet, "", "no")
	runs := r.react()
	require.Len(t, runs, 2)
	require.Equal(t, rows, runs[1].Selection.Rows, "300 edits are one run")
	require.ElementsMatch(t, []kernel.ColumnID{one, two}, columnsOf(runs[1]))

	r.edit(rows[:10], r.quiet, "no", "yes")
	runs = r.react()
	require.Len(t, runs, 3)
	require.Equal(t, []kernel.ColumnID{two}, columnsOf(runs[2]), "the row's condition reads the column too")
}

func TestAValueThatCameWithTheChangeIsKept(t *testing.T) {
	t.Parallel()
	r := newAutoRig(t)
	col := r.column("Answer", true, nil, r.question)
	ids := r.newRows(4)
	r.append(r.cells(), eventstore.Any, table.RowsInserted{TableID: r.table, Chunk: chunk(ids, map[kernel.ColumnID]string{r.question: "q", col: "known"})})
	require.Empty(t, r.react())
}

func TestColumnsThatFeedEachOtherAreAskedOnce(t *testing.T) {
	t.Parallel()
	r := newAutoRig(t)
	first := r.column("First", true, nil, r.question)
	second := r.column("Second", true, nil, first)
	third := r.column("Third", true, nil, second)
	r.configure(first, enrichment.Config{AutoRun: true, Steps: []enrichment.Step{
		{Provider: "free", Inputs: map[string]enrichment.Input{"q": {Template: "{{Question}} {{Third}}"}}, Output: "a"},
	}})
	r.answers = []kernel.ColumnID{first, second, third}
	r.insert(7)
	runs := r.react()
	require.Len(t, runs, 1)
	require.ElementsMatch(t, []kernel.ColumnID{first, second, third}, columnsOf(runs[0]), "what reads an answer is in the same run")
	require.Equal(t, enrichmentflow.Done, r.work(input(runs[0].RunID)))
	r.requireEachOnce(runs[0].RunID, 0)
	require.Len(t, r.react(), 1, "the run's own answers start nothing")
}

func TestAPersonsRunIsFollowedWhenItHasEnded(t *testing.T) {
	t.Parallel()
	r := newAutoRig(t)
	asked := r.column("Asked", true, nil, r.question)
	follows := r.column("Follows", true, nil, asked)
	rows := r.newRows(5) // not in the log, so only the run tells of them
	job := r.start(func(s *enrichmentcmd.Start) { s.Columns = []kernel.ColumnID{asked} })
	require.Empty(t, r.react())
	r.work(input(job.ID))
	runs := r.react()
	require.Len(t, runs, 1)
	require.Equal(t, []kernel.ColumnID{follows}, columnsOf(runs[0]), "the column that was run is not asked again")
	require.Equal(t, rows, runs[0].Selection.Rows)

	job = r.start(func(s *enrichmentcmd.Start) { s.Columns = []kernel.ColumnID{asked} })
	_, err := r.handlers.Control(t.Context(), meta(), enrichmentcmd.Control{Workspace: workspace, Run: job.ID, Verb: enrichmentcmd.Cancel})
	require.NoError(t, err)
	r.work(input(job.ID))
	require.Len(t, r.react(), 1, "somebody stopped it")
}

// importOf appends an import of n rows, in chunks of 50, without its end.
func (r *autoRig) importOf(n int) (eventstore.StreamID, kernel.ImportID) {
	r.t.Helper()
	id := kernel.ImportID(r.ids.New(kernel.PrefixImport))
	stream := eventstore.Stream("import", string(id))
	var events []kernel.Event
	for i := 0; i < n; i += 50 {
		rows := make([]kernel.RowID, 50)
		for j := range rows {
			rows[j] = kernel.RowID(r.ids.New(kernel.PrefixRow))
		}
		events = append(events, dataops.RowsAdded{ImportID: id, TableID: r.table, Chunk: chunk(rows, map[kernel.ColumnID]string{r.question: "q%d"})})
	}
	r.append(stream, eventstore.Any, events...)
	return stream, id
}

func TestALargeImportBecomesFewRuns(t *testing.T) {
	t.Parallel()
	r := newAutoRig(t)
	r.column("Answer", true, nil, r.question)
	stream, id := r.importOf(100_000)
	require.Empty(t, r.react(), "not while it is being imported")
	r.append(stream, eventstore.Any, dataops.Completed{ImportID: id})
	runs := r.react()
	require.Len(t, runs, 4)
	seen := map[kernel.RowID]bool{}
	for _, run := range runs {
		for _, row := range run.Selection.Rows {
			require.False(t, seen[row], "no row twice")
			seen[row] = true
		}
	}
	require.Len(t, seen, 100_000)
	r.reactor = r.newReactor()
	require.Len(t, r.react(), 4, "another process that looks again starts nothing")

	cancelled, id := r.importOf(50)
	r.append(cancelled, eventstore.Any, dataops.Cancelled{ImportID: id})
	require.Len(t, r.react(), 4, "somebody stopped it")
}

// flaky is a log whose answers get lost: the append has happened.
type flaky struct {
	eventstore.Store
	mu   sync.Mutex
	lose func(eventstore.Append) bool
}

func (f *flaky) Append(ctx context.Context, a eventstore.Append) (eventstore.Appended, error) {
	done, err := f.Store.Append(ctx, a)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil && f.lose != nil && f.lose(a) {
		return eventstore.Appended{}, eventstore.ErrUnknownOutcome
	}
	return done, err
}

func TestALostAnswerOfTheLogStartsNothingTwice(t *testing.T) {
	t.Parallel()
	r := newAutoRig(t)
	lost := 0
	r.store = &flaky{Store: r.store, lose: func(a eventstore.Append) bool {
		lost++
		return a.Meta.Command == "enrichment.auto_run" && lost%2 == 1
	}}
	r.build(fast(), newFake("free", 0))
	r.reactor = r.newReactor()
	r.column("Answer", true, nil, r.question)
	stream, id := r.importOf(60_000)
	r.append(stream, eventstore.Any, dataops.Completed{ImportID: id})
	rows := 0
	for _, run := range r.react() {
		rows += len(run.Selection.Rows)
	}
	require.Equal(t, 60_000, rows)
}

// However the events are cut into batches, from wherever they come again after crashes, and with two processes at it: every change
// is answered by exactly one run, and by none that it does not call for.
func TestEveryChangeIsAnsweredOnceThroughCrashes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := newAutoRig(t)
		r.column("One", true, nil, r.question)
		r.column("Two", true, nil, r.quiet)
		want := map[string]int{} // row and column whose change was seen
		for range rapid.IntRange(1, 20).Draw(rt, "changes") {
			for _, row := range r.insert(rapid.IntRange(1, 3).Draw(rt, "rows")) {
				want[string(row)]++
			}
		}
		events := r.wanted(0)
		processes := []*enrichmentflow.AutoRuns{r.newReactor(), r.newReactor()}
		at := make([]int, len(processes))
		for slices.Min(at) < len(events) {
			p := rapid.IntRange(0, 1).Draw(rt, "process")
			from := at[p]
			to := rapid.IntRange(from, min(len(events), from+6)).Draw(rt, "to")
			require.NoError(rt, processes[p].Handle(context.Background(), events[from:to]))
			if rapid.Bool().Draw(rt, "crash") { // before the checkpoint moved
				processes[p] = r.newReactor()
				at[p] = min(at[0], at[1])
				continue
			}
			at[p] = to
		}
		got := map[string]int{}
		for _, run := range r.autoRuns() {
			for _, row := range run.Selection.Rows {
				got[string(row)]++
			}
		}
		require.Equal(rt, want, got)
	})
}

func TestTwoProcessesAtOnceStartOneRun(t *testing.T) {
	t.Parallel()
	r := newAutoRig(t, newFake("paid", 1000))
	r.grant(1_000_000)
	r.column("Answer", true, nil, r.question)
	r.insert(10)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := r.newReactor().Handle(context.Background(), r.wanted(0)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	require.Len(t, r.autoRuns(), 1)
	require.Equal(t, kernel.Credits(5000), r.account().Reserved())
}

func TestAnAutomaticRunStopsWhereTheCreditsDo(t *testing.T) {
	t.Parallel()
	r := newAutoRig(t, newFake("paid", 1000))
	r.grant(3000)
	r.answers = []kernel.ColumnID{r.column("Answer", true, nil, r.question)}
	r.insert(10)
	runs := r.react()
	require.Len(t, runs, 1)
	require.Equal(t, kernel.Credits(3000), runs[0].Reserved, "what there is")
	r.work(input(runs[0].RunID))
	run := r.run(runs[0].RunID)
	require.Equal(t, enrichment.RunPartiallyCompleted, run.State())
	require.EqualValues(t, 3, run.Counts().Succeeded)
	require.Zero(t, r.account().Balance())
	require.Contains(t, reason(t, r.rig, run.ID()), "credits are used up")
}

func TestAColumnThatCanNotBeRunIsLeftOut(t *testing.T) {
	t.Parallel()
	r := newAutoRig(t)
	gone := r.column("Gone", true, nil, r.question)
	good := r.column("Good", true, nil, r.quiet)
	tables := eventstore.NewRepo("table", r.store, r.codec, table.Blank)
	_, err := tables.Update(t.Context(), meta(), string(r.table), func(tbl *table.Table) (any, error) {
		return nil, tbl.DeleteColumn(r.question, table.Step{Step: "stp_1"})
	})
	require.NoError(t, err)
	ids := r.newRows(2)
	r.append(r.cells(), eventstore.Any, table.RowsInserted{TableID: r.table, Chunk: chunk(ids, map[kernel.ColumnID]string{r.question: "q", r.quiet: "n"})})
	runs := r.react()
	require.Len(t, runs, 1)
	require.Equal(t, []kernel.ColumnID{good}, columnsOf(runs[0]))
	require.NotEqual(t, gone, good)

	_, err = tables.Update(t.Context(), meta(), string(r.table), func(tbl *table.Table) (any, error) { return nil, tbl.Trash() })
	require.NoError(t, err)
	r.insert(2)
	require.Len(t, r.react(), 1, "a table in the trash asks nothing")
}
