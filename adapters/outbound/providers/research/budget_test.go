package research_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/providers/twins"
	"github.com/morket/morket/domain/enrichment"
)

// busy is a model that never comes to an end by itself, but obeys when it is told that a turn is the last.
func busy(w world) {
	w.model.Turns(func(told []string) (string, bool) {
		if strings.Contains(told[len(told)-1], "This is your last turn") {
			return answer(nil, "Springfield", map[string]any{"field": "city", "url": home, "quote": ""}), true
		}
		return turn(map[string]any{"action": "search", "query": "Acme"}), true
	})
}

// TestBounds: steps, tokens and money each end the research in time for an answer, and none is overrun.
func TestBounds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		more map[string]any
		most func(t *testing.T, b enrichment.Bill, steps int)
	}{
		"steps": {map[string]any{"max_steps": 4, "row_tokens": 1_000_000}, func(t *testing.T, _ enrichment.Bill, steps int) { t.Helper(); require.Equal(t, 4, steps) }},
		"tokens": {map[string]any{"max_steps": 15, "row_tokens": 12_000, "max_tokens": 300}, func(t *testing.T, b enrichment.Bill, _ int) {
			t.Helper()
			require.LessOrEqual(t, b.TokensIn+b.TokensOut, int64(12_000))
		}},
		"money": {map[string]any{"max_steps": 15, "row_tokens": 1_000_000, "max_tokens": 300, "row_budget": 0.012}, func(t *testing.T, b enrichment.Bill, _ int) {
			t.Helper()
			require.LessOrEqual(t, b.Cost, enrichment.Micros(12_000))
		}},
	} {
		w := start(t)
		busy(w)
		reply, err := w.ask(t, w.config(t, c.more))
		require.NoError(t, err, name)
		require.Equal(t, "Springfield", reply.Outputs["city"], name)
		require.Greater(t, len(reply.Story), 1, name)
		require.Less(t, len(reply.Story), 15, name)
		c.most(t, reply.Bill, len(reply.Story))
	}
}

// TestTooLittle: what doesn't allow a single turn is told as a budget's, before anything is asked.
func TestTooLittle(t *testing.T) {
	t.Parallel()
	for says, more := range map[string]map[string]any{"more than its budget of $0.0001": {"row_budget": 0.0001}, "more than its 1000 tokens": {"row_tokens": 1000}} {
		w := start(t)
		_, err := w.ask(t, w.config(t, more))
		require.ErrorContains(t, err, says)
		require.Equal(t, enrichment.CallNoBudget, enrichment.AsCallError(err).Kind)
		require.Empty(t, w.model.Calls())
	}
	w := start(t)
	ask := request(w.config(t, map[string]any{"row_budget": 0.02}))
	ask.Spent = 19_000
	_, err := w.p.Call(t.Context(), providertest.Local(ask))
	require.Equal(t, enrichment.CallNoBudget, enrichment.AsCallError(err).Kind, "what earlier calls for the row cost counts")
}

// TestMended: one turn that does not fit is told to the model; a second one ends the research, with what it cost and how far it came.
func TestMended(t *testing.T) {
	t.Parallel()
	good := answer(12, "Springfield")
	for name, c := range map[string]struct {
		turns []string
		says  string // empty: mended
	}{
		"prose":                     {[]string{"I would search.", good}, ""},
		"an unknown action":         {[]string{turn(map[string]any{"action": "shell", "query": "ls"}), good}, ""},
		"no query":                  {[]string{turn(map[string]any{"action": "search"}), good}, ""},
		"no answer":                 {[]string{turn(map[string]any{"action": "answer"}), good}, ""},
		"no sources":                {[]string{turn(map[string]any{"action": "answer", "answer": map[string]any{"employees": 1, "city": nil}}), good}, ""},
		"a text for a number":       {[]string{answer("many", nil), good}, ""},
		"a text for a number twice": {[]string{answer("many", nil)}, `the field "employees" is a text, not a number`},
		"two kinds of misfit":       {[]string{"prose", answer("many", nil)}, "does not fit the schema"},
	} {
		w := start(t)
		w.script(c.turns...)
		reply, err := w.ask(t, w.config(t, nil))
		require.Len(t, w.model.Calls(), 2, name)
		if c.says == "" {
			require.NoError(t, err, name)
			require.Equal(t, "Springfield", reply.Outputs["city"], name)
			require.Contains(t, reply.Story[0].Error, "it does not fit", name)
			continue
		}
		ce := enrichment.AsCallError(err)
		require.Equal(t, enrichment.CallBadReply, ce.Kind, name)
		require.ErrorContains(t, err, c.says, name)
		require.Len(t, ce.Story, 2, name)
		require.Positive(t, ce.Bill.Cost, name)
	}
	w := start(t)
	w.model.Script(twins.Fault{Status: 200, Body: `{"choices":[{"message":{"content":null,"refusal":"no"},"finish_reason":"stop"}]}`})
	reply, err := w.ask(t, w.config(t, nil))
	require.NoError(t, err)
	require.Equal(t, "the model refused to answer", reply.Missed)
}
