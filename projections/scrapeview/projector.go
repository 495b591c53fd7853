// Package scrapeview keeps which jobs of the scraper are under way, and how many pages they have yet to read.
package scrapeview

import (
	"context"
	"fmt"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Name is the projection's name.
const Name = "scrape"

// Job is a job with something left to do: pages to read, or a callback to make.
type Job struct {
	ID        scrape.JobID
	Workspace kernel.WorkspaceID
	Left      int  // pages
	Callback  bool // is still to be made
	At        time.Time
}

// Writer writes the read model inside a projector's transaction.
type Writer interface {
	Begin(ctx context.Context, j Job) error
	// Read takes one from what is left of the job.
	Read(ctx context.Context, id scrape.JobID) error
	// End has nothing left to be read; a job without a callback to make is removed.
	End(ctx context.Context, id scrape.JobID) error
	// Remove removes the job.
	Remove(ctx context.Context, id scrape.JobID) error
}

// Projector folds jobs.
type Projector struct {
	codec *eventstore.Codec
	open  func(projections.Tx) (Writer, error)
}

// New makes the projector; open makes the writer of a transaction.
func New(codec *eventstore.Codec, open func(projections.Tx) (Writer, error)) *Projector {
	return &Projector{codec, open}
}

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 1 }

// Types implements projections.Projector.
func (*Projector) Types() []string { return kernel.EventTypes(scrape.Events()...) }

// Apply implements projections.Projector.
func (p *Projector) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	w, err := p.open(tx)
	if err != nil {
		return err
	}
	for _, rec := range events {
		e, err := p.codec.Decode(rec)
		if err != nil {
			return err
		}
		if err := apply(ctx, w, e); err != nil {
			return fmt.Errorf("event %d (%s): %w", rec.Position, rec.Type, err)
		}
	}
	return nil
}

func apply(ctx context.Context, w Writer, e kernel.Event) error {
	switch e := e.(type) {
	case scrape.Requested:
		return w.Begin(ctx, Job{ID: e.Job, Workspace: e.Workspace, Left: len(e.Tasks), Callback: len(e.CallbackSealed) > 0, At: e.At})
	case scrape.PageRead:
		return w.Read(ctx, e.Job)
	case scrape.Finished:
		return w.End(ctx, e.Job)
	case scrape.Cancelled:
		return w.End(ctx, e.Job)
	case scrape.CalledBack:
		return w.Remove(ctx, e.Job)
	case scrape.WorkerLost:
		return nil
	default:
		return kernel.UnknownEvent("scrape", e)
	}
}
