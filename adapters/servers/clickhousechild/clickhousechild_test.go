package clickhousechild_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/clickhousechild"
)

func ask(t *testing.T, url, query string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(query))
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, strings.TrimSpace(string(body))
}

func TestDataOutlivesAKilledEngine(t *testing.T) {
	t.Parallel()
	cfg := clickhousechild.Config{DataDir: t.TempDir()}
	s, err := clickhousechild.Start(t.Context(), cfg)
	require.NoError(t, err)
	for _, q := range []string{"CREATE TABLE x (a UInt64) ENGINE = MergeTree ORDER BY a", "INSERT INTO x SELECT number FROM numbers(1000)"} {
		status, answer := ask(t, s.URL(), q)
		require.Equal(t, http.StatusOK, status, answer)
	}
	status, answer := ask(t, s.URL(), "SELECT nothing FROM nowhere")
	require.Equal(t, http.StatusNotFound, status)
	require.Contains(t, answer, "Code: 60.")
	s.Kill()

	cfg.Port = s.Port()
	began := time.Now()
	again, err := clickhousechild.Start(t.Context(), cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, again.Stop()) }()
	status, answer = ask(t, again.URL(), "SELECT count() FROM x")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "1000", answer)
	t.Log("ready again after", time.Since(began))
}
