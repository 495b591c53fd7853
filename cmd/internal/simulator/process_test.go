package simulator_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// process is one life of a process. All that it does outside its own memory goes through call, where it may meet any fault, and where it
// may die: from then on nothing that it does has an effect.
type process struct {
	w    *world
	name string
	id   string // of this life
	skew time.Duration

	ctx      context.Context //nolint:containedctx // ends with the process
	cancel   context.CancelFunc
	gone     chan struct{}
	dead     atomic.Bool
	thaws    atomic.Int64 // the moment until which the process stands still, in nanoseconds
	quiet    atomic.Bool  // it stands still for so long that others take it for dead
	silence  eventstore.Signal
	hushed   atomic.Bool // that has happened
	stopping atomic.Bool
	once     sync.Once

	mu     sync.Mutex
	counts map[string]int

	*parts
}

func newProcess(w *world, name string, life int) *process {
	p := &process{w: w, name: name, id: fmt.Sprintf("%s%d", name, life), gone: make(chan struct{}), counts: map[string]int{}}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	r := w.dice.of("process", p.id)
	if w.profile.skew > 0 {
		p.skew = r.within(2*w.profile.skew) - w.profile.skew
	}
	return p
}

// Now implements kernel.Clock: the database's time, as far as the process knows it.
func (p *process) Now() time.Time { return p.w.Now().Add(p.skew) }

func (p *process) ended() bool { return p.dead.Load() }

// end is the process's death.
func (p *process) end(how string) {
	p.once.Do(func() {
		p.w.happened(p.id, "ends", "", how)
		p.dead.Store(true)
		close(p.gone)
		p.cancel()
	})
}

// stop tells the process to end in order, which it has a while for.
func (p *process) stop() {
	if p.stopping.Swap(true) {
		return
	}
	p.w.happened(p.id, "stops", "", "")
	p.cancel()
	go func() {
		p.wait(p.w.dice.of("stop", p.id).within(40 * time.Second))
		p.end("stopped")
	}()
}

// freeze lets the process stand still. Who stands still for too long is taken for dead.
func (p *process) freeze(d time.Duration) {
	until := time.Now().Add(d).UnixNano()
	if old := p.thaws.Load(); until <= old || !p.thaws.CompareAndSwap(old, until) {
		return
	}
	p.w.happened(p.id, "freezes", "", d.String())
	if d > presencePatience {
		go func() {
			if p.wait(presencePatience) {
				p.quiet.Store(true)
				p.hushed.Store(true)
				p.silence.Fire()
				p.thaw(p.w.dice.of("thaw", p.id))
				p.quiet.Store(false)
			}
		}()
	}
}

// presencePatience is after which silence a process is taken for dead.
const presencePatience = 10 * time.Second

// thaw waits until the process doesn't stand still. Then each of its calls goes on at a moment of its own, as all of one moment would
// come in an order that the seed doesn't decide.
func (p *process) thaw(r *draw) {
	for {
		d := time.Until(time.Unix(0, p.thaws.Load()))
		if d <= 0 || !p.wait(d+r.within(time.Millisecond)) {
			return
		}
	}
}

// wait waits also when the caller's context has ended; false means that the process has died.
func (p *process) wait(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return !p.ended()
	case <-p.gone:
		return false
	}
}

// sleep is kernel.Pause of a process.
func (p *process) sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		if p.ended() {
			return errGone
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-p.gone:
		return errGone
	}
}

// moment is what meets one call.
type moment struct {
	before, after, freezes time.Duration
	diesBefore, diesAfter  bool
	stops, fails, loses    bool
	r                      *draw
}

// moment draws what meets the next call of the operation on the thing.
func (p *process) moment(op, which string) moment {
	key := op + " " + which
	p.mu.Lock()
	p.counts[key]++
	n := p.counts[key]
	p.mu.Unlock()
	r := p.w.dice.of(p.id, op, which, strconv.Itoa(n))
	f := &p.w.profile
	m := moment{before: r.within(2 * time.Millisecond), after: r.within(time.Millisecond), r: r}
	if p.w.healed.Load() {
		return m
	}
	if r.chance(f.slow) {
		m.before += r.within(f.slowest)
	}
	if r.chance(f.slow) {
		m.after += r.within(f.slowest)
	}
	m.fails, m.loses = r.chance(f.fail), r.chance(f.lose)
	if r.chance(f.crash) && p.w.mayCrash() {
		m.diesBefore = r.chance(0.5)
		m.diesAfter = !m.diesBefore
	}
	if r.chance(f.freeze) {
		m.freezes = r.within(f.frozen)
	}
	m.stops = r.chance(f.stop) && p.w.mayCrash()
	return m
}

func (w *world) mayCrash() bool { return w.crashes.Add(1) <= int64(w.profile.crashes) }

// errLost says that nobody knows what has become of a call.
var errLost = errors.New("the answer was lost")

// call makes a call of a port, with the faults that meet it. do must not wait.
func (p *process) call(ctx context.Context, op, which string, do func() error) error {
	if p.ended() {
		return errGone
	}
	m := p.moment(op, which)
	if err := p.sleep(ctx, m.before); err != nil {
		return err
	}
	if m.freezes > 0 {
		p.freeze(m.freezes)
	}
	if p.thaw(m.r); p.ended() {
		return errGone
	}
	switch {
	case m.diesBefore:
		p.end("dies before " + op)
		return errGone
	case m.stops:
		p.stop()
	case m.fails:
		p.w.happened(p.id, op, which, "refused")
		if m.r.chance(0.5) {
			return away(op)
		}
		return errRefused
	}
	err := do()
	how := "done"
	if err != nil {
		how = err.Error()
	}
	p.w.happened(p.id, op, which, how)
	if m.diesAfter {
		p.end("dies after " + op)
		return errGone
	}
	p.wait(m.after)
	if p.thaw(m.r); p.ended() {
		return errGone
	}
	if m.loses {
		return errLost
	}
	return err
}

// work runs fn in the process until it ends with the process, and again after a pause when it ends before.
func (p *process) work(name string, fn func(context.Context) error) {
	go func() {
		for n := 0; p.ctx.Err() == nil; n++ {
			err := fn(p.ctx)
			if p.ctx.Err() != nil {
				return
			}
			p.w.happened(p.id, "supervise", name, fmt.Sprint(err))
			if p.sleep(p.ctx, p.w.dice.of("supervise", p.id, name, strconv.Itoa(n)).within(2*time.Second)) != nil {
				return
			}
		}
	}()
}

var _ kernel.Clock = (*process)(nil)
