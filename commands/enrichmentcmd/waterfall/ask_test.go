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
	"github.com/morket/morket/domain/kernel/expression"
)

func TestTheFirstGoodAnswerWinsAndOnlyItIsPaid(t *testing.T) {
	t.Parallel()
	first, second, third := provider("first", 2000, nothing), provider("second", 3000, echo), provider("third", 1000, echo)
	r := newRig(t, nil, first, second, third)
	out := r.ask(r.session(), enrichment.Config{Steps: steps("first", "second", "third")}, "acme")
	require.Equal(t, enrichment.MarkValue, out.Mark.State)
	require.JSONEq(t, `"acme"`, string(out.Values[colA]))
	require.Equal(t, []enrichment.AttemptStatus{enrichment.StatusNotFound, enrichment.StatusSucceeded}, statuses(out))
	require.Equal(t, kernel.Credits(3000), out.Provenance.CreditsMC)
	require.Equal(t, "second", out.Provenance.Provider)
	require.NotEmpty(t, out.Provenance.AnswerHash)
	require.Zero(t, third.count())
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	no := enrichment.MarkSkipped
	for name, c := range map[string]struct {
		cfg      enrichment.Config
		question string
		state    enrichment.MarkState
		message  string
		attempts []enrichment.AttemptStatus
	}{
		"nobody has an answer":    {enrichment.Config{Steps: steps("none", "none2")}, "x", enrichment.MarkEmpty, "", []enrichment.AttemptStatus{"not_found", "not_found"}},
		"one fails, none found":   {enrichment.Config{Steps: steps("bad", "none")}, "x", enrichment.MarkError, "bad: no luck", []enrichment.AttemptStatus{"bad_input", "not_found"}},
		"one fails, one found":    {enrichment.Config{Steps: steps("bad", "echo")}, "x", enrichment.MarkValue, "", []enrichment.AttemptStatus{"bad_input", "succeeded"}},
		"the input is empty":      {enrichment.Config{Steps: steps("echo")}, "  ", no, "Question is empty", []enrichment.AttemptStatus{"missing_input"}},
		"row condition":           {enrichment.Config{Steps: steps("echo"), Condition: `{{Question}} == "y"`}, "x", no, "the condition is not met", nil},
		"undecidable condition":   {enrichment.Config{Steps: steps("echo"), Condition: `{{Question}} > 5`}, "x", no, "the condition can't be decided: a text and a number can't be compared by size", nil},
		"costly condition":        {enrichment.Config{Steps: steps("echo"), Condition: `len(repeat({{Question}}, 2000000)) > 0`}, "x", enrichment.MarkError, "the condition can't be decided: " + expression.ErrTooLarge.Error(), nil},
		"a miss with its reason":  {enrichment.Config{Steps: steps("missed")}, "x", enrichment.MarkEmpty, "the domain is parked", []enrichment.AttemptStatus{"not_found"}},
		"what can't be kept":      {enrichment.Config{Steps: steps("leaves")}, "x", enrichment.MarkError, "leaves: the number is too large", []enrichment.AttemptStatus{"bad_reply"}},
		"another output can't be": {enrichment.Config{Steps: steps("part"), Outputs: []enrichment.Output{{Output: "n", ColumnID: colN}}}, "x", enrichment.MarkValue, "n is left out: the number is too large", []enrichment.AttemptStatus{"succeeded"}},
		"odd reply":               {enrichment.Config{Steps: steps("odd")}, "x", enrichment.MarkError, "odd: the reply's a is a int, not a text", []enrichment.AttemptStatus{"bad_reply"}},
		"panicking provider":      {enrichment.Config{Steps: steps("panics")}, "x", enrichment.MarkError, "panics: panics could not digest this record", []enrichment.AttemptStatus{"bad_reply"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, nil, provider("none", 0, nothing), provider("none2", 0, nothing), provider("bad", 0, failing(enrichment.CallBadInput)), provider("echo", 0, echo),
				provider("missed", 0, func(int, enrichment.Request) (enrichment.Reply, error) {
					return enrichment.Reply{Missed: "the domain is parked"}, nil
				}),
				provider("leaves", 0, func(int, enrichment.Request) (enrichment.Reply, error) {
					return enrichment.Reply{LeftOut: map[string]string{"a": "the number is too large"}}, nil
				}),
				provider("part", 0, func(int, enrichment.Request) (enrichment.Reply, error) {
					return enrichment.Reply{Outputs: map[string]any{"a": "x"}, LeftOut: map[string]string{"n": "the number is too large"}}, nil
				}),
				provider("odd", 0, func(int, enrichment.Request) (enrichment.Reply, error) {
					return enrichment.Reply{Outputs: map[string]any{"a": 7}}, nil
				}),
				provider("panics", 0, func(int, enrichment.Request) (enrichment.Reply, error) { panic("boom") }))
			out := r.ask(r.session(), c.cfg, c.question)
			require.Equal(t, c.state, out.Mark.State, out.Mark.Message)
			require.Equal(t, c.message, out.Mark.Message)
			require.Equal(t, c.attempts, statuses(out))
			require.Zero(t, out.Provenance.CreditsMC)
		})
	}
}

