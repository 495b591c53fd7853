package simulator_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// attempts are the notes of what processes were about to apply (projections.Attempts), which outlive them.
type attempts struct {
	mu    sync.Mutex
	noted map[string]note
}

type note struct {
	attempt projections.Attempt
	by      *process
}

// seen reports whether others take the process to live.
func (p *process) seen() bool { return !p.ended() && !p.quiet.Load() }

// viewStore is the read models' store as a process reaches it.
type viewStore struct {
	projections.Store
	p *process
}

// storeError is an error of the store's connection.
type storeError struct{ error }

// Unwrap returns the error.
func (e storeError) Unwrap() error { return e.error }

func (s viewStore) call(ctx context.Context, op string, at projections.Location, do func() error) error {
	own := error(nil)
	err := s.p.call(ctx, op, at.String(), func() error {
		own = do()
		return own
	})
	if err == nil || own != nil && errors.Is(err, own) {
		return err
	}
	return storeError{err}
}

// Transient implements projections.Checkpoints.
func (s viewStore) Transient(err error) bool {
	var e storeError
	return errors.As(err, &e)
}

// Checkpoint implements projections.Checkpoints.
func (s viewStore) Checkpoint(ctx context.Context, at projections.Location) (c projections.Checkpoint, ok bool, err error) {
	err = s.call(ctx, "checkpoint", at, func() (err error) {
		c, ok, err = s.Store.Checkpoint(ctx, at)
		return err
	})
	return c, ok && err == nil, err
}

// Advance implements projections.Checkpoints.
func (s viewStore) Advance(ctx context.Context, from projections.Checkpoint, step projections.Step) (next projections.Checkpoint, err error) {
	err = s.call(ctx, "advance", from.Location, func() (err error) {
		next, err = s.p.w.mutant.advance(ctx, s.p, s.Store, from, step)
		s.p.w.moved.Fire()
		return err
	})
	if err != nil {
		return from, err
	}
	return next, nil
}

// Parked implements projections.DeadLetters.
func (s viewStore) Parked(ctx context.Context, at projections.Location) (list []projections.Parked, err error) {
	err = s.call(ctx, "parked", at, func() (err error) {
		list, err = s.Store.Parked(ctx, at)
		return err
	})
	return list, err
}

// Retry implements projections.DeadLetters.
func (s viewStore) Retry(ctx context.Context, at projections.Location, stream eventstore.StreamID, skip string, when time.Time) (ok bool, err error) {
	err = s.call(ctx, "retry", at, func() (err error) {
		ok, err = s.Store.Retry(ctx, at, stream, skip, when)
		return err
	})
	return ok, err
}

// Create implements projections.Epochs.
func (s viewStore) Create(ctx context.Context, at projections.Location, version int) (c projections.Checkpoint, err error) {
	err = s.call(ctx, "create", at, func() (err error) {
		c, err = s.Store.Create(ctx, at, version)
		return err
	})
	return c, err
}

// Attempted implements projections.Attempts.
func (s viewStore) Attempted(ctx context.Context, at projections.Location) (a projections.Attempt, ok bool, err error) {
	err = s.call(ctx, "attempted", at, func() error {
		all := &s.p.w.attempts
		all.mu.Lock()
		defer all.mu.Unlock()
		n, found := all.noted[at.String()]
		if !found || n.attempt.First == 0 {
			return nil
		}
		a, ok = n.attempt, true
		switch {
		case n.by == s.p:
			a.Owner = projections.Ours
		case !n.by.seen():
			a.Owner = projections.Gone
		default:
			a.Owner = projections.Theirs
		}
		return nil
	})
	return a, ok && err == nil, err
}

// Attempt implements projections.Attempts.
func (s viewStore) Attempt(ctx context.Context, a projections.Attempt) error {
	return s.call(ctx, "attempt", a.Location, func() error {
		all := &s.p.w.attempts
		all.mu.Lock()
		defer all.mu.Unlock()
		all.noted[a.Location.String()] = note{a, s.p}
		return nil
	})
}
