package objectstore_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/files/objectstore"
	"github.com/morket/morket/adapters/files/objectstore/objectstoretest"
	"github.com/morket/morket/domain/kernel"
)

func folder(t *testing.T, clock kernel.Clock) (*objectstore.Folder, string) {
	t.Helper()
	dir := t.TempDir()
	f, err := objectstore.NewFolder(dir, clock)
	require.NoError(t, err)
	return f, filepath.Join(dir, "incoming")
}

func TestFolder(t *testing.T) {
	t.Parallel()
	objectstoretest.Run(t, func(t *testing.T) objectstore.Store {
		t.Helper()
		f, incoming := folder(t, kernel.SystemClock{})
		t.Cleanup(func() {
			left, err := os.ReadDir(incoming)
			require.NoError(t, err)
			require.Empty(t, left)
		})
		return f
	})
}

func TestAFolderIsSweptOfOldLeftovers(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Now())
	f, incoming := folder(t, clock)
	left := filepath.Join(incoming, "abc")
	require.NoError(t, os.WriteFile(left, nil, 0o600))
	require.NoError(t, f.Sweep(t.Context()))
	require.FileExists(t, left, "it may still be written")
	clock.Advance(25 * time.Hour)
	require.NoError(t, f.Sweep(t.Context()))
	require.NoFileExists(t, left)
}

func TestAFolderThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	f, incoming := folder(t, kernel.SystemClock{})
	require.NoError(t, os.RemoveAll(incoming))
	_, err := f.Put(t.Context(), "a", io.LimitReader(strings.NewReader("x"), 1), 5)
	require.Error(t, err)
	require.NotErrorIs(t, err, io.EOF)
}
