package crmread_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/crmread"
	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/crmview"
)

const ws = kernel.WorkspaceID("ws_1")

type harness struct {
	*postgrestest.Harness
	t  *testing.T
	q  *crmread.Queries
	at time.Time
}

func newHarness(t *testing.T) harness {
	t.Helper()
	codec, err := eventstore.NewCodec(crm.Events(), table.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, crmview.New(codec, crmread.Open), crmread.Model())
	return harness{h, t, crmread.NewQueries(h.Pool), h.Clock.Now()}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	stream := eventstore.Stream(crm.ConnectionStream, "con_1")
	list := func() []crmview.Connection {
		t.Helper()
		out, err := h.q.Connections(t.Context(), ws)
		require.NoError(t, err)
		return out
	}
	h.Append(stream, crm.ConnectAsked{ConnectionID: "con_1", Workspace: ws, Vendor: "mem", At: h.at})
	require.Empty(t, list(), "nothing is connected yet")
	account := crm.Account{ID: "a", Name: "Acme"}
	h.Append(stream, crm.Connected{ConnectionID: "con_1", Workspace: ws, Vendor: "mem", Account: account, By: "usr_1", At: h.at})
	want := crmview.Connection{ID: "con_1", Workspace: ws, Vendor: "mem", State: crm.ConnectionActive, Account: account, By: "usr_1", ConnectedAt: h.at}
	require.Equal(t, []crmview.Connection{want}, list())
	h.Append(stream, crm.RefreshFailed{ConnectionID: "con_1", Reason: "away"})
	require.Equal(t, "away", list()[0].Error)
	h.Append(stream, crm.Refreshed{ConnectionID: "con_1", Serial: 2})
	require.Empty(t, list()[0].Error)
	h.Append(stream, crm.RefreshFailed{ConnectionID: "con_1", Reason: "revoked", Denied: true})
	require.Equal(t, crm.ConnectionDenied, list()[0].State)
	of := func(vendor, account string) kernel.ConnectionID {
		t.Helper()
		id, err := h.q.OfAccount(t.Context(), ws, vendor, account)
		require.NoError(t, err)
		return id
	}
	require.Equal(t, []kernel.ConnectionID{"con_1", "", ""}, []kernel.ConnectionID{of("mem", "a"), of("mem", "b"), of("other", "a")})
	h.Append(stream, crm.Connected{ConnectionID: "con_1", Workspace: ws, Vendor: "mem", Account: account, By: "usr_1", At: h.at})
	require.Equal(t, []crmview.Connection{want}, list())
	h.Append(stream, crm.Disconnected{ConnectionID: "con_1"})
	require.Empty(t, list())
	require.Empty(t, of("mem", "a"))
	h.RequireRebuildable()
}

func TestSyncsAndRuns(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	define := func(name string, tbl kernel.TableID) crm.Definition {
		return crm.Definition{Name: name, ConnectionID: "con_1", Object: "contacts", TableID: tbl, MaxRecords: 10}
	}
	a, b := eventstore.Stream(crm.SyncStream, "syn_a"), eventstore.Stream(crm.SyncStream, "syn_b")
	h.Append(a, crm.SyncSaved{SyncID: "syn_a", Workspace: ws, Definition: define("A", "tbl_1"), At: h.at})
	h.Append(b, crm.SyncSaved{SyncID: "syn_b", Workspace: ws, Definition: define("B", "tbl_2"), At: h.at})
	h.Append(a, crm.SyncSaved{SyncID: "syn_a", Workspace: ws, Definition: define("A2", "tbl_1"), At: h.at})
	names := func(tbl kernel.TableID, only ...kernel.TableID) (out []string) {
		t.Helper()
		list, err := h.q.Syncs(t.Context(), ws, tbl, only, "", 10)
		require.NoError(t, err)
		for _, s := range list {
			out = append(out, s.Definition.Name)
		}
		return out
	}
	require.Equal(t, []string{"B", "A2"}, names(""))
	require.Equal(t, []string{"A2"}, names("tbl_1"))
	require.Equal(t, []string{"B"}, names("", "tbl_2"))

	run := eventstore.Stream(crm.RunStream, "syr_1")
	h.Append(run, crm.RunStarted{
		RunID: "syr_1", SyncID: "syn_a", Workspace: ws, Kind: crm.RunPush, Definition: define("A2", "tbl_1"), Vendor: "mem", Batch: 10, Total: 3, At: h.at,
	}, crm.RunWaiting{RunID: "syr_1", Reason: "asked too often"})
	ids, err := h.q.Unfinished(t.Context(), "", 10)
	require.NoError(t, err)
	require.Equal(t, []kernel.SyncRunID{"syr_1"}, ids)
	got, err := h.q.Run(t.Context(), ws, "syr_1")
	require.NoError(t, err)
	require.Equal(t, "asked too often", got.Waits)
	h.Append(run, crm.BatchIntended{RunID: "syr_1"}, crm.BatchSettled{
		RunID: "syr_1", Workspace: ws, ConnectionID: "con_1", Object: "contacts", TableID: "tbl_1", Counts: crm.Counts{Created: 1, Skipped: 1, Fields: 2},
	}, crm.BatchSettled{RunID: "syr_1", Counts: crm.Counts{Created: 1}}, crm.RunEnded{RunID: "syr_1", State: crm.RunCompleted, At: h.at})
	runs, err := h.q.Runs(t.Context(), ws, "syn_a", nil, "", 10)
	require.NoError(t, err)
	require.Equal(t, []crmview.Run{{
		ID: "syr_1", Sync: "syn_a", Workspace: ws, Table: "tbl_1", Name: "A2", Vendor: "mem", Object: "contacts", Kind: crm.RunPush,
		State: crm.RunCompleted, Total: 3, Counts: crm.Counts{Created: 2, Skipped: 1, Fields: 2}, StartedAt: h.at, EndedAt: &h.at,
	}}, runs)
	ids, err = h.q.Unfinished(t.Context(), "", 10)
	require.NoError(t, err)
	require.Empty(t, ids)
	_, err = h.q.Run(t.Context(), "ws_2", "syr_1")
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))

	h.Append(b, crm.SyncDeleted{SyncID: "syn_b"})
	require.Equal(t, []string{"A2"}, names(""))
	h.Append(eventstore.Stream("table", "tbl_1"), table.Purged{TableID: "tbl_1"})
	require.Empty(t, names(""))
	h.RequireRebuildable()
}

