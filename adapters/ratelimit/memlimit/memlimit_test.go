package memlimit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/ratelimit/limitertest"
	"github.com/morket/morket/adapters/ratelimit/memlimit"
	"github.com/morket/morket/domain/kernel"
)

func TestMemoryLimiter(t *testing.T) {
	t.Parallel()
	limitertest.Run(t, func(t *testing.T) limitertest.Fixture {
		t.Helper()
		clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		return limitertest.Fixture{Limiter: memlimit.New(clock), Pass: func(_ *testing.T, d time.Duration) { clock.Advance(d) }}
	})
}

func TestTheLimitersMemoryIsBounded(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	l := memlimit.NewBounded(clock, 100)
	for range 5 {
		ok, _ := l.Allow(t.Context(), "used up", 5)
		require.True(t, ok)
	}
	for n := range 10_000 {
		l.Allow(t.Context(), fmt.Sprintf("made up %d", n), 5)
		require.LessOrEqual(t, l.Len(), 100)
	}
	ok, _ := l.Allow(t.Context(), "used up", 5)
	require.False(t, ok, "keys that are made up push out each other, not what was used up")
	clock.Advance(time.Minute)
	l.Allow(t.Context(), "another", 5)
	require.Equal(t, 1, l.Len(), "full buckets are forgotten")
}
