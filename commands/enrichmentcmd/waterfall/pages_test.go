package waterfall_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/enrichment"
)

// paging is a provider that asks for three pages.
type paging struct{ *fake }

func (p paging) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	for range 2 {
		if err := enrichment.NextCall(ctx); err != nil {
			return enrichment.Reply{}, err
		}
	}
	return p.fake.Call(ctx, req)
}

// TestEachPageIsACall: pages are counted in the attempt and keep the provider's rate.
func TestEachPageIsACall(t *testing.T) {
	t.Parallel()
	p := provider("pages", 0, echo)
	p.Limits = enrichment.RateLimits{PerSecond: 1}
	r := newRig(t, nil, paging{p})
	began := r.clock.Now()
	s := r.session()
	for _, q := range []string{"a", "b"} {
		out := r.ask(s, enrichment.Config{Steps: steps("pages")}, q)
		require.Equal(t, []enrichment.AttemptStatus{enrichment.StatusSucceeded}, statuses(out))
		require.Equal(t, 3, out.Provenance.Attempts[0].Calls)
	}
	require.GreaterOrEqual(t, r.clock.Now().Sub(began), 5*time.Second, "six calls at one a second")
	require.Equal(t, 2, p.count())
}

// TestAnAnswerThatGoesOnSaysSo: what was not asked for is told beside the value.
func TestAnAnswerThatGoesOnSaysSo(t *testing.T) {
	t.Parallel()
	p := provider("pages", 0, func(int, enrichment.Request) (enrichment.Reply, error) {
		return enrichment.Reply{Outputs: map[string]any{"a": "x"}, LeftOut: map[string]string{enrichment.WholeAnswer: "there are more pages"}}, nil
	})
	r := newRig(t, nil, p)
	out := r.ask(r.session(), enrichment.Config{Steps: steps("pages")}, "q")
	require.Equal(t, enrichment.MarkValue, out.Mark.State)
	require.Equal(t, "there are more pages", out.Mark.Message)
}
