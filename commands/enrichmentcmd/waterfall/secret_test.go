package waterfall_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

const canary = "cnry-0123456789-secret"

type oneSecret struct{}

func (oneSecret) Open(context.Context, kernel.WorkspaceID, kernel.CredentialID) (map[string]string, []string, error) {
	return map[string]string{"api_key": canary}, []string{"api.example.com"}, nil
}

func TestACredentialIsBlankedOutOfWhateverComesBack(t *testing.T) {
	t.Parallel()
	p := provider("keyed", 0, func(_ int, req enrichment.Request) (enrichment.Reply, error) {
		if req.Inputs["q"] == "fail" {
			return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "no key "+req.Secret["api_key"])
		}
		return enrichment.Reply{Outputs: map[string]any{"a": "you sent " + req.Secret["api_key"] + " " + base64.StdEncoding.EncodeToString([]byte("u:"+req.Secret["api_key"]))}, SourceURL: "https://x.de/?k=" + req.Secret["api_key"]}, nil
	})
	p.Auth = enrichment.AuthKey
	r := newRig(t, func(c *waterfall.Config) { c.Secrets = oneSecret{} }, p)
	step := steps("keyed")
	step[0].CredentialID = "crd_1"
	for _, question := range []string{"x", "fail"} {
		out := r.ask(r.session(), enrichment.Config{Steps: step}, question)
		b, err := json.Marshal(out)
		require.NoError(t, err)
		require.NotContains(t, string(b), canary)
		require.NotContains(t, string(b), base64.StdEncoding.EncodeToString([]byte("xxx" + canary))[4:24])
		require.Contains(t, string(b), "••••")
	}
	require.Equal(t, []string{"api.example.com"}, p.calls[0].Hosts)
}
