package enrichment_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/domaintest"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

func at() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

func started() enrichment.RunStarted {
	return enrichment.RunStarted{
		RunID: "run_1", TableID: "tbl_1", Plans: []enrichment.Plan{{ColumnID: "col_a"}, {ColumnID: "col_b"}},
		Estimate: enrichment.Estimate{Records: 4}, At: at(),
	}
}

func page() enrichment.RunPageStarted {
	return enrichment.RunPageStarted{
		RunID: "run_1", TableID: "tbl_1", Page: 1, Rows: []kernel.RowID{"row_1", "row_2"}, Columns: []kernel.ColumnID{"col_a", "col_b"}, Next: "row_2", Noted: true, At: at(),
	}
}

func answers(marks ...enrichment.Mark) enrichment.RunAnswersRecorded {
	return enrichment.RunAnswersRecorded{RunID: "run_1", TableID: "tbl_1", Page: 1, Marks: marks}
}

func TestARunGoesThroughItsPages(t *testing.T) {
	t.Parallel()
	run := domaintest.Given(t, enrichment.NewRun(), started()).When(func(r *enrichment.Run) error {
		return r.StartPage([]enrichment.PagePart{{Rows: page().Rows, Columns: page().Columns}}, "row_2", at())
	}).Then(page())
	require.Equal(t, enrichment.RunRunning, run.State())
	require.Len(t, run.Open(), 4)
	require.NoError(t, run.Apply(answers(
		enrichment.Mark{RowID: "row_1", ColumnID: "col_a", State: enrichment.MarkValue},
		enrichment.Mark{RowID: "row_1", ColumnID: "col_b", State: enrichment.MarkError})))
	require.Equal(t, []enrichment.Cell{{Row: "row_2", Column: "col_a"}, {Row: "row_2", Column: "col_b"}}, run.Open())
	require.Equal(t, enrichment.Counts{Total: 4, Done: 2, Succeeded: 1, Failed: 1}, run.Counts())
}

func TestAPageStartedAgainKeepsWhatIsAnswered(t *testing.T) {
	t.Parallel()
	run := domaintest.Given(t, enrichment.NewRun(), started(), page(), answers(enrichment.Mark{RowID: "row_1", ColumnID: "col_a", State: enrichment.MarkValue})).
		When(func(r *enrichment.Run) error { return r.StartPageAgain(at()) })
	again := func(rows []kernel.RowID, cols ...kernel.ColumnID) enrichment.RunPageStarted {
		return enrichment.RunPageStarted{RunID: "run_1", TableID: "tbl_1", Page: 1, Rows: rows, Columns: cols, Next: "row_2", Again: true, Noted: true, At: at()}
	}
	r := run.Then(again([]kernel.RowID{"row_1"}, "col_b"), again([]kernel.RowID{"row_2"}, "col_a", "col_b"))
	require.Len(t, r.Open(), 3)
	require.EqualValues(t, 2, r.Rows())
}

func TestControls(t *testing.T) {
	t.Parallel()
	pause := func(r *enrichment.Run) error { return r.Pause(at()) }
	resume := func(r *enrichment.Run) error { return r.Resume(at()) }
	cancel := func(r *enrichment.Run) error { return r.Cancel(at()) }
	retry := func(r *enrichment.Run) error {
		return r.Retry(enrichment.Failures{Records: r.Counts().Failed}, 0, nil, at())
	}
	paused := enrichment.RunPaused{RunID: "run_1", At: at()}
	cancelled := enrichment.RunCancelRequested{RunID: "run_1", At: at()}
	ended := func(s enrichment.RunState) enrichment.RunFinished {
		return enrichment.RunFinished{RunID: "run_1", State: s}
	}
	failure := answers(enrichment.Mark{RowID: "row_1", ColumnID: "col_a", State: enrichment.MarkError})
	given := func(events ...kernel.Event) *domaintest.Story[*enrichment.Run] {
		return domaintest.Given(t, enrichment.NewRun(), append([]kernel.Event{started()}, events...)...)
	}

	given().When(pause).Then(paused)
	given(paused).When(pause).ThenNothing()
	given(paused).When(resume).Then(enrichment.RunResumed{RunID: "run_1", At: at()})
	given().When(resume).ThenNothing()
	given(page()).When(cancel).Then(cancelled)
	given(paused).When(cancel).Then(cancelled)
	given(cancelled).When(cancel).ThenNothing()
	given(cancelled).When(pause).ThenRefused("WRONG_STATE")
	given(ended(enrichment.RunCompleted)).When(cancel).ThenRefused("WRONG_STATE")
	given().When(retry).ThenRefused("WRONG_STATE")
	given(ended(enrichment.RunCompleted)).When(retry).ThenRefused("NOTHING_FAILED")
	given(page(), failure, ended(enrichment.RunPartiallyCompleted)).When(retry).Then(enrichment.RunRetried{RunID: "run_1", Round: 1, Records: 1, At: at()})
	domaintest.Given(t, enrichment.NewRun()).When(pause).ThenRefused("NOT_FOUND")
}

