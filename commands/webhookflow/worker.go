package webhookflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/morket/morket/commands/quarantine"
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
	Jitter  func() float64 // 0 to 1, for jitter
	Logger  *slog.Logger
	Agent   string           // the User-Agent that receivers see
	Ward    *quarantine.Ward // the process's; NewWard by default

	Endpoints   int           // at a time in this process; default 16
	PerEndpoint int           // attempts at a time for an endpoint queue that is not ordered; default 4
	Turn        int           // items after which an endpoint queue is given back, so that others get theirs; default 200
	TurnTime    time.Duration // the same in time; default 20 s
	Poll        time.Duration // between looks at the queue when nothing wakes the worker; default 500 ms
	Keep        time.Duration // how long what ended is kept; default 30 days
}

func (c Config) withDefaults() (Config, error) {
	if c.Queue == nil || c.Events == nil || c.Secrets == nil || c.Sender == nil || c.Stopper == nil || c.Clock == nil || c.Jitter == nil || c.Logger == nil {
		return c, errors.New("delivery: Queue, Events, Secrets, Sender, Stopper, Clock, Dice and Logger are needed")
	}
	c.Agent = cmp.Or(c.Agent, "Morket")
	c.Endpoints, c.PerEndpoint, c.Turn = cmp.Or(c.Endpoints, 16), cmp.Or(c.PerEndpoint, 4), cmp.Or(c.Turn, 200)
	c.TurnTime, c.Poll, c.Keep = cmp.Or(c.TurnTime, 20*time.Second), cmp.Or(c.Poll, 500*time.Millisecond), cmp.Or(c.Keep, 30*24*time.Hour)
	c.Ward = cmp.Or(c.Ward, quarantine.NewWard())
	return c, nil
}

// Worker sends what waits. Any number of workers, in any number of processes, may share a queue.
type Worker struct {
	cfg  Config
	wake chan struct{}
	free chan struct{} // a token per endpoint queue that may still be taken
}

