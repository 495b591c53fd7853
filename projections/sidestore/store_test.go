package sidestore_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/projectionstest"
	"github.com/morket/morket/projections/sidestore"
	"github.com/morket/morket/projections/sidestore/sidestoretest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	projectionstest.Run(t, func(t *testing.T) projectionstest.Subject {
		t.Helper()
		w := newWorld(t)
		w.grown.Store(1 << 40) // the suite steps ahead without a log
		return projectionstest.Subject{
			Store: w.store,
			Set: func(_ context.Context, tx projections.Tx, key, row string) error {
				tx.(*sidestoretest.Batch).Set("rows", key, row, 0)
				return nil
			},
			Break: func() error { return fmt.Errorf("write: %w", sidestoretest.ErrDown) },
		}
	})
}

// words is the projector of the tests: it keeps each event's word under its position. "poison" it can't.
type words struct{ version int }

func (words) Name() string    { return "words" }
func (w words) Version() int  { return max(1, w.version) }
func (words) Types() []string { return []string{"thing.said.v1"} }

func (words) Apply(_ context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	b := tx.(*sidestoretest.Batch)
	for _, e := range events {
		var body struct{ Word string }
		if err := json.Unmarshal(e.Data, &body); err != nil {
			return err
		}
		if body.Word == "poison" {
			return errors.New("poison")
		}
		b.Set("words", strconv.FormatInt(e.Position, 10), body.Word, e.Position)
	}
	return nil
}

// lossy is a base that makes steps and then loses the commit.
type lossy struct {
	*projectionstest.Memory
	mu   sync.Mutex
	lose int // so many commits
}

func (l *lossy) Advance(ctx context.Context, from projections.Checkpoint, step projections.Step) (projections.Checkpoint, error) {
	return l.Memory.Advance(ctx, from, l.losing(step))
}

func (l *lossy) losing(step projections.Step) projections.Step {
	apply := step.Apply
	if apply == nil {
		return step
	}
	step.Apply = func(ctx context.Context, tx projections.Tx) error {
		if err := apply(ctx, tx); err != nil {
			return err
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.lose > 0 {
			l.lose--
			return &projectionstest.TransientError{Reason: "the commit is lost"}
		}
		return nil
	}
	return step
}

type world struct {
	log    *memstore.Store
	base   *lossy
	engine *sidestoretest.Memory
	store  *sidestore.Store
	clock  *kernel.ManualClock
	marks  *sidestoretest.Marks

	history atomic.Value // the name of the log's
	grown   atomic.Int64 // how much of the log the store is told of, 0 for all
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		base: &lossy{Memory: projectionstest.NewMemory()}, engine: sidestoretest.NewMemory(),
		clock: kernel.NewManualClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)),
	}
	w.log = memstore.New(w.clock)
	w.history.Store("first-history")
	w.marks = sidestoretest.NewMarks(w.base.Memory)
	w.store = w.open(t)
	return w
}

// open makes the store as another process would.
func (w *world) open(t *testing.T) *sidestore.Store {
	t.Helper()
	s, err := sidestore.New(sidestore.Config{
		Base: w.base, Marks: w.marks, Engine: w.engine, Name: "Memory", Head: w.head, Clock: w.clock, Logger: slog.New(slog.DiscardHandler),
		History: func() string { return w.history.Load().(string) },
	})
	require.NoError(t, err)
	return s
}

// head is the log's, or that of a log restored to less.
func (w *world) head(ctx context.Context) (int64, error) {
	if n := w.grown.Load(); n > 0 {
		return n, nil
	}
	return w.log.Head(ctx)
}

func (w *world) say(t *testing.T, stream string, words ...string) int64 {
	t.Helper()
	var events []eventstore.EventData
	for _, word := range words {
		events = append(events, eventstore.EventData{Type: "thing.said.v1", Data: json.RawMessage(fmt.Sprintf(`{"Word":%q}`, word))})
	}
	_, err := w.log.Append(t.Context(), eventstore.Append{
		Meta:    kernel.Meta{Actor: kernel.System()},
		Streams: []eventstore.StreamAppend{{Stream: eventstore.Stream("thing", stream), Expected: eventstore.Any, Events: events}},
	})
	require.NoError(t, err)
	head, err := w.log.Head(t.Context())
	require.NoError(t, err)
	return head
}

func (w *world) config(p words, store projections.Store) projections.RunnerConfig {
	return projections.RunnerConfig{
		Projector: p, Log: w.log, Store: store, Clock: w.clock, Logger: slog.New(slog.DiscardHandler),
		Limits: projections.Limits{PollMax: 5 * time.Millisecond, BackoffMin: time.Millisecond, BackoffMax: 2 * time.Millisecond, CheckpointEvery: time.Nanosecond},
	}
}

