package projections

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Kind says what keeps a location.
type Kind string

// The kinds of consumers of the log.
const (
	KindProjection Kind = "projection"
	KindReactor    Kind = "reactor"
)

// Consumer is a consumer of the log that an operator sees to: a projection or a reactor, in any store.
type Consumer struct {
	Name     string
	Kind     Kind
	Location Location
	Version  int
	Store    Store
	Applied  func() int64         // events that this process has applied
	Reached  func() int64         // the position that this process knows of; the store's may be a moment older
	Waiting  func() string        // what a reactor waits for; nil for a projection
	Build    func() RebuildConfig // for a rebuild or verification of a projection, with a projector of its own; nil for a reactor
}

// Status is how a unit does.
type Status struct {
	Consumer Consumer
	Found    int           // version of the read model that serves; Consumer.Version differs while a newer or older one takes over
	Position int64         // last position applied
	Lag      int64         // positions behind the log's head
	LagTime  time.Duration // age of the first event not applied; 0 when there is none
	Rate     float64       // positions a second since an earlier look
	Parked   int           // streams set aside
	Building *Building     // a copy being made beside; nil when none is
}

// Building is how far a copy of a read model is.
type Building struct {
	Copy     Copy
	Position int64
	Target   int64
}

// Monitor is the list of the units of this program, for its operators.
type Monitor struct {
	log       Log
	clock     kernel.Clock
	consumers []Consumer

	mu   sync.Mutex
	seen map[Location][2]look // the last looks, newest first
}

type look struct {
	at       time.Time
	position int64
}

// NewMonitor makes an empty board.
func NewMonitor(log Log, clock kernel.Clock) *Monitor {
	return &Monitor{log: log, clock: clock, seen: map[Location][2]look{}}
}

// AddRunner shows a projection. build makes what a rebuild or verification needs, with a projector of its own: one may remember
// things of the read model that it writes.
func (b *Monitor) AddRunner(r *Runner, build func() RunnerConfig) {
	b.consumers = append(b.consumers, Consumer{
		Name: r.Name(), Kind: KindProjection, Location: r.worker.location, Version: r.worker.version, Store: r.cfg.Store,
		Applied: r.worker.done.Load, Reached: r.Position, Build: func() RebuildConfig { return RebuildConfig{RunnerConfig: build()} },
	})
}

// Projections lists the names of those that can be rebuilt.
func (b *Monitor) Projections() []string {
	var out []string
	for _, u := range b.consumers {
		if u.Build != nil {
			out = append(out, u.Name)
		}
	}
	return out
}

// AddReactor shows a reactor.
func (b *Monitor) AddReactor(r *Reactor) {
	b.consumers = append(b.consumers, Consumer{
		Name: r.cfg.Name, Kind: KindReactor, Location: r.worker.location, Version: r.worker.version, Store: r.cfg.Store,
		Applied: r.worker.done.Load, Reached: r.Position, Waiting: r.Waiting,
	})
}

// Consumer returns the consumer of the name and kind.
func (b *Monitor) Consumer(name string, kind Kind) (Consumer, bool) {
	i := slices.IndexFunc(b.consumers, func(u Consumer) bool { return u.Name == name && u.Kind == kind })
	if i < 0 {
		return Consumer{}, false
	}
	return b.consumers[i], true
}

// Status looks at every unit.
func (b *Monitor) Status(ctx context.Context) ([]Status, error) {
	head, err := b.log.Head(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Status, 0, len(b.consumers))
	for _, u := range b.consumers {
		s, err := b.status(ctx, u, head)
		if err != nil {
			return nil, fmt.Errorf("look at %s: %w", u.Location, err)
		}
		out = append(out, s)
	}
	return out, nil
}

func (b *Monitor) status(ctx context.Context, u Consumer, head int64) (Status, error) {
	s := Status{Consumer: u}
	c, _, err := u.Store.Checkpoint(ctx, u.Location)
	if err != nil {
		return s, err
	}
	s.Found, s.Position = c.Version, max(c.Position, u.Reached())
	s.Lag = max(0, head-s.Position)
	parked, err := u.Store.Parked(ctx, u.Location)
	if err != nil {
		return s, err
	}
	s.Parked = len(parked)
	if s.Lag > 0 {
		next, err := b.log.ReadAll(ctx, s.Position, 1)
		if err != nil {
			return s, err
		}
		if len(next) > 0 {
			s.LagTime = max(0, b.clock.Now().Sub(next[0].RecordedAt))
		}
	}
	s.Rate = b.rate(u.Location, s.Position)
	for _, which := range []Copy{Next, VerifyCopy} {
		building, ok, err := u.Store.Checkpoint(ctx, Location{Projection: u.Name, Copy: which})
		if err != nil {
			return s, err
		}
		if ok && u.Kind == KindProjection {
			s.Building = &Building{Copy: which, Position: building.Position, Target: s.Position}
		}
	}
	return s, nil
}

// rateOver is the least time that a rate is taken over.
const rateOver = time.Second

func (b *Monitor) rate(location Location, position int64) float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	looks := b.seen[location]
	if now.Sub(looks[0].at) >= rateOver {
		looks = [2]look{{now, position}, looks[0]}
		b.seen[location] = looks
	}
	if looks[1].at.IsZero() || position < looks[1].position {
		return 0
	}
	return float64(position-looks[1].position) / now.Sub(looks[1].at).Seconds()
}

// Parked lists the dead letters of all units, by position.
func (b *Monitor) Parked(ctx context.Context) ([]Parked, error) {
	var out []Parked
	for _, u := range b.consumers {
		list, err := u.Store.Parked(ctx, u.Location)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	slices.SortStableFunc(out, func(a, c Parked) int { return int(a.Position - c.Position) })
	return out, nil
}

// DeadLetter returns the dead letter of a stream at a unit; false if it is not parked there.
func (b *Monitor) DeadLetter(ctx context.Context, u Consumer, stream eventstore.StreamID) (Parked, bool, error) {
	list, err := u.Store.Parked(ctx, u.Location)
	if err != nil {
		return Parked{}, false, err
	}
	i := slices.IndexFunc(list, func(p Parked) bool { return p.Stream == stream })
	if i < 0 {
		return Parked{}, false, nil
	}
	return list[i], true, nil
}

// Retry has the unit try a parked stream again soon; with a reason, without its first event. False means that the stream is
// not parked.
func (b *Monitor) Retry(ctx context.Context, u Consumer, stream eventstore.StreamID, skipReason string) (bool, error) {
	return u.Store.Retry(ctx, u.Location, stream, skipReason, b.clock.Now())
}
