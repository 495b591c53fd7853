package search_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/search"
)

func saved(id, owner string) search.Saved {
	return search.Saved{ID: kernel.SavedSearchID(id), Workspace: "ws_1", Name: "Name " + id, Owner: owner, Query: json.RawMessage(`{"q":"acme"}`)}
}

func TestASavedSearchBelongsToItsOwner(t *testing.T) {
	t.Parallel()
	s := search.New()
	require.NoError(t, s.Save(saved("sch_1", "usr_1")))
	shared := saved("sch_2", "usr_1")
	shared.Shared = true
	require.NoError(t, s.Save(shared))

	require.Equal(t, kernel.KindNotFound, kernel.KindOf(s.Change(saved("sch_1", "usr_2"))), "a private search doesn't exist for others")
	require.Equal(t, kernel.KindForbidden, kernel.KindOf(s.Delete("sch_2", "usr_2")))
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(s.Delete("sch_3", "usr_1")))
	require.NoError(t, s.Change(saved("sch_1", "usr_1")))
	require.NoError(t, s.Delete("sch_1", "usr_1"))
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(s.Delete("sch_1", "usr_1")))
}

func TestSavedSearchesAreLimited(t *testing.T) {
	t.Parallel()
	s := search.New()
	for _, name := range []string{"", "  ", strings.Repeat("x", 101), "a\x07b"} {
		bad := saved("sch_1", "usr_1")
		bad.Name = name
		require.Equal(t, kernel.KindInvalid, kernel.KindOf(s.Save(bad)), "name %q", name)
	}
	for i := range search.MaxSaved {
		require.NoError(t, s.Save(saved(fmt.Sprint("sch_", i), "usr_1")))
	}
	require.Equal(t, kernel.KindConflict, kernel.KindOf(s.Save(saved("sch_more", "usr_1"))))
}

func TestOneReindexAtATime(t *testing.T) {
	t.Parallel()
	s := search.New()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	require.NoError(t, s.RequestReindex(search.ReindexRequested{At: at}))
	require.Equal(t, kernel.KindConflict, kernel.KindOf(s.RequestReindex(search.ReindexRequested{At: at.Add(time.Minute)})))
	require.NoError(t, s.FinishReindex(search.ReindexFinished{Requested: at, Position: 7}))
	next := at.Add(2 * time.Minute)
	require.NoError(t, s.RequestReindex(search.ReindexRequested{At: next}))
	require.NoError(t, s.FinishReindex(search.ReindexFinished{Requested: at}))
	require.True(t, s.Reindexing(next), "an old answer doesn't end a new request")
	require.NoError(t, s.RequestReindex(search.ReindexRequested{At: next.Add(2 * time.Hour)}), "one that is lost is in nobody's way")
}
