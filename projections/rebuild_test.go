package projections_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/projectionstest"
)

var errStop = errors.New("stopped by the test")

func TestRebuildSwapsWhileTheLiveOneIsWritten(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.limits.BatchEvents = 7
	for range 100 {
		f.say(t, "a:x")
	}
	r, _ := f.start(t, &said{}, nil)
	wait(t, r, 100)
	stop := make(chan struct{})
	ended := make(chan error)
	go func() {
		for {
			select {
			case <-stop:
				ended <- nil
				return
			default:
			}
			if err := f.append("a:y", "b:-"); err != nil {
				ended <- err
				return
			}
		}
	}()
	done, err := projections.Rebuild(t.Context(), projections.RebuildConfig{RunnerConfig: f.config(&said{}), Compare: true})
	close(stop)
	require.NoError(t, <-ended)
	require.NoError(t, err)
	require.Empty(t, done.Differs)
	require.True(t, f.store.Finished(projections.LiveOf("said")), "indexes are made before the swap")
	head, err := f.log.Head(t.Context())
	require.NoError(t, err)
	wait(t, r, head)
	found, err := projections.Verify(t.Context(), projections.RebuildConfig{RunnerConfig: f.config(&said{})})
	require.NoError(t, err)
	require.Empty(t, found.Differs)
	require.Equal(t, []string{"said"}, found.Tables)
	_, ok, err := f.store.Checkpoint(t.Context(), projections.Location{Projection: "said", Copy: projections.VerifyCopy})
	require.NoError(t, err)
	require.False(t, ok, "the copy is gone")
}

func TestVerifyNamesTheTableThatDiffers(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.say(t, "a:one")
	r, stop := f.start(t, &said{}, nil)
	wait(t, r, 1)
	stop()
	c, _, err := f.store.Checkpoint(t.Context(), projections.LiveOf("said"))
	require.NoError(t, err)
	_, err = f.store.Advance(t.Context(), c, projections.Step{To: 1, Apply: func(_ context.Context, tx projections.Tx) error {
		tx.(*projectionstest.Tx).Set("said", "thing-b", "from nowhere")
		tx.(*projectionstest.Tx).Set("other", "x", "y")
		return nil
	}})
	require.NoError(t, err)
	cfg := projections.RebuildConfig{RunnerConfig: f.config(&said{})}
	found, err := projections.Verify(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, found.Differs, 2)
	require.Equal(t, "other", found.Differs[0].Table)
	require.Zero(t, found.Differs[0].Rebuilt)
	require.Equal(t, "said", found.Differs[1].Table)
	require.EqualValues(t, 2, found.Differs[1].Live.Rows)
	require.EqualValues(t, 1, found.Differs[1].Rebuilt.Rows)

	cfg.Compare = true
	done, err := projections.Rebuild(t.Context(), cfg)
	require.NoError(t, err)
	require.Len(t, done.Differs, 2)
	cfg.Compare = false
	found, err = projections.Verify(t.Context(), cfg)
	require.NoError(t, err)
	require.Empty(t, found.Differs, "the rebuild mended it")

	cfg.Projector = &said{version: 2}
	_, err = projections.Verify(t.Context(), cfg)
	require.ErrorContains(t, err, "version")
}

func TestVerifyReportsPoison(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.say(t, "a:one", "a:poison", "b:one")
	r, _ := f.start(t, &said{}, nil)
	wait(t, r, 3)
	found, err := projections.Verify(t.Context(), projections.RebuildConfig{RunnerConfig: f.config(&said{})})
	require.NoError(t, err)
	require.Empty(t, found.Differs)
	require.Len(t, found.Parked, 1)
}

