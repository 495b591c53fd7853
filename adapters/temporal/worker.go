package temporal

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/worker"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
)

// WorkerConfig says how much one process works on flows. Zero takes the default.
type WorkerConfig struct {
	Activities int           // at once; 100. An activity of a run is one page in memory
	Grace      time.Duration // for activities to end in order when the process stops; 40 s
	RetryEvery time.Duration // between attempts to reach Temporal; 2 s
}

// RunWorker works on flows until ctx ends, and lets activities end in order then. It keeps trying while Temporal can't be
// reached. register adds the flows and activities.
func (c *Client) RunWorker(ctx context.Context, cfg WorkerConfig, register func(worker.Registry)) error {
	if cfg.Activities <= 0 {
		cfg.Activities = 100
	}
	if cfg.Grace <= 0 {
		cfg.Grace = 40 * time.Second
	}
	if cfg.RetryEvery <= 0 {
		cfg.RetryEvery = 2 * time.Second
	}
	for {
		if err := c.Check(ctx); err == nil {
			fatal, err := c.work(ctx, cfg, register)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			c.cfg.Logger.WarnContext(ctx, "temporal worker stopped", "error", err, "fatal", fatal)
		} else if ctx.Err() == nil {
			c.cfg.Logger.WarnContext(ctx, "waiting for temporal", "address", c.cfg.Address, "error", err)
		}
		if err := kernel.Pause(ctx, cfg.RetryEvery); err != nil {
			return err
		}
	}
}

func (c *Client) work(ctx context.Context, cfg WorkerConfig, register func(worker.Registry)) (fatal, err error) {
	failed := make(chan error, 1)
	w := worker.New(c.sdk, c.cfg.Queue, worker.Options{
		MaxConcurrentActivityExecutionSize:     cfg.Activities,
		MaxConcurrentWorkflowTaskExecutionSize: 20,
		WorkerStopTimeout:                      cfg.Grace,
		BackgroundActivityContext:              context.WithoutCancel(ctx), // whose rows activities read; the worker ends them
		OnFatalError: func(err error) {
			select {
			case failed <- err:
			default:
			}
		},
	})
	register(w)
	if err := w.Start(); err != nil {
		return nil, fmt.Errorf("start the temporal worker: %w", err)
	}
	defer w.Stop()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case err := <-failed:
		return err, &projections.WaitError{For: "temporal", Err: err}
	}
}
