package simulator_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/morket/morket/commands/dataopsflow"
	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/projections"
)

// temporal stands for the Temporal server: it knows which flows run and has their activities carried out by living processes, again and
// again until they succeed. The flows' own code (two loops) is done by it; an activity is the real one.
type temporal struct {
	w     *world
	mu    sync.Mutex
	flows map[string]*flow
	begun int // flows, ever
}

type flow struct {
	t      *temporal
	id     string
	life   int
	signal chan struct{}
	lost   chan struct{} // closed when the server has forgotten the flow
	dice   *draw
}

// activityHeartbeat is after which silence a worker is taken for dead.
const activityHeartbeat = 10 * time.Second

// flowsPort is Temporal as a process reaches it.
type flowsPort struct{ p *process }

func (f flowsPort) call(ctx context.Context, op, id string, do func() error) error {
	w := f.p.w
	f.p.mu.Lock()
	f.p.counts["temporal"]++
	n := f.p.counts["temporal"]
	f.p.mu.Unlock()
	if !w.healed.Load() && w.dice.of(f.p.id, "temporal", strconv.Itoa(n)).chance(w.profile.away) {
		if err := f.p.sleep(ctx, w.dice.of(f.p.id, "temporal away", strconv.Itoa(n)).within(time.Second)); err != nil {
			return err
		}
		return &projections.WaitError{For: "temporal", Err: errRefused}
	}
	err := f.p.call(ctx, op, id, do)
	if err != nil {
		return &projections.WaitError{For: "temporal", Err: err}
	}
	return nil
}

// Start implements the flows' port.
func (f flowsPort) Start(ctx context.Context, id, workflow string, in any) (started bool, err error) {
	err = f.call(ctx, "start", id, func() error {
		started = f.p.w.temporal.start(id, workflow, in)
		return nil
	})
	return started && err == nil, err
}

// Signal implements the flows' port.
func (f flowsPort) Signal(ctx context.Context, id, _ string) (found bool, err error) {
	err = f.call(ctx, "signal", id, func() error {
		found = f.p.w.temporal.tell(id)
		return nil
	})
	return found && err == nil, err
}

func (t *temporal) start(id, workflow string, in any) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, runs := t.flows[id]; runs {
		return false
	}
	t.begun++
	f := &flow{t: t, id: id, life: t.begun, signal: make(chan struct{}, 1), lost: make(chan struct{}), dice: t.w.dice.of("flow", id, strconv.Itoa(t.begun))}
	t.flows[id] = f
	go f.run(workflow, in)
	return true
}

func (t *temporal) tell(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, runs := t.flows[id]
	if !runs {
		return false
	}
	select {
	case f.signal <- struct{}{}:
	default:
	}
	return true
}

func (t *temporal) running() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.flows)
}

// forget lets the server lose all that it knows at some moments.
func (t *temporal) forget() {
	for i := range t.w.profile.forgets {
		if !t.w.pause(t.w.dice.of("forget", strconv.Itoa(i)).within(40*time.Second)) || t.w.healed.Load() {
			return
		}
		t.mu.Lock()
		t.w.happened("", "temporal", "", "forgets")
		for id, f := range t.flows {
			close(f.lost)
			delete(t.flows, id)
		}
		t.mu.Unlock()
	}
}

var errFlowLost = errors.New("the flow is not known any more")

func (f *flow) run(workflow string, in any) {
	var err error
	switch in := in.(type) {
	case enrichmentflow.Input:
		err = f.enrich(in)
	case dataopsflow.Input:
		err = f.load(in)
	default:
		f.t.w.wrong("flow %s of %s was started with a %T", f.id, workflow, in)
	}
	if errors.Is(err, errFlowLost) {
		return
	}
	f.t.mu.Lock()
	defer f.t.mu.Unlock()
	if f.t.flows[f.id] == f {
		delete(f.t.flows, f.id)
	}
}

// enrich is enrichmentflow.Workflow.
func (f *flow) enrich(in enrichmentflow.Input) error {
	for {
		var res enrichmentflow.Result
		woken, err := f.activity("slice", func(ctx context.Context, p *process, a attempt) (bool, error) {
			out, err := p.runner.Slice(ctx, in, enrichmentflow.Try{Ended: a.ended})
			if err == nil {
				res = out
			}
			return errors.Is(err, enrichmentflow.ErrNoRun), err
		})
		switch {
		case errors.Is(err, errFlowLost):
			return err
		case err != nil && (!woken || errors.Is(err, enrichmentflow.ErrNoRun)):
			_, err = f.activity("fail", func(ctx context.Context, p *process, _ attempt) (bool, error) {
				return false, p.runner.Fail(ctx, in, "the run's flow could not go on")
			})
			return err
		case err != nil:
			continue // it was asked to stop
		case res.Next == enrichmentflow.Done:
			return nil
		case res.Next == enrichmentflow.More || woken:
			continue
		}
		most := 0 * time.Second
		if res.Next == enrichmentflow.Waiting {
			most = min(max(res.Wait, time.Second), 2*time.Hour)
		}
		if err := f.await(most); err != nil {
			return err
		}
	}
}

