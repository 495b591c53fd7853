package enrichment_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// listed is a provider that is only described.
type listed struct{ enrichment.Provider }

func (l listed) Describe() enrichment.Provider { return l.Provider }

func (listed) Call(context.Context, enrichment.Request) (enrichment.Reply, error) {
	return enrichment.Reply{}, nil
}

func provider(slug string, price kernel.Credits) enrichment.Caller {
	return listed{enrichment.Provider{
		Slug: slug, Name: slug, Category: "test", Terms: "none", Price: price, Auth: enrichment.AuthNone,
		Outputs: []enrichment.Field{{Name: "a", Type: enrichment.FieldText}},
	}}
}

func TestAnInstallationHasItsOwnPrices(t *testing.T) {
	t.Parallel()
	r, err := enrichment.NewRegistry(provider("free", 0), provider("paid", 2000))
	require.NoError(t, err)
	priced, err := r.WithPrices(map[string]kernel.Credits{"free": 500})
	require.NoError(t, err)
	for slug, want := range map[string]kernel.Credits{"free": 500, "paid": 2000} {
		p, ok := priced.Provider(slug)
		require.True(t, ok)
		require.Equal(t, want, p.Price, slug)
	}
	require.Equal(t, kernel.Credits(500), priced.Providers()[0].Price)
	p, _ := r.Provider("free")
	require.Zero(t, p.Price, "the registry it was made of is as before")

	_, err = r.WithPrices(map[string]kernel.Credits{"fre": 1})
	require.ErrorContains(t, err, `there is no provider "fre"; there are free, paid`)
}

func TestAnInstallationHasItsOwnLimits(t *testing.T) {
	t.Parallel()
	slow := provider("slow", 0).(listed)
	slow.Limits = enrichment.RateLimits{Concurrency: 8, PerSecond: 10, PerDay: 1000}
	r, err := enrichment.NewRegistry(slow, provider("other", 0))
	require.NoError(t, err)
	none, some := 0, 100
	for name, tc := range map[string]struct {
		own  enrichment.OwnLimits
		want enrichment.RateLimits
	}{
		"more at once":            {enrichment.OwnLimits{Concurrency: 64}, enrichment.RateLimits{Concurrency: 64, PerSecond: 10, PerDay: 1000}},
		"and another rate":        {enrichment.OwnLimits{Concurrency: 64, PerSecond: &some}, enrichment.RateLimits{Concurrency: 64, PerSecond: 100, PerDay: 1000}},
		"and no rate by a second": {enrichment.OwnLimits{Concurrency: 1, PerSecond: &none}, enrichment.RateLimits{Concurrency: 1, PerDay: 1000}},
	} {
		limited, err := r.WithLimits(map[string]enrichment.OwnLimits{"slow": tc.own})
		require.NoError(t, err, name)
		priced, err := limited.WithPrices(map[string]kernel.Credits{"slow": 1})
		require.NoError(t, err, name)
		p, _ := priced.Provider("slow")
		require.Equal(t, tc.want, p.Limits, name)
		other, _ := priced.Provider("other")
		require.Zero(t, other.Limits, name)
	}
	_, err = r.WithLimits(map[string]enrichment.OwnLimits{"slo": {Concurrency: 1}})
	require.ErrorContains(t, err, `there is no provider "slo"; there are other, slow`)
}
