package systemtest_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel/watch"
)

// operationLines are the lines that the server has written of each kind of work.
func (s *server) operationLines() map[string][]map[string]any {
	s.t.Helper()
	f, err := os.Open(s.log)
	require.NoError(s.t, err)
	defer func() { _ = f.Close() }()
	out := map[string][]map[string]any{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line map[string]any
		if json.Unmarshal(lines.Bytes(), &line) == nil && line["msg"] == "operation" {
			kind, _ := line["operation"].(string)
			out[kind] = append(out[kind], line)
		}
	}
	require.NoError(s.t, lines.Err())
	return out
}

// what a line of each kind has, beside what each has.
func operationFields() map[watch.Kind][]string {
	return map[watch.Kind][]string{
		watch.Delivery: {"workspace", "webhook", "event", "position", "status", "attempt"},
		watch.RunSlice: {"workspace", "run", "round", "next", "spent"},
		watch.Import:   {"import", "table", "state", "file_bytes"},
		watch.Rebuild:  {"projection", "version", "position", "differences", "parked"},
		watch.Verify:   {"projection", "version", "position", "differences", "parked"},
		watch.Export:   {"what", "workspace", "user", "table", "request_id"},
		watch.Backup:   {"name", "position", "history", "objects"},
		watch.Drill:    {"name", "position", "good", "ready_after"},
	}
}

// Each kind of work that operators watch leaves one wide line and counts, on a server that does all of it.
func TestEachKindOfWorkIsToldOf(t *testing.T) {
	t.Parallel()
	hooked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(hooked.Close)
	temp := t.TempDir()
	for _, d := range []string{temp, filepath.Dir(temp)} { // Postgres may run as another user
		require.NoError(t, os.Chmod(d, 0o755))
	}
	s := newServer(t, passphrase, "TMPDIR="+temp, "MORKET_DIAL_ALLOW=127.0.0.1/32", "MORKET_BACKUP_TARGET="+t.TempDir(), "MORKET_BACKUP_EVERY=24h")
	s.start()
	c := demo(t, s)
	c.call(http.StatusCreated, http.MethodPost, c.ws+"/webhooks", map[string]any{"url": hooked.URL})
	s.mustChild("temporal", 0)
	imported := begin(c, s, file(200))
	s.eventually(doneWithin, "the import has ended", func() bool { return imported.now().State != "importing" })
	c.call(http.StatusCreated, http.MethodPost, c.ws+"/enrichment-jobs", job("a@example.com"))
	c.call(http.StatusOK, http.MethodGet, c.ws+"/tables/"+c.sample().ID+"/export?format=csv", nil)
	for _, what := range []string{"rebuild", "verify"} {
		s.eventually(doneWithin, what+" can be asked for, since no other job is under way", func() bool {
			r, err := c.try(t.Context(), http.MethodPost, "/api/v1/admin/projections/grid/"+what, nil)
			require.NoError(t, err)
			return r.Status == http.StatusAccepted
		})
	}
	s.eventually(doneWithin, "a line of each kind", func() bool {
		said := s.operationLines()
		for _, k := range watch.Kinds() {
			if len(said[k.String()]) == 0 {
				return false
			}
		}
		return true
	})
	for kind, lines := range s.operationLines() {
		for _, line := range lines {
			require.Equal(t, "succeeded", line["outcome"], "%s: %v", kind, line)
			require.Equal(t, "INFO", line["level"])
			require.Positive(t, line["duration"])
		}
	}
	for k, fields := range operationFields() {
		line := s.operationLines()[k.String()][0]
		for _, field := range fields {
			require.Contains(t, line, field, "%s: %v", k, line)
		}
		require.Positive(t, line["rows"].(float64)+line["bytes"].(float64), "%s: %v", k, line)
	}
	metrics := string(c.call(http.StatusOK, http.MethodGet, "/metrics", nil).Raw)
	for _, k := range watch.Kinds() {
		require.NotContains(t, metrics, `morket_operation_duration_seconds_count{operation="`+k.String()+`",outcome="succeeded"} 0`+"\n")
		require.Contains(t, metrics, `morket_operation_duration_seconds_count{operation="`+k.String()+`",outcome="failed"} 0`+"\n")
	}
}
