package cached_test

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/cached"
)

func clock() *kernel.ManualClock {
	return kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
}

func TestRecentKeepsWhatWasLoadedForItsLife(t *testing.T) {
	t.Parallel()
	now, loads := clock(), 0
	r := cached.NewRecent[kernel.TableID, int](now, 5*time.Second, 10)
	get := func() int {
		v, err := r.Get(t.Context(), "tbl_1", func(context.Context) (int, error) { loads++; return loads, nil })
		require.NoError(t, err)
		return v
	}
	require.Equal(t, 1, get())
	now.Advance(4 * time.Second)
	require.Equal(t, 1, get())
	now.Advance(time.Second)
	require.Equal(t, 2, get(), "its life is over")
	r.Forget("tbl_1")
	require.Equal(t, 3, get(), "it was changed")
}

func TestRecentKeepsNoError(t *testing.T) {
	t.Parallel()
	r := cached.NewRecent[kernel.TableID, int](clock(), time.Minute, 10)
	broken := errors.New("away")
	_, err := r.Get(t.Context(), "tbl_1", func(context.Context) (int, error) { return 0, broken })
	require.ErrorIs(t, err, broken)
	v, err := r.Get(t.Context(), "tbl_1", func(context.Context) (int, error) { return 7, nil })
	require.NoError(t, err)
	require.Equal(t, 7, v)
}

func TestRecentIsBounded(t *testing.T) {
	t.Parallel()
	r := cached.NewRecent[kernel.TableID, int](clock(), time.Minute, 10)
	loads := 0
	get := func(n int) {
		_, err := r.Get(t.Context(), kernel.TableID(strconv.Itoa(n)), func(context.Context) (int, error) { loads++; return n, nil })
		require.NoError(t, err)
	}
	for n := range 100 {
		get(n)
		get(0) // what is used stays, however much else comes
	}
	require.Equal(t, 100, loads)
	get(50)
	require.Equal(t, 101, loads, "what was not used for long has gone")
}

// What is loaded while another caller changes it must not be kept, and a caller that asks after the change must not share that load.
func TestRecentDoesNotKeepWhatWasForgottenWhileItWasLoaded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := cached.NewRecent[kernel.TableID, string](clock(), time.Minute, 10)
		release, old := make(chan struct{}), make(chan string, 1)
		go func() {
			v, _ := r.Get(t.Context(), "tbl_1", func(context.Context) (string, error) { <-release; return "old", nil })
			old <- v
		}()
		synctest.Wait()
		r.Forget("tbl_1")
		fresh := func(want string) {
			v, err := r.Get(t.Context(), "tbl_1", func(context.Context) (string, error) { return "new", nil })
			require.NoError(t, err)
			require.Equal(t, want, v)
		}
		fresh("new")
		close(release)
		require.Equal(t, "old", <-old)
		fresh("new")
	})
}

func TestRecentSharesOneLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := cached.NewRecent[kernel.TableID, int](clock(), time.Minute, 10)
		var loads atomic.Int64
		release, done := make(chan struct{}), make(chan int, 20)
		for range cap(done) {
			go func() {
				v, _ := r.Get(t.Context(), "tbl_1", func(context.Context) (int, error) {
					loads.Add(1)
					<-release
					return 7, nil
				})
				done <- v
			}()
		}
		synctest.Wait()
		close(release)
		for range cap(done) {
			require.Equal(t, 7, <-done)
		}
		require.Equal(t, int64(1), loads.Load())
	})
}

// A caller that goes away must not take the others' answer with it.
func TestRecentLoadsInPlaceOfACallerThatWentAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := cached.NewRecent[kernel.TableID, int](clock(), time.Minute, 10)
		ctx, cancel := context.WithCancel(t.Context())
		load := func(ctx context.Context) (int, error) {
			if ctx.Done() == nil {
				return 7, nil
			}
			<-ctx.Done()
			return 0, ctx.Err()
		}
		left, stays := make(chan error, 1), make(chan int, 1)
		go func() { _, err := r.Get(ctx, "tbl_1", load); left <- err }()
		synctest.Wait()
		go func() {
			v, _ := r.Get(context.WithoutCancel(t.Context()), "tbl_1", load)
			stays <- v
		}()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-left, context.Canceled)
		require.Equal(t, 7, <-stays)
	})
}

func TestTimedEndsByTheClockThatItIsHanded(t *testing.T) {
	t.Parallel()
	now := clock()
	c := cached.NewTimed[string, int](now, 2)
	c.Set("a", 1, time.Minute)
	c.Set("b", 2, time.Hour)
	now.Advance(time.Minute)
	_, ok := c.Get("a")
	require.False(t, ok)
	v, ok := c.Get("b")
	require.True(t, ok)
	require.Equal(t, 2, v)
	c.Set("c", 3, time.Hour)
	c.Set("d", 4, time.Hour)
	_, ok = c.Get("b")
	require.False(t, ok, "two entries at most")
	c.Clear()
	_, ok = c.Get("d")
	require.False(t, ok)
}

// What was loaded while the clock was a day ahead doesn't stay for a day when it is right again: it says who may do what.
func TestWhatIsRecentEndsAlthoughTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	for name, moved := range map[string]time.Duration{"in time": 6 * time.Second, "set back": -24 * time.Hour} {
		clock := kernel.NewManualClock(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
		recent := cached.NewRecent[string, int](clock, 5*time.Second, 10)
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
