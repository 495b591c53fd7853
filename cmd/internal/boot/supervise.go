package boot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/morket/morket/domain/kernel"
)

// supervisor keeps the parts of the process running: one that fails is begun again after a pause, and shows in readiness meanwhile,
// instead of ending everything else with it.
type supervisor struct {
	log   *slog.Logger
	clock kernel.Clock
	pause func(context.Context, time.Duration) error

	mu     sync.Mutex
	faults map[string]fault
}

type fault struct {
	err   error
	begun time.Time // again; zero while it pauses
}

// Pauses before a part is begun again, and how long it must run until it counts as well.
const (
	restartMin = time.Second
	restartMax = time.Minute
	wellAfter  = 30 * time.Second
)

func newSupervisor(log *slog.Logger, clock kernel.Clock) *supervisor {
	return &supervisor{log: log, clock: clock, pause: kernel.Pause, faults: map[string]fault{}}
}

// run runs the part in the group until ctx ends.
func (s *supervisor) run(ctx context.Context, group *errgroup.Group, name string, run func(context.Context) error) {
	group.Go(func() error {
		pauses := kernel.Doubling(restartMin, restartMax)
		for {
			begun := s.clock.Now()
			err := contained(ctx, run)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if s.clock.Now().Sub(begun) >= restartMax {
				pauses.Reset()
			}
			s.set(name, fault{err: err})
			wait := pauses.NextBackOff()
			s.log.ErrorContext(ctx, "a part of the server has failed and is begun again", "part", name, "pause", wait, "error", err)
			if err := s.pause(ctx, wait); err != nil {
				return err
			}
			s.set(name, fault{err: err, begun: s.clock.Now()})
		}
	})
}

// contained turns a panic, and an end before its time, into an error.
func contained(ctx context.Context, run func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if err := run(ctx); err != nil {
		return err
	}
	return errors.New("it ended by itself")
}

func (s *supervisor) set(name string, f fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[name] = f
}

// check says which parts don't run well, for readiness.
func (s *supervisor) check(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ill []string
	for name, f := range s.faults {
		if f.begun.IsZero() || s.clock.Now().Sub(f.begun) < wellAfter {
			ill = append(ill, fmt.Sprintf("%s: %v", name, f.err))
		}
	}
	if len(ill) == 0 {
		return nil
	}
	slices.Sort(ill)
	return errors.New(kernel.MaskAddresses(strings.Join(ill, "; ")))
}
