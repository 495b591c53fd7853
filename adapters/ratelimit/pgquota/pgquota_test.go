package pgquota_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/ratelimit/pgquota"
	"github.com/morket/morket/adapters/ratelimit/quotatest"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/domain/enrichment"
)

func TestQuotas(t *testing.T) {
	t.Parallel()
	quotatest.Run(t, func(t *testing.T) quotatest.Fixture {
		t.Helper()
		pool := pgtest.Pool(t)
		open := func() *pgquota.Quotas {
			q, err := pgquota.Open(t.Context(), pool)
			require.NoError(t, err)
			return q
		}
		return quotatest.Fixture{Quotas: open(), Other: open()}
	})
}

func TestCountsOfTheLastWindowAreForgotten(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	q, err := pgquota.Open(t.Context(), pool)
	require.NoError(t, err)
	for _, key := range []string{"old", "new"} {
		_, ok, err := q.Take(t.Context(), key, enrichment.RateLimits{PerMinute: 1}, 1, time.Minute)
		require.NoError(t, err)
		require.True(t, ok)
	}
	const minute = int64(61e6)
	_, err = pool.Exec(t.Context(), `UPDATE provider_quotas.used SET second = second - $1, minute = minute - $1, hour = hour - $1, day = day - $1 WHERE key = 'old'`, minute)
	require.NoError(t, err)
	n, err := q.Forget(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, n)
	var left string
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT string_agg(key, ' ') FROM provider_quotas.used`).Scan(&left))
	require.Equal(t, "new", left)
}
