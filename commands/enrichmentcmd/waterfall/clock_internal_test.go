package waterfall

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/breaker"
)

// A rest, a pause and a quota that a clock a day ahead has said end when it is right again, and not a day later.
func TestLimitsEndAlthoughTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
	l := newCallLimiter(clock, NewMemoryQuotas(clock), limiterKey{provider: "p"}, enrichment.RateLimits{})
	for range breaker.Failures {
		era, no := l.breaker.Allow()
		require.Nil(t, no)
		l.breaker.Done(era, "it fails")
	}
	_, no := l.breaker.Allow()
	require.NotNil(t, no, "it rests")
	l.limited(time.Minute, "too often")
	pause, err := l.reserve(t.Context(), time.Hour)
	require.NoError(t, err)
	require.Equal(t, time.Minute, pause)
	quotas, once := NewMemoryQuotas(clock), enrichment.RateLimits{PerMinute: 1}
	for range 2 {
		_, _, err = quotas.Take(t.Context(), "k", once, 1, time.Hour)
		require.NoError(t, err)
	}

	clock.Advance(-24 * time.Hour)
	_, no = l.breaker.Allow()
	require.Nil(t, no, "it is asked whether it is well")
	pause, err = l.reserve(t.Context(), time.Hour)
	require.NoError(t, err)
	require.Zero(t, pause)
	l.limited(time.Minute, "too often")
	pause, err = l.reserve(t.Context(), time.Hour)
	require.NoError(t, err)
	require.Equal(t, time.Minute, pause)
	wait, ok, err := quotas.Take(t.Context(), "k", once, 1, time.Hour)
	require.NoError(t, err)
	require.True(t, ok)
	require.LessOrEqual(t, wait, time.Minute)
}
