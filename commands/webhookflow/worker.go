package webhookflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/watch"
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
	Watch   watch.Watcher    // told of each attempt; may be nil

	Endpoints   int           // at a time in this process; default 16
	PerEndpoint int           // attempts at a time for an endpoint queue that is not ordered; default 4
	Turn        int           // items after which an endpoint queue is given back, so that others get theirs; default 200
	TurnTime    time.Duration // the same in time; default 20 s
	Poll        time.Duration // between looks at the queue when nothing wakes the worker; default 500 ms
	Keep        time.Duration // how long what ended is kept; default 30 days
}

func (c Config) withDefaults() (Config, error) {
	if c.Queue == nil || c.Events == nil || c.Secrets == nil || c.Sender == nil || c.Stopper == nil || c.Clock == nil || c.Jitter == nil ||
		c.Logger == nil {
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
		if err := w.poll(ctx, &endpoints); err != nil && ctx.Err() == nil {
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

// poll carries out what there is of replays, and takes endpoint queues.
func (w *Worker) poll(ctx context.Context, endpoints *sync.WaitGroup) error {
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
