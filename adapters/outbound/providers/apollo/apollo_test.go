package apollo_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/apollo"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/providers/twins"
	"github.com/morket/morket/domain/enrichment"
)

func start(t *testing.T, key twins.ApolloKey) (*twins.Apollo, map[string]enrichment.Caller) {
	t.Helper()
	now := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	twin := twins.NewApollo(func() time.Time { return now }, map[string]twins.ApolloKey{providertest.Canary: key})
	out := map[string]enrichment.Caller{}
	for _, c := range apollo.New(providertest.Wire(), providertest.Start(t, twin)) {
		out[c.Describe().Slug] = c
	}
	return twin, out
}

// known is a person that the twin knows.
func known() map[string]string {
	return map[string]string{"first_name": "Grace", "last_name": "Hopper", "domain": "globex.com"}
}

func TestContract(t *testing.T) {
	t.Parallel()
	for slug, v := range map[string]struct {
		path   string
		inputs map[string]string
	}{
		apollo.PersonSlug:  {"/api/v1/people/match", known()},
		apollo.CompanySlug: {"/api/v1/organizations/enrich", map[string]string{"domain": "globex.com"}},
	} {
		t.Run(slug, func(t *testing.T) {
			t.Parallel()
			twin, callers := start(t, twins.ApolloKey{Credits: -1})
			providertest.Contract(t, providertest.Vendor{Caller: callers[slug], Twin: twin, Ask: enrichment.Request{Inputs: v.inputs}, Path: v.path})
		})
	}
}

// TestWindows: the three windows of a key are in each answer's headers, a window without a limit has an empty one, and a full one says when
// it ends.
func TestWindows(t *testing.T) {
	t.Parallel()
	twin, callers := start(t, twins.ApolloKey{PerMinute: 50, PerDay: 2, Credits: -1})
	company := callers[apollo.CompanySlug]
	ask := providertest.Local(enrichment.Request{Inputs: map[string]string{"domain": "globex.com"}})
	for range 2 {
		reply, err := company.Call(t.Context(), ask)
		require.NoError(t, err)
		require.Equal(t, enrichment.RateLimits{PerMinute: 50, PerDay: 2}, reply.Limits)
	}
	_, err := company.Call(t.Context(), ask)
	ce := enrichment.AsCallError(err)
	require.Equal(t, enrichment.CallRateLimited, ce.Kind)
	require.Greater(t, ce.RetryAfter, 23*time.Hour)
	require.Equal(t, enrichment.RateLimits{PerMinute: 50, PerDay: 2}, ce.Limits, "told by the refusal too")
	_, err = callers[apollo.PersonSlug].Call(t.Context(), providertest.Local(enrichment.Request{Inputs: known()}))
	require.NoError(t, err, "each endpoint has windows of its own")
	twin.Script(twins.Fault{Status: 429, Body: `{"message":"slow down"}`, Header: map[string]string{"X-Rate-Limit-Hourly": "many"}})
	_, err = company.Call(t.Context(), ask)
	require.Equal(t, time.Second, enrichment.AsCallError(err).RetryAfter, "a 429 without a time")
	require.Empty(t, enrichment.AsCallError(err).Limits)
}

func TestTrouble(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		key  twins.ApolloKey
		slug string
		in   map[string]string
		kind enrichment.CallKind
	}{
		"a key without the right":  {twins.ApolloKey{Credits: -1, Endpoints: []string{"organizations/enrich"}}, apollo.PersonSlug, known(), enrichment.CallUnauthorized},
		"no credits left":          {twins.ApolloKey{}, apollo.PersonSlug, known(), enrichment.CallExhausted},
		"a parameter that is gone": {twins.ApolloKey{Credits: -1}, apollo.CompanySlug, map[string]string{}, enrichment.CallBadInput},
	} {
		_, callers := start(t, c.key)
		_, err := callers[c.slug].Call(t.Context(), providertest.Local(enrichment.Request{Inputs: c.in}))
		require.Equal(t, c.kind, enrichment.AsCallError(err).Kind, name)
	}
	_, callers := start(t, twins.ApolloKey{Credits: -1})
	ask := providertest.Local(enrichment.Request{Inputs: known(), Secret: map[string]string{"api_key": "another-key"}})
	_, err := callers[apollo.PersonSlug].Call(t.Context(), ask)
	require.EqualError(t, err, "Apollo refuses the key", "told in plain text")
}

func TestPerson(t *testing.T) {
	t.Parallel()
	twin, callers := start(t, twins.ApolloKey{Credits: -1})
	p := callers[apollo.PersonSlug]
	reply := providertest.Asked(t, p, known())
	require.Contains(t, reply.Outputs["email"], "@globex.com")
	require.Equal(t, []string{"Globex", "Initech"}, reply.Outputs["employers"])
	require.NotNil(t, reply.Confidence)
	var missed []string
	for _, in := range []map[string]string{{"first_name": "Grace"}, {"name": "Grace Hopper"}, {"domain": "globex.com"}} {
		missed = append(missed, providertest.Asked(t, p, in).Missed)
	}
	require.Len(t, twin.Calls(), 1, "what can't be matched is not asked")
	require.Equal(t, "an email address, a LinkedIn page, an Apollo id, or a name with a company is needed", missed[2])
	for body, want := range map[string]map[string]any{
		`{"person":null}`: nil,
		`{"person":{"name":"A B","email":"email_not_unlocked@domain.com"}}`:                             {"name": "A B"},
		`{"person":{"name":7,"organization":{"estimated_num_employees":"120"}}}`:                        {"name": "7", "employees": json.Number("120")},
		`{"person":{"name":"A","title":{"x":1},"employment_history":[1,null,{"organization_name":2}]}}`: {"name": "A", "employers": []string{"2"}},
	} {
		twin.Script(twins.Fault{Status: 200, Body: body})
		reply := providertest.Asked(t, p, known())
		require.Len(t, reply.Outputs, len(want), body)
		for name, v := range want {
			require.Equal(t, v, reply.Outputs[name], body)
		}
		require.Equal(t, strings.Contains(body, `"x":1`), reply.LeftOut["title"] != "", "a field of another type is told, and costs no other: %s", body)
	}
}

func TestCompany(t *testing.T) {
	t.Parallel()
	_, callers := start(t, twins.ApolloKey{Credits: -1})
	reply := providertest.Asked(t, callers[apollo.CompanySlug], map[string]string{"domain": "globex.com"})
	require.Equal(t, "Globex", reply.Outputs["name"])
	require.Equal(t, "http://www.globex.com", reply.Outputs["website"])
	require.NotContains(t, reply.Outputs, "total_funding", "null is no value")
}

func TestProve(t *testing.T) {
	t.Parallel()
	_, callers := start(t, twins.ApolloKey{Credits: 0})
	p, ok := callers[apollo.PersonSlug].(enrichment.Prover)
	require.True(t, ok)
	says, err := p.Prove(t.Context(), map[string]string{"api_key": providertest.Canary}, []string{"127.0.0.1"})
	require.NoError(t, err, "the profile costs no credit")
	require.Equal(t, "Apollo takes the key", says)
}
