package sidestore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
)

// Create implements projections.Epochs. When the engine can't be reached, the location is there without a copy and the first
// step or look that finds the engine makes it.
func (s *Store) Create(ctx context.Context, location projections.Location, version int) (projections.Checkpoint, error) {
	if location.Copy == projections.Reacted {
		return s.base.Create(ctx, location, version)
	}
	if location.Copy != projections.Live {
		if err := s.Drop(ctx, location); err != nil {
			return projections.Checkpoint{}, err
		}
	}
	c, err := s.base.Create(ctx, location, version)
	if err != nil {
		return c, err
	}
	if _, marked, err := s.marks.Read(ctx, location); err != nil || marked {
		return c, err
	}
	next, err := s.renew(ctx, c)
	if errors.Is(err, projections.ErrMoved) { // somebody else made it in the meantime
		return c, nil
	}
	return next, err
}

// Finish implements projections.Epochs.
func (s *Store) Finish(ctx context.Context, location projections.Location) error {
	m, err := s.marked(ctx, location)
	if err != nil {
		return err
	}
	return s.engine.Finish(ctx, copyOf(location, m))
}

func (s *Store) marked(ctx context.Context, location projections.Location) (Mark, error) {
	m, ok, err := s.marks.Read(ctx, location)
	if err == nil && !ok {
		err = fmt.Errorf("%s: %w", location, errUnmarked)
	}
	return m, err
}

// heldKey marks the context of a Swap, in which the live checkpoint is held already.
type heldKey struct{}

// Swap implements projections.Epochs. Readers see the new copy from the commit in Base on; the old one is dropped afterwards.
func (s *Store) Swap(
	ctx context.Context, projection string, catchUp func(context.Context, projections.Checkpoint) error,
) (projections.Checkpoint, error) {
	live := projections.LiveOf(projection)
	old, had, err := s.marks.Read(ctx, live)
	if err != nil {
		return projections.Checkpoint{}, err
	}
	c, err := s.base.Swap(ctx, projection, func(ctx context.Context, at projections.Checkpoint) error {
		return catchUp(context.WithValue(ctx, heldKey{}, projection), at)
	})
	if err != nil {
		return c, err
	}
	s.looks.again(live)
	m, err := s.marked(ctx, live)
	if err != nil {
		return c, err
	}
	err = s.engine.Serve(ctx, copyOf(live, m))
	if had && old.Generation != m.Generation {
		err = errors.Join(err, s.engine.Drop(ctx, copyOf(live, old)))
	}
	if err != nil { // the swap itself is done, and looks tidy up
		s.cfg.Logger.WarnContext(ctx, "can't tidy up after a swap", "store", s.cfg.Name, "projection", projection, "error", err)
	}
	return c, nil
}

// Drop implements projections.Epochs.
func (s *Store) Drop(ctx context.Context, location projections.Location) error {
	_, ok, err := s.base.Checkpoint(ctx, location)
	if err != nil {
		return err
	}
	var m Mark
	var marked bool
	if ok && location.Copy != projections.Reacted {
		if m, marked, err = s.marks.Read(ctx, location); err != nil {
			return err
		}
	}
	if err := s.base.Drop(ctx, location); err != nil || !marked {
		return err
	}
	return s.engine.Drop(ctx, copyOf(location, m))
}

// errAhead says that the copy has rows of a step that was cut short or whose commit was lost, and that was not made again yet.
var errAhead = errors.New("a write was cut short and not made again yet: let the projector run, then try again")

// How long Checksums waits until the projector has made such a step again.
const (
	aheadPause = 200 * time.Millisecond
	aheadTries = 100
)

// Checksums implements projections.Epochs. Nothing is written to the location meanwhile: the checkpoint is held. Where the caller holds
// it, as in a swap, no projector can make a step again that was cut short, so that isn't waited for.
func (s *Store) Checksums(
	ctx context.Context, location projections.Location,
) (projections.Checkpoint, map[string]projections.Checksum, error) {
	held, _ := ctx.Value(heldKey{}).(string)
	holds := held == location.Projection && location.Copy == projections.Live
	for tries := 0; ; {
		c, sums, err := s.checksums(ctx, location, holds)
		switch {
		case err == nil:
			return c, sums, nil
		case errors.Is(err, projections.ErrMoved): // a writer was faster; it can't always be
		case errors.Is(err, errAhead) && tries < aheadTries && !holds:
			tries++
			if err := kernel.Pause(ctx, aheadPause); err != nil {
				return c, nil, err
			}
		default:
			return c, nil, fmt.Errorf("checksums of %s: %w", location, err)
		}
	}
}

func (s *Store) checksums(
	ctx context.Context, location projections.Location, holds bool,
) (c projections.Checkpoint, sums map[string]projections.Checksum, err error) {
	c, ok, err := s.base.Checkpoint(ctx, location)
	if err == nil && !ok {
		err = errors.New("there is no such read model")
	}
	if err != nil {
		return c, nil, err
	}
	if holds {
		m, err := s.marked(ctx, location)
		if err != nil {
			return c, nil, err
		}
		sums, err = s.sum(ctx, copyOf(location, m), c)
		return c, sums, err
	}
	_, err = s.base.Advance(ctx, c, projections.Step{To: c.Position, Apply: func(ctx context.Context, tx projections.Tx) error {
		m, marked, err := s.marks.Get(ctx, tx)
		if err == nil && !marked {
			err = errUnmarked
		}
		if err != nil {
			return err
		}
		sums, err = s.sum(ctx, copyOf(location, m), c)
		return err
	}})
	return c, sums, err
}

// sum sums up a copy whose checkpoint is held. A step that fails in the middle leaves rows behind and no trace but their positions.
func (s *Store) sum(ctx context.Context, copied Copy, at projections.Checkpoint) (map[string]projections.Checksum, error) {
	sums, err := s.engine.Checksums(ctx, copied)
	if err == nil && sums.Latest > at.Position {
		err = errAhead
	}
	return sums.Tables, err
}
