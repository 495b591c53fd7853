package projectionstest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Subject is a Store under test, with a way to write a row of the table "rows" (key text primary key, row text) of the
// read model "suite".
type Subject struct {
	Store projections.Store
	Set   func(ctx context.Context, tx projections.Tx, key, row string) error
	// Break returns an error of the store's connection, as the store would return it.
	Break func() error
}

const name = "suite"

var errApply = errors.New("the event makes no sense")

//nolint:gochecknoglobals // constants but for the language
var (
	next  = projections.Location{Projection: name, Copy: projections.Next}
	aside = projections.Location{Projection: name, Copy: projections.VerifyCopy}
)

// Run runs the suite; open makes a fresh store for each test.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	t.Helper()
	for title, test := range map[string]func(*testing.T, Subject){
		"advance is compare-and-set":             testCompareAndSet,
		"of two concurrent steps one wins":       testConcurrent,
		"a failed step changes nothing":          testAtomic,
		"parked streams":                         testParked,
		"attempts are kept with their place":     testAttempts,
		"create keeps live, replaces others":     testCreate,
		"swap puts next in the place of live":    testSwap,
		"swap refuses what is behind":            testSwapBehind,
		"swap holds the live checkpoint":         testSwapHolds,
		"swap without a live read model":         testFirstSwap,
		"checksums tell contents, not order":     testChecksums,
		"a reactor's place has no read model":    testReactor,
		"transient errors are told from others":  testTransient,
		"a place made again is not the old one":  testRemade,
		"a dropped place is gone with its parks": testDrop,
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func (s Subject) create(t *testing.T, location projections.Location) projections.Checkpoint {
	t.Helper()
	c, err := s.Store.Create(t.Context(), location, 1)
	require.NoError(t, err)
	return c
}

func (s Subject) set(key, row string) func(context.Context, projections.Tx) error {
	return func(ctx context.Context, tx projections.Tx) error { return s.Set(ctx, tx, key, row) }
}

func (s Subject) advance(t *testing.T, from projections.Checkpoint, step projections.Step) projections.Checkpoint {
	t.Helper()
	c, err := s.Store.Advance(t.Context(), from, step)
	require.NoError(t, err)
	return c
}

func (s Subject) sums(t *testing.T, location projections.Location) projections.Checksum {
	t.Helper()
	_, sums, err := s.Store.Checksums(t.Context(), location)
	require.NoError(t, err)
	return sums["rows"]
}

func testCompareAndSet(t *testing.T, s Subject) {
	start := s.create(t, projections.LiveOf(name))
	require.Zero(t, start.Position)
	at := s.advance(t, start, projections.Step{To: 7, Apply: s.set("a", "1")})
	require.EqualValues(t, 7, at.Position)
	_, err := s.Store.Advance(t.Context(), start, projections.Step{To: 9, Apply: s.set("b", "1")})
	require.ErrorIs(t, err, projections.ErrMoved)
	found, ok, err := s.Store.Checkpoint(t.Context(), at.Location)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, at, found)
	require.EqualValues(t, 1, s.sums(t, at.Location).Rows)
	_, ok, err = s.Store.Checkpoint(t.Context(), next)
	require.NoError(t, err)
	require.False(t, ok)
}

