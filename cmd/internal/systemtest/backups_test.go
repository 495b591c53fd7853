package systemtest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

type backupStatus struct {
	Configured bool `json:"configured"`
	Backups    []struct {
		Name     string `json:"name"`
		Verdict  string `json:"verdict"`
		Bytes    int64  `json:"bytes"`
		Position int64  `json:"position"`
		Report   string `json:"report"`
	} `json:"backups"`
}

// as calls the API and returns its answer.
func as[T any](c *client, status int, method, path string) (out T) {
	c.t.Helper()
	r := c.call(status, method, path, nil)
	require.NoError(c.t, json.Unmarshal(r.Data, &out), "%s", r.Raw)
	return out
}

// The schedule takes a backup to a bucket and proves it; an operator has another one taken, and from a bucket it is restored.
func TestBackupsAreTakenProvedAndRestoredFromABucket(t *testing.T) {
	t.Parallel()
	const operator = "operator@example.com"
	uploads := bucket(t)
	at, err := url.Parse(uploads)
	require.NoError(t, err)
	place := "s3:/" + at.Path + "-backups/kept"
	temp := t.TempDir()
	for _, d := range []string{temp, filepath.Dir(temp)} { // Postgres may run as another user
		require.NoError(t, os.Chmod(d, 0o755))
	}
	settings := []string{passphrase, "S3_URL=" + uploads, "MORKET_OPERATOR_EMAILS=" + operator, "TMPDIR=" + temp}
	s := newServer(t, append(settings, "MORKET_BACKUP_TARGET="+place, "MORKET_BACKUP_EVERY=24h")...)
	s.start()
	c := register(t, s, operator)
	table := in[tableInfo](c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "Kept", "columns": []any{map[string]any{"name": "Name", "type": "text"}}})
	status := func() backupStatus {
		return as[backupStatus](c, http.StatusOK, http.MethodGet, "/api/v1/admin/backups")
	}
	s.eventually(doneWithin, "the schedule has taken a backup and proved it", func() bool {
		now := status()
		return len(now.Backups) == 1 && now.Backups[0].Verdict == "good"
	})
	require.Contains(t, status().Backups[0].Report, "the backup is good")
	s.eventually(doneWithin, "the drill's job has ended", func() bool {
		jobs := as[[]struct {
			State string `json:"state"`
		}](c, http.StatusOK, http.MethodGet, "/api/v1/admin/jobs")
		return jobs[0].State == "done"
	})
	c.call(http.StatusAccepted, http.MethodPost, "/api/v1/admin/backups", nil)
	s.eventually(doneWithin, "a backup is taken when asked for", func() bool {
		now := status()
		return len(now.Backups) == 2 && now.Backups[0].Bytes > 0 // it is told of a moment after it is there
	})
	newest := status().Backups[0]
	require.Equal(t, "unproved", newest.Verdict)
	require.Positive(t, newest.Bytes)
	require.Greater(t, newest.Position, status().Backups[1].Position)
	c.call(http.StatusNotFound, http.MethodPost, "/api/v1/admin/backups/morket_20000101T000000Z/drill", nil)
	signUp(t, s).call(http.StatusForbidden, http.MethodGet, "/api/v1/admin/backups", nil)
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, left)
	s.kill()

	again := newServer(t, settings...)
	out, code := again.tool("restore", place+"/"+newest.Name)
	require.Zero(t, code, out)
	again.start()
	c.base = again.url
	c.call(http.StatusOK, http.MethodGet, c.ws+"/tables/"+table.ID, nil)
	require.False(t, as[backupStatus](c, http.StatusOK, http.MethodGet, "/api/v1/admin/backups").Configured)
	refused := c.call(http.StatusConflict, http.MethodPost, "/api/v1/admin/backups", nil)
	require.Equal(t, "NO_BACKUP_TARGET", refused.Error.Code)
	out, code = again.tool("backup", place)
	require.Zero(t, code, out)
	require.Contains(t, out, "morket_2")
}
