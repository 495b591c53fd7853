package systemtest_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// on is a server on another data folder.
func on(t *testing.T, dir string) *server {
	t.Helper()
	s := newServer(t, passphrase)
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755)) // Postgres may run as another user
	s.dir = dir
	s.env = append(s.env, "MORKET_DATA_DIR="+dir)
	return s
}

// A data folder that was copied while its server ran is not started, and the server that it was copied from goes on; moved while nothing
// ran, it starts as ever.
func TestADataFolderThatIsCopiedOrMoved(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.start()
	c := signUp(t, s)
	table := in[tableInfo](c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "Kept", "columns": []any{map[string]any{"name": "Name", "type": "text"}}})
	children := s.children()
	copied := filepath.Join(t.TempDir(), "copy")
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", s.dir, copied).CombinedOutput(); err != nil {
		t.Log(string(out)) // files come and go meanwhile
	}
	beside := on(t, copied)
	for _, command := range [][]string{{"serve"}, {"verify"}, {"backup", filepath.Join(t.TempDir(), "b")}} {
		out, code := beside.tool(command...)
		require.NotZero(t, code, out)
		require.Contains(t, out, "is a copy that was made while its database ran")
		require.Contains(t, out, "morket restore FILE")
	}
	require.Equal(t, children, s.children(), "nothing of the original was ended")
	c.call(http.StatusOK, http.MethodGet, c.ws+"/tables/"+table.ID, nil)

	_, code := s.stop()
	require.Zero(t, code)
	moved := filepath.Join(t.TempDir(), "moved")
	require.NoError(t, os.Rename(s.dir, moved))
	again := on(t, moved)
	again.start()
	c.base = again.url + c.base[len(s.url):]
	c.call(http.StatusOK, http.MethodGet, c.ws+"/tables/"+table.ID, nil)
	again.kill()
	again.start()
	c.call(http.StatusOK, http.MethodGet, c.ws+"/tables/"+table.ID, nil)
}