// NewWorker makes a worker; Run starts it.
func NewWorker(cfg Config) (*Worker, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	w := &Worker{cfg: cfg, wake: make(chan struct{}, 1), free: make(chan struct{}, cfg.Endpoints)}
	for range cfg.Endpoints {
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
	var endpoints sync.WaitGroup
	defer endpoints.Wait()
	poll := time.NewTicker(w.cfg.Poll)
	defer poll.Stop()
	pruned := w.cfg.Clock.Now()
	for {
		if err := w.look(ctx, &endpoints); err != nil && ctx.Err() == nil {
			w.cfg.Logger.WarnContext(ctx, "webhooks wait", "error", err)
		}
		if now := w.cfg.Clock.Now(); now.Sub(pruned) > time.Minute {
			pruned = now
			w.prune(ctx)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-w.wake:
		case <-poll.C:
		}
	}
}

// look carries out what there is of replays, and takes endpoint queues.
func (w *Worker) look(ctx context.Context, endpoints *sync.WaitGroup) error {
	if more, err := w.cfg.Queue.Replay(ctx); err != nil {
		return fmt.Errorf("replay: %w", err)
	} else if more {
		w.Wake()
	}
	n := len(w.free)
	if n == 0 {
		return nil
	}
	taken, err := w.cfg.Queue.Claim(ctx, n)
	if err != nil {
		return fmt.Errorf("claim endpoint queues: %w", err)
	}
	for _, endpoint := range taken {
		<-w.free
		endpoints.Go(func() {
			defer func() {
				w.free <- struct{}{}
				w.Wake()
			}()
			w.run(ctx, endpoint)
		})
	}
	return nil
}

func (w *Worker) prune(ctx context.Context) {
	for ctx.Err() == nil {
		more, err := w.cfg.Queue.Prune(ctx, w.cfg.Keep)
		if err != nil && ctx.Err() == nil {
			w.cfg.Logger.WarnContext(ctx, "old deliveries stay for now", "error", err)
		}
		if err != nil || !more {
			return
		}
	}
}

// releaseTime is how long the queue has to take an endpoint queue back, or an outcome, when the worker is being stopped.
const releaseTime = 10 * time.Second

// run has an endpoint queue for a turn and gives it back.
func (w *Worker) run(ctx context.Context, endpoint EndpointQueue) {
	t := &turn{Worker: w, endpoint: endpoint, begun: w.cfg.Clock.Now()}
	err := t.run(ctx)
	if err != nil && ctx.Err() == nil && !errors.Is(err, ErrLost) {
		w.cfg.Logger.WarnContext(ctx, "a webhook waits", "webhook", string(endpoint.ID), "error", err)
	}
	var pause time.Duration
	if err != nil && ctx.Err() == nil { // a stopped worker leaves the endpoint queue to others at once
		pause = restMin // no error needs a retry at once
	}
	if t.failed {
		pause += cooldown(t.endpoint.Failures)
	}
	pause = max(pause, t.asked.Sub(t.now()))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	if err := w.cfg.Queue.Release(ctx, t.endpoint, pause); err != nil {
		w.cfg.Logger.WarnContext(ctx, "an endpoint queue was not released", "webhook", string(endpoint.ID), "error", err)
	}
}

// turn is a worker's time with an endpoint queue.
type turn struct {
	*Worker
	mu       sync.Mutex
	endpoint EndpointQueue
	secrets  []string
	begun    time.Time
	done     int
	url      string
	failed   bool      // the latest attempt failed
	asked    time.Time // until then the receiver has asked to be let be
	stop     bool
	records  chan recording // nil while items are tried one after the other
}

// recording is an outcome on its way into the queue.
type recording struct {
	outcome Outcome
	kept    chan<- error
}

// now is the time by the queue's clock.
func (t *turn) now() time.Time { return t.endpoint.Taken.Add(t.cfg.Clock.Now().Sub(t.begun)) }

func (t *turn) run(ctx context.Context) error {
	var err error
	if t.secrets, err = t.cfg.Secrets.Open(ctx, t.endpoint.Workspace, t.endpoint.ID, t.endpoint.Secrets); err != nil {
		return err
	}
	if t.url, err = t.cfg.Secrets.Address(ctx, t.endpoint.Workspace, t.endpoint.ID, t.endpoint.URL, t.endpoint.SealedURL); err != nil {
		return err
	}
	for !t.over(ctx) {
		items, err := t.cfg.Queue.Due(ctx, t.endpoint, t.cfg.Turn-t.done)
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
	resting := t.failed && t.endpoint.Failures >= failuresInARow
	return t.stop || resting || ctx.Err() != nil || t.done >= t.cfg.Turn || t.cfg.Clock.Now().Sub(t.begun) >= t.cfg.TurnTime
}

// careful reports whether the item may end the process: one of the endpoint queue's items has ended one.
func (t *turn) careful(item Item) bool { return t.endpoint.Lost || item.Lost > 0 }

// send tries the items: one after the other where order matters or one of them may end the process, else side by side.
func (t *turn) send(ctx context.Context, items []Item) error {
	if t.endpoint.Ordered || slices.ContainsFunc(items, t.careful) {
		for _, item := range items {
			if t.over(ctx) {
				return nil
			}
			if o, err := t.try(ctx, item); err != nil || t.endpoint.Ordered && o.State == Waiting {
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
	t.records = make(chan recording)
	var keeper sync.WaitGroup
	keeper.Go(func() { t.keep(ctx) })
	errs := make([]error, t.cfg.PerEndpoint)
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
	close(t.records)
	keeper.Wait()
	t.records = nil
	return errors.Join(errs...)
}

// keep records outcomes; those that come while others are being recorded are recorded together.
func (t *turn) keep(ctx context.Context) {
	for first := range t.records {
		taken := []recording{first}
		for more := true; more; {
			select {
			case r, ok := <-t.records:
				if more = ok; ok {
					taken = append(taken, r)
				}
			default:
				more = false
			}
		}
		outcomes := make([]Outcome, len(taken))
		for i, r := range taken {
			outcomes[i] = r.outcome
		}
		err := t.recordNow(ctx, outcomes)
		for _, r := range taken {
			r.kept <- err
		}
	}
}

func (t *turn) record(ctx context.Context, o Outcome) error {
	if t.records == nil {
		return t.recordNow(ctx, []Outcome{o})
	}
	kept := make(chan error, 1)
	t.records <- recording{o, kept}
	return <-kept
}

// recordNow records what has happened even when the worker is being stopped.
func (t *turn) recordNow(ctx context.Context, outcomes []Outcome) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
	defer cancel()
	t.mu.Lock()
	endpoint := t.endpoint
	t.mu.Unlock()
	return t.cfg.Queue.Record(ctx, endpoint, outcomes)
}

func (t *turn) halt() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stop = true
}

// try makes one attempt and records it.
func (t *turn) try(ctx context.Context, item Item) (Outcome, error) {
	if !t.careful(item) {
		return t.attempt(ctx, item)
	}
	if item.Lost >= quarantine.MostKills {
		o := Outcome{Item: item, State: Failed, Unsent: true, Attempt: Attempt{At: t.cfg.Clock.Now(), Error: quarantine.Reason("the delivery")}}
		t.count()
		return o, t.record(ctx, o)
	}
	if item.Lost > 0 {
		leave, err := t.cfg.Ward.Enter(ctx, restMin, func() {})
		if err != nil {
			return Outcome{}, err
		}
		defer leave()
	}
	if err := t.cfg.Queue.Mark(ctx, t.endpoint, item, item.Lost+1); err != nil {
		return Outcome{}, err
	}
	o, err := t.attempt(ctx, item)
	if o.State == "" { // it was broken off, and nobody died of it
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseTime)
		defer cancel()
		err = errors.Join(err, t.cfg.Queue.Mark(ctx, t.endpoint, item, item.Lost))
	}
	return o, err
}

func (t *turn) count() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done++
}

func (t *turn) attempt(ctx context.Context, item Item) (Outcome, error) {
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
	o := t.outcome(item, a, ok, down)
	if err := t.record(ctx, o); err != nil {
		return o, err
	}
	if a.Status == statusGone {
		t.halt()
		return o, t.cfg.Stopper.Gone(context.WithoutCancel(ctx), t.endpoint.Workspace, t.endpoint.ID, a.At)
	}
	return o, t.giveUp(context.WithoutCancel(ctx))
}

// down reports whether the receiver has taken nothing since the item came. What it was then tried is no fault of the item, so it
// doesn't count against it.
func (t *turn) down(item Item) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.endpoint.down(item)
}

