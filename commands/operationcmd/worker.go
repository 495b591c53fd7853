package operationcmd

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/operation"
	"github.com/morket/morket/eventstore"
)

// WorkerConfig is what a Worker needs.
type WorkerConfig struct {
	Store eventstore.Store
	Codec *eventstore.Codec
	Clock kernel.Clock
	// Lead does the work while this process is the one that works, until ctx ends; the work's context ends with the term.
	Lead func(ctx context.Context, work func(context.Context) error) error
	// Do carries out a job; one that a crash cut short is carried out again.
	Do     func(ctx context.Context, j operation.Job) (operation.Outcome, error)
	Logger *slog.Logger
	Every  time.Duration // between two looks for a job; 1 s by default
}

// Worker carries out the jobs, one at a time, in one process at a time.
type Worker struct {
	cfg  WorkerConfig
	jobs *eventstore.Repo[*operation.Jobs]
}

// NewWorker makes a worker; Run starts it.
func NewWorker(cfg WorkerConfig) (*Worker, error) {
	if cfg.Store == nil || cfg.Codec == nil || cfg.Clock == nil || cfg.Lead == nil || cfg.Do == nil || cfg.Logger == nil {
		return nil, errors.New("operationcmd: the worker needs a Store, Codec, Clock, Lead, Do and Logger")
	}
	if cfg.Every <= 0 {
		cfg.Every = time.Second
	}
	return &Worker{cfg: cfg, jobs: jobsOf(cfg.Store, cfg.Codec)}, nil
}

// Run works until ctx ends, and returns its error.
func (w *Worker) Run(ctx context.Context) error { return w.cfg.Lead(ctx, w.lead) }

// lead looks for jobs until something fails.
func (w *Worker) lead(ctx context.Context) error {
	seen := int64(-1)
	for {
		version, err := w.cfg.Store.StreamVersion(ctx, w.jobs.Stream(jobsID))
		if err != nil {
			return err
		}
		if version != seen {
			if seen, err = w.poll(ctx); err != nil {
				return err
			}
		}
		if err := kernel.Pause(ctx, w.cfg.Every); err != nil {
			return err
		}
	}
}

// poll carries out the open job, if there is one, and returns the version that it has seen.
func (w *Worker) poll(ctx context.Context) (int64, error) {
	jobs, version, err := w.jobs.Load(ctx, jobsID)
	if err != nil {
		return 0, err
	}
	job, ok := jobs.Open()
	if !ok {
		return version, nil
	}
	began := w.cfg.Clock.Now()
	out, err := w.cfg.Do(ctx, job)
	if ctx.Err() != nil {
		return 0, ctx.Err() // the next leader carries it out again
	}
	if err != nil {
		out.Error = err.Error()
	}
	w.cfg.Logger.InfoContext(ctx, "operator's job", "job", job.ID, "kind", string(job.Kind), "projection", job.Projection, "backup",
		job.Backup, "position", out.Position,
		"differences", len(out.Differs), "parked", out.Parked, "error", out.Error, "duration", w.cfg.Clock.Now().Sub(began))
	meta := kernel.Meta{Actor: kernel.System(), Command: "operation.finish", CorrelationID: job.ID, IdempotencyKey: "operation/" + job.ID}
	_, err = w.jobs.Update(ctx, meta, jobsID, func(j *operation.Jobs) (any, error) {
		return nil, j.Finish(job.ID, out, w.cfg.Clock.Now())
	})
	if kernel.KindOf(err) == kernel.KindConflict { // the leader before has ended it
		err = nil
	}
	return version, err
}