func TestARetryCountsTheFailuresAnew(t *testing.T) {
	t.Parallel()
	run := domaintest.Given(t, enrichment.NewRun(), started(), page(),
		answers(enrichment.Mark{RowID: "row_1", ColumnID: "col_a", State: enrichment.MarkError}, enrichment.Mark{RowID: "row_1", ColumnID: "col_b", State: enrichment.MarkValue}),
		enrichment.RunFinished{RunID: "run_1", State: enrichment.RunPartiallyCompleted}, enrichment.RunRetried{RunID: "run_1", Round: 1, Records: 1},
		answers(enrichment.Mark{RowID: "row_1", ColumnID: "col_a", State: enrichment.MarkValue})).
		When(func(*enrichment.Run) error { return nil }).ThenNothing()
	require.Equal(t, enrichment.Counts{Total: 2, Done: 2, Succeeded: 2}, run.Counts())
}

func TestARetryIsForOneReason(t *testing.T) {
	t.Parallel()
	failed := func(row kernel.RowID, why string) enrichment.Mark {
		return enrichment.Mark{RowID: row, ColumnID: "col_a", State: enrichment.MarkError, Message: why}
	}
	ended := func() *domaintest.Story[*enrichment.Run] {
		return domaintest.Given(t, enrichment.NewRun(), started(), page(), answers(failed("row_1", "too slow"), failed("row_2", "no key")),
			enrichment.RunFinished{RunID: "run_1", State: enrichment.RunPartiallyCompleted})
	}
	run := ended().When(func(r *enrichment.Run) error {
		return r.Retry(enrichment.Failures{Reason: "no key", Records: 1}, 0, nil, at())
	}).Then(enrichment.RunRetried{RunID: "run_1", Round: 1, Records: 1, Reason: "no key", At: at()})
	require.Equal(t, "no key", run.Reason())
	require.Equal(t, enrichment.Counts{Total: 2, Done: 1, Failed: 1}, run.Counts(), "the other failure stays")
	for _, n := range []int64{0, -1, 3} {
		ended().When(func(r *enrichment.Run) error {
			return r.Retry(enrichment.Failures{Reason: "x", Records: n}, 0, nil, at())
		}).ThenRefused("NOTHING_FAILED")
	}
}

func TestARunThatStoppedEarlyKeepsItsTotal(t *testing.T) {
	t.Parallel()
	for state, total := range map[enrichment.RunState]int64{
		enrichment.RunCancelled: 4, enrichment.RunFailed: 4, enrichment.RunCompleted: 1, enrichment.RunPartiallyCompleted: 1,
	} {
		run := domaintest.Given(t, enrichment.NewRun(), started(), page(), answers(enrichment.Mark{RowID: "row_1", ColumnID: "col_a", State: enrichment.MarkValue}),
			enrichment.RunFinished{RunID: "run_1", State: state}).When(func(*enrichment.Run) error { return nil }).ThenNothing()
		require.Equal(t, enrichment.Counts{Total: total, Done: 1, Succeeded: 1}, run.Counts(), state)
	}
}

func TestASnapshotIsTheRun(t *testing.T) {
	t.Parallel()
	run := domaintest.Given(t, enrichment.NewRun(), started(), page()).When(func(*enrichment.Run) error { return nil }).ThenNothing()
	state, err := run.MarshalState()
	require.NoError(t, err)
	again := enrichment.NewRun()
	require.NoError(t, again.UnmarshalState(state))
	require.Equal(t, run, again)
}
