package waterfall_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// fake is a provider whose answers are a script.
type fake struct {
	enrichment.Provider
	mu    sync.Mutex
	calls []enrichment.Request
	do    func(n int, req enrichment.Request) (enrichment.Reply, error)
}

func provider(slug string, price kernel.Credits, do func(n int, req enrichment.Request) (enrichment.Reply, error)) *fake {
	return &fake{Provider: enrichment.Provider{
		Slug: slug, Name: slug, Category: "test", Terms: "none", Price: price, Auth: enrichment.AuthNone, Idempotent: true,
		Inputs:  []enrichment.Field{{Name: "q", Label: "Question", Type: enrichment.FieldText, Required: true}},
		Outputs: []enrichment.Field{{Name: "a", Label: "Answer", Type: enrichment.FieldText}, {Name: "n", Label: "Number", Type: enrichment.FieldNumber}},
	}, do: do}
}

func (f *fake) Describe() enrichment.Provider { return f.Provider }

func (f *fake) Call(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
	f.mu.Lock()
	f.calls = append(f.calls, req)
	n := len(f.calls)
	f.mu.Unlock()
	return f.do(n, req)
}

func (f *fake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.calls)
}

func echo(_ int, req enrichment.Request) (enrichment.Reply, error) {
	return enrichment.Reply{Outputs: map[string]any{"a": req.Inputs["q"]}}, nil
}

func nothing(int, enrichment.Request) (enrichment.Reply, error) { return enrichment.Reply{}, nil }

func failing(kind enrichment.CallKind) func(int, enrichment.Request) (enrichment.Reply, error) {
	return func(int, enrichment.Request) (enrichment.Reply, error) {
		return enrichment.Reply{}, enrichment.Fail(kind, "no luck")
	}
}

type rig struct {
	t      *testing.T
	clock  *kernel.ManualClock
	engine *waterfall.Engine
	mu     sync.Mutex
	slept  []time.Duration
}

func newRig(t *testing.T, change func(*waterfall.Config), callers ...enrichment.Caller) *rig {
	t.Helper()
	r := &rig{t: t, clock: kernel.NewManualClock(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))}
	reg, err := enrichment.NewRegistry(callers...)
	require.NoError(t, err)
	cfg := waterfall.Config{Registry: reg, Clock: r.clock, Jitter: func() float64 { return 0 }, Sleep: func(ctx context.Context, d time.Duration) error {
		r.mu.Lock()
		r.slept = append(r.slept, d)
		r.mu.Unlock()
		r.clock.Advance(d)
		return ctx.Err()
	}}
	if change != nil {
		change(&cfg)
	}
	r.engine, err = waterfall.New(cfg)
	require.NoError(t, err)
	return r
}

const (
	colQ = kernel.ColumnID("col_q")
	colA = kernel.ColumnID("col_a")
	colN = kernel.ColumnID("col_n")
)

func steps(slugs ...string) []enrichment.Step {
	var out []enrichment.Step
	for _, s := range slugs {
		out = append(out, enrichment.Step{Provider: s, Inputs: map[string]enrichment.Input{"q": {Column: colQ}}, Output: "a"})
	}
	return out
}

func (r *rig) plan(cfg enrichment.Config) *waterfall.Plan {
	r.t.Helper()
	cols := []enrichment.Column{{ID: colQ, Name: "Question"}, {ID: colA, Name: "Answer"}, {ID: colN, Name: "Number"}}
	p, err := r.engine.Compile(enrichment.Plan{ColumnID: colA, Config: cfg}, cols, nil)
	require.NoError(r.t, err)
	return p
}

func (r *rig) ask(s *waterfall.Session, cfg enrichment.Config, q string) waterfall.Outcome {
	r.t.Helper()
	raw, err := json.Marshal(q)
	require.NoError(r.t, err)
	return s.Ask(r.t.Context(), r.t.Context(), r.plan(cfg), "row_1", func(c kernel.ColumnID) json.RawMessage {
		if c == colQ {
			return raw
		}
		return nil
	})
}

func (r *rig) session() *waterfall.Session {
	return r.engine.Session(waterfall.SessionConfig{Workspace: "ws_1", Run: "run_1"})
}

func statuses(o waterfall.Outcome) []enrichment.AttemptStatus {
	var out []enrichment.AttemptStatus
	for _, a := range o.Provenance.Attempts {
		out = append(out, a.Status)
	}
	return out
}
