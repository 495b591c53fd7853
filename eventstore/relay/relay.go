package relay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/eventstore/logmsg"
)

// EventsTopic is the bus topic for integrators: one CloudEvent a message, without those events that stay inside.
const EventsTopic = "morket.events"

// Log is what the relay reads.
type Log interface {
	eventstore.Notifier
	ReadAll(ctx context.Context, after int64, limit int) ([]eventstore.Recorded, error)
}

// Leadership makes one of many relays the leader.
type Leadership interface {
	// Lead waits until this process leads, and returns its term.
	Lead(ctx context.Context) (Term, error)
}

// Term is a time of leading. It ends when another process leads, whether or not this one has noticed.
type Term interface {
	// Position is the checkpoint at the start of the term.
	Position() int64
	// Advance moves the checkpoint. After ErrDeposed or any other error the term is over; the checkpoint may be there or not.
	Advance(ctx context.Context, from, to int64) error
	// Resign lets another process lead.
	Resign(ctx context.Context)
}

// ErrDeposed says that another process leads now.
var ErrDeposed = errors.New("another relay leads now")

// Config is what a Relay needs. Zero numbers and durations take the defaults.
type Config struct {
	Log        Log
	Leadership Leadership
	// Publisher takes the batches of logmsg.Topic. Publish returns when all messages are safe with the bus, or with
	// *logmsg.PartialError.
	Publisher message.Publisher
	// Events takes the CloudEvents of EventsTopic, which Encoder makes; nil publishes none.
	Events  message.Publisher
	Encoder *cloudevent.Encoder
	Logger  *slog.Logger
	Follow  eventstore.Follow // may be nil

	PageEvents int           // read and published at a time; default 2,000
	PollMin    time.Duration // between looks at the log; default 20 ms, doubling to
	PollMax    time.Duration // default 1 s
	BackoffMin time.Duration // after a failure; default 50 ms, doubling to
	BackoffMax time.Duration // default 5 s
}

func (c Config) withDefaults() (Config, error) {
	if c.Log == nil || c.Leadership == nil || c.Publisher == nil || c.Logger == nil {
		return c, errors.New("relay: Log, Leadership, Publisher and Logger are needed")
	}
	if c.Events != nil && c.Encoder == nil {
		return c, errors.New("relay: Events needs an Encoder")
	}
	c.PageEvents = cmp.Or(c.PageEvents, 2000)
	c.PollMin = cmp.Or(c.PollMin, 20*time.Millisecond)
	c.PollMax = cmp.Or(c.PollMax, time.Second)
	c.BackoffMin = cmp.Or(c.BackoffMin, 50*time.Millisecond)
	c.BackoffMax = cmp.Or(c.BackoffMax, 5*time.Second)
	return c, nil
}

// Relay publishes the log while it leads.
type Relay struct {
	cfg      Config
	position atomic.Int64
	leading  atomic.Bool
}

// New makes a relay; Run starts it.
func New(cfg Config) (*Relay, error) {
	cfg, err := cfg.withDefaults()
	return &Relay{cfg: cfg}, err
}

// Position returns the last position that this process has seen confirmed.
func (r *Relay) Position() int64 { return r.position.Load() }

// Leading reports whether this process leads, as far as it knows.
func (r *Relay) Leading() bool { return r.leading.Load() }

// Run leads whenever it can, until ctx ends, and returns ctx's error. Failures of the log, the bus and the leadership are
// logged and waited out.
func (r *Relay) Run(ctx context.Context) error {
	pauses := kernel.Doubling(r.cfg.BackoffMin, r.cfg.BackoffMax)
	for {
		began := r.position.Load()
		err := r.term(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if r.position.Load() > began {
			pauses.Reset()
		}
		wait := pauses.NextBackOff()
		r.cfg.Logger.WarnContext(ctx, "the relay's term ended", "position", r.position.Load(), "error", err, "pause", wait)
		if err := kernel.Pause(ctx, wait); err != nil {
			return err
		}
	}
}

// term leads until something fails.
func (r *Relay) term(ctx context.Context) error {
	term, err := r.cfg.Leadership.Lead(ctx)
	if err != nil {
		return fmt.Errorf("become the leader: %w", err)
	}
	defer func() {
		r.leading.Store(false)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.cfg.BackoffMax)
		defer cancel()
		term.Resign(ctx)
	}()
	r.position.Store(term.Position())
	r.leading.Store(true)
	r.cfg.Logger.InfoContext(ctx, "the relay leads", "position", term.Position())
	poll := r.cfg.PollMin
	pauses := kernel.Doubling(r.cfg.BackoffMin, r.cfg.BackoffMax)
	for {
		grown := r.cfg.Log.Appended()
		n, err := r.page(ctx, term)
		switch {
		case errors.Is(err, errTermOver) || ctx.Err() != nil:
			return err
		case err != nil:
			wait := pauses.NextBackOff()
			r.cfg.Logger.WarnContext(ctx, "the relay waits", "position", r.position.Load(), "error", err, "pause", wait)
			if err := kernel.Pause(ctx, wait); err != nil {
				return err
			}
			continue
		}
		pauses.Reset()
		if n > 0 {
			poll = r.cfg.PollMin
			continue
		}
		if err := await(ctx, grown, poll); err != nil {
			return err
		}
		poll = min(2*poll, r.cfg.PollMax)
	}
}

