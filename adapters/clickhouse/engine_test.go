package clickhouse_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/clickhouse"
	"github.com/morket/morket/adapters/servers/clickhousechild"
)

// server is the address of the ClickHouse that these tests share: MORKET_TEST_CLICKHOUSE_URL, else a child.
//
//nolint:gochecknoglobals // one server per test process is the point
var server = sync.OnceValues(func() (string, error) {
	if at := os.Getenv("MORKET_TEST_CLICKHOUSE_URL"); at != "" {
		return at, nil
	}
	s, err := clickhousechild.Start(context.Background(), clickhousechild.Config{})
	if err != nil {
		return "", err
	}
	child = s
	return s.URL(), nil
})

//nolint:gochecknoglobals // for TestMain
var child *clickhousechild.Server

func TestMain(m *testing.M) {
	code := m.Run()
	if child != nil {
		_ = child.Stop()
	}
	os.Exit(code)
}

// client connects to a database of the test's own.
func client(t *testing.T) *clickhouse.Client {
	t.Helper()
	at, err := server()
	require.NoError(t, err)
	return connect(t, at)
}

func connect(t *testing.T, at string) *clickhouse.Client {
	t.Helper()
	name := "t_" + strings.ToLower(strings.NewReplacer("/", "_", "'", "", ",", "").Replace(t.Name()))
	c, err := clickhouse.Open(at + "/" + name)
	require.NoError(t, err)
	require.NoError(t, c.Ping(t.Context()))
	require.NoError(t, clickhouse.DropDatabase(t.Context(), c))
	t.Cleanup(func() {
		_ = clickhouse.DropDatabase(context.Background(), c)
		_ = c.Close()
	})
	return c
}
