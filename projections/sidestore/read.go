package sidestore

import (
	"context"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
)

// ErrFilling is what Read answers while the copy has not come to where the log was when it was made.
var ErrFilling = kernel.E(kernel.KindUnavailable, "READ_MODEL_FILLING", "the read model is being filled")

// fillingRetry is when a reader may ask again.
const fillingRetry = 5 * time.Second

// Read calls fn with the live copy of the projection. When fn fails and another copy has become the live one meanwhile, fn
// is called once more, with that. Without a copy to read it answers an error like ErrFilling.
func (s *Store) Read(ctx context.Context, projection string, fn func(context.Context, Copy) error) error {
	c, err := s.live(ctx, projection)
	if err != nil {
		return err
	}
	if err = fn(ctx, c); err == nil || ctx.Err() != nil {
		return err
	}
	again, fault := s.live(ctx, projection)
	if fault != nil || again == c {
		return err
	}
	return fn(ctx, again)
}

// Ready answers nil when there is a copy to read, else an error like ErrFilling that says how far it is.
func (s *Store) Ready(ctx context.Context, projection string) error {
	_, err := s.live(ctx, projection)
	return err
}

func (s *Store) live(ctx context.Context, projection string) (Copy, error) {
	location := projections.LiveOf(projection)
	c, ok, err := s.base.Checkpoint(ctx, location)
	if err != nil {
		return Copy{}, err
	}
	var m Mark
	if ok {
		if m, ok, err = s.marks.Read(ctx, location); err != nil {
			return Copy{}, err
		}
	}
	if !ok || c.Position < m.Until {
		return Copy{}, s.filling(c.Position, m.Until)
	}
	return copyOf(location, m), nil
}

func (s *Store) filling(at, until int64) error {
	e := *ErrFilling
	e.RetryAfter = fillingRetry
	e.Message = s.cfg.Name + " has no data of this yet: it is being filled from the log"
	if until > 0 {
		e.Message = kernel.E(e.Kind, e.Code, "%s is being filled from the log, %d of %d events so far", s.cfg.Name, at, until).Message
	}
	return &e
}
