package bench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/pgtest"
)

// TestLog runs each step for a moment: the figures mean nothing, but each step works.
func TestLog(t *testing.T) {
	t.Parallel()
	dsn := pgtest.Pool(t).Config().ConnString()
	ratios, err := measureLog(t.Context(), dsn, effort{rounds: 1, round: 50 * time.Millisecond, catchUp: 3 * batchSize})
	require.NoError(t, err)
	require.Len(t, ratios, 6)
	for _, r := range ratios {
		require.NotEmpty(t, r.Name)
		require.Positive(t, r.Value, r.Name)
		require.Positive(t, r.Limit, r.Name)
		require.InDelta(t, r.Value/r.Limit, r.Ratio, 1e-9, r.Name)
		require.Equal(t, r.Ratio >= r.Bar && r.Value >= r.AtLeast, r.OK(), r.Name)
	}
}
