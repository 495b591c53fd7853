package waterfall_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
)

// shelf keeps replies as the log does: as JSON.
type shelf map[enrichment.Question]enrichment.RecordedReply

func (s shelf) keep(t *testing.T, out waterfall.Outcome) {
	t.Helper()
	for _, r := range out.Provenance.Replies {
		raw, err := json.Marshal(r)
		require.NoError(t, err)
		var back enrichment.RecordedReply
		require.NoError(t, json.Unmarshal(raw, &back))
		s[r.Question] = back
	}
}

func (s shelf) find(q enrichment.Question) (enrichment.RecordedReply, bool) {
	r, ok := s[q]
	return r, ok
}

func (r *rig) replay(s shelf) *waterfall.Session {
	return r.engine.Session(waterfall.SessionConfig{Workspace: "ws_1", Recorded: s.find})
}

// TestReplayGivesWhatTheRunGave: for any replies of providers, the same waterfall over the records ends the same, and nobody is asked.
func TestReplayGivesWhatTheRunGave(t *testing.T) {
	t.Parallel()
	sure := 0.4
	callers := []*fake{
		provider("none", 0, nothing),
		provider("bad", 0, failing(enrichment.CallBadInput)),
		provider("objects", 0, failing(enrichment.CallObjected)),
		provider("unsure", 500, func(_ int, req enrichment.Request) (enrichment.Reply, error) {
			return enrichment.Reply{Outputs: map[string]any{"a": req.Inputs["q"], "n": json.Number("12345678901234567890")}, Confidence: &sure, SourceURL: "https://acme.com"}, nil
		}),
		provider("echo", 1000, echo),
	}
	all := make([]enrichment.Caller, len(callers))
	for i, c := range callers {
		all[i] = c
	}
	r := newRig(t, nil, all...)
	least := 0.6
	for _, order := range [][]string{{"none", "echo"}, {"bad", "objects", "unsure", "echo"}, {"unsure", "echo"}, {"none", "bad"}, {"echo", "none"}} {
		cfg := enrichment.Config{Steps: steps(order...)}
		for i := range cfg.Steps {
			if cfg.Steps[i].Provider == "unsure" {
				cfg.Steps[i].Validator = &enrichment.Validator{MinConfidence: &least}
			}
		}
		records := shelf{}
		ran := r.ask(r.session(), cfg, "q")
		records.keep(t, ran)
		calls := 0
		for _, c := range callers {
			calls += c.count()
		}
		again := r.ask(r.replay(records), cfg, "q")
		require.False(t, again.Unrecorded, order)
		require.Equal(t, statuses(ran), statuses(again), order)
		require.Equal(t, ran.Mark, again.Mark, order)
		require.Equal(t, ran.Values, again.Values, order)
		require.Equal(t, ran.Provenance.Sureness(), again.Provenance.Sureness(), "agreement counts again: %v", order)
		require.Equal(t, ran.Provenance.CreditsMC, again.Provenance.CreditsMC, order)
		require.Empty(t, again.Provenance.Replies, "a replay records nothing")
		for _, c := range callers {
			calls -= c.count()
		}
		require.Zero(t, calls, "nobody is asked")
	}
}

// TestAReplayEndsWhereNothingIsRecorded: it does not go on to a step whose turn it may not be.
func TestAReplayEndsWhereNothingIsRecorded(t *testing.T) {
	t.Parallel()
	first, second := provider("first", 0, echo), provider("second", 0, echo)
	r := newRig(t, nil, first, second)
	records := shelf{}
	records.keep(t, r.ask(r.session(), enrichment.Config{Steps: steps("second")}, "q"))
	out := r.ask(r.replay(records), enrichment.Config{Steps: steps("first", "second")}, "q")
	require.True(t, out.Unrecorded)
	require.Equal(t, []enrichment.AttemptStatus{enrichment.StatusNotRecorded}, statuses(out))
	out = r.ask(r.replay(records), enrichment.Config{Steps: steps("second", "first")}, "q")
	require.False(t, out.Unrecorded, "what is not reached need not be recorded")
	require.Zero(t, first.count())
}

// TestWhatIsNotRecorded: by the provider's terms, by its size, and trouble that passes.
func TestWhatIsNotRecorded(t *testing.T) {
	t.Parallel()
	forbids := provider("forbids", 0, echo)
	forbids.NoRecord = true
	long := provider("long", 0, func(int, enrichment.Request) (enrichment.Reply, error) {
		return enrichment.Reply{Outputs: map[string]any{"a": strings.Repeat("x", enrichment.MaxReplyBytes)}}, nil
	})
	r := newRig(t, nil, forbids, long, provider("down", 0, failing(enrichment.CallFailed)), provider("key", 0, failing(enrichment.CallUnauthorized)))
	for _, slug := range []string{"forbids", "long", "down", "key"} {
		out := r.ask(r.session(), enrichment.Config{Steps: steps(slug)}, "q")
		require.Empty(t, out.Provenance.Replies, slug)
		require.Empty(t, out.Provenance.Best, slug)
	}
	refused := enrichment.Config{Steps: steps("forbids")}
	refused.Steps[0].Validator = &enrichment.Validator{Type: "email"}
	require.Empty(t, r.ask(r.session(), refused, "q").Provenance.Best, "nor is the best answer that was refused")
}

