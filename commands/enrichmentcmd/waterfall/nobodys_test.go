package waterfall_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// hosted is a provider whose config names the server.
type hosted struct{ *fake }

func (hosted) CheckConfig(json.RawMessage) ([]enrichment.Field, error) { return nil, nil }

func (hosted) HostOf(config json.RawMessage) string { return string(config) }

// asks are different ways to the same provider: by workspace, by credential, by host.
func asks(r *rig) map[string]func(n int) waterfall.Outcome {
	ask := func(ws kernel.WorkspaceID, host string, credential kernel.CredentialID) func(int) waterfall.Outcome {
		s := r.engine.Session(waterfall.SessionConfig{Workspace: ws, Run: "run_1", Patience: waterfall.Patience{Limits: true, Rests: true}})
		st := steps("shared")
		st[0].CredentialID = credential
		st[0].Config = json.RawMessage(fmt.Sprintf("%q", host))
		return func(n int) waterfall.Outcome {
			return r.ask(s, enrichment.Config{Steps: st}, fmt.Sprint(ws, host, credential, n))
		}
	}
	return map[string]func(int) waterfall.Outcome{
		"another workspace":  ask("ws_2", "a.example", "cred_1"),
		"another host":       ask("ws_1", "b.example", "cred_1"),
		"another credential": ask("ws_1", "a.example", "cred_2"),
		"the same":           ask("ws_1", "a.example", "cred_1"),
	}
}

type anyKey struct{}

func (anyKey) Open(context.Context, kernel.WorkspaceID, kernel.CredentialID) (map[string]string, []string, error) {
	return map[string]string{"api_key": "k"}, nil, nil
}

func TestNobodysFailuresAreAnothers(t *testing.T) {
	t.Parallel()
	for name, trouble := range map[string]*enrichment.CallError{
		"a server that fails":         {Kind: enrichment.CallFailed, Message: "the API answers 500"},
		"a server that keeps silent":  {Kind: enrichment.CallTimeout, Message: "no answer in time"},
		"a server that asks for time": {Kind: enrichment.CallRateLimited, Message: "the API answers 429", RetryAfter: 30 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sick := true
			p := hosted{provider("shared", 0, func(n int, req enrichment.Request) (enrichment.Reply, error) {
				if sick {
					return enrichment.Reply{}, trouble
				}
				return echo(n, req)
			})}
			p.Limits = enrichment.RateLimits{PerMinute: 1000}
			r := newRig(t, func(c *waterfall.Config) { c.Secrets = anyKey{} }, p)
			ways := asks(r)
			for n := range 3 {
				ways["the same"](n)
			}
			sick = false
			start := r.clock.Now()
			for name, ask := range ways {
				out := ask(100)
				if name == "the same" {
					require.Empty(t, out.Mark.State, "it has no outcome yet")
					require.Equal(t, "shared: "+trouble.Message, out.Waits[:len("shared: "+trouble.Message)], "with the useful reason")
					require.True(t, out.Until.After(start))
					continue
				}
				require.Equal(t, enrichment.MarkValue, out.Mark.State, name)
			}
			require.Less(t, r.clock.Now().Sub(start), time.Second, "nobody waited")
		})
	}
}

// While a server rests its cells are put off until the time of the next probe; then one of them is the probe.
func TestACellIsPutOffWhileTheServerRests(t *testing.T) {
	t.Parallel()
	sick := true
	p := provider("shaky", 0, func(n int, req enrichment.Request) (enrichment.Reply, error) {
		if sick {
			return enrichment.Reply{}, enrichment.Fail(enrichment.CallFailed, "the API answers 503")
		}
		return echo(n, req)
	})
	r := newRig(t, nil, p)
	s := r.engine.Session(waterfall.SessionConfig{Workspace: "ws_1", Run: "run_1", Patience: waterfall.Patience{Rests: true}})
	cfg := enrichment.Config{Steps: steps("shaky")}
	r.ask(s, cfg, "one")
	out := r.ask(s, cfg, "two")
	require.WithinRange(t, out.Until, r.clock.Now().Add(55*time.Second), r.clock.Now().Add(time.Minute))
	require.Equal(t, 5, p.count())

	impatient := r.ask(r.session(), cfg, "two")
	require.Equal(t, enrichment.MarkError, impatient.Mark.State, "who does not wait is told")
	require.Contains(t, impatient.Mark.Message, "the API answers 503", "what the server said last")

	sick = false
	r.clock.Advance(out.Until.Sub(r.clock.Now()))
	require.Equal(t, enrichment.MarkValue, r.ask(s, cfg, "two").Mark.State)
	require.Equal(t, enrichment.MarkValue, r.ask(s, cfg, "three").Mark.State)
}

// What a provider asks for counts for an hour at most, even if it says more; a limit of our own that is used up for longer is said.
func TestRateLimitsAreWaitedForWithinBounds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		retryAfter, wait time.Duration
	}{
		"seconds":    {40 * time.Second, 40 * time.Second},
		"minutes":    {20 * time.Minute, 20 * time.Minute},
		"for ever":   {24 * 365 * time.Hour, waterfall.LongestWait},
		"not a word": {0, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := provider("busy", 0, func(int, enrichment.Request) (enrichment.Reply, error) {
				return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallRateLimited, Message: "the API answers 429", RetryAfter: c.retryAfter}
			})
			r := newRig(t, nil, p)
			s := r.engine.Session(waterfall.SessionConfig{Workspace: "ws_1", Run: "run_1", Patience: waterfall.Patience{Limits: true}})
			out := r.ask(s, enrichment.Config{Steps: steps("busy")}, "q")
			require.Equal(t, c.wait, out.Until.Sub(r.clock.Now()))
			require.Equal(t, "busy: the API answers 429", out.Waits)
		})
	}
}

// A cell is not put off when a provider that must not be asked twice has answered it already.
func TestNothingThatMustNotBeAskedTwiceIsAskedAgain(t *testing.T) {
	t.Parallel()
	once := provider("once", 0, nothing)
	once.Idempotent = false
	busy := provider("busy", 0, func(int, enrichment.Request) (enrichment.Reply, error) {
		return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallRateLimited, Message: "too often", RetryAfter: time.Minute}
	})
	r := newRig(t, nil, once, busy)
	s := r.engine.Session(waterfall.SessionConfig{Workspace: "ws_1", Run: "run_1", Patience: waterfall.Patience{Limits: true}})
	out := r.ask(s, enrichment.Config{Steps: steps("once", "busy")}, "q")
	require.Equal(t, enrichment.MarkError, out.Mark.State)
	require.True(t, out.Until.IsZero())
}
