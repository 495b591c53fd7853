package analyticsview_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/analyticsview"
)

func facts(t *testing.T, e kernel.Event, meta kernel.Meta) map[analyticsview.Kind][]analyticsview.Fact {
	t.Helper()
	data, err := json.Marshal(e)
	require.NoError(t, err)
	m, err := json.Marshal(meta)
	require.NoError(t, err)
	r := eventstore.Recorded{Position: 7, Workspace: "ws_1", Type: e.EventType(), Data: data, Metadata: m, RecordedAt: time.Date(2026, 1, 2, 3, 44, 59, 0, time.UTC)}
	got, err := analyticsview.FactsOf(r)
	require.NoError(t, err)
	again, err := analyticsview.FactsOf(r)
	require.NoError(t, err)
	require.Equal(t, got, again, "the order of facts must follow from the event")
	out := map[analyticsview.Kind][]analyticsview.Fact{}
	for i, f := range got {
		require.Equal(t, i, f.Line)
		require.Equal(t, time.Date(2026, 1, 2, 3, 30, 0, 0, time.UTC), f.Quarter)
		out[f.Kind] = append(out[f.Kind], f)
	}
	return out
}

func TestAnswersAreCountedByCellAttemptAndField(t *testing.T) {
	t.Parallel()
	attempt := func(step int, provider string, status enrichment.AttemptStatus, calls int) enrichment.Attempt {
		return enrichment.Attempt{Step: step, Provider: provider, Status: status, Calls: calls, LatencyMS: 30, CreditsMC: 5}
	}
	asked := attempt(0, "one", "timeout", 1)
	asked.Repeats = 2 // by workers that were lost
	e := enrichment.RunAnswersRecorded{
		RunID: "run_1", TableID: "tbl_1",
		Chunk: kernel.Chunk{Rows: []kernel.RowID{"a", "b"}, Cols: map[kernel.ColumnID][]json.RawMessage{"col_out": {json.RawMessage(`"x"`), kernel.Null()}}},
		Marks: []enrichment.Mark{{RowID: "a", ColumnID: "col_1", State: enrichment.MarkValue}, {RowID: "b", ColumnID: "col_1", State: enrichment.MarkError}, {RowID: "c", ColumnID: "col_1", State: enrichment.MarkValue}},
		Provenance: []enrichment.Provenance{
			{Provider: "two", CreditsMC: 10, LatencyMS: 60, Attempts: []enrichment.Attempt{attempt(0, "one", enrichment.StatusNotFound, 1), attempt(1, "two", enrichment.StatusSucceeded, 3)}},
			{LatencyMS: 30, Attempts: []enrichment.Attempt{asked, attempt(1, "two", enrichment.StatusBreakerOpen, 0)}},
			{Provider: "one", Cached: true, Attempts: []enrichment.Attempt{{Provider: "one", Status: enrichment.StatusSucceeded, FromCache: true}}},
		},
	}
	got := facts(t, e, kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorRun, ID: "run_1", OnBehalfOf: "usr_1"}})
	require.Len(t, got[analyticsview.Cell], 1)
	cell := got[analyticsview.Cell][0]
	require.Equal(t, [6]string{"tbl_1", "col_1", "", "", "usr_1", "run"}, cell.Dims)
	require.Equal(t, []int64{3, 2, 0, 1, 0, 1, 5, 2, 10, 90}, numbers(cell))
	require.Len(t, got[analyticsview.Attempt], 2)
	require.Equal(t, [6]string{"tbl_1", "col_1", "one", "0", "usr_1", "run"}, got[analyticsview.Attempt][0].Dims)
	require.Equal(t, []int64{3, 1, 1, 1, 0, 1, 2, 2, 10, 60}, numbers(got[analyticsview.Attempt][0]))
	require.Equal(t, []int64{2, 1, 0, 0, 1, 0, 3, 0, 10, 60}, numbers(got[analyticsview.Attempt][1]))
	require.Len(t, got[analyticsview.Field], 1)
	require.Equal(t, []int64{2, 1, 1, 0, 0, 0, 0, 0, 0, 0}, numbers(got[analyticsview.Field][0]))
}

func numbers(f analyticsview.Fact) []int64 {
	n := f.Numbers()
	return n[:10]
}

func TestTheSourceOfAnswers(t *testing.T) {
	t.Parallel()
	mark := []enrichment.Mark{{RowID: "a", ColumnID: "c", State: enrichment.MarkEmpty}}
	byRun := kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorRun, ID: "run_1", OnBehalfOf: "usr_1"}}
	auto := kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorRun, ID: "run_1"}}
	for want, got := range map[string][]analyticsview.Fact{
		analyticsview.SourceRun:     facts(t, enrichment.RunAnswersRecorded{TableID: "tbl", Marks: mark}, byRun)[analyticsview.Cell],
		analyticsview.SourceAuto:    facts(t, enrichment.RunAnswersRecorded{TableID: "tbl", Marks: mark}, auto)[analyticsview.Cell],
		analyticsview.SourceRequest: facts(t, enrichment.RunAnswersRecorded{Marks: mark}, byRun)[analyticsview.Cell],
	} {
		require.Len(t, got, 1)
		require.Equal(t, want, got[0].Dims[5])
	}
}

func TestADebitIsCountedByWhatItPaidFor(t *testing.T) {
	t.Parallel()
	e := credit.Debited{Entry: credit.Entry{Kind: credit.KindDebit, Amount: 12, Table: "tbl_1", Lines: []credit.Line{
		{Column: "col_1", Provider: "one", Amount: 5}, {Column: "col_1", Provider: "one", Amount: 5}, {Column: "col_1", Provider: "two", Amount: 2},
	}}}
	got := facts(t, e, kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}})[analyticsview.Credit]
	require.Len(t, got, 2)
	require.Equal(t, [6]string{"tbl_1", "col_1", "one", "", "usr_1", "debit"}, got[0].Dims)
	require.EqualValues(t, 10, got[0].Credits)
	require.EqualValues(t, 2, got[1].Credits)
	grant := facts(t, credit.Granted{Entry: credit.Entry{Kind: credit.KindGrant, Amount: 100}}, kernel.Meta{Actor: kernel.System()})[analyticsview.Credit]
	require.Len(t, grant, 1)
	require.Equal(t, [6]string{"", "", "", "", "", "grant"}, grant[0].Dims)
	require.EqualValues(t, 100, grant[0].Credits)
}
