package boot

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/gridview"
)

// A copy of a table as it was is behind the same wall as the table: one that knows its structure reads none of its rows elsewhere.
func TestCopiesOfTablesAreBehindTheSecondWall(t *testing.T) {
	t.Parallel()
	w := newWalled(t)
	moments, err := gridread.NewMoments(gridread.MomentConfig{
		DB: w.rows, Pool: w.pool, Store: w.store, Log: w.log, Codec: w.codec, IDs: w.ids, Clock: kernel.SystemClock{},
		Logger: slog.New(slog.DiscardHandler), Limits: gridread.MomentLimits{Wait: time.Minute},
	})
	require.NoError(t, err)
	running, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = moments.Run(running) }()
	t.Cleanup(func() { cancel(); <-done })

	live, err := gridread.NewGrid(w.rows, kernel.SystemClock{}).Table(w.in(t, 0), w.spaces[0], w.tables[0])
	require.NoError(t, err)
	head, err := w.log.Head(t.Context())
	require.NoError(t, err)
	asked := gridview.AsOf{Position: head}
	grid, info, _, err := moments.At(w.in(t, 0), live, asked)
	require.NoError(t, err)
	for i, want := range []int{1, 0} {
		page, err := grid.Page(w.in(t, i), info, gridview.Query{}, "", 0, 10)
		require.NoError(t, err)
		require.Equal(t, want, page.Count)
	}
	_, _, _, err = moments.At(w.in(t, 1), live, asked)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
}
