package enrichmentflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// parity answers even questions with an address and odd ones with a word.
func parity(slug string, price kernel.Credits) *fake {
	f := newFake(slug, price)
	f.do = func(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
		q := req.Inputs["q"]
		if (q[len(q)-1]-'0')%2 == 0 {
			return enrichment.Reply{Outputs: map[string]any{"a": slug + "@" + q + ".com"}}, nil
		}
		return enrichment.Reply{Outputs: map[string]any{"a": slug + " " + q}}, nil
	}
	return f
}

// settle writes what the run left into the rows, as the grid does.
func (r *rig) settle(id kernel.RunID) {
	r.t.Helper()
	events, err := r.store.ReadStream(r.t.Context(), eventstore.Stream("run", string(id)), 0, 1000)
	require.NoError(r.t, err)
	for _, rec := range events {
		e, err := r.codec.Decode(rec)
		require.NoError(r.t, err)
		if a, ok := e.(enrichment.RunAnswersRecorded); ok {
			for i, row := range a.Chunk.Rows {
				for col, values := range a.Chunk.Cols {
					r.set(row, col, string(values[i]))
				}
			}
		}
	}
}

func (r *rig) set(row kernel.RowID, col kernel.ColumnID, value string) {
	r.rows.mu.Lock()
	defer r.rows.mu.Unlock()
	for i := range r.rows.rows {
		if r.rows.rows[i].ID == row {
			r.rows.rows[i].Cells[col] = json.RawMessage(value)
		}
	}
}

func (r *rig) cell(n int, col kernel.ColumnID) string { return string(r.rows.rows[n].Cells[col]) }

func (r *rig) config(slugs ...string) enrichment.Config {
	var cfg enrichment.Config
	for _, s := range slugs {
		cfg.Steps = append(cfg.Steps, enrichment.Step{Provider: s, Inputs: map[string]enrichment.Input{"q": {Column: r.question}}, Output: "a"})
	}
	return cfg
}

func (r *rig) replay(col kernel.ColumnID, cfg enrichment.Config) enrichmentcmd.Job {
	r.t.Helper()
	res, err := r.handlers.ReplayColumn(r.t.Context(), meta(), enrichmentcmd.ReplayColumn{Workspace: workspace, Table: r.table, Column: col, Config: cfg})
	require.NoError(r.t, err)
	return res.Value
}

// ran is a table of ten rows whose column was asked of the provider "paid".
func ran(t *testing.T, limits enrichmentflow.Limits) (*rig, *fake, *fake, kernel.ColumnID) {
	t.Helper()
	paid, other := parity("paid", 1000), parity("other", 500)
	r := newRig(t, 10, limits, paid, other)
	r.grant(100_000)
	col := r.addColumn("Answer", "paid")
	job := r.start(nil)
	require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
	r.settle(job.ID)
	require.Equal(t, 10, paid.calls())
	return r, paid, other, col
}

// TestAReplayChangesWhatTheWaterfallSays: without a call and without a debit, by a validator that refuses every second answer. What people
// wrote stays, and nothing else is in the run.
func TestAReplayChangesWhatTheWaterfallSays(t *testing.T) {
	t.Parallel()
	r, paid, _, col := ran(t, enrichmentflow.Limits{PageRows: 3})
	r.set(r.rows.rows[3].ID, col, `"by hand"`)
	spent := r.account().Available()
	strict := r.config("paid")
	strict.Steps[0].Validator = &enrichment.Validator{Type: "email"}

	tested, err := r.handlers.Backtest(t.Context(), enrichmentcmd.Backtest{Workspace: workspace, Table: r.table, Column: col, Config: strict})
	require.NoError(t, err)
	require.Equal(t, map[enrichment.Effect]int64{enrichment.EffectSame: 5, enrichment.EffectLost: 4, enrichment.EffectEdited: 1}, tested.Effects)
	require.True(t, tested.Complete)
	require.Len(t, tested.Rows, 4)
	require.Contains(t, tested.Rows[0].Message, "not a valid email")
	require.EqualValues(t, 10, tested.Now.Found)
	require.EqualValues(t, 5, tested.Then.Found)
	require.EqualValues(t, 5000, tested.Then.Cost)

	job := r.replay(col, strict)
	require.EqualValues(t, 4, job.Estimate.Records)
	require.Zero(t, job.Reserved)
	require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
	r.settle(job.ID)
	require.Equal(t, enrichment.Counts{Total: 4, Done: 4, NotFound: 4}, r.run(job.ID).Counts())
	require.Equal(t, `"paid@q0.com"`, r.cell(0, col))
	require.Equal(t, "null", r.cell(1, col))
	require.Equal(t, `"by hand"`, r.cell(3, col))

	back := r.replay(col, r.config("paid")) // what was taken away comes back from the same records
	require.Equal(t, enrichmentflow.Done, r.work(input(back.ID)))
	r.settle(back.ID)
	require.Equal(t, `"paid q1"`, r.cell(1, col))
	require.Equal(t, `"by hand"`, r.cell(3, col))
	require.Equal(t, 10, paid.calls(), "nobody is asked")
	require.Equal(t, spent, r.account().Available(), "and nothing is paid")
	require.Zero(t, r.run(back.ID).Spent())
}

