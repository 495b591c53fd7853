package objectstore

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

func open(t *testing.T) (*Folder, string) {
	t.Helper()
	dir := t.TempDir()
	f, err := New(dir, kernel.SystemClock{})
	require.NoError(t, err)
	return f, dir
}

func incoming(t *testing.T, dir string) []os.DirEntry {
	t.Helper()
	left, err := os.ReadDir(filepath.Join(dir, "incoming"))
	require.NoError(t, err)
	return left
}

func TestPutOpenDelete(t *testing.T) {
	t.Parallel()
	f, dir := open(t)
	s, err := f.Put(t.Context(), "uploads/ws_1/imp_1", strings.NewReader("hello"), 5)
	require.NoError(t, err)
	require.Equal(t, dataops.Object{Key: "uploads/ws_1/imp_1", Size: 5, SHA256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}, s)
	r, err := f.Open(t.Context(), s.Key, 2)
	require.NoError(t, err)
	rest, err := io.ReadAll(r)
	require.NoError(t, err)
	require.NoError(t, r.Close())
	require.Equal(t, "llo", string(rest))
	require.NoError(t, f.Delete(t.Context(), s.Key))
	require.NoError(t, f.Delete(t.Context(), s.Key))
	_, err = f.Open(t.Context(), s.Key, 0)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	require.Empty(t, incoming(t, dir))
}

func TestPutContentStoresOnce(t *testing.T) {
	t.Parallel()
	f, _ := open(t)
	a, err := f.PutContent(t.Context(), strings.NewReader("x"), 10)
	require.NoError(t, err)
	b, err := f.PutContent(t.Context(), strings.NewReader("x"), 10)
	require.NoError(t, err)
	require.Equal(t, a, b)
	require.Contains(t, a.Key, a.SHA256)
}

func TestNothingIsLeftOfAFailedPut(t *testing.T) {
	t.Parallel()
	f, dir := open(t)
	_, err := f.Put(t.Context(), "a", strings.NewReader("123456"), 5)
	require.Equal(t, kernel.KindTooLarge, kernel.KindOf(err))
	_, err = f.Put(t.Context(), "a", io.MultiReader(strings.NewReader("1"), iotest.ErrReader(io.ErrUnexpectedEOF)), 5)
	require.Equal(t, kernel.KindMalformed, kernel.KindOf(err))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = f.Put(ctx, "a", strings.NewReader("1"), 5)
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, incoming(t, dir))
	_, err = f.Open(t.Context(), "a", 0)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
}

func TestAFullDiskIsSaid(t *testing.T) {
	t.Parallel()
	_, err := copyLimited(t.Context(), diskWriter{fullDisk{}}, strings.NewReader("1"), 5)
	require.Equal(t, kernel.KindUnavailable, kernel.KindOf(err))
	var e *kernel.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "DISK_FULL", e.Code)
}

func TestKeysCannotLeaveTheFolder(t *testing.T) {
	t.Parallel()
	f, _ := open(t)
	for _, key := range []string{"", "..", "a/../b", "/etc/passwd", "a//b", "a/", "a.b", `a\b`} {
		_, err := f.Put(t.Context(), key, strings.NewReader("x"), 5)
		require.Error(t, err, key)
		_, err = f.Open(t.Context(), key, 0)
		require.Error(t, err, key)
	}
}

func TestNewClearsOldLeftovers(t *testing.T) {
	t.Parallel()
	_, dir := open(t)
	left := filepath.Join(dir, "incoming", "abc")
	require.NoError(t, os.WriteFile(left, nil, 0o600))
	_, err := New(dir, kernel.SystemClock{})
	require.NoError(t, err)
	require.FileExists(t, left, "it may still be written")
	old := time.Now().Add(-2 * staleAfter)
	require.NoError(t, os.Chtimes(left, old, old))
	_, err = New(dir, kernel.SystemClock{})
	require.NoError(t, err)
	require.NoFileExists(t, left)
}
