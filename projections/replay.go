package projections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

const replayPage = 500

// retryParked replays the parked streams whose time has come. It looks at most every PollMax.
func (w *worker) retryParked(ctx context.Context) error {
	now := w.clock.Now()
	if len(w.parked) == 0 || !kernel.Passed(now, w.checked, w.limits.PollMax) {
		return nil
	}
	w.checked = now
	list, err := w.store.Parked(ctx, w.location)
	if err != nil {
		return w.later(ctx, err)
	}
	w.remember(list)
	for _, p := range list {
		if p.RetryAt.IsZero() || !kernel.Due(now, p.RetryAt, w.limits.longestRetry()) {
			continue
		}
		if err := w.replay(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// later swallows an error that will pass.
func (w *worker) later(ctx context.Context, err error) error {
	if ctx.Err() == nil && w.transient(err) {
		return nil
	}
	return err
}

// endedInReplay is the error of a stream whose replay was begun and has said nothing since.
const endedInReplay = "the program ended while the stream was tried again"

// replay applies a parked stream's events from the first one that failed up to the worker's position, then lets the stream
// go on with the others. The first that fails again stays parked. A replay that ends the process isn't begun again by itself: what it
// was due by is taken away before.
func (w *worker) replay(ctx context.Context, p Parked) error {
	if err := w.flush(ctx, true); err != nil {
		return w.later(ctx, err)
	}
	begun := p
	begun.RetryAt, begun.Error = time.Time{}, endedInReplay
	if err := w.commit(ctx, Step{To: w.durable.Position, Park: []Parked{begun}}, nil); err != nil {
		return err
	}
	done, err := w.replayFrom(ctx, &begun)
	if done || errors.Is(err, ErrMoved) {
		return err
	}
	begun.RetryAt, begun.Error = p.RetryAt, p.Error // it was broken off in order
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.limits.BackoffMax)
	defer cancel()
	return errors.Join(err, w.commit(ctx, Step{To: w.durable.Position, Park: []Parked{begun}}, nil))
}

// replayFrom replays the stream; false says that it was broken off.
func (w *worker) replayFrom(ctx context.Context, p *Parked) (bool, error) {
	after := p.Version - 1
	if p.SkipReason != "" {
		after = p.Version
		w.logger.WarnContext(ctx, "event is left out", "projection", w.location.String(), "stream", string(p.Stream),
			"position", p.Position, "type", p.EventType, "reason", p.SkipReason)
	}
	for {
		page, err := w.log.ReadStream(ctx, p.Stream, after, replayPage)
		if err != nil {
			return false, w.later(ctx, fmt.Errorf("replay %s: %w", p.Stream, err))
		}
		past, end := w.past(page)
		done, err := w.replayPage(ctx, p, past, end)
		if err != nil || done {
			return err == nil, err
		}
		after = page[len(page)-1].Version
	}
}

// past returns the events up to the worker's position, and whether there are no more of them.
func (w *worker) past(page []eventstore.Recorded) (events []eventstore.Recorded, end bool) {
	for i, e := range page {
		if e.Position > w.position {
			return page[:i], true
		}
	}
	return page, len(page) == 0
}

// replayPage applies a page of a parked stream and moves its place in the dead letters, or takes it out at the end. When
// the page fails it goes on event by event. It answers true when the stream is done with for now.
func (w *worker) replayPage(ctx context.Context, p *Parked, page []eventstore.Recorded, end bool) (bool, error) {
	if !w.single || len(page) <= 1 {
		err := w.replayStep(ctx, p, page, end)
		if err == nil || errors.Is(err, ErrMoved) || ctx.Err() != nil {
			return end, err
		}
		if len(page) <= 1 {
			return true, w.parkAgain(ctx, *p, page, err)
		}
	}
	for i := range page {
		done, err := w.replayPage(ctx, p, page[i:i+1], end && i == len(page)-1)
		if err != nil || done {
			return done, err
		}
	}
	return end, nil
}

func (w *worker) replayStep(ctx context.Context, p *Parked, page []eventstore.Recorded, end bool) error {
	step := Step{To: w.durable.Position}
	next := *p
	if len(page) > 0 {
		last := page[len(page)-1]
		next.Position, next.Version, next.SkipReason = last.Position+1, last.Version+1, ""
	}
	if end {
		step.Unpark = []eventstore.StreamID{p.Stream}
	} else {
		step.Park = []Parked{next}
	}
	var events []eventstore.Recorded
	for _, e := range page {
		if w.wants[e.Type] {
			events = append(events, e)
		}
	}
	if err := w.commit(ctx, step, events); err != nil {
		return err
	}
	*p = next
	if end {
		delete(w.parked, p.Stream)
		w.logger.InfoContext(ctx, "parked stream goes on", "projection", w.location.String(), "stream", string(p.Stream))
	}
	return nil
}

func (w *worker) parkAgain(ctx context.Context, p Parked, page []eventstore.Recorded, cause error) error {
	if len(page) == 0 { // nothing was applied, so this is the store's own failure
		return cause
	}
	attempts := 1
	if page[0].Version == p.Version {
		attempts = p.Attempts + 1
	}
	again := w.deadLetter(page[0], cause, attempts)
	if err := w.commit(ctx, Step{To: w.durable.Position, Park: []Parked{again}}, nil); err != nil {
		return err
	}
	w.parked[p.Stream] = again
	return nil
}
