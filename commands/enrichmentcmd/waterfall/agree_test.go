package waterfall_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// says answers a text with a confidence and evidence.
func says(text string, confidence float64, by ...enrichment.Evidence) func(int, enrichment.Request) (enrichment.Reply, error) {
	return func(int, enrichment.Request) (enrichment.Reply, error) {
		r := enrichment.Reply{Outputs: map[string]any{"a": text}, VerifiedBy: by}
		if confidence >= 0 || math.IsNaN(confidence) {
			r.Confidence = &confidence
		}
		return r, nil
	}
}

func TestHowSureAnAnswerIs(t *testing.T) {
	t.Parallel()
	const unsaid = -1
	least := func(c float64) *enrichment.Validator { return &enrichment.Validator{MinConfidence: &c} }
	verified := &enrichment.Validator{Verified: true}
	dns := enrichment.ByDNS
	for name, c := range map[string]struct {
		validator  *enrichment.Validator
		steps      []func(int, enrichment.Request) (enrichment.Reply, error)
		state      enrichment.MarkState
		confidence float64
		by         []enrichment.Evidence
		asked      int
	}{
		"a guess":                   {nil, replies(says("x.com", 0.6)), enrichment.MarkValue, 0.6, []enrichment.Evidence{}, 1},
		"a checked answer":          {nil, replies(says("x.com", 0.6, dns)), enrichment.MarkValue, 0.6, []enrichment.Evidence{dns}, 1},
		"nobody says how sure":      {nil, replies(says("x.com", unsaid)), enrichment.MarkValue, unsaid, []enrichment.Evidence{}, 1},
		"more than sure":            {nil, replies(says("x.com", 7)), enrichment.MarkValue, 1, []enrichment.Evidence{}, 1},
		"no number":                 {nil, replies(says("x.com", math.NaN())), enrichment.MarkValue, unsaid, []enrichment.Evidence{}, 1},
		"a guess where facts count": {verified, replies(says("x.com", 0.9)), enrichment.MarkEmpty, unsaid, nil, 1},
		"two agree":                 {verified, replies(says("x.com", 0.6), says("X.COM ", 0.5)), enrichment.MarkValue, 0.8, []enrichment.Evidence{"provider:s0"}, 2},
		"a link agrees":             {verified, replies(says("https://www.x.com/", 0.6), says("http://x.com", 0.5)), enrichment.MarkValue, 0.8, []enrichment.Evidence{"provider:s0"}, 2},
		"two differ":                {verified, replies(says("x.com", 0.6), says("y.com", 0.5)), enrichment.MarkEmpty, unsaid, nil, 2},
		"the third decides":         {verified, replies(says("x.com", 0.6), says("y.com", 0.5), says("x.com", 0.2)), enrichment.MarkValue, 0.68, []enrichment.Evidence{"provider:s0"}, 3},
		"three agree":               {least(0.9), replies(says("x.com", 0.5), says("x.com", 0.5), says("x.com", 0.7)), enrichment.MarkValue, 0.925, []enrichment.Evidence{"provider:s0", "provider:s1"}, 3},
		"unsaid counts as half":     {verified, replies(says("x.com", unsaid), says("x.com", 0.5)), enrichment.MarkValue, 0.75, []enrichment.Evidence{"provider:s0"}, 2},
		"agreement is no proof":     {least(0.98), replies(says("x.com", 0.95), says("x.com", 0.95)), enrichment.MarkValue, 0.99, []enrichment.Evidence{"provider:s0"}, 2},
		"no less sure than alone":   {verified, replies(says("x.com", 0.5), says("x.com", 1)), enrichment.MarkValue, 1, []enrichment.Evidence{"provider:s0"}, 2},
		"evidence counts once":      {least(0.9), replies(says("x.com", 0.5), says("x.com", 0.5, "provider:s0")), enrichment.MarkEmpty, unsaid, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var fakes []enrichment.Caller
			var slugs []string
			for i, do := range c.steps {
				slugs = append(slugs, "s"+string(rune('0'+i)))
				fakes = append(fakes, provider(slugs[i], 0, do))
			}
			cfg := enrichment.Config{Steps: steps(slugs...)}
			for i := range cfg.Steps {
				cfg.Steps[i].Validator = c.validator
			}
			r := newRig(t, nil, fakes...)
			out := r.ask(r.session(), cfg, "acme")
			require.Equal(t, c.state, out.Mark.State, out.Mark.Message)
			require.Len(t, out.Provenance.Attempts, c.asked)
			require.Equal(t, c.by, out.Provenance.VerifiedBy)
			if c.confidence == unsaid {
				require.Nil(t, out.Provenance.Confidence)
				return
			}
			require.InDelta(t, c.confidence, *out.Provenance.Confidence, 1e-9)
		})
	}
}

func replies(of ...func(int, enrichment.Request) (enrichment.Reply, error)) []func(int, enrichment.Request) (enrichment.Reply, error) {
	return of
}

// A provider that is asked twice is one source.
func TestAProviderDoesNotAgreeWithItself(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil, provider("one", 0, says("x.com", 0.6)))
	cfg := enrichment.Config{Steps: steps("one", "one")}
	for i := range cfg.Steps {
		cfg.Steps[i].Validator = &enrichment.Validator{Verified: true}
	}
	cfg.Steps[1].Config = []byte(`{}`)
	out := r.ask(r.session(), cfg, "acme")
	require.Equal(t, enrichment.MarkEmpty, out.Mark.State)
	require.Equal(t, "the answer is not verified", out.Mark.Message)
}

// learner is a provider that uses what the workspace has seen.
type learner struct{ *fake }

func (learner) LearnsFrom(in map[string]string) string { return in["q"] }

type patterns struct {
	seen map[enrichment.MailPattern]int64
	err  error
}

// MailPatterns implements waterfall.Patterns.
func (p *patterns) MailPatterns(_ context.Context, ws kernel.WorkspaceID, domain string) (map[enrichment.MailPattern]int64, error) {
	if ws == "" || domain != "acme.com" {
		return nil, p.err
	}
	return p.seen, p.err
}

// What the workspace has seen is a part of the question: once it changes, the same inputs are another question.
func TestWhatWasSeenIsAPartOfTheQuestion(t *testing.T) {
	t.Parallel()
	p, f := &patterns{}, provider("finder", 0, func(_ int, req enrichment.Request) (enrichment.Reply, error) {
		return enrichment.Reply{Outputs: map[string]any{"a": "seen: " + req.Inputs[enrichment.PatternsSeen]}}, nil
	})
	r := newRig(t, func(c *waterfall.Config) { c.Patterns = p }, learner{f})
	s := r.session()
	ask := func() string {
		return string(r.ask(s, enrichment.Config{Steps: steps("finder")}, "acme.com").Values[colA])
	}
	require.Equal(t, `"seen: "`, ask())
	require.Equal(t, `"seen: "`, ask())
	require.Equal(t, 1, f.count(), "asked once")
	p.seen = map[enrichment.MailPattern]int64{"{first}": 2}
	require.Equal(t, `"seen: {first}=2"`, ask())
	p.err = errors.New("a broken pattern")
	require.Equal(t, `"seen: "`, ask(), "what can't be read is not known")
	p.err = kernel.E(kernel.KindUnavailable, "AWAY", "the database is away")
	out := r.ask(s, enrichment.Config{Steps: steps("finder")}, "acme.com")
	require.True(t, out.Stopped)
	require.ErrorIs(t, out.Broken, p.err)
}