func TestANewVersionIsRebuiltWhileTheOldOneServes(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.limits.PollMax = 2 * time.Millisecond
	f.say(t, "a:one", "a:poison", "a:three")
	old, stop := f.start(t, &said{version: 1}, nil)
	wait(t, old, 3)
	require.Len(t, f.parked(t), 1)
	stop()
	f.say(t, "a:four")
	always := func() bool { return true }
	fresh, _ := f.start(t, &said{version: 2, cured: always}, nil)
	wait(t, fresh, 4)
	require.Equal(t, "one poison three four ", f.rows()["thing-a"])
	require.Empty(t, f.parked(t))

	// A process of the old version stands by and tells how far the read model is.
	f.limits.BatchEvents = 1
	left, _ := f.start(t, &said{version: 1}, nil)
	f.say(t, "a:five")
	wait(t, left, 5)
	require.Equal(t, "one poison three four five ", f.rows()["thing-a"])
}

func TestARebuildThatWasCutShortGoesOn(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.limits.BatchEvents = 10
	for range 100 {
		f.say(t, "a:x")
	}
	var steps atomic.Int32
	cfg := projections.RebuildConfig{RunnerConfig: f.config(&said{}), Resume: true}
	ctx, kill := context.WithCancelCause(t.Context())
	f.store.Fail = func(from projections.Checkpoint, _ projections.Step) error {
		if from.Location.Copy == projections.Next && steps.Add(1) == 5 {
			kill(errStop)
			return context.Canceled
		}
		return nil
	}
	_, err := projections.Rebuild(ctx, cfg)
	require.Error(t, err)
	c, ok, err := f.store.Checkpoint(t.Context(), projections.Location{Projection: "said", Copy: projections.Next})
	require.NoError(t, err)
	require.True(t, ok)
	require.EqualValues(t, 40, c.Position)
	done, err := projections.Rebuild(t.Context(), cfg)
	require.NoError(t, err)
	require.EqualValues(t, 100, done.Position)
	require.EqualValues(t, 5+6, steps.Load(), "it didn't begin again")
}

func TestARebuildReportsItsProgress(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.limits.PollMax = time.Millisecond
	f.say(t, "a:x", "a:y")
	told := make(chan int64, 1)
	p := &said{fail: func() error {
		<-told
		return nil
	}}
	_, err := projections.Rebuild(t.Context(), projections.RebuildConfig{
		RunnerConfig: f.config(p),
		OnProgress: func(_, target int64) {
			select {
			case told <- target:
			default:
			}
		},
	})
	require.NoError(t, err)
}

func TestPositions(t *testing.T) {
	t.Parallel()
	f := newFixture()
	g := projections.NewRegistry(f.store)
	soon, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	reached, ok := g.Wait(soon, "said", 1)
	require.False(t, ok, "nobody runs it")
	require.Zero(t, reached)

	f.say(t, "a:one", "a:two")
	r, stop := f.start(t, &said{}, nil)
	reached, ok = g.Wait(t.Context(), "said", 2)
	require.True(t, ok, "a runner elsewhere is heard through its checkpoint")
	require.EqualValues(t, 2, reached)

	g.Add(r)
	answered := make(chan int64)
	go func() {
		reached, _ := g.Wait(t.Context(), "said", 3)
		answered <- reached
	}()
	f.say(t, "a:-")
	require.EqualValues(t, 3, <-answered, "a runner here is heard before its checkpoint is durable")

	stop()
	other, _ := f.start(t, &said{}, nil)
	f.say(t, "a:four")
	wait(t, other, 4)
	reached, ok = g.Wait(t.Context(), "said", 4)
	require.True(t, ok, "another process may lead")
	require.EqualValues(t, 4, reached)

	cut, cancel := context.WithCancel(t.Context())
	cancel()
	reached, ok = g.Wait(cut, "said", 99)
	require.False(t, ok)
	require.GreaterOrEqual(t, reached, int64(3))
}

