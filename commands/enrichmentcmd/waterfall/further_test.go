package waterfall_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// twoSecrets opens a secret per credential.
type twoSecrets struct{}

func (twoSecrets) Open(_ context.Context, _ kernel.WorkspaceID, id kernel.CredentialID) (map[string]string, []string, error) {
	if id == "crd_gone" {
		return nil, nil, kernel.NotFound("credential", string(id))
	}
	return map[string]string{"api_key": canary + "-" + string(id)}, []string{string(id) + ".example.com"}, nil
}

func further(id kernel.CredentialID) []enrichment.Step {
	step := steps("story")
	step[0].CredentialID, step[0].Further = "crd_1", map[string]kernel.CredentialID{"search": id}
	return step
}

// TestFurtherCredentials: the provider gets each with its own hosts, and what comes back, the story too, is blanked of all of them.
func TestFurtherCredentials(t *testing.T) {
	t.Parallel()
	p := provider("story", 0, func(n int, req enrichment.Request) (enrichment.Reply, error) {
		both := req.Secret["api_key"] + " and " + req.Further["search"].Secret["api_key"]
		story := enrichment.Story{{Said: both, Tool: "search", Subject: both, Result: both}}
		if n == 2 {
			return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallBadReply, Message: both, Story: story}
		}
		return enrichment.Reply{Outputs: map[string]any{"a": both}, Story: story}, nil
	})
	p.Auth = enrichment.AuthKey
	r := newRig(t, func(c *waterfall.Config) { c.Secrets = twoSecrets{} }, p)
	for _, question := range []string{"x", "fails"} {
		out := r.ask(r.session(), enrichment.Config{Steps: further("crd_2")}, question)
		b, err := json.Marshal(out)
		require.NoError(t, err)
		require.NotContains(t, string(b), canary, question)
		at := out.Provenance.Attempts[0]
		require.Equal(t, 1, at.Steps, question)
		require.Equal(t, "•••• and ••••", at.Story[0].Result, question)
	}
	require.Equal(t, []string{"crd_1.example.com"}, p.calls[0].Hosts)
	require.Equal(t, []string{"crd_2.example.com"}, p.calls[0].Further["search"].Hosts)
	out := r.ask(r.session(), enrichment.Config{Steps: further("crd_gone")}, "y")
	require.Equal(t, []enrichment.AttemptStatus{enrichment.StatusNoKey}, statuses(out))
	require.Equal(t, 2, p.count())
}

// TestSpentCounts: a call after one that failed is told what the question has cost, and the attempt adds all up. A record that may cost no more
// is no fault of the vendor.
func TestSpentCounts(t *testing.T) {
	t.Parallel()
	p := provider("dear", 0, func(n int, _ enrichment.Request) (enrichment.Reply, error) {
		bill := enrichment.Bill{Cost: 100, TokensIn: 7, TokensOut: 3}
		if n < 3 {
			return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallFailed, Message: "no luck", Bill: bill}
		}
		return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallNoBudget, Message: "too dear"}
	})
	r := newRig(t, nil, p)
	out := r.ask(r.session(), enrichment.Config{Steps: steps("dear")}, "x")
	require.Equal(t, []enrichment.AttemptStatus{enrichment.StatusNoBudget}, statuses(out))
	require.Equal(t, enrichment.MarkError, out.Mark.State)
	require.Equal(t, enrichment.Bill{Cost: 200, TokensIn: 14, TokensOut: 6}, out.Provenance.Attempts[0].Bill)
	var spent []enrichment.Micros
	for _, c := range p.calls {
		spent = append(spent, c.Spent)
	}
	require.Equal(t, []enrichment.Micros{0, 100, 200}, spent)
	p.do = func(int, enrichment.Request) (enrichment.Reply, error) {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallNoBudget, "too dear")
	}
	for range 30 {
		out = r.ask(r.session(), enrichment.Config{Steps: steps("dear")}, "x")
	}
	require.Equal(t, []enrichment.AttemptStatus{enrichment.StatusNoBudget}, statuses(out), "the breaker is not opened by it")
}

// TestOwnTimeout: a provider whose calls take long has more time than others, unless the step says otherwise.
func TestOwnTimeout(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		seconds int
		pace    *enrichment.Pace
		want    time.Duration
	}{{0, nil, enrichment.DefaultTimeout}, {120, nil, 2 * time.Minute}, {120, &enrichment.Pace{Seconds: 5}, 5 * time.Second}} {
		p := &deadline{fake: provider("slow", 0, echo)}
		p.Seconds = c.seconds
		r := newRig(t, nil, p)
		step := steps("slow")
		step[0].Pace = c.pace
		r.ask(r.session(), enrichment.Config{Steps: step}, "x")
		require.InDelta(t, c.want.Seconds(), p.left.Seconds(), 2)
	}
}

// deadline notes how long a call may take.
type deadline struct {
	*fake
	left time.Duration
}

func (d *deadline) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	if end, ok := ctx.Deadline(); ok {
		d.left = time.Until(end)
	}
	return d.fake.Call(ctx, req)
}
