package projections

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// worker applies contiguous pieces of the log at one location. It belongs to one goroutine.
type worker struct {
	location Location
	version  int
	store    Store
	log      Log
	clock    kernel.Clock
	logger   *slog.Logger
	limits   Limits
	wants    map[string]bool

	// apply folds events inside the step's transaction. When before is set it is called instead, ahead of the transaction, for
	// one event at a time if single: what it does is repeated if the step is.
	apply   func(context.Context, Tx, []eventstore.Recorded) error
	before  func(context.Context, []eventstore.Recorded) error
	single  bool
	applied func([]eventstore.Recorded) // after each commit; may be nil
	blocked func(error)                 // a transient error is being waited out, nil when it is over; may be nil
	follow  eventstore.Follow           // may be nil
	done    atomic.Int64                // events applied since the start
	ward    Ward                        // may be nil
	care    care

	durable  Checkpoint // as stored
	position int64      // >= durable.Position; between them there are no wanted events
	ahead    time.Time  // since when position has been ahead of durable
	parked   map[eventstore.StreamID]Parked
	checked  time.Time // when parked streams were last looked at
	progress progress
}

func wanted(types []string) map[string]bool {
	m := make(map[string]bool, len(types))
	for _, t := range types {
		m[t] = true
	}
	return m
}

// errNewer says that the location's read model belongs to a newer version of the projector.
var errNewer = errors.New("the read model was made by a newer version of the projector")

// load reads where the location is, and forgets what the worker thought.
func (w *worker) load(ctx context.Context) error {
	return w.patiently(ctx, func() error {
		c, ok, err := w.store.Checkpoint(ctx, w.location)
		switch {
		case err != nil:
			return err
		case !ok:
			return fmt.Errorf("%s: %w", w.location, ErrMoved)
		case c.Version > w.version:
			return errNewer
		case c.Version < w.version:
			return fmt.Errorf("%s has version %d: %w", w.location, c.Version, ErrMoved)
		}
		parked, err := w.store.Parked(ctx, w.location)
		if err != nil {
			return err
		}
		w.adopt(c)
		w.remember(parked)
		return nil
	})
}

func (w *worker) adopt(c Checkpoint) {
	w.durable, w.position = c, c.Position
	w.progress.move(c.Position)
}

func (w *worker) remember(parked []Parked) {
	w.parked = make(map[eventstore.StreamID]Parked, len(parked))
	for _, p := range parked {
		w.parked[p.Stream] = p
	}
}

// patiently repeats fn until it succeeds, fails for good, or ctx ends.
func (w *worker) patiently(ctx context.Context, fn func() error) error {
	waited := false
	waiting := func(err error, _ time.Duration) {
		if !waited {
			waited = true
			w.logger.WarnContext(ctx, "projection waits", "projection", w.location.String(), "error", err)
		}
		if w.blocked != nil {
			w.blocked(err)
		}
	}
	err := patiently(ctx, w.limits, waiting, func() error {
		err := fn()
		if err != nil && !w.transient(err) {
			return backoff.Permanent(err)
		}
		return err
	})
	if waited && w.blocked != nil && ctx.Err() == nil {
		w.blocked(nil)
	}
	return err
}

// patiently repeats fn after pauses until it succeeds, answers backoff.Permanent, or ctx ends, whose error it then returns.
func patiently(ctx context.Context, limits Limits, waiting backoff.Notify, fn func() error) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) { return struct{}{}, fn() },
		backoff.WithBackOff(limits.pauses()), backoff.WithNotify(waiting), backoff.WithMaxElapsedTime(0))
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, cause) {
		return ctx.Err()
	}
	return err
}

func (w *worker) transient(err error) bool {
	var wait *WaitError
	return errors.As(err, &wait) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		kernel.KindOf(err) == kernel.KindUnavailable || w.store.Transient(err)
}

