package webhookflow

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnOrderedHeadIsTriedByHowTheReceiverFares(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		failures int
		failing  time.Duration
		want     time.Duration
	}{
		{1, 0, 5 * time.Second},
		{2, 5 * time.Second, 10 * time.Second},
		{4, time.Minute, 40 * time.Second},
		{7, 10 * time.Minute, 5 * time.Minute},
		{100, 59 * time.Minute, 5 * time.Minute},
		{100, time.Hour, 15 * time.Minute},
		{100, 8 * time.Hour, 2 * time.Hour},
		{1 << 40, 4 * 24 * time.Hour, 10 * time.Hour},
		{1, 20 * time.Hour, 5 * time.Second}, // the first failure was dated by a clock that was wrong
		{4, 20 * time.Hour, 40 * time.Second},
	} {
		require.Equal(t, c.want, headPause(c.failures, c.failing, 0.5), "%d failures in %s", c.failures, c.failing)
	}
}

func TestInTheCourseOfAnOutageAQuarterOfItIsWaited(t *testing.T) {
	t.Parallel()
	failing := time.Duration(0)
	for n := 1; failing < 5*24*time.Hour; n++ {
		pause := headPause(n, failing, 0.5)
		if failing >= longOutage {
			require.Equal(t, min(max(failing/outageShare, restMax), outageMax), pause, "%d failures in %s", n, failing)
		}
		failing += pause
	}
}

func TestNothingIsPutOffForLongerThanTheLongestPause(t *testing.T) {
	t.Parallel()
	for n := range 100 {
		require.Less(t, pauseBefore(n, 1), MaxPause())
		require.Less(t, headPause(n+1, time.Duration(n)*24*time.Hour, 1), MaxPause())
		require.Less(t, cooldown(n), MaxPause())
	}
	require.Less(t, asksMax, MaxPause())
}

func TestAQueueRestsFromTheFailuresInARowOn(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]time.Duration{
		0: 0, failuresInARow - 1: 0, failuresInARow: restMin, failuresInARow + 1: 2 * restMin, failuresInARow + 2: 4 * restMin, failuresInARow + 20: restMax, 1 << 30: restMax,
	} {
		require.Equal(t, want, cooldown(failures), failures)
	}
}
