// Package quotatest is the suite that every waterfall.Quotas passes.
package quotatest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
)

// Fixture is a quota without history.
type Fixture struct {
	Quotas waterfall.Quotas
	Still  bool             // its clock stands still
	Other  waterfall.Quotas // another worker's, that counts together with it; nil where nobody can
}

const long = 2 * time.Minute

// Run runs the suite; open makes a fixture for each test.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Fixture){
		"what is left is free, the rest waits":  testWaits,
		"a wait that is too long takes nothing": testRefuses,
		"the narrowest window counts":           testWindows,
		"a second's calls are spread over it":   testSpread,
		"a slowed provider waits longer":        testFactor,
		"keys don't share":                      testKeys,
		"many at one moment":                    testMany,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func take(t *testing.T, q waterfall.Quotas, key string, l enrichment.RateLimits, factor float64) (time.Duration, bool) {
	t.Helper()
	wait, ok, err := q.Take(t.Context(), key, l, factor, long)
	require.NoError(t, err)
	return wait, ok
}

// near allows for the time that the test itself takes.
func near(t *testing.T, want, got time.Duration) {
	t.Helper()
	require.InDelta(t, want.Seconds(), got.Seconds(), 8, "want about %s", want)
}

func testWaits(t *testing.T, f Fixture) {
	l := enrichment.RateLimits{PerHour: 60} // one a minute
	for range 60 {
		wait, ok := take(t, f.Quotas, "a", l, 1)
		require.True(t, ok)
		require.Zero(t, wait)
	}
	for i := 1; i <= 2; i++ { // owed: each one waits behind those before it
		wait, ok := take(t, f.Quotas, "a", l, 1)
		require.True(t, ok)
		near(t, time.Duration(i)*time.Minute, wait)
	}
}

func testRefuses(t *testing.T, f Fixture) {
	l := enrichment.RateLimits{PerDay: 3}
	for range 3 {
		_, ok := take(t, f.Quotas, "a", l, 1)
		require.True(t, ok)
	}
	for range 3 { // asking in vain makes it no later
		wait, ok := take(t, f.Quotas, "a", l, 1)
		require.False(t, ok)
		near(t, 8*time.Hour, wait)
	}
	_, ok := take(t, f.Quotas, "never", enrichment.RateLimits{PerDay: 1}, 1.0/64)
	require.False(t, ok, "also for the first call")
}

func testWindows(t *testing.T, f Fixture) {
	l := enrichment.RateLimits{PerMinute: 1000, PerHour: 2}
	for range 2 {
		wait, _ := take(t, f.Quotas, "a", l, 1)
		require.Zero(t, wait)
	}
	_, ok := take(t, f.Quotas, "a", l, 1)
	require.False(t, ok)
}

// testSpread takes two seconds' calls at once; whichever second is looked at, no more than its limit are in it.
func testSpread(t *testing.T, f Fixture) {
	const limit = 25
	began := time.Now()
	var at []time.Duration
	for range 2 * limit {
		before := time.Since(began) // a fixture's clock may stand still: then all are taken at one moment
		wait, ok := take(t, f.Quotas, "a", enrichment.RateLimits{PerSecond: limit}, 1)
		require.True(t, ok)
		if f.Still {
			before = 0
		}
		at = append(at, before+wait)
	}
	for i, from := range at {
		n := 0
		for _, later := range at[i:] {
			if later-from < time.Second-time.Second/limit {
				n++
			}
		}
		require.LessOrEqual(t, n, limit, "in the second from call %d", i)
	}
	require.GreaterOrEqual(t, at[len(at)-1], 1900*time.Millisecond)
}

func testFactor(t *testing.T, f Fixture) {
	l := enrichment.RateLimits{PerMinute: 4}
	free := 0
	for {
		wait, ok := take(t, f.Quotas, "a", l, 0.5)
		require.True(t, ok)
		if wait > 0 {
			near(t, 30*time.Second, wait)
			break
		}
		free++
	}
	require.Equal(t, 2, free)
}

func testKeys(t *testing.T, f Fixture) {
	for _, key := range []string{"a", "b", "a/crd_1", ""} {
		wait, ok := take(t, f.Quotas, key, enrichment.RateLimits{PerHour: 1}, 1)
		require.True(t, ok)
		require.Zero(t, wait, key)
	}
}

func testMany(t *testing.T, f Fixture) {
	all := []waterfall.Quotas{f.Quotas}
	if f.Other != nil {
		all = append(all, f.Other)
	}
	var mu sync.Mutex
	var wait sync.WaitGroup
	free, refused := 0, 0
	for n := range 10 {
		wait.Go(func() {
			for range 10 {
				_, ok, err := all[n%len(all)].Take(t.Context(), "a", enrichment.RateLimits{PerDay: 50}, 1, time.Second)
				mu.Lock()
				switch {
				case err != nil:
					t.Errorf("take: %v", err)
				case ok:
					free++
				default:
					refused++
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	require.Equal(t, 50, free)
	require.Equal(t, 50, refused)
}
