package enrichmentread_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/cache/memcache"
	"github.com/morket/morket/adapters/postgres/enrichmentread"
	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/adapters/secrets/vault/vaulttest"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/enrichmentview"
)

const ws = kernel.WorkspaceID("ws_1")

func harness(t *testing.T) (*postgrestest.Harness, *enrichmentread.Queries) {
	t.Helper()
	h := postgrestest.NewModel(t, enrichmentview.New(enrichmentread.Open), enrichmentread.Model())
	h.Meta.Workspace = ws
	return h, enrichmentread.NewQueries(h.Pool, h.Clock, vaulttest.Ring(t, h.Clock))
}

func started(id kernel.RunID) enrichment.RunStarted {
	return enrichment.RunStarted{
		RunID: id, TableID: "tbl_1", Plans: []enrichment.Plan{{ColumnID: "col_a"}}, Selection: enrichment.Selection{Scope: enrichment.ScopeAll},
		Estimate: enrichment.Estimate{Records: 3, Max: 6000}, Reserved: 3000, By: "usr_1", Auto: id == "run_auto",
	}
}

func answered(id kernel.RunID, states ...enrichment.MarkState) enrichment.RunAnswersRecorded {
	e := enrichment.RunAnswersRecorded{RunID: id, TableID: "tbl_1", Page: 1, Chunk: kernel.Chunk{Rows: []kernel.RowID{}, Cols: map[kernel.ColumnID][]json.RawMessage{}}}
	for i, s := range states {
		row := kernel.RowID("row_" + string(rune('1'+i)))
		p := enrichment.Provenance{RowID: row, ColumnID: "col_a", Input: json.RawMessage(`{"q":"x"}`)}
		a := enrichment.Attempt{Provider: "paid", Calls: 1, LatencyMS: 100, Status: enrichment.StatusNotFound}
		switch s {
		case enrichment.MarkValue:
			a.Status, a.CreditsMC = enrichment.StatusSucceeded, 1000
			p.Provider, p.CreditsMC, p.Outputs, p.InputHash = "paid", 1000, json.RawMessage(`{"a":"v"}`), "hash"
			p.VerifiedBy = []enrichment.Evidence{enrichment.ByDNS, enrichment.ByProvider("free")}
			e.SpentMC += 1000
			e.Chunk.Rows = append(e.Chunk.Rows, row)
			e.Chunk.Cols["col_a"] = append(e.Chunk.Cols["col_a"], json.RawMessage(`"v"`))
		case enrichment.MarkError:
			a.Status, a.Error = "error", "no luck"
		default:
		}
		p.Attempts = []enrichment.Attempt{a}
		e.Marks = append(e.Marks, enrichment.Mark{RowID: row, ColumnID: "col_a", State: s})
		e.Provenance = append(e.Provenance, p)
	}
	return e
}

