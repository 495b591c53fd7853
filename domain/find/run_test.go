package find_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/find"
	"github.com/morket/morket/domain/kernel"
)

var at = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) //nolint:gochecknoglobals // a moment

func started(pageCredits, maxCredits int) find.Started {
	return find.Started{
		FindID: "fnd_1", PageSize: 10, PageCredits: pageCredits, Definition: find.Definition{MaxRows: 25, MaxCredits: maxCredits}, At: at,
	}
}

func begun(t *testing.T, pageCredits, maxCredits int) *find.Run {
	t.Helper()
	r := find.NewRun()
	require.NoError(t, r.Begin(started(pageCredits, maxCredits)))
	return r
}

// TestNoRunCostsMoreThanAllowed: of the vendor's credits, however the price of a page and the bound stand to each other.
func TestNoRunCostsMoreThanAllowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ page, most, pages int }{{0, 0, 3}, {1, 0, -1}, {3, 2, -1}, {3, 3, 1}, {3, 5, 1}, {3, 6, 2}, {1, 100, 3}} {
		r := find.NewRun()
		err := r.Begin(started(c.page, c.most))
		if c.pages < 0 {
			require.Equal(t, kernel.KindInvalid, kernel.KindOf(err), "%+v", c)
			continue
		}
		require.NoError(t, err, "%+v", c)
		pages := 0
		for ; r.Next() > 0; pages++ {
			require.NoError(t, r.Ask(r.Next()))
			require.NoError(t, r.Find(find.PageFound{Page: r.Next(), Rows: min(10, r.Room())}))
		}
		require.Equal(t, c.pages, pages, "%+v", c)
		require.LessOrEqual(t, pages*c.page, c.most)
	}
}

// TestAPageThatMayHaveBeenPaidIsNotAskedForAgain: one that costs nothing is.
func TestAPageThatMayHaveBeenPaidIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	paid, free := begun(t, 1, 10), begun(t, 0, 0)
	for _, r := range []*find.Run{paid, free} {
		require.Equal(t, kernel.KindConflict, kernel.KindOf(r.Ask(2)), "pages are asked for in order")
		require.NoError(t, r.Ask(1))
		require.Equal(t, 1, r.Lost())
	}
	require.Equal(t, kernel.KindConflict, kernel.KindOf(paid.Ask(1)))
	require.NoError(t, free.Ask(1))
	require.NoError(t, paid.Refuse("too many requests"))
	require.Zero(t, paid.Lost(), "that it was refused is known")
	require.NoError(t, paid.Ask(1))
	require.Equal(t, kernel.KindConflict, kernel.KindOf(paid.Find(find.PageFound{Page: 2})), "a page that was not asked for")
}

// TestHowARunEnds: its state says whether something was found and what stood in the way.
func TestHowARunEnds(t *testing.T) {
	t.Parallel()
	found := func(r *find.Run) {
		require.NoError(t, r.Ask(1))
		require.NoError(t, r.Find(find.PageFound{Page: 1, Rows: 10}))
	}
	stop := func(r *find.Run) { require.NoError(t, r.Stop("the key was refused", false)) }
	cancel := func(r *find.Run) { require.NoError(t, r.Cancel()) }
	for _, c := range []struct {
		what      string
		does      []func(*find.Run)
		hindrance string
		state     find.State
	}{
		{"all was found", []func(*find.Run){found}, "", find.StateCompleted},
		{"nothing was found, and the vendor refused", []func(*find.Run){stop}, "", find.StateFailed},
		{"something was found, and the vendor refused", []func(*find.Run){found, stop}, "", find.StatePartial},
		{"it was cancelled", []func(*find.Run){found, cancel}, "", find.StateCancelled},
		{"the table is gone", []func(*find.Run){found}, "the table is gone", find.StateFailed},
	} {
		r := begun(t, 1, 10)
		for _, do := range c.does {
			do(r)
		}
		require.NoError(t, r.End(c.hindrance, at))
		require.False(t, r.Running(), c.what)
		ended, ok := last(r).(find.Ended)
		require.True(t, ok, c.what)
		require.Equal(t, c.state, ended.State, c.what)
	}
}

func last(r *find.Run) kernel.Event {
	events := r.Pending()
	return events[len(events)-1]
}
