package enrichmentflow_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// waitingRig is a rig on a clock that stands still, one row at a time.
func waitingRig(t *testing.T, rows int, p *fake) (*rig, *kernel.ManualClock) {
	t.Helper()
	limits := fast()
	limits.Workers = 1
	r := newRig(t, rows, limits, p)
	clock := kernel.NewManualClock(time.Now().UTC())
	r.clock = clock
	r.sleep = func(ctx context.Context, d time.Duration) error {
		clock.Advance(d)
		return ctx.Err()
	}
	r.build(limits, p)
	r.addColumn("Answer", p.Slug)
	r.grant(1_000_000)
	return r, clock
}

func (r *rig) slice(in enrichmentflow.Input) enrichmentflow.Result {
	r.t.Helper()
	res, err := r.runner.Slice(r.t.Context(), in, enrichmentflow.Try{})
	require.NoError(r.t, err)
	return res
}

// stops are the events by which the run's page was left.
func (r *rig) stops(id kernel.RunID) (out []enrichment.RunPageStopped) {
	r.t.Helper()
	events, err := r.store.ReadStream(r.t.Context(), eventstore.Stream("run", string(id)), 0, 10_000)
	require.NoError(r.t, err)
	for _, rec := range events {
		e, err := r.codec.Decode(rec)
		require.NoError(r.t, err)
		if e, ok := e.(enrichment.RunPageStopped); ok {
			out = append(out, e)
		}
	}
	return out
}

func TestARunWaitsForAServerThatFails(t *testing.T) {
	t.Parallel()
	var healthy atomic.Bool
	p := newFake("paid", 1000)
	p.do = func(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
		if req.Inputs["q"] != "q0" && !healthy.Load() {
			return enrichment.Reply{}, enrichment.Fail(enrichment.CallFailed, "the API answers 503")
		}
		return enrichment.Reply{Outputs: map[string]any{"a": "re: " + req.Inputs["q"]}}, nil
	}
	r, clock := waitingRig(t, 20, p)
	job := r.start(nil)
	res := r.slice(input(job.ID))
	require.Equal(t, enrichmentflow.Waiting, res.Next)
	require.LessOrEqual(t, res.Wait, time.Minute)
	run := r.run(job.ID)
	require.Equal(t, enrichment.RunRunning, run.State())
	require.EqualValues(t, 1, run.Counts().Failed, "the one that had used up its tries before it was known that the server is ill")
	require.Len(t, run.Open(), 18)
	require.True(t, run.Calm(), "no call is under way: a crash now leaves nothing unknown")
	stops := r.stops(job.ID)
	require.Len(t, stops[len(stops)-1].Rows, 18)
	require.Contains(t, stops[len(stops)-1].Reason, "the API answers 503")
	require.Equal(t, run.Until(), *stops[len(stops)-1].Until)

	calls := p.calls()
	r.build(enrichmentflow.Limits{}, p) // another process, which knows nothing of the breaker
	require.Equal(t, enrichmentflow.Waiting, r.slice(input(job.ID)).Next, "whoever comes too early waits on")
	require.Equal(t, calls, p.calls())

	clock.Advance(res.Wait)
	healthy.Store(true)
	require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
	require.EqualValues(t, 19, r.run(job.ID).Counts().Succeeded)
	require.Equal(t, kernel.Credits(1_000_000-19_000), r.account().Available())
}

// A server that does not recover is given up after a while, and the cells say what it answered.
func TestARunDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]*enrichment.CallError{
		"a server that fails":           {Kind: enrichment.CallFailed, Message: "the API answers 503"},
		"a rate limit that never ends":  {Kind: enrichment.CallRateLimited, Message: "the API answers 429", RetryAfter: 10 * time.Minute},
		"a rate limit without any time": {Kind: enrichment.CallRateLimited, Message: "the API answers 429"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newFake("dead", 0)
			p.do = func(context.Context, enrichment.Request) (enrichment.Reply, error) {
				return enrichment.Reply{}, trouble
			}
			r, clock := waitingRig(t, 30, p)
			job := r.start(nil)
			began := clock.Now()
			res := r.slice(input(job.ID))
			for res.Next != enrichmentflow.Done {
				require.Less(t, clock.Now().Sub(began), 2*time.Hour)
				clock.Advance(res.Wait)
				res = r.slice(input(job.ID))
			}
			require.Equal(t, enrichment.RunFailed, r.run(job.ID).State())
			for _, o := range r.outcomes(job.ID) {
				require.Len(t, o.marks, 1)
				require.Contains(t, o.marks[0].Message, trouble.Message)
			}
		})
	}
}