func TestJobsAndRecords(t *testing.T) {
	t.Parallel()
	h, q := harness(t)
	stream := eventstore.StreamID("run-run_1")
	h.Append(stream, started("run_1"))
	j, err := q.Job(t.Context(), ws, "run_1")
	require.NoError(t, err)
	require.Equal(t, enrichment.RunPending, j.State)
	require.Equal(t, kernel.Credits(3000), j.Reserved)
	require.False(t, j.Auto)
	h.Append("run-run_auto", started("run_auto"))
	auto, err := q.Job(t.Context(), ws, "run_auto")
	require.NoError(t, err)
	require.True(t, auto.Auto, "started by itself")

	h.Append(stream, enrichment.RunPageStarted{RunID: "run_1"}, answered("run_1", enrichment.MarkValue, enrichment.MarkError, enrichment.MarkEmpty))
	j, err = q.Job(t.Context(), ws, "run_1")
	require.NoError(t, err)
	require.Equal(t, enrichment.RunRunning, j.State)
	require.Equal(t, enrichment.Counts{Total: 3, Done: 3, Succeeded: 1, NotFound: 1, Failed: 1}, j.Counts)
	require.Equal(t, kernel.Credits(1000), j.Spent)
	require.NotNil(t, j.StartedAt)

	h.Append(stream, enrichment.RunFinished{RunID: "run_1", State: enrichment.RunPartiallyCompleted, Reason: "1 of 3 records failed"})
	records, err := q.Records(t.Context(), ws, "run_1", enrichmentview.RecordFilter{Limit: 2})
	require.NoError(t, err)
	require.Len(t, records, 2)
	require.JSONEq(t, `"v"`, string(records[0].Answer))
	require.Equal(t, []enrichment.Evidence{enrichment.ByDNS, "provider:free"}, records[0].VerifiedBy)
	require.Nil(t, records[1].VerifiedBy, "without an answer nothing is known")
	rest, err := q.Records(t.Context(), ws, "run_1", enrichmentview.RecordFilter{After: enrichment.Cell{Row: records[1].Row, Column: records[1].Column}, Limit: 10})
	require.NoError(t, err)
	require.Len(t, rest, 1)
	failed, err := q.Records(t.Context(), ws, "run_1", enrichmentview.RecordFilter{State: enrichment.MarkError, Limit: 10})
	require.NoError(t, err)
	require.Equal(t, "no luck", failed[0].Attempts[0].Error)

	h.Append(stream, enrichment.RunRetried{RunID: "run_1", Round: 1, Records: 1})
	again := answered("run_1", enrichment.MarkValue)
	again.Marks[0].RowID, again.Provenance[0].RowID, again.Chunk.Rows[0] = "row_2", "row_2", "row_2"
	h.Append(stream, again, enrichment.RunFinished{RunID: "run_1", State: enrichment.RunCompleted})
	j, err = q.Job(t.Context(), ws, "run_1")
	require.NoError(t, err)
	require.Equal(t, enrichment.Counts{Total: 3, Done: 3, Succeeded: 2, NotFound: 1}, j.Counts)
	records, err = q.Records(t.Context(), ws, "run_1", enrichmentview.RecordFilter{State: enrichment.MarkValue, Limit: 10})
	require.NoError(t, err)
	require.Len(t, records, 2, "the retried record replaces the failed one")
	h.RequireRebuildable()

	h.Append("table-tbl_1", table.Purged{TableID: "tbl_1"})
	records, err = q.Records(t.Context(), ws, "run_1", enrichmentview.RecordFilter{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, records, "what a purged table's runs found is forgotten")
	j, err = q.Job(t.Context(), ws, "run_1")
	require.NoError(t, err)
	require.Equal(t, kernel.Credits(2000), j.Spent, "what they cost is not")
	h.RequireRebuildable()
}

// caughtUp is a read model that has always come far enough: the harness applies events at once.
type caughtUp struct{}

func (caughtUp) Wait(_ context.Context, _ string, position int64) (int64, bool) {
	return position, true
}

func TestFiguresOfAJob(t *testing.T) {
	t.Parallel()
	h, q := harness(t)
	start := started("run_1")
	start.Selection = enrichment.Selection{Scope: enrichment.ScopeEmpty, Filter: json.RawMessage(`{"and":[]}`), Search: "berlin", Rows: []kernel.RowID{"row_1", "row_2"}}
	e := answered("run_1", enrichment.MarkValue, enrichment.MarkError, enrichment.MarkError, enrichment.MarkError, enrichment.MarkEmpty)
	e.Marks[1].Message, e.Marks[2].Message, e.Marks[3].Message = "paid: slow", "paid: slow", "paid: no key"
	e.Provenance[4].Attempts[0].Calls, e.Provenance[4].Attempts[0].Cost = 3, 70
	h.Append("run-run_1", start, enrichment.RunPageStarted{RunID: "run_1"}, e, enrichment.RunFinished{RunID: "run_1", State: enrichment.RunPartiallyCompleted})
	j, err := q.Job(t.Context(), ws, "run_1")
	require.NoError(t, err)
	require.Equal(t, enrichment.Over{Scope: enrichment.ScopeEmpty, Filtered: true, Search: "berlin", Rows: 2}, j.Over)

	slow, none := "paid: slow", "never said"
	for name, c := range map[string]struct {
		message *string
		want    []enrichmentview.Failure
	}{
		"all": {nil, []enrichmentview.Failure{{Message: "paid: slow", Cells: 2}, {Message: "paid: no key", Cells: 1}}},
		"one": {&slow, []enrichmentview.Failure{{Message: "paid: slow", Cells: 2}}},
		"no":  {&none, []enrichmentview.Failure{}},
	} {
		got, err := q.Failures(t.Context(), ws, "run_1", c.message, 10)
		require.NoError(t, err)
		require.Equal(t, c.want, got, name)
	}
	cells, err := enrichmentread.NewFailures(q, caughtUp{}).Failed(t.Context(), ws, "run_1", "paid: slow", "", 10, 0)
	require.NoError(t, err)
	require.Equal(t, []enrichment.Cell{{Row: "row_2", Column: "col_a"}, {Row: "row_3", Column: "col_a"}}, cells)

	h.Append("run-run_1", enrichment.RunRetried{RunID: "run_1", Round: 1, Records: 2, Reason: "paid: slow"})
	again := answered("run_1", enrichment.MarkValue)
	again.Marks[0].RowID, again.Provenance[0].RowID, again.Chunk.Rows[0] = "row_2", "row_2", "row_2"
	h.Append("run-run_1", again, enrichment.RunFinished{RunID: "run_1", State: enrichment.RunCancelled})
	shares, err := q.Shares(t.Context(), ws, "run_1")
	require.NoError(t, err)
	require.Equal(t, []enrichmentview.Share{{Run: "run_1", Provider: "paid", Asked: 6, Hits: 2, Failed: 3, Calls: 8, Credits: 2000, Cost: 70}}, shares)
	j, err = q.Job(t.Context(), ws, "run_1")
	require.NoError(t, err)
	require.Equal(t, enrichment.Counts{Total: 5, Done: 4, Succeeded: 2, NotFound: 1, Failed: 1}, j.Counts, "one of the two was not asked again")
	h.RequireRebuildable()
	for name, n := range map[string]func() (int, error){
		"shares": func() (int, error) {
			l, err := q.Shares(t.Context(), "ws_2", "run_1")
			return len(l), err
		},
		"failures": func() (int, error) {
			l, err := q.Failures(t.Context(), "ws_2", "run_1", nil, 10)
			return len(l), err
		},
	} {
		got, err := n()
		require.NoError(t, err)
		require.Zero(t, got, "%s of others are not there", name)
	}
}

func TestJobsOfOthersAreNotThere(t *testing.T) {
	t.Parallel()
	h, q := harness(t)
	h.Append("run-run_1", started("run_1"), enrichment.RunPageStarted{RunID: "run_1"}, answered("run_1", enrichment.MarkError, enrichment.MarkValue))
	_, err := q.Job(t.Context(), "ws_2", "run_1")
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	for name, n := range map[string]func() (int, error){
		"jobs": func() (int, error) {
			l, err := q.Jobs(t.Context(), "ws_2", enrichmentview.JobFilter{Limit: 10})
			return len(l), err
		},
		"records": func() (int, error) {
			l, err := q.Records(t.Context(), "ws_2", "run_1", enrichmentview.RecordFilter{Limit: 10})
			return len(l), err
		},
		"answers": func() (int, error) {
			_, ok, err := q.Find(t.Context(), "ws_2", "paid", "hash", time.Time{})
			if ok {
				return 1, err
			}
			return 0, err
		},
		"rates": func() (int, error) { l, err := q.HitRates(t.Context(), "ws_2"); return len(l), err },
	} {
		got, err := n()
		require.NoError(t, err, name)
		require.Zero(t, got, name)
	}
}

func TestListsProvidersAndAnswers(t *testing.T) {
	t.Parallel()
	h, q := harness(t)
	for _, id := range []kernel.RunID{"run_1", "run_2", "run_3"} {
		h.Append(eventstore.Stream("run", string(id)), started(id))
	}
	list, err := q.Jobs(t.Context(), ws, enrichmentview.JobFilter{Table: "tbl_1", State: enrichment.RunPending, Limit: 2})
	require.NoError(t, err)
	require.Equal(t, kernel.RunID("run_3"), list[0].ID)
	list, err = q.Jobs(t.Context(), ws, enrichmentview.JobFilter{Before: list[1].ID, Limit: 2})
	require.NoError(t, err)
	require.Len(t, list, 1)

	for range 8 {
		e := answered("run_1", enrichment.MarkValue, enrichment.MarkEmpty, enrichment.MarkError)
		for i := range e.Marks {
			id := kernel.RowID("row_" + h.Clock.Now().Format("150405") + string(rune('a'+i)))
			e.Marks[i].RowID, e.Provenance[i].RowID = id, id
		}
		e.Chunk.Rows[0] = e.Marks[0].RowID
		h.Append("run-run_1", e)
		h.Clock.Advance(time.Second)
	}
	rates, err := q.HitRates(t.Context(), ws)
	require.NoError(t, err)
	require.InDelta(t, 1.0/3, rates["paid"], 0.001)
	states, err := q.Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, "degraded", states["paid"].State)
	require.EqualValues(t, 128, states["paid"].P50MS)
	cached := q.WithCache(memcache.New(h.Clock, 1<<20))
	before, err := cached.Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, states, before)
	more := answered("run_2", enrichment.MarkError)
	h.Append("run-run_2", more)
	during, err := cached.Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, during, "known for a minute")
	h.Clock.Advance(time.Minute)
	after, err := cached.Health(t.Context())
	require.NoError(t, err)
	require.Less(t, after["paid"].SuccessRate, before["paid"].SuccessRate)
	reply, ok, err := q.Find(t.Context(), ws, "paid", "hash", h.Clock.Now().Add(-time.Hour))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, map[string]any{"a": "v"}, reply.Outputs)
	require.Equal(t, []enrichment.Evidence{enrichment.ByDNS, "provider:free"}, reply.VerifiedBy, "a reused answer is as sure as it was")
	_, ok, err = q.Find(t.Context(), ws, "paid", "hash", h.Clock.Now().Add(time.Hour))
	require.NoError(t, err)
	require.False(t, ok, "too old")
	h.RequireRebuildable()
}

