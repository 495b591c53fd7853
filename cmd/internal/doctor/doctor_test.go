package doctor_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/cmd/internal/doctor"
)

func settings(t *testing.T, pairs ...string) config.Config {
	t.Helper()
	environ := map[string]string{"MORKET_DATA_DIR": t.TempDir(), "MORKET_HTTP_ADDR": "127.0.0.1:0"}
	for i := 0; i < len(pairs); i += 2 {
		environ[pairs[i]] = pairs[i+1]
	}
	c, err := config.Load(environ)
	require.NoError(t, err)
	return c
}

func finding(t *testing.T, c config.Config, check string) doctor.Finding {
	t.Helper()
	for _, f := range doctor.Examine(t.Context(), c) {
		if f.Check == check {
			return f
		}
	}
	require.Failf(t, "no such check", "%s", check)
	return doctor.Finding{}
}

func TestAHealthyMachineCanRun(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	ok, err := doctor.Run(t.Context(), settings(t), &out)
	require.NoError(t, err)
	require.True(t, ok, out.String())
	for _, check := range []string{"data folder", "disk space", "address", "clock", "postgres", "temporal", "rabbitmq", "redis", "clickhouse", "mail", "chromium"} {
		require.Contains(t, out.String(), check)
	}
	require.NotContains(t, out.String(), "fail")
}

func TestATakenAddressFailsAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	var listen net.ListenConfig
	l, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	c := settings(t, "MORKET_HTTP_ADDR", l.Addr().String())
	f := finding(t, c, "address")
	require.Equal(t, doctor.Fail, f.State)
	require.Contains(t, f.Do, "MORKET_HTTP_ADDR")
	var out strings.Builder
	ok, err := doctor.Run(t.Context(), c, &out)
	require.NoError(t, err)
	require.False(t, ok)
	require.Contains(t, out.String(), "→")
}

func TestADataFolderThatIsAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.Equal(t, doctor.Fail, finding(t, settings(t, "MORKET_DATA_DIR", file), "data folder").State)
}

func TestServersThatDoNotAnswerFailWithoutTheirPasswords(t *testing.T) {
	t.Parallel()
	const key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	c := settings(t, "DATABASE_URL", "postgres://u:hunter2@127.0.0.1:1/x", "AMQP_URL", "amqp://u:hunter2@127.0.0.1:1/x",
		"REDIS_URL", "redis://u:hunter2@127.0.0.1:1/0", "S3_URL", "http://u:hunter2@127.0.0.1:1/b", "OPENSEARCH_URL", "http://u:hunter2@127.0.0.1:1/morket", "SMTP_URL", "smtp://u:hunter2@127.0.0.1:1", "TEMPORAL_ADDRESS", "127.0.0.1:1", "MORKET_MASTER_KEY", key, "MORKET_JWT_KEYS", key)
	for _, check := range []string{"postgres", "rabbitmq", "redis", "objects", "opensearch", "mail", "temporal"} {
		f := finding(t, c, check)
		require.Equal(t, doctor.Fail, f.State, check)
		require.NotEmpty(t, f.Do, check)
		require.NotContains(t, f.Detail, "hunter2", check)
	}
}

func TestAMissingProgramIsSaid(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("PG_BIN", "")
	t.Setenv("TEMPORAL_BIN", "")
	t.Setenv("CHROMIUM_BIN", "")
	c := settings(t, "MORKET_CACHE_DIR", t.TempDir())
	require.Equal(t, doctor.Fail, finding(t, c, "temporal").State, "neither installed nor a tool to fetch it")
	c.ChromiumBin = "/nowhere/chromium"
	require.Equal(t, doctor.Warn, finding(t, c, "chromium").State, "everything but scraping works without")
}

func TestAServerThatGivesUpDurabilityFails(t *testing.T) {
	t.Parallel()
	url := os.Getenv("MORKET_TEST_DATABASE_URL")
	require.NotEmpty(t, url, "this test needs the test server, which runs with fsync off: make test")
	const key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	f := finding(t, settings(t, "DATABASE_URL", url, "MORKET_MASTER_KEY", key, "MORKET_JWT_KEYS", key), "postgres")
	require.Equal(t, doctor.Fail, f.State)
	require.Contains(t, f.Detail, "fsync=off")
}