// A retry of what failed asks again, and what it can't ask yet keeps its reason instead of getting a new one.
func TestARetryWaitsToo(t *testing.T) {
	t.Parallel()
	var busy atomic.Bool
	p := newFake("busy", 0)
	p.do = func(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
		if busy.Load() {
			return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallRateLimited, Message: "the API answers 429", RetryAfter: 20 * time.Minute}
		}
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "the API answers 422")
	}
	r, clock := waitingRig(t, 10, p)
	job := r.start(nil)
	require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
	_, err := r.handlers.Control(t.Context(), meta(), enrichmentcmd.Control{Workspace: workspace, Run: job.ID, Verb: enrichmentcmd.Retry})
	require.NoError(t, err)
	busy.Store(true)
	in := input(job.ID)
	in.Round = 1
	res := r.slice(in)
	require.Equal(t, enrichmentflow.Waiting, res.Next)
	require.InDelta(t, 20*time.Minute, res.Wait, float64(time.Second))
	busy.Store(false)
	clock.Advance(res.Wait)
	require.Equal(t, enrichmentflow.Done, r.work(in))
	for _, o := range r.outcomes(job.ID) {
		require.Equal(t, "busy: the API answers 422", o.marks[len(o.marks)-1].Message)
	}
}

func TestARunThatWaitsCanBePausedAndCancelled(t *testing.T) {
	t.Parallel()
	p := newFake("busy", 0)
	p.do = func(context.Context, enrichment.Request) (enrichment.Reply, error) {
		return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallRateLimited, Message: "the API answers 429", RetryAfter: 20 * time.Minute}
	}
	r, _ := waitingRig(t, 10, p)
	job := r.start(nil)
	control := func(v enrichmentcmd.Verb) {
		_, err := r.handlers.Control(t.Context(), meta(), enrichmentcmd.Control{Workspace: workspace, Run: job.ID, Verb: v})
		require.NoError(t, err)
	}
	require.Equal(t, enrichmentflow.Waiting, r.slice(input(job.ID)).Next)
	control(enrichmentcmd.Pause)
	require.Equal(t, enrichmentflow.Paused, r.slice(input(job.ID)).Next)
	control(enrichmentcmd.Resume)
	require.Equal(t, enrichmentflow.Waiting, r.slice(input(job.ID)).Next)
	control(enrichmentcmd.Cancel)
	require.Equal(t, enrichmentflow.Done, r.slice(input(job.ID)).Next)
	require.Equal(t, enrichment.RunCancelled, r.run(job.ID).State())
}

// The columns after one that waits may read what it will answer.
func TestLaterColumnsWaitWithAnEarlierOne(t *testing.T) {
	t.Parallel()
	var healthy atomic.Bool
	p := newFake("busy", 0)
	p.do = func(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
		if !healthy.Load() {
			return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallRateLimited, Message: "the API answers 429", RetryAfter: 20 * time.Minute}
		}
		return enrichment.Reply{Outputs: map[string]any{"a": "re: " + req.Inputs["q"]}}, nil
	}
	r, clock := waitingRig(t, 3, p)
	second := r.addColumn("Second", "busy")
	cfg := enrichment.Config{Steps: []enrichment.Step{{Provider: "busy", Inputs: map[string]enrichment.Input{"q": {Template: "{{Answer}}!"}}, Output: "a"}}}
	_, err := r.handlers.Configure(t.Context(), meta(), enrichmentcmd.Configure{Workspace: workspace, Table: r.table, Column: second, Config: cfg})
	require.NoError(t, err)
	job := r.start(nil)
	res := r.slice(input(job.ID))
	require.Equal(t, enrichmentflow.Waiting, res.Next)
	require.Len(t, r.run(job.ID).Open(), 6)
	healthy.Store(true)
	clock.Advance(res.Wait)
	require.Equal(t, enrichmentflow.Done, r.work(input(job.ID)))
	require.JSONEq(t, `"re: re: q0!"`, r.outcomes(job.ID)[enrichment.Cell{Row: r.rows.rows[0].ID, Column: second}].value)
}

// A clock that is a day ahead for a moment doesn't let a run wait for a day, neither for its time nor for a server that stays ill.
func TestARunDoesNotWaitForATimeThatAWrongClockSaid(t *testing.T) {
	t.Parallel()
	p := newFake("dead", 0)
	p.do = func(context.Context, enrichment.Request) (enrichment.Reply, error) {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallFailed, "the API answers 503")
	}
	r, clock := waitingRig(t, 20, p)
	clock.Advance(24 * time.Hour)
	job := r.start(nil)
	require.Equal(t, enrichmentflow.Waiting, r.slice(input(job.ID)).Next)
	clock.Advance(-24 * time.Hour)
	r.build(enrichmentflow.Limits{}, p) // another process, which knows nothing of the breaker
	began := clock.Now()
	for res := r.slice(input(job.ID)); res.Next != enrichmentflow.Done; res = r.slice(input(job.ID)) {
		require.Less(t, clock.Now().Sub(began), 2*time.Hour)
		clock.Advance(res.Wait)
	}
	require.Equal(t, enrichment.RunFailed, r.run(job.ID).State())
}
