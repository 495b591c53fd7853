package hunter_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/hunter"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/providers/twins"
	"github.com/morket/morket/domain/enrichment"
)

func start(t *testing.T, plan twins.HunterPlan) (*twins.Hunter, map[string]enrichment.Caller) {
	t.Helper()
	now := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	twin := twins.NewHunter(func() time.Time { now = now.Add(time.Second); return now }, map[string]twins.HunterPlan{providertest.Canary: plan})
	out := map[string]enrichment.Caller{}
	for _, c := range hunter.New(providertest.Wire(), providertest.Start(t, twin)) {
		out[c.Describe().Slug] = c
	}
	return twin, out
}

func person() map[string]string {
	return map[string]string{"first_name": "Ada", "last_name": "Lovelace", "domain": "acme.com"}
}

func TestContract(t *testing.T) {
	t.Parallel()
	for slug, v := range map[string]struct {
		path   string
		inputs map[string]string
	}{
		hunter.FinderSlug:   {"/v2/email-finder", person()},
		hunter.VerifierSlug: {"/v2/email-verifier", map[string]string{"email": "ada.lovelace@acme.com"}},
		hunter.SearchSlug:   {"/v2/domain-search", map[string]string{"domain": "acme.com"}},
	} {
		t.Run(slug, func(t *testing.T) {
			t.Parallel()
			twin, callers := start(t, twins.HunterPlan{Searches: -1, Verifications: -1})
			providertest.Contract(t, providertest.Vendor{Caller: callers[slug], Twin: twin, Ask: enrichment.Request{Inputs: v.inputs}, Path: v.path})
		})
	}
}

// TestCodes: Hunter's statuses mean something else than everybody's, and what an error says counts before its number.
func TestCodes(t *testing.T) {
	t.Parallel()
	says := func(id, details string) string {
		return fmt.Sprintf(`{"errors":[{"id":%q,"code":0,"details":%q}]}`, id, details)
	}
	for name, c := range map[string]struct {
		status int
		body   string
		header map[string]string
		kind   enrichment.CallKind // empty: no answer and no trouble
		wait   time.Duration
	}{
		"403 is the rate":                           {403, says("too_many_requests", "You have reached the rate limit"), nil, enrichment.CallRateLimited, 2 * time.Second},
		"a 403 without words is the rate":           {403, "", nil, enrichment.CallRateLimited, 2 * time.Second},
		"a 403 that says how long":                  {403, "{}", map[string]string{"Retry-After": "3"}, enrichment.CallRateLimited, 3 * time.Second},
		"a 403 that speaks of the key":              {403, says("forbidden", "This API key has no permission"), nil, enrichment.CallUnauthorized, 0},
		"a 403 that speaks of the plan":             {403, says("plan", "Please upgrade to use this"), nil, enrichment.CallExhausted, 0},
		"429 is the usage":                          {429, says("too_many_requests", "You've reached your monthly usage limit"), nil, enrichment.CallExhausted, 0},
		"a 429 without words stops":                 {429, "", nil, enrichment.CallExhausted, 0},
		"a 429 that speaks of the rate":             {429, says("rate_limit", "More than 15 requests per second"), nil, enrichment.CallRateLimited, 2 * time.Second},
		"402 is the usage":                          {402, "", nil, enrichment.CallExhausted, 0},
		"401 is the key":                            {401, says("authentication_failed", "No user found"), nil, enrichment.CallUnauthorized, 0},
		"451 is an objection":                       {451, says("claimed_email", "Do not process"), nil, enrichment.CallObjected, 0},
		"202 is under way":                          {202, "{}", nil, enrichment.CallPending, 5 * time.Second},
		"222 is a mail server's":                    {222, "{}", nil, enrichment.CallPending, 10 * time.Minute},
		"409 is the same question under way":        {409, says("idempotency_key_in_use", ""), map[string]string{"Retry-After": "30"}, enrichment.CallPending, 30 * time.Second},
		"400 is the input":                          {400, says("wrong_params", "You are missing the domain parameter"), nil, enrichment.CallBadInput, 0},
		"404 is no answer":                          {404, says("not_found", "Nothing"), nil, "", 0},
		"503 without a time":                        {503, "", nil, enrichment.CallFailed, 0},
		"a score that is a text, a null that is no": {200, `{"data":{"email":"a@acme.com","score":"91","status":"valid","verification":{"status":null}}}`, nil, "ok", 0},
	} {
		for _, slug := range []string{hunter.FinderSlug, hunter.VerifierSlug} {
			twin, callers := start(t, twins.HunterPlan{Searches: -1, Verifications: -1})
			twin.Script(twins.Fault{Status: c.status, Body: c.body, Header: c.header})
			in := person()
			in["email"] = "a@acme.com"
			reply, err := callers[slug].Call(t.Context(), providertest.Local(enrichment.Request{Inputs: in}))
			switch c.kind {
			case "":
				require.NoError(t, err, name)
				require.Empty(t, reply.Outputs, name)
				require.NotEmpty(t, reply.Missed, name)
			case "ok":
				require.NoError(t, err, name)
				require.Equal(t, json.Number("91"), reply.Outputs["score"], name)
				require.InDelta(t, 0.91, *reply.Confidence, 1e-9, name)
			default:
				ce := enrichment.AsCallError(err)
				require.Equal(t, c.kind, ce.Kind, "%s: %v", name, err)
				require.Equal(t, c.wait, ce.RetryAfter, name)
			}
		}
	}
}

