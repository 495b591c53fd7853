package projections_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A position that other processes wait for becomes durable, and a parked stream goes on, although the clock that said when was a day ahead.
func TestAClockThatIsSetBackHoldsNothingUp(t *testing.T) {
	t.Parallel()
	t.Run("a position", func(t *testing.T) {
		t.Parallel()
		f, b := newFixture(), newBus()
		f.clock.Advance(24 * time.Hour)
		r, _ := f.start(t, &said{}, b)
		b.send(t, f.say(t, "a:-"))
		wait(t, r, 1)
		f.clock.Advance(-24 * time.Hour)
		b.send(t, f.say(t, "a:-"))
		wait(t, r, 2)
		require.Eventually(t, func() bool { return f.checkpoint(t) == 2 }, 5*time.Second, time.Millisecond)
	})
	t.Run("a parked stream", func(t *testing.T) {
		t.Parallel()
		f := newFixture()
		f.limits.PollMax = 2 * time.Millisecond
		var cured atomic.Bool
		f.clock.Advance(24 * time.Hour)
		f.say(t, "a:poison")
		r, _ := f.start(t, &said{cured: cured.Load}, nil)
		wait(t, r, 1)
		cured.Store(true)
		f.clock.Advance(-24 * time.Hour)
		require.Eventually(t, func() bool { return len(f.parked(t)) == 0 }, 5*time.Second, time.Millisecond)
	})
}
