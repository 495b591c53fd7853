package enrichmentflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

func TestARunAsksEveryRowOnceAndPaysForIt(t *testing.T) {
	t.Parallel()
	paid := newFake("paid", 2000)
	r := newRig(t, 333, fast(), paid)
	r.addColumn("Answer", "paid")
	r.grant(1_000_000)
	job := r.start(nil)
	require.EqualValues(t, 333, job.Estimate.Records)
	require.Equal(t, kernel.Credits(333*1000), job.Reserved, "half are expected to be found")

	require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
	r.requireEachOnce(job.ID, 2000)
	run := r.run(job.ID)
	require.Equal(t, enrichment.RunCompleted, run.State())
	require.Equal(t, enrichment.Counts{Total: 333, Done: 333, Succeeded: 333}, run.Counts())
	require.Equal(t, kernel.Credits(666_000), run.Spent())
	require.Equal(t, kernel.Credits(334_000), r.account().Available(), "what was not needed is released")
	require.Zero(t, r.account().Reserved())
}

func TestWhatProvidersAnswerIsNotInTheClearInTheLog(t *testing.T) {
	t.Parallel()
	const canary = "canary-77"
	provider := newFake("free", 0)
	provider.Outputs = append(provider.Outputs, enrichment.Field{Name: "more", Label: "More", Type: enrichment.FieldText})
	provider.do = func(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
		if req.Inputs["q"] == "q0" {
			return enrichment.Reply{Outputs: map[string]any{"a": "short", "more": canary + " best"}}, nil
		}
		return enrichment.Reply{Outputs: map[string]any{"a": "an accepted answer", "more": canary}, Story: enrichment.Story{{Said: canary}}}, nil
	}
	r := newRig(t, 2, fast(), provider)
	col := r.addColumn("Answer", "free")
	cfg := enrichment.Config{Steps: []enrichment.Step{{
		Provider: "free", Inputs: map[string]enrichment.Input{"q": {Column: r.question}}, Output: "a", Validator: &enrichment.Validator{Pattern: "accepted"},
	}}}
	_, err := r.handlers.Configure(t.Context(), meta(), enrichmentcmd.Configure{Workspace: workspace, Table: r.table, Column: col, Config: cfg})
	require.NoError(t, err)
	job := r.start(nil)
	r.work(input(job.ID))

	events, err := r.store.ReadAll(t.Context(), 0, 1000)
	require.NoError(t, err)
	var opened []string
	for _, rec := range events {
		require.NotContains(t, string(rec.Data), canary, rec.Type)
		e, err := r.codec.Decode(rec)
		require.NoError(t, err)
		if e, ok := e.(enrichment.RunAnswersRecorded); ok {
			require.Equal(t, enrichment.AnswerKey(workspace, e.At), e.KeptFor)
			for _, k := range e.Kept {
				plain, ok, err := r.ring.Open(t.Context(), e.KeptFor, k.Body)
				require.NoError(t, err)
				require.True(t, ok)
				var body enrichment.AnswerBody
				require.NoError(t, json.Unmarshal(plain, &body))
				reply, has := body.Find(k.Asked[0])
				require.True(t, has)
				require.Equal(t, 1, strings.Count(string(plain), "an accepted answer")+strings.Count(string(body.Best), "short"), "the accepted outputs are in it once")
				require.Equal(t, e.Marks[k.Index].State == enrichment.MarkValue, len(body.Stories[0]) == 1, "the story is sealed with it")
				opened = append(opened, fmt.Sprintf("%s outputs %s best %s reply %s", e.Marks[k.Index].State, body.Outputs, body.Best, reply.Outputs))
			}
		}
	}
	require.ElementsMatch(t, []string{
		`empty outputs  best {"a":"short","more":"canary-77 best"} reply {"a":"short","more":"canary-77 best"}`,
		`value outputs {"a":"an accepted answer","more":"canary-77"} best  reply {"a":"an accepted answer","more":"canary-77"}`,
	}, opened)
}

func TestARowMadeAfterTheStartIsNotInTheRun(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3, fast(), newFake("free", 0))
	r.addColumn("Answer", "free")
	job := r.start(nil)
	time.Sleep(3 * time.Millisecond)
	late := r.addRow("late")
	r.work(input(job.ID))
	require.NotContains(t, r.outcomes(job.ID), enrichment.Cell{Row: late, Column: r.answers[0]})
	require.EqualValues(t, 3, r.run(job.ID).Counts().Done)
}

