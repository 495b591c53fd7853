package enrichmentflow_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// die leaves the run as a worker does that dies after it has begun the page under way again.
func (r *rig) die(id kernel.RunID) {
	r.t.Helper()
	run := r.run(id)
	version, err := r.store.StreamVersion(r.t.Context(), eventstore.Stream("run", string(id)))
	require.NoError(r.t, err)
	if run.Calm() {
		require.NoError(r.t, run.StartPageAgain(r.clock.Now()))
	} else {
		require.NoError(r.t, run.LoseWorker())
		require.NoError(r.t, run.StartPageAgain(r.clock.Now()))
	}
	r.append(eventstore.Stream("run", string(id)), eventstore.Expected(version), run.Pending()...)
}

// A page that has killed its worker twice has failed with a reason; the run goes on with the next one.
func TestAPageThatKillsItsWorkersHasFailed(t *testing.T) {
	t.Parallel()
	p := newFake("paid", 1000)
	r := newRig(t, 120, fast(), p)
	r.addColumn("Answer", "paid")
	r.grant(1_000_000)
	job := r.start(nil)
	r.crash(job.ID)
	r.die(job.ID)
	require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
	run := r.run(job.ID)
	require.Equal(t, enrichment.RunPartiallyCompleted, run.State())
	require.EqualValues(t, 2, run.Counts().Failed, "the cells of the page's intent")
	require.EqualValues(t, 118, run.Counts().Succeeded)
	require.Equal(t, 118, p.calls(), "what killed two workers is not asked a third time")
	for _, o := range r.outcomes(job.ID) {
		if o.marks[0].State == enrichment.MarkError {
			require.Contains(t, o.marks[0].Message, "the program ended 2 times")
		}
	}
	require.Zero(t, r.account().Reserved())
}

// A worker that ended by itself, because it was told to stop or met an error, has not been killed by its page.
func TestAStopIsNoKill(t *testing.T) {
	t.Parallel()
	r := newRig(t, 20, fast(), newFake("free", 0))
	r.addColumn("Answer", "free")
	job := r.start(nil)
	r.crash(job.ID)
	for range 5 { // it is stopped again and again before it has an answer
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		res, err := r.runner.Slice(ctx, input(job.ID), enrichmentflow.Try{Ended: true})
		require.NoError(t, err)
		require.Equal(t, enrichmentflow.More, res.Next)
		run := r.run(job.ID)
		require.Zero(t, run.Killed())
		version, err := r.store.StreamVersion(t.Context(), eventstore.Stream("run", string(job.ID)))
		require.NoError(t, err)
		require.NoError(t, run.StartPageAgain(r.clock.Now()))
		r.append(eventstore.Stream("run", string(job.ID)), eventstore.Expected(version), run.Pending()...)
	}
	require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
	require.EqualValues(t, 20, r.run(job.ID).Counts().Succeeded)
}

// What was counted of one page says nothing about the next one.
func TestKillsAreCountedByPage(t *testing.T) {
	t.Parallel()
	r := newRig(t, 20, fast(), newFake("free", 0))
	r.addColumn("Answer", "free")
	job := r.start(nil)
	for i := range 4 {
		run := r.run(job.ID)
		version, err := r.store.StreamVersion(t.Context(), eventstore.Stream("run", string(job.ID)))
		require.NoError(t, err)
		row := r.rows.rows[i].ID
		require.NoError(t, run.StartPage([]enrichment.PagePart{{Rows: []kernel.RowID{row}, Columns: r.answers}}, row, r.clock.Now()))
		require.NoError(t, run.LoseWorker())
		require.Equal(t, 1, run.Killed())
		r.append(eventstore.Stream("run", string(job.ID)), eventstore.Expected(version), run.Pending()...)
	}
}

// While one suspect is at work another one waits, can be stopped, and is not counted as begun.
func TestSuspectsAreDoneOneAtATime(t *testing.T) {
	t.Parallel()
	var r *rig
	hold, reached := make(chan struct{}), make(chan struct{})
	p := newFake("free", 0)
	p.do = func(context.Context, enrichment.Request) (enrichment.Reply, error) {
		select {
		case reached <- struct{}{}:
			<-hold
		case <-hold:
		}
		return enrichment.Reply{Outputs: map[string]any{"a": "x"}}, nil
	}
	limits := fast()
	limits.Workers = 1
	r = newRig(t, 10, limits, p)
	r.addColumn("Answer", "free")
	first, second := r.start(nil), r.start(nil)
	r.crash(first.ID)
	r.crash(second.ID)
	done := make(chan enrichmentflow.Next)
	go func() { done <- r.work(input(first.ID)) }()
	<-reached

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	res, err := r.runner.Slice(ctx, input(second.ID), enrichmentflow.Try{})
	require.NoError(t, err)
	require.Equal(t, enrichmentflow.More, res.Next)
	require.Equal(t, 1, r.run(second.ID).Killed())
	require.True(t, r.run(second.ID).Calm(), "what waits for its turn has not begun")
	close(hold)
	require.Equal(t, enrichmentflow.Done, <-done)
	require.Equal(t, enrichmentflow.Done, r.work(input(second.ID)))
	require.EqualValues(t, 10, r.run(second.ID).Counts().Succeeded)
}

