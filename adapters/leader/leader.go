// Package leader has one process at a time do what must not be done by two: it waits for leadership, works, resigns, and tries again.
package leader

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/relay"
)

// Config is what leading needs.
type Config struct {
	Leadership relay.Leadership // its position counts the proofs of leading
	What       string           // is done, for the log
	Logger     *slog.Logger
	Prove      time.Duration // how often the term is proved; 5 s
	Retry      time.Duration // the pause between two terms; 1 s
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.Leadership == nil || c.What == "" || c.Logger == nil {
		return errors.New("leading needs a Leadership, what is done, and a Logger")
	}
	return nil
}

// Leader leads at one thing.
type Leader struct{ cfg Config }

// New makes a leader.
func New(cfg Config) (*Leader, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Prove <= 0 {
		cfg.Prove = 5 * time.Second
	}
	if cfg.Retry <= 0 {
		cfg.Retry = time.Second
	}
	return &Leader{cfg}, nil
}

// Run does the work whenever this process leads, until ctx ends, and returns ctx's error. The work's context ends when the term does: it is
// proved before the work begins and now and then, so that a process that was stopped and goes on doesn't work beside its successor.
func (l *Leader) Run(ctx context.Context, work func(context.Context) error) error {
	for {
		err := l.term(ctx, work)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		level := slog.LevelWarn
		if errors.Is(err, relay.ErrDeposed) {
			level = slog.LevelInfo
		}
		l.cfg.Logger.Log(ctx, level, "what one process does waits for a leader", "what", l.cfg.What, "error", err)
		if err := kernel.Pause(ctx, l.cfg.Retry); err != nil {
			return err
		}
	}
}

func (l *Leader) term(ctx context.Context, work func(context.Context) error) error {
	term, err := l.cfg.Leadership.Lead(ctx)
	if err != nil {
		return err
	}
	defer term.Resign(context.WithoutCancel(ctx))
	at := term.Position()
	if err := term.Advance(ctx, at, at+1); err != nil {
		return fmt.Errorf("prove that this process leads: %w", err)
	}
	working, end := context.WithCancelCause(ctx)
	proved := make(chan struct{})
	go func() { // the only one that uses the term until proved is closed
		defer close(proved)
		for at++; kernel.Pause(working, l.cfg.Prove) == nil; at++ {
			if err := term.Advance(working, at, at+1); err != nil && working.Err() == nil {
				end(fmt.Errorf("prove that this process leads: %w", err))
				return
			}
		}
	}()
	err = work(working)
	lost := context.Cause(working) // before it ends anyhow
	end(nil)
	<-proved
	if lost != nil {
		return lost
	}
	return err
}