// TestAReplayIsOneStepWithTheChange: the column's change carries the run's id as its step, so one undo takes both back.
func TestAReplayIsOneStepWithTheChange(t *testing.T) {
	t.Parallel()
	r, _, _, col := ran(t, enrichmentflow.Limits{})
	strict := r.config("paid")
	strict.Steps[0].Validator = &enrichment.Validator{Type: "email"}
	job := r.replay(col, strict)
	events, err := r.store.ReadStream(t.Context(), eventstore.Stream("table", string(r.table)), 0, 100)
	require.NoError(t, err)
	last, err := r.codec.Decode(events[len(events)-1])
	require.NoError(t, err)
	changed, ok := last.(table.ColumnChanged)
	require.True(t, ok)
	require.Equal(t, string(job.ID), changed.Step.Step)
}

// TestAReplayLeavesAloneWhatIsNotRecorded: a step that was never asked decides nothing, and one that is not reached is not missed.
func TestAReplayLeavesAloneWhatIsNotRecorded(t *testing.T) {
	t.Parallel()
	r, _, other, col := ran(t, enrichmentflow.Limits{})
	tested, err := r.handlers.Backtest(t.Context(), enrichmentcmd.Backtest{Workspace: workspace, Table: r.table, Column: col, Config: r.config("other", "paid")})
	require.NoError(t, err)
	require.EqualValues(t, 10, tested.Then.Unknown)
	require.Zero(t, tested.Then.Rows)
	require.Equal(t, map[enrichment.Effect]int64{enrichment.EffectUnknown: 10}, tested.Effects)
	require.NotNil(t, tested.Then.Estimate)
	job := r.replay(col, r.config("other", "paid"))
	require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
	require.Zero(t, r.run(job.ID).Counts().Done)

	strict := r.config("paid", "other")
	strict.Steps[0].Validator = &enrichment.Validator{Type: "email"}
	tested, err = r.handlers.Backtest(t.Context(), enrichmentcmd.Backtest{Workspace: workspace, Table: r.table, Column: col, Config: strict, First: 6})
	require.NoError(t, err)
	require.EqualValues(t, 3, tested.Then.Unknown, "every second of the first six")
	require.EqualValues(t, 3, tested.Then.Found)
	require.False(t, tested.Complete)
	require.Zero(t, other.calls())
}

// TestABacktestSaysWhatARerunGives: all figures, over records of two columns.
func TestABacktestSaysWhatARerunGives(t *testing.T) {
	t.Parallel()
	r, paid, other, col := ran(t, enrichmentflow.Limits{})
	r.addColumn("Second opinion", "other")
	second := r.start(func(s *enrichmentcmd.Start) { s.Columns = r.answers[1:] })
	require.Equal(t, enrichmentflow.Done, r.work(input(second.ID)))
	r.settle(second.ID)

	cfg := r.config("other", "paid")
	cfg.Steps[0].Validator = &enrichment.Validator{Type: "email"}
	cfg.Steps[1].Condition = `{{Question}} != "q1"`
	before := paid.calls() + other.calls()
	tested, err := r.handlers.Backtest(t.Context(), enrichmentcmd.Backtest{Workspace: workspace, Table: r.table, Column: col, Config: cfg})
	require.NoError(t, err)
	require.Equal(t, before, paid.calls()+other.calls())
	require.Zero(t, tested.Then.Unknown)

	_, err = r.handlers.Configure(t.Context(), meta(), enrichmentcmd.Configure{Workspace: workspace, Table: r.table, Column: col, Config: cfg})
	require.NoError(t, err)
	job := r.start(func(s *enrichmentcmd.Start) { s.Columns, s.Force = r.answers[:1], true })
	require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
	run := r.run(job.ID)
	require.Equal(t, run.Counts().Succeeded, tested.Then.Found)
	require.Equal(t, run.Spent(), tested.Then.Cost)
	changed := 0
	for cell, o := range r.outcomes(job.ID) {
		for n, row := range r.rows.rows {
			if row.ID == cell.Row && o.value != "" && strings.Trim(r.cell(n, col), `"`) != strings.Trim(o.value, `"`) {
				changed++
			}
		}
	}
	require.EqualValues(t, tested.Effects[enrichment.EffectChanged], changed, fmt.Sprint(tested.Effects))
}