// TestRecordsOfACellAreBounded: together too.
func TestRecordsOfACellAreBounded(t *testing.T) {
	t.Parallel()
	half := provider("half", 0, func(n int, _ enrichment.Request) (enrichment.Reply, error) {
		return enrichment.Reply{Outputs: map[string]any{"n": json.Number("1"), "a": ""}, Missed: strings.Repeat("m", enrichment.MaxReplyBytes/2) + strconv.Itoa(n)}, nil
	})
	r := newRig(t, nil, half)
	cfg := enrichment.Config{}
	for i := range enrichment.MaxSteps {
		other := fmt.Sprint("q", i)
		cfg.Steps = append(cfg.Steps, enrichment.Step{Provider: "half", Inputs: map[string]enrichment.Input{"q": {Value: &other}}, Output: "a"})
	}
	size := 0
	replies := r.ask(r.session(), cfg, "q").Provenance.Replies
	for _, rec := range replies {
		size += rec.Size()
	}
	require.LessOrEqual(t, size, enrichment.MaxRepliesBytes)
	require.Greater(t, len(replies), 4)
}

// mapped takes its outputs from the whole answer by its config.
type mapped struct{ *fake }

func (mapped) CheckConfig(json.RawMessage) ([]enrichment.Field, error) {
	return []enrichment.Field{{Name: "a", Label: "a", Type: enrichment.FieldText}}, nil
}

func (m mapped) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	raw, err := m.fake.Call(ctx, req)
	if err != nil {
		return raw, err
	}
	reply, err := m.Take(ctx, req.Config, raw.Outputs)
	reply.Raw = raw.Outputs
	return reply, err
}

func (mapped) Asks(json.RawMessage) (json.RawMessage, error) { return nil, nil }

func (mapped) Take(_ context.Context, config json.RawMessage, raw any) (enrichment.Reply, error) {
	var c struct{ Take string }
	if err := json.Unmarshal(config, &c); err != nil {
		return enrichment.Reply{}, err
	}
	answer, ok := raw.(map[string]any)
	if !ok {
		return enrichment.Reply{}, errors.New("no object")
	}
	return enrichment.Reply{Outputs: map[string]any{"a": answer[c.Take]}}, nil
}

// TestAChangedMappingIsTakenFromTheWholeAnswer: also where the config is only written otherwise.
func TestAChangedMappingIsTakenFromTheWholeAnswer(t *testing.T) {
	t.Parallel()
	p := provider("http", 0, func(int, enrichment.Request) (enrichment.Reply, error) {
		return enrichment.Reply{Outputs: map[string]any{"one": "1st", "two": "2nd"}}, nil
	})
	r := newRig(t, nil, mapped{p})
	with := func(config string) enrichment.Config {
		cfg := enrichment.Config{Steps: steps("http")}
		cfg.Steps[0].Config = json.RawMessage(config)
		return cfg
	}
	records := shelf{}
	records.keep(t, r.ask(r.session(), with(`{"Take":"one","x":1}`), "q"))
	for config, want := range map[string]string{`{"Take":"two","x":1}`: `"2nd"`, `{ "x": 1, "Take": "one" }`: `"1st"`} {
		out := r.ask(r.replay(records), with(config), "q")
		require.JSONEq(t, want, string(out.Values[colA]), config)
	}
	for q, rec := range records {
		rec.Raw = nil // too long to be kept
		records[q] = rec
	}
	require.True(t, r.ask(r.replay(records), with(`{"Take":"two"}`), "q").Unrecorded, "without the whole answer it is not known")
	require.Equal(t, 1, p.count())
}

// asked is a provider that hears a server's answer with each call.
type asked struct {
	*fake
	status int
}

func (a asked) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	enrichment.Hear(ctx, a.status, map[string]any{"whole": req.Inputs["q"]})
	return a.fake.Call(ctx, req)
}

// TestWhatAServerAnsweredIsSeen: its status with what it came to mean, and nothing of a provider that asks no server.
func TestWhatAServerAnsweredIsSeen(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil,
		asked{provider("finds", 0, echo), 200}, asked{provider("none", 0, nothing), 404}, asked{provider("bad", 0, failing(enrichment.CallBadInput)), 422}, provider("local", 0, nothing))
	out := r.ask(r.session(), enrichment.Config{Steps: steps("local", "none", "bad", "finds")}, "q")
	body := map[string]any{"whole": "q"}
	require.Equal(t, []enrichment.Sight{
		{Provider: "none", Code: "404", Meaning: "nothing", Body: body},
		{Provider: "bad", Code: "422", Meaning: "bad_input", Body: body},
		{Provider: "finds", Code: "200", Meaning: "found", Body: body},
	}, out.Provenance.Sights)
}
