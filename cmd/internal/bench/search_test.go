package bench

import (
	"os"
	"strings"
	"testing"

	"github.com/oklog/ulid/v2"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/pgtest"
)

// TestSearch runs the step for a moment: the figures mean nothing, but both stores find what they are asked for.
func TestSearch(t *testing.T) {
	t.Parallel()
	address := os.Getenv("MORKET_TEST_OPENSEARCH_URL")
	if address == "" {
		t.Fatal("the tests need OpenSearch: run them through bin/devservices, or set MORKET_TEST_OPENSEARCH_URL")
	}
	figures, err := measureSearch(t.Context(), pgtest.Pool(t).Config().ConnString(), address+"/b"+strings.ToLower(ulid.Make().String()),
		searchEffort{effort: effort{rounds: 1}, documents: 3 * leadsPerEvent, compared: 2 * leadsPerEvent, asked: 2})
	require.NoError(t, err)
	require.Len(t, figures, 2+4+2*len(searchAskings()))
	for _, f := range figures {
		require.False(t, f.Failed, f.Name)
		if f.Unit != "MB" {
			require.Positive(t, f.Value, f.Name)
			require.Positive(t, f.Limit, f.Name)
		}
	}
}