func TestSelections(t *testing.T) {
	t.Parallel()
	r := newRig(t, 120, fast(), newFake("free", 0))
	col := r.addColumn("Answer", "free")
	r.rows.rows[7].Cells[col] = json.RawMessage(`"there already"`)
	r.rows.rows[9].Failed = map[kernel.ColumnID]bool{col: true}
	for name, c := range map[string]struct {
		change func(*enrichmentcmd.Start)
		want   int64
	}{
		"all":       {nil, 120},
		"the first": {func(s *enrichmentcmd.Start) { s.First = 70 }, 70},
		"empty":     {func(s *enrichmentcmd.Start) { s.Scope = enrichment.ScopeEmpty }, 119},
		"failed":    {func(s *enrichmentcmd.Start) { s.Scope = enrichment.ScopeFailed }, 1},
		"some rows": {func(s *enrichmentcmd.Start) {
			s.Scope = enrichment.ScopeRows
			for _, i := range []int{100, 5, 77, 5} {
				s.Rows = append(s.Rows, r.rows.rows[i].ID)
			}
		}, 3},
		"rows that are gone": {func(s *enrichmentcmd.Start) {
			s.Scope = enrichment.ScopeRows
			for range 60 {
				s.Rows = append(s.Rows, kernel.RowID(r.ids.New(kernel.PrefixRow)))
			}
			s.Rows = append(s.Rows, r.rows.rows[3].ID)
		}, 1},
	} {
		job := r.start(c.change)
		require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
		require.Equal(t, c.want, r.run(job.ID).Counts().Done, name)
	}
}

func TestALaterColumnSeesTheAnswerOfAnEarlierOne(t *testing.T) {
	t.Parallel()
	r := newRig(t, 5, fast(), newFake("free", 0))
	first := r.addColumn("First", "free")
	second := r.addColumn("Second", "free")
	cfg := enrichment.Config{Steps: []enrichment.Step{{Provider: "free", Inputs: map[string]enrichment.Input{"q": {Template: "{{First}}!"}}, Output: "a"}}}
	_, err := r.handlers.Configure(t.Context(), meta(), enrichmentcmd.Configure{Workspace: workspace, Table: r.table, Column: second, Config: cfg})
	require.NoError(t, err)
	job := r.start(func(s *enrichmentcmd.Start) { s.Columns = []kernel.ColumnID{second, first} })
	r.work(input(job.ID))
	require.JSONEq(t, `"re: re: q0!"`, r.outcomes(job.ID)[enrichment.Cell{Row: r.rows.rows[0].ID, Column: second}].value)
}

func TestPauseResumeAndCancel(t *testing.T) {
	t.Parallel()
	p := newFake("slow", 1000)
	var once sync.Once
	reached := make(chan struct{})
	p.do = func(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
		if req.Inputs["q"] == "q100" {
			once.Do(func() { close(reached) })
		}
		time.Sleep(time.Millisecond)
		return enrichment.Reply{Outputs: map[string]any{"a": "x"}}, nil
	}
	limits := fast()
	limits.Workers = 4
	r := newRig(t, 400, limits, p)
	r.addColumn("Answer", "slow")
	r.grant(1_000_000)
	job := r.start(nil)
	control := func(v enrichmentcmd.Verb) {
		_, err := r.handlers.Control(t.Context(), meta(), enrichmentcmd.Control{Workspace: workspace, Run: job.ID, Verb: v})
		require.NoError(t, err)
	}
	ended := make(chan enrichmentflow.Next)
	go func() { ended <- r.work(input(job.ID)) }()
	<-reached
	control(enrichmentcmd.Pause)
	require.Equal(t, enrichmentflow.Paused, <-ended)
	paused := r.run(job.ID)
	require.Less(t, paused.Counts().Done, int64(400))
	require.True(t, paused.Calm() || len(paused.Open()) == 0, "the page is left in order")
	require.EqualValues(t, p.calls(), paused.Counts().Done, "every call that was made is recorded")

	control(enrichmentcmd.Resume)
	go func() { ended <- r.work(input(job.ID)) }()
	require.Eventually(t, func() bool { return r.run(job.ID).Counts().Done > paused.Counts().Done+50 }, 10*time.Second, time.Millisecond)
	control(enrichmentcmd.Cancel)
	require.Equal(t, enrichmentflow.Done, <-ended)
	run := r.run(job.ID)
	require.Equal(t, enrichment.RunCancelled, run.State())
	require.Empty(t, run.Open())
	require.EqualValues(t, p.calls(), run.Counts().Succeeded)
	require.Equal(t, kernel.Credits(1_000_000-1000*run.Counts().Succeeded), r.account().Available())
}

