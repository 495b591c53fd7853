package apollo_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/apollo"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/providers/twins"
	"github.com/morket/morket/domain/enrichment"
)

func searches(t *testing.T, key twins.ApolloKey) (*twins.Apollo, map[string]enrichment.Searcher) {
	t.Helper()
	now := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	twin := twins.NewApollo(func() time.Time { return now }, map[string]twins.ApolloKey{providertest.Canary: key})
	out := map[string]enrichment.Searcher{}
	for _, s := range apollo.Searches(providertest.Wire(), providertest.Start(t, twin)) {
		out[s.DescribeSearch().Slug] = s
	}
	return twin, out
}

func page(no int, filters map[string][]string) enrichment.SearchRequest {
	local := providertest.Local(enrichment.Request{})
	return enrichment.SearchRequest{Filters: filters, Page: no, PerPage: 100, Secret: local.Secret, Hosts: local.Hosts}
}

func TestPeopleAreFoundByPage(t *testing.T) {
	t.Parallel()
	twin, by := searches(t, twins.ApolloKey{PerMinute: 1000})
	people := by[apollo.PeopleSearchSlug]
	total := 0
	for no := 1; no <= 4; no++ {
		got, err := people.Search(t.Context(), page(no, map[string][]string{"person_titles": {"CTO"}, "q_keywords": {"205"}}))
		require.NoError(t, err, "the search is free: this key has no credits")
		require.EqualValues(t, 205, got.Total)
		require.Equal(t, enrichment.RateLimits{PerMinute: 1000}, got.Limits)
		for _, row := range got.Rows {
			require.NoError(t, enrichment.CheckReply(people.DescribeSearch().Fields, row))
			require.NotEmpty(t, row["apollo_id"])
			require.Equal(t, "CTO", row["title"])
			require.NotContains(t, row, "email")
			require.NotContains(t, row, "last_name", "a masked one is none")
			require.Equal(t, row["first_name"], row["name"])
		}
		total += len(got.Rows)
	}
	require.Equal(t, 205, total, "entries that are null are left out")
	require.JSONEq(t, `{"page":1,"per_page":100,"person_titles":["CTO"],"q_keywords":"205"}`, twin.Calls()[0].Body)

	_, err := people.Search(t.Context(), page(501, map[string][]string{"person_titles": {"CTO"}}))
	require.Equal(t, enrichment.CallBadInput, enrichment.AsCallError(err).Kind, "beyond the display limit")
}

func TestAPersonThatWasFoundIsKnownByItsID(t *testing.T) {
	t.Parallel()
	_, callers := start(t, twins.ApolloKey{Credits: -1})
	_, by := searches(t, twins.ApolloKey{})
	got, err := by[apollo.PeopleSearchSlug].Search(t.Context(), page(1, map[string][]string{"person_titles": {"CTO"}}))
	require.NoError(t, err)
	id, _ := got.Rows[0]["apollo_id"].(string)
	reply, err := callers[apollo.PersonSlug].Call(t.Context(), providertest.Local(enrichment.Request{Inputs: map[string]string{"apollo_id": id}}))
	require.NoError(t, err)
	require.Equal(t, got.Rows[0]["first_name"], reply.Outputs["first_name"])
	require.NotEmpty(t, reply.Outputs["email"])
	require.NotEmpty(t, reply.Outputs["last_name"])
}

func TestCompaniesCostACreditAPage(t *testing.T) {
	t.Parallel()
	_, by := searches(t, twins.ApolloKey{Credits: 1})
	companies := by[apollo.CompanySearchSlug]
	got, err := companies.Search(t.Context(), page(1, map[string][]string{"organization_locations": {"Austria"}}))
	require.NoError(t, err)
	require.EqualValues(t, 237, got.Total)
	require.Len(t, got.Rows, 100)
	for _, row := range got.Rows {
		require.NoError(t, enrichment.CheckReply(companies.DescribeSearch().Fields, row))
		require.NotEmpty(t, row["domain"], "also of accounts, which name it otherwise")
		require.Regexp(t, `^https://`, row["linkedin_url"])
	}
	require.Equal(t, json.Number("10"), got.Rows[0]["employees"], "a number may be written as a text")
	_, err = companies.Search(t.Context(), page(2, map[string][]string{"organization_locations": {"Austria"}}))
	require.Equal(t, enrichment.CallExhausted, enrichment.AsCallError(err).Kind)
}

func TestSearchesMeetTrouble(t *testing.T) {
	t.Parallel()
	for kind, fault := range map[enrichment.CallKind]twins.Fault{
		enrichment.CallRateLimited:  {Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "7"}},
		enrichment.CallUnauthorized: {Status: http.StatusForbidden, Body: `{"error_code":"API_INACCESSIBLE"}`},
		enrichment.CallBadReply:     {Status: http.StatusOK, Body: `<html>`},
		enrichment.CallFailed:       {Status: http.StatusInternalServerError},
	} {
		twin, by := searches(t, twins.ApolloKey{Credits: -1})
		for _, s := range by {
			twin.Script(fault)
			_, err := s.Search(t.Context(), page(1, nil))
			require.Error(t, err, kind)
			require.Equal(t, kind, enrichment.AsCallError(err).Kind)
			require.NotContains(t, err.Error(), providertest.Canary)
		}
	}
	_, by := searches(t, twins.ApolloKey{})
	for slug, s := range by {
		ask := page(1, nil)
		ask.Hosts = []string{"evil.example"}
		_, err := s.Search(t.Context(), ask)
		require.Equal(t, enrichment.CallUnauthorized, enrichment.AsCallError(err).Kind, slug)
		require.Error(t, s.DescribeSearch().CheckFilters(map[string][]string{"colour": {"red"}}))
		require.Error(t, s.DescribeSearch().CheckFilters(map[string][]string{"organization_num_employees_ranges": {"many"}}))
	}
}
