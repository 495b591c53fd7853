package findread_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/findread"
	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/domain/find"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/findview"
)

func TestSourcesAndRuns(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(find.Events(), table.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, findview.New(codec, findread.Open), findread.Model())
	q := findread.NewQueries(h.Pool)
	const ws = kernel.WorkspaceID("ws_1")
	at := h.Clock.Now()
	define := func(name string, tbl kernel.TableID) find.Definition {
		return find.Definition{Name: name, Search: "s", TableID: tbl, Filters: map[string][]string{"t": {"CTO"}}, MaxRows: 10}
	}
	a, b := eventstore.Stream(find.SourceStream, "src_a"), eventstore.Stream(find.SourceStream, "src_b")
	h.Append(a, find.Saved{SourceID: "src_a", Workspace: ws, Definition: define("A", "tbl_1"), At: at})
	h.Append(b, find.Saved{SourceID: "src_b", Workspace: ws, Definition: define("B", "tbl_2"), At: at})
	h.Append(a, find.Saved{SourceID: "src_a", Workspace: ws, Definition: define("A2", "tbl_1"), At: at})
	names := func(tbl kernel.TableID, only ...kernel.TableID) []string {
		t.Helper()
		list, err := q.Sources(t.Context(), ws, tbl, only, "", 10)
		require.NoError(t, err)
		var out []string
		for _, s := range list {
			out = append(out, s.Definition.Name)
		}
		return out
	}
	require.Equal(t, []string{"B", "A2"}, names(""))
	require.Equal(t, []string{"A2"}, names("tbl_1"))
	require.Equal(t, []string{"B"}, names("", "tbl_2"))
	other, err := q.Sources(t.Context(), "ws_2", "", nil, "", 10)
	require.NoError(t, err)
	require.Empty(t, other)

	run := eventstore.Stream(find.RunStream, "fnd_1")
	h.Append(run, find.Started{FindID: "fnd_1", SourceID: "src_a", Workspace: ws, Definition: define("A2", "tbl_1"), PageSize: 10, PageCredits: 2, At: at},
		find.PageAsked{FindID: "fnd_1", Page: 1}, find.PageFound{FindID: "fnd_1", Page: 1, Rows: 7, Total: 30})
	ids, err := q.Unfinished(t.Context(), "", 10)
	require.NoError(t, err)
	require.Equal(t, []kernel.FindID{"fnd_1"}, ids)
	h.Append(run, find.Stopped{FindID: "fnd_1", Reason: "lost", Unknown: true}, find.Gathered{FindID: "fnd_1", ImportID: "imp_1"},
		find.Ended{FindID: "fnd_1", State: find.StatePartial, Reason: "lost", At: at})
	runs, err := q.Runs(t.Context(), ws, "src_a", nil, "", 10)
	require.NoError(t, err)
	require.Equal(t, []findview.Run{{
		ID: "fnd_1", Source: "src_a", Workspace: ws, Table: "tbl_1", State: find.StatePartial, Page: 1, Rows: 7, Total: 30, Credits: 4, Cost: 2,
		Reason: "lost", Unknown: true, Import: "imp_1", StartedAt: at, EndedAt: &at,
	}}, runs)
	ids, err = q.Unfinished(t.Context(), "", 10)
	require.NoError(t, err)
	require.Empty(t, ids)
	runs, err = q.Runs(t.Context(), ws, "", []kernel.TableID{"tbl_2"}, "", 10)
	require.NoError(t, err)
	require.Empty(t, runs)

	h.Append(b, find.Deleted{SourceID: "src_b"})
	require.Equal(t, []string{"A2"}, names(""))
	h.Append(eventstore.Stream("table", "tbl_1"), table.Purged{TableID: "tbl_1"})
	require.Empty(t, names(""))
	h.RequireRebuildable()
}
