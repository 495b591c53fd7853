package projections_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/projectionstest"
)

func TestRunnerNeedsItsParts(t *testing.T) {
	t.Parallel()
	_, err := projections.NewRunner(projections.RunnerConfig{})
	require.ErrorContains(t, err, "Projector")
	require.ErrorContains(t, err, "Store")
	_, err = projections.NewReactor(projections.ReactorConfig{})
	require.ErrorContains(t, err, "Handle")
}

func TestRunnerCatchesUpFromTheLogAndFollowsIt(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.say(t, "a:one", "b:one", "a:-", "a:two")
	r, _ := f.start(t, &said{}, nil)
	wait(t, r, 4)
	require.Equal(t, map[string]string{"thing-a": "one two ", "thing-b": "one "}, f.rows())
	f.say(t, "b:two")
	wait(t, r, 5)
	require.Equal(t, "one two ", f.rows()["thing-b"])
	require.EqualValues(t, 5, r.Position())
}

func TestRunnerTakesLiveEventsFromTheBus(t *testing.T) {
	t.Parallel()
	f, b := newFixture(), newBus()
	f.say(t, "a:one")
	r, _ := f.start(t, &said{}, b)
	wait(t, r, 1)
	require.Eventually(t, func() bool { return f.log.count() == 2 }, 5*time.Second, time.Millisecond, "the page and the end")
	m := b.send(t, f.say(t, "a:two", "a:three"))
	wait(t, r, 3)
	<-m.Acked()
	require.Equal(t, "one two three ", f.rows()["thing-a"])
	require.Equal(t, 2, f.log.count(), "live events aren't read from the log")
}

// A store that takes long for each batch must get what came meanwhile as one, or it falls behind for ever.
func TestRunnerTakesWhatArrivedWhileItWroteAsOneBatch(t *testing.T) {
	t.Parallel()
	const messages = 20
	f, b := newFixture(), newBus()
	b.messages = make(chan *message.Message) // handed over one by one, as brokers' clients do
	var batches atomic.Int64
	writing, written := make(chan struct{}), make(chan struct{})
	r, _ := f.start(t, &said{fail: func() error {
		if batches.Add(1) == 1 {
			close(writing)
			select {
			case <-written:
			case <-t.Context().Done():
			}
		}
		return nil
	}}, b)
	<-b.subscribed
	b.send(t, f.say(t, "a:first"))
	<-writing
	for range messages {
		select {
		case b.messages <- wire(t, f.say(t, "a:next")):
		case <-time.After(5 * time.Second):
			t.Fatal("nothing is taken off the bus while a batch is written")
		}
	}
	close(written)
	wait(t, r, messages+1)
	require.LessOrEqual(t, batches.Load(), int64(3)) // the last message may come to the buffer just after the others were taken
}

func TestRunnerMakesGoodWhatTheBusGetsWrong(t *testing.T) {
	t.Parallel()
	for name, deliveries := range map[string][][2]int{ // of four events: from, to
		"a hole":            {{0, 1}, {3, 4}},
		"a duplicate":       {{0, 4}, {0, 4}},
		"an overlap":        {{0, 3}, {1, 4}},
		"wrong order":       {{2, 4}, {0, 2}},
		"only the end":      {{3, 4}},
		"a corrupt message": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, b := newFixture(), newBus()
			r, _ := f.start(t, &said{}, b)
			f.say(t, "a:zero")
			b.send(t, f.say(t, "a:half"))
			wait(t, r, 2)
			events := f.say(t, "a:one", "b:two", "a:three", "b:four")
			for _, d := range deliveries {
				b.send(t, events[d[0]:d[1]])
			}
			if deliveries == nil {
				b.messages <- message.NewMessage("x", []byte("MKL1 not really"))
			}
			wait(t, r, 6)
			require.Equal(t, map[string]string{"thing-a": "zero half one three ", "thing-b": "two four "}, f.rows())
		})
	}
}

func TestRunnerLooksAtTheLogWhenTheBusIsSilent(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.limits.PollMax = 5 * time.Millisecond
	r, _ := f.start(t, &said{}, newBus())
	f.say(t, "a:one")
	wait(t, r, 1)
}

func TestRunnerSavesPositionsWithoutWantedEventsLazily(t *testing.T) {
	t.Parallel()
	f, b := newFixture(), newBus()
	r, stop := f.start(t, &said{}, b)
	b.send(t, f.say(t, "a:-", "a:-"))
	wait(t, r, 2)
	require.Zero(t, f.checkpoint(t))
	f.clock.Advance(2 * time.Second)
	b.send(t, f.say(t, "a:-"))
	wait(t, r, 3)
	require.Eventually(t, func() bool { return f.checkpoint(t) == 3 }, 5*time.Second, time.Millisecond)
	b.send(t, f.say(t, "a:-", "a:one"))
	wait(t, r, 5)
	require.EqualValues(t, 5, f.checkpoint(t), "a wanted event brings the checkpoint along")
	b.send(t, f.say(t, "a:-"))
	wait(t, r, 6)
	stop()
	require.EqualValues(t, 6, f.checkpoint(t), "and so does the end")
}

func TestRunnerWaitsOutTransientErrors(t *testing.T) {
	t.Parallel()
	f := newFixture()
	var failures atomic.Int32
	f.store.Fail = func(projections.Checkpoint, projections.Step) error {
		if failures.Add(1) <= 3 {
			return &projectionstest.TransientError{Reason: "connection lost"}
		}
		return nil
	}
	f.log.breakWith(errors.New("connection lost"))
	f.say(t, "a:one")
	r, _ := f.start(t, &said{}, nil)
	require.Eventually(t, func() bool { return f.log.count() > 2 }, 5*time.Second, time.Millisecond)
	f.log.breakWith(nil)
	wait(t, r, 1)
	require.Equal(t, "one ", f.rows()["thing-a"])
}

func TestRunnerKnowsItsOwnStepWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	f := newFixture()
	var lost atomic.Int32
	f.store.Lose = func(projections.Checkpoint) error {
		if lost.Add(1) == 1 {
			return &projectionstest.TransientError{Reason: "connection lost at commit"}
		}
		return nil
	}
	cfg := f.config(&said{})
	r, err := projections.NewRunner(cfg)
	require.NoError(t, err)
	heard := make(chan int64, 10)
	r.OnApplied(func(events []eventstore.Recorded) {
		for _, e := range events {
			heard <- e.Position
		}
	})
	f.say(t, "a:one", "a:two")
	run(t, r.Run)
	wait(t, r, 2)
	require.Equal(t, "one two ", f.rows()["thing-a"])
	require.EqualValues(t, 1, <-heard)
	require.EqualValues(t, 2, <-heard)
}

func TestTwoRunnersApplyEachEventOnce(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.limits.BatchEvents = 3
	one, stop := f.start(t, &said{}, nil)
	two, _ := f.start(t, &said{}, nil)
	var want strings.Builder
	for i := range 300 {
		f.say(t, fmt.Sprintf("a:%d", i))
		fmt.Fprintf(&want, "%d ", i)
		if i == 200 {
			stop() // killed between batches: the other goes on
		}
	}
	wait(t, two, 300)
	require.Equal(t, want.String(), f.rows()["thing-a"])
	require.LessOrEqual(t, one.Position(), int64(300))
}

func TestRunnerRestartsWhereItWas(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.say(t, "a:one", "a:two")
	r, stop := f.start(t, &said{}, nil)
	wait(t, r, 2)
	stop()
	f.say(t, "a:three")
	r, _ = f.start(t, &said{}, nil)
	wait(t, r, 3)
	require.Equal(t, "one two three ", f.rows()["thing-a"])
}

// However the log is cut into messages, lost, repeated and reordered, and however often runners are killed, the read model is
// what the log says.
func TestRunnerIsExactlyOnceInEffect(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		f := newFixture()
		f.limits.BatchEvents = rapid.IntRange(1, 5).Draw(rt, "batch")
		f.limits.PollMax = 2 * time.Millisecond
		var step atomic.Int64
		every := rapid.Int64Range(2, 7).Draw(rt, "every")
		f.store.Fail = func(projections.Checkpoint, projections.Step) error {
			if step.Add(1)%every == 0 {
				return &projectionstest.TransientError{Reason: "now and then"}
			}
			return nil
		}
		b := newBus()
		want := map[string]string{}
		_, stop := f.start(t, &said{}, b)
		for i := range rapid.IntRange(1, 12).Draw(rt, "rounds") {
			var words []string
			for j := range rapid.IntRange(1, 6).Draw(rt, "n") {
				stream := rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "stream")
				word := rapid.SampledFrom([]string{"", "-"}).Draw(rt, "kind") + fmt.Sprintf("%d.%d", i, j)
				words = append(words, stream+":"+word)
				if word[0] != '-' {
					want["thing-"+stream] += word + " "
				}
			}
			events := f.say(t, words...)
			for range rapid.IntRange(0, 3).Draw(rt, "deliveries") {
				from := rapid.IntRange(0, len(events)-1).Draw(rt, "from")
				b.send(t, events[from:rapid.IntRange(from+1, len(events)).Draw(rt, "to")])
			}
			if rapid.IntRange(0, 3).Draw(rt, "kill") == 0 {
				stop()
				_, stop = f.start(t, &said{}, b)
			}
		}
		head, err := f.log.Head(context.Background())
		require.NoError(rt, err)
		stop()
		last, _ := f.start(t, &said{}, b)
		wait(t, last, head)
		got := f.rows()
		if len(want) == 0 {
			require.Empty(rt, got)
			return
		}
		require.Equal(rt, want, got)
	})
}

// A consumer that may wait lets people go first: after each batch it rests as long as the batch took, while people are at work.
func TestARunnerYieldsToPeople(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		busy bool
		took time.Duration
		want time.Duration // until the second of two batches is told of
	}{
		"nobody is at work":         {false, 100 * time.Millisecond, 200 * time.Millisecond},
		"people are at work":        {true, 100 * time.Millisecond, 300 * time.Millisecond},
		"a rest has an end as well": {true, time.Minute, 2*time.Minute + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				log := memstore.New(kernel.SystemClock{})
				slow := &said{fail: func() error { time.Sleep(tc.took); return nil }}
				for range 2 {
					_, err := log.Append(t.Context(), eventstore.Append{
						Meta:    kernel.Meta{Actor: kernel.System(), Command: "test", CorrelationID: "req_1"},
						Streams: []eventstore.StreamAppend{{Stream: "a-1", Expected: eventstore.Any, Events: []eventstore.EventData{{Type: wantedType, Data: json.RawMessage(`{"Word":"x"}`)}}}},
					})
					require.NoError(t, err)
				}
				store := projectionstest.NewMemory()
				r, err := projections.NewRunner(projections.RunnerConfig{
					Projector: slow, Log: log, Store: store, Clock: kernel.SystemClock{}, Logger: slog.New(slog.DiscardHandler),
					Limits: projections.Limits{BatchEvents: 1, Yield: func() bool { return tc.busy }},
				})
				require.NoError(t, err)
				began := time.Now()
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- r.Run(ctx) }()
				require.NoError(t, r.Wait(ctx, 2))
				require.Equal(t, tc.want, time.Since(began))
				stop()
				require.ErrorIs(t, <-ended, context.Canceled)
			})
		})
	}
}
