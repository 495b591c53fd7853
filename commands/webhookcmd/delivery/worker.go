package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
)

// Config is what a Worker needs. Zero numbers take the defaults.
type Config struct {
	Queue   Queue
	Events  Events
	Secrets Secrets
	Sender  Sender
	Stopper Stopper
	Clock   kernel.Clock
	Dice    func() float64 // 0 to 1, for jitter
	Logger  *slog.Logger
	Agent   string // the User-Agent that receivers see

	Lanes    int           // at a time in this process; default 16
	PerLane  int           // attempts at a time for a lane that is not ordered; default 4
	Turn     int           // items after which a lane is given back, so that others get theirs; default 200
	TurnTime time.Duration // the same in time; default 20 s
	Lease    time.Duration // default 60 s; it must be well above the sender's timeout
	Poll     time.Duration // between looks at the queue when nothing wakes the worker; default 500 ms
	Keep     time.Duration // how long what ended is kept; default 30 days
}

func (c Config) withDefaults() (Config, error) {
	if c.Queue == nil || c.Events == nil || c.Secrets == nil || c.Sender == nil || c.Stopper == nil || c.Clock == nil || c.Dice == nil || c.Logger == nil {
		return c, errors.New("delivery: Queue, Events, Secrets, Sender, Stopper, Clock, Dice and Logger are needed")
	}
	c.Agent = cmp.Or(c.Agent, "Morket")
	c.Lanes, c.PerLane, c.Turn = cmp.Or(c.Lanes, 16), cmp.Or(c.PerLane, 4), cmp.Or(c.Turn, 200)
	c.TurnTime, c.Lease = cmp.Or(c.TurnTime, 20*time.Second), cmp.Or(c.Lease, time.Minute)
	c.Poll, c.Keep = cmp.Or(c.Poll, 500*time.Millisecond), cmp.Or(c.Keep, 30*24*time.Hour)
	return c, nil
}

// Worker sends what waits. Any number of workers, in any number of processes, may share a queue.
type Worker struct {
	cfg  Config
	wake chan struct{}
	free chan struct{} // a token per lane that may still be taken
}

// NewWorker makes a worker; Run starts it.
func NewWorker(cfg Config) (*Worker, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	w := &Worker{cfg: cfg, wake: make(chan struct{}, 1), free: make(chan struct{}, cfg.Lanes)}
	for range cfg.Lanes {
		w.free <- struct{}{}
	}
	return w, nil
}

// Wake has the worker look at the queue at once.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run sends until ctx ends, then lets what is under way finish for a moment, and returns ctx's error.
func (w *Worker) Run(ctx context.Context) error {
	var lanes sync.WaitGroup
	defer lanes.Wait()
	poll := time.NewTicker(w.cfg.Poll)
	defer poll.Stop()
	pruned := w.cfg.Clock.Now()
	for {
		if err := w.look(ctx, &lanes); err != nil && ctx.Err() == nil {
			w.cfg.Logger.WarnContext(ctx, "webhooks wait", "error", err)
		}
		if now := w.cfg.Clock.Now(); now.Sub(pruned) > time.Minute {
			pruned = now
			w.prune(ctx, now)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.wake:
		case <-poll.C:
		}
	}
}

// look carries out what there is of replays, and takes lanes.
func (w *Worker) look(ctx context.Context, lanes *sync.WaitGroup) error {
	if more, err := w.cfg.Queue.Replay(ctx, w.cfg.Clock.Now()); err != nil {
		return fmt.Errorf("replay: %w", err)
	} else if more {
		w.Wake()
	}
	n := len(w.free)
	if n == 0 {
		return nil
	}
	now := w.cfg.Clock.Now()
	taken, err := w.cfg.Queue.Claim(ctx, now, now.Add(w.cfg.Lease), n)
	if err != nil {
		return fmt.Errorf("take lanes: %w", err)
	}
	for _, lane := range taken {
		<-w.free
		lanes.Go(func() {
			defer func() {
				w.free <- struct{}{}
				w.Wake()
			}()
			w.run(ctx, lane)
		})
	}
	return nil
}

