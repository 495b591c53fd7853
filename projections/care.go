package projections

import (
	"context"
	"fmt"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// An event may end the process that applies it: out of memory, a fatal error. A panic is an error and needs none of this. Such an
// event would end the process again at each start, so what may have ended the last one is applied with care:
//
//   - An event that ended a process was in the log before this one began, and was in the first batch after the checkpoint. So only
//     the first batches after a start are noted before they are applied; later ones cost nothing.
//   - A noted batch that was never finished by a process that is gone is suspect: its events are applied one at a time, each noted.
//   - Of suspects a process applies one at a time (Ward), so that a second end is that one's and not its neighbours'.
//   - An event over which mostDeaths processes have ended is parked, and only a person has it tried again.

// mostDeaths is how many processes may end over an event before it is parked.
const mostDeaths = 2

// How much is noted after a start. A batch may be cut differently than the one before the start, and the second note makes the first
// batch's checkpoint durable where checkpoints are written without waiting for the disk.
const (
	notedBatches = 2
	notedSingles = 16
)

// Owner says whose an Attempt is.
type Owner string

// The owners.
const (
	Ours   Owner = "ours"   // this process's
	Theirs Owner = "theirs" // that of another process, which lives
	Gone   Owner = "gone"   // that of a process that ended
)

// Attempt is a piece of the log that is about to be applied at a location.
type Attempt struct {
	Location    Location
	First, Last int64 // positions of its events
	Deaths      int   // processes that have ended over just this piece
	Owner       Owner // set by the store
}

// Attempts keeps the latest attempt of each location.
type Attempts interface {
	// Attempted returns the location's latest attempt, false without one.
	Attempted(ctx context.Context, location Location) (Attempt, bool, error)
	// Attempt notes what this process is about to apply, durably, in place of the one before. A First of 0 is none.
	Attempt(ctx context.Context, a Attempt) error
}

// Ward lets one suspect of a process in at a time. Enter gives a sign of life every so often while it waits; leave must follow unless it
// answers an error.
type Ward interface {
	Enter(ctx context.Context, every time.Duration, alive func()) (leave func(), err error)
}

// care is what a worker is careful with.
type care struct {
	until   int64   // what was in the log when the worker began
	left    int     // events up to there that are still noted
	noted   bool    // there is a note to take away
	suspect Attempt // by a process that is gone; Last is 0 without one
}

// beginCare finds out, after load, what the worker has to be careful with. While another living process is at the next events it waits.
func (w *worker) beginCare(ctx context.Context) error {
	w.care = care{left: notedBatches * w.limits.BatchEvents}
	if w.single {
		w.care.left = notedSingles
	}
	pauses := w.limits.pauses()
	for {
		var a Attempt
		var found bool
		err := w.patiently(ctx, func() (err error) {
			if w.care.until, err = w.log.Head(ctx); err == nil {
				a, found, err = w.store.Attempted(ctx, w.location)
			}
			return err
		})
		if err != nil || !found {
			return err
		}
		w.care.noted = a.First > 0
		if a.First <= w.position { // it was finished
			return nil
		}
		switch a.Owner {
		case Gone:
			a.Deaths++
			fallthrough
		case Ours: // begun again in the same process
			if a.Deaths > 0 {
				w.care.suspect = a
				w.logger.WarnContext(ctx, "a process ended while it applied events", "projection", w.location.String(),
					"first", a.First, "last", a.Last, "deaths", a.Deaths)
			}
			return nil
		default:
		}
		if err := kernel.Pause(ctx, pauses.NextBackOff()); err != nil {
			return err
		}
		if err := w.load(ctx); err != nil {
			return err
		}
	}
}

// suspicious reports whether the event is of a piece over which a process ended.
func (c *care) suspicious(e eventstore.Recorded) bool {
	return c.suspect.First <= e.Position && e.Position <= c.suspect.Last
}

// lethal returns the reason why the event is not tried any more, nil while it is.
func (c *care) lethal(e eventstore.Recorded) error {
	if c.suspect.First != e.Position || c.suspect.Last != e.Position || c.suspect.Deaths < mostDeaths {
		return nil
	}
	return fmt.Errorf("the program ended %d times while this event was applied", c.suspect.Deaths)
}

// apart returns how many of the events go into one batch at most: suspects are applied one by one.
func (c *care) apart(events []eventstore.Recorded) int {
	for i, e := range events {
		if c.suspicious(e) {
			return max(1, i)
		}
	}
	return len(events)
}

// guard notes the events while the worker is careful, and waits for its turn with a suspect. done must follow.
func (w *worker) guard(ctx context.Context, events []eventstore.Recorded) (done func(), err error) {
	done = func() {}
	if len(events) == 0 || w.care.idle() || events[0].Position <= w.position { // a replay is kept from repeating itself by its letter
		return done, nil
	}
	first, last := events[0], events[len(events)-1]
	suspect := w.care.suspicious(first)
	if !suspect && (w.care.left <= 0 || first.Position > w.care.until) {
		return done, w.endCare(ctx, first.Position)
	}
	a := Attempt{Location: w.location, First: first.Position, Last: last.Position}
	if a.First == w.care.suspect.First && a.Last == w.care.suspect.Last {
		a.Deaths = w.care.suspect.Deaths
	}
	if suspect && w.ward != nil {
		if done, err = w.ward.Enter(ctx, w.limits.BackoffMax, func() {}); err != nil {
			return done, err
		}
	}
	w.care.noted = true
	if err := w.store.Attempt(ctx, a); err != nil {
		done()
		return func() {}, err
	}
	return done, nil
}

func (c *care) idle() bool { return c.left <= 0 && !c.noted && c.suspect.Last == 0 }

// endCare takes the note away when everything that the worker was careful with is behind it.
func (w *worker) endCare(ctx context.Context, at int64) error {
	if at <= w.care.suspect.Last {
		return nil
	}
	if w.care.noted {
		if err := w.store.Attempt(ctx, Attempt{Location: w.location}); err != nil {
			return err
		}
	}
	w.care = care{}
	return nil
}

// cared takes into account that the events were applied.
func (w *worker) cared(events []eventstore.Recorded) {
	if w.care.left > 0 {
		w.care.left -= len(events)
	}
}
