package projections

import (
	"context"
	"errors"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// A read model may put work off that an event asks for, if it is too much for the event's own transaction: it notes what is left to do
// in itself, in that transaction, and does it piece by piece afterwards. What it then holds must depend on the log alone and not on when
// the pieces were done.

// Settler is a Store whose read models may put work off.
type Settler interface {
	// Settle does what the read model at the location has put off, until nothing is left.
	Settle(ctx context.Context, location Location) error
}

// ErrUnsettled is the error of Checksums at a location that has put work off: what it holds is not yet what its events mean.
var ErrUnsettled = errors.New("the read model has work that it has put off")

const (
	settlePause = 200 * time.Millisecond // between looks for work: an edit that asks for none costs at most one look
	settleTries = 100                    // of a verification, while new work comes in
)

// settle does what is put off at the live location until ctx ends.
func (r *Runner) settle(ctx context.Context, settler Settler, woken <-chan struct{}) {
	w := r.worker
	pauses := w.limits.pauses()
	for {
		switch err := settler.Settle(ctx, w.location); {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.logger.ErrorContext(ctx, "do what was put off", "projection", r.Name(), "error", err)
			if kernel.Pause(ctx, pauses.NextBackOff()) != nil {
				return
			}
			continue
		}
		pauses = w.limits.pauses()
		if kernel.Pause(ctx, settlePause) != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-woken:
		}
	}
}

// settling starts settle, and returns what ends it and waits for its end.
func (r *Runner) settling(ctx context.Context) (stop func()) {
	settler, ok := r.cfg.Store.(Settler)
	if !ok {
		return func() {}
	}
	woken := make(chan struct{}, 1)
	r.wake = func([]eventstore.Recorded) {
		select {
		case woken <- struct{}{}:
		default:
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.settle(ctx, settler, woken)
	}()
	return func() {
		cancel()
		<-done
	}
}

// settled are a location's checksums when nothing is put off there.
func settled(ctx context.Context, store Store, location Location) (Checkpoint, map[string]Checksum, error) {
	for tries := 0; ; tries++ {
		if s, ok := store.(Settler); ok {
			if err := s.Settle(ctx, location); err != nil {
				return Checkpoint{}, nil, err
			}
		}
		at, sums, err := store.Checksums(ctx, location)
		if !errors.Is(err, ErrUnsettled) || tries == settleTries {
			return at, sums, err
		}
	}
}
