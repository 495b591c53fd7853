package memcache_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/cache/cachetest"
	"github.com/morket/morket/adapters/cache/memcache"
	"github.com/morket/morket/domain/kernel"
)

func TestCache(t *testing.T) {
	t.Parallel()
	cachetest.Run(t, func(t *testing.T) cachetest.Fixture {
		t.Helper()
		clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		return cachetest.Fixture{Cache: memcache.New(clock, 4<<20), Pass: func(_ *testing.T, d time.Duration) { clock.Advance(d) }}
	})
}

func TestTheLimitHolds(t *testing.T) {
	t.Parallel()
	c := memcache.New(kernel.SystemClock{}, 1000)
	for i := range 100 {
		c.Set(t.Context(), strconv.Itoa(i), make([]byte, 90), time.Minute)
	}
	kept := 0
	for i := range 100 {
		if _, ok := c.Get(t.Context(), strconv.Itoa(i)); ok {
			kept++
		}
	}
	require.LessOrEqual(t, kept, 11)
	_, ok := c.Get(t.Context(), "99")
	require.True(t, ok, "the newest is there")
}

func TestAnEntryEndsAlthoughTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
	c := memcache.New(clock, 1<<20)
	c.Set(t.Context(), "k", []byte("v"), time.Minute)
	_, ok := c.Get(t.Context(), "k")
	require.True(t, ok)
	clock.Advance(-24 * time.Hour)
	_, ok = c.Get(t.Context(), "k")
	require.False(t, ok)
}
