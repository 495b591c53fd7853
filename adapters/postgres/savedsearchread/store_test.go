package savedsearchread_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/adapters/postgres/savedsearchread"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/search"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/savedsearchview"
)

func TestSavedSearches(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(search.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, savedsearchview.New(codec, savedsearchread.Open), savedsearchread.Model())
	q := savedsearchread.NewQueries(h.Pool)
	const ws, other = kernel.WorkspaceID("ws_1"), kernel.WorkspaceID("ws_2")
	stream := eventstore.Stream("search", string(ws))
	saved := func(id kernel.SavedSearchID, owner string, shared bool) search.Saved {
		return search.Saved{ID: id, Workspace: ws, Name: "n", Query: json.RawMessage(`{"q":"a"}`), Owner: owner, Shared: shared, At: h.Clock.Now()}
	}
	created := h.Clock.Now()
	h.Append(stream, saved("sch_1", "usr_1", false), saved("sch_2", "usr_1", true), saved("sch_3", "usr_2", false), saved("sch_4", "usr_1", false))
	h.Clock.Advance(time.Minute)
	h.Append(stream, saved("sch_1", "usr_1", false), search.Deleted{ID: "sch_4"})

	ids := func(owner string) []kernel.SavedSearchID {
		list, err := q.List(t.Context(), ws, owner, "", 10)
		require.NoError(t, err)
		var out []kernel.SavedSearchID
		for _, s := range list {
			out = append(out, s.ID)
		}
		return out
	}
	require.Equal(t, []kernel.SavedSearchID{"sch_1", "sch_2"}, ids("usr_1"))
	require.Equal(t, []kernel.SavedSearchID{"sch_2", "sch_3"}, ids("usr_2"))
	list, err := q.List(t.Context(), ws, "usr_1", "", 1)
	require.NoError(t, err)
	require.Equal(t, created, list[0].CreatedAt)
	require.Equal(t, h.Clock.Now(), list[0].UpdatedAt)
	list, err = q.List(t.Context(), other, "usr_1", "", 10)
	require.NoError(t, err)
	require.Empty(t, list)

	none, err := q.Reindex(t.Context(), ws)
	require.NoError(t, err)
	require.Nil(t, none)
	h.Append(stream, search.ReindexRequested{Workspace: ws, By: "usr_1", At: created})
	r, err := q.Reindex(t.Context(), ws)
	require.NoError(t, err)
	require.Nil(t, r.FinishedAt)
	h.Append(stream, search.ReindexFinished{Workspace: ws, Requested: created, Position: 9, At: h.Clock.Now()})
	r, err = q.Reindex(t.Context(), ws)
	require.NoError(t, err)
	require.NotNil(t, r.FinishedAt)
	require.Equal(t, int64(9), r.Position)
	h.RequireRebuildable()
}