func TestPullsThatAreDue(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	save := func(id kernel.SyncID, every int, at time.Time) {
		h.Append(eventstore.Stream(crm.SyncStream, string(id)), crm.SyncSaved{
			SyncID: id, Workspace: ws, Definition: crm.Definition{Name: string(id), TableID: "tbl_1", PullEvery: every}, At: at,
		})
	}
	due := func(now time.Time, after kernel.SyncID) (out []kernel.SyncID) {
		t.Helper()
		list, err := h.q.DuePulls(t.Context(), now, after, 10)
		require.NoError(t, err)
		for _, d := range list {
			require.Equal(t, ws, d.Workspace)
			out = append(out, d.Sync)
		}
		return out
	}
	save("syn_a", 60, h.at)
	save("syn_b", 5, h.at)
	save("syn_c", 0, h.at)
	require.Empty(t, due(h.at.Add(4*time.Minute), ""))
	require.Equal(t, []kernel.SyncID{"syn_b"}, due(h.at.Add(5*time.Minute), ""))
	require.Equal(t, []kernel.SyncID{"syn_a", "syn_b"}, due(h.at.Add(time.Hour), ""))
	require.Equal(t, []kernel.SyncID{"syn_b"}, due(h.at.Add(time.Hour), "syn_a"))

	hour := h.at.Add(time.Hour)
	h.Append(eventstore.Stream(crm.SyncStream, "syn_a"), crm.SyncClaimed{SyncID: "syn_a", RunID: "syr_1", Due: &hour},
		crm.SyncReleased{SyncID: "syn_a", RunID: "syr_1"}, crm.SyncClaimed{SyncID: "syn_a", RunID: "syr_2"})
	save("syn_a", 60, h.at.Add(90*time.Minute)) // a change of something else doesn't put the pull off
	require.NotContains(t, due(h.at.Add(119*time.Minute), ""), kernel.SyncID("syn_a"))
	require.Contains(t, due(h.at.Add(2*time.Hour), ""), kernel.SyncID("syn_a"))
	list, err := h.q.Syncs(t.Context(), ws, "", nil, "", 10)
	require.NoError(t, err)
	require.Nil(t, list[0].NextPull)
	require.Equal(t, h.at.Add(2*time.Hour), *list[2].NextPull)
	save("syn_a", 10, h.at.Add(100*time.Minute))
	require.NotContains(t, due(h.at.Add(109*time.Minute), ""), kernel.SyncID("syn_a"))
	require.Contains(t, due(h.at.Add(110*time.Minute), ""), kernel.SyncID("syn_a"))
	h.RequireRebuildable()
}

