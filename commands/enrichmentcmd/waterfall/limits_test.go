package waterfall_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

func TestTheBreakerOpensRestsAndProbes(t *testing.T) {
	t.Parallel()
	healthy := false
	p := provider("shaky", 0, func(n int, req enrichment.Request) (enrichment.Reply, error) {
		if healthy {
			return echo(n, req)
		}
		return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallFailed, Message: "down", Lost: true}
	})
	p.Idempotent = false // so that each record asks once
	backup := provider("backup", 0, echo)
	r := newRig(t, nil, p, backup)
	s := r.session()
	cfg := enrichment.Config{Steps: steps("shaky", "backup")}
	for i := range 5 {
		require.Equal(t, "unknown_outcome", string(statuses(r.ask(s, cfg, fmt.Sprint("q", i)))[0]))
	}
	out := r.ask(s, cfg, "next")
	require.Equal(t, []enrichment.AttemptStatus{enrichment.StatusBreakerOpen, enrichment.StatusSucceeded}, statuses(out))
	require.Equal(t, 5, p.count(), "an open step is not asked")
	require.True(t, r.engine.BreakerOpen("shaky"))

	r.clock.Advance(time.Minute)
	require.Equal(t, "unknown_outcome", string(statuses(r.ask(s, cfg, "probe"))[0]))
	require.Equal(t, enrichment.StatusBreakerOpen, statuses(r.ask(s, cfg, "after the probe"))[0], "a failed probe opens it again")

	r.clock.Advance(time.Minute)
	healthy = true
	require.Equal(t, []enrichment.AttemptStatus{"succeeded"}, statuses(r.ask(s, cfg, "second probe")))
	require.Equal(t, []enrichment.AttemptStatus{"succeeded"}, statuses(r.ask(s, cfg, "closed again")))
	require.False(t, r.engine.BreakerOpen("shaky"))
}

// A server that refuses a question or a key, or whose answer can't be understood or is too long, is there and well.
func TestWhatIsNotTheServersFaultDoesNotOpenTheBreaker(t *testing.T) {
	t.Parallel()
	for _, kind := range []enrichment.CallKind{enrichment.CallBadInput, enrichment.CallUnreachable, enrichment.CallUnauthorized, enrichment.CallBadReply} {
		p := provider("pp", 0, failing(kind))
		r := newRig(t, nil, p)
		s := r.session()
		for i := range 20 {
			r.ask(s, enrichment.Config{Steps: steps("pp")}, fmt.Sprint("q", i))
		}
		require.Equal(t, 20, p.count(), kind)
	}
}

func TestRateLimitsHold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		perSecond := rapid.IntRange(1, 20).Draw(rt, "per second")
		perMinute := rapid.IntRange(20, 100).Draw(rt, "per minute")
		var r *rig
		var at []time.Time
		p := provider("limited", 0, func(n int, req enrichment.Request) (enrichment.Reply, error) {
			at = append(at, r.clock.Now())
			return echo(n, req)
		})
		p.Limits = enrichment.RateLimits{PerSecond: perSecond, PerMinute: perMinute}
		r = newRig(t, nil, p)
		s := r.session()
		for i := range 150 {
			r.ask(s, enrichment.Config{Steps: steps("limited")}, fmt.Sprint("q", i))
		}
		// The calls of a second are spread; a bucket that holds n and refills n a minute lets at most 2n through in any minute.
		for i := range at {
			inSecond, inMinute := 0, 0
			for _, later := range at[i:] {
				if later.Sub(at[i]) < time.Second-time.Microsecond { // a call uses a whole number of nanoseconds
					inSecond++
				}
				if later.Sub(at[i]) < time.Minute {
					inMinute++
				}
			}
			if inSecond > perSecond || inMinute > 2*perMinute {
				rt.Fatalf("%d in a second (limit %d), %d in a minute (limit %d)", inSecond, perSecond, inMinute, perMinute)
			}
		}
	})
}

func TestAUsedUpDayIsSaidNotWaitedFor(t *testing.T) {
	t.Parallel()
	p := provider("daily", 0, echo)
	p.Limits = enrichment.RateLimits{PerDay: 3}
	r := newRig(t, nil, p)
	s := r.session()
	for i := range 3 {
		require.Equal(t, enrichment.MarkValue, r.ask(s, enrichment.Config{Steps: steps("daily")}, strconv.Itoa(i)).Mark.State)
	}
	out := r.ask(s, enrichment.Config{Steps: steps("daily")}, "one more")
	require.Equal(t, []enrichment.AttemptStatus{"rate_limited"}, statuses(out))
	require.Equal(t, 3, p.count())
}

func TestTooManyRequestsHalvesTheRateAndItGrowsBack(t *testing.T) {
	t.Parallel()
	p := provider("adaptive", 0, func(n int, req enrichment.Request) (enrichment.Reply, error) {
		if n == 1 {
			return enrichment.Reply{}, enrichment.Fail(enrichment.CallRateLimited, "slow down")
		}
		return echo(n, req)
	})
	p.Limits = enrichment.RateLimits{PerSecond: 1}
	r := newRig(t, nil, p)
	s := r.session()
	r.ask(s, enrichment.Config{Steps: steps("adaptive")}, "first")
	start := r.clock.Now()
	r.ask(s, enrichment.Config{Steps: steps("adaptive")}, "second")
	slow := r.clock.Now().Sub(start)
	require.Greater(t, slow, 1500*time.Millisecond, "about half of one a second")
	for i := range 60 {
		r.ask(s, enrichment.Config{Steps: steps("adaptive")}, fmt.Sprint("grow", i))
	}
	start = r.clock.Now()
	r.ask(s, enrichment.Config{Steps: steps("adaptive")}, "last")
	require.InDelta(t, time.Second, r.clock.Now().Sub(start), float64(50*time.Millisecond))
}

// A run with many records waiting must not keep out one with few: with one place and turns by run, the small run's records
// come every second time.
func TestCallsAreSharedOutByTurns(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var order []string
	hold := make(chan struct{})
	started := make(chan struct{})
	var once sync.Once
	p := provider("narrow", 0, func(n int, req enrichment.Request) (enrichment.Reply, error) {
		once.Do(func() { close(started); <-hold })
		mu.Lock()
		order = append(order, req.Inputs["q"][:3])
		mu.Unlock()
		return echo(n, req)
	})
	p.Limits = enrichment.RateLimits{Concurrency: 1}
	r := newRig(t, nil, p)
	plan := r.plan(enrichment.Config{Steps: steps("narrow")})
	var wg sync.WaitGroup
	run := func(name string, records int) {
		s := r.engine.Session(waterfall.SessionConfig{Workspace: "ws_1", Run: kernel.RunID("run_" + name)})
		for i := range records {
			wg.Go(func() {
				s.Ask(t.Context(), t.Context(), plan, "row_1", func(kernel.ColumnID) json.RawMessage { return fmt.Appendf(nil, `"%s%d"`, name, i) })
			})
		}
	}
	run("big", 200)
	<-started
	run("sml", 5)
	require.Eventually(t, func() bool { return r.engine.Waiting("narrow") == 204 }, 5*time.Second, time.Millisecond)
	close(hold)
	wg.Wait()
	last := 0
	for i, name := range order {
		if name == "sml" {
			last = i
		}
	}
	require.LessOrEqual(t, last, 11, "the small run is done after ten or so calls, not after two hundred: %v", order[:20])
}
