package boot

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A folder may be left and moved, and used again after a crash. A copy of one in use may not be used, wherever it comes to lie.
func TestACopyOfADataFolderInUseIsRefused(t *testing.T) {
	t.Parallel()
	use := func(dir string) error {
		_, err := useFolder(dir, filepath.Join(dir, "postgres"))
		return err
	}
	copied := func(t *testing.T, dir string, flags ...string) string {
		t.Helper()
		to := filepath.Join(t.TempDir(), "copy")
		out, err := exec.CommandContext(t.Context(), "cp", append(flags, dir, to)...).CombinedOutput()
		require.NoError(t, err, string(out))
		return to
	}
	for name, c := range map[string]struct {
		left    bool // the database was stopped before
		do      func(t *testing.T, dir string) string
		refused bool
	}{
		"killed and started again":   {do: func(_ *testing.T, dir string) string { return dir }},
		"copied while it runs":       {do: func(t *testing.T, dir string) string { t.Helper(); return copied(t, dir, "-a") }, refused: true},
		"copied without attributes":  {do: func(t *testing.T, dir string) string { t.Helper(); return copied(t, dir, "-r") }, refused: true},
		"copied after it was left":   {left: true, do: func(t *testing.T, dir string) string { t.Helper(); return copied(t, dir, "-a") }},
		"killed and renamed":         {do: renamed},
		"left and renamed":           {left: true, do: renamed},
		"only the database replaced": {do: databaseReplaced, refused: true},
		"the copy takes its place": {do: func(t *testing.T, dir string) string {
			t.Helper()
			to := copied(t, dir, "-a")
			require.NoError(t, os.RemoveAll(dir))
			require.NoError(t, os.Rename(to, dir))
			return dir
		}, refused: true},
		"torn by a loss of power": {do: func(t *testing.T, dir string) string {
			t.Helper()
			require.NoError(t, os.WriteFile(filepath.Join(dir, inUseFile), nil, 0o600))
			return dir
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "postgres"), 0o700))
			require.NoError(t, use(dir))
			if c.left {
				require.NoError(t, leaveFolder(dir))
			}
			dir = c.do(t, dir)
			err := use(dir)
			if !c.refused {
				require.NoError(t, err)
				require.NoError(t, use(dir), "again")
				return
			}
			var copied *CopiedError
			require.ErrorAs(t, err, &copied)
			require.ErrorContains(t, err, "morket backup FILE")
			require.NoError(t, os.Remove(copied.Mark))
			require.NoError(t, use(dir), "as the message says")
		})
	}
}

func renamed(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "moved")
	require.NoError(t, os.Rename(dir, to))
	return to
}

func databaseReplaced(t *testing.T, dir string) string {
	t.Helper()
	database := filepath.Join(dir, "postgres")
	require.NoError(t, os.Mkdir(database+".new", 0o700)) // made before the other one goes, so that it has an inode of its own
	require.NoError(t, os.Remove(database))
	require.NoError(t, os.Rename(database+".new", database))
	return dir
}
