package commands_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
)

// What was loaded while the clock was a day ahead doesn't stay for a day when it is right again: it says who may do what.
func TestWhatIsRecentEndsAlthoughTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	for name, moved := range map[string]time.Duration{"in time": 6 * time.Second, "set back": -24 * time.Hour} {
		clock := kernel.NewManualClock(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
		recent := commands.NewRecent[string, int](clock, 5*time.Second, 10)
		loads := 0
		load := func(context.Context) (int, error) { loads++; return loads, nil }
		for range 2 {
			v, err := recent.Get(t.Context(), "k", load)
			require.NoError(t, err)
			require.Equal(t, 1, v, name)
		}
		clock.Advance(moved)
		v, err := recent.Get(t.Context(), "k", load)
		require.NoError(t, err)
		require.Equal(t, 2, v, name)
	}
}
