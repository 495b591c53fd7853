package projections_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/projections"
)

func (f *fixture) parked(t *testing.T) []projections.Parked {
	t.Helper()
	list, err := f.store.Parked(context.Background(), projections.LiveOf("said"))
	require.NoError(t, err)
	return list
}

func TestAPoisonEventStopsOnlyItsOwnStream(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 2, 3, 100} {
		f := newFixture()
		f.limits.BatchEvents = size
		f.say(t, "a:one", "b:one", "a:poison", "b:two", "a:three", "c:poison", "c:-", "b:three")
		r, stop := f.start(t, &said{}, nil)
		wait(t, r, 8)
		f.say(t, "a:four", "b:four")
		wait(t, r, 10)
		require.Equal(t, map[string]string{"thing-a": "one ", "thing-b": "one two three four "}, f.rows())
		stop()
		list := f.parked(t)
		require.Len(t, list, 2)
		require.Equal(t, projections.Parked{
			Location: projections.LiveOf("said"), Stream: "thing-a", Position: 3, Version: 2, EventType: wantedType, Error: "poison",
			Attempts: 1, RetryAt: f.clock.Now().Add(time.Minute),
		}, list[0])
		require.EqualValues(t, 6, list[1].Position)
	}
}

func TestAParkedStreamIsTriedAgainMoreAndMoreRarely(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.limits.PollMax = 2 * time.Millisecond
	f.say(t, "a:poison")
	r, _ := f.start(t, &said{}, nil)
	wait(t, r, 1)
	start := f.clock.Now()
	require.Equal(t, start.Add(time.Minute), f.parked(t)[0].RetryAt)
	gap := time.Minute
	for attempt := 2; attempt <= 6; attempt++ {
		f.clock.Advance(gap)
		require.Eventually(t, func() bool { return f.parked(t)[0].Attempts == attempt }, 5*time.Second, time.Millisecond)
		gap *= 2
		if attempt <= 5 {
			require.Equal(t, f.clock.Now().Add(gap), f.parked(t)[0].RetryAt)
		}
	}
	require.Zero(t, f.parked(t)[0].RetryAt, "then it waits for a person")
}

func TestACuredStreamIsReplayedInOrder(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.limits.PollMax = 2 * time.Millisecond
	var cured atomic.Bool
	f.say(t, "a:one", "a:poison", "b:one", "a:-", "a:three", "a:poison2")
	r, _ := f.start(t, &said{cured: cured.Load}, nil)
	wait(t, r, 6)
	cured.Store(true)
	f.clock.Advance(time.Minute)
	require.Eventually(t, func() bool { return len(f.parked(t)) == 0 }, 5*time.Second, time.Millisecond)
	f.say(t, "a:five")
	wait(t, r, 7)
	require.Equal(t, "one poison three poison2 five ", f.rows()["thing-a"])
}

func TestAPersonCanRetryOrSkip(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.limits.PollMax = 2 * time.Millisecond
	f.limits.RetryAttempts = -1
	f.say(t, "a:one", "a:poison", "a:three", "a:poison", "a:five")
	r, _ := f.start(t, &said{}, nil)
	wait(t, r, 5)
	location := projections.LiveOf("said")
	ok, err := f.store.Retry(context.Background(), location, "thing-a", "it says nothing", f.clock.Now())
	require.NoError(t, err)
	require.True(t, ok)
	f.clock.Advance(time.Second)
	require.Eventually(t, func() bool { return f.parked(t)[0].Position == 4 }, 5*time.Second, time.Millisecond)
	require.Equal(t, "one three ", f.rows()["thing-a"])
	require.Empty(t, f.parked(t)[0].SkipReason, "only the one event was skipped")
	_, err = f.store.Retry(context.Background(), location, "thing-a", "nor does this one", f.clock.Now())
	require.NoError(t, err)
	f.clock.Advance(time.Second)
	require.Eventually(t, func() bool { return len(f.parked(t)) == 0 }, 5*time.Second, time.Millisecond)
	require.Equal(t, "one three five ", f.rows()["thing-a"])
}

func TestALongParkedStreamIsReplayedPageByPage(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.limits.PollMax = 2 * time.Millisecond
	var cured atomic.Bool
	want := "poison " + strings.Repeat("x ", 1200)
	words := append([]string{"a:poison"}, slices.Repeat([]string{"a:x"}, 1200)...)
	f.say(t, words...)
	r, _ := f.start(t, &said{cured: cured.Load}, nil)
	wait(t, r, 1201)
	cured.Store(true)
	f.clock.Advance(time.Minute)
	require.Eventually(t, func() bool { return len(f.parked(t)) == 0 }, 10*time.Second, time.Millisecond)
	require.Equal(t, want, f.rows()["thing-a"])
}

// A runner that remembers a stream as parked must not skip its events after another runner has replayed it.
func TestASecondRunnerLearnsThatAStreamGoesOn(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.limits.PollMax = 2 * time.Millisecond
	var cured atomic.Bool
	one, _ := f.start(t, &said{cured: cured.Load}, nil)
	two, _ := f.start(t, &said{cured: cured.Load}, nil)
	f.say(t, "a:poison", "b:one")
	wait(t, one, 2)
	wait(t, two, 2)
	cured.Store(true)
	f.clock.Advance(time.Minute)
	for range 100 {
		f.say(t, "a:x")
	}
	wait(t, one, 102)
	wait(t, two, 102)
	require.Eventually(t, func() bool { return len(f.parked(t)) == 0 }, 5*time.Second, time.Millisecond)
	require.Equal(t, "poison "+strings.Repeat("x ", 100), f.rows()["thing-a"])
}
