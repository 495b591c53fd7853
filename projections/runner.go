package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/watch"
	"github.com/morket/morket/eventstore"
)

// RunnerConfig is what a Runner needs.
type RunnerConfig struct {
	Projector  Projector
	Log        Log
	Subscriber message.Subscriber // of this projection's own consumer group; nil follows the log alone
	Store      Store
	Clock      kernel.Clock
	Logger     *slog.Logger
	Follow     eventstore.Follow // may be nil
	Ward       Ward              // of the process's projections; may be nil
	Peers      Peers             // whom a rebuild waits for; may be nil
	Limits     Limits
	Watch      watch.Watcher // told of rebuilds and verifications; may be nil
}

// Peers are the processes that read what a projection has made.
type Peers interface {
	// Behind reports whether a living process reads the projection in the form of a version before this one.
	Behind(ctx context.Context, projection string, version int) (bool, error)
	// Announce tells such processes that the next copy is about to take the live one's place; Behind tells when they have stopped
	// reading that. It holds for some seconds.
	Announce(ctx context.Context, next Location) error
}

// Validate says what is missing.
func (c RunnerConfig) Validate() error {
	return need("runner", map[string]bool{
		"Projector": c.Projector != nil, "Log": c.Log != nil, "Store": c.Store != nil, "Clock": c.Clock != nil, "Logger": c.Logger != nil,
	})
}

func need(who string, given map[string]bool) error {
	var errs []error
	for name, ok := range given {
		if !ok {
			errs = append(errs, fmt.Errorf("%s needs a %s", who, name))
		}
	}
	return errors.Join(errs...)
}

// Runner keeps one projection up to date. Several processes may run the same projection: one of them leads at each step,
// the others follow its checkpoint.
type Runner struct {
	cfg     RunnerConfig
	worker  *worker
	applied []func([]eventstore.Recorded)
	wake    func([]eventstore.Recorded) // of settle; nil without one
}

// NewRunner makes a runner; Run starts it.
func NewRunner(cfg RunnerConfig) (*Runner, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Limits = cfg.Limits.withDefaults()
	r := &Runner{cfg: cfg}
	r.worker = cfg.worker(LiveOf(cfg.Projector.Name()))
	r.worker.applied = func(events []eventstore.Recorded) {
		for _, fn := range r.applied {
			fn(events)
		}
		if r.wake != nil {
			r.wake(events)
		}
	}
	return r, nil
}

func (c RunnerConfig) worker(location Location) *worker {
	return &worker{
		location: location, version: c.Projector.Version(), store: c.Store, log: c.Log, clock: c.Clock, logger: c.Logger,
		limits: c.Limits, wants: wanted(c.Projector.Types()), apply: c.Projector.Apply, follow: c.Follow, ward: c.Ward,
	}
}

// Name returns the projection's name.
func (r *Runner) Name() string { return r.cfg.Projector.Name() }

// Position returns the position that the read model has reached.
func (r *Runner) Position() int64 { return r.worker.progress.position() }

// Wait returns nil when the read model has reached the position, or ctx's error.
func (r *Runner) Wait(ctx context.Context, position int64) error {
	return r.worker.progress.wait(ctx, position)
}

// OnApplied has fn called with the wanted events of each committed batch, in order, on the runner's goroutine: it must be
// quick. It must be called before Run. When several processes run the projection, each hears of its own batches only.
func (r *Runner) OnApplied(fn func([]eventstore.Recorded)) { r.applied = append(r.applied, fn) }

// Run keeps the read model up to date until ctx ends, and then returns an error that is ctx's. Without a read model it makes
// one; one of an older version of the projector is rebuilt while the old one serves; beside a newer one it stands by. Any
// other error means that the read model can't be made.
func (r *Runner) Run(ctx context.Context) error {
	for {
		if err := r.prepare(ctx); err != nil {
			return fmt.Errorf("projection %s: %w", r.Name(), err)
		}
		f := &feed{worker: r.worker, subscriber: r.cfg.Subscriber}
		stop := r.settling(ctx)
		err := f.run(ctx)
		stop()
		if ctx.Err() != nil {
			return err
		}
		if !errors.Is(err, ErrMoved) && !errors.Is(err, errNewer) {
			return fmt.Errorf("projection %s: %w", r.Name(), err)
		}
	}
}

// prepare returns when there is a read model of the projector's version.
func (r *Runner) prepare(ctx context.Context) error {
	w := r.worker
	warned := false
	for {
		var c Checkpoint
		var ok bool
		err := w.patiently(ctx, func() (err error) {
			if c, ok, err = w.store.Checkpoint(ctx, w.location); err == nil && !ok {
				c, err = w.store.Create(ctx, w.location, w.version)
			}
			return err
		})
		switch {
		case err != nil:
			return err
		case c.Version == w.version:
			return nil
		case c.Version < w.version:
			err = r.rebuild(ctx)
		case !warned:
			warned = true
			w.logger.WarnContext(ctx, "standing by: the read model belongs to a newer version", "projection", r.Name(),
				"own", w.version, "found", c.Version)
		}
		w.progress.move(c.Position)
		if err != nil {
			return err
		}
		if err := kernel.Pause(ctx, w.limits.PollMax); err != nil {
			return err
		}
	}
}

// rebuild brings the read model to the projector's version, unless another process is at it.
func (r *Runner) rebuild(ctx context.Context) error {
	busy, err := r.othersRebuild(ctx)
	if err != nil || busy {
		return err
	}
	err = r.worker.patiently(ctx, func() error {
		_, err := Rebuild(ctx, RebuildConfig{RunnerConfig: r.cfg, Resume: true})
		return err
	})
	if errors.Is(err, ErrMoved) || errors.Is(err, ErrBehind) {
		return nil // another process rebuilds, or did; prepare looks again
	}
	return err
}

// othersRebuild reports whether the next read model is coming on.
func (r *Runner) othersRebuild(ctx context.Context) (bool, error) {
	next := Location{Projection: r.Name(), Copy: Next}
	first, ok, err := r.cfg.Store.Checkpoint(ctx, next)
	if err != nil || !ok {
		return false, r.worker.later(ctx, err)
	}
	if err := kernel.Pause(ctx, 3*r.cfg.Limits.PollMax); err != nil {
		return false, err
	}
	second, ok, err := r.cfg.Store.Checkpoint(ctx, next)
	return ok && first != second, r.worker.later(ctx, err)
}
