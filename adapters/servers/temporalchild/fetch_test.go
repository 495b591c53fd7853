//go:build fetch && unix

// This test asks a package registry, so it is built only with the tag "fetch" (make test/fetch).

package temporalchild_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/temporalchild"
)

func TestAFetchedServerRuns(t *testing.T) {
	t.Setenv("TEMPORAL_BIN", "")
	cache := t.TempDir()
	bin, err := temporalchild.Fetch(t.Context(), cache, nil)
	require.NoError(t, err)
	s, err := temporalchild.Start(t.Context(), temporalchild.Config{Binary: bin})
	require.NoError(t, err)
	require.NoError(t, s.Stop())
}
