package childproc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/morket/morket/domain/kernel"
)

// Child is what Supervise keeps alive: a *Process, or a server built around one.
type Child interface {
	Done() <-chan struct{} // closed when it has ended
	Err() error
	Stop() error
}

// Supervision says how a child is kept alive.
type Supervision struct {
	Name  string
	Child Child // already running
	// Restart starts it again, at the same address: its clients reconnect by themselves.
	Restart func(ctx context.Context) (Child, error)
	// OnRestart is told of each new child; nil: nobody.
	OnRestart func(Child)
	// MinBackoff (200 ms when zero) doubles to MaxBackoff (10 s when zero) while restarts follow each other; a child that lived
	// for a minute starts from MinBackoff again.
	MinBackoff, MaxBackoff time.Duration
	Logger                 *slog.Logger
}

const settledAfter = time.Minute

// Supervise restarts the child whenever it ends, until ctx ends; it then stops the child and returns what Stop said.
func Supervise(ctx context.Context, s Supervision) error {
	if s.MinBackoff == 0 {
		s.MinBackoff = 200 * time.Millisecond
	}
	if s.MaxBackoff == 0 {
		s.MaxBackoff = 10 * time.Second
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	child, pauses := s.Child, kernel.Doubling(s.MinBackoff, s.MaxBackoff)
	for {
		settled := time.NewTimer(settledAfter)
		if !awaitEnd(ctx, child, settled, pauses.Reset) {
			return child.Stop()
		}
		s.Logger.ErrorContext(ctx, "a child ended and is started again", "child", s.Name, "error", child.Err())
		next, err := s.restart(ctx, pauses)
		if err != nil {
			return err
		}
		child = next
		if s.OnRestart != nil {
			s.OnRestart(child)
		}
	}
}

// awaitEnd returns true when the child ended and false when ctx did; it calls onSettled if the child has lived long.
func awaitEnd(ctx context.Context, child Child, settled *time.Timer, onSettled func()) bool {
	defer settled.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-child.Done():
			return ctx.Err() == nil
		case <-settled.C:
			onSettled()
		}
	}
}

func (s Supervision) restart(ctx context.Context, pauses backoff.BackOff) (Child, error) {
	for {
		if kernel.Pause(ctx, pauses.NextBackOff()) != nil {
			return nil, fmt.Errorf("%s was down when we stopped: %w", s.Name, context.Cause(ctx))
		}
		child, err := s.Restart(ctx)
		switch {
		case err == nil:
			s.Logger.InfoContext(ctx, "a child runs again", "child", s.Name)
			return child, nil
		case errors.Is(err, ErrInUse):
			return nil, fmt.Errorf("restart %s: %w", s.Name, err)
		default:
			s.Logger.ErrorContext(ctx, "a child can't be started", "child", s.Name, "error", err)
		}
	}
}