func TestARecordBelongsToOneRow(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	settle := func(links ...crm.Link) {
		t.Helper()
		h.Append(eventstore.Stream(crm.RunStream, "syr_1"), crm.BatchSettled{
			RunID: "syr_1", Workspace: ws, ConnectionID: "con_1", Object: "contacts", TableID: "tbl_1", Links: links,
		})
	}
	ofRows := func(w kernel.WorkspaceID) map[kernel.RowID]string {
		t.Helper()
		out, err := h.q.OfRows(t.Context(), w, "con_1", "contacts", []kernel.RowID{"row_1", "row_2", "row_3"})
		require.NoError(t, err)
		return out
	}
	settle(crm.Link{RowID: "row_1", ID: "51"}, crm.Link{RowID: "row_2", ID: "52"})
	require.Equal(t, map[kernel.RowID]string{"row_1": "51", "row_2": "52"}, ofRows(ws))
	require.Empty(t, ofRows("ws_2"))
	settle(crm.Link{RowID: "row_1", ID: "53"}, crm.Link{RowID: "row_3", ID: "51"}, crm.Link{ID: "52"})
	require.Equal(t, map[kernel.RowID]string{"row_1": "53", "row_3": "51"}, ofRows(ws))
	rows, err := h.q.Known(t.Context(), ws, "con_1", "contacts", []string{"51", "52"})
	require.NoError(t, err)
	require.Equal(t, map[string]crm.Tie{"51": {RowID: "row_3", Marks: map[string]crm.Mark{}}}, rows)

	marks := func(n string) map[string]crm.Mark { return map[string]crm.Mark{n: {Ours: n, Theirs: "t"}} }
	known := func() crm.Tie {
		t.Helper()
		out, err := h.q.Known(t.Context(), ws, "con_1", "contacts", []string{"51"})
		require.NoError(t, err)
		return out["51"]
	}
	settle(crm.Link{RowID: "row_3", ID: "51", Marks: marks("a")})
	settle(crm.Link{RowID: "row_3", ID: "51", Marks: marks("b"), Gone: true})
	require.Equal(t, crm.Tie{RowID: "row_3", Gone: true, Marks: map[string]crm.Mark{"a": {Ours: "a", Theirs: "t"}, "b": {Ours: "b", Theirs: "t"}}}, known())
	settle(crm.Link{RowID: "row_3", ID: "54"}, crm.Link{RowID: "row_3", ID: "51", Gone: true})
	require.Equal(t, "54", ofRows(ws)["row_3"], "the record that is there still")
	settle(crm.Link{RowID: "row_2", ID: "51", Marks: marks("c")})
	require.Equal(t, crm.Tie{RowID: "row_2", Marks: marks("c")}, known(), "marks are of the row")
	h.RequireRebuildable()
}

func TestConflictsWaitForADecision(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	settle := func(open []crm.Open, links ...crm.Link) {
		t.Helper()
		h.Append(eventstore.Stream(crm.RunStream, "syr_1"), crm.BatchSettled{
			RunID: "syr_1", SyncID: "syn_a", Workspace: ws, ConnectionID: "con_1", Object: "contacts", TableID: "tbl_1", Links: links, Open: open,
		})
	}
	settle([]crm.Open{{RowID: "row_1", ID: "51", Entry: 0, Fields: []string{"name"}}, {RowID: "row_2", ID: "52", Entry: 1, Fields: []string{"a", "b"}}},
		crm.Link{RowID: "row_1", ID: "51"}, crm.Link{RowID: "row_2", ID: "52"})
	list := func(w kernel.WorkspaceID, after string) []crmview.Conflict {
		t.Helper()
		out, err := h.q.Conflicts(t.Context(), w, "syn_a", after, 10)
		require.NoError(t, err)
		return out
	}
	got := list(ws, "51")
	require.Len(t, got, 1)
	require.Equal(t, crmview.Conflict{
		Sync: "syn_a", Workspace: ws, Table: "tbl_1", Record: "52", Row: "row_2", Fields: []string{"a", "b"}, Run: "syr_1", Version: 1, Entry: 1,
		At: got[0].At,
	}, got[0])
	require.Empty(t, list("ws_2", ""))
	ids, err := h.q.Disputed(t.Context(), ws, "syn_a", nil, "", 10)
	require.NoError(t, err)
	require.Equal(t, []string{"51", "52"}, ids)
	ids, err = h.q.Disputed(t.Context(), ws, "syn_a", []string{"52", "53"}, "", 10)
	require.NoError(t, err)
	require.Equal(t, []string{"52"}, ids)
	settle(nil, crm.Link{RowID: "row_1", ID: "51"})
	open, err := h.q.Open(t.Context(), ws, []kernel.SyncID{"syn_a", "syn_b"})
	require.NoError(t, err)
	require.Equal(t, map[kernel.SyncID]int{"syn_a": 1}, open)
	h.Append(eventstore.Stream("table", "tbl_1"), table.Purged{TableID: "tbl_1"})
	require.Empty(t, list(ws, ""))
	h.RequireRebuildable()
}
