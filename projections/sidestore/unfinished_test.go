package sidestore_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/sidestore"
	"github.com/morket/morket/projections/sidestore/sidestoretest"
)

// A step on the older copy would have it reach as far as the checkpoint, and what it lacks would never show.
func TestAnOldBackupIsNoticedByTheNextWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say(t, "a", "one")
	r := w.start(t, words{}, w.store)
	require.NoError(t, r.Wait(t.Context(), 1))
	restore := w.engine.Backup()
	require.NoError(t, r.Wait(t.Context(), w.say(t, "a", "two")))
	restore()
	require.NoError(t, r.Wait(t.Context(), w.say(t, "a", "three"))) // the clock stands: no look is due
	got, err := w.read(t.Context())
	require.NoError(t, err)
	require.Equal(t, "one two three", got)
	w.verify(t)
}

// rival has another process act between a step that fails and what comes of it.
type rival struct {
	*lossy
	act func()
}

func (r *rival) Advance(ctx context.Context, from projections.Checkpoint, step projections.Step) (projections.Checkpoint, error) {
	next, err := r.lossy.Advance(ctx, from, step)
	if act := r.act; err != nil && act != nil {
		r.act = nil
		act()
	}
	return next, err
}

// Of two processes that meet an older copy the second finds it made anew: that is no fault of the event at hand.
func TestACopyThatAnotherProcessMadeAnewIsNoFaultOfAnEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	base := &rival{lossy: w.base}
	store, err := sidestore.New(sidestore.Config{
		Base: base, Marks: w.marks, Engine: w.engine, Name: "Memory", Head: w.head, Clock: w.clock, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	w.say(t, "a", "one", "two")
	at, err := store.Create(t.Context(), projections.LiveOf("words"), 1)
	require.NoError(t, err)
	restore := w.engine.Backup()
	step := func(to int64) projections.Step {
		return projections.Step{To: to, Apply: func(context.Context, projections.Tx) error { return nil }}
	}
	at, err = store.Advance(t.Context(), at, step(1))
	require.NoError(t, err)
	restore()
	other := w.open(t)
	base.act = func() {
		_, _, err := other.Checkpoint(t.Context(), at.Location)
		require.NoError(t, err)
	}
	_, err = store.Advance(t.Context(), at, step(2))
	require.Error(t, err)
	require.True(t, store.Transient(err), "%v", err)
	_, err = store.Advance(t.Context(), at, step(2))
	require.ErrorIs(t, err, projections.ErrMoved)
}

// summing says when the engine has been asked for its sums.
type summing struct {
	*sidestoretest.Memory
	asked chan struct{}
}

func (s summing) Checksums(ctx context.Context, c sidestore.Copy) (sidestore.Sums, error) {
	sums, err := s.Memory.Checksums(ctx, c)
	select {
	case s.asked <- struct{}{}:
	default:
	}
	return sums, err
}

// A verification that came between the two tries of a step found rows in the live copy that the log has only after its checkpoint.
func TestSumsWaitForAStepThatWasCutShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	engine := summing{w.engine, make(chan struct{}, 1)}
	store, err := sidestore.New(sidestore.Config{
		Base: w.base, Marks: w.marks, Engine: engine, Name: "Memory", Head: w.head, Clock: w.clock, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	head := w.say(t, "a", "one", "two")
	at, err := store.Create(t.Context(), projections.LiveOf("words"), 1)
	require.NoError(t, err)
	step := projections.Step{To: head, Apply: func(_ context.Context, tx projections.Tx) error {
		tx.(*sidestoretest.Batch).Set("words", "1", "one", 1)
		tx.(*sidestoretest.Batch).Set("words", "2", "two", 2)
		return nil
	}}
	w.engine.Torn = func() error { return sidestoretest.ErrDown }
	_, err = store.Advance(t.Context(), at, step)
	require.ErrorIs(t, err, sidestoretest.ErrDown)
	w.engine.Torn = nil
	var found projections.Checkpoint
	var sums map[string]projections.Checksum
	done := make(chan error, 1)
	go func() {
		var err error
		found, sums, err = store.Checksums(t.Context(), at.Location)
		done <- err
	}()
	<-engine.asked
	at, err = store.Advance(t.Context(), at, step)
	require.NoError(t, err)
	require.NoError(t, <-done)
	require.Equal(t, at, found)
	require.EqualValues(t, 2, sums["words"].Rows)
}
