// Package politenesstest is the suite that every counter of requests to domains passes.
package politenesstest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/scrape/politeness"
)

// Fixture is a counter without history.
type Fixture struct {
	Counter politeness.Counter
	// Other counts together with Counter, as another process does; nil where nobody can.
	Other politeness.Counter
	// Now is the counter's clock.
	Now func() time.Time

	began time.Time
}

// slack is what a counter whose clock is another's may be off by.
const slack = 300 * time.Millisecond

// Run runs the suite; open makes a counter for each test.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Fixture){
		"a burst, then evenly":               testEven,
		"what is not waited for is not used": testMost,
		"a slowed domain":                    testSlow,
		"a domain that rests":                testRest,
		"domains don't share":                testDomains,
		"many at one moment":                 testMany,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t)
			f.began = f.Now()
			test(t, f)
		})
	}
}

func rate() politeness.Rate { return politeness.Rate{Every: 4 * time.Second, Burst: 2} }

// about requires a wait, less the time that has gone by since the test began.
func (f Fixture) about(t *testing.T, want, got time.Duration) {
	t.Helper()
	require.LessOrEqual(t, got, want+slack)
	require.GreaterOrEqual(t, got, want-f.Now().Sub(f.began)-slack)
}

func testEven(t *testing.T, f Fixture) {
	for n, want := range []time.Duration{0, 0, 4 * time.Second, 8 * time.Second} {
		wait, ok := f.Counter.Take(t.Context(), "a.com", rate(), time.Minute)
		require.True(t, ok, n)
		f.about(t, want, wait)
	}
}

func testMost(t *testing.T, f Fixture) {
	for range 2 {
		_, ok := f.Counter.Take(t.Context(), "a.com", rate(), 0)
		require.True(t, ok)
	}
	for range 3 {
		wait, ok := f.Counter.Take(t.Context(), "a.com", rate(), time.Second)
		require.False(t, ok)
		f.about(t, 4*time.Second, wait)
	}
}

func testSlow(t *testing.T, f Fixture) {
	f.Counter.Slow(t.Context(), "a.com", time.Minute)
	for _, want := range []time.Duration{0, 0, 8 * time.Second, 16 * time.Second} {
		wait, ok := f.Counter.Take(t.Context(), "a.com", rate(), time.Minute)
		require.True(t, ok)
		f.about(t, want, wait)
	}
}

func testRest(t *testing.T, f Fixture) {
	f.Counter.Rest(t.Context(), "a.com", 30*time.Second)
	f.Counter.Rest(t.Context(), "a.com", 10*time.Second) // the longer one counts
	_, ok := f.Counter.Take(t.Context(), "a.com", rate(), 10*time.Second)
	require.False(t, ok)
	for _, want := range []time.Duration{30 * time.Second, 30 * time.Second, 34 * time.Second} {
		wait, ok := f.Counter.Take(t.Context(), "a.com", rate(), time.Minute)
		require.True(t, ok)
		f.about(t, want, wait)
	}
}

func testDomains(t *testing.T, f Fixture) {
	for _, domain := range []string{"a.com", "b.com", "a.com.b.com", "a:b"} {
		wait, ok := f.Counter.Take(t.Context(), domain, politeness.Rate{Every: time.Hour, Burst: 1}, 0)
		require.True(t, ok, domain)
		require.Zero(t, wait, domain)
	}
}

func testMany(t *testing.T, f Fixture) {
	counters := []politeness.Counter{f.Counter, f.Counter}
	if f.Other != nil {
		counters[1] = f.Other
	}
	var mu sync.Mutex
	var waits []time.Duration
	var wg sync.WaitGroup
	for n := range 40 {
		wg.Go(func() {
			wait, ok := counters[n%2].Take(t.Context(), "a.com", politeness.Rate{Every: time.Second, Burst: 1}, time.Hour)
			mu.Lock()
			defer mu.Unlock()
			if ok {
				waits = append(waits, wait)
			}
		})
	}
	wg.Wait()
	require.Len(t, waits, 40)
	longest := time.Duration(0)
	for _, w := range waits {
		longest = max(longest, w)
	}
	f.about(t, 39*time.Second, longest)
}