func TestStepConditionAndValidatorSendOnToTheNextStep(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil, provider("one", 1000, echo), provider("two", 1000, echo), provider("three", 1000, echo))
	cfg := enrichment.Config{Steps: steps("one", "two", "three")}
	cfg.Steps[0].Condition = `{{Question}} == "other"`
	cfg.Steps[1].Validator = &enrichment.Validator{Pattern: "^z"}
	out := r.ask(r.session(), cfg, "acme")
	require.Equal(t, []enrichment.AttemptStatus{"skipped", "rejected", "succeeded"}, statuses(out))
	require.Equal(t, kernel.Credits(1000), out.Provenance.CreditsMC)
}

func TestARefusedAnswerIsKeptAsTheBestSoFarAndNotPaid(t *testing.T) {
	t.Parallel()
	conf := func(v float64, answer string) func(int, enrichment.Request) (enrichment.Reply, error) {
		return func(int, enrichment.Request) (enrichment.Reply, error) {
			return enrichment.Reply{Outputs: map[string]any{"a": answer}, Confidence: &v}, nil
		}
	}
	least := 0.9
	r := newRig(t, nil, provider("low", 5000, conf(0.3, "low")), provider("mid", 5000, conf(0.6, "mid")))
	cfg := enrichment.Config{Steps: steps("low", "mid")}
	for i := range cfg.Steps {
		cfg.Steps[i].Validator = &enrichment.Validator{MinConfidence: &least}
	}
	out := r.ask(r.session(), cfg, "x")
	require.Equal(t, enrichment.MarkEmpty, out.Mark.State)
	require.JSONEq(t, `{"a":"mid"}`, string(out.Provenance.Best))
	require.Zero(t, out.Provenance.CreditsMC)
	require.Nil(t, out.Values)
}

func TestRetriesDoubleAndHonourRetryAfter(t *testing.T) {
	t.Parallel()
	flaky := provider("flaky", 0, func(n int, req enrichment.Request) (enrichment.Reply, error) {
		switch n {
		case 1:
			return enrichment.Reply{}, enrichment.Fail(enrichment.CallFailed, "busy")
		case 2:
			return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallRateLimited, Message: "slow down", RetryAfter: 7 * time.Second}
		default:
			return echo(n, req)
		}
	})
	r := newRig(t, nil, flaky)
	out := r.ask(r.session(), enrichment.Config{Steps: steps("flaky")}, "x")
	require.Equal(t, enrichment.MarkValue, out.Mark.State)
	require.Equal(t, []time.Duration{time.Second, 7 * time.Second}, r.slept)
	require.Equal(t, 3, out.Provenance.Attempts[0].Calls)
	require.Empty(t, out.Provenance.Attempts[0].Error)
}

func TestRetriesEnd(t *testing.T) {
	t.Parallel()
	down := provider("down", 0, failing(enrichment.CallFailed))
	r := newRig(t, nil, down)
	out := r.ask(r.session(), enrichment.Config{Steps: steps("down")}, "x")
	require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, r.slept)
	require.Equal(t, 4, down.count())
	require.Equal(t, enrichment.MarkError, out.Mark.State)
}

func TestALongRetryAfterIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	busy := provider("busy", 0, func(int, enrichment.Request) (enrichment.Reply, error) {
		return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallRateLimited, Message: "tomorrow", RetryAfter: time.Hour}
	})
	r := newRig(t, nil, busy)
	out := r.ask(r.session(), enrichment.Config{Steps: steps("busy")}, "x")
	require.Equal(t, []enrichment.AttemptStatus{"rate_limited"}, statuses(out))
	require.Empty(t, r.slept)
}

func TestALostAnswerOfAPaidCallIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	once := provider("once", 2000, func(int, enrichment.Request) (enrichment.Reply, error) {
		return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallTimeout, Message: "no answer in time", Lost: true}
	})
	once.Idempotent = false
	r := newRig(t, nil, once)
	out := r.ask(r.session(), enrichment.Config{Steps: steps("once")}, "x")
	require.Equal(t, 1, once.count())
	require.Equal(t, []enrichment.AttemptStatus{enrichment.StatusUnknown}, statuses(out))
	require.Zero(t, out.Provenance.CreditsMC)
}

func TestTheSameQuestionInOneRunIsAskedAndPaidOnce(t *testing.T) {
	t.Parallel()
	p := provider("paid", 2000, echo)
	r := newRig(t, nil, p)
	s := r.session()
	plan := r.plan(enrichment.Config{Steps: steps("paid")})
	var wg sync.WaitGroup
	outs := make([]waterfall.Outcome, 20)
	for i := range outs {
		wg.Go(func() {
			outs[i] = s.Ask(t.Context(), t.Context(), plan, "row_1", func(kernel.ColumnID) json.RawMessage { return json.RawMessage(`"same"`) })
		})
	}
	wg.Wait()
	var sum kernel.Credits
	for _, o := range outs {
		require.Equal(t, enrichment.MarkValue, o.Mark.State)
		sum += o.Provenance.CreditsMC
	}
	require.Equal(t, kernel.Credits(2000), sum)
	require.Equal(t, 1, p.count())
}

