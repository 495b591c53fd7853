package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// WaitError is the error of a Projector or of a Reactor's function that can't do its work for now because of something
// else; it is called again until that is back.
type WaitError struct {
	For string // what it waits for, for example "temporal"
	Err error
}

// Error names what is waited for and why.
func (e *WaitError) Error() string { return fmt.Sprintf("waiting for %s: %v", e.For, e.Err) }

// Unwrap returns the reason.
func (e *WaitError) Unwrap() error { return e.Err }

// ReactorConfig is what a Reactor needs.
type ReactorConfig struct {
	Name  string   // names its checkpoint; a new name begins at the log's beginning
	Types []string // of the events it wants
	// Handle acts on one event. It may be called again for the same event, so what it does must be safe to repeat (starting a
	// workflow under an id that follows from the event is). A *WaitError, a kernel.KindUnavailable error or a timeout has it
	// called again after a pause, and everything waits; any other error parks the event's stream.
	Handle func(context.Context, eventstore.Recorded) error
	// HandleBatch takes the place of Handle where many events are handled at once; Limits.Gather makes the batches larger. After
	// a crash the same events may come cut into other batches, and when a batch fails its halves come, down to single events.
	HandleBatch func(context.Context, []eventstore.Recorded) error
	// Apply, in place of both, puts events into tables of the store that can't be made anew from the log, such as a queue's, in the
	// transaction that moves the checkpoint: what it does happens once. It is a Projector's Apply otherwise.
	Apply      func(context.Context, Tx, []eventstore.Recorded) error
	Applied    func([]eventstore.Recorded) // told of the wanted events of each step when it is durable; may be nil
	Log        Log
	Subscriber message.Subscriber // of this reactor's own consumer group; nil follows the log alone
	Store      Store
	Clock      kernel.Clock
	Logger     *slog.Logger
	Follow     eventstore.Follow // may be nil
	Ward       Ward              // may be nil; another one than the projections', which a reaction may wait for
	Limits     Limits
}

// Validate says what is missing.
func (c ReactorConfig) Validate() error {
	return need("reactor", map[string]bool{
		"Name": c.Name != "", "Handle, HandleBatch or Apply": c.ways() == 1, "Log": c.Log != nil, "Store": c.Store != nil,
		"Clock": c.Clock != nil, "Logger": c.Logger != nil,
	})
}

// ways counts the functions that are to act on events.
func (c ReactorConfig) ways() int {
	n := 0
	for _, given := range []bool{c.Handle != nil, c.HandleBatch != nil, c.Apply != nil} {
		if given {
			n++
		}
	}
	return n
}

// Reactor calls a function for the events of some types: at least once, in order, remembering how far it came.
type Reactor struct {
	cfg    ReactorConfig
	worker *worker

	mu      sync.Mutex
	waiting string
}

// NewReactor makes a reactor; Run starts it.
func NewReactor(cfg ReactorConfig) (*Reactor, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	r := &Reactor{cfg: cfg}
	r.worker = &worker{
		location: Location{Projection: cfg.Name, Copy: Reacted},
		version:  1,
		store:    cfg.Store,
		log:      cfg.Log,
		clock:    cfg.Clock,
		logger:   cfg.Logger,
		limits:   cfg.Limits.withDefaults(),
		wants:    wanted(cfg.Types),
		before:   cfg.HandleBatch,
		single:   cfg.Handle != nil,
		apply:    cfg.Apply,
		applied:  cfg.Applied,
		blocked:  r.block,
		follow:   cfg.Follow,
		ward:     cfg.Ward,
	}
	if cfg.Handle != nil {
		r.worker.before = func(ctx context.Context, events []eventstore.Recorded) error { return cfg.Handle(ctx, events[0]) }
	}
	return r, nil
}

// Location names the reactor's checkpoint and parked streams in the store.
func (r *Reactor) Location() Location { return r.worker.location }

// Position returns the position up to which every wanted event has been acted on.
func (r *Reactor) Position() int64 { return r.worker.progress.position() }

// Wait returns nil when the reactor has reached the position, or ctx's error.
func (r *Reactor) Wait(ctx context.Context, position int64) error {
	return r.worker.progress.wait(ctx, position)
}

// Waiting returns what the reactor waits for (WaitError.For, or the error's text), or "" while it works.
func (r *Reactor) Waiting() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.waiting
}

func (r *Reactor) block(err error) {
	reason := ""
	if err != nil {
		reason = err.Error()
	}
	var wait *WaitError
	if errors.As(err, &wait) {
		reason = wait.For
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = reason
}

// Run acts on events until ctx ends, and then returns an error that is ctx's.
func (r *Reactor) Run(ctx context.Context) error {
	for {
		err := r.worker.patiently(ctx, func() error {
			_, ok, err := r.cfg.Store.Checkpoint(ctx, r.worker.location)
			if err == nil && !ok {
				_, err = r.cfg.Store.Create(ctx, r.worker.location, 1)
			}
			return err
		})
		if err == nil {
			f := &feed{worker: r.worker, subscriber: r.cfg.Subscriber}
			err = f.run(ctx)
		}
		if ctx.Err() != nil || !errors.Is(err, ErrMoved) {
			return fmt.Errorf("reactor %s: %w", r.cfg.Name, err)
		}
	}
}
