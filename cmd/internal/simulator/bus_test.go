package simulator_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/morket/morket/eventstore/logmsg"
	"github.com/morket/morket/eventstore/relay"
)

// publisher is the bus as a process's relay reaches it: it may confirm a part of what it was given, and say so or not.
type publisher struct {
	p    *process
	name string
	to   func(messages []*message.Message) error
}

// Publish implements message.Publisher.
func (b publisher) Publish(_ string, messages ...*message.Message) error {
	p, n := b.p, len(messages)
	part := false
	err := p.call(p.ctx, "publish", b.name, func() error {
		if r := p.w.dice.of(p.id, "part", b.name, messages[0].UUID); !p.w.healed.Load() && r.chance(p.w.profile.fail) {
			n, part = r.upTo(n), true
		}
		return b.to(messages[:n])
	})
	switch {
	case errors.Is(err, errLost), err == nil && part:
		confirmed := p.w.dice.of(p.id, "confirmed", b.name, messages[0].UUID).upTo(n + 1)
		return &logmsg.PartialError{Confirmed: confirmed, Err: errRefused}
	default:
		return err
	}
}

// Close implements message.Publisher.
func (publisher) Close() error { return nil }

// subscriber is the bus as a consumer in a process hears it: messages get lost, come twice, late and in another order, and a subscription
// may end.
type subscriber struct {
	p     *process
	group string
}

// Subscribe implements message.Subscriber.
func (s subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	var in <-chan *message.Message
	err := s.p.call(ctx, "subscribe", s.group, func() (err error) {
		in, err = s.p.w.bus.Subscribe(s.p.ctx, topic)
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	go s.pass(ctx, in, out)
	return out, nil
}

// Close implements message.Subscriber.
func (subscriber) Close() error { return nil }

func (s subscriber) pass(ctx context.Context, in <-chan *message.Message, out chan<- *message.Message) {
	var late sync.WaitGroup
	defer close(out)
	defer late.Wait()
	seen := map[string]int{}
	f := &s.p.w.profile
	for m := range in {
		seen[m.UUID]++
		r := s.p.w.dice.of(s.p.id, "deliver", s.group, m.UUID, strconv.Itoa(seen[m.UUID]))
		if s.p.w.healed.Load() {
			s.deliver(ctx, r, m, out, 0)
			continue
		}
		if r.chance(f.drop) {
			continue
		}
		times := 1
		if r.chance(f.double) {
			times = 2
		}
		for range times {
			if r.chance(f.late) {
				late.Go(func() {
					s.deliver(ctx, s.p.w.dice.of(s.p.id, "late", s.group, m.UUID, strconv.FormatUint(r.next(), 10)), m, out, f.latest)
				})
				continue
			}
			s.deliver(ctx, r, m, out, 0)
		}
		if f.drop > 0 && r.chance(0.02) {
			return // the connection is lost
		}
	}
}

func (s subscriber) deliver(ctx context.Context, r *draw, m *message.Message, out chan<- *message.Message, within time.Duration) {
	if s.p.sleep(ctx, r.within(1000+within)) != nil {
		return
	}
	c := m.CopyWithContext()
	if r.chance(0.2) {
		c = m.Copy() // from another process: it has to be decoded
	}
	select {
	case out <- c:
	case <-ctx.Done():
	}
}

// throne is the leadership of the relay: a lock that a session holds, and a checkpoint under an epoch, as pgleader keeps them.
type throne struct {
	w        *world
	mu       sync.Mutex
	holder   *reign
	epoch    int64
	position int64
}

type reign struct {
	t     *throne
	p     *process
	epoch int64
	from  int64
}

// court is the throne as a process reaches it.
type court struct{ p *process }

const tryEvery = 2 * time.Second

// Lead implements relay.Leadership.
func (c court) Lead(ctx context.Context) (relay.Term, error) {
	t := c.p.w.throne
	for n := 0; ; n++ {
		var r *reign
		err := c.p.call(ctx, "lead", "", func() error {
			t.mu.Lock()
			defer t.mu.Unlock()
			if t.holder != nil && !t.holder.p.ended() {
				return nil
			}
			t.epoch++
			r = &reign{t: t, p: c.p, epoch: t.epoch, from: t.position}
			t.holder = r
			return nil
		})
		if err != nil {
			if r != nil {
				t.leave(r) // the lock ends with the connection
			}
			return nil, err
		}
		if r != nil {
			r.limit()
			return r, nil
		}
		if err := c.p.sleep(ctx, tryEvery+c.p.w.dice.of(c.p.id, "try", strconv.Itoa(n)).within(1000)); err != nil {
			return nil, err
		}
	}
}

// limit lets the lock go after a while without telling the leader, as a lost session does.
func (r *reign) limit() {
	w := r.t.w
	if w.profile.reign == 0 || w.healed.Load() {
		return
	}
	go func() {
		if r.p.wait(w.dice.of("reign", r.p.id, strconv.FormatInt(r.epoch, 10)).within(w.profile.reign)) && !w.healed.Load() {
			r.t.leave(r)
		}
	}()
}

func (t *throne) leave(r *reign) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.holder == r {
		t.w.happened(r.p.id, "deposed", "", "")
		t.holder = nil
	}
}

// Position implements relay.Term.
func (r *reign) Position() int64 { return r.from }

// Advance implements relay.Term.
func (r *reign) Advance(ctx context.Context, from, to int64) error {
	return r.p.call(ctx, "move", "relay", func() error {
		r.t.mu.Lock()
		defer r.t.mu.Unlock()
		if r.t.epoch != r.epoch || r.t.position != from {
			return relay.ErrDeposed
		}
		r.t.position = to
		return nil
	})
}

// Resign implements relay.Term.
func (r *reign) Resign(context.Context) { r.t.leave(r) }

// outside is what integrators have got, in the order in which it came.
type outside struct {
	mu  sync.Mutex
	ids []string
}

func (o *outside) take(messages []*message.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range messages {
		o.ids = append(o.ids, m.UUID)
	}
	return nil
}