func TestKeptAnswersAreSealedAndEndWithTheirKey(t *testing.T) {
	t.Parallel()
	h, _ := harness(t)
	ring := vaulttest.Ring(t, h.Clock)
	q := enrichmentread.NewQueries(h.Pool, h.Clock, ring)
	subject := enrichment.AnswerKey(ws, h.Clock.Now())
	body, err := ring.Seal(t.Context(), subject, []byte(`{"outputs":{"a":"v","more":"canary-51"},"best":{"a":"w"},"stories":{"0":[{"said":"canary-51","took_ms":3}]}}`))
	require.NoError(t, err)
	e := answered("run_1", enrichment.MarkValue, enrichment.MarkEmpty)
	e.Provenance[0].Outputs, e.Kept, e.KeptFor = nil, []enrichment.KeptAnswer{{Index: 0, Body: body}}, subject
	h.Append("run-run_1", started("run_1"), e)
	for _, table := range []string{"records", "answers"} {
		var rows int
		require.NoError(t, h.Pool.QueryRow(t.Context(), `SELECT count(*) FROM rm_enrichment.`+table+` x WHERE x::text LIKE '%canary%' OR encode(kept, 'escape') LIKE '%canary%'`).Scan(&rows))
		require.Zero(t, rows, table)
	}
	find := func() bool {
		reply, ok, err := q.Find(t.Context(), ws, "paid", "hash", h.Clock.Now().Add(-time.Hour))
		require.NoError(t, err)
		if ok {
			require.Equal(t, map[string]any{"a": "v", "more": "canary-51"}, reply.Outputs)
		}
		return ok
	}
	outputs := func() []string {
		list, err := q.Records(t.Context(), ws, "run_1", enrichmentview.RecordFilter{Limit: 10})
		require.NoError(t, err)
		return []string{string(list[0].Outputs), string(list[1].Outputs)}
	}
	stories := func(row kernel.RowID) map[int]enrichment.Story {
		got, err := q.Stories(t.Context(), ws, "run_1", enrichment.Cell{Row: row, Column: e.Marks[0].ColumnID})
		require.NoError(t, err)
		return got
	}
	require.Equal(t, map[int]enrichment.Story{0: {{Said: "canary-51", TookMS: 3}}}, stories(e.Marks[0].RowID))
	require.Empty(t, stories(e.Marks[1].RowID), "nothing is kept of it")
	_, err = q.Stories(t.Context(), "ws_other", "run_1", enrichment.Cell{Row: e.Marks[0].RowID, Column: e.Marks[0].ColumnID})
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err), "of another workspace")
	require.True(t, find())
	require.Equal(t, []string{`{"a":"v","more":"canary-51"}`, "null"}, outputs())
	h.RequireRebuildable()

	require.NoError(t, ring.Destroy(t.Context(), subject))
	require.False(t, find(), "it is asked again")
	require.Empty(t, stories(e.Marks[0].RowID))
	require.Equal(t, []string{"null", "null"}, outputs())
	h.RequireRebuildable()
}

