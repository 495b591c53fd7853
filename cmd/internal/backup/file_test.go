package backup

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

func text(body string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, body)
		return err
	}
}

func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestAFileHasItsNameWhenItIsWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "b")
	broken := errors.New("broken off")
	require.ErrorIs(t, WriteFile(path, func(w io.Writer) error { return errors.Join(text("half")(w), broken) }), broken)
	require.Empty(t, names(t, dir))
	require.NoError(t, WriteFile(path, text("whole")))
	require.ErrorIs(t, WriteFile(path, func(w io.Writer) error { return errors.Join(text("half")(w), broken) }), broken)
	require.Equal(t, []string{"b"}, names(t, dir))
	body, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "whole", string(body), "the one before stays")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.Error(t, WriteFile(filepath.Join(dir, "missing", "b"), text("whole")))
}

func TestOneBackupAtATimeWritesAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "b")
	require.NoError(t, WriteFile(path, func(w io.Writer) error {
		require.ErrorContains(t, WriteFile(path, text("second")), "another backup writes")
		return text("first")(w)
	}))
	body, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "first", string(body))
}

// crashPath tells the test binary to be the process that is killed in the middle.
const crashPath = "BACKUP_TEST_CRASH_PATH"

func TestAKilledBackupLeavesNoFile(t *testing.T) {
	if path := os.Getenv(crashPath); path != "" { // the process that is killed
		_ = WriteFile(path, func(w io.Writer) error {
			if err := text(strings.Repeat("half", 1000))(w); err != nil {
				return err
			}
			return syscall.Kill(os.Getpid(), syscall.SIGKILL)
		})
		return
	}
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "b")
	killed := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestAKilledBackupLeavesNoFile$")
	killed.Env = append(os.Environ(), crashPath+"="+path)
	require.Error(t, killed.Run())
	require.Equal(t, []string{"b" + partial}, names(t, dir))
	require.NoError(t, WriteFile(path, text("whole")), "the next one takes its place")
	body, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "whole", string(body))
	require.Equal(t, []string{"b"}, names(t, dir))
}

// big is an object store with one object that is made up as it is read, and forgotten as it is written.
type big struct{ bytes int64 }

func (b big) List(_ context.Context, do func(string) error) error { return do("big") }

func (b big) Open(context.Context, string, int64) (io.ReadCloser, error) {
	return io.NopCloser(io.LimitReader(rand.Reader, b.bytes)), nil
}

// forgetful is a store that keeps nothing.
type forgetful struct{ big }

func (forgetful) Open(_ context.Context, key string, _ int64) (io.ReadCloser, error) {
	return nil, kernel.NotFound("object", key)
}

func (forgetful) Put(_ context.Context, key string, r io.Reader, _ int64) (dataops.Object, error) {
	n, err := io.Copy(io.Discard, r)
	return dataops.Object{Key: key, Size: n}, err
}

func (forgetful) Delete(context.Context, string) error { return nil }

// Memory does not grow with what is backed up, be it rows or objects.
func TestMemoryIsFlat(t *testing.T) { //nolint:paralleltest // it measures the process
	const rows, rowBytes, objectBytes, most = 20_000, 4 << 10, 128 << 20, 48 << 20
	from := install(t)
	_, err := from.pool.Exec(t.Context(), `CREATE TABLE log.big AS SELECT repeat(md5(i::text), $1) AS x FROM generate_series(1, $2) i`, rowBytes/32, rows)
	require.NoError(t, err)
	source := from.source(append(logTables(), Table{Name: "log.big"}))
	source.Objects = big{objectBytes}
	path := filepath.Join(t.TempDir(), "b")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	require.NoError(t, WriteFile(path, func(w io.Writer) error {
		_, m, err := Write(t.Context(), w, source)
		require.Greater(t, m.Bytes(), int64(rows*rowBytes+objectBytes))
		return err
	}))
	runtime.ReadMemStats(&after)
	require.Less(t, after.HeapSys, before.HeapSys+most, "writing")

	to := install(t)
	_, err = to.pool.Exec(t.Context(), `CREATE TABLE log.big (x text)`)
	require.NoError(t, err)
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	runtime.GC()
	runtime.ReadMemStats(&before)
	b, err := Open(file, testPassphrase)
	require.NoError(t, err)
	defer b.Close()
	target := to.target(source.Tables)
	target.Objects = forgetful{}
	m, err := b.Restore(t.Context(), target)
	require.NoError(t, err)
	require.EqualValues(t, rows, m.Tables[len(m.Tables)-1].Rows)
	runtime.ReadMemStats(&after)
	require.Less(t, after.HeapSys, before.HeapSys+most, "reading")
}
