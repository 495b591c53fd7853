package scrape_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

var at = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) //nolint:gochecknoglobals // a moment

func requested(t *testing.T, pages int) *scrape.Job {
	t.Helper()
	j := scrape.NewJob()
	require.NoError(t, j.Request(scrape.Requested{Job: "scr_1", Workspace: "ws_1", Tasks: make([]scrape.Task, pages), At: at}))
	require.Equal(t, kernel.KindConflict, kernel.KindOf(j.Request(scrape.Requested{Job: "scr_1"})), "a job is asked for once")
	return j
}

// TestAJobEndsOnceWithEachOfItsPages: what comes twice, late or for no page changes nothing.
func TestAJobEndsOnceWithEachOfItsPages(t *testing.T) {
	t.Parallel()
	j := requested(t, 2)
	recorded := func(do func() error) int {
		before := len(j.Pending())
		require.NoError(t, do())
		return len(j.Pending()) - before
	}
	read := func(index int, reason scrape.Reason) func() error {
		return func() error { return j.Read(scrape.PageRead{Index: index, Reason: reason, At: at}) }
	}
	finish := func() error { return j.Finish(at) }
	callBack := func() error { return j.CallBack(1, "", at) }

	require.Zero(t, recorded(callBack), "nothing is told before the end")
	require.Equal(t, 1, recorded(read(0, "")))
	require.Zero(t, recorded(read(0, "")), "a page that was read")
	require.Zero(t, recorded(read(2, "")), "a page that is none of the job's")
	require.Zero(t, recorded(read(-1, "")))
	require.Zero(t, recorded(finish), "a page is left")
	require.Equal(t, []int{1}, j.Left())
	require.Equal(t, 1, recorded(read(1, "blocked")))
	require.Equal(t, 1, j.Failed)
	require.Equal(t, 1, recorded(finish))
	require.Zero(t, recorded(finish))
	require.Zero(t, recorded(func() error { return j.Cancel(at) }), "it has ended")
	require.Zero(t, recorded(func() error { return j.Lose(at) }))
	require.Equal(t, scrape.StateFinished, j.State)
	require.Equal(t, 1, recorded(callBack))
	require.Zero(t, recorded(callBack), "the end is told once")
}

func TestLossesAreThoseSinceTheLastPage(t *testing.T) {
	t.Parallel()
	j := requested(t, 2)
	require.NoError(t, j.Lose(at))
	require.NoError(t, j.Lose(at))
	require.Equal(t, 2, j.Losses)
	require.NoError(t, j.Read(scrape.PageRead{Index: 0, At: at}))
	require.Zero(t, j.Losses)
	require.NoError(t, j.Cancel(at))
	require.Empty(t, j.Left(), "nothing is read for a job that was cancelled")
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(scrape.NewJob().Cancel(at)))
}