// load is dataopsflow.Import.
func (f *flow) load(in dataopsflow.Input) error {
	_, err := f.activity("import", func(ctx context.Context, p *process, a attempt) (bool, error) {
		if a.number > 1 && !a.ended {
			if err := p.importer.Lost(ctx, in.ImportID); err != nil {
				return false, err
			}
		}
		return false, p.importer.Run(ctx, in.ImportID, p.alive)
	})
	return err
}

// await waits for a signal, or for the time if it is not 0.
func (f *flow) await(most time.Duration) error {
	var due <-chan time.Time
	if most > 0 {
		t := time.NewTimer(most + f.dice.within(time.Millisecond))
		defer t.Stop()
		due = t.C
	}
	select {
	case <-f.signal:
	case <-due:
	case <-f.lost:
		return errFlowLost
	case <-f.t.w.closing:
		return errFlowLost
	}
	return nil
}

// attempt is one try at an activity.
type attempt struct {
	number int
	ended  bool // the one before ended by itself
}

type activity func(ctx context.Context, p *process, a attempt) (final bool, err error)

// activity has the activity carried out until it succeeds or fails for good. Woken says that a signal asked it to stop.
func (f *flow) activity(name string, do activity) (woken bool, err error) {
	w := f.t.w
	pause := time.Second
	ended := false
	for n := 1; ; n++ {
		p := w.worker(f.dice)
		if p == nil {
			return false, errFlowLost
		}
		t := &try{f: f, p: p, name: fmt.Sprint(name, " ", n)}
		final, woken, ends, err := t.carryOut(do, attempt{n, ended})
		switch {
		case errors.Is(err, errFlowLost):
			return false, err
		case err == nil && ends, final, woken && ends:
			return woken, err
		case ends: // it failed, and says so
			ended = true
			err = f.rest(pause)
			pause = min(2*pause, time.Minute)
		default: // nothing was heard of it
			ended = p.stopping.Load() && p.ended()
			err = f.rest(activityHeartbeat)
		}
		if err != nil {
			return false, err
		}
		if woken { // a stopped activity is not tried again
			return true, errLost
		}
	}
}

func (f *flow) rest(d time.Duration) error {
	t := time.NewTimer(d + f.dice.within(time.Millisecond))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-f.lost:
		return errFlowLost
	case <-f.t.w.closing:
		return errFlowLost
	}
}

// try is one attempt under way.
type try struct {
	f    *flow
	p    *process
	name string
}

type answer struct {
	final bool
	err   error
}

// carryOut has the process do the attempt. ends is false if nothing was heard of its end.
func (t *try) carryOut(do activity, a attempt) (final, woken, ends bool, err error) {
	w := t.f.t.w
	w.happened(t.p.id, "activity", t.f.id, t.name)
	ctx, cancel := context.WithCancel(t.p.ctx)
	back := make(chan answer, 1)
	go func() {
		defer cancel()
		final, err := do(ctx, t.p, a)
		back <- answer{final, err}
	}()
	var unheard <-chan time.Time
	if !w.healed.Load() && t.f.dice.chance(w.profile.unheard) {
		timer := time.NewTimer(t.f.dice.within(activityHeartbeat))
		defer timer.Stop()
		unheard = timer.C
	}
	signal, silent := t.f.signal, t.p.silence.Wait()
	for {
		select {
		case r := <-back:
			if t.p.ended() || !w.healed.Load() && t.f.dice.chance(w.profile.unsaid) {
				return false, woken, false, nil
			}
			return r.final, woken, true, r.err
		case <-t.p.gone:
			return false, woken, false, nil
		case <-silent:
			t.cutOff(cancel)
			return false, woken, false, nil
		case <-unheard: // it goes on, and another one begins beside it
			w.happened(t.p.id, "activity", t.f.id, "unheard")
			t.cutOff(cancel)
			return false, woken, false, nil
		case <-signal:
			woken, signal = true, nil
			cancel()
		case <-t.f.lost:
			t.cutOff(cancel)
			return false, false, true, errFlowLost
		case <-w.closing:
			cancel()
			return false, false, true, errFlowLost
		}
	}
}

// cutOff ends an attempt that the server doesn't wait for any more, when its worker has noticed.
func (t *try) cutOff(cancel func()) {
	go func() {
		defer cancel()
		t.p.wait(t.f.t.w.dice.of("cut", t.p.id, t.f.id, t.name).within(2 * activityHeartbeat))
	}()
}