type cacheOf map[string]enrichment.Reply

func (c cacheOf) Find(_ context.Context, _ kernel.WorkspaceID, provider, _ string, _ time.Time) (enrichment.Reply, bool, error) {
	r, ok := c[provider]
	return r, ok, nil
}

func TestAnswersFromBeforeAreFree(t *testing.T) {
	t.Parallel()
	p := provider("paid", 2000, echo)
	r := newRig(t, func(c *waterfall.Config) {
		c.Cache = cacheOf{"paid": {Outputs: map[string]any{"a": "from before"}}}
	}, p)
	cfg := enrichment.Config{Steps: steps("paid")}
	out := r.ask(r.session(), cfg, "x")
	require.True(t, out.Provenance.Cached)
	require.Zero(t, out.Provenance.CreditsMC)
	require.Zero(t, p.count())

	forced := r.engine.Session(waterfall.SessionConfig{Workspace: "ws_1", Run: "run_2", Force: true})
	require.Equal(t, kernel.Credits(2000), r.ask(forced, cfg, "x").Provenance.CreditsMC)

	never := 0
	cfg.CacheDays = &never
	require.False(t, r.ask(r.session(), cfg, "x").Provenance.Cached)
}

type budget struct {
	mu   sync.Mutex
	left kernel.Credits
}

func (p *budget) Take(c kernel.Credits) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c > p.left {
		return false
	}
	p.left -= c
	return true
}

func (p *budget) Return(c kernel.Credits) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left += c
}

func TestTheBudgetIsHeld(t *testing.T) {
	t.Parallel()
	miss, hit := provider("miss", 2000, nothing), provider("hit", 2000, echo)
	r := newRig(t, nil, miss, hit)
	b := &budget{left: 3000}
	s := r.engine.Session(waterfall.SessionConfig{Workspace: "ws_1", Run: "run_1", Budget: b})
	cfg := enrichment.Config{Steps: steps("miss", "hit")}
	require.Equal(t, kernel.Credits(2000), r.ask(s, cfg, "one").Provenance.CreditsMC, "what the miss did not use pays the hit")
	out := r.ask(s, cfg, "two")
	require.True(t, out.NoBudget)
	require.Equal(t, enrichment.MarkError, out.Mark.State)
	require.Equal(t, kernel.Credits(1000), b.left)
}

func TestAPreviewAsksNoPaidProvider(t *testing.T) {
	t.Parallel()
	paid, free := provider("paid", 2000, echo), provider("free", 0, echo)
	r := newRig(t, nil, paid, free)
	s := r.engine.Session(waterfall.SessionConfig{Workspace: "ws_1", FreeOnly: true})
	out := r.ask(s, enrichment.Config{Steps: steps("paid", "free")}, "x")
	require.Zero(t, paid.count())
	require.Equal(t, "free", out.Provenance.Provider)
}

func TestStopLetsARunningCallFinishAndStartsNoOther(t *testing.T) {
	t.Parallel()
	stop, cancel := context.WithCancel(t.Context())
	p := provider("slow", 0, func(n int, req enrichment.Request) (enrichment.Reply, error) {
		cancel() // the run is stopped while the call is under way
		return echo(n, req)
	})
	r := newRig(t, nil, p)
	s := r.session()
	plan := r.plan(enrichment.Config{Steps: steps("slow")})
	values := func(kernel.ColumnID) json.RawMessage { return json.RawMessage(`"x"`) }
	require.Equal(t, enrichment.MarkValue, s.Ask(t.Context(), stop, plan, "row_1", values).Mark.State)
	require.True(t, s.Ask(t.Context(), stop, plan, "row_2", values).Stopped)
	require.Equal(t, 1, p.count())
}

func TestFurtherOutputsGoToTheirColumns(t *testing.T) {
	t.Parallel()
	p := provider("both", 0, func(int, enrichment.Request) (enrichment.Reply, error) {
		return enrichment.Reply{Outputs: map[string]any{"a": "text", "n": 5.0}}, nil
	})
	r := newRig(t, nil, p)
	out := r.ask(r.session(), enrichment.Config{Steps: steps("both"), Outputs: []enrichment.Output{{Output: "n", ColumnID: colN}}}, "x")
	require.JSONEq(t, `5`, string(out.Values[colN]))
}

func TestOrderPutsAColumnAfterThoseItReads(t *testing.T) {
	t.Parallel()
	plan := func(id kernel.ColumnID, reads kernel.ColumnID) enrichment.Plan {
		return enrichment.Plan{ColumnID: id, Config: enrichment.Config{Steps: []enrichment.Step{{Inputs: map[string]enrichment.Input{"q": {Column: reads}}}}}}
	}
	var got []kernel.ColumnID
	for _, p := range waterfall.Order([]enrichment.Plan{plan("c", "b"), plan("b", "a"), plan("a", "x"), plan("loop", "loop")}) {
		got = append(got, p.ColumnID)
	}
	require.Equal(t, []kernel.ColumnID{"a", "b", "c", "loop"}, got)
}