func (w *Worker) prune(ctx context.Context, now time.Time) {
	for ctx.Err() == nil {
		more, err := w.cfg.Queue.Prune(ctx, now.Add(-w.cfg.Keep))
		if err != nil && ctx.Err() == nil {
			w.cfg.Logger.WarnContext(ctx, "old deliveries stay for now", "error", err)
		}
		if err != nil || !more {
			return
		}
	}
}

// run has a lane for a turn and gives it back.
func (w *Worker) run(ctx context.Context, lane Lane) {
	t := &turn{Worker: w, lane: lane, until: w.cfg.Clock.Now().Add(w.cfg.TurnTime)}
	err := t.run(ctx)
	if err != nil && ctx.Err() == nil && !errors.Is(err, ErrLost) {
		w.cfg.Logger.WarnContext(ctx, "a webhook waits", "webhook", string(lane.ID), "error", err)
	}
	if errors.Is(err, ErrLost) {
		return
	}
	before := w.cfg.Clock.Now()
	if err != nil && ctx.Err() == nil { // who is stopped leaves the lane to others at once
		before = before.Add(restMin) // whatever it is, it need not be tried at once
	}
	if r := rest(t.lane.Failures); r > 0 && t.failed {
		before = before.Add(r)
	}
	if t.asked.After(before) {
		before = t.asked
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restMin)
	defer cancel()
	if err := w.cfg.Queue.Release(ctx, t.lane, before); err != nil {
		w.cfg.Logger.WarnContext(ctx, "a lane is given back when its lease ends", "webhook", string(lane.ID), "error", err)
	}
}

// turn is a worker's time with a lane.
type turn struct {
	*Worker
	mu      sync.Mutex
	lane    Lane
	secrets []string
	until   time.Time
	done    int
	url     string
	failed  bool      // the latest attempt failed
	asked   time.Time // until then the receiver has asked to be let be
	stop    bool
}

