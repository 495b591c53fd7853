package cells_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/cells"
)

func config(p cells.Placement, n int) cells.Config {
	m := cells.DefaultMachines()
	m.Writes, m.Bytes = m.Writes/10, m.Bytes/10
	return cells.Config{Seed: 3, Workspaces: 1_000, Cells: n, Days: 30, Placement: p, Machines: m}
}

// TestNoWorkIsLostOrMadeUp: what was wanted was written or waits, also where workspaces are moved and a cell is lost.
func TestNoWorkIsLostOrMadeUp(t *testing.T) {
	t.Parallel()
	for _, p := range cells.Placements() {
		o := cells.Run(config(p, 8))
		require.Positive(t, o.Written)
		require.InEpsilon(t, o.Wanted, o.Written+o.Waiting, 1e-6, p)
		require.Greater(t, o.TopShare, 0.25, "sizes are skewed")
		require.Equal(t, o, cells.Run(config(p, 8)), "the same seed gives the same figures")
		require.Equal(t, p == cells.Moved, o.Moves > 0, p)
	}
}

// TestMovesEvenOutWhatPlacementCannotKnow: a new workspace's size is not known, so only moves keep the cells even.
func TestMovesEvenOutWhatPlacementCannotKnow(t *testing.T) {
	t.Parallel()
	hash, moved := cells.Run(config(cells.Hash, 8)), cells.Run(config(cells.Moved, 8))
	require.Less(t, moved.Fullest, hash.Fullest)
	require.Less(t, moved.Overfull, hash.Overfull)
	require.Positive(t, moved.PauseMax)
	require.Less(t, moved.PauseMax, 4.0, "the copy catches up before writes are refused")
}

// TestSmallerCellsLoseLess: a lost cell takes fewer along and is back sooner, and more people meet a hot neighbour.
func TestSmallerCellsLoseLess(t *testing.T) {
	t.Parallel()
	few, many := cells.Run(config(cells.Least, 4)), cells.Run(config(cells.Least, 16))
	require.Less(t, many.Hit, few.Hit)
	require.Less(t, many.Back, few.Back)
	require.Greater(t, many.Busiest, few.Busiest)
}

func TestTheReportNamesEachCase(t *testing.T) {
	t.Parallel()
	told := 0
	r := cells.Compare(1, 200, 5, cells.DefaultMachines(), func(cells.Outcome) { told++ })
	require.Len(t, r.Outcomes, len(cells.Sizes())*len(cells.Placements()))
	require.Len(t, r.Outcomes, told)
	var table, data strings.Builder
	require.NoError(t, r.Table(&table))
	require.NoError(t, r.JSON(&data))
	require.Len(t, strings.Split(strings.TrimSpace(table.String()), "\n"), len(r.Outcomes)+2)
	require.Contains(t, data.String(), `"fullest_to_mean"`)
}
