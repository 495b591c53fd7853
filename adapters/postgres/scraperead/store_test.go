package scraperead_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/adapters/postgres/scraperead"
	"github.com/morket/morket/domain/scrape"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/scrapeview"
)

func TestJobsUnderWay(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(scrape.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, scrapeview.New(codec, scraperead.Open), scraperead.Model())
	q := scraperead.NewQueries(h.Pool)
	is := func(pages int, jobs ...scrape.JobID) {
		t.Helper()
		n, err := q.Waiting(t.Context())
		require.NoError(t, err)
		require.Equal(t, pages, n)
		list, err := q.Unfinished(t.Context(), "", 10)
		require.NoError(t, err)
		require.ElementsMatch(t, jobs, list)
	}
	is(0)
	two := make([]scrape.Task, 2)
	a, b := eventstore.Stream("scrape", "scr_a"), eventstore.Stream("scrape", "scr_b")
	h.Append(a, scrape.Requested{Job: "scr_a", Workspace: "ws_1", Tasks: two, At: h.Clock.Now()})
	h.Append(b, scrape.Requested{Job: "scr_b", Workspace: "ws_2", Tasks: two, CallbackSealed: []byte("x"), At: h.Clock.Now()})
	is(4, "scr_a", "scr_b")
	h.Append(a, scrape.PageRead{Job: "scr_a", Index: 0}, scrape.WorkerLost{Job: "scr_a"})
	is(3, "scr_a", "scr_b")
	list, err := q.Unfinished(t.Context(), "scr_a", 10)
	require.NoError(t, err)
	require.Equal(t, []scrape.JobID{"scr_b"}, list)
	h.Append(a, scrape.PageRead{Job: "scr_a", Index: 1}, scrape.Finished{Job: "scr_a"})
	is(2, "scr_b")
	h.Append(b, scrape.Cancelled{Job: "scr_b"})
	is(0, "scr_b") // its callback is still to be made
	h.Append(b, scrape.CalledBack{Job: "scr_b"})
	is(0)
	h.RequireRebuildable()
}