func TestFinder(t *testing.T) {
	t.Parallel()
	twin, callers := start(t, twins.HunterPlan{Searches: 1})
	ask := func(in map[string]string) (enrichment.Reply, error) {
		return callers[hunter.FinderSlug].Call(t.Context(), providertest.Local(enrichment.Request{Inputs: in}))
	}
	reply, err := ask(map[string]string{"full_name": "Ada Lovelace", "domain": "acme.com"})
	require.NoError(t, err)
	require.Contains(t, reply.Outputs["email"], "@acme.com")
	require.Equal(t, "https://acme.com/team", reply.SourceURL)
	reply, err = ask(map[string]string{"first_name": "Ada", "domain": "acme.com"})
	require.NoError(t, err)
	require.Empty(t, reply.Outputs)
	require.Len(t, twin.Calls(), 1, "a name that is missing is not asked for")
	twin.Script(twins.Fault{Status: 200, Body: `{"data":{"email":null,"score":null},"meta":{}}`})
	reply, err = ask(person())
	require.NoError(t, err)
	require.Empty(t, reply.Outputs, "a 200 without an address is no answer")
	_, err = ask(person())
	require.Equal(t, enrichment.CallExhausted, enrichment.AsCallError(err).Kind, "the plan's one search is gone")
	twin.Object(addressOf(t, callers))
	_, err = ask(person())
	require.Equal(t, enrichment.CallObjected, enrichment.AsCallError(err).Kind)
}

// addressOf is Ada's address as another twin knows it.
func addressOf(t *testing.T, _ map[string]enrichment.Caller) string {
	t.Helper()
	_, callers := start(t, twins.HunterPlan{Searches: -1})
	reply, err := callers[hunter.FinderSlug].Call(t.Context(), providertest.Local(enrichment.Request{Inputs: person()}))
	require.NoError(t, err)
	s, _ := reply.Outputs["email"].(string)
	return s
}

func TestAVerificationUnderWayCountsOnce(t *testing.T) {
	t.Parallel()
	twin, callers := start(t, twins.HunterPlan{Verifications: 30})
	v := callers[hunter.VerifierSlug]
	pending := 0
	for i := range 30 {
		ask := providertest.Local(enrichment.Request{Inputs: map[string]string{"email": string(rune('a'+i%26)) + "x@acme.com"}})
		_, err := v.Call(t.Context(), ask)
		if err == nil {
			continue
		}
		require.Equal(t, enrichment.CallPending, enrichment.AsCallError(err).Kind)
		pending++
		reply, err := v.Call(t.Context(), ask)
		require.NoError(t, err, "the same address is asked again")
		require.NotEmpty(t, reply.Outputs["status"])
	}
	require.Positive(t, pending)
	require.Len(t, twin.Calls(), 30+pending)
}

func TestSearch(t *testing.T) {
	t.Parallel()
	_, callers := start(t, twins.HunterPlan{Searches: -1})
	reply := providertest.Asked(t, callers[hunter.SearchSlug], map[string]string{"domain": "acme.com"})
	require.NotEmpty(t, reply.Outputs["pattern"])
	require.NotEmpty(t, reply.Outputs["emails"])
	require.InDelta(t, 0.95, *reply.Confidence, 1e-9, "of the surest address")
}

func TestProve(t *testing.T) {
	t.Parallel()
	_, callers := start(t, twins.HunterPlan{Searches: 7})
	p, ok := callers[hunter.FinderSlug].(enrichment.Prover)
	require.True(t, ok)
	says, err := p.Prove(t.Context(), map[string]string{"api_key": providertest.Canary}, []string{"127.0.0.1"})
	require.NoError(t, err)
	require.Equal(t, "Hunter takes the key, plan Twin, 0 of 7 searches used", says)
	_, err = p.Prove(t.Context(), map[string]string{"api_key": "wrong-key"}, []string{"127.0.0.1"})
	require.ErrorContains(t, err, "refuses the key")
}

// TestPlace: a key made for Hunter never goes to the address of development, even if the installation names one.
func TestPlace(t *testing.T) {
	t.Parallel()
	twin := twins.NewHunter(time.Now, nil)
	d, ok := hunter.New(providertest.Wire(), providertest.Start(t, twin))[0].(enrichment.Directed)
	require.True(t, ok)
	require.Equal(t, hunter.Public, d.Destination(nil, []string{"api.hunter.io"}))
	require.Contains(t, d.Destination(nil, []string{"127.0.0.1"}), "http://127.0.0.1:")
	none, ok := hunter.New(providertest.Wire(), "")[0].(enrichment.Directed)
	require.True(t, ok)
	require.Equal(t, hunter.Public, none.Destination(nil, []string{"127.0.0.1"}), "without the setting a user's host changes nothing")
}