func testConcurrent(t *testing.T, s Subject) {
	start := s.create(t, projections.LiveOf(name))
	var won, lost atomic.Int32
	var all sync.WaitGroup
	for _, key := range []string{"a", "b", "c", "d"} {
		all.Go(func() {
			_, err := s.Store.Advance(t.Context(), start, projections.Step{To: 1, Apply: s.set(key, "1")})
			switch {
			case err == nil:
				won.Add(1)
			case errors.Is(err, projections.ErrMoved):
				lost.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, won.Load())
	require.EqualValues(t, 3, lost.Load())
	require.EqualValues(t, 1, s.sums(t, start.Location).Rows)
}

func testAtomic(t *testing.T, s Subject) {
	start := s.create(t, projections.LiveOf(name))
	_, err := s.Store.Advance(t.Context(), start, projections.Step{
		To: 3, Park: []projections.Parked{{Location: start.Location, Stream: "x-1"}},
		Apply: func(ctx context.Context, tx projections.Tx) error {
			return errors.Join(s.Set(ctx, tx, "a", "1"), errApply)
		},
	})
	require.ErrorIs(t, err, errApply)
	require.False(t, s.Store.Transient(err))
	found, _, err := s.Store.Checkpoint(t.Context(), start.Location)
	require.NoError(t, err)
	require.Equal(t, start, found)
	require.Zero(t, s.sums(t, start.Location).Rows)
	parked, err := s.Store.Parked(t.Context(), start.Location)
	require.NoError(t, err)
	require.Empty(t, parked)
}

func testParked(t *testing.T, s Subject) {
	at := s.create(t, projections.LiveOf(name))
	when := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	a := projections.Parked{
		Location:  at.Location,
		Stream:    "x-a",
		Position:  9,
		Version:   2,
		EventType: "x.y.v1",
		Error:     "no",
		Attempts:  1,
		RetryAt:   when,
	}
	b := projections.Parked{Location: at.Location, Stream: "x-b", Position: 8, Version: 1, EventType: "x.y.v1", Error: "no", Attempts: 6}
	moved := s.advance(t, at, projections.Step{To: 9, Park: []projections.Parked{a, b}})
	require.NotEqual(t, at.Revision, moved.Revision)
	list, err := s.Store.Parked(t.Context(), at.Location)
	require.NoError(t, err)
	require.Equal(t, []projections.Parked{b, a}, list)

	ok, err := s.Store.Retry(t.Context(), at.Location, "x-b", "known to be empty", when)
	require.NoError(t, err)
	require.True(t, ok)
	ok, err = s.Store.Retry(t.Context(), at.Location, "x-c", "", when)
	require.NoError(t, err)
	require.False(t, ok)
	b.Attempts, b.RetryAt, b.SkipReason = 0, when, "known to be empty"

	a.Position, a.Version, a.Attempts = 12, 3, 2
	moved = s.advance(t, moved, projections.Step{To: 9, Park: []projections.Parked{a}})
	list, err = s.Store.Parked(t.Context(), at.Location)
	require.NoError(t, err)
	require.Equal(t, []projections.Parked{b, a}, list)

	s.advance(t, moved, projections.Step{To: 9, Unpark: []eventstore.StreamID{"x-a", "x-b"}})
	list, err = s.Store.Parked(t.Context(), at.Location)
	require.NoError(t, err)
	require.Empty(t, list)
	_, err = s.Store.Advance(t.Context(), moved, projections.Step{To: 10})
	require.ErrorIs(t, err, projections.ErrMoved, "a runner that remembers a parked stream must look again")
}

func testAttempts(t *testing.T, s Subject) {
	at := s.create(t, next)
	_, ok, err := s.Store.Attempted(t.Context(), next)
	require.NoError(t, err)
	require.False(t, ok)
	a := projections.Attempt{Location: next, First: 3, Last: 9, Deaths: 1}
	require.NoError(t, s.Store.Attempt(t.Context(), projections.Attempt{Location: next, First: 1, Last: 2}))
	require.NoError(t, s.Store.Attempt(t.Context(), a))
	found, ok, err := s.Store.Attempted(t.Context(), next)
	require.NoError(t, err)
	require.True(t, ok)
	a.Owner = projections.Ours
	require.Equal(t, a, found)
	s.advance(t, at, projections.Step{To: 9})
	_, err = s.Store.Swap(t.Context(), name, nil)
	require.NoError(t, err)
	found, _, err = s.Store.Attempted(t.Context(), projections.LiveOf(name))
	require.NoError(t, err)
	require.Equal(t, a.First, found.First, "it moves with the place")
	require.NoError(t, s.Store.Attempt(t.Context(), projections.Attempt{Location: projections.LiveOf(name)}))
	require.NoError(t, s.Store.Attempt(t.Context(), projections.Attempt{Location: aside, First: 1, Last: 1}), "of a place that is not there")
	for _, location := range []projections.Location{projections.LiveOf(name), next, aside} {
		_, ok, err = s.Store.Attempted(t.Context(), location)
		require.NoError(t, err)
		require.False(t, ok, location)
	}
}

func testCreate(t *testing.T, s Subject) {
	live := s.create(t, projections.LiveOf(name))
	live = s.advance(t, live, projections.Step{To: 4, Apply: s.set("a", "1")})
	require.Equal(t, live, s.create(t, live.Location))
	require.EqualValues(t, 1, s.sums(t, live.Location).Rows)
	other := s.create(t, next)
	s.advance(t, other, projections.Step{To: 4, Apply: s.set("a", "1")})
	s.create(t, next)
	require.Zero(t, s.sums(t, next).Rows)
	_, err := s.Store.Advance(t.Context(), other, projections.Step{To: 5})
	require.ErrorIs(t, err, projections.ErrMoved)
}

func testSwap(t *testing.T, s Subject) {
	live := s.create(t, projections.LiveOf(name))
	live = s.advance(t, live, projections.Step{
		To:    5,
		Apply: s.set("a", "old"),
		Park:  []projections.Parked{{Location: live.Location, Stream: "x-old"}},
	})
	fresh, err := s.Store.Create(t.Context(), next, 2)
	require.NoError(t, err)
	fresh = s.advance(t, fresh, projections.Step{To: 4, Park: []projections.Parked{{Location: next, Stream: "x-new"}}})
	require.NoError(t, s.Store.Finish(t.Context(), next))
	swapped, err := s.Store.Swap(t.Context(), name, func(ctx context.Context, at projections.Checkpoint) error {
		require.Equal(t, live, at)
		_, err := s.Store.Advance(ctx, fresh, projections.Step{To: at.Position, Apply: func(ctx context.Context, tx projections.Tx) error {
			return errors.Join(s.Set(ctx, tx, "a", "new"), s.Set(ctx, tx, "b", "new"))
		}})
		return err
	})
	require.NoError(t, err)
	require.Equal(t, 2, swapped.Version)
	require.EqualValues(t, 5, swapped.Position)
	require.Equal(t, projections.LiveOf(name), swapped.Location)
	require.EqualValues(t, 2, s.sums(t, swapped.Location).Rows)
	parked, err := s.Store.Parked(t.Context(), swapped.Location)
	require.NoError(t, err)
	require.Len(t, parked, 1)
	require.EqualValues(t, "x-new", parked[0].Stream)
	_, ok, err := s.Store.Checkpoint(t.Context(), next)
	require.NoError(t, err)
	require.False(t, ok)
	_, err = s.Store.Advance(t.Context(), live, projections.Step{To: 6})
	require.ErrorIs(t, err, projections.ErrMoved)
	s.advance(t, swapped, projections.Step{To: 6, Apply: s.set("c", "newer")})
}

func testSwapBehind(t *testing.T, s Subject) {
	live := s.create(t, projections.LiveOf(name))
	live = s.advance(t, live, projections.Step{To: 5})
	nothing := func(context.Context, projections.Checkpoint) error { return nil }
	_, err := s.Store.Swap(t.Context(), name, nothing)
	require.ErrorIs(t, err, projections.ErrBehind)
	fresh := s.create(t, next)
	s.advance(t, fresh, projections.Step{To: 4})
	_, err = s.Store.Swap(t.Context(), name, nothing)
	require.ErrorIs(t, err, projections.ErrBehind)
	_, err = s.Store.Swap(t.Context(), name, func(context.Context, projections.Checkpoint) error { return errApply })
	require.ErrorIs(t, err, errApply)
	s.advance(t, live, projections.Step{To: 6})
}

func testSwapHolds(t *testing.T, s Subject) {
	live := s.create(t, projections.LiveOf(name))
	s.create(t, next)
	answer := make(chan error, 1)
	_, err := s.Store.Swap(t.Context(), name, func(context.Context, projections.Checkpoint) error {
		started := make(chan struct{})
		go func() { //nolint:contextcheck // it outlives the swap
			close(started)
			_, err := s.Store.Advance(t.Context(), live, projections.Step{To: 1})
			answer <- err
		}()
		<-started
		select {
		case err := <-answer:
			t.Errorf("the live read model moved during a swap: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
		return nil
	})
	require.NoError(t, err)
	require.ErrorIs(t, <-answer, projections.ErrMoved)
}

func testFirstSwap(t *testing.T, s Subject) {
	fresh := s.create(t, next)
	s.advance(t, fresh, projections.Step{To: 3, Apply: s.set("a", "1")})
	swapped, err := s.Store.Swap(t.Context(), name, nil)
	require.NoError(t, err)
	require.EqualValues(t, 3, swapped.Position)
	require.EqualValues(t, 1, s.sums(t, projections.LiveOf(name)).Rows)
}

func testChecksums(t *testing.T, s Subject) {
	live, beside := s.create(t, projections.LiveOf(name)), s.create(t, aside)
	live = s.advance(t, live, projections.Step{To: 1, Apply: s.set("a", "1")})
	s.advance(t, live, projections.Step{To: 2, Apply: s.set("b", "2")})
	beside = s.advance(t, beside, projections.Step{To: 1, Apply: s.set("b", "2")})
	require.NotEqual(t, s.sums(t, live.Location), s.sums(t, aside))
	beside = s.advance(t, beside, projections.Step{To: 2, Apply: s.set("a", "1")})
	require.Equal(t, s.sums(t, live.Location), s.sums(t, aside))
	beside = s.advance(t, beside, projections.Step{To: 3, Apply: s.set("a", "2")})
	require.NotEqual(t, s.sums(t, live.Location), s.sums(t, aside))
	at, _, err := s.Store.Checksums(t.Context(), aside)
	require.NoError(t, err)
	require.Equal(t, beside, at)
	require.NoError(t, s.Store.Drop(t.Context(), aside))
	_, _, err = s.Store.Checksums(t.Context(), aside)
	require.Error(t, err)
}

func testReactor(t *testing.T, s Subject) {
	location := projections.Location{Projection: "anything", Copy: projections.Reacted}
	at := s.create(t, location)
	at = s.advance(t, at, projections.Step{To: 2, Park: []projections.Parked{{Location: location, Stream: "x-1"}}})
	require.Equal(t, at, s.create(t, location))
}

func testTransient(t *testing.T, s Subject) {
	require.True(t, s.Store.Transient(s.Break()))
	require.False(t, s.Store.Transient(errApply))
	require.False(t, s.Store.Transient(projections.ErrMoved))
}

func testRemade(t *testing.T, s Subject) {
	old := s.create(t, aside)
	require.NoError(t, s.Store.Drop(t.Context(), aside))
	s.create(t, aside)
	_, err := s.Store.Advance(t.Context(), old, projections.Step{To: 1})
	require.ErrorIs(t, err, projections.ErrMoved)
}

func testDrop(t *testing.T, s Subject) {
	at := s.create(t, aside)
	s.advance(t, at, projections.Step{To: 1, Park: []projections.Parked{{Location: aside, Stream: "x-1"}}})
	require.NoError(t, s.Store.Drop(t.Context(), aside))
	require.NoError(t, s.Store.Drop(t.Context(), aside))
	parked, err := s.Store.Parked(t.Context(), aside)
	require.NoError(t, err)
	require.Empty(t, parked)
}