func TestReactorCallsInOrderAndWaits(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.say(t, "a:one", "b:-", "b:two", "a:bad", "a:four", "b:five")
	var down, cured atomic.Bool
	down.Store(true)
	var calls []string
	r, err := projections.NewReactor(projections.ReactorConfig{
		Name: "flows", Types: []string{wantedType}, Log: f.log, Store: f.store, Clock: f.clock, Limits: f.limits,
		Logger: f.config(&said{}).Logger,
		Handle: func(_ context.Context, e eventstore.Recorded) error {
			switch {
			case down.Load():
				return &projections.WaitError{For: "temporal", Err: errStop}
			case e.Position == 4 && !cured.Load():
				return errors.New("nonsense")
			}
			calls = append(calls, strconv.FormatInt(e.Position, 10))
			return nil
		},
	})
	require.NoError(t, err)
	stop := run(t, r.Run)
	require.Eventually(t, func() bool { return r.Waiting() == "temporal" }, 5*time.Second, time.Millisecond)
	require.Zero(t, r.Position())
	down.Store(false)
	wait(t, r, 6)
	require.Empty(t, r.Waiting())
	stop()
	require.Equal(t, []string{"1", "3", "6"}, calls)
	parked, err := f.store.Parked(t.Context(), r.Location())
	require.NoError(t, err)
	require.Len(t, parked, 1)
	require.EqualValues(t, 4, parked[0].Position)

	// Started again, it goes on where it was, and replays the parked stream once it is cured.
	cured.Store(true)
	f.clock.Advance(time.Hour)
	f.limits.PollMax = time.Millisecond
	r, err = projections.NewReactor(projections.ReactorConfig{
		Name: "flows", Types: []string{wantedType}, Log: f.log, Store: f.store, Clock: f.clock, Limits: f.limits,
		Logger: f.config(&said{}).Logger,
		Handle: func(_ context.Context, e eventstore.Recorded) error {
			calls = append(calls, strconv.FormatInt(e.Position, 10))
			return nil
		},
	})
	require.NoError(t, err)
	stop = run(t, r.Run)
	require.Eventually(t, func() bool {
		parked, err := f.store.Parked(context.Background(), r.Location())
		return err == nil && len(parked) == 0
	}, 5*time.Second, time.Millisecond)
	stop()
	require.Equal(t, []string{"1", "3", "6", "4", "5"}, calls)
}

func TestAReactorOfBatchesParksOnlyWhatFails(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.say(t, "a:one", "b:-", "b:two", "a:four", "bad:five", "a:six", "bad:seven", "c:eight")
	var calls [][]int64
	r := f.batches(t, nil, func(call []int64) { calls = append(calls, call) })
	stop := run(t, r.Run)
	wait(t, r, 8)
	stop()
	parked, err := f.store.Parked(t.Context(), r.Location())
	require.NoError(t, err)
	require.Len(t, parked, 1)
	require.EqualValues(t, 5, parked[0].Position)
	require.Equal(t, []int64{1, 3, 4, 6, 8}, slices.Concat(calls...), "the rest is acted on, in order, each once")
	require.Less(t, len(calls), 5, "in batches")
}

func TestAReactorGathersWhatItActsOn(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.limits.Gather, f.limits.BatchEvents = time.Hour, 4
	calls := make(chan []int64, 10)
	b := newBus()
	r := f.batches(t, b, func(call []int64) { calls <- call })
	run(t, r.Run)
	<-b.subscribed
	b.send(t, f.say(t, "a:-"))
	wait(t, r, 1) // nothing to gather for
	for range 4 {
		b.send(t, f.say(t, "a:word"))
		require.Eventually(t, func() bool { return len(b.messages) == 0 }, 5*time.Second, time.Millisecond)
	}
	require.Equal(t, []int64{2, 3, 4, 5}, <-calls)
}

// batches makes a reactor of batches that can't act on the stream "bad".
func (f *fixture) batches(t *testing.T, b *bus, act func([]int64)) *projections.Reactor {
	t.Helper()
	cfg := projections.ReactorConfig{
		Name: "batches", Types: []string{wantedType}, Log: f.log, Store: f.store, Clock: f.clock, Limits: f.limits, Logger: f.config(&said{}).Logger,
		HandleBatch: func(_ context.Context, events []eventstore.Recorded) error {
			var call []int64
			for _, e := range events {
				if e.Stream == "thing-bad" {
					return errors.New("nonsense")
				}
				call = append(call, e.Position)
			}
			act(call)
			return nil
		},
	}
	if b != nil {
		cfg.Subscriber = b
	}
	r, err := projections.NewReactor(cfg)
	require.NoError(t, err)
	return r
}
