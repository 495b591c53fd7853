package dedupcmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Runner carries jobs out. Any number of them may be given the same job: the log lets only one of them go on.
type Runner struct{ h *Handlers }

// NewRunner makes a runner.
func NewRunner(h *Handlers) (*Runner, error) {
	if h == nil {
		return nil, errors.New("the runner of dedup jobs needs handlers")
	}
	return &Runner{h}, nil
}

// Run brings a job to its end, from where it stands. It returns nil when there is nothing left to do; an error means that it should be
// called again. alive is told now and then how far it has come.
func (r *Runner) Run(ctx context.Context, id kernel.DedupID, alive func(done int)) error {
	batch := mergeBatch
	for {
		job, version, err := r.h.jobs.Load(ctx, string(id))
		if err != nil {
			return err
		}
		if job.Kind() == "" {
			return fmt.Errorf("there is no job %s", id)
		}
		if !job.Running() {
			return nil
		}
		alive(job.Through())
		w := &work{Runner: r, id: id, job: job, version: version, alive: alive, batch: batch}
		err = w.do(ctx)
		if err != nil && !errors.Is(err, eventstore.ErrMoved) && !eventstore.IsConflict(err) && !errors.Is(err, eventstore.ErrStale) {
			return fmt.Errorf("job %s: %w", id, err)
		}
		if batch = mergeBatch; err != nil { // somebody writes to the table: what is done between two looks becomes less
			batch = max(1, w.batch/2) //nolint:mnd // half
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// Lost notes that a worker was lost over the job, before Run goes on. What has killed its worker several times is given up.
func (r *Runner) Lost(ctx context.Context, id kernel.DedupID) error {
	job, version, err := r.h.jobs.Load(ctx, string(id))
	if err != nil {
		return err
	}
	w := &work{Runner: r, id: id, job: job, version: version, alive: func(int) {}}
	err = w.append(ctx, func(j *dedup.Job) error {
		killed, err := j.Lose()
		if err != nil || killed < quarantine.MostKills {
			return err
		}
		return j.End(quarantine.Reason("the job"), nil, r.h.cfg.Clock.Now())
	})
	if errors.Is(err, eventstore.ErrMoved) {
		return nil
	}
	return err
}

// work is one stretch of work on a job at a known version of its stream.
type work struct {
	*Runner
	id      kernel.DedupID
	job     *dedup.Job
	version int64
	alive   func(done int)
	batch   int // groups that one append merges or takes apart
}

// append adds what fn records; eventstore.ErrMoved when another writer has added to the stream.
func (w *work) append(ctx context.Context, fn func(*dedup.Job) error) error {
	if err := fn(w.job); err != nil {
		return err
	}
	if len(w.job.Pending()) == 0 {
		return nil
	}
	version, err := w.h.jobs.Extend(ctx, w.job.Meta(), string(w.id), w.version, w.job)
	if err != nil {
		return err
	}
	w.version = version
	w.job.Committed()
	return nil
}

// do goes on with the job by its kind. A table that is gone ends it.
func (w *work) do(ctx context.Context) error {
	if w.job.Cancelled() {
		return w.end(ctx, "", nil)
	}
	var err error
	switch w.job.Kind() {
	case dedup.Scan:
		err = w.scan(ctx)
	case dedup.Merging:
		err = w.merge(ctx)
	case dedup.Parting:
		err = w.part(ctx)
	}
	switch kernel.KindOf(err) {
	case kernel.KindNotFound, kernel.KindInvalid:
		w.job.Committed() // what could not be appended
		return w.giveUp(ctx, err)
	default:
		return err
	}
}

// giveUp ends a job that can't go on, from what its stream holds.
func (w *work) giveUp(ctx context.Context, why error) error {
	var err error
	if w.job, w.version, err = w.h.jobs.Load(ctx, string(w.id)); err != nil {
		return err
	}
	return w.end(ctx, why.Error(), nil)
}

func (w *work) end(ctx context.Context, hindrance string, told *dedup.Told) error {
	return w.append(ctx, func(j *dedup.Job) error { return j.End(hindrance, told, w.h.cfg.Clock.Now()) })
}