// applyNext applies a piece of the log that begins right after the worker's position. ErrMoved means that somebody else has
// moved the location: load and read again.
func (w *worker) applyNext(ctx context.Context, events []eventstore.Recorded) error {
	if len(events) == 0 {
		return nil
	}
	if events[0].Position != w.position+1 {
		return fmt.Errorf("projection %s at %d was handed event %d", w.location, w.position, events[0].Position)
	}
	last := events[len(events)-1].Position
	rest := w.choose(events)
	for len(rest) > 0 {
		n := w.fit(rest)
		to := last
		if n < len(rest) {
			to = rest[n-1].Position
		}
		if err := w.step(ctx, rest[:n], to); err != nil {
			return err
		}
		rest = w.unparked(rest[n:])
	}
	w.pass(last)
	return w.flush(ctx, false)
}

// pass moves over positions that hold nothing for this projection.
func (w *worker) pass(to int64) {
	if to <= w.position {
		return
	}
	if w.position == w.durable.Position {
		w.ahead = w.clock.Now()
	}
	w.position = to
	w.progress.move(to)
}

// choose returns the wanted events of streams that are not parked.
func (w *worker) choose(events []eventstore.Recorded) []eventstore.Recorded {
	n := 0
	for i := range events {
		if w.wants[events[i].Type] {
			n++
		}
	}
	if n == len(events) {
		return w.unparked(events)
	}
	out := make([]eventstore.Recorded, 0, n)
	for i := range events {
		if w.wants[events[i].Type] {
			out = append(out, events[i])
		}
	}
	return w.unparked(out)
}

func (w *worker) unparked(events []eventstore.Recorded) []eventstore.Recorded {
	if len(w.parked) == 0 {
		return events
	}
	var out []eventstore.Recorded
	for _, e := range events {
		if _, ok := w.parked[e.Stream]; !ok {
			out = append(out, e)
		}
	}
	return out
}

// fit returns how many of the events go into one transaction, at least one.
func (w *worker) fit(events []eventstore.Recorded) int {
	if w.single {
		return 1
	}
	size := 0
	events = events[:w.care.apart(events)]
	for i, e := range events {
		size += len(e.Data)
		if i > 0 && (i >= w.limits.BatchEvents || size > w.limits.BatchBytes) {
			return i
		}
	}
	return len(events)
}

// step applies wanted events and moves the checkpoint. When an event can't be applied, it halves the events until it has
// found which, and parks that one's stream.
func (w *worker) step(ctx context.Context, events []eventstore.Recorded, to int64) error {
	if reason := w.care.lethal(events[0]); reason != nil {
		p := w.deadLetter(events[0], reason, mostDeaths)
		p.RetryAt = time.Time{}
		return w.park(ctx, events[0], p)
	}
	began := w.clock.Now()
	err := w.commit(ctx, Step{To: to}, events)
	if err == nil {
		return w.rest(ctx, w.clock.Now().Sub(began))
	}
	if errors.Is(err, ErrMoved) || ctx.Err() != nil {
		return err
	}
	if len(events) == 1 {
		p := w.deadLetter(events[0], err, 1)
		return w.park(ctx, events[0], p)
	}
	half := len(events) / 2
	if err := w.step(ctx, events[:half], events[half-1].Position); err != nil {
		return err
	}
	rest := w.unparked(events[half:])
	if len(rest) == 0 {
		w.pass(to)
		return nil
	}
	return w.step(ctx, rest, to)
}

// mostRest bounds the rest after a batch: how long one takes also tells how busy the database is, and it must not come to a stop.
const mostRest = time.Second

// rest lets people go first after a batch that took so long.
func (w *worker) rest(ctx context.Context, took time.Duration) error {
	if w.limits.Yield == nil || took <= 0 || !w.limits.Yield() {
		return nil
	}
	return kernel.Pause(ctx, min(took, mostRest))
}

