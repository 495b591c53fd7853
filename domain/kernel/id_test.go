package kernel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
)

// Rows are shown and worked on in the order of their ids, so that order must be the one in which they were made.
func TestIDsAscendWhateverTheClockDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		clock := kernel.NewManualClock(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
		ids := kernel.NewIDs(clock)
		last := ""
		for _, step := range rapid.SliceOfN(rapid.Int64Range(-48*3600_000, 48*3600_000), 1, 50).Draw(r, "steps") {
			clock.Advance(time.Duration(step) * time.Millisecond)
			if rapid.Bool().Draw(r, "after") {
				at := clock.Now().Add(time.Duration(rapid.IntRange(0, 1000).Draw(r, "ms")) * time.Millisecond)
				ids.After(at)
				made, err := kernel.IDTime(ids.New("row"))
				require.NoError(r, err)
				require.True(r, made.After(at.Truncate(time.Millisecond)))
			}
			id := ids.New("row")
			require.Greater(r, id, last)
			require.NoError(r, kernel.ParseID("row", id))
			last = id
		}
	})
}
