package pgquota_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/pgquota"
	"github.com/morket/morket/adapters/pgtest"
	"github.com/morket/morket/adapters/quotatest"
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
