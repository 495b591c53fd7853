package webhookflow

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/watch"
	"github.com/morket/morket/domain/webhook"
)

// turn is a worker's time with an endpoint queue.
type turn struct {
	*Worker
	mu       sync.Mutex
	endpoint EndpointQueue
	secrets  []string
	begun    time.Time
	held     time.Time // when the endpoint queue was this worker's for sure
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
		now := t.cfg.Clock.Now()
		items, err := t.cfg.Queue.Due(ctx, t.endpoint, t.cfg.Turn-t.done)
		if t.holding(err, now) != nil || len(items) == 0 {
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

// hold returns ErrLost if the endpoint queue is another worker's. It asks unless it is known from a moment ago.
func (t *turn) hold(ctx context.Context) error {
	now := t.cfg.Clock.Now()
	t.mu.Lock()
	endpoint, known := t.endpoint, !kernel.Passed(now, t.held, holdTime)
	t.mu.Unlock()
	if known {
		return nil
	}
	return t.holding(t.cfg.Queue.Hold(ctx, endpoint), now)
}

// holding notes that a call of the queue that began then went well, which only calls of the endpoint queue's holder do.
func (t *turn) holding(err error, then time.Time) error {
	if err == nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.held = then
	}
	return err
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
	keeper.Go(func() { t.recordOutcomes(ctx) })
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

// recordOutcomes records outcomes; those that come while others are being recorded are recorded together.
func (t *turn) recordOutcomes(ctx context.Context) {
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
	now := t.cfg.Clock.Now()
	return t.holding(t.cfg.Queue.Record(ctx, endpoint, outcomes), now)
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
	now := t.cfg.Clock.Now()
	if err := t.holding(t.cfg.Queue.Mark(ctx, t.endpoint, item, item.Lost+1), now); err != nil {
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
	if err := t.hold(ctx); err != nil {
		return Outcome{}, err
	}
	down := t.down(item)
	now := t.cfg.Clock.Now()
	a := Attempt{At: now, Error: "the event is not for outside"}
	op := watch.Begin(t.cfg.Watch, t.cfg.Clock, watch.Delivery, "workspace", t.endpoint.Workspace, "webhook", t.endpoint.ID, "position",
		item.Position)
	defer op.End(ctx, watch.Interrupted, nil)
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
		op.Count(1, int64(len(body)))
	}
	o := t.outcome(item, a, ok, down)
	if err := t.record(ctx, o); err != nil {
		return o, err // it is tried again, and told of then
	}
	op.Note("event", id, "status", a.Status, "attempt", o.Item.Attempts, "state", string(o.State))
	op.End(ctx, delivered(o), refusal(a))
	if a.Status == statusGone {
		t.halt()
		return o, t.cfg.Stopper.Gone(context.WithoutCancel(ctx), t.endpoint.Workspace, t.endpoint.ID, a.At)
	}
	return o, t.giveUp(context.WithoutCancel(ctx))
}

// delivered is what an attempt means to operators.
func delivered(o Outcome) watch.Outcome {
	switch o.State {
	case Delivered:
		return watch.Succeeded
	case Waiting:
		return watch.Waits
	case Failed:
		return watch.Failed
	default:
		return watch.Interrupted
	}
}

// refusal is why an attempt did not deliver; nil if it did.
func refusal(a Attempt) error {
	if a.Error == "" {
		return nil
	}
	return errors.New(a.Error)
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

// giveUp turns off the webhook whose receiver has taken nothing for so long. A few failures are not enough: how long ago the first of them
// was may be what a clock said that was wrong.
func (t *turn) giveUp(ctx context.Context) error {
	t.mu.Lock()
	since, failures := t.endpoint.FailingSince, t.endpoint.Failures
	t.mu.Unlock()
	if since == nil || failures < MaxAttempts() || t.now().Sub(*since) < webhook.GiveUpAfter {
		return nil
	}
	t.halt()
	return t.cfg.Stopper.GiveUp(ctx, t.endpoint.Workspace, t.endpoint.ID, *since)
}
