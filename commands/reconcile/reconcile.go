// Package reconcile compares what the log says is under way with what Temporal runs, and starts what is missing.
//
// A reactor starts each flow once, when its event comes by. That is not enough: Temporal may be emptied or replaced, a flow may be
// terminated by hand, and a log that was restored stands beside flows of another history. The log alone says what has to be done,
// so Temporal needs no backup.
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Flow is a flow that the log says is under way.
type Flow struct {
	ID, Workflow string
	Input        any
	Signal       string // makes the flow look at the log; "" if it has none
}

// Flows starts and signals flows.
type Flows interface {
	// Start starts the flow with the id; started is false if it runs already.
	Start(ctx context.Context, id, workflow string, in any) (started bool, err error)
	// Signal signals the flow with the id; found is false if it does not run.
	Signal(ctx context.Context, id, signal string) (found bool, err error)
}

// Source lists flows that should be running. It may be behind the log: a flow that has nothing left to do ends at once.
type Source func(ctx context.Context, each func(Flow) error) error

// Config is what a Reconciler needs.
type Config struct {
	Flows   Flows
	Sources []Source
	// Away reports whether an error says that Temporal can't be reached.
	Away   func(error) bool
	Logger *slog.Logger
	Every  time.Duration // between two comparisons; 1 min
	Retry  time.Duration // while Temporal can't be reached; 2 s
}

// Validate says what is missing.
func (c Config) Validate() error {
	var errs []error
	for name, missing := range map[string]bool{
		"Flows":   c.Flows == nil,
		"Sources": len(c.Sources) == 0,
		"Away":    c.Away == nil,
		"Logger":  c.Logger == nil,
	} {
		if missing {
			errs = append(errs, errors.New("the reconciler needs "+name))
		}
	}
	return errors.Join(errs...)
}

// Reconciler compares at its start, then again and again.
type Reconciler struct {
	cfg  Config
	wake chan struct{}
}

// New makes a reconciler; Run starts it.
func New(cfg Config) (*Reconciler, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Every <= 0 {
		cfg.Every = time.Minute
	}
	if cfg.Retry <= 0 {
		cfg.Retry = 2 * time.Second
	}
	return &Reconciler{cfg: cfg, wake: make(chan struct{}, 1)}, nil
}

// Wake has it compare at once, for example because Temporal has been started again.
func (r *Reconciler) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run compares until ctx ends. Any number of processes may do so at the same time. What runs already is signalled in the first
// comparison: a flow of another history may wait for something that has happened.
func (r *Reconciler) Run(ctx context.Context) error {
	for first := true; ; {
		wait := r.cfg.Every
		switch err := r.round(ctx, first); {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && r.cfg.Away(err):
			wait = r.cfg.Retry
		case err == nil:
			first = false
		default:
			first = false
			r.cfg.Logger.WarnContext(ctx, "flows could not be compared with the log, it is tried again", "error", err)
		}
		pause := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-r.wake:
		case <-pause.C:
		}
		pause.Stop()
	}
}

// round starts every flow that is missing. One that can't be started does not keep the others; that Temporal is away does.
func (r *Reconciler) round(ctx context.Context, signal bool) error {
	var failed error
	for _, source := range r.cfg.Sources {
		err := source(ctx, func(f Flow) error {
			err := r.ensure(ctx, f, signal)
			if err != nil && !r.cfg.Away(err) && ctx.Err() == nil {
				failed, err = errors.Join(failed, err), nil
			}
			return err
		})
		if err != nil {
			return errors.Join(failed, err)
		}
	}
	return failed
}

func (r *Reconciler) ensure(ctx context.Context, f Flow, signal bool) error {
	started, err := r.cfg.Flows.Start(ctx, f.ID, f.Workflow, f.Input)
	if err != nil {
		return fmt.Errorf("start the flow %s: %w", f.ID, err)
	}
	if started {
		r.cfg.Logger.InfoContext(ctx, "a flow that was missing has been started", "flow", f.ID)
		return nil
	}
	if !signal || f.Signal == "" {
		return nil
	}
	if _, err := r.cfg.Flows.Signal(ctx, f.ID, f.Signal); err != nil {
		return fmt.Errorf("signal the flow %s: %w", f.ID, err)
	}
	return nil
}

// Pages lists everything of a query that answers in pages: those after the last one's key.
func Pages[T any, K ~string](
	ctx context.Context, page func(ctx context.Context, after K, limit int) ([]T, error), key func(T) K, each func(T) error,
) error {
	const limit = 500
	for after := K(""); ; {
		list, err := page(ctx, after, limit)
		if err != nil {
			return err
		}
		for _, item := range list {
			if err := each(item); err != nil {
				return err
			}
			after = key(item)
		}
		if len(list) < limit {
			return nil
		}
	}
}