// A crash in the middle of a page: what the dead worker had asked and not recorded is asked again of an idempotent provider.
func TestACrashLosesNothingAndPaysNothingTwice(t *testing.T) {
	t.Parallel()
	for name, idempotent := range map[string]bool{"idempotent": true, "not idempotent": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newFake("paid", 1000)
			p.Idempotent = idempotent
			r := newRig(t, 120, fast(), p)
			r.addColumn("Answer", "paid")
			r.grant(1_000_000)
			job := r.start(nil)
			r.crash(job.ID)
			require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
			r.requireEachOnce(job.ID, 1000)
			run := r.run(job.ID)
			if idempotent {
				require.EqualValues(t, 120, run.Counts().Succeeded)
				told := 0
				for _, o := range r.outcomes(job.ID) {
					if o.prov.Attempts[0].Repeated {
						told++
					}
				}
				require.Equal(t, 2, told, "what may have been asked twice is told")
				return
			}
			require.EqualValues(t, 2, run.Counts().Failed, "the two cells of the dead worker's intent")
			require.Equal(t, enrichment.RunPartiallyCompleted, run.State())
			for _, o := range r.outcomes(job.ID) {
				if o.marks[0].State == enrichment.MarkError {
					require.Equal(t, enrichment.StatusUnknown, o.prov.Attempts[0].Status)
				}
			}
			require.Equal(t, 118, p.calls(), "none of the two was asked again")
		})
	}
}

func calls(rows []kernel.RowID, columns []kernel.ColumnID) (out []enrichment.Call) {
	for _, row := range rows {
		for _, col := range columns {
			out = append(out, enrichment.Call{Cell: enrichment.Cell{Row: row, Column: col}})
		}
	}
	return out
}

// crash leaves the run as a worker does that died after it had asked for the first two rows.
func (r *rig) crash(id kernel.RunID) {
	r.t.Helper()
	run := r.run(id)
	first := []kernel.RowID{r.rows.rows[0].ID, r.rows.rows[1].ID}
	require.NoError(r.t, run.StartPage([]enrichment.PagePart{{Rows: first, Columns: r.answers}}, first[1], r.clock.Now()))
	require.NoError(r.t, run.NoteCalls(calls(first, r.answers)))
	r.append(eventstore.Stream("run", string(id)), 1, run.Pending()...)
}

func TestARetryAsksWhatFailed(t *testing.T) {
	t.Parallel()
	p := newFake("flaky", 1000)
	var healthy atomic.Bool
	p.do = func(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
		if len(req.Inputs["q"]) == 2 && !healthy.Load() { // q0 to q9
			return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "not today")
		}
		return enrichment.Reply{Outputs: map[string]any{"a": "x" + req.Inputs["q"]}}, nil
	}
	r := newRig(t, 60, fast(), p)
	r.addColumn("Answer", "flaky")
	r.grant(1_000_000)
	job := r.start(nil)
	r.work(input(job.ID))
	require.Equal(t, enrichment.RunPartiallyCompleted, r.run(job.ID).State())
	require.EqualValues(t, 10, r.run(job.ID).Counts().Failed)

	healthy.Store(true)
	_, err := r.handlers.Control(t.Context(), meta(), enrichmentcmd.Control{Workspace: workspace, Run: job.ID, Verb: enrichmentcmd.Retry})
	require.NoError(t, err)
	require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)), "the old round has nothing to do")
	require.Equal(t, enrichment.RunPending, r.run(job.ID).State())
	in := input(job.ID)
	in.Round = 1
	r.work(in)
	run := r.run(job.ID)
	require.Equal(t, enrichment.RunCompleted, run.State())
	require.Equal(t, enrichment.Counts{Total: 60, Done: 60, Succeeded: 60}, run.Counts())
	require.Equal(t, 70, p.calls())
	require.Equal(t, kernel.Credits(1_000_000-60_000), r.account().Available())
}

func TestARetryAsksWhatFailedForOneReason(t *testing.T) {
	t.Parallel()
	p := newFake("flaky", 0)
	var healthy atomic.Bool
	p.do = func(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
		if len(req.Inputs["q"]) == 2 && !healthy.Load() { // q0 to q9
			why := "not today"
			if req.Inputs["q"] < "q4" {
				why = "not here"
			}
			return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, why)
		}
		return enrichment.Reply{Outputs: map[string]any{"a": "x" + req.Inputs["q"]}}, nil
	}
	r := newRig(t, 12, fast(), p)
	r.addColumn("Answer", "flaky")
	job := r.start(nil)
	r.work(input(job.ID))
	healthy.Store(true)
	only := &enrichment.Failures{Reason: "flaky: not here", Records: 4}
	_, err := r.handlers.Control(t.Context(), meta(), enrichmentcmd.Control{Workspace: workspace, Run: job.ID, Verb: enrichmentcmd.Retry, Only: only})
	require.NoError(t, err)
	in := input(job.ID)
	in.Round = 1
	r.work(in)
	require.Equal(t, enrichment.Counts{Total: 12, Done: 12, Succeeded: 6, Failed: 6}, r.run(job.ID).Counts())
	require.Equal(t, enrichment.RunPartiallyCompleted, r.run(job.ID).State())
	require.Equal(t, 16, p.calls())
}

