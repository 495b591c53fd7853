package sweeper_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/leader"
	"github.com/morket/morket/adapters/leader/memleader"
	"github.com/morket/morket/adapters/leader/pgleader"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/adapters/sweeper"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/relay"
)

func start(t *testing.T, seat relay.Leadership, clock kernel.Clock, sweeps ...sweeper.Sweep) (stop func()) {
	t.Helper()
	lead, err := leader.New(leader.Config{Leadership: seat, What: "sweeps", Logger: slog.New(slog.DiscardHandler), Retry: time.Millisecond})
	require.NoError(t, err)
	s, err := sweeper.New(sweeper.Config{Lead: lead.Run, Sweeps: sweeps, Clock: clock, Logger: slog.New(slog.DiscardHandler), Look: time.Millisecond})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			assert.ErrorIs(t, <-ended, context.Canceled)
		}
	}
	t.Cleanup(stop)
	return stop
}

// counting sweeps: each run is told on the channel.
func counting(name string, every time.Duration, runs chan string, err func() error) sweeper.Sweep {
	return sweeper.Sweep{Name: name, Every: every, Run: func(ctx context.Context) (int, error) {
		select {
		case runs <- name:
		case <-ctx.Done():
		}
		return 1, err()
	}}
}

func fine() error { return nil }

func TestSweepsRunWhenTheyAreDue(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	runs := make(chan string)
	var failures atomic.Int32
	failures.Store(2)
	broken := func() error {
		if failures.Add(-1) >= 0 {
			return errors.New("not now")
		}
		return nil
	}
	start(t, memleader.New(), clock, counting("hourly", time.Hour, runs, broken), counting("daily", 24*time.Hour, runs, fine))
	require.Equal(t, []string{"hourly", "daily"}, []string{<-runs, <-runs}, "all at the start, one's failure leaves the others alone")
	require.Equal(t, []string{"hourly", "hourly"}, []string{<-runs, <-runs}, "one that failed is tried again at once")
	clock.Advance(time.Hour)
	require.Equal(t, "hourly", <-runs)
	clock.Advance(23 * time.Hour)
	require.ElementsMatch(t, []string{"hourly", "daily"}, []string{<-runs, <-runs})
}

func TestOneProcessSweepsAtATime(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	require.NoError(t, postgres.Migrate(t.Context(), pool))
	clock := kernel.NewManualClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	runs := make(chan string)
	process := func(name string) func() {
		return start(t, pgleader.New(pool, "sweeps"), clock, counting(name, time.Hour, runs, fine))
	}
	stops := map[string]func(){"one": process("one"), "two": process("two")}
	first := <-runs
	clock.Advance(time.Hour)
	require.Equal(t, first, <-runs, "only the leader")
	stops[first]()
	require.NotEqual(t, first, <-runs, "the other takes over")
}

func TestASweeperNeedsItsParts(t *testing.T) {
	t.Parallel()
	_, err := sweeper.New(sweeper.Config{Sweeps: []sweeper.Sweep{{Name: "x"}}})
	require.ErrorContains(t, err, "needs a Lead")
	require.ErrorContains(t, err, `the sweep "x" needs`)
}
