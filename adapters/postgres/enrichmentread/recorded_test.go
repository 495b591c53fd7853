package enrichmentread_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/enrichmentread"
	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/adapters/secrets/vault/vaulttest"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/enrichmentview"
)

type records struct {
	*postgrestest.Harness
	t    *testing.T
	ring *vault.Ring
	find *enrichmentread.Recorded
}

func newRecords(t *testing.T) records {
	t.Helper()
	h := postgrestest.NewModel(t, enrichmentview.New(enrichmentread.Open), enrichmentread.Model())
	h.Meta.Workspace = ws
	ring := vaulttest.Ring(t, h.Clock)
	return records{h, t, ring, enrichmentread.NewRecorded(enrichmentread.NewQueries(h.Pool, h.Clock, ring), nil)}
}

func question(hash string) enrichment.Question {
	return enrichment.Question{Provider: "paid", Hash: hash}
}

// reply records a reply to each of the questions for a row, the last one accepted.
func (r records) reply(run kernel.RunID, row kernel.RowID, value string, hashes ...string) {
	r.t.Helper()
	now := r.Clock.Now()
	subject := enrichment.AnswerKey(ws, now)
	e := enrichment.RunAnswersRecorded{
		RunID: run, TableID: "tbl_1", Page: 1, KeptFor: subject,
		Chunk:      kernel.Chunk{Rows: []kernel.RowID{row}, Cols: map[kernel.ColumnID][]json.RawMessage{"col_a": {json.RawMessage(`"` + value + `"`)}}},
		Marks:      []enrichment.Mark{{RowID: row, ColumnID: "col_a", State: enrichment.MarkValue}},
		Provenance: []enrichment.Provenance{{RowID: row, ColumnID: "col_a", Provider: "paid"}},
	}
	body := enrichment.AnswerBody{Outputs: json.RawMessage(`{"a":"` + value + `"}`)}
	kept := enrichment.KeptAnswer{}
	for i, hash := range hashes {
		rec := enrichment.RecordedReply{Question: question(hash), Missed: "nothing", LatencyMS: 7}
		if i == len(hashes)-1 {
			rec.Accepted, rec.Missed = true, ""
		}
		body.Replies, kept.Asked = append(body.Replies, rec), append(kept.Asked, rec.Question)
	}
	plain, err := json.Marshal(body)
	require.NoError(r.t, err)
	kept.Body, err = r.ring.Seal(r.t.Context(), subject, plain)
	require.NoError(r.t, err)
	e.Kept = []enrichment.KeptAnswer{kept}
	r.Append(eventstore.StreamID("run-"+string(run)), e)
}

func (r records) replies(ws kernel.WorkspaceID, hashes ...string) map[enrichment.Question]enrichment.RecordedReply {
	r.t.Helper()
	var list []enrichment.Question
	for _, h := range hashes {
		list = append(list, question(h))
	}
	out, err := r.find.Replies(r.t.Context(), ws, list)
	require.NoError(r.t, err)
	return out
}

func TestTheNewestRecordedReplyIsFound(t *testing.T) {
	t.Parallel()
	r := newRecords(t)
	for _, run := range []kernel.RunID{"run_1", "run_2"} {
		r.Append(eventstore.StreamID("run-"+string(run)), started(run))
	}
	r.reply("run_1", "row_1", "first", "miss", "hit")
	r.reply("run_1", "row_2", "second", "hit2")
	r.reply("run_2", "row_1", "newer", "hit")

	got := r.replies(ws, "miss", "hit", "hit2", "never")
	require.Len(t, got, 3)
	require.JSONEq(t, `{"a":"newer"}`, string(got[question("hit")].Outputs))
	require.Equal(t, "nothing", got[question("miss")].Missed, "a reply without an answer is one")
	require.EqualValues(t, 7, got[question("miss")].LatencyMS)
	require.Empty(t, r.replies("ws_2", "hit"), "another workspace's are its own")

	given, err := r.find.Given(t.Context(), ws, "col_a", []kernel.RowID{"row_1", "row_2", "row_3"})
	require.NoError(t, err)
	require.Len(t, given, 2)
	require.JSONEq(t, `"newer"`, string(given["row_1"].Value), "what the last run gave")
	require.Equal(t, map[string]any{"a": "second"}, given["row_2"].Outputs)
	r.RequireRebuildable()

	_, err = r.ring.DestroyOlder(t.Context(), enrichment.AnswerKeys, r.Clock.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Empty(t, r.replies(ws, "miss", "hit", "hit2"), "what can't be opened any more is not recorded")

	r.Append("table-tbl_1", table.Purged{TableID: "tbl_1"})
	var left int
	require.NoError(t, r.Pool.QueryRow(t.Context(), "SELECT count(*) FROM rm_enrichment.replies").Scan(&left))
	require.Zero(t, left)
	r.RequireRebuildable()
}

// TestAnswersFromBeforeAreFound: of releases that recorded accepted answers only.
func TestAnswersFromBeforeAreFound(t *testing.T) {
	t.Parallel()
	r := newRecords(t)
	r.Append("run-run_1", started("run_1"), answered("run_1", enrichment.MarkValue))
	got := r.replies(ws, "hash")
	require.JSONEq(t, `{"a":"v"}`, string(got[question("hash")].Outputs))
	require.Equal(t, []enrichment.Evidence{enrichment.ByDNS, enrichment.ByProvider("free")}, got[question("hash")].VerifiedBy)
}

// TestAChangeOfRepliesIsTold: to the workspace whose provider it is, for two weeks, and the same for any batches.
func TestAChangeOfRepliesIsTold(t *testing.T) {
	t.Parallel()
	r := newRecords(t)
	q := enrichmentread.NewQueries(r.Pool, r.Clock, r.ring)
	looked := func(n int64, kind string) enrichment.RunAnswersRecorded {
		return enrichment.RunAnswersRecorded{RunID: "run_1", TableID: "tbl_1", Page: 1, Shapes: []enrichment.ReplyShapes{{
			Provider: "paid", Replies: n, Fields: map[string]map[string]int64{"score": {kind: n}}, Codes: map[string]map[string]int64{"200": {"found": n}},
		}}}
	}
	r.Append("run-run_1", started("run_1"), looked(60, "number"), looked(10, "text"))
	drifts, err := q.Drifts(t.Context(), ws)
	require.NoError(t, err)
	require.Empty(t, drifts)
	r.Append("run-run_1", looked(10, "text"))
	drifts, err = q.Drifts(t.Context(), ws)
	require.NoError(t, err)
	require.Len(t, drifts, 1)
	require.Equal(t, enrichment.Drift{Field: "score", Was: "number", Now: "text", At: drifts[0].At}, drifts[0].Drift)
	require.Equal(t, "paid", drifts[0].Provider)
	others, err := q.Drifts(t.Context(), "ws_2")
	require.NoError(t, err)
	require.Empty(t, others)
	drifting, err := q.Drifting(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"paid": 1}, drifting)
	r.RequireRebuildable()
}