func TestTheTableChangesUnderARun(t *testing.T) {
	t.Parallel()
	p := newFake("free", 0)
	var once sync.Once
	var r *rig
	var column kernel.ColumnID
	change := func(fn func(*table.Table) error) {
		_, err := eventstore.NewRepo("table", r.store, r.codec, table.Blank).Update(r.t.Context(), meta(), string(r.table), func(tb *table.Table) (any, error) {
			return nil, fn(tb)
		})
		require.NoError(t, err)
	}
	p.do = func(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
		if req.Inputs["q"] == "q70" {
			once.Do(func() { change(func(tb *table.Table) error { return tb.Rename("Other", table.Step{}) }) })
		}
		return enrichment.Reply{Outputs: map[string]any{"a": "x"}}, nil
	}
	r = newRig(t, 200, fast(), p)
	column = r.addColumn("Answer", "free")
	job := r.start(nil)
	r.work(input(job.ID))
	require.Equal(t, enrichment.RunCompleted, r.run(job.ID).State())
	r.requireEachOnce(job.ID, 0)

	job = r.start(nil)
	change(func(tb *table.Table) error { return tb.DeleteColumn(column, table.Step{}) })
	r.work(input(job.ID))
	require.Equal(t, enrichment.RunFailed, r.run(job.ID).State())
	require.Equal(t, "the column was deleted", reason(t, r, job.ID))

	change(func(tb *table.Table) error { return tb.Trash() })
	_, err := r.handlers.Start(t.Context(), meta(), enrichmentcmd.Start{Workspace: workspace, Table: r.table, Columns: r.answers, Scope: enrichment.ScopeAll})
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
}

func TestInlineRecords(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0, fast(), newFake("free", 0))
	var records []map[string]json.RawMessage
	for i := range 2500 {
		records = append(records, map[string]json.RawMessage{"email": fmt.Appendf(nil, `"q%d"`, i)})
	}
	res, err := r.handlers.StartInline(t.Context(), meta(), enrichmentcmd.StartInline{
		Workspace: workspace, Records: records,
		Config: enrichment.Config{Steps: []enrichment.Step{{Provider: "free", Inputs: map[string]enrichment.Input{"q": {Column: "email"}}, Output: "a"}}},
	})
	require.NoError(t, err)
	require.Equal(t, enrichmentflow.Done, r.work(input(res.Value.ID)))
	outs := r.outcomes(res.Value.ID)
	require.Len(t, outs, 2500)
	require.Equal(t, enrichment.RunCompleted, r.run(res.Value.ID).State())
}

func TestAStoppingProcessLeavesThePageInOrder(t *testing.T) {
	t.Parallel()
	p := newFake("once", 1000)
	p.Idempotent = false
	ctx, stop := context.WithCancel(t.Context())
	p.do = func(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
		if req.Inputs["q"] == "q5" {
			stop()
		}
		return enrichment.Reply{Outputs: map[string]any{"a": "x"}}, nil
	}
	limits := fast()
	limits.Workers = 2
	r := newRig(t, 100, limits, p)
	r.addColumn("Answer", "once")
	r.grant(1_000_000)
	job := r.start(nil)
	res, err := r.runner.Slice(ctx, input(job.ID), enrichmentflow.Try{})
	require.NoError(t, err)
	require.Equal(t, enrichmentflow.More, res.Next)
	require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
	require.EqualValues(t, 100, r.run(job.ID).Counts().Succeeded, "nothing is of unknown outcome: no call was cut off")
}

func TestAnotherTenantsRunIsNotThere(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, fast(), newFake("free", 0))
	r.addColumn("Answer", "free")
	job := r.start(nil)
	_, err := r.handlers.Control(t.Context(), meta(), enrichmentcmd.Control{Workspace: "ws_other", Run: job.ID, Verb: enrichmentcmd.Cancel})
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	_, err = r.handlers.Start(t.Context(), meta(), enrichmentcmd.Start{Workspace: "ws_other", Table: r.table, Columns: r.answers, Scope: enrichment.ScopeAll})
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
}