// errTermOver says that leadership has to be won again.
var errTermOver = errors.New("the term is over")

// page publishes the next events and notes those that are confirmed. It returns how many they are.
func (r *Relay) page(ctx context.Context, term Term) (int, error) {
	from := r.position.Load()
	events, err := r.cfg.Log.ReadAll(ctx, from, r.cfg.PageEvents)
	if err != nil {
		return 0, fmt.Errorf("read the log: %w", err)
	}
	if len(events) == 0 {
		return 0, nil
	}
	_, done := r.cfg.Follow.Begin(ctx, "relay", events)
	confirmed, failed := r.publish(events) //nolint:contextcheck // a message has a context of its own
	done(failed)
	if confirmed > 0 {
		to := events[confirmed-1].Position
		if err := term.Advance(ctx, from, to); err != nil {
			return 0, fmt.Errorf("%w: move the relay's checkpoint: %w", errTermOver, err)
		}
		r.position.Store(to)
	}
	return confirmed, failed
}

// publish publishes the events on both topics and returns how many of them, from the first, are confirmed on both.
func (r *Relay) publish(events []eventstore.Recorded) (int, error) {
	toIntegrators := make(chan outcome, 1)
	go func() { toIntegrators <- r.publishEvents(events) }()
	toConsumers := r.publishBatches(events)
	other := <-toIntegrators
	return min(toConsumers.confirmed, other.confirmed), errors.Join(toConsumers.err, other.err)
}

// outcome is how many events from the first are confirmed, and why not all.
type outcome struct {
	confirmed int
	err       error
}

func (r *Relay) publishBatches(events []eventstore.Recorded) outcome {
	batches := logmsg.Split(events)
	messages := make([]*message.Message, len(batches))
	for i, b := range batches {
		m, err := logmsg.Encode(b)
		if err != nil {
			return outcome{0, err}
		}
		messages[i] = m
	}
	confirmed, err := confirmedOf(len(messages), r.cfg.Publisher.Publish(logmsg.Topic, messages...))
	if err != nil {
		err = fmt.Errorf("publish on %s: %w", logmsg.Topic, err)
	}
	n := 0
	for _, b := range batches[:confirmed] {
		n += len(b.Events)
	}
	return outcome{n, err}
}

// publishEvents publishes those of the events that may leave the product.
func (r *Relay) publishEvents(events []eventstore.Recorded) outcome {
	if r.cfg.Events == nil {
		return outcome{confirmed: len(events)}
	}
	messages := make([]*message.Message, 0, len(events))
	until := make([]int, 0, len(events)) // until[i] is how many events are dealt with once messages before i are confirmed
	for i, e := range events {
		m, ok, err := r.message(e)
		if err != nil {
			return outcome{0, err}
		}
		if ok {
			until = append(until, i)
			messages = append(messages, m)
		}
	}
	until = append(until, len(events))
	if len(messages) == 0 {
		return outcome{confirmed: len(events)}
	}
	confirmed, err := confirmedOf(len(messages), r.cfg.Events.Publish(EventsTopic, messages...))
	if err != nil {
		err = fmt.Errorf("publish on %s: %w", EventsTopic, err)
	}
	return outcome{until[confirmed], err}
}

// message makes an event's message for integrators, false if it stays inside.
func (r *Relay) message(e eventstore.Recorded) (*message.Message, bool, error) {
	body, ok, err := r.cfg.Encoder.Encode(e)
	if err != nil || !ok {
		return nil, false, err
	}
	m := message.NewMessage(cloudevent.ID(e), body)
	m.Metadata.Set(logmsg.ContentTypeKey, cloudevent.ContentType)
	m.Metadata.Set(logmsg.RoutingKey, cloudevent.RoutingKey(e))
	return m, true, nil
}

// confirmedOf returns how many of n messages are safe after a Publish that answered err.
func confirmedOf(n int, err error) (int, error) {
	var partial *logmsg.PartialError
	switch {
	case err == nil:
		return n, nil
	case errors.As(err, &partial):
		return min(partial.Confirmed, n), err
	default:
		return 0, err
	}
}

// await returns when the channel is closed, d has passed, or ctx has ended, whose error it then returns.
func await(ctx context.Context, done <-chan struct{}, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-done:
	case <-timer.C:
	}
	return nil
}
