package websearch_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/providers/twins"
	"github.com/morket/morket/adapters/outbound/providers/websearch"
	"github.com/morket/morket/domain/enrichment"
)

func pages() []twins.Page {
	return []twins.Page{
		{URL: "https://acme.com/", Title: "Acme", Text: "Acme makes anvils in Springfield."},
		{URL: "https://acme.com/about", Title: "About Acme", Text: "Founded in 1949."},
		{URL: "javascript:alert(1)", Title: "Acme", Text: "Acme"},
	}
}

// start serves a twin whose key has so many searches left, and answers the engine over it.
func start(t *testing.T, kind string, left int) (*websearch.Engine, *twins.Search) {
	t.Helper()
	twin := twins.NewSearch(time.Now, map[string]int{providertest.Canary: left}, pages()...)
	at := providertest.Start(t, twin)
	for _, e := range websearch.New(providertest.Wire(), map[string]string{kind: at}) {
		if e.Kind() == kind {
			return e, twin
		}
	}
	t.Fatalf("there is no engine of the kind %s", kind)
	return nil, nil
}

func TestContract(t *testing.T) {
	t.Parallel()
	for kind, path := range map[string]string{websearch.Serper: "/search", websearch.Brave: "/res/v1/web/search"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			e, twin := start(t, kind, -1)
			providertest.Contract(t, providertest.Vendor{Caller: e, Twin: twin, Path: path, Ask: enrichment.Request{Inputs: map[string]string{"query": "Acme"}}})
		})
	}
}

func TestFound(t *testing.T) {
	t.Parallel()
	for _, kind := range websearch.Vendors() {
		e, _ := start(t, kind, -1)
		reply := providertest.Asked(t, e, map[string]string{"query": "  Acme\n Springfield ", "country": "US"})
		require.Equal(t, "https://acme.com/", reply.Outputs["url"])
		require.Equal(t, "Acme", reply.Outputs["title"])
		require.Equal(t, "Acme makes anvils in Springfield.", reply.Outputs["snippet"])
		require.Equal(t, []string{"https://acme.com/", "https://acme.com/about"}, reply.Outputs["urls"], "what is no address of the web is left out")
		require.Nil(t, reply.VerifiedBy, "a result is a guess")
		missed := providertest.Asked(t, e, map[string]string{"query": "zzzzzz"})
		require.Equal(t, "nothing was found", missed.Missed)
		require.Empty(t, missed.Outputs)
	}
}

// TestQuirks: what the vendors' statuses mean.
func TestQuirks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind  string
		left  int
		fault *twins.Fault
		want  enrichment.CallKind
	}{
		"serper: no credits":       {websearch.Serper, 0, nil, enrichment.CallExhausted},
		"serper: unknown key":      {websearch.Serper, 1, &twins.Fault{Status: 403, Body: `{"message":"Unauthorized.","statusCode":403}`}, enrichment.CallUnauthorized},
		"serper: another 400":      {websearch.Serper, 1, &twins.Fault{Status: 400, Body: `{"message":"Missing query parameter"}`}, enrichment.CallBadInput},
		"brave: used up":           {websearch.Brave, 0, nil, enrichment.CallExhausted},
		"brave: unknown key":       {websearch.Brave, 1, &twins.Fault{Status: 422, Body: `{"error":{"code":"SUBSCRIPTION_TOKEN_INVALID"}}`}, enrichment.CallUnauthorized},
		"brave: too often":         {websearch.Brave, 1, &twins.Fault{Status: 429, Body: `{"error":{"code":"RATE_LIMITED"}}`}, enrichment.CallRateLimited},
		"brave: a bad parameter":   {websearch.Brave, 1, &twins.Fault{Status: 422, Body: `{"error":{"code":"VALIDATION"}}`}, enrichment.CallBadInput},
		"brave: nothing to pay by": {websearch.Brave, 1, &twins.Fault{Status: 402, Body: `{}`}, enrichment.CallExhausted},
	} {
		e, twin := start(t, c.kind, c.left)
		if c.fault != nil {
			twin.Script(*c.fault)
		}
		_, err := e.Call(t.Context(), providertest.Local(enrichment.Request{Inputs: map[string]string{"query": "Acme"}}))
		require.Equal(t, c.want, enrichment.AsCallError(err).Kind, "%s: %v", name, err)
	}
	e, _ := start(t, websearch.Brave, -1)
	reply := providertest.Asked(t, e, map[string]string{"query": "Acme"})
	require.Equal(t, 20, reply.Limits.PerSecond, "the plan's own limit of a second is learnt")
}

func TestInputsThatAreRefused(t *testing.T) {
	t.Parallel()
	e, twin := start(t, websearch.Serper, -1)
	long := make([]byte, 401)
	for i := range long {
		long[i] = 'a'
	}
	for says, in := range map[string]map[string]string{
		"nothing to search for": {"query": " \n "}, "longer than 400": {"query": string(long)}, "two letters": {"query": "a", "country": "Germany"},
	} {
		_, err := e.Call(t.Context(), providertest.Local(enrichment.Request{Inputs: in}))
		require.ErrorContains(t, err, says)
	}
	require.Empty(t, twin.Calls())
}
