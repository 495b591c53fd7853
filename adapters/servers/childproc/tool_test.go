//go:build unix

package childproc_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/childproc"
)

func TestToolSaysWhyItFailed(t *testing.T) {
	t.Parallel()
	err := childproc.Tool{Name: "sh", Args: []string{"-c", "echo no such package >&2; exit 7"}}.Run(t.Context())
	require.ErrorContains(t, err, "exit status 7")
	require.ErrorContains(t, err, "no such package")
	require.ErrorIs(t, childproc.Tool{Name: "no-such-tool-here"}.Run(t.Context()), childproc.ErrNoTool)
}

func TestToolIsKilledWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.Error(t, childproc.Tool{Name: "sh", Args: []string{"-c", "while :; do sleep 60; done"}}.Run(ctx))
}

func TestBlockedNamesTheClosedFolder(t *testing.T) {
	t.Parallel()
	other := &childproc.Identity{Name: "somebody", UID: 54321, GID: 54321}
	open := t.TempDir()
	for dir := open; dir != os.TempDir() && len(dir) > 1; dir = filepath.Dir(dir) {
		require.NoError(t, os.Chmod(dir, 0o755))
	}
	closed := filepath.Join(open, "closed")
	require.NoError(t, os.Mkdir(closed, 0o700))
	for path, want := range map[string]string{
		filepath.Join(open, "a", "b"):   "",
		filepath.Join(closed, "a", "b"): closed,
	} {
		got, err := other.Blocked(path)
		require.NoError(t, err)
		require.Equal(t, want, got, path)
	}
	got, err := (*childproc.Identity)(nil).Blocked(closed)
	require.NoError(t, err)
	require.Empty(t, got, "we can reach what is ours")
}

func TestFreePortsDiffer(t *testing.T) {
	t.Parallel()
	ports, err := childproc.FreePorts(t.Context(), 8)
	require.NoError(t, err)
	seen := map[int]bool{}
	for _, p := range ports {
		require.False(t, seen[p])
		seen[p] = true
	}
}