// commit makes one step with the events, patiently, and tells about it.
func (w *worker) commit(ctx context.Context, step Step, events []eventstore.Recorded) (err error) {
	ctx, done := w.follow.Begin(ctx, w.doing(), events)
	defer func() { done(err) }()
	if len(events) > 0 && w.before == nil {
		step.Apply = func(ctx context.Context, tx Tx) error {
			return safely(func() error { return w.apply(ctx, tx, events) })
		}
	}
	tries := 0
	var next Checkpoint
	err = w.patiently(ctx, func() (err error) {
		tries++
		leave, err := w.guard(ctx, events)
		if err != nil {
			return err
		}
		defer leave()
		if w.before != nil && len(events) > 0 {
			if err := safely(func() error { return w.before(ctx, events) }); err != nil {
				return err
			}
		}
		if next, err = w.store.Advance(ctx, w.durable, step); errors.Is(err, ErrMoved) && tries > 1 {
			next, err = w.afterAll(ctx, step, err)
		}
		return err
	})
	if err != nil {
		return err
	}
	w.durable, w.position = next, max(w.position, next.Position)
	w.progress.move(w.position)
	w.cared(events)
	w.done.Add(int64(len(events)))
	if len(events) > 0 && w.applied != nil {
		w.applied(events)
	}
	return nil
}

// doing names the work for traces.
func (w *worker) doing() string {
	if w.before != nil {
		return "react " + w.location.Projection
	}
	return "project " + w.location.String()
}

// afterAll finds out whether a step whose answer was lost had been made: then the checkpoint is where it would have put it.
func (w *worker) afterAll(ctx context.Context, step Step, moved error) (Checkpoint, error) {
	c, ok, err := w.store.Checkpoint(ctx, w.location)
	if err != nil {
		return c, err
	}
	made := w.durable.Revision
	if len(step.Park)+len(step.Unpark) > 0 {
		made++
	}
	if ok && c.Version == w.durable.Version && c.Position == step.To && c.Revision == made {
		return c, nil
	}
	return c, moved
}

// park sets the event's stream aside, from that event on.
func (w *worker) park(ctx context.Context, e eventstore.Recorded, p Parked) error {
	w.logger.ErrorContext(ctx, "event can't be applied, its stream is parked", "projection", w.location.String(),
		"stream", string(e.Stream), "position", e.Position, "type", e.Type, "error", p.Error)
	if err := w.commit(ctx, Step{To: e.Position, Park: []Parked{p}}, nil); err != nil {
		return err
	}
	w.parked[e.Stream] = p
	return nil
}

// letter describes a stream that is parked at the event after so many attempts.
func (w *worker) deadLetter(e eventstore.Recorded, cause error, attempts int) Parked {
	p := Parked{
		Location: w.location, Stream: e.Stream, Position: e.Position, Version: e.Version, EventType: e.Type,
		Error: storable(cause.Error()), Attempts: attempts,
	}
	if attempts <= w.limits.RetryAttempts {
		p.RetryAt = w.clock.Now().Add(w.limits.RetryFirst << (attempts - 1))
	}
	return p
}

// maxErrorText is how many bytes of an error are kept.
const maxErrorText = 2000

// storable makes an error's text one that every store takes, since it may repeat what came from outside: UTF-8 without NUL, short, and of
// addresses only the host.
func storable(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	s = kernel.MaskAddresses(s)
	if len(s) > maxErrorText {
		s = strings.ToValidUTF8(s[:maxErrorText], "") + "…"
	}
	return s
}

// safely turns a panic of fn into its error, so that one event that a consumer can't stand is parked instead of ending the process.
func safely(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return fn()
}

// flush makes the position durable when it has been ahead of the checkpoint long enough, or at once when forced.
func (w *worker) flush(ctx context.Context, force bool) error {
	if w.position == w.durable.Position || (!force && !kernel.Passed(w.clock.Now(), w.ahead, w.limits.CheckpointEvery)) {
		return nil
	}
	next, err := w.store.Advance(ctx, w.durable, Step{To: w.position})
	switch {
	case err == nil:
		w.durable = next
		return nil
	case !force && w.transient(err) && ctx.Err() == nil:
		return nil // tried again soon; losing it only means reading these positions again
	default:
		return err
	}
}
