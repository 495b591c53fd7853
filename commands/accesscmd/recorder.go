// Package accesscmd records access that changes nothing, within bounds: the first of a kind at once, its repeats as one event with
// their number, and never more than a few a minute.
package accesscmd

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/morket/morket/domain/access"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// The bounds.
const (
	window    = 10 * time.Minute // repeats are counted over so long
	maxKinds  = 2000             // kinds that are counted at once; more are dropped, and the log of the process says so
	perMinute = 120              // events of the process, repeats included
	backlog   = 500              // events that wait to be appended
)

// Config is what a Recorder needs.
type Config struct {
	Store  eventstore.Writer
	Codec  *eventstore.Codec
	Clock  kernel.Clock
	Logger *slog.Logger
}

// Recorder records access. It never makes its caller wait.
type Recorder struct {
	cfg   Config
	queue chan record

	mu      sync.Mutex
	kinds   map[kind]*tally
	budget  int
	minute  time.Time
	dropped int64
}

// kind is what repeats are counted by.
type kind struct {
	what, who, where, about string
}

type tally struct {
	since   time.Time
	repeats int64
	last    record
}

type record struct {
	meta   kernel.Meta
	stream eventstore.StreamID
	event  func(count int64) kernel.Event
	count  int64
}

// New makes a recorder; Run appends what it takes.
func New(cfg Config) (*Recorder, error) {
	if cfg.Store == nil || cfg.Codec == nil || cfg.Clock == nil || cfg.Logger == nil {
		return nil, errors.New("accesscmd needs a Store, Codec, Clock and Logger")
	}
	return &Recorder{cfg: cfg, queue: make(chan record, backlog), kinds: map[kind]*tally{}}, nil
}

// Denied records that the caller may not do what meta.Command names.
func (r *Recorder) Denied(meta kernel.Meta) {
	r.accept(kind{"denied", meta.Actor.ID, string(meta.Workspace), meta.Command}, record{
		meta: meta, stream: eventstore.Stream("access", string(meta.Workspace)),
		event: func(n int64) kernel.Event { return access.Denied{Operation: meta.Command, Count: n} },
	})
}

// Exported records that a file of the workspace, of one table or none, was begun.
func (r *Recorder) Exported(meta kernel.Meta, table kernel.TableID) {
	r.accept(kind{"exported", meta.Actor.ID, string(meta.Workspace), meta.Command + string(table)}, record{
		meta: meta, stream: eventstore.Stream("access", string(meta.Workspace)),
		event: func(n int64) kernel.Event { return access.Exported{Operation: meta.Command, TableID: table, Count: n} },
	})
}

// SignInFailed records a wrong password, code or passkey for an account that exists.
func (r *Recorder) SignInFailed(meta kernel.Meta, user kernel.UserID) {
	meta.Actor, meta.Workspace = kernel.System(), ""
	r.accept(kind{"sign-in", string(user), "", ""}, record{
		meta: meta, stream: eventstore.Stream("access", string(user)),
		event: func(n int64) kernel.Event { return access.SignInFailed{UserID: user, Count: n} },
	})
}

// accept appends the first of a kind and counts the others.
func (r *Recorder) accept(k kind, rec record) {
	rec.meta.IdempotencyKey, rec.meta.Fingerprint = "", ""
	r.mu.Lock()
	defer r.mu.Unlock()
	if t, ok := r.kinds[k]; ok {
		t.repeats++
		t.last = rec
		return
	}
	if len(r.kinds) >= maxKinds || !r.affords() {
		r.dropped++
		return
	}
	r.kinds[k] = &tally{since: r.cfg.Clock.Now()}
	rec.count = 1
	r.enqueue(rec)
}

// affords takes one from the minute's budget.
func (r *Recorder) affords() bool {
	if now := r.cfg.Clock.Now(); kernel.Passed(now, r.minute, time.Minute) {
		r.minute, r.budget = now, perMinute
	}
	if r.budget == 0 {
		return false
	}
	r.budget--
	return true
}

func (r *Recorder) enqueue(rec record) {
	select {
	case r.queue <- rec:
	default:
		r.dropped++
	}
}

// Sweep ends the counts whose window is over, all of them when told so.
func (r *Recorder) Sweep(all bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.cfg.Clock.Now()
	for k, t := range r.kinds {
		if !all && !kernel.Passed(now, t.since, window) {
			continue
		}
		if t.repeats > 0 && !all && !r.affords() {
			continue // in the next minute
		}
		delete(r.kinds, k)
		if t.repeats > 0 {
			t.last.count = t.repeats
			r.enqueue(t.last)
		}
	}
	if r.dropped > 0 {
		r.cfg.Logger.Warn("access events were not recorded: too many at once", "event", "audit.dropped", "count", r.dropped)
		r.dropped = 0
	}
}

// sweepEvery is how often counts are looked at.
const sweepEvery = time.Minute

// Run appends what was taken until ctx ends, then what is left.
func (r *Recorder) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			r.Sweep(true)
			r.rest(ctx)
			return ctx.Err()
		case rec := <-r.queue:
			r.append(ctx, rec)
		case <-tick.C:
			r.Sweep(false)
		}
	}
}

func (r *Recorder) rest(ctx context.Context) {
	for {
		select {
		case rec := <-r.queue:
			r.append(ctx, rec)
		default:
			return
		}
	}
}

// appendWithin bounds one append, also on the way out.
const appendWithin = 3 * time.Second

// append outlives ctx: what was taken out of the queue is not lost by a stop.
func (r *Recorder) append(ctx context.Context, rec record) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), appendWithin)
	defer cancel()
	req, err := r.cfg.Codec.Append(rec.meta, nil, eventstore.At(rec.stream, eventstore.Any, rec.event(rec.count)))
	if err == nil {
		_, err = r.cfg.Store.Append(ctx, req)
	}
	if err != nil {
		r.cfg.Logger.WarnContext(ctx, "an access event was not recorded", "event", "audit.dropped", "error", err)
	}
}
