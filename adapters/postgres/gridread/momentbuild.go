package gridread

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// build is a copy that is to be made.
type build struct {
	place     string
	workspace kernel.WorkspaceID
	table     kernel.TableID
	resolved
}

// How a copy is filled.
const (
	buildPage = 256         // events in a transaction
	longest   = time.Hour   // that a build takes
	yieldMax  = time.Second // that a build waits after a page while people are at work
)

// Run makes the copies that requests ask for, until ctx ends.
func (m *Moments) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for range m.cfg.Limits.Builds {
		g.Go(func() error {
			for {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case job := <-m.jobs:
					m.serve(ctx, job)
				}
			}
		})
	}
	g.Go(func() error { return m.noteUses(ctx) })
	return g.Wait()
}

// noteUses writes down when copies are read, apart from the requests that read them.
func (m *Moments) noteUses(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case place := <-m.uses:
			if err := m.note(ctx, usedSQL, place); err != nil && ctx.Err() == nil && !errors.Is(err, errTaken) {
				m.cfg.Logger.WarnContext(ctx, "the use of a copy was not noted", "place", place, "error", err)
			}
		}
	}
}

// serve makes one copy. What fails is told to callers that wait, and tried again for those that ask later.
func (m *Moments) serve(ctx context.Context, job build) {
	began := m.cfg.Clock.Now()
	within, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	events, err := m.build(within, job)
	log := m.cfg.Logger.With("place", job.place, "workspace", string(job.workspace), "table", string(job.table), "position", job.Position,
		"events", events, "took", m.cfg.Clock.Now().Sub(began))
	if err == nil {
		log.InfoContext(ctx, "a table as it was is ready")
		return
	}
	after, done := context.WithTimeout(context.WithoutCancel(ctx), yieldMax)
	defer done()
	if !errors.Is(err, errTaken) && ctx.Err() == nil {
		log.ErrorContext(ctx, "a table as it was could not be made", "error", err)
		err = m.note(after, failureSQL, job.place, kernel.Shorten(err.Error()))
	} else {
		err = m.forget(after, job.place)
	}
	if err = errors.Join(err, m.cfg.Store.Drop(after, locationOf(job.place))); err != nil {
		log.WarnContext(ctx, "what is left of a copy is for the sweep", "error", err)
	}
}

func (m *Moments) build(ctx context.Context, job build) (events int, err error) {
	at := locationOf(job.place)
	c, positions, err := m.begin(ctx, job)
	if err != nil {
		return 0, err
	}
	if err := m.fill(ctx, job, c, positions); err != nil {
		return len(positions), err
	}
	if err := m.cfg.Store.Settle(ctx, at); err != nil {
		return len(positions), err
	}
	if err := m.cfg.Store.Finish(ctx, at); err != nil {
		return len(positions), err
	}
	var bytes int64
	if err := m.cfg.Pool.QueryRow(ctx, sizeSQL, postgres.SchemaOf(at)).Scan(&bytes); err != nil {
		return len(positions), fmt.Errorf("measure a copy: %w", err)
	}
	return len(positions), m.note(ctx, readySQL, job.place, bytes)
}

// fill applies the events at the positions, a page in each transaction; the next page is read meanwhile.
func (m *Moments) fill(ctx context.Context, job build, c projections.Checkpoint, positions []int64) error {
	g, ctx := errgroup.WithContext(ctx)
	pages := make(chan []eventstore.Recorded, 1)
	g.Go(func() error { return m.read(ctx, positions, pages) })
	g.Go(func() error {
		f := filling{m: m, at: c, aside: map[eventstore.StreamID]bool{}}
		done, total := int64(0), int64(len(positions))
		for page := range pages {
			if err := m.note(ctx, progressSQL, job.place, done, total); err != nil {
				return err
			}
			began := m.cfg.Clock.Now()
			if err := f.apply(ctx, page); err != nil {
				return err
			}
			done += int64(len(page))
			if m.cfg.Busy != nil && m.cfg.Busy() {
				if err := kernel.Pause(ctx, min(m.cfg.Clock.Now().Sub(began)/2, yieldMax)); err != nil {
					return err
				}
			}
		}
		return m.note(ctx, progressSQL, job.place, done, total)
	})
	return g.Wait()
}

// read reads the events at the positions page by page.
func (m *Moments) read(ctx context.Context, positions []int64, pages chan<- []eventstore.Recorded) error {
	defer close(pages)
	for rest := positions; len(rest) > 0; {
		page, err := m.cfg.Log.ReadPositions(ctx, rest[:min(buildPage, len(rest))])
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return fmt.Errorf("event %d is not in the log", rest[0])
		}
		rest = rest[len(page):]
		select {
		case pages <- page:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// filling brings a copy forward. Streams that can't be applied are left out from there on, as the live grid parks them.
type filling struct {
	m     *Moments
	at    projections.Checkpoint
	aside map[eventstore.StreamID]bool
}

func (f *filling) apply(ctx context.Context, page []eventstore.Recorded) error {
	var events []eventstore.Recorded
	for _, e := range page {
		if !f.aside[e.Stream] {
			events = append(events, e)
		}
	}
	if len(events) == 0 {
		return nil
	}
	next, err := f.m.cfg.Store.Advance(ctx, f.at, projections.Step{
		To:    events[len(events)-1].Position,
		Apply: func(ctx context.Context, tx projections.Tx) error { return f.m.projector.Apply(ctx, tx, events) },
	})
	switch {
	case err == nil:
		f.at = next
		return nil
	case ctx.Err() != nil || errors.Is(err, projections.ErrMoved) || f.m.cfg.Store.Transient(err):
		return err
	case len(events) == 1:
		f.aside[events[0].Stream] = true
		f.m.cfg.Logger.WarnContext(ctx, "a stream is left out of a table as it was", "stream", string(events[0].Stream),
			"position", events[0].Position, "error", err)
		return nil
	}
	for i := range events { // one of them is to blame
		if err := f.apply(ctx, events[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

// unlogged makes the tables of copies spare the write-ahead log: a copy can be made again, and none is taken for whole after a crash.
func unlogged(schema string) string {
	if strings.HasPrefix(schema, live()+"__"+copyPrefix) {
		return "UNLOGGED "
	}
	return ""
}