func (t *turn) run(ctx context.Context) error {
	var err error
	if t.secrets, err = t.cfg.Secrets.Open(ctx, t.lane.Workspace, t.lane.ID, t.lane.Secrets); err != nil {
		return err
	}
	if t.url, err = t.cfg.Secrets.Address(ctx, t.lane.Workspace, t.lane.ID, t.lane.URL, t.lane.SealedURL); err != nil {
		return err
	}
	for !t.over(ctx) {
		items, err := t.cfg.Queue.Due(ctx, t.lane, t.cfg.Clock.Now(), t.cfg.Turn-t.done)
		if err != nil || len(items) == 0 {
			return err
		}
		if err := t.send(ctx, items); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// over reports whether the turn has to end.
func (t *turn) over(ctx context.Context) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	resting := t.failed && t.lane.Failures >= failuresInARow
	return t.stop || resting || ctx.Err() != nil || t.done >= t.cfg.Turn || !t.cfg.Clock.Now().Before(t.until)
}

// send tries the items, side by side unless the lane is ordered.
func (t *turn) send(ctx context.Context, items []Item) error {
	if t.lane.Ordered {
		for _, item := range items {
			if t.over(ctx) {
				return nil
			}
			if o, err := t.try(ctx, item); err != nil || o.State == Waiting {
				t.halt()
				return err
			}
		}
		return nil
	}
	queue := make(chan Item, len(items))
	for _, item := range items {
		queue <- item
	}
	close(queue)
	errs := make([]error, t.cfg.PerLane)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			for item := range queue {
				if t.over(ctx) {
					return
				}
				if _, errs[i] = t.try(ctx, item); errs[i] != nil {
					t.halt()
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (t *turn) halt() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stop = true
}

// try makes one attempt and records it. What was sent is recorded even when the worker is being stopped.
func (t *turn) try(ctx context.Context, item Item) (Outcome, error) {
	id, body, ok, err := t.cfg.Events.Body(ctx, item.Position)
	if err != nil {
		return Outcome{}, err
	}
	down := t.down(item)
	now := t.cfg.Clock.Now()
	a := Attempt{At: now, Error: "the event is not for outside"}
	if ok {
		signature, err := Sign(t.secrets, id, now, body)
		if err != nil {
			return Outcome{}, err
		}
		a = t.cfg.Sender.Send(ctx, t.url, map[string]string{
			HeaderID: id, HeaderTimestamp: strconv.FormatInt(now.Unix(), 10), HeaderSignature: signature,
			"Content-Type": "application/cloudevents+json; charset=utf-8", "User-Agent": t.cfg.Agent,
		}, body)
		if a.Error != "" && ctx.Err() != nil {
			return Outcome{}, ctx.Err() // we broke it off, not the receiver
		}
		a.At, a.Took = now, t.cfg.Clock.Now().Sub(now)
	}
	o := t.judge(item, a, ok, down)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.cfg.Lease/2)
	defer cancel()
	t.mu.Lock()
	lane := t.lane
	t.mu.Unlock()
	if err := t.cfg.Queue.Record(ctx, lane, o, t.cfg.Clock.Now().Add(t.cfg.Lease)); err != nil {
		return o, err
	}
	if a.Status == statusGone {
		t.halt()
		return o, t.cfg.Stopper.Gone(ctx, t.lane.Workspace, t.lane.ID, a.At)
	}
	return o, t.giveUp(ctx)
}

// down reports whether the receiver has taken nothing since the item came. What it was then tried is no fault of the item, so it
// doesn't count against it.
func (t *turn) down(item Item) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lane.down(item)
}

func (l Lane) down(item Item) bool {
	return l.LastSuccess == nil || !l.LastSuccess.After(item.CreatedAt)
}

// judge decides what an attempt means for the item, and for the lane; down is what was thought of the receiver before it.
func (t *turn) judge(item Item, a Attempt, possible, down bool) Outcome {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done++
	item.Attempts++
	o := Outcome{Item: item, Attempt: a}
	if a.Error == "" {
		o.State, t.failed = Delivered, false
		if o.Hasten = t.lane.FailingSince != nil && a.At.Sub(*t.lane.FailingSince) >= time.Minute; o.Hasten {
			t.stop = true // the items at hand are not what they were
		}
		t.lane.Failures, t.lane.FailingSince, t.lane.LastSuccess = 0, nil, &a.At
		return o
	}
	if !possible {
		o.State = Failed
		return o
	}
	t.failed = true
	if t.lane.Failures++; t.lane.FailingSince == nil {
		t.lane.FailingSince = &a.At
	}
	// A receiver that has taken nothing else since is down, and gets the item when it is back, unless it is given up first.
	stillDown := t.lane.down(item)
	if down && !stillDown {
		item.Attempts = 1 // it came back meanwhile
		o.Item = item
	}
	o.State, o.DueAt = Waiting, a.At.Add(max(pauseBefore(item.Attempts, t.cfg.Dice()), min(a.RetryAfter, asksMax)))
	if a.RetryAfter > 0 { // it is about the receiver, not about this item
		t.asked, t.stop = a.At.Add(min(a.RetryAfter, asksMax)), true
	}
	if item.Attempts >= MaxAttempts() && !stillDown && !t.lane.Ordered {
		o.State = Failed
	}
	return o
}

func (t *turn) giveUp(ctx context.Context) error {
	t.mu.Lock()
	since := t.lane.FailingSince
	t.mu.Unlock()
	if since == nil || t.cfg.Clock.Now().Sub(*since) < webhook.GiveUpAfter {
		return nil
	}
	t.halt()
	return t.cfg.Stopper.GiveUp(ctx, t.lane.Workspace, t.lane.ID, *since)
}
