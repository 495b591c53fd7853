// Package limitertest is the suite that every rate limiter passes.
package limitertest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Limiter is the port.
type Limiter interface {
	Allow(ctx context.Context, key string, perMinute int) (ok bool, retryAfter time.Duration)
}

// Fixture is a limiter without history.
type Fixture struct {
	Limiter Limiter
	// Other counts together with Limiter, as another process does; nil where nobody can.
	Other Limiter
	// Pass lets so much time go by.
	Pass func(t *testing.T, d time.Duration)
}

// Run runs the suite; open makes a limiter for each test.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Fixture){
		"a minute's budget and no more":       testBudget,
		"the budget comes back evenly":        testRefill,
		"keys don't share":                    testKeys,
		"no limit":                            testNone,
		"a limit that changes counts at once": testChange,
		"many at one moment":                  testMany,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func testBudget(t *testing.T, f Fixture) {
	for n := range 5 {
		ok, _ := f.Limiter.Allow(t.Context(), "a", 5)
		require.True(t, ok, "call %d", n)
	}
	for range 3 { // asking in vain costs nothing
		ok, retry := f.Limiter.Allow(t.Context(), "a", 5)
		require.False(t, ok)
		require.Positive(t, retry)
		require.LessOrEqual(t, retry, 12*time.Second)
	}
}

func testRefill(t *testing.T, f Fixture) {
	const perMinute = 1200 // one in 50 ms
	used := 0
	for {
		ok, retry := f.Limiter.Allow(t.Context(), "a", perMinute)
		if ok {
			used++
			continue
		}
		require.LessOrEqual(t, retry, 50*time.Millisecond)
		f.Pass(t, retry)
		break
	}
	require.GreaterOrEqual(t, used, perMinute)
	ok, _ := f.Limiter.Allow(t.Context(), "a", perMinute)
	require.True(t, ok, "when the limiter said to come back there is one again")
}

func testKeys(t *testing.T, f Fixture) {
	for _, key := range []string{"a", "b", "a b", "ip:::1", "*"} {
		ok, _ := f.Limiter.Allow(t.Context(), key, 1)
		require.True(t, ok, key)
		ok, _ = f.Limiter.Allow(t.Context(), key, 1)
		require.False(t, ok, key)
	}
}

func testNone(t *testing.T, f Fixture) {
	for range 10 {
		ok, _ := f.Limiter.Allow(t.Context(), "a", 0)
		require.True(t, ok)
	}
}

func testChange(t *testing.T, f Fixture) {
	for range 10 {
		ok, _ := f.Limiter.Allow(t.Context(), "a", 100)
		require.True(t, ok)
	}
	allowed := 0
	for range 10 {
		if ok, _ := f.Limiter.Allow(t.Context(), "a", 2); ok {
			allowed++
		}
	}
	require.Equal(t, 2, allowed)
}

func testMany(t *testing.T, f Fixture) {
	var allowed atomic.Int64
	var wait sync.WaitGroup
	limiters := []Limiter{f.Limiter}
	if f.Other != nil {
		limiters = append(limiters, f.Other)
	}
	for n := range 20 {
		wait.Go(func() {
			for range 10 {
				if ok, _ := limiters[n%len(limiters)].Allow(t.Context(), "a", 30); ok {
					allowed.Add(1)
				}
			}
		})
	}
	wait.Wait()
	require.GreaterOrEqual(t, allowed.Load(), int64(30))
	require.LessOrEqual(t, allowed.Load(), int64(31), "but for what has come back meanwhile")
}
