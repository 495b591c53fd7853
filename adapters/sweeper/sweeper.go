// Package sweeper clears away what has had its time: one process at a time goes through a list of sweeps again and again.
package sweeper

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Sweep is one kind of thing that is cleared away.
type Sweep struct {
	Name  string
	Every time.Duration
	// Run clears away what is due and says how much it was. It must be safe to repeat and to stop in the middle: a sweep that fails
	// is tried again at the next look.
	Run func(ctx context.Context) (int, error)
}

// Config is what a Sweeper needs.
type Config struct {
	// Lead does the work while this process leads, until ctx ends; the work's context ends with the term.
	Lead   func(ctx context.Context, work func(context.Context) error) error
	Sweeps []Sweep
	Clock  kernel.Clock
	Logger *slog.Logger
	Look   time.Duration // how often the clock is looked at; 1 min
}

// Validate says what is missing.
func (c Config) Validate() error {
	var errs []error
	for name, missing := range map[string]bool{"Lead": c.Lead == nil, "Clock": c.Clock == nil, "Logger": c.Logger == nil} {
		if missing {
			errs = append(errs, errors.New("a sweeper needs a "+name))
		}
	}
	for _, s := range c.Sweeps {
		if s.Name == "" || s.Every <= 0 || s.Run == nil {
			errs = append(errs, fmt.Errorf("the sweep %q needs a name, an interval and a function", s.Name))
		}
	}
	return errors.Join(errs...)
}

// Sweeper runs the sweeps that are due.
type Sweeper struct {
	cfg  Config
	next map[string]time.Time // by sweep; a sweep that was never run is due
}

// New makes a sweeper; Run starts it.
func New(cfg Config) (*Sweeper, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Look <= 0 {
		cfg.Look = time.Minute
	}
	return &Sweeper{cfg: cfg, next: map[string]time.Time{}}, nil
}

// Run sweeps while this process leads, and returns ctx's error when ctx ends. What is due is not kept anywhere: a process that begins to
// lead sweeps everything once.
func (s *Sweeper) Run(ctx context.Context) error { return s.cfg.Lead(ctx, s.sweep) }

func (s *Sweeper) sweep(ctx context.Context) error {
	clear(s.next)
	for {
		s.round(ctx)
		if err := kernel.Pause(ctx, s.cfg.Look); err != nil {
			return err
		}
	}
}

// round runs the sweeps that are due, each also when others failed.
func (s *Sweeper) round(ctx context.Context) {
	for _, sweep := range s.cfg.Sweeps {
		if now := s.cfg.Clock.Now(); !kernel.Due(now, s.next[sweep.Name], sweep.Every) || ctx.Err() != nil {
			continue
		}
		n, err := sweep.Run(ctx)
		if err != nil {
			if ctx.Err() == nil {
				s.cfg.Logger.WarnContext(ctx, "a sweep failed, it is tried again", "sweep", sweep.Name, "error", err)
			}
			continue
		}
		if n > 0 {
			s.cfg.Logger.InfoContext(ctx, "swept", "sweep", sweep.Name, "removed", n)
		}
		s.next[sweep.Name] = s.cfg.Clock.Now().Add(sweep.Every)
	}
}
