package simulator_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// patience is how long a healed world has until everything has ended. The longest thing to wait for is a vendor's server that is given a rest.
const patience = 90 * time.Minute

// rest heals the world and waits until everything has ended; an operator sees meanwhile to what is left to people.
func (w *world) rest(ctx context.Context) {
	w.healed.Store(true)
	why, quiet := "", 0
	for n := 0; time.Since(w.began) < patience; n++ {
		w.pause(w.dice.of("look", strconv.Itoa(n)).within(time.Millisecond) + min(time.Duration(n+1)*time.Second, time.Minute))
		if err := w.operate(ctx); err != nil {
			w.wrong("the operator: %v", err)
			return
		}
		if why = w.unrest(ctx); why != "" {
			quiet = 0
			continue
		}
		if quiet++; quiet == 2 {
			return
		}
	}
	w.wrong("it doesn't come to rest: %s", why)
}

// operate has parked streams tried again, and resumes what people have paused.
func (w *world) operate(ctx context.Context) error {
	for _, at := range w.places() {
		list, err := w.views.Parked(ctx, at)
		if err != nil {
			return err
		}
		for _, p := range list {
			w.happened("", "retry", string(p.Stream), p.Error)
			if _, err := w.views.Retry(ctx, at, p.Stream, "", time.Now()); err != nil {
				return err
			}
		}
	}
	for _, id := range w.paused(ctx) {
		if list := w.living(); len(list) > 0 {
			_, err := list[0].runs.Control(ctx, meta(""), enrichmentcmd.Control{Workspace: workspace, Run: id, Verb: enrichmentcmd.Resume})
			w.happened("", "resume", string(id), fmt.Sprint(err))
		}
	}
	return nil
}

// paused lists the runs that wait for a person.
func (w *world) paused(ctx context.Context) []kernel.RunID {
	events, err := w.all(ctx)
	if err != nil {
		return nil
	}
	paused := map[kernel.RunID]bool{}
	for _, e := range events {
		switch e.Type {
		case (enrichment.RunPaused{}).EventType():
			paused[kernel.RunID(e.Stream.ID())] = true
		case (enrichment.RunResumed{}).EventType(), (enrichment.RunCancelRequested{}).EventType(), (enrichment.RunFinished{}).EventType():
			delete(paused, kernel.RunID(e.Stream.ID()))
		}
	}
	return slices.Sorted(maps.Keys(paused))
}

// places are those of all consumers of the log.
func (w *world) places() []projections.Location {
	out := []projections.Location{{Projection: "enrichment_flows", Copy: projections.Reacted}, {Projection: "import_flows", Copy: projections.Reacted}}
	if w.profile.hooks > 0 {
		out = append(out, projections.Location{Projection: feeder, Copy: projections.Reacted})
	}
	for _, p := range w.projectors() {
		out = append(out, projections.LiveOf(p.Name()))
	}
	return out
}

// streams lists the streams of a category.
func (w *world) streams(ctx context.Context, category string) (out []eventstore.StreamID, err error) {
	events, err := w.all(ctx)
	for _, e := range events {
		if e.Version == 1 && e.Stream.Category() == category {
			out = append(out, e.Stream)
		}
	}
	return out, err
}

func (w *world) all(ctx context.Context) ([]eventstore.Recorded, error) {
	var out []eventstore.Recorded
	for {
		page, err := w.log.ReadAll(ctx, int64(len(out)), 10_000)
		if err != nil || len(page) == 0 {
			return out, err
		}
		out = append(out, page...)
	}
}

func (w *world) allImports(ctx context.Context) ([]*dataops.Import, error) {
	streams, err := w.streams(ctx, dataops.ImportStream)
	var out []*dataops.Import
	for _, s := range streams {
		imp, _, err := eventstore.NewRepo(dataops.ImportStream, w.log, w.codec, dataops.NewImport).Load(ctx, s.ID())
		if err != nil {
			return nil, err
		}
		out = append(out, imp)
	}
	return out, err
}

// unrest says what has not ended.
func (w *world) unrest(ctx context.Context) string {
	head, _ := w.log.Head(ctx)
	for _, at := range w.places() {
		c, _, _ := w.views.Checkpoint(ctx, at)
		parked, _ := w.views.Parked(ctx, at)
		switch {
		case len(parked) > 0:
			return fmt.Sprintf("%s has parked %s at %d: %s", at, parked[0].Stream, parked[0].Position, parked[0].Error)
		case c.Position < head:
			return fmt.Sprintf("%s is at %d of %d", at, c.Position, head)
		}
	}
	w.throne.mu.Lock()
	published := w.throne.position
	w.throne.mu.Unlock()
	if published < head {
		return fmt.Sprintf("the relay is at %d of %d", published, head)
	}
	if stream := w.underway(ctx); stream != "" {
		return fmt.Sprintf("%s has not ended", stream)
	}
	if why := w.hooks.unrest(head); why != "" {
		return why
	}
	if n := w.temporal.running(); n > 0 {
		return fmt.Sprintf("%d flows run", n)
	}
	return ""
}

// underway returns a run or import that has not ended, by the types of its events alone.
func (w *world) underway(ctx context.Context) eventstore.StreamID {
	events, err := w.all(ctx)
	if err != nil {
		return eventstore.StreamID(err.Error())
	}
	open := map[eventstore.StreamID]bool{}
	for _, e := range events {
		switch e.Type {
		case (enrichment.RunStarted{}).EventType(), (enrichment.RunRetried{}).EventType(), (dataops.Started{}).EventType(), (dataops.UndoStarted{}).EventType():
			open[e.Stream] = true
		case (enrichment.RunFinished{}).EventType(), (dataops.Completed{}).EventType(), (dataops.Failed{}).EventType(), (dataops.Cancelled{}).EventType(), (dataops.Undone{}).EventType():
			delete(open, e.Stream)
		}
	}
	for _, stream := range slices.Sorted(maps.Keys(open)) {
		return stream
	}
	return ""
}