// bomb panics outside of the provider's call: what it answers can't be made into text.
type bomb struct{}

func (bomb) MarshalJSON() ([]byte, error) { panic("boom") }

func TestAPanicEndsItsCellAndNothingElse(t *testing.T) {
	t.Parallel()
	p := newFake("free", 0)
	p.Outputs = append(p.Outputs, enrichment.Field{Name: "o", Label: "Object", Type: enrichment.FieldObject})
	p.do = func(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
		out := map[string]any{"a": "x"}
		if strings.HasSuffix(req.Inputs["q"], "3") {
			out["o"] = bomb{}
		}
		return enrichment.Reply{Outputs: out}, nil
	}
	r := newRig(t, 10, fast(), p)
	r.addColumn("Answer", "free")
	job := r.start(nil)
	require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
	require.EqualValues(t, 9, r.run(job.ID).Counts().Succeeded)
	require.EqualValues(t, 1, r.run(job.ID).Counts().Failed)
}

// However a page ends over which a worker was lost, what that one may have asked is told of each of its cells.
func TestWhatALostWorkerMayHaveAskedIsToldHoweverItEnds(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]struct {
		happens func(r *rig, id kernel.RunID)
		repeats int
	}{
		"it is asked again": {func(*rig, kernel.RunID) {}, 2},
		"it is asked again after a stop in order": {func(r *rig, id kernel.RunID) {
			ctx, cancel := context.WithCancel(r.t.Context())
			cancel()
			_, err := r.runner.Slice(ctx, input(id), enrichmentflow.Try{})
			require.NoError(r.t, err)
			require.True(r.t, r.run(id).Calm())
		}, 2},
		"it is asked again after an attempt that ended by itself": {func(r *rig, id kernel.RunID) {
			ctx, cancel := context.WithCancel(r.t.Context())
			cancel()
			_, err := r.runner.Slice(ctx, input(id), enrichmentflow.Try{Ended: true})
			require.NoError(r.t, err)
		}, 2},
		"the page is given up": {func(r *rig, id kernel.RunID) { r.die(id) }, 0},
		"the run is cancelled": {func(r *rig, id kernel.RunID) {
			_, err := r.handlers.Control(r.t.Context(), meta(), enrichmentcmd.Control{Workspace: workspace, Run: id, Verb: enrichmentcmd.Cancel})
			require.NoError(r.t, err)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 20, fast(), newFake("free", 0))
			r.addColumn("Answer", "free")
			job := r.start(nil)
			r.crash(job.ID)
			then.happens(r, job.ID)
			require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
			repeats, unknown := 0, 0
			for _, o := range r.outcomes(job.ID) {
				for _, try := range o.prov.Attempts {
					switch {
					case try.Repeated:
						repeats++
					case try.Status == enrichment.StatusUnknown:
						unknown++
						require.Equal(t, "free", try.Provider)
						require.Equal(t, 1, try.Calls)
					}
				}
			}
			require.Equal(t, []int{then.repeats, 2 - then.repeats}, []int{repeats, unknown}, "repeats and lost answers that are told")
		})
	}
}

// overtaken is a log that loses the answer of the first append to a run. Before the n-th read of the run after that, another worker
// takes the run over.
type overtaken struct {
	eventstore.Store
	stream   eventstore.StreamID
	takeOver func()
	lost     bool
	reads    int
}

func (o *overtaken) Append(ctx context.Context, a eventstore.Append) (eventstore.Appended, error) {
	done, err := o.Store.Append(ctx, a)
	if err == nil && !o.lost && a.Streams[0].Stream == o.stream {
		o.lost = true
		return eventstore.Appended{}, eventstore.ErrUnknownOutcome
	}
	return done, err
}

func (o *overtaken) ReadStream(ctx context.Context, stream eventstore.StreamID, after int64, limit int) ([]eventstore.Recorded, error) {
	if o.lost && stream == o.stream {
		if o.reads--; o.reads == 0 {
			o.takeOver()
		}
	}
	return o.Store.ReadStream(ctx, stream, after, limit)
}

// A worker that finds out what became of an append takes nothing of its successor's for its own, whenever that one begins: else it would
// leave the successor's page in order, and what must not be asked twice would be.
func TestAWorkerTakesNothingOfItsSuccessorForItsOwn(t *testing.T) {
	t.Parallel()
	for _, reads := range []int{1, 2} {
		p := newFake("paid", 1000)
		r := newRig(t, 4, fast(), p)
		r.addColumn("Answer", "paid")
		r.grant(1_000_000)
		job := r.start(nil)
		log := &overtaken{Store: r.store, stream: eventstore.Stream("run", string(job.ID)), reads: reads}
		log.takeOver = func() { r.die(job.ID) }
		r.store = log
		r.build(fast(), p)
		_, err := r.runner.Slice(t.Context(), input(job.ID), enrichmentflow.Try{})
		require.ErrorIs(t, err, enrichmentflow.ErrSuperseded, "overtaken before read %d", reads)
		require.False(t, r.run(job.ID).Calm(), "overtaken before read %d: the page is its successor's to leave", reads)
		require.Zero(t, p.calls())
	}
}
