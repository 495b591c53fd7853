package providers_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/domain/kernel"
)

func TestBuiltin(t *testing.T) {
	t.Parallel()
	reg, err := providers.Builtin(providers.Config{
		Resolver: providertest.Zone{Err: errors.New("no network")}, Client: safedial.NewClient(safedial.Config{}), Body: safedial.Body, Inside: safedial.Inside, Agent: "Morket/test", Clock: kernel.SystemClock{},
	})
	require.NoError(t, err)
	var slugs []string
	prices := map[string]kernel.Credits{"hunter": kernel.Credit, "apollo": 2 * kernel.Credit, "clearbit": 3 * kernel.Credit}
	for _, p := range reg.Providers() {
		slugs = append(slugs, p.Slug)
		require.Equal(t, prices[p.CredentialName()], p.Price, "what needs no key of a vendor is free: %s", p.Slug)
	}
	require.ElementsMatch(t, []string{"email_check", "phone_normalise", "name_split", "company_name_normalise", "company_facts", "domain_from", "dns_facts", "website_profile", "tech_detect", "extract", "email_finder", "scrape_page", "http_api", "llm", "research", "serper_search", "brave_search", "hunter_email_finder", "hunter_email_verifier", "hunter_domain_search", "apollo_person", "apollo_company", "clearbit_person", "clearbit_company"}, slugs)
	require.Equal(t, []string{"clearbit_company", "clearbit_person"}, slugs[len(slugs)-2:], "what new customers can't have is offered last")
}
