package waterfall_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
)

// talking tells the witness of one exchange a call, which repeats the secret wherever it can.
type talking struct {
	*fake
	kept func(enrichment.Witness)
}

func (p talking) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	w, ok := enrichment.WitnessOf(ctx)
	if ok {
		key := req.Secret["api_key"]
		w.Tell(enrichment.Exchange{
			Method: http.MethodGet, URL: "https://x.de/?q=" + key, Headers: map[string]string{"Accept": key}, Request: key, Body: "you are " + key, Status: http.StatusTeapot,
		})
		p.kept(w)
	}
	return p.fake.Call(ctx, req)
}

func TestAnOutcomeTellsItsExchangesWithoutTheSecret(t *testing.T) {
	t.Parallel()
	var late enrichment.Witness
	p := talking{provider("keyed", 0, echo), func(w enrichment.Witness) { late = w }}
	p.Auth = enrichment.AuthKey
	r := newRig(t, func(c *waterfall.Config) { c.Secrets = oneSecret{} }, p)
	step := steps("keyed")
	step[0].CredentialID = "crd_1"
	out := r.ask(r.session(), enrichment.Config{Steps: step}, "x")
	require.Len(t, out.Provenance.Exchanges, 1)
	x := out.Provenance.Exchanges[0]
	for _, text := range []string{x.URL, x.Request, x.Body, x.Headers["Accept"]} {
		require.NotContains(t, text, canary)
		require.Contains(t, text, "••••")
	}
	require.Equal(t, http.StatusTeapot, out.Provenance.Attempts[0].HTTPStatus)
	require.Equal(t, enrichment.KeptBody, late.Limit)

	late.Tell(enrichment.Exchange{Body: strings.Repeat("late", 3)})
	require.Len(t, out.Provenance.Exchanges, 1, "what is told after the call is not heard")
}

func TestARunKeepsNoBodyThatMayNotBeKept(t *testing.T) {
	t.Parallel()
	p := talking{provider("strict", 0, echo), func(enrichment.Witness) {}}
	p.NoRecord = true
	r := newRig(t, nil, p)
	out := r.ask(r.session(), enrichment.Config{Steps: steps("strict")}, "x")
	require.Len(t, out.Provenance.Exchanges, 1)
	require.Empty(t, out.Provenance.Exchanges[0].Body)
	require.NotEmpty(t, out.Provenance.Exchanges[0].URL)

	shown := r.engine.Session(waterfall.SessionConfig{Workspace: "ws_1", Run: "preview", Bodies: enrichment.ShownBody})
	require.Equal(t, "you are ", r.ask(shown, enrichment.Config{Steps: steps("strict")}, "y").Provenance.Exchanges[0].Body, "a preview shows it and keeps nothing")
}
