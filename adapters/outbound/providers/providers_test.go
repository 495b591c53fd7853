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
	for _, p := range reg.Providers() {
		slugs = append(slugs, p.Slug)
		require.Zero(t, p.Price, "what is built in is free")
	}
	require.ElementsMatch(t, []string{"email_check", "phone_normalise", "name_split", "company_name_normalise", "domain_from", "dns_facts", "website_profile", "http_api"}, slugs)
}
