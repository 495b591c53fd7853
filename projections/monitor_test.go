package projections_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

func TestTheBoardShowsPoisonAndWhatAnOperatorDoesAboutIt(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.limits.PollMax, f.limits.RetryAttempts = 2*time.Millisecond, -1
	var cured atomic.Bool
	p := &said{cured: cured.Load}
	r, _ := f.start(t, p, nil)
	reactor, err := projections.NewReactor(projections.ReactorConfig{
		Name: "echo", Types: []string{wantedType}, Log: f.log, Store: f.store, Clock: f.clock, Logger: slog.New(slog.DiscardHandler), Limits: f.limits,
		Handle: func(_ context.Context, e eventstore.Recorded) error {
			if e.Position == 2 && !cured.Load() {
				return errors.New("no flow takes it")
			}
			return nil
		},
	})
	require.NoError(t, err)
	run(t, reactor.Run)
	monitor := projections.NewMonitor(f.log, f.clock)
	monitor.AddRunner(r, func() projections.RunnerConfig { return f.config(p) })
	monitor.AddReactor(reactor)
	require.Equal(t, []string{"said"}, monitor.Projections(), "a reactor has nothing to rebuild")

	f.say(t, "a:one", "a:poison", "b:two", "a:three")
	wait(t, r, 4)
	wait(t, reactor, 4)
	list, err := monitor.Status(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 2)
	for _, s := range list {
		require.Equal(t, 1, s.Parked, s.Consumer.Name)
		require.EqualValues(t, 4, s.Position)
		require.Zero(t, s.Lag)
		require.Zero(t, s.LagTime)
	}
	parked, err := monitor.Parked(t.Context())
	require.NoError(t, err)
	require.Len(t, parked, 2)
	require.Equal(t, "poison", parked[0].Error)
	require.Equal(t, eventstore.StreamID("thing-a"), parked[1].Stream)

	cured.Store(true)
	for _, kind := range []projections.Kind{projections.KindProjection, projections.KindReactor} {
		name := map[projections.Kind]string{projections.KindProjection: "said", projections.KindReactor: "echo"}[kind]
		u, ok := monitor.Consumer(name, kind)
		require.True(t, ok)
		_, found, err := monitor.DeadLetter(t.Context(), u, "thing-a")
		require.NoError(t, err)
		require.True(t, found)
		ok, err = monitor.Retry(t.Context(), u, "thing-a", "")
		require.NoError(t, err)
		require.True(t, ok)
	}
	require.Eventually(t, func() bool {
		f.clock.Advance(time.Second)
		left, err := monitor.Parked(t.Context())
		return err == nil && len(left) == 0
	}, 5*time.Second, time.Millisecond)
	require.Equal(t, "one poison three ", f.rows()["thing-a"])
	_, ok := monitor.Consumer("said", projections.KindReactor)
	require.False(t, ok)
}

func TestTheBoardTellsHowFarBehindAProjectionIs(t *testing.T) {
	t.Parallel()
	f := newFixture()
	r, err := projections.NewRunner(f.config(&said{}))
	require.NoError(t, err)
	monitor := projections.NewMonitor(f.log, f.clock)
	monitor.AddRunner(r, func() projections.RunnerConfig { return f.config(&said{}) })
	f.say(t, "a:one")
	f.clock.Advance(90 * time.Second)
	f.say(t, "a:two")
	status := func() projections.Status {
		list, err := monitor.Status(t.Context())
		require.NoError(t, err)
		return list[0]
	}
	s := status()
	require.EqualValues(t, 2, s.Lag)
	require.Equal(t, 90*time.Second, s.LagTime)
	require.Zero(t, s.Rate)
	f.clock.Advance(2 * time.Second)
	stop := run(t, r.Run)
	wait(t, r, 2)
	stop()
	s = status()
	require.Zero(t, s.Lag)
	require.InDelta(t, 1, s.Rate, 0.01, "two positions in two seconds")

	u, ok := monitor.Consumer("said", projections.KindProjection)
	require.True(t, ok)
	_, err = f.store.Create(t.Context(), projections.Location{Projection: "said", Copy: projections.Next}, 1)
	require.NoError(t, err)
	require.Equal(t, &projections.Building{Copy: projections.Next, Position: 0, Target: 2}, status().Building)
	build := u.Build()
	build.Resume = true
	_, err = projections.Rebuild(t.Context(), build)
	require.NoError(t, err)
	require.Nil(t, status().Building)
}