func (w *world) start(t *testing.T, p words, store projections.Store) *projections.Runner {
	t.Helper()
	r, err := projections.NewRunner(w.config(p, store))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.ErrorIs(t, <-ended, context.Canceled)
	})
	return r
}

// read returns the words in order, as a reader sees them.
func (w *world) read(ctx context.Context) (string, error) {
	var text string
	err := w.store.Read(ctx, "words", func(_ context.Context, c sidestore.Copy) error {
		rows := w.engine.Rows(c, "words")
		keys := slices.SortedFunc(maps.Keys(rows), func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
		var all []string
		for _, k := range keys {
			all = append(all, rows[k])
		}
		text = strings.Join(all, " ")
		return nil
	})
	return text, err
}

func (w *world) reads(t *testing.T, want string) {
	t.Helper()
	require.Eventually(t, func() bool {
		w.clock.Advance(time.Second) // looks come by
		got, err := w.read(t.Context())
		return err == nil && got == want
	}, 10*time.Second, 2*time.Millisecond)
}

func (w *world) verify(t *testing.T) {
	t.Helper()
	v, err := projections.Verify(t.Context(), projections.RebuildConfig{RunnerConfig: w.config(words{}, w.open(t))})
	require.NoError(t, err)
	require.Empty(t, v.Differs)
	require.Equal(t, []string{"words"}, v.Tables)
}

func TestALostCommitDoublesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.base.lose = 3
	w.say(t, "a", "one", "two")
	w.start(t, words{}, w.store)
	w.reads(t, "one two")
	w.base.mu.Lock()
	w.base.lose = 2
	w.base.mu.Unlock()
	w.say(t, "a", "three")
	w.reads(t, "one two three")
	w.verify(t)
}

func TestATornFlushIsMadeWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	torn := 0
	w.engine.Torn = func() error {
		if torn++; torn <= 3 {
			return sidestoretest.ErrDown
		}
		return nil
	}
	w.say(t, "a", "one", "two", "three", "four")
	w.start(t, words{}, w.store)
	w.reads(t, "one two three four")
	w.verify(t)
}

func TestAnEmptiedStoreIsFilledAgainThoughNothingIsWritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say(t, "a", "one", "two")
	w.start(t, words{}, w.store)
	w.reads(t, "one two")
	w.engine.Empty()
	w.reads(t, "one two")
	w.verify(t)
}

func TestAnEmptiedStoreIsNoticedByTheNextWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say(t, "a", "one")
	r := w.start(t, words{}, w.store)
	require.NoError(t, r.Wait(t.Context(), 1))
	w.engine.Empty()
	last := w.say(t, "a", "two") // the clock stands: no look is due
	require.NoError(t, r.Wait(t.Context(), last))
	got, err := w.read(t.Context())
	require.NoError(t, err)
	require.Equal(t, "one two", got)
}

func TestAnOldBackupIsNoticed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say(t, "a", "one")
	w.start(t, words{}, w.store)
	w.reads(t, "one")
	restore := w.engine.Backup()
	w.say(t, "a", "two")
	w.reads(t, "one two")
	restore()
	w.reads(t, "one two")
	w.verify(t)
}

// generation is the name of the live copy.
func (w *world) generation(t *testing.T) string {
	t.Helper()
	m, ok, err := w.marks.Read(t.Context(), projections.LiveOf("words"))
	require.NoError(t, err)
	require.True(t, ok)
	return m.Generation
}

// The log was restored to an earlier position: what a store beside it holds beyond that is of another history.
func TestACopyOfAnotherHistoryIsFilledAgain(t *testing.T) {
	t.Parallel()
	for name, restore := range map[string]func(*world){
		"a new history began":                  func(w *world) { w.history.Store("other-history") },
		"the copy holds more than the log":     func(w *world) { w.grown.Store(1) },
		"both, and the log has caught up with": func(w *world) { w.history.Store("other-history"); w.grown.Store(2) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.say(t, "a", "one", "two")
			w.start(t, words{}, w.store)
			w.reads(t, "one two")
			before := w.generation(t)
			ahead, err := w.store.Ahead(t.Context(), "words")
			require.NoError(t, err)
			require.False(t, ahead)
			restore(w)
			ahead, err = w.store.Ahead(t.Context(), "words")
			require.NoError(t, err)
			require.Equal(t, w.grown.Load() == 1, ahead)
			require.Eventually(t, func() bool { w.clock.Advance(time.Second); return w.generation(t) != before }, 10*time.Second, 2*time.Millisecond)
			w.grown.Store(0)
			w.reads(t, "one two")
			now := w.generation(t)
			w.clock.Advance(time.Minute)
			w.say(t, "a", "three")
			w.reads(t, "one two three")
			require.Equal(t, now, w.generation(t), "once")
			w.verify(t)
		})
	}
}

func TestReadersAreToldWhileTheStoreIsFilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.read(t.Context())
	require.ErrorIs(t, err, sidestore.ErrFilling)
	head := w.say(t, "a", "one", "two")
	at, err := w.store.Create(t.Context(), projections.LiveOf("words"), 1)
	require.NoError(t, err)
	_, err = w.read(t.Context())
	require.ErrorIs(t, err, sidestore.ErrFilling)
	require.ErrorContains(t, err, "Memory is being filled from the log, 0 of 2 events")
	require.ErrorContains(t, w.store.Ready(t.Context(), "words"), "0 of 2 events", "so readiness says it, too")
	_, err = w.store.Advance(t.Context(), at, projections.Step{To: head})
	require.NoError(t, err)
	require.NoError(t, w.store.Ready(t.Context(), "words"))
	_, err = w.read(t.Context())
	require.NoError(t, err)
}

func TestAStoreThatIsDownAtTheStartIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.engine.Down(true)
	w.say(t, "a", "one")
	w.start(t, words{}, w.store)
	require.Eventually(t, func() bool {
		_, ok, err := w.base.Checkpoint(t.Context(), projections.LiveOf("words"))
		return err == nil && ok
	}, 10*time.Second, time.Millisecond)
	_, err := w.read(t.Context())
	require.ErrorIs(t, err, sidestore.ErrFilling)
	w.engine.Down(false)
	w.reads(t, "one")
}

func TestAPoisonedEventParksItsStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say(t, "a", "one", "poison", "two")
	w.say(t, "b", "three")
	w.start(t, words{}, w.store)
	w.reads(t, "one three")
	parked, err := w.store.Parked(t.Context(), projections.LiveOf("words"))
	require.NoError(t, err)
	require.Len(t, parked, 1)
	w.engine.Empty()
	w.reads(t, "one three")
	parked, err = w.store.Parked(t.Context(), projections.LiveOf("words"))
	require.NoError(t, err)
	require.Len(t, parked, 1, "it is parked anew by the new copy")
	_, err = w.store.Retry(t.Context(), projections.LiveOf("words"), "thing-a", "can't be said", w.clock.Now())
	require.NoError(t, err)
	w.reads(t, "one two three")
}

func TestTwoProcessesAndARebuildAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(t, words{}, w.store)
	w.start(t, words{}, w.open(t))
	want := []string{}
	for i := range 20 {
		word := strconv.Itoa(i)
		w.say(t, "a", word)
		want = append(want, word)
		if i%5 == 2 {
			_, err := projections.Rebuild(t.Context(), projections.RebuildConfig{RunnerConfig: w.config(words{}, w.open(t)), Compare: true})
			require.NoError(t, err)
		}
	}
	w.reads(t, strings.Join(want, " "))
	w.verify(t)
	w.reads(t, strings.Join(want, " "))
	copies, err := w.engine.Copies(t.Context(), "words")
	require.NoError(t, err)
	require.Len(t, copies, 1, "what was swapped out is gone")
	require.Equal(t, copies[0], w.engine.Served("words"))
}

func TestANewVersionIsRebuilt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say(t, "a", "one")
	_, err := projections.Rebuild(t.Context(), projections.RebuildConfig{RunnerConfig: w.config(words{}, w.store)})
	require.NoError(t, err)
	w.say(t, "a", "two")
	w.start(t, words{version: 2}, w.store)
	w.reads(t, "one two")
	c, _, err := w.store.Checkpoint(t.Context(), projections.LiveOf("words"))
	require.NoError(t, err)
	require.Equal(t, 2, c.Version)
}

func TestCopiesThatBelongToNobodyAreRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.engine.Make(t.Context(), sidestore.Copy{Projection: "words", Generation: "left"}))
	w.say(t, "a", "one")
	w.start(t, words{}, w.store)
	require.Eventually(t, func() bool {
		w.clock.Advance(time.Second)
		copies, err := w.engine.Copies(t.Context(), "words")
		return err == nil && len(copies) == 1 && copies[0] != "left"
	}, 10*time.Second, 2*time.Millisecond)
}

func TestAReaderIsTakenAlongByASwap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say(t, "a", "one")
	rebuild := func() {
		_, err := projections.Rebuild(t.Context(), projections.RebuildConfig{RunnerConfig: w.config(words{}, w.store)})
		require.NoError(t, err)
	}
	rebuild()
	var seen []sidestore.Copy
	err := w.store.Read(t.Context(), "words", func(ctx context.Context, c sidestore.Copy) error {
		if seen = append(seen, c); len(seen) == 1 {
			rebuild()
		}
		if _, there, err := w.engine.Reached(ctx, c); err != nil || !there {
			return errors.Join(err, errors.New("the copy is gone"))
		}
		return nil
	})
	require.NoError(t, err)
	require.Len(t, seen, 2)
}