// Verified addresses of people whose names were asked for teach how a domain makes addresses; guesses and reused answers don't.
func TestPatternsOfAddressesAreLearnt(t *testing.T) {
	t.Parallel()
	h, q := harness(t)
	verified, guess := []enrichment.Evidence{enrichment.ByProvider("hunter")}, []enrichment.Evidence{}
	h.Append("run-run_1", started("run_1"))
	for i, c := range []struct {
		input, address string
		by             []enrichment.Evidence
		cached         bool
	}{
		{`{"first_name":"Ann","last_name":"Miller"}`, "ann.miller@acme.com", verified, false},
		{`{"first_name":"Bob","last_name":"Stone"}`, "bob.stone@acme.com", verified, false},
		{`{"first_name":"Cid","last_name":"Berg"}`, "cberg@acme.com", verified, false},
		{`{"first_name":"Dan","last_name":"Hill"}`, "dan.hill@acme.com", guess, false},
		{`{"first_name":"Eve","last_name":"Lake"}`, "eve.lake@acme.com", verified, true},
		{`{"first_name":"Fay","last_name":"Wood"}`, "sales@acme.com", verified, false},
		{`{"domain":"acme.com"}`, "gil.moor@acme.com", verified, false},
		{`{"first_name":"Hal","last_name":"Ford"}`, "hal@other.com", verified, false},
	} {
		row := kernel.RowID("row_" + string(rune('1'+i)))
		h.Append("run-run_1", enrichment.RunAnswersRecorded{
			RunID: "run_1", TableID: "tbl_1", Chunk: kernel.Chunk{Rows: []kernel.RowID{row}, Cols: map[kernel.ColumnID][]json.RawMessage{"col_a": {json.RawMessage(`"` + c.address + `"`)}}},
			Marks:      []enrichment.Mark{{RowID: row, ColumnID: "col_a", State: enrichment.MarkValue}},
			Provenance: []enrichment.Provenance{{RowID: row, ColumnID: "col_a", Provider: "hunter", Input: json.RawMessage(c.input), VerifiedBy: c.by, Cached: c.cached}},
		})
	}
	seen, err := q.MailPatterns(t.Context(), ws, "acme.com")
	require.NoError(t, err)
	require.Equal(t, map[enrichment.MailPattern]int64{"{first}.{last}": 2, "{f}{last}": 1}, seen)
	other, err := q.MailPatterns(t.Context(), "ws_2", "acme.com")
	require.NoError(t, err)
	require.Empty(t, other, "what a workspace has learnt is its own")
	h.RequireRebuildable()
}