func (l EndpointQueue) down(item Item) bool {
	return l.LastSuccess == nil || !l.LastSuccess.After(item.CreatedAt)
}

// judge decides what an attempt means for the item, and for the endpoint queue; down is what was thought of the receiver before it.
func (t *turn) outcome(item Item, a Attempt, possible, down bool) Outcome {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done++
	item.Attempts++
	o := Outcome{Item: item, Attempt: a}
	now := t.now()
	if a.Error == "" {
		o.State, t.failed = Delivered, false
		if o.Hasten = t.endpoint.FailingSince != nil && now.Sub(*t.endpoint.FailingSince) >= time.Minute; o.Hasten {
			t.stop = true // the items at hand are not what they were
		}
		t.endpoint.Failures, t.endpoint.FailingSince, t.endpoint.LastSuccess = 0, nil, &now
		return o
	}
	if !possible {
		o.State, o.Unsent = Failed, true
		return o
	}
	t.failed = true
	if t.endpoint.Failures++; t.endpoint.FailingSince == nil {
		t.endpoint.FailingSince = &now
	}
	// A receiver that has taken nothing else since is down, and gets the item when it is back, unless it is given up first.
	stillDown := t.endpoint.down(item)
	if down && !stillDown {
		item.Attempts = 1 // it came back meanwhile
		o.Item = item
	}
	o.State, o.Pause = Waiting, pauseBefore(item.Attempts, t.cfg.Jitter())
	if t.endpoint.Ordered {
		o.Pause = headPause(t.endpoint.Failures, now.Sub(*t.endpoint.FailingSince), t.cfg.Jitter())
	}
	if a.RetryAfter > 0 { // it is about the receiver, not about this item
		asked := min(a.RetryAfter, asksMax)
		o.Pause = max(o.Pause, asked)
		t.asked, t.stop = now.Add(asked), true
	}
	if item.Attempts >= MaxAttempts() && !stillDown && !t.endpoint.Ordered {
		o.State = Failed
	}
	return o
}

func (t *turn) giveUp(ctx context.Context) error {
	t.mu.Lock()
	since := t.endpoint.FailingSince
	t.mu.Unlock()
	if since == nil || t.now().Sub(*since) < webhook.GiveUpAfter {
		return nil
	}
	t.halt()
	return t.cfg.Stopper.GiveUp(ctx, t.endpoint.Workspace, t.endpoint.ID, *since)
}
