package projections

import (
	"context"
	"errors"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/logmsg"
)

// feed gives a worker the log: from the log itself while it is behind or the bus is silent, else from the bus.
type feed struct {
	*worker
	subscriber message.Subscriber // may be nil
	messages   <-chan *message.Message
	interval   time.Duration // until the next look at the log
}

// run feeds the worker until ctx ends, or until an error that time doesn't heal, such as errNewer.
func (f *feed) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f.interval = f.limits.PollMax
	err := f.load(ctx)
	if err == nil {
		err = f.beginCare(ctx)
	}
	for err == nil {
		err = f.round(ctx)
		if errors.Is(err, ErrMoved) {
			err = f.load(ctx)
		}
	}
	if ctx.Err() != nil {
		err = errors.Join(ctx.Err(), f.lastFlush(ctx))
	}
	return err
}

// lastFlush saves the position on the way out; losing it costs the next start some reading.
func (f *feed) lastFlush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), f.limits.BackoffMax)
	defer cancel()
	if err := f.flush(ctx, true); err != nil && !errors.Is(err, ErrMoved) && !f.transient(err) {
		return err
	}
	return nil
}

// round subscribes if needed, catches up with the log, and then follows the bus until something is amiss with either.
func (f *feed) round(ctx context.Context) error {
	f.subscribe(ctx)
	grown := f.grown()
	if err := f.catchUp(ctx, 0); err != nil {
		return err
	}
	poll := time.NewTimer(f.interval)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m, ok := <-f.messages:
			if !ok {
				f.messages = nil
				continue // the next poll subscribes again
			}
			if err := f.live(ctx, m); err != nil {
				return err
			}
			f.interval = f.limits.PollMax
			poll.Reset(f.interval)
		case <-grown:
			if err := kernel.Pause(ctx, f.limits.Gather); err != nil {
				return err
			}
			grown = f.grown()
			if err := f.catchUp(ctx, 0); err != nil {
				return err
			}
		case <-poll.C:
			if err := f.poll(ctx); err != nil {
				return err
			}
			poll.Reset(f.interval)
		}
	}
}

// grown wakes a worker without a bus when the log grows after the call.
func (f *feed) grown() <-chan struct{} {
	if f.subscriber != nil {
		return nil
	}
	return f.log.Appended()
}

func (f *feed) subscribe(ctx context.Context) {
	if f.subscriber == nil || f.messages != nil {
		return
	}
	messages, err := f.subscriber.Subscribe(ctx, logmsg.Topic)
	if err != nil {
		f.logger.WarnContext(ctx, "projection can't subscribe, it follows the log", "projection", f.location.String(), "error", err)
		return
	}
	f.messages = arriving(ctx, messages)
}

// arrivedAhead is how many messages wait while a batch is applied. A slow store takes them as one batch then; one by one it would fall
// behind for ever.
const arrivedAhead = 64

// arriving takes messages off the bus as they come: a subscriber may hand over the next one only when somebody receives it.
func arriving(ctx context.Context, in <-chan *message.Message) <-chan *message.Message {
	out := make(chan *message.Message, arrivedAhead)
	go func() {
		defer close(out)
		for m := range in {
			select {
			case out <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// poll is the floor under the bus: it looks whether another runner has moved the location, whether the log holds something
// the bus didn't bring, and does what is due from time to time. While it finds events it comes more often.
func (f *feed) poll(ctx context.Context) error {
	f.subscribe(ctx)
	c, ok, err := f.store.Checkpoint(ctx, f.location)
	if err != nil {
		return f.later(ctx, err)
	}
	if !ok || c != f.durable {
		return ErrMoved
	}
	before := f.position
	if err := f.catchUp(ctx, 0); err != nil {
		return err
	}
	if f.position > before {
		f.interval = f.limits.PollMin
	} else {
		f.interval = min(2*f.interval, f.limits.PollMax)
	}
	if err := f.retryParked(ctx); err != nil {
		return err
	}
	return f.flush(ctx, false)
}

// live takes a message and the others that have arrived, or arrive while events are gathered, as one piece.
func (f *feed) live(ctx context.Context, m *message.Message) error {
	var taken []*message.Message
	var events []eventstore.Recorded
	var gathered <-chan time.Time // nil until there is something to gather for
	size := 0
	defer func() {
		if ctx.Err() == nil { // any failure is made good from the log
			for _, m := range taken {
				m.Ack()
			}
		}
	}()
	for m != nil {
		taken = append(taken, m)
		b, err := logmsg.Decode(m) //nolint:contextcheck // a message has a context of its own
		next := f.position + int64(len(events)) + 1
		switch {
		case err != nil:
			f.logger.WarnContext(ctx, "unreadable log message, reading the log instead", "projection", f.location.String(), "error", err)
			fallthrough
		case b.First > next: // messages were lost: the hole is in the log
			if err := f.applyNext(ctx, events); err != nil {
				return err
			}
			events, size = nil, 0
			if err := f.catchUp(ctx, 0); err != nil {
				return err
			}
		case b.Last < next: // known
		default:
			fresh := b.After(next - 1)
			events = append(events, fresh...)
			size += len(m.Payload)
			if gathered == nil && f.limits.Gather > 0 && len(f.choose(fresh)) > 0 {
				timer := time.NewTimer(f.limits.Gather)
				defer timer.Stop()
				gathered = timer.C
			}
		}
		m = nil
		if len(events) < f.limits.BatchEvents && size < f.limits.BatchBytes {
			m = f.waiting(ctx, gathered)
		}
	}
	return f.applyNext(ctx, events)
}

// waiting returns a message that has arrived, or arrives until the time is over, or nil.
func (f *feed) waiting(ctx context.Context, until <-chan time.Time) *message.Message {
	if until != nil {
		select {
		case m := <-f.messages:
			return m
		case <-until:
		case <-ctx.Done():
		}
		return nil
	}
	select {
	case m := <-f.messages: // nil when closed
		return m
	default:
		return nil
	}
}

type page struct {
	events []eventstore.Recorded
	err    error
}

// catchUp applies the log up to the position until, or to its end when that is 0. The next page is read while one is being
// applied, so memory holds three at most.
func (f *feed) catchUp(ctx context.Context, until int64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pages := make(chan page, 1)
	go f.read(ctx, f.position, until, pages)
	for p := range pages {
		if p.err != nil {
			return p.err
		}
		if err := f.applyNext(ctx, p.events); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// read sends the log's pages after the position and closes the channel.
func (f *feed) read(ctx context.Context, after, until int64, pages chan<- page) {
	defer close(pages)
	for until == 0 || after < until {
		limit := f.limits.BatchEvents
		if until > 0 {
			limit = int(min(int64(limit), until-after))
		}
		var p page
		p.err = f.readPatiently(ctx, func() (err error) {
			p.events, err = f.log.ReadAll(ctx, after, limit)
			return err
		})
		if p.err == nil && len(p.events) == 0 {
			return
		}
		select {
		case pages <- p:
		case <-ctx.Done():
			return
		}
		if p.err != nil {
			return
		}
		after = p.events[len(p.events)-1].Position
	}
}

// readPatiently repeats a read of the log until it succeeds or ctx ends: nothing that is wrong with reading the log is an
// event's fault.
func (f *feed) readPatiently(ctx context.Context, fn func() error) error {
	return patiently(ctx, f.limits, func(err error, _ time.Duration) {
		f.logger.WarnContext(ctx, "projection can't read the log", "projection", f.location.String(), "error", err)
	}, fn)
}
